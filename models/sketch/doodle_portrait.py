"""Portraits: a face from the front, put where the photographs the network learned from have theirs.

The face is drawn in a frame of its own, pupils PUPILS apart at EYE_LINE, and then moved into that of
`models/faces/landmarks.py` (EYE_DISTANCE, EYE_HEIGHT): a face drawn elsewhere falls between the photographs.
"""

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.sketch.doodle_hair import Face, draw_hair
from models.sketch.pen import Pen, ellipse, spline

PUPILS = 1 / 3.7
EYE_LINE = 0.475
PHOTO_PUPILS, PHOTO_EYE_LINE = 0.245, 0.51
HAIR = ("#2b1d14", "#4a2f1d", "#7a4a25", "#c9a25a", "#a8502a", "#3a3a3c")
SKIN = ("#f0c8a8", "#e8b896", "#d9a27a", "#b97f56", "#8f5d3b")
LIPS = ("#b8504f", "#a33c46", "#c96a62")
INK = "#1f1f1f"


def _face(rng: Generator) -> Face:
    chin = rng.uniform(0.895, 0.935)
    return Face(
        half=rng.uniform(0.285, 0.31),
        jaw=rng.uniform(0.66, 0.84),
        chin=chin,
        brow=rng.uniform(0.06, 0.08),
        mouth=chin - rng.uniform(0.15, 0.165),
        smile=rng.choice([rng.uniform(0.0, 0.008), rng.uniform(0.02, 0.035)]),
        hairline=rng.uniform(0.2, 0.25),
        crown=rng.uniform(0.035, 0.075),
        hair=str(rng.choice(["short", "curly", "long", "tied"], p=[0.36, 0.16, 0.34, 0.14])),
        glasses=bool(rng.random() < 0.35),
    )


def portrait(pen: Pen, coloured: bool) -> None:
    face = _face(pen.rng)
    hair = str(pen.rng.choice(HAIR)) if coloured else INK
    if coloured:
        _tint(pen, face, hair)
    pen.line(_oval(face))
    _neck(pen, face)
    draw_hair(pen, face, hair)
    for side in (-1, 1):
        _eye(pen, side)
        _brow(pen, face, side, hair)
        if face.hair != "long":
            _ear(pen, face, side)
    _nose(pen, face)
    _mouth(pen, face, coloured)
    if face.glasses:
        _glasses(pen)
    pen.strokes[:] = [replace(stroke, points=_as_photographed(stroke.points)) for stroke in pen.strokes]


def _as_photographed(points: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    scale = PHOTO_PUPILS / PUPILS
    return tuple(
        (0.5 + scale * (x - 0.5), PHOTO_EYE_LINE + scale * (y - EYE_LINE), *pressure) for x, y, *pressure in points
    )


def _oval(face: Face) -> NDArray:
    """The face from temple down round the chin and up to the other temple."""
    h, j = face.half, face.half * face.jaw
    right = [(h, 0.33), (h, 0.5), (h * 0.95, 0.64), (j, 0.79), (j * 0.5, face.chin - 0.018)]
    both = [(-x, y) for x, y in right] + [(0, face.chin)] + right[::-1]
    return spline(np.array(both) + (0.5, 0))


def _tint(pen: Pen, face: Face, hair: str) -> None:
    """Colour hints under the lines: skin over the face, hair over the crown."""
    rng, skin = pen.rng, str(pen.rng.choice(SKIN))
    for centre, radii in (
        ((0.35, 0.64), (0.085, 0.1)),
        ((0.65, 0.64), (0.085, 0.1)),
        ((0.5, 0.34), (0.17, 0.06)),
    ):
        pen.scribble(ellipse(centre, radii), skin, width=rng.uniform(1.2, 1.6), angle=rng.uniform(0.6, 0.9))
    right = [(face.half * 0.95, 0.34), (face.half, 0.2), (face.half * 0.6, face.crown + 0.03)]
    rim = np.array([*right, *((-x, y) for x, y in reversed(right))]) + (0.5, 0)
    under = np.array([(0.5 - face.half * 0.8, face.hairline + 0.06), (0.5 + face.half * 0.8, face.hairline + 0.06)])
    pen.scribble(
        np.concatenate([spline(rim), spline([under[0], (0.5, face.hairline - 0.03), under[1]])]),
        hair,
        2.2,
        0.5,
    )


def _neck(pen: Pen, face: Face) -> None:
    wide = face.half * pen.rng.uniform(0.62, 0.74)
    for side in (-1, 1):
        collar = [
            (0.5 + side * wide, 0.83),
            (0.5 + side * wide * 0.98, 0.93),
            (0.5 + side * (wide + 0.02), 0.975),
        ]
        pen.line(spline([*collar, (0.5 + side * (wide + 0.2), 1.02)]))


def _ear(pen: Pen, face: Face, side: int) -> None:
    x = 0.5 + side * face.half
    loop = [
        (x - side * 0.004, 0.475),
        (x + side * 0.034, 0.455),
        (x + side * 0.042, 0.51),
        (x + side * 0.02, 0.59),
    ]
    pen.line(spline([*loop, (x - side * 0.012, 0.6)]), width=0.9)


def _eye(pen: Pen, side: int) -> None:
    rng = pen.rng
    x, y = 0.5 + side * PUPILS / 2, EYE_LINE
    wide, tall = 0.062, 0.026 + rng.normal(0, 0.002)
    upper = [
        (x - wide, y + 0.008),
        (x - wide * 0.45, y - tall),
        (x + wide * 0.4, y - tall),
        (x + wide, y + 0.006),
    ]
    pen.line(spline(upper), width=1.2)
    pen.line(spline([(x - wide * 0.8, y + 0.014), (x, y + tall), (x + wide * 0.8, y + 0.013)]), width=0.6)
    pen.dot((x, y - 0.001), 0.036)
    if rng.random() < 0.4:
        lid = [(x - wide * 0.8, y - tall - 0.016), (x, y - tall - 0.026), (x + wide * 0.8, y - tall - 0.013)]
        pen.line(spline(lid), width=0.6)


def _brow(pen: Pen, face: Face, side: int, hair: str) -> None:
    x, lift = 0.5 + side * PUPILS / 2, EYE_LINE - face.brow
    arch = [
        (x - side * 0.064, lift + 0.012),
        (x + side * 0.02, lift - 0.012),
        (x + side * 0.085, lift + 0.016),
    ]
    for offset in (0.0, 0.009)[: pen.rng.integers(1, 3)]:
        pen.line(spline([(px, py + offset) for px, py in arch]), color=hair, width=1.35)


def _nose(pen: Pen, face: Face) -> None:
    rng = pen.rng
    tip, wide = 0.655 + rng.normal(0, 0.006), rng.uniform(0.048, 0.06)
    base = [
        (0.5 - wide, tip - 0.012),
        (0.5 - wide * 0.65, tip + 0.012),
        (0.5 - 0.018, tip + 0.006),
        (0.5, tip + 0.016),
    ]
    mirrored = [(1 - x, y) for x, y in reversed(base[:-1])]
    pen.line(spline(base + mirrored), width=0.9)
    if rng.random() < 0.55:
        side = rng.choice([-1, 1])
        bridge = [(0.5 + side * 0.038, 0.5), (0.5 + side * 0.027, 0.575), (0.5 + side * 0.05, tip - 0.03)]
        pen.line(spline(bridge), width=0.7)


def _mouth(pen: Pen, face: Face, coloured: bool) -> None:
    rng, y = pen.rng, face.mouth
    ink = str(rng.choice(LIPS)) if coloured else INK
    wide = 0.092 + face.smile * 0.8
    rise = face.smile
    seam = [
        (0.5 - wide, y - rise),
        (0.5 - wide * 0.5, y + 0.002),
        (0.5, y + 0.004),
        (0.5 + wide * 0.5, y + 0.002),
    ]
    pen.line(spline([*seam, (0.5 + wide, y - rise)]), color=ink, width=1.1)
    lower = y + 0.036 + rise * 0.4
    corner = y + 0.016 - rise * 0.3
    pen.line(spline([(0.5 - wide * 0.72, corner), (0.5, lower), (0.5 + wide * 0.72, corner)]), color=ink)
    if rng.random() < 0.75:
        upper = [(0.5 - wide * 0.85, y - rise), (0.475, y - 0.024), (0.5, y - 0.018), (0.525, y - 0.024)]
        pen.line(spline([*upper, (0.5 + wide * 0.85, y - rise)]), color=ink, width=0.8)
    if face.smile > 0.015:
        for side in (-1, 1):
            fold = [(0.5 + side * 0.09, y - 0.085), (0.5 + side * (wide + 0.03), y - 0.03)]
            pen.line(spline([*fold, (0.5 + side * (wide + 0.028), y + 0.01)]), width=0.6)


def _glasses(pen: Pen) -> None:
    rng = pen.rng
    rx, ry, square = rng.uniform(0.092, 0.108), rng.uniform(0.07, 0.088), rng.choice([2.0, 3.2])
    t = np.linspace(0, 2 * np.pi, 48)
    around = np.stack([np.cos(t), np.sin(t)], axis=1)
    rim = np.sign(around) * np.abs(around) ** (2 / square) * (rx, ry)  # superellipse: round or squarish frames
    y = EYE_LINE + 0.008
    for side in (-1, 1):
        centre = (0.5 + side * (PUPILS / 2 + 0.003), y)
        pen.line(rim + centre, closed=True, width=1.2)
        outer = 0.5 + side * (PUPILS / 2 + rx)
        pen.line([(outer, y - 0.03), (0.5 + side * 0.3, y - 0.045)], width=1.1)
    gap = PUPILS / 2 - rx
    pen.line(spline([(0.5 - gap, y - 0.012), (0.5, y - 0.026), (0.5 + gap, y - 0.012)]), width=1.1)
