"""The same wish in rows and columns, one setting changed along each: a teaching tool.

Along "word" the first value is a word of the prompt, and each value stands in its place.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from PIL import Image

from models.cache import ModelCache
from models.cluster import anywhere
from models.errors import BadInput
from models.text2image.ask import HOUSE, MOST_GUIDANCE, MOST_PICTURES, MOST_STEPS, Ask, check
from models.text2image.engine import Step, open_house

AXES = ("guidance", "steps", "seed", "word")
MOST_ALONG = 6  # values of an axis
_LIMITS = {"guidance": (1, MOST_GUIDANCE), "steps": (1, MOST_STEPS)}

Axis = tuple[str, Sequence[Any]]


@anywhere("{model}")
def grid_xy(
    ask: Ask,
    x: Axis,
    y: Axis,
    model: str = HOUSE,
    cache: ModelCache | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> list[list[Image.Image]]:
    """Rows (the values of y) of pictures (those of x), all from `ask.seed` unless an axis says otherwise.

    `on_step` hears how far the whole grid is, with the previews of the pictures under work, and ends the work by
    raising. House model only. Raises BadInput for what `cells` refuses; else as `paint`.
    """
    asks = cells(ask, x, y)
    flat = [cell for row in asks for cell in row]
    painted: dict[int, Image.Image] = {}
    passes = batches(flat)
    total, done = sum(flat[batch[0]].steps for batch in passes), 0
    with open_house(model, cache) as pipeline:
        from models.text2image import preview
        from models.text2image.sampling import run

        for batch in passes:
            first = flat[batch[0]]

            def after_step(index: int, _latents: object, estimate: object, done: int = done) -> None:
                if on_step:
                    on_step(Step(done + index + 1, total, preview.show(pipeline, estimate)))

            prompts, seeds = [flat[k].prompt for k in batch], [flat[k].seed for k in batch]
            pictures = run(pipeline, prompts, seeds, first.steps, first.guidance, first.negative_prompt, after_step)
            painted |= dict(zip(batch, pictures, strict=True))
            done += first.steps
    columns = len(asks[0])
    return [[painted[row * columns + column] for column in range(columns)] for row in range(len(asks))]


def cells(ask: Ask, x: Axis, y: Axis) -> list[list[Ask]]:
    """What each cell asks for, rows of columns; BadInput for an axis that cannot be."""
    ask, _ = check(replace(ask, count=1))
    if x[0] == y[0]:
        raise BadInput(f"Both sides of the grid change the {x[0]}: choose two different ones.")
    return [[_moved(column, y, value) for column in _along(ask, x)] for value in _values(ask, y)]


def _along(ask: Ask, axis: Axis) -> list[Ask]:
    return [_moved(ask, axis, value) for value in _values(ask, axis)]


def _values(ask: Ask, axis: Axis) -> list[Any]:
    """The values of an axis, each possible."""
    name, values = axis[0], list(axis[1])
    if name not in AXES:
        raise BadInput(f"A grid cannot change {str(name)[:40]!r}: choose from {', '.join(AXES)}.")
    if not 1 <= len(values) <= MOST_ALONG:
        raise BadInput(f"{len(values)} values were given for the {name}; 1 to {MOST_ALONG} fit along a side.")
    if name == "word":
        _check_word(ask.prompt, values)
    for value in values if name in _LIMITS else ():
        least, most = _LIMITS[name]
        if isinstance(value, str) or not least <= value <= most:
            raise BadInput(f"The grid was asked for {name} {str(value)[:20]}; {least:g} to {most:g} is possible.")
    return values


def _check_word(prompt: str, values: list[str]) -> None:
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise BadInput("A grid over words needs words: first one of the prompt, then those to put in its place.")
    if not _as_word(values[0]).search(prompt):
        raise BadInput(f"The word {values[0][:40]!r} is not in the prompt: begin with one that is.")


def _as_word(word: str) -> re.Pattern:
    return re.compile(rf"(?<!\w){re.escape(word.strip())}(?!\w)", re.IGNORECASE)


def _moved(ask: Ask, axis: Axis, value: Any) -> Ask:
    """The ask with one value of an axis in its place."""
    if axis[0] != "word":
        return check(replace(ask, **{axis[0]: value}))[0]
    return check(replace(ask, prompt=_as_word(axis[1][0]).sub(lambda _: value.strip(), ask.prompt)))[0]


def batches(asks: list[Ask]) -> list[list[int]]:
    """Indices of asks painted in one pass, in the order of the passes: alike in steps and guidance, MOST_PICTURES at
    most."""

    def settings(index: int) -> tuple[int, float]:
        return asks[index].steps, asks[index].guidance

    alike = [list(group) for _, group in groupby(sorted(range(len(asks)), key=settings), settings)]
    return [group[at : at + MOST_PICTURES] for group in alike for at in range(0, len(group), MOST_PICTURES)]
