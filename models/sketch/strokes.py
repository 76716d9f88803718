"""A drawing as strokes: what the canvas sends, what a recipe keeps, what becomes the network's picture.

All lengths are in units of the paper's side, x to the right and y down, so a drawing has no size of its own.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.errors import BadInput

PAPER = "#ffffff"
INK = "#1f1f1f"
MAX_STROKES = 1500
MAX_POINTS = 40_000
_NOT_A_STROKE = "This drawing could not be read: a stroke has points (x, y), a colour #rrggbb and a width."
_NOT_OURS = "This drawing could not be read: it is not in the form this gallery writes."
_TOO_MUCH = f"This drawing is too large: {MAX_STROKES} strokes is the most. Clear the paper and begin again."
_GRID = 1000  # the text form keeps thousandths of the side: half a pixel of a 500 px canvas
_SUPERSAMPLE = 4
_CURVE_STEPS = 5
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_LINE = re.compile(r"([0-9a-f]{6}) (\d{1,3})(p?)((?: -?\d{1,4})+)")


@dataclass(frozen=True)
class Stroke:
    """One movement of the pen. points: (x, y) or (x, y, pressure), all alike; pressure 1 is the plain width.

    An eraser is a stroke in the paper's colour.
    """

    points: tuple[tuple[float, ...], ...]
    color: str = INK
    width: float = 0.016

    def to_dict(self) -> dict:
        return {"color": self.color, "width": self.width, "points": [list(p) for p in self.points]}


def stroke_from_dict(data: dict) -> Stroke:
    """The stroke a page or a program describes. Raises BadInput when it is not one."""
    try:
        points = tuple(tuple(float(v) for v in p) for p in data["points"])
        color, width = str(data.get("color", INK)).lower(), float(data.get("width", 0.016))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadInput(_NOT_A_STROKE) from error
    whole = points and len({len(p) for p in points}) == 1 and len(points[0]) in (2, 3)
    if not whole or not _COLOUR.fullmatch(color) or not np.isfinite(points).all() or not 0 < width <= 0.5:
        raise BadInput(_NOT_A_STROKE)
    return Stroke(tuple(tuple(min(max(v, -1.0), 2.0) for v in p) for p in points), color, width)


def to_text(strokes: Iterable[Stroke]) -> str:
    """The drawing in a few hundred characters, one line a stroke: colour, width, first point, then steps.

    Numbers are thousandths of the side; `p` after the width says that every point carries its pressure.
    """
    return "\n".join(_stroke_to_text(s) for s in strokes)


def _stroke_to_text(stroke: Stroke) -> str:
    grid = np.round(np.asarray(stroke.points) * _GRID).astype(int)  # (n, 2 or 3)
    steps = np.diff(grid, axis=0, prepend=np.zeros((1, grid.shape[1]), int))
    flag = "p" if grid.shape[1] == 3 else ""
    width = max(1, round(stroke.width * _GRID))
    return f"{stroke.color[1:]} {width}{flag} " + " ".join(map(str, steps.ravel()))


def from_text(text: str) -> list[Stroke]:
    """The strokes that `to_text` wrote. Raises BadInput for anything else, and for far too many strokes."""
    lines = [line for line in text.split("\n") if line]
    if len(lines) > MAX_STROKES or len(text) > 12 * MAX_POINTS:
        raise BadInput(_TOO_MUCH)
    return [_stroke_from_text(line) for line in lines]


def _stroke_from_text(line: str) -> Stroke:
    match = _LINE.fullmatch(line)
    columns = 3 if match and match[3] else 2
    numbers = np.array(match[4].split(), int) if match else np.zeros(0, int)
    if not match or not numbers.size or numbers.size % columns or not 0 < int(match[2]) <= _GRID // 2:
        raise BadInput(_NOT_OURS)
    points = np.clip(numbers.reshape(-1, columns).cumsum(axis=0) / _GRID, -1, 2)  # (n, columns)
    return Stroke(tuple(map(tuple, points.tolist())), f"#{match[1]}", int(match[2]) / _GRID)


def drawing_to_text(subject: str, strokes: Iterable[Stroke]) -> str:
    """Subject and strokes as one text: a recipe's setting "drawing". The first line is the subject."""
    return "\n".join([subject, *map(_stroke_to_text, strokes)])


def drawing_from_text(text: str) -> tuple[str, list[Stroke]]:
    """Subject (unchecked) and strokes of what `drawing_to_text` wrote; BadInput for anything else."""
    if not isinstance(text, str):
        raise BadInput(_NOT_OURS)
    subject, _, drawing = text.partition("\n")
    return subject, from_text(drawing)


def curve(points: NDArray) -> NDArray:
    """The smooth line a pen makes of its points: (n, k) in, (m, k) out, ends kept.

    A quadratic B-spline, as the page draws it: each point bends the line between its neighbours' middles.
    """
    if len(points) < 3:
        return points
    middles = (points[:-1] + points[1:]) / 2
    starts, ends = middles[:-1].copy(), middles[1:].copy()
    starts[0] = points[0]
    ends[-1] = points[-1]
    t = np.linspace(0, 1, _CURVE_STEPS + 1)[1:, None, None]
    bent = (1 - t) ** 2 * starts + 2 * t * (1 - t) * points[1:-1] + t**2 * ends  # (steps, n-2, k)
    return np.concatenate([points[:1], bent.transpose(1, 0, 2).reshape(-1, points.shape[1])])


def rasterise(strokes: Sequence[Stroke], size: int) -> Image.Image:
    """The drawing on white paper, RGB, `size` px a side, antialiased."""
    large = size * _SUPERSAMPLE
    paper = Image.new("RGB", (large, large), PAPER)
    pen = ImageDraw.Draw(paper)
    for stroke in strokes:
        _ink(pen, stroke, large)
    return paper.reduce(_SUPERSAMPLE)


def _ink(pen: ImageDraw.ImageDraw, stroke: Stroke, side: int) -> None:
    path = curve(np.asarray(stroke.points, float))
    at = path[:, :2] * side
    widths = stroke.width * side * (np.clip(path[:, 2], 0.1, 2) if path.shape[1] == 3 else np.ones(len(path)))
    for (x, y), width in zip(at, widths, strict=True):
        r = max(width, 1) / 2
        pen.ellipse((x - r, y - r, x + r, y + r), fill=stroke.color)
    for a, b, width in zip(at[:-1], at[1:], widths[1:], strict=True):
        pen.line((*a, *b), fill=stroke.color, width=max(1, round(width)))


def has_ink(strokes: Sequence[Stroke]) -> bool:
    """Whether anything is left on the paper after the eraser."""
    return bool(strokes) and rasterise(strokes, 64).convert("L").getextrema()[0] < 235
