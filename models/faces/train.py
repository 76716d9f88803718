"""Train the faces: `python -m models.faces.train --data DIR --morphs DIR`.

A VAE-GAN begun from principal components: at the first step generator and encoder are eigenfaces, and training adds
what a linear model cannot. The autoencoder is told by pixels, by SqueezeNet features and by projected discriminators,
which also judge faces from the mapping network (fitted alongside), faces between two others and sums of faces. A linear
reader keeps what we know of a face readable from w, and a witness sees to it that the face then shows it. In the last
part, settling, faces drawn at random are asked to be what the encoder takes them for.

The first part runs at half size, then the network grows. Resumable (the same command goes on from `--out`),
deterministic from `--seed` on one machine, CPU or GPU. Morphs are rendered by `models.faces.data`.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from models import weights
from models.faces.directions import attribute_directions, attribute_readings, label_table
from models.faces.engine import ATTRIBUTES, PSI
from models.faces.mapping import Mapping, fit, match_marginals
from models.faces.network import BASE, FaceEncoder, FaceGenerator, FacesConfig
from models.faces.store import Morphs
from models.faces.witness import Witness, contradiction, unmixed
from models.losses import (
    PERCEPTUAL_LAYERS,
    ProjectedHeads,
    divergence,
    hinge_discriminator,
    hinge_generator,
)
from models.perceptual import SqueezeNet, perceptual_distance
from models.training import Ema, Log, Run, add_settings, cosine, grid, settings, to_pictures, to_tensor

TURNED = 256  # faces that the directions are tried on


@dataclass(frozen=True)
class TrainConfig:
    """Settings for two CPU cores. The card says how the run that made the weights departed from them."""

    seed: int = 0
    batch: int = 16
    half_images: int = 32_000  # seen at half size
    full_images: int = 76_000  # seen at full size
    settle_images: int = 36_000  # of those, the last: see `Trainer._settled`
    warm_images: int = 9_600  # before the discriminators are asked, and while their word gains its full weight
    learning_rate: float = 8e-4
    pixel: float = 2.5
    perceptual: float = 2.5
    adversarial: float = 0.12
    divergence: float = 1.3e-4
    reading: float = 0.1
    witness: float = 0.3
    ema: float = 0.997
    keep_every: int = 8_000  # images between checkpoints, each with a sheet of samples

    @property
    def images(self) -> int:
        return self.half_images + self.full_images


class Trainer:
    """Networks, optimisers and one step of each."""

    def __init__(self, config: TrainConfig, morphs: Morphs, squeezenet: Path, device: str):
        torch.manual_seed(config.seed)  # construction only; every later draw has its own generator
        self.config, self.device, self.morphs = config, device, morphs
        shape = FacesConfig()
        self.size = shape.size
        table = label_table(morphs.labels)
        self.table = torch.from_numpy(table).to(device)
        self.generator = FaceGenerator(shape).to(device, memory_format=torch.channels_last)
        self.encoder = FaceEncoder(shape).to(device, memory_format=torch.channels_last)
        self.mapping = Mapping(shape.latent).to(device)
        self.reader = nn.Linear(shape.latent, table.shape[1]).to(device)
        self.heads = ProjectedHeads().to(device)
        self.witness = Witness().to(device)
        self.least, self.most = self.table[:, : len(ATTRIBUTES)].aminmax(dim=0)
        self.worn_above = (self.least[0] + self.most[0]).item() / 2
        self.squeezenet = SqueezeNet(squeezenet).to(device)
        self.focus = focus(shape.size).to(device)
        begin_with_eigenfaces(self.generator, self.encoder, morphs, config.seed)
        self.averaged = Ema(self.generator, config.ema)
        self.averaged_encoder = Ema(self.encoder, config.ema)
        self.made = [*self.generator.parameters(), *self.encoder.parameters(), *self.reader.parameters()]
        linear = [
            p for layer in (self.generator.base, self.encoder.linear, self.encoder.head) for p in layer.parameters()
        ]
        others = [p for p in self.made if all(p is not q for q in linear)]
        # Adam moves every weight alike; thousands of them moving together would undo the eigenfaces at once.
        groups = [{"params": others, "share": 1.0}, {"params": linear, "share": 0.1}]
        self.making = torch.optim.Adam(groups, config.learning_rate, betas=(0.5, 0.99))
        self.judging = torch.optim.Adam(self.heads.parameters(), config.learning_rate / 2, betas=(0.5, 0.99))
        self.witnessing = torch.optim.Adam(self.witness.parameters(), config.learning_rate)
        self.mapping_up = torch.optim.Adam(self.mapping.parameters(), config.learning_rate)
        self.noise = torch.Generator().manual_seed(config.seed)

    def parts(self) -> dict:
        return dict(
            generator=self.generator, encoder=self.encoder, mapping=self.mapping, reader=self.reader,
            heads=self.heads, averaged=self.averaged.module, averaged_encoder=self.averaged_encoder.module,
            witness=self.witness, making=self.making, judging=self.judging, witnessing=self.witnessing,
            mapping_up=self.mapping_up,
        )  # fmt: skip

    def batch(self, images: int, count: int) -> tuple[Tensor, Tensor]:
        """Pictures (B, 3, size, size), half of them mirrored, and what is known of each (B, L)."""
        rng = np.random.default_rng((self.config.seed, images))
        rows = rng.integers(len(self.morphs), size=count)
        pictures = self.morphs.images(rows)
        mirrored = rng.random(count) < 0.5
        pictures[mirrored] = pictures[mirrored, :, ::-1]
        return to_tensor(pictures, self.device), self.table[rows]

    def step(self, images: int, log: Log) -> int:
        """One step at `images` seen; returns how many it saw."""
        config = self.config
        half = images < config.half_images
        count, size = config.batch, self.size // 2 if half else self.size
        settling = images >= config.images - config.settle_images
        self._set_rates(images / config.images)
        warm = min(max(images / config.warm_images - 1, 0), 1)
        picture, known = self.batch(images, count)
        target = F.avg_pool2d(picture, 2) if half else picture
        with torch.autocast(self.device, torch.bfloat16):
            mean, log_variance = self.encoder(picture)
            w = mean + self._normal(mean.shape) * (0.5 * log_variance).exp()
            self._follow(w.detach(), log)
            also = self._elsewhere(mean.detach(), settling) if warm else w[:0]
            fake = self.generator(torch.cat([w, also]), size)
            corner = torch.randint(4, (2,), generator=self.noise).tolist()
            features, real = self._features(fake, corner), self._features(target, corner)
        loss = config.witness * warm * self._shows(features, real, known, also, log)
        if settling:  # the faces drawn have another teacher now
            wanted = self._settled(also)
            with torch.autocast(self.device, torch.bfloat16):
                found = self._features(wanted, corner)
            loss = loss + self._difference(fake[count:], wanted, [f[count:] for f in features], found)
            features = [f[:count] for f in features]
        if warm:
            self._judge(real, [f.detach() for f in features], log)
            loss = loss + config.adversarial * warm * self._believable(features, log)
        loss = loss + self._difference(fake[:count], target, [f[:count] for f in features], real, log)
        kl, reading = divergence(mean, log_variance), F.mse_loss(self.reader(w).float(), known)
        loss = loss + config.divergence * kl + config.reading * reading
        self.making.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.made, 1.0)
        self.making.step()
        self.averaged.update(self.generator, images // config.batch)
        self.averaged_encoder.update(self.encoder, images // config.batch)
        log.add(divergence=kl, reading=reading)
        return count

    def _set_rates(self, share: float) -> None:
        judges = (self.judging, 0.5), (self.witnessing, 1.0)
        for optimiser, rate in ((self.making, 1.0), *judges, (self.mapping_up, 0.6)):
            for group in optimiser.param_groups:
                group["lr"] = self.config.learning_rate * rate * cosine(share) * group.get("share", 1.0)

    def _normal(self, shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=self.noise).to(self.device)

    def _follow(self, w: Tensor, log: Log) -> None:
        """One step of the mapping network after the latents of this batch."""
        with torch.autocast(self.device, enabled=False):
            loss = self.mapping.surprise(w.float())
        self.mapping_up.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.mapping.parameters(), 1.0)
        self.mapping_up.step()
        log.add(surprise=loss)

    @torch.no_grad()
    def _settled(self, w: Tensor) -> Tensor:
        """What the encoder finds in the faces of w, made again.

        Told by discriminators alone, faces that no photograph stands for overshoot: ever more contrast, which the
        encoder does not believe. So, at last, they are asked to be what they are taken for.
        """
        with torch.autocast(self.device, torch.bfloat16):
            found, _ = self.averaged_encoder.module(self.averaged.module(w))
            return self.averaged.module(found).clamp(-1, 1)

    @torch.no_grad()
    def _elsewhere(self, mean: Tensor, settling: bool) -> Tensor:
        """Latents of no training face, half as many: from the mapping network, between two faces, sums of faces."""
        quarter, eighth = len(mean) // 4, len(mean) // 8
        psi = torch.rand(eighth, 1, generator=self.noise).to(mean) if settling else 1.0
        with torch.autocast(self.device, enabled=False):
            drawn = self.mapping(psi * self._normal((eighth, mean.shape[1])))
        between = torch.rand(eighth, 1, generator=self.noise).to(mean)
        walked = torch.lerp(mean[:eighth], mean[eighth : 2 * eighth], between)
        terms = torch.randint(len(mean), (3, 2, quarter), generator=self.noise)  # of two faces each
        plus, minus, add = mean[terms].mean(1)
        return torch.cat([drawn, walked, plus - minus + add])

    def _shows(self, fake: list, real: list, known: Tensor, also: Tensor, log: Log) -> Tensor:
        """Teach the witness what training faces show; returns how far the faces made contradict what they should."""
        count, attributes = len(known), known[:, : len(ATTRIBUTES)]
        seen = [torch.cat([r, f[:count].detach()]) for r, f in zip(real, fake)]
        with torch.autocast(self.device, torch.bfloat16):
            mistaken = contradiction(self.witness(seen), attributes.repeat(2, 1), self.worn_above)
        self.witnessing.zero_grad(set_to_none=True)
        mistaken.backward()
        self.witnessing.step()
        with torch.no_grad():
            said = self.reader(also)[:, : len(ATTRIBUTES)].clamp(self.least, self.most)
        self.witness.requires_grad_(False)
        with torch.autocast(self.device, torch.bfloat16):
            contradicted = contradiction(self.witness(fake), torch.cat([attributes, said]), self.worn_above)
        self.witness.requires_grad_(True)
        log.add(mistaken=mistaken, contradicted=contradicted)
        return contradicted

    def _features(self, pictures: Tensor, corner: list[int]) -> list[Tensor]:
        # SqueezeNet's strides leave a lattice in the gradient; another corner each time keeps it off the pictures.
        return self.squeezenet.features(pictures[..., corner[0] :, corner[1] :], PERCEPTUAL_LAYERS)

    def _difference(self, fake: Tensor, target: Tensor, features: list, real: list, log: Log | None = None) -> Tensor:
        focus = F.interpolate(self.focus, size=fake.shape[-1], mode="area")
        pixel = ((fake.float() - target).abs() * focus).mean()
        perceptual = perceptual_distance(features, real).mean()
        if log:
            log.add(pixel=pixel, perceptual=perceptual)
        return self.config.pixel * pixel + self.config.perceptual * perceptual

    def _judge(self, real: list, fake: list, log: Log) -> None:
        with torch.autocast(self.device, torch.bfloat16):
            loss = hinge_discriminator(self.heads(real), self.heads(fake))
        self.judging.zero_grad(set_to_none=True)
        loss.backward()
        self.judging.step()
        log.add(judged=loss)

    def _believable(self, features: list, log: Log) -> Tensor:
        self.heads.requires_grad_(False)
        with torch.autocast(self.device, torch.bfloat16):
            loss = hinge_generator(self.heads.eval()(features))
        self.heads.train().requires_grad_(True)
        log.add(believable=loss)
        return loss


def focus(size: int) -> Tensor:
    """Weights (1, 1, size, size), mean 1: an error on the face counts three times one on the backdrop."""
    y, x = torch.meshgrid(torch.linspace(0, 1, size), torch.linspace(0, 1, size), indexing="ij")
    oval = torch.exp(-(((x - 0.5) / 0.24) ** 2 + ((y - 0.55) / 0.26) ** 2))
    return ((1 + 2 * oval) / (1 + 2 * oval).mean())[None, None]


@torch.no_grad()
def begin_with_eigenfaces(
    generator: FaceGenerator, encoder: FaceEncoder, morphs: Morphs, seed: int, count: int = 6000
) -> None:
    """Make the pair an autoencoder by principal components of the BASE px pictures, whitened."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(morphs), min(count, len(morphs)), replace=False)
    small = torch.cat(
        [F.adaptive_avg_pool2d(to_tensor(morphs.images(part)), BASE).flatten(1) for part in np.array_split(rows, 50)]
    )
    small = torch.cat([small, small.unflatten(1, (3, BASE, BASE)).flip(3).flatten(1)])
    centre = small.mean(0)
    values, vectors = torch.linalg.eigh((small - centre).T @ (small - centre) / len(small))
    latent = generator.base.in_features
    deviations, axes = values[-latent:].clamp_min(1e-6).sqrt(), vectors[:, -latent:]
    generator.base.weight.copy_(axes * deviations)
    generator.base.bias.copy_(centre)
    encoder.linear.weight.copy_((axes / deviations).T)
    encoder.linear.bias.copy_(-(axes / deviations).T @ centre)


@torch.inference_mode()
def encode(trainer: Trainer, morphs: Morphs, rows: NDArray) -> tuple[Tensor, Tensor]:
    """Means and deviations of w for some faces, (N, latent) each, on the CPU."""
    parts = []
    for chunk in np.array_split(rows, max(1, len(rows) // 64)):
        with torch.autocast(trainer.device, torch.bfloat16):
            mean, log_variance = trainer.averaged_encoder.module(to_tensor(morphs.images(chunk), trainer.device))
        parts.append((mean.float().cpu(), (0.5 * log_variance.float()).exp().cpu()))
    return torch.cat([mean for mean, _ in parts]), torch.cat([deviation for _, deviation in parts])


@torch.inference_mode()
def shown(trainer: Trainer, w: Tensor) -> Tensor:
    """What the witness sees in the faces of w (N, latent): attributes (N, 4), about in standard deviations."""
    parts = []
    for part in w.to(trainer.device).split(32):
        told = trainer.witness(trainer.squeezenet.features(trainer.averaged.module(part), PERCEPTUAL_LAYERS))
        parts.append(torch.cat([2 * told[:, :1].sigmoid(), told[:, 1:]], dim=1).cpu())
    return torch.cat(parts)


@torch.inference_mode()
def sample_sheet(trainer: Trainer, held_out: Morphs, size: int, columns: int = 12) -> Image.Image:
    """Held-out faces, the same again, faces drawn at random, and walks between held-out ones; never hand-picked."""
    rows = np.linspace(0, len(held_out) - 1, 2 * columns).astype(int)
    pictures = to_tensor(held_out.images(rows), trainer.device)
    mean = trainer.averaged_encoder.module(pictures)[0]
    chance = torch.Generator().manual_seed(7)
    drawn = trainer.mapping(torch.randn(4 * columns, mean.shape[1], generator=chance).to(trainer.device))
    along = torch.linspace(0, 1, columns, device=trainer.device)[:, None]
    walks = torch.cat([torch.lerp(mean[k], mean[k + columns], along) for k in range(4)])
    made = trainer.averaged.module(torch.cat([mean, drawn, walks]), size)
    everything = to_pictures(torch.cat([F.interpolate(pictures, size=size, mode="area"), made]))
    return grid([list(everything[start : start + columns]) for start in range(0, len(everything), columns)])


def fit_mapping(trainer: Trainer, mapping: Mapping, held_out: Morphs) -> tuple[Tensor, dict[str, float]]:
    """Fit the mapping to the encoder as it is now: the training faces' w (N, latent), and the figures of `fit`."""
    mean, deviation = encode(trainer, trainer.morphs, np.arange(len(trainer.morphs)))
    beyond, _ = encode(trainer, held_out, np.arange(min(1000, len(held_out))))
    return mean, fit(mapping, mean, deviation, beyond, trainer.config.seed)


def export(trainer: Trainer, held_out: Morphs, out: Path, minutes: float, images: int) -> dict[str, float]:
    """Generator (with mapping, directions, components) and encoder, as half-precision safetensors under `out`.

    The mapping is fitted anew to the encoder that ships. Returns its figures on held-out latents.
    """
    mapping = Mapping(FacesConfig().latent)
    mean, figures = fit_mapping(trainer, mapping, held_out)
    values, vectors = torch.linalg.eigh(mean.T.cov())
    directions = torch.from_numpy(attribute_directions(mean.numpy(), trainer.morphs.labels))
    readings = torch.from_numpy(attribute_readings(mean.numpy(), trainer.morphs.labels))
    match_marginals(mapping, mean, readings, directions, trainer.config.seed)
    chance = torch.Generator().manual_seed(trainer.config.seed)
    usual = mapping(PSI * torch.randn(TURNED, len(values), generator=chance)).detach()
    tensors = {f"generator.{name}": tensor for name, tensor in trainer.averaged.module.state_dict().items()}
    tensors |= {f"mapping.{name}": tensor for name, tensor in mapping.state_dict().items()}
    tensors |= {
        "directions": unmixed(directions, lambda w: shown(trainer, w), usual),  # (4, D)
        "components": vectors.T.flip(0)[:2],  # (2, D): first two principal components of w
        "deviations": values.flip(0)[:2].sqrt(),  # (2,)
    }
    about = {"images": str(images), "minutes": f"{minutes:.0f}", "device": trainer.device}
    weights.save(out / "faces-generator.safetensors", tensors, about)
    weights.save(out / "faces-encoder.safetensors", trainer.averaged_encoder.module.state_dict(), about)
    return figures


def train(config: TrainConfig, data: Path, morphs: Path, out: Path, device: str) -> None:
    held_out = Morphs(morphs / "held-out")
    squeezenet = data / "perceptual" / "squeezenet10-imagenet.safetensors"
    trainer = Trainer(config, Morphs(morphs / "train"), squeezenet, device)
    run = Run(out, trainer.parts(), trainer.noise)
    while run.images < config.images:
        if 0 <= run.images - (config.images - config.settle_images) < config.batch:
            fit_mapping(trainer, trainer.mapping, held_out)
        count = trainer.step(run.images, run.log)
        if run.saw(count, config.images, config.keep_every):
            size = trainer.size // 2 if run.images < config.half_images else trainer.size
            run.keep_sheet(sample_sheet(trainer, held_out, size))
    print(export(trainer, held_out, out, run.minutes, run.images))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data (for SqueezeNet)")
    parser.add_argument("--morphs", type=Path, required=True, help="folder with rendered sets train/ and held-out/")
    parser.add_argument("--out", type=Path, default=Path("runs/faces"), help="for checkpoints, samples and weights")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, TrainConfig())
    args = parser.parse_args()
    train(settings(args, TrainConfig()), args.data, args.morphs, args.out, args.device)


if __name__ == "__main__":
    main()
