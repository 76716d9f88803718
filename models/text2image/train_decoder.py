"""Teach the decoder alone: `python -m models.text2image.train_decoder --set DIR --data DIR --begin VAE`.

What latents mean stays what it is, and with it all that a prior has learnt; only how they are drawn gets better, as
when Stable Diffusion's decoder was trained on. Whole pictures' latents are cut where the picture is, a little noise
added, since those that a prior paints are never quite right; everything else is as in `train_autoencoder.py`.

Settings for one CPU core and half an hour. Resumable, deterministic from `--seed` on one machine.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from models.text2image.bench import PERCEPTUAL
from models.text2image.data import Captioned
from models.text2image.latents import Latents, encoded, pictures
from models.text2image.mixture import Mixture
from models.text2image.train_autoencoder import COLUMNS, TrainConfig, Trainer, sheet
from models.training import Log, Run, add_settings, settings, to_tensor

# Faces are what everybody sees mistakes in, and the colour of a thin frame is what gets lost first.
COLOURED = ("red", "blue", "green", "gold", "brown", "tortoise")
SHARES = {"coloured frame": 0.25, "portrait": 0.3, "fruit": 0.1, "flower": 0.18, "sketch": 0.06, "scene": 0.11}


@dataclass(frozen=True)
class DecoderConfig(TrainConfig):
    """Settings for one CPU core."""

    crops: int = 24_000
    wholes: int = 4_000
    learning_rate: float = 5e-4
    worst: float = 1.0
    warm: float = 0.03
    noise: float = 0.15  # most that is added to the latents, in their deviations
    keep_every: int = 4_800


class DecoderTrainer(Trainer):
    """The trainer of the autoencoder, with latents that are there already."""

    config: DecoderConfig

    def __init__(
        self, config: DecoderConfig, captioned: Captioned, begin: AutoencoderKL, out: Path, data: Path, device: str
    ):
        super().__init__(config, captioned, data / PERCEPTUAL, device, begin)
        self.latents: Latents = encoded(captioned, begin, out)
        framed = [captioned.facts(row).get("frame") in COLOURED for row in range(len(captioned))]
        kinds = np.where(framed, "coloured frame", captioned.domains)
        self.mixture = Mixture(kinds[self.latents.rows], SHARES)
        for part in (self.autoencoder.encoder, self.autoencoder.quant_conv):
            part.requires_grad_(False)

    def step(self, images: int, log: Log) -> int:
        """One step at `images` seen; returns how many it saw."""
        rng = np.random.default_rng((self.config.seed, images))
        latents, target = self._pairs(rng, whole=images >= self.config.crops)
        amount = rng.uniform(0, self.config.noise, (len(latents), 1, 1, 1))
        noisy = latents + torch.from_numpy(amount * rng.standard_normal(latents.shape)).to(latents)
        with torch.autocast(self.device, torch.bfloat16):
            made = self.autoencoder.decode(noisy.contiguous(memory_format=torch.channels_last)).sample
        self.learn(self.unlike(made, target, images, rng, log), images)
        return len(target)

    def _pairs(self, rng: np.random.Generator, whole: bool) -> tuple[Tensor, Tensor]:
        """Latents (B, C, h, w) and what they are of, (B, 3, S, S): whole ones, or half a side cut from each."""
        rows = self.mixture.rows(rng, self.config.whole_batch if whole else self.config.crop_batch)
        latents, shown = self.latents.values[rows], pictures(self.set, self.latents, rows)
        if not whole:
            half, cell = latents.shape[2] // 2, shown.shape[1] // latents.shape[2]
            corners = rng.integers(half + 1, size=(len(rows), 2))
            latents = np.stack([z[:, y : y + half, x : x + half] for z, (y, x) in zip(latents, corners)])
            size = cell * half
            shown = np.stack([p[y : y + size, x : x + size] for p, (y, x) in zip(shown, cell * corners)])
        return torch.from_numpy(latents).to(self.device).float(), to_tensor(shown, self.device)


def train(config: DecoderConfig, captioned: Path, data: Path, begin: Path, out: Path, device: str) -> None:
    """Go on with the decoder of the vae/ `begin`, and write vae/ and a sheet into `out` at every checkpoint."""
    out.mkdir(parents=True, exist_ok=True)  # where the trainer keeps its latents
    held_out = Captioned(captioned / "held-out")
    seen = held_out.images(np.linspace(0, len(held_out) - 1, min(4, len(held_out) // COLUMNS) * COLUMNS).astype(int))
    network = AutoencoderKL.from_pretrained(begin, dtype=torch.float32, local_files_only=True)
    trainer = DecoderTrainer(config, Captioned(captioned / "train"), network, out, data, device)
    run = Run(out, trainer.parts())
    while run.images < config.images:
        if run.saw(trainer.step(run.images, run.log), config.images, config.keep_every):
            run.keep_sheet(sheet(trainer.averaged.module, seen))
            trainer.averaged.module.save_pretrained(out / "vae")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True, help="folder with captioned sets train/ and held-out/")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data (for SqueezeNet)")
    parser.add_argument("--begin", type=Path, required=True, help="the vae/ that train_autoencoder wrote")
    parser.add_argument("--out", type=Path, default=Path("runs/decoder"), help="for checkpoints, sheets and vae/")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, DecoderConfig(), besides=("base", "divergence", "shrunk"))  # the encoder's
    args = parser.parse_args()
    train(settings(args, DecoderConfig()), args.set, args.data, args.begin, args.out, args.device)


if __name__ == "__main__":
    main()
