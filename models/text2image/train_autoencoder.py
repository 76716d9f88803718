"""Train the autoencoder: `python -m models.text2image.train_autoencoder --set DIR --data DIR`.

The first stage of latent diffusion (Rombach et al. 2022, arXiv:2112.10752, section 3.1): pictures eight times smaller
a side, told by pixels, by SqueezeNet features, late and lightly by projected discriminators, and by a small divergence
from N(0, 1). Now and then the latent is shrunk and has to decode to the picture shrunk (EQ-VAE, Kouzelis et al. 2025,
arXiv:2502.09509): latents that keep scale are easier for the prior to learn.

`--begin VAE --anchor 4` goes on with one that a prior has learnt from: encoder and decoder learn what they lose, and
latents are held to where they were, so that they go on meaning the same.

Crops of half the side come first, whole pictures last. At the end the latents' mean and deviation are folded into the
convolutions around them, so that the prior meets numbers about N(0, 1) and the scaling factor is 1; those that are
held are so already. Resumable (the same command goes on from `--out`), deterministic from `--seed` on one machine, CPU
or GPU.
"""

import argparse
import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from diffusers.models.resnet import Downsample2D, ResnetBlock2D, Upsample2D
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from models.losses import PERCEPTUAL_LAYERS, ProjectedHeads, divergence, hinge_discriminator, hinge_generator
from models.perceptual import SqueezeNet, perceptual_distance
from models.text2image.data import Captioned
from models.text2image.mixture import Mixture, detail
from models.text2image.network import TextToImageConfig, make_autoencoder
from models.training import Ema, Log, Run, add_settings, cosine, grid, settings, to_pictures, to_tensor

COLUMNS = 12  # of a sheet
_STRIDE = 8  # of SqueezeNet's layers that are asked, at most
# How often each kind is looked at: thin frames of glasses and wrinkles are the hardest to keep in a picture eight
# times smaller.
SHARES = {
    "coloured frame": 0.22, "portrait": 0.22, "withered": 0.06, "fruit": 0.14, "flower": 0.18, "sketch": 0.06,
    "shapes": 0.05, "landscape": 0.03, "still life": 0.04,
}  # fmt: skip


@dataclass(frozen=True)
class TrainConfig:
    """Settings for two CPU cores and about 35 minutes."""

    seed: int = 0
    base: int = 32  # channels at the finest level
    crops: int = 36_000  # crops of half the side
    wholes: int = 3_000  # whole pictures, afterwards
    crop_batch: int = 12
    whole_batch: int = 4
    learning_rate: float = 1e-3
    pixel: float = 2.5
    worst: float = 0.0  # of a picture's worst twentieth of pixels, where what is thin and coloured gets lost
    perceptual: float = 2.0
    adversarial: float = 0.12
    warm: float = 0.45  # share of the run before the discriminators are asked; a quarter later at full weight
    divergence: float = 1e-3  # per number of the latent
    shrunk: float = 0.2  # share of steps on shrunk latents
    noise: float = 0.0  # most that is added to the latents, in their deviations
    anchor: float = 0.0  # how much latents are held to those of the autoencoder begun with
    ema: float = 0.995
    keep_every: int = 4_800  # images between checkpoints, each with a sheet

    @property
    def images(self) -> int:
        return self.crops + self.wholes


class Trainer:
    """The autoencoder, its judges, and one step of each."""

    def __init__(
        self,
        config: TrainConfig,
        captioned: Captioned,
        squeezenet: Path,
        device: str,
        begin: AutoencoderKL | None = None,
    ):
        torch.manual_seed(config.seed)  # construction only; every later draw comes from the seed and the step
        self.config, self.device, self.set = config, device, captioned
        self.kinds = np.array([detail(name, captioned.facts(row)) for row, name in enumerate(captioned.domains)])
        self.mixture = Mixture(self.kinds, SHARES)
        self.side = captioned.images([0]).shape[1]
        network = begin or fresh(config, self.side)
        self.autoencoder = network.to(device, memory_format=torch.channels_last)
        self.heads = ProjectedHeads().to(device)
        self.squeezenet = SqueezeNet(squeezenet).to(device)
        self.before = copy.deepcopy(self.autoencoder).eval().requires_grad_(False) if config.anchor else None
        self.averaged = Ema(self.autoencoder, config.ema)
        self.making = torch.optim.AdamW(self.autoencoder.parameters(), betas=(0.9, 0.98), weight_decay=1e-3)
        self.judging = torch.optim.Adam(self.heads.parameters(), betas=(0.5, 0.99))

    def parts(self) -> dict:
        return dict(
            autoencoder=self.autoencoder, averaged=self.averaged.module, heads=self.heads,
            making=self.making, judging=self.judging,
        )  # fmt: skip

    def batch(self, rng: np.random.Generator, whole: bool) -> Tensor:
        """Pictures (B, 3, S, S), half of them mirrored: whole ones, or a crop of half the side from each."""
        pictures = self.set.images(self.mixture.rows(rng, self.config.whole_batch if whole else self.config.crop_batch))
        if not whole:
            half = self.side // 2
            corners = rng.integers(self.side - half + 1, size=(len(pictures), 2))
            pictures = np.stack([p[y : y + half, x : x + half] for p, (y, x) in zip(pictures, corners)])
        mirrored = (rng.random(len(pictures)) < 0.5)[:, None, None, None]
        return to_tensor(np.where(mirrored, pictures[:, :, ::-1], pictures), self.device)

    def step(self, images: int, log: Log) -> int:
        """One step at `images` seen; returns how many it saw."""
        config = self.config
        rng = np.random.default_rng((config.seed, images))
        target = self.batch(rng, whole=images >= config.crops)
        count = len(target)
        with torch.autocast(self.device, torch.bfloat16):
            found = self.autoencoder.encode(target).latent_dist
            noise = torch.from_numpy(rng.standard_normal(found.mean.shape, np.float32)).to(self.device)
            more = torch.from_numpy(rng.uniform(0, config.noise, (count, 1, 1, 1)).astype(np.float32)).to(self.device)
            z = found.mean + (found.std.square() + more.square()).sqrt() * noise
            shown = target
            if rng.random() < config.shrunk:
                z, shown = F.avg_pool2d(z, 2), F.avg_pool2d(target, 2)
            made = self.autoencoder.decode(z.contiguous(memory_format=torch.channels_last)).sample
        kl = divergence(found.mean.float().flatten(1), found.logvar.float().flatten(1)) / found.mean[0].numel()
        log.add(kl=kl, fog=found.std.mean() / found.mean.std())
        loss = self.unlike(made, shown, images, rng, log) + config.divergence * kl
        if self.before:
            moved = self._moved(found.mean, target)
            log.add(moved=moved.detach().sqrt())
            loss = loss + config.anchor * moved
        self.learn(loss, images)
        return count

    def _moved(self, latents: Tensor, pictures: Tensor) -> Tensor:
        """How far latents are from where they were: the mean square, of latents that are about N(0, 1)."""
        with torch.no_grad(), torch.autocast(self.device, torch.bfloat16):
            there = self.before.encode(pictures).latent_dist.mean
        return (latents.float() - there.float()).square().mean()

    def unlike(self, made: Tensor, target: Tensor, images: int, rng: np.random.Generator, log: Log) -> Tensor:
        """How unlike its target (B, 3, h, w) what was made is, to the eye and to the discriminators, which learn."""
        config, corner = self.config, rng.integers(min(_STRIDE, made.shape[-1] // 4), size=2).tolist()
        with torch.autocast(self.device, torch.bfloat16):
            features, real = self._features(made, corner), self._features(target, corner)
        apart = (made.float() - target).abs().mean(1).flatten(1)  # (B, h*w)
        pixel, worst = apart.mean(), apart.topk(apart.shape[1] // 20, 1).values.mean()
        perceptual = perceptual_distance(features, real).mean()
        log.add(pixel=pixel, worst=worst, perceptual=perceptual)
        loss = config.pixel * pixel + config.worst * worst + config.perceptual * perceptual
        if asked := min(max((images / config.images - config.warm) * 4, 0), 1):
            self._judge(real, [f.detach() for f in features], images, log)
            loss = loss + config.adversarial * asked * self._believable(features, log)
        return loss

    def learn(self, loss: Tensor, images: int) -> None:
        """Move the weights downhill of a loss, by the rate that is due at `images` seen."""
        self._backward(self.making, loss, images, 1.0)
        torch.nn.utils.clip_grad_norm_(self.autoencoder.parameters(), 1.0)
        self.making.step()
        self.averaged.update(self.autoencoder, images // self.config.crop_batch)

    def _backward(self, optimiser: torch.optim.Optimizer, loss: Tensor, images: int, rate: float) -> None:
        for group in optimiser.param_groups:
            group["lr"] = self.config.learning_rate * rate * cosine(images / self.config.images)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()

    def _features(self, pictures: Tensor, corner: list[int]) -> list[Tensor]:
        # SqueezeNet's strides leave a lattice in the gradient; another corner each time keeps it off the pictures.
        return self.squeezenet.features(pictures[..., corner[0] :, corner[1] :], PERCEPTUAL_LAYERS)

    def _judge(self, real: list[Tensor], fake: list[Tensor], images: int, log: Log) -> None:
        with torch.autocast(self.device, torch.bfloat16):
            loss = hinge_discriminator(self.heads(real), self.heads(fake))
        self._backward(self.judging, loss, images, 0.3)
        self.judging.step()
        log.add(judged=loss)

    def _believable(self, features: list[Tensor], log: Log) -> Tensor:
        self.heads.requires_grad_(False)
        with torch.autocast(self.device, torch.bfloat16):
            loss = hinge_generator(self.heads.eval()(features))
        self.heads.train().requires_grad_(True)
        log.add(believable=loss)
        return loss


def fresh(config: TrainConfig, side: int) -> AutoencoderKL:
    """An autoencoder that has learnt nothing, for pictures of so many pixels a side."""
    widths = tuple(config.base * times for times in (1, 2, 4, 6))
    network = make_autoencoder(TextToImageConfig(side, autoencoder_widths=widths))
    begin_with_a_pyramid(network)
    return network


@torch.no_grad()
def begin_with_a_pyramid(autoencoder: AutoencoderKL, noise: float = 0.02) -> None:
    """Let a picture through from the first step: residual branches begin at nothing, what they add to passes it on.

    As the layers come, each shrinks what it passes, and normalised residuals drown it: the first thousands of pictures
    are spent on finding colour again. Here halving takes orthogonal mixtures of averages and differences of 2 x 2 (a
    Haar wavelet), the other convolutions of the trunk are orthogonal.
    """
    resnets = [part for part in autoencoder.modules() if isinstance(part, ResnetBlock2D)]
    for resnet in resnets:
        nn.init.zeros_(resnet.conv2.weight)
    trunk = [autoencoder.encoder.conv_in, autoencoder.decoder.conv_in]
    trunk += [resnet.conv_shortcut for resnet in resnets if resnet.conv_shortcut is not None]
    trunk += [part.conv for part in autoencoder.modules() if isinstance(part, Downsample2D | Upsample2D)]
    sums, differences = torch.tensor([0.5, 0.5]), torch.tensor([0.5, -0.5])
    haar = torch.stack([torch.outer(a, b) * 2 for a in (sums, differences) for b in (sums, differences)])  # (4, 2, 2)
    for layer in trunk:
        outside, inside, size, _ = layer.weight.shape
        nn.init.normal_(layer.weight, std=noise if size > 1 else 0.0)
        nn.init.zeros_(layer.bias)
        if layer.stride[0] == 2:
            mixed = nn.init.orthogonal_(torch.empty(outside, 4 * inside)).view(outside, inside, 4)
            layer.weight[:, :, :2, :2] += torch.einsum("oik,khw->oihw", mixed, haar)
        else:
            gain = max(1, outside / inside) ** 0.5
            layer.weight[:, :, size // 2, size // 2] += nn.init.orthogonal_(torch.empty(outside, inside), gain)


@torch.inference_mode()
def encode(autoencoder: AutoencoderKL, pictures: NDArray) -> Tensor:
    """Mean latents (B, C, h, w), float32 on the CPU, of uint8 pictures (B, H, W, 3)."""
    device = autoencoder.device.type
    with torch.autocast(device, torch.bfloat16):
        return autoencoder.encode(to_tensor(pictures, device)).latent_dist.mean.float().cpu()


@torch.no_grad()
def normalise(autoencoder: AutoencoderKL, latents: Tensor) -> None:
    """Fold the latents' mean and deviation per channel into the quant convolutions, so that there is nothing left.

    latents: (N, C, h, w), as the autoencoder makes them now.
    """
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))  # (C,) each
    mean, deviation = mean.to(autoencoder.device), deviation.to(autoencoder.device)
    before, after = autoencoder.quant_conv, autoencoder.post_quant_conv
    channels = len(mean)
    before.weight[:channels] /= deviation[:, None, None, None]
    before.bias[:channels] = (before.bias[:channels] - mean) / deviation
    before.bias[channels:] -= 2 * deviation.log()  # the other half are logarithms of variances
    after.bias += after.weight[:, :, 0, 0] @ mean
    after.weight *= deviation[None, :, None, None]


@torch.inference_mode()
def sheet(autoencoder: AutoencoderKL, pictures: NDArray) -> Image.Image:
    """Held-out pictures (rows of COLUMNS), and below each row the same ones after encoding and decoding."""
    device = autoencoder.device.type
    rows = []
    for start in range(0, len(pictures), COLUMNS):
        part = pictures[start : start + COLUMNS]
        latents = autoencoder.encode(to_tensor(part, device)).latent_dist.mean
        rows += [list(part), list(to_pictures(autoencoder.decode(latents).sample))]
    return grid(rows)


def settle(trainer: Trainer, count: int = 2000) -> None:
    """Normalise the averaged autoencoder on `count` training pictures."""
    rows = trainer.mixture.rows(np.random.default_rng(trainer.config.seed), count)
    network = trainer.averaged.module
    latents = torch.cat([encode(network, trainer.set.images(part)) for part in np.array_split(rows, -(-count // 50))])
    normalise(network, latents)


def train(config: TrainConfig, captioned: Path, data: Path, out: Path, device: str, begin: Path | None = None) -> None:
    """Train on captioned/train and write vae/ into `out`, from nothing or from the vae/ `begin`."""
    held_out = Captioned(captioned / "held-out")
    seen = held_out.images(np.linspace(0, len(held_out) - 1, min(4, len(held_out) // COLUMNS) * COLUMNS).astype(int))
    squeezenet = data / "perceptual" / "squeezenet10-imagenet.safetensors"
    network = AutoencoderKL.from_pretrained(begin, dtype=torch.float32, local_files_only=True) if begin else None
    trainer = Trainer(config, Captioned(captioned / "train"), squeezenet, device, network)
    run = Run(out, trainer.parts())
    while run.images < config.images:
        if run.saw(trainer.step(run.images, run.log), config.images, config.keep_every):
            run.keep_sheet(sheet(trainer.averaged.module, seen))
    if not config.anchor:
        settle(trainer)
    trainer.averaged.module.save_pretrained(out / "vae")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True, help="folder with captioned sets train/ and held-out/")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data (for SqueezeNet)")
    parser.add_argument("--begin", type=Path, help="a vae/ to go on from, its latents held where they are by --anchor")
    parser.add_argument("--out", type=Path, default=Path("runs/autoencoder"), help="for checkpoints, sheets and vae/")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, TrainConfig())
    args = parser.parse_args()
    if args.anchor and not args.begin:
        parser.error("--anchor holds latents to those of --begin: name a vae/ there")
    train(settings(args, TrainConfig()), args.set, args.data, args.out, args.device, args.begin)


if __name__ == "__main__":
    main()
