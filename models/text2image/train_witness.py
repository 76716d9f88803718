"""Teach the witness what latents show: `python -m models.text2image.train_witness --set DIR --autoencoder DIR`.

Real latents of the training set, shifted and a little noisy as painted ones may be, and questions about each that its
facts answer, most often those still answered wrong; in scenes also about colours that are not there. Resumable (the
same command goes on from `--out`), deterministic from `--seed` on one machine. Settings for one CPU core, 45 minutes.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from models.text2image import witness
from models.text2image.colour_judge import REFERENCES
from models.text2image.data import Captioned
from models.text2image.latents import Latents, encoded
from models.text2image.mixture import Mixture, kind
from models.text2image.questions import ABSENT, LEAST, answers
from models.text2image.witness import Asked, Catalogue, Question, Witness
from models.training import Ema, Log, Run, add_settings, cosine, settings

SHARES = {
    "portrait": 0.14, "fruit": 0.07, "withered": 0.02, "flower": 0.1, "sketch": 0.1,
    "shapes": 0.39, "landscape": 0.06, "still life": 0.12,
}  # fmt: skip
FILE = "witness.safetensors"
STILL = {"portrait"}  # what is always in the same place, and not shifted
_JUDGED = 400  # held-out latents of a kind, at a checkpoint
_MEMORY = 0.99  # of how often a question was answered wrong, at each step
_SELDOM = 0.03  # of wrong answers, added: what is always right is asked now and then


@dataclass(frozen=True)
class WitnessConfig:
    """Settings for one CPU core."""

    seed: int = 0
    views: int = 300_000
    batch: int = 64
    questions: int = 4  # of a picture, at most
    absent: float = 0.25  # share of scenes asked also about a colour that is not there
    noise: float = 0.4  # most that is added to the latents, in their deviations
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    smoothing: float = 0.05
    ema: float = 0.998
    keep_every: int = 32_000


class Trainer:
    """The witness, and one step of it."""

    def __init__(self, config: WitnessConfig, captioned: Captioned, latents: Latents, device: str):
        torch.manual_seed(config.seed)  # construction and dropout; every other draw comes from the seed and the step
        self.config, self.device, self.latents = config, device, latents
        self.told = facts_told(captioned, latents)
        self.mixture = Mixture([kind(*one) for one in self.told], SHARES)
        channels, side = latents.values.shape[1:3]
        self.network = Witness(Catalogue.of(self.told, LEAST), channels, side).to(device)
        self.hard = Hard(len(self.network.catalogue.keys)).to(device)
        self.averaged = Ema(self.network, config.ema)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), config.learning_rate, (0.9, 0.98), weight_decay=config.weight_decay
        )

    def parts(self) -> dict:
        return dict(network=self.network, averaged=self.averaged.module, hard=self.hard, optimiser=self.optimiser)

    def step(self, views: int, log: Log) -> int:
        """One step at `views` seen; returns how many it saw."""
        config, rng = self.config, np.random.default_rng((self.config.seed, views))
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = config.learning_rate * cosine(views / config.views)
        rows = self.mixture.rows(rng, config.batch)
        questions = [self._questions(*self.told[row], rng) for row in rows]
        asked = Asked.of(self.network.catalogue, questions, self.device)
        free = [self.told[row][0] not in STILL for row in rows]
        latents = shifted(self.latents.values[rows], rng.integers(-1, 2, (len(rows), 2)) * np.array(free)[:, None])
        with torch.autocast(self.device, torch.bfloat16):
            told = self.network(noisy(latents, rng, config.noise).to(self.device), asked)
        loss = F.cross_entropy(told, asked.answers, reduction="none")
        # Smoothed over its own answers alone: those of other questions are masked.
        spread = -(told.log_softmax(1).masked_fill(~self.network.spans[asked.keys], 0.0)).sum(1)
        spread = spread / self.network.spans[asked.keys].sum(1)
        loss = ((1 - config.smoothing) * loss + config.smoothing * spread).mean()
        right = told.argmax(1) == asked.answers
        self.hard.note(asked.keys, ~right)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self.optimiser.step()
        self.averaged.update(self.network, views // config.batch)
        log.add(loss=loss, right=right.float().mean())
        return len(rows)

    def _questions(self, domain: str, facts: dict[str, str], rng: Generator) -> list[tuple[Question, str]]:
        catalogue, every = self.network.catalogue, Question.all_of(domain, facts)
        known = [one for one in every if catalogue.number(*one)]
        hard = self.hard.wrong[[catalogue.keys.index(question.key) for question, _ in known]].cpu().numpy() + _SELDOM
        count = min(self.config.questions, len(known))
        chosen = [known[k] for k in rng.choice(len(known), count, replace=False, p=hard / hard.sum())]
        if domain == "scene" and rng.random() < self.config.absent:
            others = [colour for colour in REFERENCES if f"{colour} thing" not in facts]
            chosen.append((Question("scene", "thing", str(rng.choice(others))), ABSENT))
        return chosen


class Hard(nn.Module):
    """How often each question was answered wrong of late, `wrong` (keys,)."""

    wrong: Tensor

    def __init__(self, keys: int):
        super().__init__()
        self.register_buffer("wrong", torch.ones(keys))

    def note(self, keys: Tensor, wrong: Tensor) -> None:
        """Of questions (n,) which were answered wrong, (n,)."""
        count, sums = (torch.zeros_like(self.wrong).index_add_(0, keys, of.float()) for of in (keys >= 0, wrong))
        asked = count > 0
        self.wrong[asked] = torch.lerp(sums[asked] / count[asked], self.wrong[asked], _MEMORY)


def facts_told(captioned: Captioned, latents: Latents) -> list[tuple[str, dict[str, str]]]:
    """Of every latent its domain and the answers its facts give."""
    known = {int(row): answers(captioned.facts(int(row)), captioned.domains[row]) for row in np.unique(latents.rows)}
    return [(captioned.domains[row], known[int(row)]) for row in latents.rows]


def shifted(planes: NDArray, shifts: NDArray) -> NDArray:
    """Each of (B, C, h, w) moved down and right by its (B, 2); what leaves comes in at the other side."""
    return np.stack([np.roll(one, shift, (1, 2)) for one, shift in zip(planes, shifts)])


def noisy(latents: NDArray, rng: Generator, noise: float) -> Tensor:
    """Latents (B, C, h, w), half of them with up to so much noise, as float32."""
    amount = rng.uniform(0, noise, (len(latents), 1, 1, 1)) * rng.integers(0, 2, (len(latents), 1, 1, 1))
    return torch.from_numpy((latents + amount * rng.standard_normal(latents.shape)).astype(np.float32))


@torch.inference_mode()
def accuracy(network: Witness, latents: Latents, told: list[tuple[str, dict[str, str]]]) -> dict[str, float]:
    """Share of questions about held-out latents that are answered right, by kind."""
    found = {}
    for name in SHARES:
        rows = [row for row, one in enumerate(told) if kind(*one) == name][:_JUDGED]
        if not rows:
            continue
        questions = [Question.all_of(*told[row]) for row in rows]
        device = network.place.device
        asked = Asked.of(network.catalogue, questions, str(device))
        outputs = network(torch.from_numpy(latents.values[rows].astype(np.float32)).to(device), asked)
        found[name] = round(float((outputs.argmax(1) == asked.answers).float().mean()), 3)
    return found


def train(config: WitnessConfig, sets: Path, autoencoder: Path, out: Path, device: str) -> None:
    """Teach on `sets`/train and write `witness.safetensors` into `out` at every checkpoint."""
    out.mkdir(parents=True, exist_ok=True)
    network = AutoencoderKL.from_pretrained(autoencoder, local_files_only=True).eval().requires_grad_(False)
    parts = [(captioned, encoded(captioned, network, out)) for captioned in map(Captioned, _folders(sets))]
    trainer, held_out = Trainer(config, *parts[0], device), (parts[1][1], facts_told(*parts[1]))
    run = Run(out, trainer.parts())
    while run.images < config.views:
        if run.saw(trainer.step(run.images, run.log), config.views, config.keep_every):
            print(f"right of held-out latents: {accuracy(trainer.averaged.module, *held_out)}", flush=True)
            witness.save(trainer.averaged.module, out / FILE)


def _folders(sets: Path) -> tuple[Path, Path]:
    return sets / "train", sets / "held-out"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True, help="folder of the captioned sets train/ and held-out/")
    parser.add_argument("--autoencoder", type=Path, required=True, help="the vae/ that train_autoencoder wrote")
    parser.add_argument("--out", type=Path, default=Path("runs/text2image-witness"), help="for latents and the witness")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, WitnessConfig())
    args = parser.parse_args()
    train(settings(args, WitnessConfig()), args.set, args.autoencoder, args.out, args.device)


if __name__ == "__main__":
    main()
