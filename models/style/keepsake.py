"""What visitors take home: a painting whose recipe makes it again, and codes as text that fits into one."""

import base64
import binascii
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import registry
from models.errors import BadInput
from models.media import Recipe
from models.style.engine import HOUSE

DEMO = "style-transfer"
_UNREADABLE = "That style cannot be read. Please choose one from the wall, or show its painting again."


def recipe(
    photo: str, style: str, strength: float = 1.0, keep_colours: bool = False, seed: int = 0, model: str = HOUSE
) -> Recipe:
    """What it takes to paint this again: the photo's name and the style as the room writes them."""
    spec = registry.get(model)
    settings = {"photo": photo, "style": style, "strength": strength, "keep_colours": keep_colours}
    return Recipe(DEMO, spec.key, spec.version, seed, settings)


def to_text(code: NDArray) -> str:
    """A code (code,) as text, in half precision."""
    return base64.b64encode(np.asarray(code, "<f2").tobytes()).decode()


def from_text(text: Any) -> NDArray[np.float32]:
    """The code (code,) that `to_text` wrote; BadInput for anything else."""
    try:
        code = np.frombuffer(base64.b64decode(text, validate=True), "<f2").astype(np.float32)
    except (TypeError, ValueError, binascii.Error):
        raise BadInput(_UNREADABLE) from None
    if not len(code) or not np.isfinite(code).all():
        raise BadInput(_UNREADABLE)
    return code
