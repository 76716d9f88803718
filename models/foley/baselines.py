"""What the network has to beat: peaks of the difference between frames, and random times. Evaluation only."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley.engine import FPS
from models.foley.hits import Hit
from models.foley.scores import WITHIN, count

SIDE = 56  # pixels, each way, of the frames that are compared
THRESHOLDS = tuple(float(of) for of in np.geomspace(0.3, 4.0, 16))
GAPS = (2, 3, 5, 8)  # frames
LATER = (-2, -1, 0, 1, 2, 3)  # frames


@dataclass(frozen=True)
class Peaks:
    """How movement becomes hits: peaks `threshold` times as high as the clip's mean and the highest within `gap`
    frames; a hit comes `later` frames after one."""

    threshold: float = 1.0
    gap: int = 3
    later: int = 0


@dataclass(frozen=True)
class Usual:
    """What hits are usually like, seen on validation clips: strengths, in order, and materials, one of each hit."""

    strengths: NDArray
    materials: NDArray
    count: int  # of all materials


def movement(frames: NDArray) -> NDArray:
    """The mean difference of each frame, uint8 (T, H, W, 3), from the one before, as small grey pictures: (T,)."""
    block = max(1, frames.shape[1] // SIDE)
    grey = frames.mean(3, dtype=np.float32)  # (T, H, W)
    height, width = (side // block * block for side in grey.shape[1:])
    small = grey[:, :height, :width].reshape(len(grey), height // block, block, width // block, block).mean((2, 4))
    return np.abs(np.diff(small, axis=0, prepend=small[:1])).mean((1, 2))


def peaks(moving: NDArray, setting: Peaks) -> list[tuple[float, float]]:
    """Peaks of (T,): their times in seconds and their heights, in order."""
    heights = moving / max(float(moving.mean()), 1e-6)
    walled = np.pad(heights, setting.gap, constant_values=-1)
    highest = sliding_window_view(walled, 2 * setting.gap + 1).max(1)  # (T,), of all within the gap
    frames = np.flatnonzero((heights == highest) & (heights >= setting.threshold))
    times = (frames - 0.5 + setting.later).clip(0) / FPS
    return list(zip(times.tolist(), heights[frames].tolist()))


def tuned(movements: Sequence[NDArray], true: Sequence[Sequence[float]]) -> Peaks:
    """The setting that gives validation clips the best F1, both tolerances together."""

    def good(setting: Peaks) -> float:
        found = [[at for at, _ in peaks(moving, setting)] for moving in movements]
        return sum(count(found, true, within).f1 for within in WITHIN.values())

    return max((Peaks(*setting) for setting in product(THRESHOLDS, GAPS, LATER)), key=good)


def from_movement(moving: NDArray, setting: Peaks, usual: Usual, rng: Generator) -> tuple[Hit, ...]:
    """Hits at peaks of movement: the higher a peak in its clip, the harder; materials drawn from the usual ones."""
    found = peaks(moving, setting)
    rank = np.argsort(np.argsort([height for _, height in found]))
    strengths = np.quantile(usual.strengths, (rank + 0.5) / max(len(found), 1)) if found else []
    return tuple(Hit(at, float(hard), _drawn(usual, rng)) for (at, _), hard in zip(found, strengths))


def at_random(number: int, seconds: float, usual: Usual, rng: Generator) -> tuple[Hit, ...]:
    """As many hits, at times drawn evenly; strengths and materials drawn from the usual ones."""
    times = np.sort(rng.uniform(0, seconds, number))
    return tuple(Hit(float(at), float(rng.choice(usual.strengths)), _drawn(usual, rng)) for at in times)


def _drawn(usual: Usual, rng: Generator) -> tuple[float, ...]:
    chosen = int(rng.choice(usual.materials))
    return tuple(float(number == chosen) for number in range(usual.count))
