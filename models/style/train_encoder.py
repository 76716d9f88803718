"""Teach the encoder to see: `python -m models.style.train_encoder --data DIR --morphs DIR --out DIR`.

Distillation (Hinton et al. 2015, arXiv:1503.02531; of features, Romero et al. 2015, arXiv:1412.6550): from each of the
encoder's four levels a small head has to tell a deeper layer of SqueezeNet, normalised by channel, on our own pictures.
What ships is the encoder alone; neither SqueezeNet's weights nor the heads are part of it. At the end its layers are
scaled until every channel fires 1 on average, which changes nothing but lets all count alike in Gram matrices (Gatys
et al. 2016, section 2).

Resumable (the same command goes on from `--out`), deterministic from `--seed` on one machine, CPU or GPU.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models import weights
from models.perceptual import SqueezeNet
from models.style import data
from models.style.network import Encoder, StyleConfig, notes_of
from models.training import Ema, Log, Run, add_settings, cosine, settings, to_tensor

TAUGHT = ("conv1", "fire3", "fire5", "fire8")  # strides 2, 4, 8, 8: what each level's head has to tell
_CHANNELS = (96, 128, 256, 512)
_STRIDES = (2, 2, 2, 1)  # of the heads
SHARES = {"photographs": 0.35, "flowers": 0.2, "faces": 0.1, "paintings": 0.35}
_MARGIN = 9  # pixels reflected at the top and left, by which SqueezeNet's unpadded layers come to lie on our grid
_SHIFTS = (3, 1, 0, 0)  # positions of each layer that lie in this margin


@dataclass(frozen=True)
class TrainConfig:
    """Settings for two CPU cores and about 10 minutes."""

    seed: int = 0
    images: int = 24_000
    batch: int = 16
    side: int = 128
    learning_rate: float = 2e-3
    ema: float = 0.995
    keep_every: int = 4_800  # images between checkpoints


class Teacher(nn.Module):
    """SqueezeNet's features on the encoder's grid, each channel with mean 0 and deviation 1 over some pictures."""

    def __init__(self, squeezenet: SqueezeNet, pictures: Tensor):
        super().__init__()
        self.squeezenet = squeezenet
        self.scales = [(0.0, 1.0)] * len(TAUGHT)
        found = self(pictures)
        self.scales = [(f.mean((0, 2, 3), keepdim=True), f.std((0, 2, 3), keepdim=True) + 0.1) for f in found]

    @torch.no_grad()
    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Pictures (B, 3, S, S) -> (B, C, S/2, S/2), S/4, S/8, S/8."""
        side = pictures.shape[-1]
        wide = F.pad(pictures, (_MARGIN, 7, _MARGIN, 7), mode="reflect")
        maps = []
        for features, shift, stride, (mean, deviation) in zip(
            self.squeezenet.features(wide, TAUGHT), _SHIFTS, (2, 4, 8, 8), self.scales
        ):
            features = features[..., shift : shift + side // stride, shift : shift + side // stride]
            maps.append((features.float() - mean) / deviation)
        return maps


def make_heads(config: StyleConfig) -> nn.ModuleList:
    """From each level's features (B, C, h, w) to a layer of the teacher's; they are not shipped."""
    return nn.ModuleList(
        nn.Conv2d(width, channels, 3, stride, 1)
        for width, channels, stride in zip(config.encoder_widths, _CHANNELS, _STRIDES)
    )


class Trainer:
    """The encoder, its heads, and one step of teaching."""

    def __init__(self, config: TrainConfig, sizes: StyleConfig, pictures: data.Contents, squeezenet: Path, device: str):
        torch.manual_seed(config.seed)  # construction only; every later draw comes from the seed and the step
        self.config, self.sizes, self.pictures, self.device = config, sizes, pictures, device
        self.encoder = Encoder(sizes).to(device, memory_format=torch.channels_last)
        self.heads = make_heads(sizes).to(device, memory_format=torch.channels_last)
        first = to_tensor(pictures.batch(np.random.default_rng(config.seed), 48, config.side), device)
        self.teacher = Teacher(SqueezeNet(squeezenet).to(device), first)
        self.averaged = Ema(nn.ModuleDict({"encoder": self.encoder, "heads": self.heads}), config.ema)
        self.optimiser = torch.optim.AdamW([*self.encoder.parameters(), *self.heads.parameters()], weight_decay=1e-3)

    def parts(self) -> dict:
        return dict(encoder=self.encoder, heads=self.heads, averaged=self.averaged.module, optimiser=self.optimiser)

    def step(self, images: int, log: Log) -> int:
        """One step at `images` seen; returns how many it saw."""
        config = self.config
        rng = np.random.default_rng((config.seed, images))
        pictures = to_tensor(self.pictures.batch(rng, config.batch, config.side), self.device)
        for group in self.optimiser.param_groups:
            group["lr"] = config.learning_rate * cosine(images / config.images)
        with torch.autocast(self.device, torch.bfloat16):
            wanted = self.teacher(pictures)
            told = [head(features) for head, features in zip(self.heads, self.encoder(pictures))]
        parts = [F.smooth_l1_loss(a.float(), b) for a, b in zip(told, wanted)]
        self.optimiser.zero_grad(set_to_none=True)
        sum(parts).backward()
        self.optimiser.step()
        self.averaged.update(nn.ModuleDict({"encoder": self.encoder, "heads": self.heads}), images // config.batch)
        log.add(**dict(zip(TAUGHT, parts)))
        return len(pictures)

    @torch.inference_mode()
    def judge(self, pictures: Tensor, log: Log) -> None:
        """How much of each layer's variance the averaged heads tell on held-out pictures: 1 all, 0 nothing."""
        module = self.averaged.module
        told = [head(features) for head, features in zip(module["heads"], module["encoder"](pictures))]
        for name, ours, theirs in zip(TAUGHT, told, self.teacher(pictures)):
            log.add(**{f"{name}_told": 1 - (ours - theirs).square().mean() / theirs.square().mean()})


@torch.no_grad()
def normalise(encoder: Encoder, pictures: Tensor) -> None:
    """Scale the layers so that each channel fires 1 on average over pictures (N, 3, S, S); a silent one stays."""
    before, after = [encoder.first, *encoder.on], [*encoder.down, None]
    for layer, following, features in zip(before, after, encoder(pictures)):
        mean = features.mean((0, 2, 3))  # (C,)
        scale = torch.where(mean > 0.01 * mean.mean(), 1 / mean.clamp_min(1e-8), torch.ones_like(mean))
        layer.weight *= scale[:, None, None, None]
        layer.bias *= scale
        if following is not None:
            following.weight /= scale[None, :, None, None]


def pictures_of(folder: Path, morphs: Path, held_out: bool = False) -> data.Contents:
    """All that the encoder looks at: what is painted, and paintings."""
    kinds = data.to_paint(folder, morphs, held_out) | {"paintings": list(data.paintings(folder, held_out).values())}
    return data.Contents(kinds, SHARES)


def _some(pictures: data.Contents, seed: int, count: int, side: int) -> Tensor:
    chosen: NDArray = pictures.batch(np.random.default_rng(seed), count, side)
    return to_tensor(chosen)


def train(config: TrainConfig, sizes: StyleConfig, folder: Path, morphs: Path, out: Path, device: str) -> Path:
    """Returns the file of the encoder's weights."""
    squeezenet = folder / "perceptual" / "squeezenet10-imagenet.safetensors"
    trainer = Trainer(config, sizes, pictures_of(folder, morphs), squeezenet, device)
    held_out = _some(pictures_of(folder, morphs, True), config.seed, 48, config.side).to(device)
    run = Run(out, trainer.parts())
    began, before = run.minutes, run.images
    while run.images < config.images:
        if (run.images + config.batch) % config.keep_every < config.batch:
            trainer.judge(held_out, run.log)
        run.saw(trainer.step(run.images, run.log), config.images, config.keep_every)
    trainer.judge(held_out, run.log)
    run.log.write(run.images)
    if run.images > before:
        print(f"{(run.images - before) / (run.minutes - began) / 60:.1f} images/s", flush=True)
    encoder = trainer.averaged.module["encoder"]
    normalise(encoder, _some(trainer.pictures, config.seed + 1, 96, config.side).to(device))
    return weights.save(out / "encoder.safetensors", encoder, notes_of(sizes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--morphs", type=Path, required=True, help="folder with the rendered morphs train and held-out")
    parser.add_argument("--out", type=Path, default=Path("runs/style-encoder"), help="for checkpoints and the weights")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, TrainConfig())
    args = parser.parse_args()
    train(settings(args, TrainConfig()), StyleConfig(), args.data, args.morphs, args.out, args.device)


if __name__ == "__main__":
    main()
