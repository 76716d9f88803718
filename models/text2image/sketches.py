"""Sketches: Quick, Draw! strokes and bitmaps and our own doodles, drawn again in pencil, ink, chalk or crayon.

Facts: {"subject", "tool": "pencil" | "ink" | "chalk" | "crayon", "colour", "paper"}. A drawing is a list of lines,
float (n, 2), in units of the side; every rendering is another hand's: turned, mirrored, a little shaken.
"""

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from skimage.morphology import skeletonize

from models.sketch import doodle_flower, doodle_fruit
from models.sketch.doodle_portrait import portrait
from models.sketch.pen import Pen, random_manner, resample
from models.text2image.paper import FINE, PAPERS, near, photograph, sheet
from models.text2image.words import SKETCHED

Drawing = list[NDArray]

BITMAPS = ("apple", "bicycle", "cat", "diamond", "eye", "fish")
_FILES = {"glasses": "eyeglasses"}
DOODLES = {
    "daisy": doodle_flower.daisy,
    "sunflower": doodle_flower.sunflower,
    "tulip": doodle_flower.tulip,
    "rose": doodle_flower.rose,
    "dandelion": doodle_flower.dandelion,
    "apple": doodle_fruit.apple,
    "tomato": doodle_fruit.tomato,
    "cherry": doodle_fruit.cherry,
    "face": portrait,
}
_TOOLS = {"pencil": 0.5, "ink": 0.17, "chalk": 0.16, "crayon": 0.17}
_WIDTHS = {"pencil": (0.011, 0.017), "ink": (0.012, 0.018), "chalk": (0.018, 0.026), "crayon": (0.022, 0.032)}
_CRAYONS = {"red": (204, 52, 48), "blue": (50, 94, 184), "green": (54, 138, 74), "orange": (232, 124, 40)}
_CRAYONS |= {"purple": (120, 72, 156), "brown": (124, 82, 54), "black": (48, 46, 50)}
_PAPERS = {"white": 0.5, "cream": 0.28, "grey": 0.08, "light blue": 0.07, "pink": 0.07}
_INKS = {"pencil": (78, 78, 84), "ink": (28, 30, 52), "chalk": (236, 236, 230)}
_BOARD = (52, 62, 58)


def read(data: Path, held_out: bool) -> dict[str, list[Drawing]]:
    """Drawings by subject: eight of ten drawings by strokes, or the other two; bitmaps and doodles likewise."""
    folder = data / "quickdraw"
    drawings: dict[str, list[Drawing]] = {}
    for subject in SKETCHED:
        found = []
        path = folder / "strokes" / f"{_FILES.get(subject, subject)}.ndjson"
        if path.exists():
            lines = [json.loads(line) for line in path.read_text().splitlines() if line]
            lines = lines[8:] if held_out else lines[:8]
            found += [_strokes(line["drawing"]) for line in lines if line["recognized"]]
        if subject in BITMAPS:
            bitmaps = np.load(folder / f"{subject}.npz")["drawings"]
            found += [traced(bitmap) for bitmap in (bitmaps[-50:] if held_out else bitmaps[:330]) if legible(bitmap)]
        if subject in DOODLES:
            seeds = range(100_000, 100_040) if held_out else range(300)
            found += [doodle(subject, seed) for seed in seeds]
        drawings[subject] = [drawing for drawing in found if drawing]
    return drawings


def _strokes(drawing: list) -> Drawing:
    """Quick, Draw!'s strokes ([xs, ys], 0..255) centred in the square."""
    return _centred([np.stack([x, y], 1).astype(float) for x, y, *_ in drawing])


def _centred(lines: Drawing) -> Drawing:
    """Lines moved and scaled so that they fill 0.76 of the side."""
    if not lines:
        return []
    every = np.concatenate(lines)
    low, high = every.min(0), every.max(0)
    scale = 0.76 / max((high - low).max(), 1e-6)
    return [(line - (low + high) / 2) * scale + 0.5 for line in lines]


def doodle(subject: str, seed: int) -> Drawing:
    rng = np.random.default_rng([SKETCHED.index(subject), seed])
    pen = Pen(rng, random_manner(rng))
    DOODLES[subject](pen, False)
    lines = [np.asarray(stroke.points, float)[:, :2] for stroke in pen.strokes]
    return lines if subject == "face" else _centred(lines)


def legible(bitmap: NDArray) -> bool:
    """Whether the lines of a bitmap, uint8 (28, 28), lie apart, so that they can be followed."""
    return int((cv2.erode(bitmap, np.ones((4, 4))) > 100).sum()) < 4


def traced(bitmap: NDArray) -> Drawing:
    """The middle lines of a bitmap, uint8 (28, 28), white on black, followed from end to end."""
    large = cv2.GaussianBlur(cv2.resize(bitmap, (168, 168), interpolation=cv2.INTER_CUBIC), (0, 0), 2.0)
    left = {(int(x), int(y)) for y, x in np.argwhere(skeletonize(large > 96))}
    ends = [at for at in sorted(left) if len(_around(at, left)) == 1]
    lines = []
    for start in [*ends, *sorted(left)]:
        if start not in left:
            continue
        line = [start]
        left.discard(start)
        while ahead := _onward(line, left):
            line.append(ahead)
            left.discard(ahead)
        if len(line) > 3:
            lines.append(_smooth(np.array(line, float)))
    return _centred(lines)


def _around(at: tuple[int, int], points: set) -> list[tuple[int, int]]:
    x, y = at
    return [p for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (p := (x + dx, y + dy)) in points and p != at]


def _onward(line: list[tuple[int, int]], left: set) -> tuple[int, int] | None:
    """The next point of a line: the neighbour that keeps its direction best."""
    here = line[-1]
    near_by = _around(here, left)
    if not near_by:
        return None
    back = line[-6] if len(line) > 5 else line[0]
    ahead = (here[0] - back[0], here[1] - back[1])
    return max(near_by, key=lambda p: (p[0] - here[0]) * ahead[0] + (p[1] - here[1]) * ahead[1])


def _smooth(line: NDArray) -> NDArray:
    """A traced line without its pixel steps."""
    kernel = np.ones(9) / 9
    padded = np.pad(line, ((4, 4), (0, 0)), mode="edge")
    return np.stack([np.convolve(padded[:, k], kernel, "valid") for k in (0, 1)], 1)


def random_facts(subject: str, rng: Generator) -> dict:
    """With what and on what the subject is drawn."""
    tool = str(rng.choice(list(_TOOLS), p=list(_TOOLS.values())))
    if tool == "chalk":
        return {"subject": subject, "tool": tool, "colour": "white", "paper": "black"}
    colour = str(rng.choice(list(_CRAYONS))) if tool == "crayon" else {"pencil": "grey", "ink": "black"}[tool]
    paper = str(rng.choice(list(_PAPERS), p=list(_PAPERS.values())))
    return {"subject": subject, "tool": tool, "colour": colour, "paper": paper}


def draw(facts: dict, drawing: Drawing, rng: Generator) -> NDArray:
    """The drawing by another hand, uint8 (SIDE, SIDE, 3)."""
    tool = facts["tool"]
    canvas = sheet(near(_BOARD if tool == "chalk" else PAPERS[facts["paper"]], rng, 3), rng)
    rgb = near(_CRAYONS[facts["colour"]] if tool == "crayon" else _INKS[tool], rng, 5)
    lines = _again(drawing, facts["subject"] != "face", rng)
    cover = _cover(lines, rng.uniform(*_WIDTHS[tool]), tool, rng)
    canvas += (rgb.astype(np.float32) - canvas) * cover[..., None]
    return photograph(canvas)


def _again(drawing: Drawing, turn: bool, rng: Generator) -> Drawing:
    """The lines turned, mirrored, scaled and shaken a little."""
    angle, scale = rng.normal(0, 0.07 if turn else 0.02), rng.uniform(0.86, 1.05 if turn else 0.98)
    matrix = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = matrix @ np.diag([-1.0 if rng.random() < 0.5 else 1.0, rng.uniform(0.92, 1.06)])
    shift = 0.5 + rng.normal(0, 0.015, 2)
    lines = [(resample(line, 0.02) - 0.5) @ matrix.T + shift for line in drawing if len(line) > 1]
    return [line + _drift(len(line), rng) for line in lines]


def _drift(count: int, rng: Generator) -> NDArray:
    """Slow noise along a line of `count` points: (count, 2)."""
    knots = rng.normal(0, 0.0045, (max(3, count // 6 + 2), 2))
    at = np.linspace(0, len(knots) - 1, count)
    return np.stack([np.interp(at, np.arange(len(knots)), knots[:, k]) for k in (0, 1)], 1)


def _cover(lines: Drawing, width: float, tool: str, rng: Generator) -> NDArray:
    """How much of the paper the tool covers, float32 (FINE, FINE): ink fully, the others as its grain lets them."""
    mask = np.zeros((FINE, FINE), np.uint8)
    thick = max(1, round(width * FINE))
    for line in lines:
        for _ in range(2 if tool == "pencil" and rng.random() < 0.3 else 1):
            path = np.round((line + rng.normal(0, 0.002, 2)) * FINE * 16).astype(np.int32)
            cv2.polylines(mask, [path], False, 255, thick, cv2.LINE_AA, 4)
    cover = cv2.GaussianBlur(mask, (0, 0), 0.7).astype(np.float32) / 255
    if tool == "ink":
        return cover
    grain = cv2.GaussianBlur(rng.standard_normal((FINE, FINE), np.float32), (0, 0), 1.0) * 3.0
    rough = {"pencil": 0.16, "chalk": 0.3, "crayon": 0.24}[tool]
    return cover * np.clip(0.86 + rough * grain, 0.15, 1.0)
