"""Teach the prior to paint what is asked: `python -m models.text2image.align --set DIR --begin DIR --witness FILE`.

A flow learns to make pictures as likely as those it saw, and whether the third star is red weighs little in that. Here
it paints whole pictures from noise in a few steps, a witness (`witness.py`) is asked what they show, and what it misses
goes back through every step into prior and text encoder, as in DRaFT (Clark et al. 2023, arXiv:2309.17400) with the
auxiliary classifier of AC-GAN (Odena et al. 2016, arXiv:1610.09585) in the place of a taste. The witness learns along,
to tell paintings from real latents too (`critic.py`). So that pictures stay pictures, paintings are held to the means
and spreads of real latents of the same captions (`moments.py`), the flow's own loss on real latents goes on, and of the
way from the weights begun with a part is kept, as in WiSE-FT (Wortsman et al. 2022, arXiv:2109.01903). Half of the
prompts are facts put together anew, half those of real latents; combinations kept from training are kept from this too.

`--begin` is the house/ that `train.py` wrote, or what ships. Resumable, deterministic from `--seed` on one machine.
"""

import argparse
import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from diffusers import PixArtAlphaPipeline
from numpy.random import Generator
from torch import Tensor

from models.text2image import folder, witness
from models.text2image.captions import plain, thorough
from models.text2image.critic import Critic, Told
from models.text2image.data import Captioned
from models.text2image.latents import Latents
from models.text2image.missed import disturbed, missed
from models.text2image.mixture import Mixture, kind
from models.text2image.moments import Moments
from models.text2image.network import make_pipeline
from models.text2image.prompts import Anew, implied
from models.text2image.train import TrainConfig, Trainer, flow_of, sheet
from models.text2image.train_witness import facts_told
from models.text2image.witness import Question
from models.text2image.words import EXAMPLES
from models.training import Log, Run, add_settings, settings

SHARES = {  # how often each is asked for
    "portrait": 0.16, "fruit": 0.16, "withered": 0.04, "flower": 0.1, "sketch": 0.16,
    "shapes": 0.26, "landscape": 0.03, "still life": 0.09,
}  # fmt: skip
FACTS = 4000  # pictures of a kind whose facts prompts are made of


@dataclass(frozen=True)
class AlignConfig(TrainConfig):
    """Settings for one CPU core and an hour and a half: `views` are prompts painted.

    At twice these rates and more, what the witness misses drowns what the flow learns, whose loss grows by half.
    """

    views: int = 25_600
    batch: int = 32
    real: int = 64  # latents that the flow's own loss sees at a step: they cost a fifth of what paintings do
    lessons: int = 48  # real latents that the critic learns from at a step
    learning_rate: float = 1.3e-4
    muon: float = 4e-4
    time_mean: float = 0.4
    fewest: int = 4  # steps of a painting
    most: int = 5
    asked: float = 0.5  # weight of what the witness misses
    alike: float = 0.3  # weight of how far its moments are from those of real latents
    noise: float = 0.5  # most that is added to what it is shown, so that it cannot go by a whisper
    clear: float = 0.3  # share shown without
    plain: float = 0.5  # share of prompts in the plainest words
    way: float = 0.5  # share of the way from the weights begun with that is kept: half of it shows more than all
    ema: float = 0.995
    keep_every: int = 3_200


@dataclass(frozen=True)
class Drawn:
    """A batch of prompts, the kind of each, what it says and implies, and real latents (n, C, h, w) of the first n."""

    said: list[str]
    kinds: list[str]
    questions: Told
    real: Tensor


class Prompts:
    """Prompts, kind by kind as SHARES say: half of real latents, then half of facts put together anew."""

    def __init__(self, captioned: Captioned, latents: Latents, config: AlignConfig):
        self.config, self.captioned, self.latents = config, captioned, latents
        self.mixture = Mixture(list(SHARES), SHARES)
        kinds = np.array([kind(domain, captioned.facts(row)) for row, domain in enumerate(captioned.domains)])
        rows = {name: np.flatnonzero(kinds == name) for name in SHARES}
        self.domain = {name: captioned.domains[of[0]] for name, of in rows.items()}
        some = {name: of[:: -(-len(of) // FACTS)].tolist() for name, of in rows.items()}
        self.anew = {name: Anew([captioned.facts(row) for row in of], self.domain[name]) for name, of in some.items()}
        self.kept = {name: np.flatnonzero(kinds[latents.rows] == name) for name in SHARES}

    def draw(self, rng: Generator) -> Drawn:
        half = self.config.batch // 2
        kinds = [list(SHARES)[number] for _ in range(2) for number in self.mixture.rows(rng, half)]
        picks = [int(rng.choice(self.kept[name])) for name in kinds[:half]]
        facts = [self.captioned.facts(self.latents.rows[pick]) for pick in picks]
        facts += [self.anew[name].draw(rng) for name in kinds[half:]]
        said, questions = [], []
        for found, domain in zip(facts, (self.domain[name] for name in kinds)):
            alike = rng.random() < self.config.plain
            said.append(plain(found, domain) if alike else thorough(found, domain, rng))
            questions.append(Question.all_of(domain, implied(found, domain)))
        return Drawn(said, kinds, questions, torch.from_numpy(self.latents.values[picks]).float())


class Aligner(Trainer):
    """The trainer of the prior, with a critic beside it."""

    def __init__(self, config: AlignConfig, captioned: Captioned, begin: Path, seen_by: Path, out: Path, device: str):
        pipeline = folder.read(begin)
        super().__init__(config, captioned, pipeline.vae, flow_of(pipeline), out, device)
        self.prompts = Prompts(captioned, self.latents, config)
        self.begun = {name: tensor.clone() for name, tensor in self.flow.state_dict().items()}
        self.critic = Critic(witness.load(seen_by)).to(device)
        self.told = facts_told(captioned, self.latents)
        self.lessons = Mixture([kind(*one) for one in self.told], SHARES)
        self.moments = Moments(list(SHARES), self.latents.values.shape[1]).to(device)

    def parts(self) -> dict:
        return super().parts() | dict(moments=self.moments) | self.critic.state()

    def step(self, views: int, log: Log) -> int:
        """One step at `views` seen: prompts painted, and real latents beside them."""
        rng = np.random.default_rng((self.config.seed, views))
        loss = self.flow_loss(rng, log, self.config.real)
        drawn = self.prompts.draw(rng)
        painted = self.paint(drawn.said, rng)
        apart = self.moments(painted[: len(drawn.real)], drawn.real.to(self.device), drawn.kinds[: len(drawn.real)])
        self.teach(painted.detach(), drawn, rng, log)
        asked = missed(self.critic, self._shown(painted, drawn.kinds, rng), drawn.kinds, drawn.questions, log)
        self.learn(loss + self.config.asked * asked + self.config.alike * apart, views)
        log.add(apart=self.moments.apart.square().mean().sqrt())
        return self.config.batch

    def teach(self, painted: Tensor, drawn: Drawn, rng: Generator, log: Log) -> None:
        """The critic's own step: real latents beside what was just painted."""
        rows = self.lessons.rows(rng, self.config.lessons)
        facts = [self.told[row] for row in rows]
        true = [Question.all_of(*one) for one in facts]
        real = torch.from_numpy(self.latents.values[rows]).to(self.device).float()
        shown = self._shown(real, [kind(*one) for one in facts], rng)
        self.critic.learn((shown, true), (self._shown(painted, drawn.kinds, rng), drawn.questions), rng, log)

    def _shown(self, latents: Tensor, kinds: Sequence[str], rng: Generator) -> Tensor:
        return disturbed(latents, kinds, rng, self.config.noise, self.config.clear)

    def pipeline(self) -> PixArtAlphaPipeline:
        """What would ship now: the averaged networks, brought back some of the way to those begun with."""
        flow = copy.deepcopy(self.averaged.module)
        for name, tensor in flow.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.lerp(self.begun[name], tensor, self.config.way))
        return make_pipeline(self.autoencoder, flow.prior, flow.text_encoder, self.tokenizer)

    def paint(self, said: Sequence[str], rng: Generator) -> Tensor:
        """Latents (B, C, h, w) of prompts, without guidance, in a few of Euler's steps of uneven length."""
        words = self.tokens(said)
        x = self._noise((len(said), *self.latents.values.shape[1:]), rng)
        with torch.autocast(self.device, torch.bfloat16):
            states = self.flow.read(words)
            for now, then in pairwise(_times(rng, self.config)):
                t = torch.full((len(x),), now, device=self.device)
                x = x + (then - now) * self.flow(x, t, words, states).float()
        return x

    def _noise(self, shape: Sequence[int], rng: Generator) -> Tensor:
        return torch.randn(tuple(shape), generator=self.chance(rng), device=self.device)


def _times(rng: Generator, config: AlignConfig) -> list[float]:
    """From 1 to 0 in a few steps, none the same as in the batch before."""
    steps = int(rng.integers(config.fewest, config.most + 1))
    inner = (np.arange(1, steps) + rng.uniform(-0.4, 0.4, steps - 1)) / steps
    return [1.0, *inner[::-1].tolist(), 0.0]


def align(
    config: AlignConfig, captioned: Path, begin: Path, seen_by: Path, out: Path, device: str, compiled: bool = False
) -> None:
    """Go on from the house/ `begin` with the witness in the file `seen_by`, into `out`."""
    out.mkdir(parents=True, exist_ok=True)  # where the trainer keeps its latents
    trainer = Aligner(config, Captioned(captioned / "train"), begin, seen_by, out, device)
    before, run = folder.about(begin), Run(out, trainer.parts())
    if compiled:
        trainer.compile()
    while run.images < config.views:
        if run.saw(trainer.step(run.images, run.log), config.views, config.keep_every):
            pipeline = trainer.pipeline()
            run.keep_sheet(sheet(pipeline, EXAMPLES))
            painted, minutes = (before.get(name, 0) for name in ("aligned", "aligned_minutes"))
            aligned = dict(aligned=painted + run.images, aligned_minutes=round(minutes + run.minutes), device=device)
            folder.write(pipeline, out / "house", before | aligned)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True, help="folder with a captioned set train/")
    parser.add_argument("--begin", type=Path, required=True, help="the house/ that train.py wrote")
    parser.add_argument("--witness", type=Path, required=True, help="what train_witness.py taught")
    parser.add_argument("--compile", action="store_true", help="compile the blocks: steps take two thirds of the time")
    parser.add_argument("--out", type=Path, default=Path("runs/text2image-aligned"), help="for checkpoints and house/")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, AlignConfig(), besides=("width", "layers", "heads"))  # those of the networks begun with
    args = parser.parse_args()
    config = settings(args, AlignConfig())
    align(config, args.set, args.begin, args.witness, args.out, args.device, args.compile)


if __name__ == "__main__":
    main()
