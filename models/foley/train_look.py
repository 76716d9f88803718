"""Teach the appearance branch what things look like: `python -m models.foley.train_look --data DIR --out DIR`.

It sees single frames from around hits, is shown where the hit is, and is asked what it is on. `train.py` goes on with
what it has learnt. Apart it sees as many frames in a minute as it would in ten beside the motion, and its attention
need not be found first: learnt together, the appearance had brought nothing to the material after 4,800 views.

Settings for one CPU core and a quarter of an hour. Resumable (the same command goes on from `--out`), deterministic
from `--seed` on one machine.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import weights
from models.foley.network import SIZES, STEP, AppearanceBranch, FoleyConfig
from models.foley.train import VALIDATION
from models.foley.views import Clip, ViewConfig, about, bent_frames
from models.training import Ema, Log, Run, add_settings, cosine, settings

FILE = "look.safetensors"
_UNBENT = ViewConfig(1, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class LookConfig:
    """Settings for one CPU core."""

    seed: int = 0
    sizes: str = "usual"
    frames: int = 100_000  # seen in training
    hits_a_clip: int = 4  # of which frames are taken, at most
    batch: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    smoothing: float = 0.05  # of the labels
    ema: float = 0.995
    keep_every: int = 12_800  # frames between checkpoints


GPU = LookConfig(sizes="large", frames=3_000_000, batch=512, ema=0.999, keep_every=204_800)


@dataclass(frozen=True)
class Looks:
    """Frames from around hits, uint8 (N, 112, 112, 3); where the hit is (N, 2), 0..1; what it is on (N,)."""

    frames: np.ndarray
    places: np.ndarray
    materials: np.ndarray

    def save(self, path: Path) -> None:
        """Into an NPZ file."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Looks":
        """What `save` wrote."""
        with np.load(path) as file:
            return cls(**file)


def looks(clips: Sequence[Clip], numbers: Sequence[int], config: LookConfig) -> Looks:
    """Of every clip some hits, and of each a frame no further from it than a colour frame of `network.py` may be."""
    frames, places, materials = [], [], []
    for number in numbers:
        clip, rng = clips[number], np.random.default_rng((config.seed, number))
        for hit in rng.permutation(len(clip.hits))[: config.hits_a_clip]:
            at = round(30 * clip.hits[hit][0]) + int(rng.integers(-STEP, STEP + 1))
            frames.append(clip.frames[min(max(at, 0), len(clip.frames) - 1)].copy())  # a view would keep all of them
            places.append((clip.strikes[hit].x, clip.strikes[hit].y))
            materials.append(clip.hits[hit][2])
    return Looks(np.stack(frames), np.array(places), np.array(materials))


class Look(nn.Module):
    """The appearance branch, and a head that is not kept."""

    def __init__(self, sizes: FoleyConfig):
        super().__init__()
        self.sizes = sizes
        self.appearance = AppearanceBranch(sizes)
        self.material = nn.Linear(sizes.look, sizes.materials)

    def forward(self, colour: Tensor, places: Tensor) -> Tensor:
        """float (B, 3, 112, 112) in 0..1 and (B, 2), -1..1, to logits (B, M). Guided maps look there, others around."""
        there = about(places).clamp_min(1e-4)[:, None, None].expand(-1, 1, self.sizes.guided, -1, -1)
        around = torch.ones_like(there[:, :, :1]).expand(-1, 1, self.sizes.maps - self.sizes.guided, -1, -1)
        where = torch.cat([there, around], 2)  # (B, 1, maps, 8, 8)
        where = where / where.sum((3, 4), keepdim=True)
        look = self.appearance.at(self.appearance(colour[:, None]), where)  # (B, 1, look)
        return self.material(look[:, 0]).float()


class Trainer:
    """The branch, and one step of it."""

    def __init__(self, config: LookConfig, sizes: FoleyConfig, seen: Looks, device: str):
        torch.manual_seed(config.seed)  # construction only; every later draw comes from the seed and the step
        self.config, self.seen, self.device, self.view = config, seen, device, ViewConfig()
        self.network = Look(sizes).to(device, memory_format=torch.channels_last)
        self.averaged = Ema(self.network, config.ema)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), config.learning_rate, (0.9, 0.98), weight_decay=config.weight_decay
        )

    def parts(self) -> dict:
        return dict(network=self.network, averaged=self.averaged.module, optimiser=self.optimiser)

    def step(self, images: int, log: Log) -> int:
        """One step at `images` frames seen; returns how many it saw."""
        config, rng = self.config, np.random.default_rng((self.config.seed, images))
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = config.learning_rate * cosine(images / config.frames)
        rows = rng.integers(0, len(self.seen.frames), config.batch)
        colour, places = bent_frames(self.seen.frames[rows], self.seen.places[rows], rng, self.view, self.device)
        asked = torch.from_numpy(self.seen.materials[rows]).to(self.device)
        with torch.autocast(self.device, torch.bfloat16):
            told = self.network(colour, places)
        loss = F.cross_entropy(told, asked, label_smoothing=config.smoothing)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.averaged.update(self.network, images // config.batch)
        log.add(loss=loss, right=(told.argmax(1) == asked).float().mean())
        return config.batch

    @torch.no_grad()
    def right(self, kept: Looks) -> float:
        """The share of frames kept from training whose material is told, as they are."""
        network, found = self.averaged.module.eval(), []
        for rows in np.array_split(np.arange(len(kept.frames)), -(-len(kept.frames) // 64)):
            rng = np.random.default_rng(0)  # of mirroring, which is all that is left to chance
            colour, places = bent_frames(kept.frames[rows], kept.places[rows], rng, _UNBENT, self.device)
            found.append(network(colour, places).argmax(1).cpu().numpy() == kept.materials[rows])
        return float(np.concatenate(found).mean())


def train(config: LookConfig, sizes: FoleyConfig, clips: Sequence[Clip], out: Path, device: str) -> None:
    """Train on clips and write `look.safetensors` and a log into `out` at every checkpoint."""
    out.mkdir(parents=True, exist_ok=True)
    numbers, seen = np.arange(len(clips)), []
    for name, those in (("seen", numbers[numbers % VALIDATION > 0]), ("kept", numbers[numbers % VALIDATION == 0])):
        if not (path := out / f"{name}-{len(clips)}.npz").exists():
            looks(clips, those.tolist(), config).save(path)
        seen.append(Looks.load(path))
    trainer = Trainer(config, sizes, seen[0], device)
    run = Run(out, trainer.parts())
    while run.images < config.frames:
        if run.saw(trainer.step(run.images, run.log), config.frames, config.keep_every):
            print(f"{run.images} frames, {run.minutes:.1f} minutes: {trainer.right(seen[1]):.3f} right", flush=True)
            about = {"frames": str(run.images), "minutes": f"{run.minutes:.0f}", "clips": str(len(clips))}
            weights.save(out / FILE, trainer.averaged.module.appearance.state_dict(), about)


def main() -> None:
    from models.foley.data import Clips

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="what models.foley.data rendered for training")
    parser.add_argument("--out", type=Path, default=Path("runs/foley-look"), help="for checkpoints and weights")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, LookConfig())
    args = parser.parse_args()
    config = settings(args, GPU if args.device.startswith("cuda") else LookConfig())
    train(config, SIZES[config.sizes], Clips(args.data), args.out, args.device)


if __name__ == "__main__":
    main()
