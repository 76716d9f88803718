"""Drawings for visitors who would rather not begin with empty paper: fruit, flowers and faces, drawn by code.

Nothing here is traced and nothing is learned: each subject is a few shapes with random proportions, and
`models.sketch.pen` lends them a human hand. The same seed draws the same lines.
"""

from collections.abc import Callable

import numpy as np

from models.errors import BadInput
from models.sketch.doodle_flower import flower
from models.sketch.doodle_fruit import fruit
from models.sketch.doodle_portrait import portrait
from models.sketch.pen import Pen, random_manner, turned
from models.sketch.strokes import Stroke, rasterise

__all__ = ["DOODLES", "doodle", "rasterise"]

DOODLES: dict[str, Callable[[Pen, bool], None]] = {"fruit": fruit, "flower": flower, "portrait": portrait}
_COLOURED = 0.4  # share of drawings with colour hints


def doodle(subject: str, seed: int, coloured: bool | None = None) -> list[Stroke]:
    """A drawing of `subject` ("fruit", "flower" or "portrait"), always the same for one seed.

    coloured: with colour hints or in black ink alone; None leaves that to the seed. Raises BadInput.
    """
    if subject not in DOODLES:
        raise BadInput(f"There is no drawing of {subject!r} here: choose {', '.join(DOODLES)}.")
    rng = np.random.default_rng([list(DOODLES).index(subject), seed])
    by_chance = bool(rng.random() < _COLOURED)
    pen = Pen(rng, random_manner(rng))
    DOODLES[subject](pen, by_chance if coloured is None else coloured)
    # Faces are expected upright and centred.
    askew = (0.006, 0.002) if subject == "portrait" else (0.04, 0.01)
    return turned(pen.strokes, rng, *askew)
