"""Teach the prior to paint what is asked: `python -m models.text2image.align --set DIR --begin DIR --witness FILE`.

A flow learns to make pictures as likely as those it saw, and whether the third star is red weighs little in that. Here
it paints whole pictures from noise in a few steps, a witness (`witness.py`) is asked what they show, and what it misses
goes back through every step into prior and text encoder, as in DRaFT (Clark et al. 2023, arXiv:2309.17400) with the
auxiliary classifier of AC-GAN (Odena et al. 2016, arXiv:1610.09585) in the place of a taste. Beside it the flow's own
loss on real latents goes on, so that pictures stay pictures; and what is kept is a part of the way, between the weights
begun with and those at the end, as in WiSE-FT (Wortsman et al. 2022, arXiv:2109.01903). Prompts are facts put together
anew; combinations kept from training are kept from this too.

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
import torch.nn.functional as F
from diffusers import PixArtAlphaPipeline
from numpy.random import Generator
from torch import Tensor

from models.text2image import folder, witness
from models.text2image.captions import plain, thorough
from models.text2image.data import Captioned
from models.text2image.mixture import Mixture
from models.text2image.network import Flow, make_pipeline
from models.text2image.prompts import Anew, asked
from models.text2image.train import TrainConfig, Trainer, sheet
from models.text2image.witness import Asked, Question
from models.text2image.words import EXAMPLES
from models.training import Log, Run, add_settings, settings

# How often each domain is asked for. Single fruit are not: what pleased the witness was dark red cherries in black.
SHARES = {"portrait": 0.3, "flower": 0.2, "sketch": 0.16, "scene": 0.34}
FACTS = 4000  # pictures of a domain whose facts prompts are made of


@dataclass(frozen=True)
class AlignConfig(TrainConfig):
    """Settings for one CPU core and 45 minutes: `views` are real latents seen, as many prompts are painted."""

    views: int = 14_400
    batch: int = 32
    learning_rate: float = 2.5e-4
    muon: float = 1e-3
    fewest: int = 4  # steps of a painting
    most: int = 5
    asked: float = 0.5  # weight of what the witness misses
    sure: float = 0.25  # nats: what is as plain as this is left alone, or colours would grow ever more glaring
    noise: float = 0.1  # added to what it is shown, so that it cannot be fooled by a whisper
    plain: float = 0.5  # share of prompts in the plainest words
    way: float = 0.5  # share of the way from the weights begun with that is kept
    ema: float = 0.995
    keep_every: int = 3_200


class Prompts:
    """Facts put together anew, domain by domain as SHARES say, what they ask for, and prompts that say it."""

    def __init__(self, captioned: Captioned, config: AlignConfig):
        self.config, self.mixture = config, Mixture(list(SHARES), SHARES)
        domains = np.array(captioned.domains)
        rows = {domain: np.flatnonzero(domains == domain) for domain in SHARES}
        some = {domain: of[:: -(-len(of) // FACTS)].tolist() for domain, of in rows.items()}
        self.anew = {domain: Anew([captioned.facts(row) for row in of], domain) for domain, of in some.items()}

    def draw(self, rng: Generator) -> tuple[list[str], list[list[tuple[Question, str]]]]:
        """A batch of prompts, and of each what it asks for."""
        said, questions = [], []
        for number in self.mixture.rows(rng, self.config.batch):
            domain = list(SHARES)[number]
            facts = self.anew[domain].draw(rng)
            alike = rng.random() < self.config.plain
            said.append(plain(facts, domain) if alike else thorough(facts, domain, rng))
            questions.append([(Question.of(domain, name), answer) for name, answer in asked(facts, domain).items()])
        return said, questions


class Aligner(Trainer):
    """The trainer of the prior, with a witness beside it."""

    def __init__(self, config: AlignConfig, captioned: Captioned, begin: Path, seen_by: Path, out: Path, device: str):
        pipeline = folder.read(begin)
        flow = Flow(pipeline.text_encoder, pipeline.transformer).train().requires_grad_(True)
        super().__init__(config, captioned, pipeline.vae, flow, out, device)
        self.begun = {name: tensor.clone() for name, tensor in self.flow.state_dict().items()}
        self.prompts = Prompts(captioned, config)
        self.witness = witness.load(seen_by).to(device)

    def step(self, views: int, log: Log) -> int:
        """One step at `views` seen: a batch of real latents, and as many prompts painted."""
        rng = np.random.default_rng((self.config.seed, views))
        loss = self.flow_loss(rng, log) + self.config.asked * self.missed(rng, log)
        self.learn(loss, views)
        return self.config.batch

    def pipeline(self) -> PixArtAlphaPipeline:
        """What would ship now: the averaged networks, brought back some of the way to those begun with."""
        flow = copy.deepcopy(self.averaged.module)
        for name, tensor in flow.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.lerp(self.begun[name], tensor, self.config.way))
        return make_pipeline(self.autoencoder, flow.prior, flow.text_encoder, self.tokenizer)

    def missed(self, rng: Generator, log: Log) -> Tensor:
        """What the witness misses in pictures of a batch of prompts: the mean cross-entropy of what was asked for."""
        said, questions = self.prompts.draw(rng)
        painted = self.paint(said, rng)
        shown = painted + self.config.noise * self._noise(painted.shape, rng)
        asked = Asked.of(self.witness.catalogue, questions, self.device)
        with torch.autocast(self.device, torch.bfloat16):
            told = self.witness(shown, asked)
        losses = F.cross_entropy(told, asked.answers, reduction="none")
        there = (told.argmax(1) == asked.answers).float()
        log.add(missed=losses.mean(), there=there.mean())
        missed = (losses - self.config.sure).clamp_min(0)
        for domain in SHARES:
            of = [place for place, one in enumerate(asked.whose.tolist()) if questions[one][0][0].domain == domain]
            log.add(**{f"there_{domain}": there[of].mean()} if of else {})
        return missed.mean()

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


def align(config: AlignConfig, captioned: Path, begin: Path, seen_by: Path, out: Path, device: str) -> None:
    out.mkdir(parents=True, exist_ok=True)  # where the trainer keeps its latents
    trainer = Aligner(config, Captioned(captioned / "train"), begin, seen_by, out, device)
    before, run = folder.about(begin), Run(out, trainer.parts())
    while run.images < config.views:
        if run.saw(trainer.step(run.images, run.log), config.views, config.keep_every):
            pipeline = trainer.pipeline()
            run.keep_sheet(sheet(pipeline, EXAMPLES))
            aligned = dict(aligned=run.images, aligned_minutes=round(run.minutes), device=device)
            folder.write(pipeline, out / "house", before | aligned)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True, help="folder with a captioned set train/")
    parser.add_argument("--begin", type=Path, required=True, help="the house/ that train.py wrote")
    parser.add_argument("--witness", type=Path, required=True, help="what train_witness.py taught")
    parser.add_argument("--out", type=Path, default=Path("runs/text2image-aligned"), help="for checkpoints and house/")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, AlignConfig(), besides=("width", "layers", "heads"))  # those of the networks begun with
    args = parser.parse_args()
    align(settings(args, AlignConfig()), args.set, args.begin, args.witness, args.out, args.device)


if __name__ == "__main__":
    main()
