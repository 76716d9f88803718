"""What visitors take home: pictures painted from a prompt, and grids of them, with the recipe that makes them again."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from models import registry
from models.media import Recipe
from models.text2image.ask import HOUSE, Ask

DEMO = "text-to-image"
WALL, INK = (246, 244, 239), (31, 29, 27)
CELL, GAP = 192, 14  # pixels

Axis = tuple[str, Sequence[Any]]


def recipe(ask: Ask, place: int = 0, model: str = HOUSE) -> Recipe:
    """What it takes to paint the picture at `place` again: opened, it hangs first."""
    settings = asdict(ask)
    del settings["seed"]
    spec = registry.get(model)
    return Recipe(DEMO, spec.key, spec.version, ask.seeds()[place], settings)


def grid_recipe(ask: Ask, x: Axis, y: Axis) -> Recipe:
    """What it takes to make a grid again: the recipe of its ask, and both axes."""
    made = recipe(ask)
    axes = {"x": [x[0], list(x[1])], "y": [y[0], list(y[1])]}
    return replace(made, settings={**made.settings, "grid": axes})


def grid_picture(rows: Sequence[Sequence[Image.Image]], x: Axis, y: Axis) -> Image.Image:
    """A grid with the values of x above and those of y on the left, RGB."""
    font = ImageFont.load_default(20)
    corner = f"{y[0]} / {x[0]}"
    left = GAP + max(round(font.getlength(str(label))) for label in (corner, *y[1])) + GAP
    top = 3 * GAP
    width = left + len(rows[0]) * (CELL + GAP)
    height = top + len(rows) * (CELL + GAP)
    sheet = Image.new("RGB", (width, height), WALL)
    pen = ImageDraw.Draw(sheet)
    pen.text((GAP, top - GAP), corner, INK, font, anchor="ls")
    for column, value in enumerate(x[1]):
        pen.text((left + column * (CELL + GAP) + CELL // 2, top - GAP), str(value), INK, font, anchor="ms")
    for row, value in enumerate(y[1]):
        pen.text((left - GAP, top + row * (CELL + GAP) + CELL // 2), str(value), INK, font, anchor="rm")
        for column, picture in enumerate(rows[row]):
            at = (left + column * (CELL + GAP), top + row * (CELL + GAP))
            sheet.paste(picture.convert("RGB").resize((CELL, CELL), Image.Resampling.LANCZOS), at)
    return sheet
