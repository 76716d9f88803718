"""Train the DCGAN of 2016: `python -m models.faces.train_dcgan --data DIR`, a folder of rendered morphs.

As in section 4 of the paper (arXiv:1511.06434): pictures scaled to the range of tanh and nothing else done to them,
Adam with a rate of 0.0002 and a first moment of 0.5, the non-saturating loss of Goodfellow et al. (2014), one step of
each network a batch. No averaged weights, no penalties, no tricks from later years. Batches of 64, not 128: twice the
steps for the same time.

Resumable (the same command goes on from `--out`), deterministic from `--seed` on one machine, CPU or GPU.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from models import weights
from models.faces.dcgan import SIDE, Discriminator, Generator
from models.faces.store import Morphs
from models.training import Log, Run, add_settings, grid, settings, to_pictures, to_tensor


@dataclass(frozen=True)
class TrainConfig:
    seed: int = 0
    batch: int = 64
    images: int = 160_000  # seen in all
    learning_rate: float = 2e-4
    momentum: float = 0.5  # Adam's first
    keep_every: int = 20_000  # images between checkpoints, each with a sheet of samples


def read_small(folder: Path) -> NDArray:
    """All pictures of a set at 64 px, uint8 (N, 64, 64, 3)."""
    morphs = Morphs(folder)
    return np.stack(
        [
            cv2.resize(morphs.images([index])[0], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            for index in range(len(morphs))
        ]
    )


class Trainer:
    """Both networks, their optimisers, and one step of each."""

    def __init__(self, config: TrainConfig, device: str):
        torch.manual_seed(config.seed)  # construction only; every later draw has its own generator
        self.config, self.device = config, device
        self.generator = Generator().to(device, memory_format=torch.channels_last)
        self.discriminator = Discriminator().to(device, memory_format=torch.channels_last)
        adam = dict(lr=config.learning_rate, betas=(config.momentum, 0.999))
        self.making = torch.optim.Adam(self.generator.parameters(), **adam)
        self.judging = torch.optim.Adam(self.discriminator.parameters(), **adam)
        self.noise = torch.Generator().manual_seed(config.seed)

    def parts(self) -> dict:
        return dict(
            generator=self.generator, discriminator=self.discriminator, making=self.making, judging=self.judging
        )

    def step(self, pictures: NDArray, log: Log) -> None:
        """One step of each network on a batch uint8 (B, 64, 64, 3)."""
        z = torch.randn(len(pictures), self.generator.latent, generator=self.noise).to(self.device)
        with torch.autocast(self.device, torch.bfloat16):
            fake = self.generator(z)
            real, made = self.discriminator(to_tensor(pictures, self.device)), self.discriminator(fake.detach())
        judged = F.softplus(-real.float()).mean() + F.softplus(made.float()).mean()
        self.judging.zero_grad(set_to_none=True)
        judged.backward()
        self.judging.step()
        with torch.autocast(self.device, torch.bfloat16):
            opinion = self.discriminator(fake)
        believable = F.softplus(-opinion.float()).mean()
        self.making.zero_grad(set_to_none=True)
        believable.backward()
        self.making.step()
        log.add(discriminator=judged, generator=believable)


@torch.inference_mode()
def sample_sheet(trainer: Trainer, columns: int = 12, rows: int = 6) -> Image.Image:
    """The same draws at every checkpoint, as they will be seen: batch norm with its running figures."""
    z = torch.randn(rows * columns, trainer.generator.latent, generator=torch.Generator().manual_seed(7))
    trainer.generator.eval()
    made = to_pictures(trainer.generator(z.to(trainer.device)))
    trainer.generator.train()
    return grid([list(row) for row in made.reshape(rows, columns, SIDE, SIDE, 3)])


def train(config: TrainConfig, data: Path, out: Path, device: str) -> None:
    """Run to the end, writing checkpoints, samples and `faces-dcgan.safetensors` under `out`."""
    pictures, trainer = read_small(data), Trainer(config, device)
    run = Run(out, trainer.parts(), trainer.noise)
    while run.images < config.images:
        rng = np.random.default_rng((config.seed, run.images))
        trainer.step(pictures[np.sort(rng.choice(len(pictures), config.batch, replace=False))], run.log)
        if run.saw(config.batch, config.images, config.keep_every):
            run.keep_sheet(sample_sheet(trainer))
            export(trainer, out, run.minutes, run.images)


def export(trainer: Trainer, out: Path, minutes: float, images: int) -> None:
    about = {"images": str(images), "minutes": f"{minutes:.0f}", "device": trainer.device}
    weights.save(out / "faces-dcgan.safetensors", trainer.generator.state_dict(), about)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training morphs")
    parser.add_argument("--out", type=Path, default=Path("runs/faces-dcgan"), help="for checkpoints and weights")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, TrainConfig())
    args = parser.parse_args()
    train(settings(args, TrainConfig()), args.data, args.out, args.device)


if __name__ == "__main__":
    main()
