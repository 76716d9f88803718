"""Made-up clips for the tests: a block that bounces on a coloured ground, and knocks as it lands."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import video
from models.foley.materials import NAMES, RATE

FPS = 30
SIDE = 112


@dataclass(frozen=True)
class Place:
    x: float
    y: float


@dataclass(frozen=True)
class Knocks:
    """As `models.foley.views.Clip`."""

    frames: NDArray
    hits: tuple[tuple[float, float, int], ...]
    strikes: tuple[Place, ...]
    sound: NDArray
    fps: float = FPS
    feints: tuple[float, ...] = ()
    acts: tuple[str, ...] = ("knocks",)


def knocks(seed: int, seconds: float = 2.0, period: float | None = None) -> Knocks:
    """A block that lands every `period` seconds; its ground's colour is that of its material."""
    chance = np.random.default_rng(seed)
    period = period or chance.uniform(0.3, 0.6)
    first, lift = chance.uniform(0.1, 0.3), chance.uniform(20, 50)
    material, x = int(chance.integers(len(NAMES))), int(chance.integers(20, 70))
    strength = float(np.clip(lift / 100 / period, 0.1, 1))
    times = np.arange(first, seconds - 0.03, period)
    hits = tuple((float(at), strength, material) for at in times)
    ground = np.full((SIDE, SIDE, 3), 40, np.uint8) + chance.integers(0, 30, (SIDE, SIDE, 1), np.uint8)
    ground[85:] = ground[85:] // 4 + np.array(np.random.default_rng(material + 99).integers(20, 110, 3), np.uint8)
    strikes = (Place((x + 11) / SIDE, 92 / SIDE),) * len(hits)
    return Knocks(_drawn(ground, seconds, first, period, lift, x), hits, strikes, _heard(hits, seconds))


def _drawn(ground: NDArray, seconds: float, first: float, period: float, lift: float, x: int) -> NDArray:
    frames = np.repeat(ground[None], round(seconds * FPS), 0)
    for number, frame in enumerate(frames):
        bottom = 92 - lift * abs(np.sin(np.pi * (number / FPS - first) / period))
        frame[int(bottom) - 16 : int(bottom), x : x + 22] = (230, 210, 180)
    return frames


def _heard(hits: tuple[tuple[float, float, int], ...], seconds: float) -> NDArray:
    sound = np.zeros(round(seconds * RATE), np.float32)
    for at, strength, material in hits:
        time = np.arange(len(sound) - round(at * RATE)) / RATE
        sound[round(at * RATE) :] += strength * np.exp(-30 * time) * np.sin(2 * np.pi * 300 * (material + 1) * time)
    return sound.astype(np.float32)


def written(path: Path, frames: NDArray, fps: float = FPS) -> Path:
    """Frames as a film at this path."""
    with video.Writer(path, fps) as film:
        for frame in frames:
            film.write(frame)
    return path
