"""TensorFlow's flower_photos for captions: what was seen in each photo by eye (`captions.tsv`), as facts.

Facts: {"kind", "framing", "petals": [colours], "background", "centre"?: colour}. Photos are kept a little larger than
pictures (ROOM px), so that each view of one is another crop.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.text2image.paper import SIDE
from models.text2image.words import withheld

ROOM = 152
KINDS = {"daisy": "daisy", "dandelion": "dandelion", "roses": "rose", "sunflowers": "sunflower", "tulips": "tulip"}
# Views of each photo: close-ups and single flowers teach what a flower looks like, wide fields little.
VIEWS = {"closeup": 4, "single": 4, "few": 2, "bouquet": 1, "field": 1}
_OFTENER = {"rose": 1.5, "tulip": 1.5}  # of many colours, few photos of each
_NAMES = {"multicolour": "colourful", "seedhead": "seedhead"}
_CENTRE = re.compile(r"\b(yellow|dark|brown|orange|black|green|golden)(?: \w+)? (?:cent(?:er|re)s?)\b")
_CENTRES = {"dark": "dark", "golden": "yellow"}


@dataclass(frozen=True)
class Photo:
    """A photograph: pixels uint8 (ROOM, ROOM, 3), its facts, and its file, whose name begins with a Flickr id."""

    pixels: NDArray
    facts: dict
    file: str


def read(data: Path, held_out: bool) -> list[Photo]:
    """The photographs of a split; what is withheld from training is held out with the rest."""
    with (data / "flowers" / "captions.tsv").open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["keep"] == "1"]
    photos = []
    for row in rows:
        seen = facts(row)
        if held_out == (row["file"].startswith("val/") or withheld("flower", seen)):
            photos.append(Photo(_read(data / "flowers" / row["file"]), seen, row["file"]))
    return photos


def facts(row: dict) -> dict:
    """The facts of a row of the table."""
    petals = [_NAMES.get(name, name) for name in row["petals"].split("+")]
    found = {"kind": KINDS[row["class"]], "framing": row["framing"], "petals": petals, "background": row["background"]}
    centre = _CENTRE.search(row["caption"].lower())
    if centre and row["class"] in ("daisy", "sunflowers"):
        found["centre"] = _CENTRES.get(centre[1], centre[1])
    return found


def views(facts: dict) -> int:
    """How many views of a photo with these facts a training set holds."""
    often = 0.5 if "seedhead" in facts["petals"] else _OFTENER.get(facts["kind"], 1.0)
    return max(1, round(often * VIEWS[facts["framing"]]))


def _read(path: Path) -> NDArray:
    picture = cv2.imread(str(path))
    if picture is None:
        raise FileNotFoundError(path)
    return cv2.resize(picture[..., ::-1], (ROOM, ROOM), interpolation=cv2.INTER_AREA)


def whole(photo: NDArray) -> NDArray:
    """The photo as a picture, uint8 (SIDE, SIDE, 3)."""
    return cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def view(photo: NDArray, rng: Generator) -> NDArray:
    """Another look at the photo: mirrored, cropped by up to a seventh, a little lighter or warmer."""
    size = int(rng.integers(SIDE + 2, ROOM + 1))
    y, x = rng.integers(0, ROOM - size + 1, 2)
    crop = photo[y : y + size, x : x + size]
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    picture = cv2.resize(np.ascontiguousarray(crop), (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    mean = picture.mean()
    picture = mean + (picture - mean) * rng.uniform(0.93, 1.08) + rng.uniform(-9, 9) + rng.uniform(-4, 4, 3)
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)
