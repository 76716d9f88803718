"""Teach the appearance branch what things look like: `python -m models.foley.train_look --data DIR --out DIR`.

It sees single frames from around hits (`stills.py`), is shown where the hit is, and is asked what it is on; and of
every place in the frame it is asked what that is made of, since one answer a frame is little to learn from. `train.py`
goes on with what it has learnt. Apart it sees as many frames in a minute as it would in ten beside the motion, and its
attention need not be found first: learnt together, the appearance had brought nothing to the material after 4,800
views.

Settings for one CPU core and a quarter of an hour. Resumable (the same command goes on from `--out`), deterministic
from `--seed` on one machine. `--compile` has the convolutions compiled first (it takes a C++ compiler).
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor, nn

from models import weights
from models.foley.looks import Looks, of_clips
from models.foley.network import SIZES, AppearanceBranch, FoleyConfig, notes_of
from models.foley.scene_place import NOTHING
from models.foley.stills import read
from models.foley.train import VALIDATION
from models.foley.views import Clip, ViewConfig, about, bent_frames
from models.training import Ema, Log, Run, add_settings, cosine, settings

FILE = "look.safetensors"
# Seen apart, frames may differ further: nothing but the material is asked of them.
_BENT = ViewConfig(zoom=1.5, shape=1.4, turn=20.0, light=1.6)
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
    made: float = 1.0  # how much it counts what all places are made of, beside what the hit is on
    smoothing: float = 0.05  # of the labels
    dropout: float = 0.2
    ema: float = 0.995
    keep_every: int = 12_800  # frames between checkpoints


GPU = LookConfig(sizes="large", frames=3_000_000, batch=512, ema=0.999, keep_every=204_800)


class Look(nn.Module):
    """The appearance branch, and a head that is not kept."""

    def __init__(self, sizes: FoleyConfig, dropout: float = 0.0):
        super().__init__()
        self.sizes = sizes
        self.appearance = AppearanceBranch(sizes)
        self.dropped = nn.Dropout(dropout)
        self.material = nn.Linear(sizes.look, sizes.materials)

    def forward(self, colour: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """float (B, 3, 112, 112) in 0..1 and (B, 2), -1..1, to what is there, logits (B, M), and what all places are
        made of, (B, M, 14, 14). Guided maps look there, others around."""
        there = about(places).clamp_min(1e-4)[:, None, None].expand(-1, 1, self.sizes.guided, -1, -1)
        around = torch.ones_like(there[:, :, :1]).expand(-1, 1, self.sizes.maps - self.sizes.guided, -1, -1)
        where = torch.cat([there, around], 2)  # (B, 1, maps, 8, 8)
        where = where / where.sum((3, 4), keepdim=True)
        seen = self.appearance(colour[:, None])  # (B, 1, C + M, 14, 14)
        look = self.appearance.at(seen, where)  # (B, 1, look)
        return self.material(self.dropped(look[:, 0])).float(), self.appearance.materials(seen)[:, 0].float()


class Trainer:
    """The branch, and one step of it."""

    def __init__(self, config: LookConfig, sizes: FoleyConfig, seen: Looks, device: str, begin: Path | None = None):
        torch.manual_seed(config.seed)  # construction and dropout; other draws are of seed and step
        self.config, self.seen, self.device, self.view = config, seen, device, _BENT
        self.network = Look(sizes, config.dropout).to(device, memory_format=torch.channels_last)
        if begin:
            self.network.appearance.load_state_dict(appearance_of(weights.load(begin)))
        self.averaged = Ema(self.network, config.ema)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), config.learning_rate, (0.9, 0.98), weight_decay=config.weight_decay
        )

    def parts(self) -> dict:
        return dict(network=self.network, averaged=self.averaged.module, optimiser=self.optimiser)

    def compile(self) -> None:
        """Have the convolutions compiled at the first step."""
        for part in (self.network.appearance.stem, *self.network.appearance.blocks):
            part.compile(dynamic=False)

    def step(self, images: int, log: Log) -> int:
        """One step at `images` frames seen; returns how many it saw."""
        config, rng = self.config, np.random.default_rng((self.config.seed, images))
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = config.learning_rate * cosine(images / config.frames)
        rows = rng.integers(0, len(self.seen.frames), config.batch)
        colour, places, made = self._shown(self.seen, rows, rng, self.view)
        asked = torch.from_numpy(self.seen.materials[rows]).to(self.device)
        with torch.autocast(self.device, torch.bfloat16):
            told, all_around = self.network(colour, places)
        loss = F.cross_entropy(told, asked, label_smoothing=config.smoothing)
        if (made != NOTHING).any():
            around = F.nll_loss(all_around, made, ignore_index=NOTHING)
            loss = loss + config.made * around
            log.add(around=around)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.averaged.update(self.network, images // config.batch)
        log.add(loss=loss, right=(told.argmax(1) == asked).float().mean())
        return config.batch

    def _shown(self, of: Looks, rows: np.ndarray, rng: Generator, view: ViewConfig) -> tuple[Tensor, Tensor, Tensor]:
        return bent_frames(of.frames[rows], of.places[rows], of.made[rows], rng, view, self.device)

    @torch.no_grad()
    def right(self, kept: Looks) -> float:
        """The share of frames kept from training whose material is told, as they are."""
        network, found = self.averaged.module.eval(), []
        for rows in np.array_split(np.arange(len(kept.frames)), -(-len(kept.frames) // 64)):
            # The seed is of mirroring, which is all that is left to chance.
            colour, places, _ = self._shown(kept, rows, np.random.default_rng(0), _UNBENT)
            found.append(network(colour, places)[0].argmax(1).cpu().numpy() == kept.materials[rows])
        return float(np.concatenate(found).mean())


def appearance_of(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The appearance's weights, from a file of its own or that of the whole network."""
    head = "appearance."
    return {name.removeprefix(head): of for name, of in state.items() if name.startswith(head)} or state


def gathered(clips: Sequence[Clip], stills: Path | None, config: LookConfig, out: Path) -> tuple[Looks, Looks]:
    """What is learnt from: stills, or frames of clips where there are none; and what is kept to see whether it was
    learnt: frames of every `VALIDATION`th clip. With stills the clips stay unseen, so that `train.py` finds out on
    them how far what this branch says can be relied on."""
    numbers = np.arange(len(clips))
    taken = partial(_taken, clips, config, out)
    kept = taken("kept", numbers[numbers % VALIDATION == 0])
    return (read(stills) if stills else taken("seen", numbers[numbers % VALIDATION > 0])), kept


def _taken(clips: Sequence[Clip], config: LookConfig, out: Path, name: str, numbers: np.ndarray) -> Looks:
    path = out / f"{name}-{len(clips)}.npz"
    if not path.exists():
        of_clips(clips, numbers.tolist(), config.hits_a_clip, config.seed).save(path)
    return Looks.load(path)


def train(
    config: LookConfig,
    sizes: FoleyConfig,
    clips: Sequence[Clip],
    out: Path,
    device: str,
    stills: Path | None = None,
    begin: Path | None = None,
    compiled: bool = False,
) -> None:
    """Train on clips and write `look.safetensors` and a log into `out` at every checkpoint."""
    out.mkdir(parents=True, exist_ok=True)
    seen, kept = gathered(clips, stills, config, out)
    trainer = Trainer(config, sizes, seen, device, begin)
    run = Run(out, trainer.parts())
    if compiled:
        trainer.compile()
    while run.images < config.frames:
        if run.saw(trainer.step(run.images, run.log), config.frames, config.keep_every):
            print(f"{run.images} frames, {run.minutes:.1f} minutes: {trainer.right(kept):.3f} right", flush=True)
            about = {"frames": str(run.images), "minutes": f"{run.minutes:.0f}", "scenes": str(len(seen.frames))}
            weights.save(out / FILE, trainer.averaged.module.appearance.state_dict(), notes_of(sizes) | about)


def main() -> None:
    from models.foley.unpacked import Unpacked

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="what models.foley.data rendered for training")
    parser.add_argument("--stills", type=Path, help="what models.foley.stills rendered")
    parser.add_argument("--begin", type=Path, help="weights to begin with, of the appearance or the whole network")
    parser.add_argument("--compile", action="store_true", help="compile the convolutions: a quarter faster")
    parser.add_argument("--out", type=Path, default=Path("runs/foley-look"), help="for checkpoints and weights")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, LookConfig())
    args = parser.parse_args()
    config = settings(args, GPU if args.device.startswith("cuda") else LookConfig())
    clips, sizes = Unpacked(args.data), SIZES[config.sizes]
    train(config, sizes, clips, args.out, args.device, args.stills, args.begin, args.compile)


if __name__ == "__main__":
    main()
