"""Train sketch-to-photo: `python -m models.sketch.train --subject fruit --data DIR`.

A conditional VAE-GAN (BicycleGAN, Zhu et al. 2017): the take encoder tells the generator, through a small latent,
what the drawing cannot say; perceptual and L1 losses ask for the very photograph back, a patch discriminator and
projected heads for a believable one. The first part runs at half size, then the network grows to full size. A share
of every batch is given the latent of another photo: it must be believable, and the latent must be readable from it;
where the drawing has colours, the photo must be the drawing's all the same, so that colours outrank the latent.

Resumable (the same command goes on from `--out`), deterministic from `--seed` on one machine, CPU or GPU.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from models import weights
from models.losses import (
    PERCEPTUAL_LAYERS,
    ProjectedHeads,
    augment,
    divergence,
    hinge_discriminator,
    hinge_generator,
)
from models.perceptual import SqueezeNet, perceptual_distance
from models.sketch.data import SUBJECTS, Example, load, pair
from models.sketch.network import Discriminator, Generator, SketchConfig, TakeEncoder
from models.training import Ema, Log, Run, add_settings, cosine, grid, settings, to_pictures, to_tensor

BANK = 512  # latents of training photographs that ship as the prior


@dataclass(frozen=True)
class TrainConfig:
    subject: str = "fruit"
    seed: int = 0
    batch: int = 16  # at full size; twice as many at half size
    half_images: int = 20_000  # seen at half size
    full_images: int = 12_000  # seen at full size
    warm_images: int = 4_000  # before the discriminators are asked
    learning_rate: float = 6e-4
    pixel: float = 4.0
    perceptual: float = 4.0
    adversarial: float = 0.5  # 0 trains the L1-only baseline of the evaluation
    divergence: float = 3e-3
    latent: float = 0.5
    ema: float = 0.997
    keep_every: int = 4_000  # images between checkpoints, each with a sheet of samples


# What made the weights that ship: settings for two CPU cores.
CONFIGS = {
    "fruit": TrainConfig("fruit", full_images=22_000),
    "flower": TrainConfig("flower", half_images=18_000, full_images=10_000),
    "portrait": TrainConfig("portrait", full_images=20_000),
}


class Batch:
    """Drawings and photographs of one step, and which latents are lent from another photograph."""

    def __init__(
        self, examples: list[Example], subject: str, count: int, half: bool, rng: np.random.Generator, device: str
    ):
        pairs = [pair(examples, subject, rng) for _ in range(count)]
        self.sketch = to_tensor([drawing for drawing, _, _ in pairs], device)  # (B, 3, H, W)
        self.photo = to_tensor([example.photo for _, example, _ in pairs], device)
        if half:
            self.sketch, self.photo = (torch.nn.functional.avg_pool2d(x, 2) for x in (self.sketch, self.photo))
        coloured = np.array([hand.colour > 0 or hand.scribbles > 1 for _, _, hand in pairs])
        lent = rng.random(count) < np.where(coloured, 0.75, 0.25)
        self.lent = torch.from_numpy(lent).to(device)
        self.judged = torch.from_numpy(coloured | ~lent).to(device)  # the photo itself is the right answer


class Trainer:
    """Networks, optimisers and one step of each."""

    def __init__(self, config: TrainConfig, data: Path, device: str):
        torch.manual_seed(config.seed)  # construction only; every later draw has its own generator
        self.config, self.device = config, device
        self.generator = Generator(SketchConfig()).to(device, memory_format=torch.channels_last)
        self.encoder = TakeEncoder(SketchConfig().latent).to(device, memory_format=torch.channels_last)
        self.critic = Discriminator().to(device, memory_format=torch.channels_last)
        self.heads = ProjectedHeads().to(device)
        self.squeezenet = SqueezeNet(data / "perceptual" / "squeezenet10-imagenet.safetensors").to(device)
        self.averaged = Ema(self.generator, config.ema)
        self.averaged_encoder = Ema(self.encoder, config.ema)
        made = [*self.generator.parameters(), *self.encoder.parameters()]
        judging = [*self.critic.parameters(), *self.heads.parameters()]
        self.making = torch.optim.Adam(made, config.learning_rate, betas=(0.5, 0.99))
        self.judging = torch.optim.Adam(judging, config.learning_rate / 2, betas=(0.5, 0.99))
        self.noise = torch.Generator().manual_seed(config.seed)

    def parts(self) -> dict:
        return dict(
            generator=self.generator, encoder=self.encoder, critic=self.critic, heads=self.heads,
            averaged=self.averaged.module, averaged_encoder=self.averaged_encoder.module,
            making=self.making, judging=self.judging,
        )  # fmt: skip

    def step(self, batch: Batch, images: int, log: Log) -> None:
        config = self.config
        share = images / (config.half_images + config.full_images)
        for optimiser, rate in ((self.making, config.learning_rate), (self.judging, config.learning_rate / 2)):
            optimiser.param_groups[0]["lr"] = rate * cosine(share)
        adversarial = config.adversarial if images >= config.warm_images else 0.0
        with torch.autocast(self.device, torch.bfloat16):
            mean, log_variance = (x.float() for x in self.encoder(batch.photo))
            noise = torch.randn(mean.shape, generator=self.noise).to(mean)
            own = mean + noise * (0.5 * log_variance).exp()
            z = torch.where(batch.lent[:, None], own.roll(1, 0).detach(), own)
            fake = self.generator(batch.sketch, z)
            corner = torch.randint(4, (2,), generator=self.noise).tolist()
            features, real_features = self._features(fake, corner), self._features(batch.photo, corner)
        if adversarial:
            self._judge(batch, fake.detach(), real_features, [f.detach() for f in features], log)
        loss = self._reconstruction(batch, fake, features, real_features, log)
        kl = divergence(mean, log_variance)
        loss = loss + config.divergence * kl
        if adversarial:
            loss = loss + adversarial * self._believable(batch, fake, features, log)
            loss = loss + config.latent * self._readable(batch, fake, z, log)
        self.making.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.making.param_groups[0]["params"], 10.0)
        self.making.step()
        self.averaged.update(self.generator, images // config.batch)
        self.averaged_encoder.update(self.encoder, images // config.batch)
        log.add(divergence=kl)

    def _features(self, pictures: Tensor, corner: list[int]) -> list[Tensor]:
        """SqueezeNet activations, or none for a baseline that asks for neither perceptual nor adversarial loss.

        Its strides leave a lattice in the gradient; starting at another `corner` each time keeps it off the pictures.
        """
        if not (self.config.perceptual or self.config.adversarial):
            return []
        return self.squeezenet.features(pictures[..., corner[0] :, corner[1] :], PERCEPTUAL_LAYERS)

    def _reconstruction(self, batch: Batch, fake: Tensor, features: list, real: list, log: Log) -> Tensor:
        judged = batch.judged.float() / batch.judged.float().sum().clamp_min(1)
        pixel = ((fake.float() - batch.photo).abs().mean((1, 2, 3)) * judged).sum()
        log.add(pixel=pixel)
        if not features:
            return self.config.pixel * pixel
        perceptual = (perceptual_distance(features, real) * judged).sum()
        log.add(perceptual=perceptual)
        return self.config.pixel * pixel + self.config.perceptual * perceptual

    def _judge(self, batch: Batch, fake: Tensor, real_features: list, fake_features: list, log: Log) -> None:
        with torch.autocast(self.device, torch.bfloat16):
            both = augment(
                torch.cat([batch.sketch, batch.sketch]),
                torch.cat([batch.photo, fake.to(batch.photo.dtype)]),
                generator=self.noise,
            )
            real_patches, fake_patches = self.critic(*both).chunk(2)
            patches = hinge_discriminator([real_patches], [fake_patches])
            projected = hinge_discriminator(self.heads(real_features), self.heads(fake_features))
        self.judging.zero_grad(set_to_none=True)
        (patches + projected).backward()
        self.judging.step()
        log.add(patches=patches, projected=projected)

    def _believable(self, batch: Batch, fake: Tensor, features: list, log: Log) -> Tensor:
        self.critic.requires_grad_(False)
        self.heads.requires_grad_(False)
        with torch.autocast(self.device, torch.bfloat16):
            opinion = hinge_generator([self.critic(*augment(batch.sketch, fake, generator=self.noise))])
            projected = hinge_generator(self.heads.eval()(features))
        self.critic.requires_grad_(True)
        self.heads.train().requires_grad_(True)
        log.add(believable=opinion)
        return opinion + projected

    def _readable(self, batch: Batch, fake: Tensor, z: Tensor, log: Log) -> Tensor:
        """The latent lent to a colourless drawing must be readable from the photo made with it."""
        free = batch.lent & ~batch.judged
        if not free.any():
            return torch.zeros((), device=self.device)
        self.encoder.requires_grad_(False)
        with torch.autocast(self.device, torch.bfloat16):
            mean, _ = self.encoder(fake[free])
        self.encoder.requires_grad_(True)
        distance = (mean.float() - z[free]).abs().mean()
        log.add(latent=distance)
        return distance


def latent_bank(trainer: Trainer, examples: list[Example], count: int = BANK) -> Tensor:
    """Latents (count, latent) of training photographs: the prior that takes are drawn from."""
    rng = np.random.default_rng(trainer.config.seed + 1)
    photos = [pair(examples, trainer.config.subject, rng)[1].photo for _ in range(count)]
    with torch.inference_mode():
        parts = [
            trainer.averaged_encoder.module(to_tensor(photos[i : i + 64], trainer.device))[0]
            for i in range(0, count, 64)
        ]
    return torch.cat(parts).float().cpu()


def sample_sheet(trainer: Trainer, held_out: list[Example], half: bool, count: int = 12) -> Image.Image:
    """Held-out drawings, their photographs, their own take and four lent from others; never hand-picked."""
    rng = np.random.default_rng(7)
    index = np.linspace(0, len(held_out) - 1, count).astype(int)
    pairs = [pair(held_out, trainer.config.subject, rng, int(i)) for i in index]
    sketch, photo = (to_tensor(x, trainer.device) for x in ([p[0] for p in pairs], [p[1].photo for p in pairs]))
    if half:
        sketch, photo = (torch.nn.functional.avg_pool2d(x, 2) for x in (sketch, photo))
    with torch.inference_mode():
        own = trainer.averaged_encoder.module(photo)[0]
        takes = [to_pictures(trainer.averaged.module(sketch, own.roll(k, 0))) for k in range(5)]
    columns = [to_pictures(sketch), to_pictures(photo), *takes]
    return grid([[column[row] for column in columns] for row in range(count)])


def export(trainer: Trainer, examples: list[Example], out: Path, minutes: float, images: int) -> None:
    """Generator with its prior, and the patch discriminator, as half-precision safetensors under `out`."""
    subject = trainer.config.subject
    about = {"subject": subject, "images": str(images), "minutes": f"{minutes:.0f}", "device": trainer.device}
    tensors = trainer.averaged.module.state_dict() | {"prior": latent_bank(trainer, examples)}
    weights.save(out / f"sketch-{subject}.safetensors", tensors, about)
    weights.save(out / f"sketch-{subject}-discriminator.safetensors", trainer.critic.state_dict(), about)


def train(config: TrainConfig, data: Path, out: Path, device: str) -> None:
    examples, held_out = load(config.subject, data)
    trainer = Trainer(config, data, device)
    run = Run(out, trainer.parts(), trainer.noise)
    total = config.half_images + config.full_images
    while run.images < total:
        half = run.images < config.half_images
        count = config.batch * 2 if half else config.batch
        rng = np.random.default_rng((config.seed, run.images))
        trainer.step(Batch(examples, config.subject, count, half, rng, device), run.images, run.log)
        if run.saw(count, total, config.keep_every):
            run.keep_sheet(sample_sheet(trainer, held_out, half))
    export(trainer, examples, out, run.minutes, run.images)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subject", choices=SUBJECTS, default="fruit")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, default=Path("runs/sketch"), help="for checkpoints, samples and weights")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, TrainConfig(), besides=("subject",))
    args = parser.parse_args()
    train(settings(args, CONFIGS[args.subject]), args.data, args.out / args.subject, args.device)


if __name__ == "__main__":
    main()
