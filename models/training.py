"""What every training script shares: averaged weights, the schedule, checkpoints, a log, and pictures as tensors."""

import argparse
import copy
import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn


def to_tensor(pictures: NDArray | list[NDArray], device: str = "cpu") -> Tensor:
    """uint8 (B, H, W, 3) to float (B, 3, H, W) in [-1, 1], channels last in memory."""
    batch = torch.from_numpy(np.ascontiguousarray(np.stack(pictures))).to(device).permute(0, 3, 1, 2)
    return (batch.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def to_pictures(batch: Tensor) -> NDArray:
    """float (B, 3, H, W) in [-1, 1] to uint8 (B, H, W, 3)."""
    scaled = (batch.float().clamp(-1, 1) + 1) * 127.5
    return scaled.round().byte().permute(0, 2, 3, 1).cpu().numpy()


def grid(rows: list[list[NDArray]]) -> Image.Image:
    """Rows of equally large uint8 (H, W, 3) pictures as one sheet."""
    return Image.fromarray(np.concatenate([np.concatenate(row, axis=1) for row in rows]))


class Ema:
    """Exponential moving average of a module's weights; `self.module` is what gets shipped."""

    def __init__(self, module: nn.Module, decay: float):
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        for mine, theirs in zip(self.module.state_dict().values(), module.state_dict().values()):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)


def cosine(share: float, warm: float = 0.02, floor: float = 0.03) -> float:
    """Learning rate factor at `share` (0..1) of the run: a short warm-up, then half a cosine down to `floor`."""
    if share < warm:
        return share / warm
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * (share - warm) / (1 - warm)))


def save_checkpoint(path: Path, state: dict) -> None:
    """Written aside, then renamed: a run killed in mid-write keeps the one before. For resuming; it never ships."""
    torch.save(state, path.with_suffix(".part"))
    os.replace(path.with_suffix(".part"), path)


def load_checkpoint(path: Path) -> dict | None:
    """The checkpoint's state (tensors and plain values only), or None where there is none."""
    return torch.load(path, weights_only=True) if path.exists() else None


class Log:
    """A loss curve: averages since the last line, one JSON object a line, also printed."""

    def __init__(self, path: Path):
        self.path, self.sums, self.counts, self.began = path, {}, {}, time.monotonic()

    def add(self, **values: Tensor) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.detach().float()
            self.counts[name] = self.counts.get(name, 0) + 1

    def write(self, images: int) -> None:
        means = {name: round(float(total) / self.counts[name], 4) for name, total in self.sums.items()}
        line = json.dumps({"images": images, "seconds": round(time.monotonic() - self.began, 1)} | means)
        with self.path.open("a") as file:
            file.write(line + "\n")
        print(line, flush=True)
        self.sums, self.counts = {}, {}


class Run:
    """A training run that can be taken up again: how far it is, its losses, its checkpoint, all under `out`.

    parts: whatever has a state to keep (networks, optimisers), by name; noise: a generator that goes on where it was.
    """

    def __init__(self, out: Path, parts: Mapping[str, Any], noise: torch.Generator | None = None):
        out.mkdir(parents=True, exist_ok=True)
        self.out, self.parts, self.noise, self.log = out, parts, noise, Log(out / "log.jsonl")
        self.images, self._before, self._began = 0, 0.0, time.monotonic()
        if state := load_checkpoint(out / "checkpoint.pt"):
            for name, part in parts.items():
                part.load_state_dict(state[name])
            if noise:
                noise.set_state(state["noise"])
            self.images, self._before = state["images"], state["minutes"]

    @property
    def minutes(self) -> float:
        """Spent training, those before it was interrupted too."""
        return self._before + (time.monotonic() - self._began) / 60

    def saw(self, count: int, total: int, keep_every: int) -> bool:
        """Count the images of a step; True where a checkpoint was due and kept: the moment to look at samples."""
        self.images += count
        done = self.images >= total
        if self.images % (count * 50) < count or done:
            self.log.write(self.images)
        if self.images % keep_every >= count and not done:
            return False
        state = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"images": self.images, "minutes": self.minutes}
        save_checkpoint(self.out / "checkpoint.pt", state | ({"noise": self.noise.get_state()} if self.noise else {}))
        return True

    def keep_sheet(self, sheet: Image.Image) -> None:
        sheet.save(self.out / f"samples-{self.images:07d}.png")


Config = TypeVar("Config")


def add_settings(parser: argparse.ArgumentParser, usual: Any, besides: tuple[str, ...] = ()) -> None:
    """An option for each field of the dataclass `usual` but `besides`, as `--learning-rate`."""
    for name, value in asdict(usual).items():
        if name not in besides:
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), help=f"usually {value}")


def settings(args: argparse.Namespace, usual: Config) -> Config:
    """`usual` with the fields that were given on the command line."""
    given = {name: getattr(args, name, None) for name in asdict(usual)}
    return replace(usual, **{name: value for name, value in given.items() if value is not None})
