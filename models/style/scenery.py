"""Landscapes to be painted, drawn by this project: hills in haze, a lake that mirrors them, firs at its shore.

Ridges are midpoint-displaced lines (Fournier et al. 1982); each range is paler the further off it stands. Pictures are
uint8 (H, W, 3), a photograph's proportions, and belong to nobody else.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT = 768, 512
_FINE = 2  # times larger while it is drawn
_SHORE = 0.64  # of the height, where the water begins


@dataclass(frozen=True)
class Hour:
    """Colours of a time of day, RGB 0 to 255: sky from top to horizon, haze, hills, firs, and the sun's."""

    top: tuple[int, int, int]
    low: tuple[int, int, int]
    hills: tuple[int, int, int]
    firs: tuple[int, int, int]
    sun: tuple[int, int, int]
    height: float  # of the sun, as a share of the picture's from the top


HOURS = {
    "noon": Hour((74, 138, 206), (206, 228, 238), (58, 92, 70), (24, 52, 40), (255, 250, 232), 0.16),
    "evening": Hour((66, 74, 138), (250, 176, 112), (74, 54, 88), (30, 26, 44), (255, 226, 158), 0.4),
    "morning": Hour((132, 172, 206), (250, 224, 206), (88, 106, 132), (42, 58, 66), (255, 244, 226), 0.3),
}


def scene(hour: str, seed: int) -> NDArray:
    """A lake at an hour of HOURS, uint8 (HEIGHT, WIDTH, 3); the lie of the land is the seed's."""
    rng, colours = np.random.default_rng(seed), HOURS[hour]
    height, width = _FINE * HEIGHT, _FINE * WIDTH
    canvas = _sky(colours, rng, height, width)
    shore = round(_SHORE * height)
    for distance in np.linspace(1, 0, 4):
        _range(canvas, colours, distance, shore, rng)
    _firs(canvas, colours, shore, rng)
    _mirror(canvas, shore, rng)
    picture = Image.fromarray(canvas.clip(0, 255).astype(np.uint8))
    return np.asarray(picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))


def _sky(colours: Hour, rng: Generator, height: int, width: int) -> NDArray:
    """The sky with its sun and torn clouds, float32 (H, W, 3)."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    share = np.clip(y / (_SHORE * height), 0, 1)[..., None]
    canvas = np.float32(colours.top) * (1 - share) + np.float32(colours.low) * share
    centre = rng.uniform(0.25, 0.75) * width, colours.height * height
    away = np.hypot(x - centre[0], y - centre[1]) / height
    canvas += (np.float32(colours.sun) - canvas) * np.exp(-((away / 0.16) ** 1.2))[..., None]
    canvas[away < 0.035] = colours.sun
    clouds = np.clip(2.4 * _fog(rng, height, width) - 0.9, 0, 0.75) * (1 - share[..., 0] ** 2)
    return canvas + (np.float32(colours.sun) - canvas) * clouds[..., None]


def _fog(rng: Generator, height: int, width: int) -> NDArray:
    """Drawn-out wisps, float32 (H, W), about 0.35."""
    fog = np.zeros((height, width), np.float32)
    for octave in range(2, 7):
        rough = rng.random((2**octave + 1, 2 ** (octave - 1) + 1)).astype(np.float32)
        layer = Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)
        fog += np.asarray(layer) * 0.7 ** (octave - 1)
    return fog / fog.max()


def _ridge(rng: Generator, width: int, roughness: float) -> NDArray:
    """A mountain line (width,) from 0 to 1."""
    line = rng.random(3)
    swing = 0.5
    while len(line) < width:
        middles = (line[:-1] + line[1:]) / 2 + swing * rng.uniform(-0.5, 0.5, len(line) - 1)
        line = np.insert(middles, np.arange(len(line) - 1), line[:-1])
        swing *= roughness
    line = line[:width]
    return (line - line.min()) / np.ptp(line)


def _range(canvas: NDArray, colours: Hour, distance: float, shore: int, rng: Generator) -> None:
    """One range of hills, in place; distance 1 is furthest."""
    height, width = canvas.shape[:2]
    tall = (0.10 + 0.24 * distance) * height
    line = shore - tall * (0.25 + 0.75 * _ridge(rng, width, 0.5 if distance > 0.5 else 0.42))
    y = np.arange(height)[:, None]
    inside = (y > line) & (y < shore)
    tone = np.float32(colours.hills) + (np.float32(colours.low) - np.float32(colours.hills)) * 0.85 * distance**0.7
    slope = np.gradient(np.convolve(line, np.ones(9) / 9, "same"))
    light = 1 + 0.16 * np.tanh(1.5 * slope)[None, :] * (1 - 0.5 * distance)
    grain = 1 + 0.07 * (1 - 0.6 * distance) * (2 * _fog(rng, height, width) - 1)
    canvas[inside] = (tone * (light * grain)[..., None])[inside]
    if distance > 0.9:  # snow on the furthest
        snow = inside & (y < line + 0.3 * (shore - line - 0.4 * tall)) & (shore - line > 0.7 * tall)
        canvas[snow] += (np.float32((250, 250, 252)) - canvas[snow]) * 0.7


def _firs(canvas: NDArray, colours: Hour, shore: int, rng: Generator) -> None:
    """Firs along the shore, in two groups, in place."""
    height, width = canvas.shape[:2]
    groups = rng.uniform(0.02, 0.3), rng.uniform(0.7, 0.98)
    for _ in range(70):
        at = (rng.choice(groups) + rng.normal(0, 0.09)) * width
        tall = height * rng.uniform(0.05, 0.17)
        _fir(canvas, round(at), shore, tall, np.float32(colours.firs) * rng.uniform(0.75, 1.5), rng)


def _fir(canvas: NDArray, at: int, foot: int, tall: float, tone: NDArray, rng: Generator) -> None:
    for row in range(round(tall)):
        share = row / tall
        half = 0.2 * tall * share * (0.55 + 0.45 * (share * 9 % 1)) + rng.uniform(0, 0.012) * tall
        left, right = (min(max(round(at + side * half), 0), canvas.shape[1]) for side in (-1, 1))
        canvas[foot - round(tall) + row, left:right] = tone * rng.uniform(0.88, 1.12)


def _mirror(canvas: NDArray, shore: int, rng: Generator) -> None:
    """Water below the shore: what is above upside down, darker, torn by ripples that widen towards us; in place."""
    height, width = canvas.shape[:2]
    for row in range(shore, height):
        near = (row - shore) / (height - shore)
        source = shore - 1 - round((row - shore) * 0.92)
        wave = near * 14 * _FINE * np.sin(row / (1.5 + 5 * near) / _FINE + rng.uniform(-0.5, 0.5))
        columns = (np.arange(width) + round(wave)).clip(0, width - 1)
        canvas[row] = canvas[source, columns] * (0.82 - 0.25 * near) + np.float32((8, 16, 26)) * (0.5 + near)
