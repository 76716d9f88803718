"""Hair for the portraits: short, curly, long or tied, round the same face."""

from dataclasses import dataclass

import numpy as np

from models.sketch.pen import Pen, ellipse, spline


@dataclass(frozen=True)
class Face:
    """Proportions of one sitter, in units of the side."""

    half: float  # half the width at the cheekbones
    jaw: float  # width of the jaw over that of the cheekbones
    chin: float  # y
    brow: float  # height of the brows above the eyes
    mouth: float  # y
    smile: float  # how far the corners rise
    hairline: float  # y at the middle of the forehead
    crown: float  # y of the top of the hair
    hair: str  # "short", "curly", "long" or "tied"
    glasses: bool


def draw_hair(pen: Pen, face: Face, color: str) -> None:
    styles = {"short": _short, "curly": _curly, "long": _long, "tied": _tied}
    styles[face.hair](pen, face, color)


def _short(pen: Pen, face: Face, color: str) -> None:
    _cap(pen, face, color, rise=0.028)
    (_swept if pen.rng.random() < 0.6 else _tufts)(pen, face, color)


def _cap(pen: Pen, face: Face, color: str, rise: float) -> None:
    """The outline over the head, from one ear to the other. rise: how far it stands off the skull."""
    h, lean = face.half, pen.rng.normal(0, 0.012)
    right = [
        (h + rise * 0.3, 0.43),
        (h + rise, 0.28),
        (h * 0.8, face.crown + 0.075),
        (h * 0.4 + lean, face.crown + 0.005),
    ]
    left = [(-x, y + pen.rng.normal(0, 0.006)) for x, y in right]
    pen.line(spline(np.array([*left, (lean, face.crown - 0.01), *right[::-1]]) + (0.5, 0)), color=color, width=1.2)


def _swept(pen: Pen, face: Face, color: str) -> None:
    """A parting on one side, the fringe combed over to the other in a few long lines."""
    rng, h, side = pen.rng, face.half, pen.rng.choice([-1, 1])
    part = np.array([0.5 - side * h * rng.uniform(0.3, 0.5), face.hairline - 0.04])
    pen.line(spline([(0.5 - side * h, 0.37), (0.5 - side * h * 0.88, face.hairline + 0.05), part]), color=color)
    for k in range(rng.integers(3, 6)):
        deep = face.hairline + 0.03 - 0.035 * k
        end = (0.5 + side * h * (0.97 - 0.05 * k), 0.37 - 0.05 * k)
        middle = (0.5 + side * h * 0.45, deep - 0.01)
        pen.line(spline([part - (0, 0.012 * k), middle, end]), color=color, width=1.0 if k == 0 else 0.7)


def _tufts(pen: Pen, face: Face, color: str) -> None:
    """A short fringe drawn as one zigzag."""
    rng, count = pen.rng, pen.rng.integers(6, 11)
    u = np.linspace(-1, 1, 2 * count + 1)
    base = face.hairline + 0.12 * np.abs(u) ** 3
    y = base + np.where(np.arange(u.size) % 2, -rng.uniform(0.03, 0.06), 0.015) + rng.normal(0, 0.008, u.size)
    pen.line(np.stack([0.5 + u * face.half * 0.97, y], axis=1), color=color)


def _curly(pen: Pen, face: Face, color: str) -> None:
    """Loops all round, like drawing a cloud, and some more inside."""
    rng, h = pen.rng, face.half
    for radii, start, turns in (
        ((h + 0.055, 0.36), 0.97, rng.integers(15, 20)),
        ((h * 0.92, 0.2), 0.93, rng.integers(9, 13)),
    ):
        t = np.linspace(np.pi * start, np.pi * (3 - start), 220)
        middle = ellipse((0.5, 0.41), radii, t[0], t[-1])
        path = np.stack([np.interp(t, np.linspace(t[0], t[-1], 40), middle[:, k]) for k in (0, 1)], axis=1)
        phase = np.linspace(0, 2 * np.pi * turns, t.size)
        loops = 0.034 * rng.uniform(0.8, 1.1) * np.stack([np.cos(phase), np.sin(phase)], axis=1)
        pen.curls(path + loops, color=color, width=0.9)


def _long(pen: Pen, face: Face, color: str) -> None:
    rng, h = pen.rng, face.half
    flare, wave = rng.uniform(0.05, 0.11), rng.choice([0.0, rng.uniform(0.01, 0.022)])
    end = rng.choice([1.02, rng.uniform(0.82, 0.9)])
    down = [(h + flare + wave * (-1) ** k, y) for k, y in enumerate(np.linspace(0.36, end, 6))]
    right = [(h * 0.4, face.crown + 0.002), (h * 0.88, face.crown + 0.085), *down]
    top = [*((-x, y) for x, y in reversed(right)), (0, face.crown - 0.006), *right]
    pen.line(spline(np.array(top) + (0.5, 0)), color=color, width=1.2)
    part = rng.choice([0.0, rng.uniform(-0.12, 0.12)])
    if rng.random() < 0.3:
        _tufts(pen, face, color)
    for side in (-1, 1):
        lock = [
            (part, face.crown + 0.045),
            (part * 0.5 + side * h * 0.5, face.hairline - 0.02),
            (side * h * 0.94, 0.36),
        ]
        tail = [(side * (h + 0.02), 0.56), (side * (h + 0.015), min(end - 0.03, rng.uniform(0.78, 0.95)))]
        pen.line(spline(np.array(lock + tail) + (0.5, 0)), color=color)
        for _ in range(rng.integers(1, 4)):
            x, sway = side * (h + flare * rng.uniform(0.35, 0.75)), max(wave, 0.006)
            strand = [(0.5 + x, rng.uniform(0.36, 0.5)), (0.5 + x + sway, 0.6), (0.5 + x - sway, end - 0.08)]
            pen.line(spline(strand), color=color, width=0.7)


def _tied(pen: Pen, face: Face, color: str) -> None:
    """Combed back, some with a bun on top."""
    rng, h = pen.rng, face.half
    _cap(pen, face, color, rise=0.016)
    if rng.random() < 0.6:
        bun = ellipse((0.5 + rng.normal(0, 0.02), face.crown - 0.01), (0.13, 0.07), np.pi, 2 * np.pi)
        pen.line(bun, color=color, width=1.1)
    fringe = [
        (-h, 0.38),
        (-h * 0.8, face.hairline + 0.045),
        (0, face.hairline - 0.02),
        (h * 0.8, face.hairline + 0.045),
        (h, 0.38),
    ]
    pen.line(spline(np.array(fringe) + (0.5, 0)), color=color)
    for u in np.linspace(-0.75, 0.75, rng.integers(4, 8)):
        root = (0.5 + u * h, face.hairline - 0.01 + 0.05 * u * u)
        pen.line(
            spline([root, (0.5 + u * h * 0.8, face.hairline - 0.07), (0.5 + u * h * 0.45, face.crown + 0.03)]),
            color=color,
            width=0.7,
        )
