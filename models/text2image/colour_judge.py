"""Questions about the things of one colour ("the red thing", "red count"), answered by one network for all colours.

Beside the picture the network is shown which colour is meant and how near to it every pixel is, so what it learns of
red circles holds for blue ones too: with a head for every colour it took ten times as many pictures to learn less.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.text2image.paper import PAINTS
from models.text2image.questions import ABSENT, SLOTS

SIDE = 64  # pixels of a picture as it is shown to the network
CHANNELS = 7  # the picture's, the closeness, the colour's own
WIDTHS = (32, 48, 96, 128)
# Colours as they are in cut paper, and of fruit what paper has not.
REFERENCES = PAINTS | {
    "dark red": (104, 26, 32),
    "red and yellow": (206, 120, 62),
    "red and green": (150, 112, 62),
}
_NEAR = 22.0  # distance in CIE Lab at which a pixel is hardly of the colour
_OTHERS = 0.25  # share of lessons about a colour that is not there


def shown(pictures: NDArray, colours: Sequence[str]) -> NDArray:
    """What the network sees: float32 (N, SIDE, SIDE, CHANNELS) of pictures uint8 (N, H, W, 3), a colour for each."""
    return np.stack([_shown(picture, REFERENCES[colour]) for picture, colour in zip(pictures, colours)])


def _shown(picture: NDArray, rgb: tuple[int, int, int]) -> NDArray:
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    lab, wanted = (_lab(part) for part in (small, np.array(rgb, np.uint8)[None, None]))
    near = np.exp(-np.square((lab - wanted) * (0.6, 1, 1)).sum(-1, keepdims=True) / _NEAR**2)  # lightness counts less
    named = np.broadcast_to(np.array(rgb) / 127.5 - 1, small.shape)
    return np.concatenate([small / 127.5 - 1, near, named], 2).astype(np.float32)


def _lab(picture: NDArray) -> NDArray:
    return cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def is_about_colour(question: str) -> bool:
    colour, _, slot = question.rpartition(" ")
    return colour in REFERENCES and slot in SLOTS


def about(told: dict[str, str], colour: str) -> dict[str, str]:
    """The answers about one colour, by slot."""
    found = {slot: told[f"{colour} {slot}"] for slot in SLOTS if f"{colour} {slot}" in told}
    return found or {"thing": ABSENT}


def lesson(told: dict[str, str], rng: np.random.Generator) -> str:
    """A colour to ask about: mostly one that is there."""
    there = [colour for colour in REFERENCES if f"{colour} thing" in told]
    others = [colour for colour in REFERENCES if colour not in there]
    return str(rng.choice(others if not there or rng.random() < _OTHERS else there))
