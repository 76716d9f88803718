"""Does a painted film hold still where the film does? Flicker, with and without what is done against it."""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import video
from models.faces.bench import mean_and_spread
from models.style.engine import Ask
from models.style.judge_bench import Bench
from models.style.video import SIDE, flicker_of

FPS, FRAMES = 15, 24
_GRAIN = 2.0  # of 255: a sensor's noise, anew in every frame
_MOVING = 0.3  # of the frame's height: what crosses it


def flicker(bench: Bench, count: int = 4) -> dict:
    """Mean change of a channel, in 0..255, from frame to frame where a film stands still, in styles of the wall.

    A film is a held-out photo with a sensor's grain, before which part of another photo passes. "alone": each frame
    painted by itself; "steady": as the room paints; "film": what the film itself changes there.
    """
    found: dict[str, list[float]] = {"film": [], "alone": [], "steady": []}
    pairs = bench.pairs("wall", 2 * count, seed=6)
    with tempfile.TemporaryDirectory() as folder:
        for k, (pair, other) in enumerate(zip(pairs[::2], pairs[1::2])):
            path = Path(folder) / f"{k}.mp4"
            with video.Writer(path, FPS) as writer:
                for frame in passing(pair.photo, other.photo, np.random.default_rng(k)):
                    writer.write(frame)
            measured = flicker_of(path, Ask(pair.code, side=SIDE), cache=bench.model.cache)
            for name, value in zip(("steady", "alone", "film"), measured):
                found[name].append(value)
    return {name: mean_and_spread(values) for name, values in found.items()} | {"films": count}


def passing(still: NDArray, moving: NDArray, rng: np.random.Generator) -> list[NDArray]:
    """FRAMES frames uint8 (H, W, 3), SIDE px wide: a disc of one photo crosses the other."""
    ground = np.asarray(Image.fromarray(still).resize((SIDE, SIDE * 3 // 4), Image.Resampling.LANCZOS), np.float32)
    height, width = ground.shape[:2]
    disc = Image.fromarray(moving).resize((width, height), Image.Resampling.LANCZOS)
    rows, columns = np.mgrid[:height, :width]
    frames = []
    for t in np.linspace(0, 1, FRAMES):
        centre = width * (0.2 + 0.6 * t)
        inside = np.hypot(rows - height / 2, columns - centre) < _MOVING * height / 2
        shifted = np.roll(np.asarray(disc, np.float32), round(centre - width / 2), axis=1)  # with its pattern
        frame = np.where(inside[..., None], shifted, ground) + rng.normal(0, _GRAIN, ground.shape)
        frames.append(frame.round().clip(0, 255).astype(np.uint8))
    return frames
