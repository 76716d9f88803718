"""Cut paper: sheets with a faint grain, and shapes that lie on them and cast a soft shadow.

Canvases are float32 (FINE, FINE, 3) in 0..255, twice as large as the picture they become; masks are float32
(FINE, FINE) in 0..1. Points are in units of the side, y down.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

SIDE = 128
FINE = 2 * SIDE
_FIXED = 4  # bits after the point in OpenCV's coordinates

PAPERS = {
    "white": (246, 245, 242),
    "cream": (246, 236, 212),
    "grey": (186, 187, 190),
    "light blue": (196, 218, 236),
    "pink": (243, 208, 212),
    "light green": (206, 226, 198),
    "yellow": (246, 224, 140),
    "black": (40, 40, 44),
}
PAINTS = {
    "red": (206, 48, 44),
    "orange": (238, 136, 44),
    "yellow": (246, 206, 62),
    "green": (62, 150, 78),
    "blue": (52, 104, 190),
    "purple": (126, 76, 160),
    "pink": (238, 140, 168),
    "brown": (132, 88, 56),
    "black": (44, 44, 48),
    "white": (250, 249, 246),
    "grey": (142, 144, 150),
}


def near(rgb: ArrayLike, rng: Generator, spread: float = 7.0) -> NDArray:
    """A colour of the same name: the same but for a little."""
    return np.clip(np.asarray(rgb, float) + rng.normal(0, 0.4 * spread, 3) + rng.normal(0, spread), 0, 255)


def sheet(rgb: ArrayLike, rng: Generator) -> NDArray:
    """A sheet of paper with a grain and light that falls off a little from one corner."""
    noise = cv2.GaussianBlur(rng.standard_normal((FINE, FINE), np.float32), (0, 0), 1.3)
    y, x = np.mgrid[:FINE, :FINE].astype(np.float32) / FINE - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 + 0.05 * (np.cos(angle) * x + np.sin(angle) * y)
    return np.asarray(rgb, np.float32) * (light + 0.018 * noise)[..., None]


def polygon(points: ArrayLike) -> NDArray:
    """Mask of a filled polygon, antialiased."""
    return polygons([points])


def polygons(parts: list) -> NDArray:
    """Mask of several polygons."""
    mask = np.zeros((FINE, FINE), np.uint8)
    for points in parts:
        fixed = np.round(np.asarray(points) * FINE * (1 << _FIXED)).astype(np.int32)
        cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, _FIXED)
    return mask.astype(np.float32) / 255


def disc(centre: ArrayLike, radius: float | tuple[float, float]) -> NDArray:
    """Points of an ellipse."""
    t = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    return np.asarray(centre) + np.stack([np.cos(t), np.sin(t)], 1) * np.asarray(radius)


def lay(canvas: NDArray, mask: NDArray, rgb: ArrayLike, rng: Generator, lift: float = 0.016) -> None:
    """Lay a cut-out on the canvas, in place; `lift`: how far its shadow falls, in sides (0: none)."""
    if lift:
        shift = np.float32([[1, 0, 0.6 * lift * FINE], [0, 1, lift * FINE]])
        shadow = cv2.GaussianBlur(cv2.warpAffine(mask, shift, mask.shape[::-1]), (0, 0), 0.8 * lift * FINE)
        canvas *= (1 - 0.33 * shadow)[..., None]
    x, y, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
    rows, columns = slice(y, y + height), slice(x, x + width)
    grain = cv2.GaussianBlur(rng.standard_normal((height, width), np.float32), (0, 0), 1.2) if width else 0
    paint = np.asarray(rgb, np.float32) * (1 + 0.02 * grain)[..., None] if width else 0
    part = mask[rows, columns][..., None]
    canvas[rows, columns] += (paint - canvas[rows, columns]) * part


def photograph(canvas: NDArray) -> NDArray:
    """The canvas as a picture, uint8 (SIDE, SIDE, 3)."""
    return np.clip(cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA) + 0.5, 0, 255).astype(np.uint8)
