"""Teach the decoder alone: `python -m models.text2image.train_decoder --set DIR --data DIR --begin VAE`.

What latents mean stays what it is, and with it all that a prior has learnt; only how they are drawn gets better, as
when Stable Diffusion's decoder was trained on. Whole pictures' latents are cut where the picture is, a little noise
added, since those that a prior paints are never quite right; everything else is as in `train_autoencoder.py`. With
`--prior HOUSE` it learns from that prior's very mistakes: half of the latents were drowned in noise in part, and the
prior took it out again in two steps, so the picture they should have shown is known.

Settings for one CPU core and half an hour. Resumable, deterministic from `--seed` on one machine.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, PixArtAlphaPipeline
from numpy.typing import NDArray
from torch import Tensor

from models.text2image import folder
from models.text2image.bench import PERCEPTUAL
from models.text2image.data import Captioned
from models.text2image.latents import Latents, encoded, pictures
from models.text2image.mixture import Mixture
from models.text2image.network import WORDS, Flow
from models.text2image.train_autoencoder import COLUMNS, SHARES, TrainConfig, Trainer, sheet
from models.training import Log, Run, add_settings, settings, to_tensor


@dataclass(frozen=True)
class DecoderConfig(TrainConfig):
    """Settings for one CPU core."""

    crops: int = 24_000
    wholes: int = 4_000
    learning_rate: float = 5e-4
    worst: float = 1.0
    warm: float = 0.03
    noise: float = 0.15  # most that is added to the latents, in their deviations
    restored: float = 0.5  # share of latents that the prior, if there is one, has restored
    drowned: float = 0.6  # most noise that it had to take out: 1 would leave nothing of the picture
    keep_every: int = 4_800


class DecoderTrainer(Trainer):
    """The trainer of the autoencoder, with latents that are there already."""

    config: DecoderConfig

    def __init__(
        self,
        config: DecoderConfig,
        captioned: Captioned,
        begin: AutoencoderKL,
        out: Path,
        data: Path,
        device: str,
        painter: PixArtAlphaPipeline | None = None,
    ):
        super().__init__(config, captioned, data / PERCEPTUAL, device, begin)
        self.latents: Latents = encoded(captioned, begin, out)
        self.mixture = Mixture(self.kinds[self.latents.rows], SHARES)
        self.painter = painter.to(device) if painter else None
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
        if self.painter:
            latents = self._restored(latents, self.set.captions(self.latents.rows[rows], rng, 1.0), rng)
        if not whole:
            half, cell = latents.shape[2] // 2, shown.shape[1] // latents.shape[2]
            corners = rng.integers(half + 1, size=(len(rows), 2))
            latents = np.stack([z[:, y : y + half, x : x + half] for z, (y, x) in zip(latents, corners)])
            size = cell * half
            shown = np.stack([p[y : y + size, x : x + size] for p, (y, x) in zip(shown, cell * corners)])
        return torch.from_numpy(latents).to(self.device).float(), to_tensor(shown, self.device)

    @torch.inference_mode()
    def _restored(self, latents: NDArray, said: list[str], rng: np.random.Generator) -> NDArray:
        """Latents (B, C, h, w) of pictures of which this is said, as the prior would have painted them, or some of
        them: two of Euler's steps from where noise has drowned them to different depths."""
        config, painter = self.config, self.painter
        depth = rng.uniform(0, config.drowned, len(said)) * (rng.random(len(said)) < config.restored)
        t = torch.from_numpy(depth.astype(np.float32)).to(self.device)
        x = torch.lerp(
            torch.from_numpy(latents).to(self.device).float(),
            torch.from_numpy(rng.standard_normal(latents.shape, np.float32)).to(self.device),
            t[:, None, None, None],
        )
        words = painter.tokenizer(said, padding="longest", truncation=True, max_length=WORDS, return_tensors="pt")
        words = words.to(self.device)
        flow, half = Flow(painter.text_encoder, painter.transformer), t[:, None, None, None] / 2
        with torch.autocast(self.device, torch.bfloat16):
            states = flow.read(words)
            for now in (t, t / 2):
                x = x - half * flow(x, now, words, states).float()
        return x.cpu().numpy()


def train(
    config: DecoderConfig,
    captioned: Path,
    data: Path,
    begin: Path,
    out: Path,
    device: str,
    prior: Path | None = None,
) -> None:
    """Go on with the decoder of the vae/ `begin`, and write vae/ and a sheet into `out` at every checkpoint. `prior` is
    the house/ whose mistakes it learns from."""
    out.mkdir(parents=True, exist_ok=True)  # where the trainer keeps its latents
    held_out = Captioned(captioned / "held-out")
    seen = held_out.images(np.linspace(0, len(held_out) - 1, min(4, len(held_out) // COLUMNS) * COLUMNS).astype(int))
    network = AutoencoderKL.from_pretrained(begin, dtype=torch.float32, local_files_only=True)
    painter = folder.read(prior) if prior else None
    trainer = DecoderTrainer(config, Captioned(captioned / "train"), network, out, data, device, painter)
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
    parser.add_argument("--prior", type=Path, help="a house/ that paints latents of the same meaning")
    parser.add_argument("--out", type=Path, default=Path("runs/decoder"), help="for checkpoints, sheets and vae/")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, DecoderConfig(), besides=("base", "divergence", "shrunk", "anchor"))  # the encoder's
    args = parser.parse_args()
    train(settings(args, DecoderConfig()), args.set, args.data, args.begin, args.out, args.device, args.prior)


if __name__ == "__main__":
    main()
