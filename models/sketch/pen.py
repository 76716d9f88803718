"""A hand that draws: ideal lines in, strokes as people make them out.

Slow drift (the arm), a little tremor (the fingers), pressure that swells in the middle of a line, closed
shapes that do not quite close, long lines begun anew, now and then a second try beside the first.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from models.sketch.strokes import INK, Stroke, curve


@dataclass(frozen=True)
class Manner:
    """How one person draws. Lengths in units of the paper's side."""

    width: float  # of the pen
    drift: float  # how far a line strays from where it was meant
    tremor: float
    spacing: float  # between the points the hand aims at
    breaks: float  # chance that a long line is lifted and begun anew
    retries: float  # chance that a line is drawn a second time


def random_manner(rng: Generator) -> Manner:
    careful = rng.beta(2, 2)
    return Manner(
        width=rng.uniform(0.011, 0.019),
        drift=0.011 - 0.007 * careful,
        tremor=rng.uniform(0.0004, 0.0016),
        spacing=rng.uniform(0.028, 0.042),
        breaks=rng.uniform(0.0, 0.45),
        retries=rng.choice([0.0, rng.uniform(0.0, 0.25)]),
    )


class Pen:
    """Collects strokes. `line` draws one ideal polyline (n, 2) the human way."""

    def __init__(self, rng: Generator, manner: Manner):
        self.rng = rng
        self.manner = manner
        self.strokes: list[Stroke] = []

    def line(self, points: ArrayLike, closed: bool = False, color: str = INK, width: float = 1.0) -> None:
        """Draw through the points; `closed` lines start anywhere and meet badly. width: times the pen's."""
        ideal = resample(np.asarray(points, float), self.manner.spacing)
        if closed:
            ideal = self._reopened(ideal)
        for part in self._lifted(ideal):
            self._stroke(part, color, width)
        if self.rng.random() < self.manner.retries and len(ideal) > 6:
            start, stop = sorted(self.rng.integers(0, len(ideal), 2))
            if stop - start > 4:
                self._stroke(ideal[start:stop], color, width * 0.8)

    def curls(self, points: ArrayLike, color: str = INK, width: float = 1.0) -> None:
        """One long looping stroke drawn fast: followed closely, without lifting the pen."""
        self._stroke(resample(np.asarray(points, float), 0.018), color, width)

    def dot(self, at: ArrayLike, size: float, color: str = INK) -> None:
        """A dab: the pen put down and turned a little. size: its diameter."""
        x, y = np.asarray(at, float) + self.rng.normal(0, 0.002, 2)
        r = max(size - self.manner.width, 0.002) / 2
        turns = np.linspace(0, 3 * np.pi, 9)
        spiral = np.stack([x + r * np.cos(turns) * turns / 9.5, y + r * np.sin(turns) * turns / 9.5], axis=1)
        self.strokes.append(Stroke(_as_points(spiral), color, self.manner.width))

    def scribble(self, outline: NDArray, color: str, width: float = 2.2, angle: float = 0.9) -> None:
        """Colour a shape (n, 2) in as children do: one quick zigzag that stays mostly inside."""
        centre = outline.mean(axis=0)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        local = (outline - centre) @ turn  # (n, 2)
        low, high = local[:, 1].min(), local[:, 1].max()
        pitch = self.manner.width * width * self.rng.uniform(1.0, 1.5)
        zigzag = []
        for k, y in enumerate(np.arange(low + pitch, high - pitch / 2, pitch)):
            across = local[np.abs(local[:, 1] - y) < pitch, 0]
            if across.size < 2:
                continue
            inset = 0.86 + self.rng.normal(0, 0.04)
            middle, half = (across.min() + across.max()) / 2, inset * np.ptp(across) / 2
            zigzag.append((middle + (half if k % 2 else -half), y + self.rng.normal(0, pitch * 0.15)))
        if len(zigzag) > 1:
            path = np.array(zigzag) @ turn.T + centre
            points = curve(np.repeat(path, 2, axis=0))[::3]
            self.strokes.append(Stroke(_as_points(points), color, self.manner.width * width))

    def _reopened(self, ideal: NDArray) -> NDArray:
        n = len(ideal)
        ring = np.roll(ideal[:-1], self.rng.integers(n), axis=0)
        count = n + int(round(n * self.rng.uniform(-0.05, 0.09)))
        return np.take(ring, np.arange(count), axis=0, mode="wrap")

    def _lifted(self, ideal: NDArray) -> list[NDArray]:
        if len(ideal) < 14 or self.rng.random() > self.manner.breaks:
            return [ideal]
        cut = int(self.rng.uniform(0.3, 0.7) * len(ideal))
        again = cut + self.rng.integers(-2, 2)
        return [ideal[:cut], ideal[again:]]

    def _stroke(self, ideal: NDArray, color: str, width: float) -> None:
        if len(ideal) < 2:
            return
        rng, n = self.rng, len(ideal)
        length = np.hypot(*np.diff(ideal, axis=0).T).sum()
        drift = self.manner.drift * min(1.0, length / 0.35)  # short lines are drawn with more care
        path = ideal + drift * _slow_noise(rng, n, 2) + rng.normal(0, self.manner.tremor, (n, 2))
        t = np.linspace(0, 1, n)
        pressure = 0.74 + 0.36 * np.sin(np.pi * t) ** 0.6 + 0.1 * _slow_noise(rng, n, 1)[:, 0]
        points = np.column_stack([path, np.clip(pressure, 0.45, 1.4)])
        self.strokes.append(Stroke(_as_points(points), color, self.manner.width * width))


def _slow_noise(rng: Generator, n: int, columns: int) -> NDArray:
    """Smooth noise of about unit size along n points: (n, columns)."""
    knots = max(3, n // 5)
    values = rng.normal(0, 0.7, (knots, columns))
    at, smooth = np.linspace(0, knots - 1, n), np.arange(knots)
    rough = np.stack([np.interp(at, smooth, values[:, k]) for k in range(columns)], axis=1)
    kernel = np.array([1, 2, 3, 2, 1]) / 9
    padded = np.pad(rough, ((2, 2), (0, 0)), mode="edge")
    return np.stack([np.convolve(padded[:, k], kernel, "valid") for k in range(columns)], axis=1)


def _as_points(points: NDArray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(v), 4) for v in p) for p in points)


def resample(points: NDArray, spacing: float) -> NDArray:
    """Points (n, 2) about every `spacing` along the line, both ends kept."""
    along = np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    at = np.linspace(0, along[-1], max(4, int(round(along[-1] / spacing)) + 1))
    return np.stack([np.interp(at, along, points[:, k]) for k in (0, 1)], axis=1)


def spline(knots: ArrayLike, closed: bool = False, steps: int = 12) -> NDArray:
    """Catmull-Rom curve through the knots (n, 2): what one means to draw."""
    p = np.asarray(knots, float)
    p = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    path = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([path.transpose(1, 0, 2).reshape(-1, 2), c[-1:]])


def ellipse(centre: ArrayLike, radii: ArrayLike, start: float = 0.0, stop: float = 2 * np.pi) -> NDArray:
    """Points of an ellipse's arc; angles in radians, clockwise from the right since y points down."""
    t = np.linspace(start, stop, 40)
    return np.asarray(centre) + np.stack([np.cos(t), np.sin(t)], axis=1) * np.asarray(radii)


def leaf(root: ArrayLike, tip: ArrayLike, belly: float) -> NDArray:
    """Outline of a pointed leaf from root to tip and back; belly: half its width over its length."""
    root, tip = np.asarray(root, float), np.asarray(tip, float)
    along = tip - root
    across = np.array([-along[1], along[0]]) * belly
    near, far = root + 0.35 * along, root + 0.72 * along
    return spline([root, near + across, far + 0.7 * across, tip, far - 0.6 * across, near - 0.9 * across, root])


def turned(strokes: list[Stroke], rng: Generator, tilt: float, shift: float) -> list[Stroke]:
    """The whole drawing a little askew on the paper. tilt: radians, shift: sides (one sigma each)."""
    angle, scale = rng.normal(0, tilt), rng.normal(1, 0.02)
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    move = rng.normal(0, shift, 2)
    moved = []
    for stroke in strokes:
        points = np.array(stroke.points)
        points[:, :2] = (points[:, :2] - 0.5) @ turn + 0.5 + move
        moved.append(replace(stroke, points=_as_points(points)))
    return moved
