"""Train unpaired translation: `python -m models.style.train_cycle --data DIR --out DIR`.

CycleGAN (Zhu et al. 2017, arXiv:1703.10593): two translators, two patch critics with a pool of past pictures
(Shrivastava et al. 2017), cycle and identity losses. Where the paper's networks took a day of a GPU, these are told
more: heads on frozen SqueezeNet features judge beside the patches (Projected GANs, Sauer et al. 2021,
arXiv:2111.01007), and cycles are compared in those features too. The first part runs at half size, with the same
networks: they are convolutions all through, and colours are learnt there at a quarter of the price.

Resumable (the same command goes on from `--out`), deterministic from `--seed` on one machine, CPU or GPU.
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
from models.losses import PERCEPTUAL_LAYERS, ProjectedHeads, augment, hinge_discriminator, hinge_generator
from models.perceptual import SqueezeNet, perceptual_distance
from models.style.cycle_data import DOMAINS, kept
from models.style.cycle_network import PatchCritic, Translator
from models.text2image.paper import SIDE
from models.training import Ema, Log, Run, add_settings, cosine, grid, settings, to_pictures, to_tensor

HELD_OUT = 120  # pictures a domain, for the sheets


@dataclass(frozen=True)
class TrainConfig:
    """Settings for two CPU cores and about 25 minutes. Images are pairs: an apple and a tomato that never met."""

    seed: int = 0
    batch: int = 8  # at full size; twice as many at half size
    half_images: int = 14_000
    full_images: int = 3_000
    pictures: int = 3_000  # rendered, a domain
    learning_rate: float = 6e-4
    cycle: float = 5.0
    perceptual: float = 1.0
    identity: float = 2.0
    identity_every: int = 4  # steps; it changes slowly, so it is asked for seldom and counts as often
    adversarial: float = 1.0
    pool: int = 48  # past translations a critic is shown again
    ema: float = 0.995
    keep_every: int = 2_000  # pairs between checkpoints


class Pool(nn.Module):
    """Translations of earlier steps (section 4): half of what a critic sees, so that no battle is fought in circles."""

    def __init__(self, size: int, side: int):
        super().__init__()
        self.register_buffer("pictures", torch.zeros(size, 3, side, side, dtype=torch.bfloat16))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))
        self.register_buffer("side", torch.zeros((), dtype=torch.long))

    def swap(self, fresh: Tensor, chance: torch.Generator) -> Tensor:
        """Pictures (B, 3, S, S), about half of them exchanged for earlier ones once the pool is full."""
        side = fresh.shape[-1]
        if side != self.side:  # training has gone on to full size: what is here is of no use any more
            self.filled.zero_()
            self.side.fill_(side)
        kept, shown = self.pictures[..., :side, :side], fresh.clone()
        for place, picture in enumerate(fresh):
            if self.filled < len(kept):
                kept[self.filled] = picture.to(kept)
                self.filled += 1
            elif torch.rand((), generator=chance) < 0.5:
                row = int(torch.randint(len(kept), (1,), generator=chance))
                shown[place] = kept[row].to(fresh)
                kept[row] = picture.to(kept)
        return shown


class Judges(nn.Module):
    """What knows one domain: a patch critic and heads on SqueezeNet features."""

    def __init__(self, config: TrainConfig):
        super().__init__()
        self.critic, self.heads, self.pool = PatchCritic(), ProjectedHeads(32), Pool(config.pool, SIDE)


class Trainer:
    """Translators, judges, optimisers and one step of each; lists are in the order of DOMAINS."""

    def __init__(self, config: TrainConfig, data: Path, device: str):
        torch.manual_seed(config.seed)  # construction only; every later draw has its own generator
        self.config, self.device = config, device
        self.translators = nn.ModuleList(Translator() for _ in DOMAINS).to(device, memory_format=torch.channels_last)
        self.judges = nn.ModuleList(Judges(config) for _ in DOMAINS).to(device, memory_format=torch.channels_last)
        self.squeezenet = SqueezeNet(data / "perceptual" / "squeezenet10-imagenet.safetensors").to(device)
        self.averaged = Ema(self.translators, config.ema)
        self.making = torch.optim.Adam(self.translators.parameters(), config.learning_rate, betas=(0.5, 0.99))
        judging = [p for judge in self.judges for p in judge.parameters()]
        self.judging = torch.optim.Adam(judging, config.learning_rate / 2, betas=(0.5, 0.99))
        self.noise = torch.Generator().manual_seed(config.seed)

    def parts(self) -> dict:
        return dict(
            translators=self.translators, judges=self.judges, averaged=self.averaged.module,
            making=self.making, judging=self.judging,
        )  # fmt: skip

    def step(self, real: list[Tensor], images: int, log: Log) -> None:
        """One step with a batch (B, 3, S, S) of each domain."""
        config = self.config
        share = images / (config.half_images + config.full_images)
        for optimiser, rate in ((self.making, config.learning_rate), (self.judging, config.learning_rate / 2)):
            optimiser.param_groups[0]["lr"] = rate * cosine(share)
        corner = torch.randint(8, (2,), generator=self.noise).tolist()  # the largest stride of the layers asked
        with torch.autocast(self.device, torch.bfloat16):
            fakes = [translate(x) for translate, x in zip(self.translators, real)]  # of the other domain
            backs = [translate(x) for translate, x in zip(reversed(self.translators), fakes)]
            features = self._features([*fakes, *backs], corner)
            with torch.no_grad():
                real_features = self._features(real, corner)
        self._judge(real, fakes, real_features, features[:2], log)
        loss = self._cycle(real, backs, real_features, features[2:], log)
        loss = loss + config.adversarial * self._believable(fakes, features[:2], log)
        if images // config.batch % config.identity_every == 0:
            loss = loss + config.identity_every * config.identity * self._identity(real, log)
        self.making.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.translators.parameters(), 10.0)
        self.making.step()
        self.averaged.update(self.translators, images // config.batch)

    def _features(self, lots: list[Tensor], corner: list[int]) -> list[list[Tensor]]:
        """SqueezeNet activations of each lot, in one pass.

        Its strides leave a lattice in the gradient; starting at another `corner` each time keeps it off the pictures.
        """
        pictures = torch.cat(lots)[..., corner[0] :, corner[1] :]
        found = [layer.split(len(lots[0])) for layer in self.squeezenet.features(pictures, PERCEPTUAL_LAYERS)]
        return [list(lot) for lot in zip(*found)]

    def _cycle(self, real: list[Tensor], backs: list[Tensor], seen: list, again: list, log: Log) -> Tensor:
        """There and back again: L1, and the distance of features."""
        pixels = sum((back.float() - x).abs().mean() for x, back in zip(real, backs))
        features = sum(perceptual_distance(a, b).mean() for a, b in zip(again, seen))
        log.add(cycle=pixels / 2, perceptual=features / 2)
        return self.config.cycle * pixels + self.config.perceptual * features

    def _identity(self, real: list[Tensor], log: Log) -> Tensor:
        """What is of the domain already stays as it is (section 5.2)."""
        with torch.autocast(self.device, torch.bfloat16):
            same = [translate(x) for translate, x in zip(self.translators, reversed(real))]
        distance = sum((y.float() - x).abs().mean() for y, x in zip(same, reversed(real)))
        log.add(identity=distance / 2)
        return distance

    def _judge(self, real: list[Tensor], fakes: list[Tensor], seen: list, made: list, log: Log) -> None:
        loss = 0.0
        with torch.autocast(self.device, torch.bfloat16):
            for judge, x, y, ours, theirs in zip(self.judges, real, reversed(fakes), seen, reversed(made)):
                shown = judge.pool.swap(y.detach(), self.noise)
                (both,) = augment(torch.cat([x, shown.to(x.dtype)]), generator=self.noise)
                patches = hinge_discriminator(*([part] for part in judge.critic(both).chunk(2)))
                projected = hinge_discriminator(judge.heads(ours), judge.heads([f.detach() for f in theirs]))
                log.add(patches=patches, projected=projected)
                loss = loss + patches + projected
        self.judging.zero_grad(set_to_none=True)
        loss.backward()
        self.judging.step()

    def _believable(self, fakes: list[Tensor], made: list, log: Log) -> Tensor:
        self.judges.requires_grad_(False).eval()
        opinions = 0.0
        with torch.autocast(self.device, torch.bfloat16):
            for judge, y, theirs in zip(self.judges, reversed(fakes), reversed(made)):
                opinion = hinge_generator([judge.critic(*augment(y, generator=self.noise))])
                log.add(believable=opinion)
                opinions = opinions + opinion + hinge_generator(judge.heads(theirs))
        self.judges.requires_grad_(True).train()
        return opinions


def batch(sets: list[NDArray], count: int, half: bool, rng: np.random.Generator, device: str) -> list[Tensor]:
    """Pictures float (B, 3, S, S) of each domain, drawn apart from one another and mirrored at random."""
    lots = []
    for pictures in sets:
        chosen = pictures[np.sort(rng.choice(len(pictures), count, replace=False))]
        mirrored = np.where(rng.random((count, 1, 1, 1)) < 0.5, chosen[:, :, ::-1], chosen)
        lot = to_tensor(mirrored, device)
        lots.append(F.avg_pool2d(lot, 2) if half else lot)
    return lots


@torch.inference_mode()
def sample_sheet(trainer: Trainer, held_out: list[NDArray], rows: int = 12) -> Image.Image:
    """Held-out fruit, never hand-picked: apple, as a tomato, and back; tomato, as an apple, and back."""
    columns = []
    for pictures, there, back in zip(held_out, trainer.averaged.module, reversed(trainer.averaged.module)):
        lot = to_tensor(pictures[np.linspace(0, len(pictures) - 1, rows).astype(int)], trainer.device)
        other = there(lot)
        columns += [to_pictures(lot), to_pictures(other), to_pictures(back(other))]
    return grid([[column[row] for column in columns] for row in range(rows)])


def export(trainer: Trainer, out: Path, minutes: float, images: int) -> None:
    """Both translators as half-precision safetensors under `out`."""
    about = {"images": str(images), "minutes": f"{minutes:.0f}", "device": trainer.device}
    for target, translator in zip(reversed(DOMAINS), trainer.averaged.module):
        weights.save(out / f"style-cycle-{target}.safetensors", translator, about)


def train(config: TrainConfig, data: Path, out: Path, device: str) -> None:
    sets = [kept(out / f"{domain}.npy", data, domain, False, config.pictures, config.seed) for domain in DOMAINS]
    held_out = [kept(out / f"{domain}-held-out.npy", data, domain, True, HELD_OUT) for domain in DOMAINS]
    trainer = Trainer(config, data, device)
    run = Run(out, trainer.parts(), trainer.noise)
    total = config.half_images + config.full_images
    while run.images < total:
        half = run.images < config.half_images
        count = config.batch * 2 if half else config.batch
        rng = np.random.default_rng((config.seed, run.images))
        trainer.step(batch(sets, count, half, rng, device), run.images, run.log)
        if run.saw(count, total, config.keep_every):
            run.keep_sheet(sample_sheet(trainer, held_out))
            export(trainer, out, run.minutes, run.images)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, default=Path("runs/cycle"), help="for checkpoints, samples and weights")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, TrainConfig())
    args = parser.parse_args()
    train(settings(args, TrainConfig()), args.data, args.out, args.device)


if __name__ == "__main__":
    main()
