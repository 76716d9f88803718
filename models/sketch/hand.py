"""How people draw: exact contours in, a wobbly human drawing out (training only).

Nothing a visitor draws looks like an edge map. The contours of a photograph are therefore drawn again by a clumsy
hand: few knots, tremor, strokes that stop early or overshoot, lines left out, lines drawn twice, the whole a little
shifted and turned, black ink or colours close to the object's own. All lengths are in units of the picture's side.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

cv2.setNumThreads(1)
INK = (31, 31, 31)
SUPERSAMPLE = 2


@dataclass(frozen=True)
class Line:
    """One contour: points float (n, 2), x and y in 0..1; inner lines may be left out, outlines never."""

    points: NDArray
    inner: bool = False
    closed: bool = False


@dataclass(frozen=True)
class Hand:
    """One person on one day: how coarse, shaky, thick, complete and colourful the drawing is."""

    knots: float  # distance between the points the hand aims at
    tremor: float  # how far it misses them
    width: float  # of the pen
    care: float  # chance that an inner line is drawn at all
    gaps: float  # chance that an outline is broken into several strokes
    twice: float  # chance that a line is drawn again beside itself
    colour: float  # 0 black ink, 1 lines in the object's colours
    scribbles: int  # strokes of colour laid inside

    @classmethod
    def random(cls, rng: Generator, detail: float = 1.0) -> "Hand":
        """Anybody's hand; `detail` shortens its knots and tremor for subjects that people draw with more care."""
        coloured = rng.random() < 0.4
        return cls(
            knots=rng.uniform(0.03, 0.12) * detail,
            tremor=rng.uniform(0.001, 0.012) * detail,
            width=rng.uniform(0.010, 0.024),
            care=rng.choice([rng.uniform(0, 1), 1.0], p=[0.7, 0.3]),
            gaps=rng.uniform(0, 0.6),
            twice=rng.choice([0.0, rng.uniform(0, 0.4)]),
            colour=float(coloured and rng.random() < 0.7),
            scribbles=int(rng.integers(1, 6)) if coloured and rng.random() < 0.75 else 0,
        )


def _resample(points: NDArray, spacing: float) -> NDArray:
    """Points (n, 2) every `spacing` along the line, both ends kept."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(steps)])
    count = max(3, int(round(along[-1] / spacing)) + 1)
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, points[:, k]) for k in (0, 1)], axis=1)


def _smooth(knots: NDArray, rounds: int = 3) -> NDArray:
    """Chaikin's corner cutting: the curve a moving hand makes of its knots."""
    for _ in range(rounds):
        a, b = knots[:-1], knots[1:]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        knots = np.concatenate([knots[:1], cut, knots[-1:]])
    return knots


def trace(line: Line, hand: Hand, rng: Generator) -> list[NDArray]:
    """The strokes, float (n, 2) each, with which this hand draws this line."""
    points = line.points
    if line.closed:  # start anywhere, and close badly: a gap or an overshoot of a tenth of the way
        points = np.roll(points, rng.integers(len(points)), axis=0)
        extra = int(len(points) * rng.uniform(-0.04, 0.08))
        points = np.concatenate([points, points[:extra]]) if extra > 0 else points[: len(points) + extra]
    knots = _resample(points, hand.knots * (0.6 if line.inner else 1.0))
    strokes = [_smooth(knots + rng.normal(0, hand.tremor, knots.shape))]
    if rng.random() < hand.gaps and len(strokes[0]) > 24:
        cuts = np.sort(rng.choice(np.arange(6, len(strokes[0]) - 6), rng.integers(1, 4)))
        parts = np.split(strokes[0], cuts)
        strokes = [p[rng.integers(0, 3) :] + rng.normal(0, hand.tremor * 0.7, 2) for p in parts if len(p) > 4]
    if rng.random() < hand.twice:
        again = knots + rng.normal(0, hand.tremor * 1.5, knots.shape)
        strokes.append(_smooth(again[int(len(again) * rng.uniform(0, 0.6)) :]))
    return [s for s in strokes if len(s) > 1]


def _ink(canvas: NDArray, stroke: NDArray, width: float, colour: tuple[int, ...]) -> None:
    side = canvas.shape[0]
    path = np.round(stroke * side * 16).astype(np.int32)
    cv2.polylines(canvas, [path], False, colour, max(1, int(round(width * side))), cv2.LINE_AA, 4)


def _paint_like(colour: NDArray, rng: Generator) -> tuple[int, ...]:
    """The pencil a person would pick for this colour: purer and a little off."""
    purer = colour.mean() + (colour - colour.mean()) * rng.uniform(0.9, 1.6)
    return tuple(int(c) for c in np.clip(purer + rng.normal(0, 14, 3), 0, 255))


def _colour_at(photo: NDArray, points: NDArray) -> NDArray:
    """The middle colour (3,) of the photo under these points."""
    side = photo.shape[0]
    at = np.clip((points * side).astype(int), 0, side - 1)
    return np.median(photo[at[:, 1], at[:, 0]].astype(float), axis=0)


def _scribble(canvas: NDArray, photo: NDArray, inside: NDArray, hand: Hand, rng: Generator) -> None:
    """Short zigzags of colour laid on the object, each in the colour it lies on."""
    at = np.argwhere(inside)[:, ::-1] / inside.shape[0]
    if len(at) < 30:
        return
    for _ in range(hand.scribbles):
        centre = at[rng.integers(len(at))]
        near = at[np.hypot(*(at - centre).T) < 0.06]
        turns = rng.integers(2, 9)
        reach = rng.uniform(0.02, 0.09)
        angle = rng.uniform(0, np.pi)
        along = np.linspace(-reach, reach, turns)
        across = reach * 0.8 * (-1.0) ** np.arange(turns)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        path = centre + np.stack([along, across], 1) @ turn
        _ink(canvas, _smooth(path, 2), hand.width * rng.uniform(1, 2.5), _paint_like(_colour_at(photo, near), rng))


def _fill(canvas: NDArray, photo: NDArray, inside: NDArray, hand: Hand, rng: Generator) -> None:
    """One long zigzag of the object's colour over a part of it, the way a child colours in."""
    at = np.argwhere(inside)[:, ::-1] / inside.shape[0]
    if len(at) < 30:
        return
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    along, across = (at @ turn).T
    low, high = (
        np.sort(rng.uniform(across.min(), across.max(), 2)) if rng.random() < 0.5 else (across.min(), across.max())
    )
    sweeps = []
    for row in np.arange(low, high, rng.uniform(0.03, 0.08)):
        on_row = along[np.abs(across - row) < 0.01]
        if len(on_row):
            ends = np.array([on_row.min(), on_row.max()]) + rng.normal(0, 0.015, 2)
            sweeps += [(end, row + rng.normal(0, 0.008)) for end in (ends if len(sweeps) % 4 else ends[::-1])]
    if len(sweeps) < 4:
        return
    path = np.array(sweeps) @ turn.T
    colour = _paint_like(np.median(photo[inside].astype(float), axis=0), rng)
    _ink(canvas, _smooth(path, 2), hand.width * rng.uniform(0.8, 2.5), colour)


def draw(lines: list[Line], photo: NDArray, areas: tuple[NDArray, ...], hand: Hand, rng: Generator) -> NDArray:
    """Draw the lines of a photograph as `hand` would.

    lines: in units of the side; photo: uint8 (S, S, 3), for colours; areas: bool (S, S) each, what may be
    coloured in: the object, or its parts.
    Returns uint8 (S, S, 3), ink on white paper.
    """
    side = photo.shape[0]
    canvas = np.full((side * SUPERSAMPLE, side * SUPERSAMPLE, 3), 255, np.uint8)
    if hand.scribbles:
        colour_in = _fill if rng.random() < 0.4 else _scribble
        for area in areas:
            colour_in(canvas, photo, area, hand, rng)
    angle, scale = rng.normal(0, 0.03), rng.normal(1, 0.02)
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shift = rng.normal(0, 0.006, 2)
    for line in lines:
        if line.inner and rng.random() > hand.care:
            continue
        within = line.points.mean(0) + (line.points - line.points.mean(0)) * (0.9 if line.closed else 1)
        colour = _paint_like(_colour_at(photo, within), rng) if hand.colour else INK
        if not hand.colour and rng.random() < 0.1:
            colour = tuple(int(c) for c in rng.integers(0, 110, 1).repeat(3))
        for stroke in trace(line, hand, rng):
            _ink(canvas, (stroke - 0.5) @ turn + 0.5 + shift, hand.width * rng.uniform(0.8, 1.2), colour)
    return cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
