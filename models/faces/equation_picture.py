"""What visitors take home from the arithmetic room: nine faces, or the equation on one wall, with the recipe."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models import registry
from models.cache import ModelCache
from models.faces import engine
from models.faces.arithmetic import Sum, portraits, solve, three_by_three
from models.faces.equation import Equation
from models.media import Recipe

DEMO = "face-arithmetic"
WALL, INK = (246, 244, 239), (58, 54, 51)
SIZE = (1102, 564)  # the lobby's frames are this wide for their height
SUM, MEAN, EXEMPLAR = 426, 158, 49  # sides in pixels
MARGIN, GAP = 34, 5


def recipe(settings: Mapping[str, str | float], seed: int) -> Recipe:
    """What it takes to make a result of the room again: terms as text, the face and how its attributes are turned."""
    spec = registry.get(engine.HOUSE)
    return Recipe(DEMO, spec.key, spec.version, seed, dict(settings))


def grid_picture(worked: Sum) -> Image.Image:
    """The nine faces, RGB, 384 x 384."""
    return three_by_three(worked.grid)


def equation_picture(equation: Equation, cache: ModelCache | None = None) -> Image.Image:
    """Terms, signs and the nine faces beside each other on a light wall, RGB, 1102 x 564."""
    worked = solve(equation, cache)
    exemplars = portraits([exemplar for term in equation.terms for exemplar in term], cache)
    wall = Image.new("RGB", SIZE, WALL)
    pen = ImageDraw.Draw(wall, "RGBA")
    width, height = SIZE
    left = width - MARGIN - SUM
    wall.paste(grid_picture(worked).resize((SUM, SUM), Image.Resampling.LANCZOS), (left, (height - SUM) // 2))
    step = (left - MARGIN) / 3
    ends = np.cumsum([len(term) for term in equation.terms])[:2]
    for place, (mean, faces) in enumerate(zip(worked.means, np.split(exemplars, ends), strict=True)):
        x = round(MARGIN + place * step)
        _hang_term(wall, x, mean, faces if len(equation.terms[place]) > 1 else faces[:0])
        _draw_sign(pen, "-+="[place], round(x + (MEAN + step) / 2), height // 2)
    return wall


def _hang_term(wall: Image.Image, x: int, mean: NDArray, exemplars: Sequence[NDArray]) -> None:
    """The mean face at half height, its exemplars small beneath it."""
    y = (wall.height - MEAN) // 2
    wall.paste(_scaled(mean, MEAN), (x, y))
    for place, face in enumerate(exemplars):
        wall.paste(_scaled(face, EXEMPLAR), (x + place * (EXEMPLAR + GAP), y + MEAN + GAP))


def _scaled(picture: NDArray, side: int) -> Image.Image:
    return Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)


def _draw_sign(pen: ImageDraw.ImageDraw, sign: str, x: int, y: int, arm: int = 13, thick: int = 3) -> None:
    """A minus, plus or equals sign with its middle at x, y."""
    for up in (-6, 6) if sign == "=" else (0,):
        pen.rectangle((x - arm, y + up - thick / 2, x + arm, y + up + thick / 2), INK)
    if sign == "+":
        pen.rectangle((x - thick / 2, y - arm, x + thick / 2, y + arm), INK)
