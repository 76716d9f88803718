"""Stalks and leaves painted on fruit photographs: everybody draws them, and a turntable shows few.

Rendered by us, so their lines are exact. All lengths are in units of the picture's side.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.sketch.hand import Line

_FINE = 4  # supersampling


def _bezier(a: NDArray, b: NDArray, c: NDArray, count: int = 24) -> NDArray:
    t = np.linspace(0, 1, count)[:, None]
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c


def _tube(image: NDArray, path: NDArray, widths: NDArray, colour: NDArray) -> None:
    """A round twig: dark rim, lit along its left."""
    side = image.shape[0]
    for shade, share, offset in ((0.55, 1.0, 0.0), (1.0, 0.7, -0.12), (1.35, 0.3, -0.22)):
        tone = tuple(float(v) for v in np.clip(colour * shade, 0, 255))
        for point, width in zip(path, widths):
            at = np.round((point + [offset * width, 0]) * side * 16).astype(int)
            cv2.circle(image, tuple(int(v) for v in at), int(width * share * side * 8), tone, -1, cv2.LINE_AA, 4)


def _dense(path: NDArray, count: int = 160) -> NDArray:
    at = np.linspace(0, len(path) - 1, count)
    return np.stack([np.interp(at, np.arange(len(path)), path[:, k]) for k in (0, 1)], 1)


def stalk(image: NDArray, base: NDArray, length: float, rng: Generator) -> list[Line]:
    """Paint a stalk upwards from `base` onto float (S, S, 3); returns its lines."""
    tip = base + [rng.normal(0, 0.35) * length, -length]
    path = _bezier(base, (base + tip) / 2 + rng.normal(0, 0.15, 2) * length, tip)
    width = rng.uniform(0.016, 0.03)
    dense = _dense(path)
    taper = width * (1.15 - 0.5 * np.sin(np.linspace(0, np.pi, len(dense))))
    colour = np.array([[96, 66, 40], [120, 92, 52], [98, 112, 48], [70, 50, 38]][rng.integers(4)]) * rng.uniform(
        0.8, 1.2
    )
    _tube(image, dense, taper, colour)
    if rng.random() < 0.75:
        return [Line(path)]
    across = np.array([width * 0.6, 0])
    return [Line(np.concatenate([path - across, (path + across)[::-1]]))]


def leaf(image: NDArray, base: NDArray, length: float, rng: Generator) -> list[Line]:
    """Paint a leaf growing sideways from `base` onto float (S, S, 3); returns its outline and midrib."""
    side, way = image.shape[0], rng.choice([-1.0, 1.0])
    tip = base + length * np.array([way * rng.uniform(0.6, 1.0), rng.uniform(-0.7, 0.25)])
    along, width = tip - base, length * rng.uniform(0.25, 0.42)
    across = np.array([-along[1], along[0]]) / np.hypot(*along) * width
    middle = (base + tip) / 2
    rib = _bezier(base, middle + across * rng.uniform(-0.3, 0.3), tip)
    colour = np.array([rng.uniform(50, 110), rng.uniform(95, 150), rng.uniform(30, 65)])
    edges = [_bezier(base, middle + sign * across * 2, tip) for sign in (1, -1)]
    for edge, shade in zip(edges, rng.permutation([0.75, 1.15])):
        half = np.round(np.concatenate([edge, rib[::-1]]) * side * 16).astype(np.int32)
        cv2.fillPoly(image, [half], tuple(float(v) for v in np.clip(colour * shade, 0, 255)), cv2.LINE_AA, 4)
    veins = [rib] + [
        np.stack([rib[i], 0.25 * rib[min(i + 4, 23)] + 0.75 * e[min(i + 4, 23)]]) for i in (5, 10, 15) for e in edges
    ]
    for vein in veins:
        path = np.round(vein * side * 16).astype(np.int32)
        cv2.polylines(
            image, [path], False, tuple(float(v) for v in np.clip(colour * 1.45, 0, 255)), _FINE // 2, cv2.LINE_AA, 4
        )
    return [Line(np.concatenate([edges[0], edges[1][::-1]]), closed=True), Line(rib, inner=True)]


def garnish(photo: NDArray, inside: NDArray, rng: Generator) -> tuple[NDArray, NDArray, list[Line]]:
    """A stalk, and often a leaf, on top of a fruit.

    photo: uint8 (S, S, 3), white outside the fruit; inside: bool (S, S), with room above it. Returns photo, inside
    and the new lines.
    """
    side = photo.shape[0]
    rows, columns = np.nonzero(inside)
    middle = np.median(columns[rows < rows.min() + 0.1 * np.ptp(rows)])
    base = np.array([middle, rows[np.abs(columns - middle) < 2].min()]) / side + [
        rng.normal(0, 0.015),
        rng.uniform(0.01, 0.06),
    ]
    tall = max(0.08, min(base[1] - 0.03, rng.choice([rng.uniform(0.08, 0.16), rng.uniform(0.14, 0.38)])))
    fine = cv2.resize(photo, None, fx=_FINE, fy=_FINE, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    plain, lines = fine.copy(), []
    if rng.random() < 0.45:
        at = base - [0, tall * rng.uniform(0.15, 0.8)]
        lines += leaf(fine, at, rng.uniform(0.14, 0.3), rng)
    lines = stalk(fine, base, tall, rng) + lines
    painted = cv2.resize((fine != plain).any(axis=2).astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    result = cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA)
    return np.clip(result, 0, 255).astype(np.uint8), inside | (painted > 0.4), lines
