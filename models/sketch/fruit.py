"""Fruits-360 for sketch-to-photo: one fruit on white, cut out, its turntable pin removed, its stem told apart."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch.contours import inner_lines, largest_part, outline, stem
from models.sketch.data import Example
from models.sketch.garnish import garnish
from models.sketch.hand import Line

SPOILT = ("Apple 23", "Apple Rotten 1", "Apple worm 1", "Apple 9")  # eaten, mouldy, holed: nobody draws those
HELD_OUT = (
    "Apple Braeburn 1",
    "Apple 14",
    "Apple Golden 3",
    "Cherry 3",
    "Cherry Wax Red 2",
    "Tomato 5",
    "Tomato Cherry Orange 1",
    "Tomato Heart 1",
)


def _mask(photo: NDArray) -> NDArray:
    return largest_part(photo.min(axis=2) < 235)


def _without_pin(mask: NDArray, body: NDArray) -> NDArray:
    """The mask less what sticks out below the body: the pin of the turntable."""
    lowest = np.argwhere(body)[:, 0].max() if body.any() else mask.shape[0]
    centre = np.argwhere(body)[:, 0].mean() if body.any() else 0
    rows = np.arange(mask.shape[0])[:, None]
    return mask & ~((rows > min(lowest - 2, 0.55 * lowest + 0.45 * centre + 40)) & ~body)


def example(path: Path, size: int) -> Example:
    """Read, enlarge, cut out. The photo is pure white outside the fruit."""
    photo = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    photo = cv2.resize(photo, (size - 8, size - 8), interpolation=cv2.INTER_CUBIC)
    photo = cv2.copyMakeBorder(photo, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    mask = _mask(photo)
    body, _ = stem(mask)
    mask = _without_pin(mask, body)
    body, stalk = stem(mask)
    soft = cv2.GaussianBlur(cv2.erode(mask.astype(np.uint8), np.ones((3, 3))).astype(np.float32), (0, 0), 0.8)[
        ..., None
    ]
    photo = (photo * soft + 255 * (1 - soft)).astype(np.uint8)
    lines = outline(body) + stalk + inner_lines(photo, body)
    return Example(photo, mask, lines, path.parent.name)


def _with_stalk(plain: Example, rng: np.random.Generator) -> Example:
    """The same fruit, smaller and lower in the frame, with a stalk and perhaps a leaf of ours on top."""
    side, scale = plain.photo.shape[0], rng.uniform(0.6, 0.78)
    offset = np.array([0.5 - 0.5 * scale, 0.97 - scale])
    matrix = np.hstack([np.eye(2) * scale, offset[:, None] * side])
    photo = cv2.warpAffine(plain.photo, matrix, (side, side), flags=cv2.INTER_AREA, borderValue=(255, 255, 255))
    inside = cv2.warpAffine(plain.inside.astype(np.uint8), matrix, (side, side), flags=cv2.INTER_NEAREST) > 0
    lines = [Line(line.points * scale + offset, line.inner, line.closed) for line in plain.lines]
    photo, inside, added = garnish(photo, inside, rng)
    return Example(photo, inside, lines + added, plain.group)


def _examples(folder: Path, size: int, rng: np.random.Generator) -> list[Example]:
    found = [e for e in (example(path, size) for path in sorted(folder.glob("*.jpg"))[:120]) if e.lines]
    bare = [e for e in found if len([line for line in e.lines if not line.inner]) == 1]
    return found + [_with_stalk(e, rng) for e in bare[::2]]


def read(data: Path, size: int) -> tuple[list[Example], list[Example]]:
    """(training, held-out) examples; whole varieties are held out, since neighbouring views are near duplicates."""
    train, held_out, rng = [], [], np.random.default_rng(0)
    for folder in sorted((data / "fruits360").glob("*/*")):
        if folder.name in SPOILT:
            continue
        (held_out if folder.name in HELD_OUT else train).extend(_examples(folder, size, rng))
    return train, held_out
