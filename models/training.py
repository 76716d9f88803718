"""What every training script shares: averaged weights, the schedule, checkpoints, a log, and pictures as tensors."""

import copy
import json
import math
import os
import time
from pathlib import Path

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
