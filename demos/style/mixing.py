"""A style as text, for links, recipes and orders: one style, or four at the corners of a pad and a place among them.

sower                                       one of the collection
own.<code>                                  a visitor's painting: its code alone, half floats in base64
sower,bedroom,own.<code>,poplars@0.25,0.6   corners, row by row; across and down, from 0 to 1
"""

import math

from numpy.typing import NDArray

from models.errors import BadInput
from models.style import engine, keepsake

OWN = "own."
CORNERS = 4
LONGEST = 8_000  # characters: four paintings of visitors

Weights = tuple[float, float, float, float]


def code_of(text: object) -> NDArray:
    """The code of a style written as text, float32 (code,), by anyone. BadInput for what is none."""
    if not isinstance(text, str) or not text or len(text) > LONGEST:
        raise BadInput("There is no style yet: choose one of the wall, or bring a painting of your own.")
    names = names_in(text)
    if "@" not in text and len(names) == 1:
        return _one(text)
    if len(names) != CORNERS:
        raise BadInput(f"A mix has {CORNERS} styles at its corners; here there are {len(names)}.")
    return engine.mix([_one(name) for name in names], weights(*place_of(text)))


def weights(across: float, down: float) -> Weights:
    """How much of each corner there is at a place: they add up to 1."""
    return ((1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down)


def own_text(code: NDArray) -> str:
    """A painting's code as text; read again, it is the code in half precision."""
    return OWN + keepsake.to_text(code)


def names_in(text: str) -> list[str]:
    """The styles that a text is made of, one or four."""
    return text.partition("@")[0].split(",")


def place_of(text: str) -> tuple[float, float]:
    """The place among four styles, across and down in [0, 1]; BadInput for what is none."""
    try:
        across, down = (float(share) for share in text.partition("@")[2].split(","))
    except ValueError:
        across = down = math.nan
    if not (math.isfinite(across) and math.isfinite(down)):
        raise BadInput("A place among four styles is two numbers from 0 to 1, such as 0.25,0.6.")
    return min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0)


def _one(name: str) -> NDArray:
    return keepsake.from_text(name[len(OWN) :]) if name.startswith(OWN) else engine.code(name)
