"""The London set as raw material: photographs matted, tracked from neutral to smiling, brought to one shape.

Face Research Lab London Set, DeBruine and Jones 2017, CC BY 4.0, doi:10.6084/m9.figshare.5047666.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.faces import landmarks as lm
from models.faces.hair import BALD, hair_mask, has_fringe
from models.faces.matte import Portrait, read_portrait
from models.faces.smile import lost_smiles, open_lips, track_smile
from models.faces.warp import BLEED, Mesh, narrow, widen

TEMPLATE_SCALE = 2  # template files are in 1350-pixel coordinates, the pictures are 675 pixels


@dataclass(frozen=True)
class Volunteer:
    """One person, neutral (0) and smiling (1), warped to the two mean shapes with a bleed around the frame."""

    name: str
    woman: bool
    age: float
    shapes: np.ndarray  # float32 (2, 189, 2), frame units
    pictures: np.ndarray  # uint8 (2, S, S, 4), premultiplied
    hair: np.ndarray  # uint8 (2, S, S)
    fringe: bool  # hair over the forehead down to the brows
    teeth: bool  # lips part in the smile
    bald: bool  # the crown has the forehead's colour: bald, shaved, or very fair


@dataclass(frozen=True)
class Cast:
    """Every volunteer, with the shapes and triangles they share."""

    people: tuple[Volunteer, ...]
    mean: np.ndarray  # float32 (2, 189, 2): symmetric mean shape, neutral and smiling
    mesh: Mesh
    order: np.ndarray  # mirror partner of each landmark


def read_cast(folder: Path, size: int, limit: int | None = None) -> Cast:
    """Read the London set (or its first `limit` people), whose smile was not lost, and warp them to the mean shapes.

    `size` is the side of the finished frame in pixels; the pictures kept are wider by the bleed.
    """
    portraits, facts = [], []
    for row in csv.DictReader((folder / "london_info.csv").open()):
        if not row["face_age"].replace(".", "").isdigit():  # two volunteers gave no age
            continue
        portraits.append(read_pair(folder, row["face_id"]))
        facts.append((row["face_id"], row["face_gender"] == "female", float(row["face_age"])))
        if len(facts) == limit:
            break
    frames = [[lm.to_frame(portrait.points) for portrait in pair] for pair in portraits]
    shapes = np.array(
        [
            [lm.transform(frame, portrait.points) for frame, portrait in zip(*both, strict=True)]
            for both in zip(frames, portraits, strict=True)
        ]
    )  # (N, 2, 189, 2)
    kept = np.flatnonzero(~lost_smiles(shapes))
    portraits, facts, frames = ([things[index] for index in kept] for things in (portraits, facts, frames))
    shapes = shapes[kept]
    mean = shapes.mean(0)
    order = lm.mirror_order(mean[0])
    mean = np.stack([(shape + lm.mirror(shape, order)) / 2 for shape in mean])
    mesh = Mesh.over(mean[1])
    wide = round(size * (1 + 2 * BLEED))
    people = tuple(
        _settle(pair, frame, shape, mean, mesh, wide, fact)
        for pair, frame, shape, fact in zip(portraits, frames, shapes, facts, strict=True)
    )
    return Cast(people, mean.astype(np.float32), mesh, order)


def read_pair(folder: Path, name: str) -> tuple[Portrait, Portrait]:
    """The neutral and the smiling photograph of one volunteer."""
    neutral, smiling = (
        cv2.cvtColor(cv2.imread(str(folder / f"{name}_{kind}.jpg")), cv2.COLOR_BGR2RGB) for kind in ("03", "08")
    )
    points = lm.read_template(folder / f"{name}_03.tem") / TEMPLATE_SCALE
    smile = open_lips(smiling, track_smile(neutral, smiling, points))
    return read_portrait(neutral, points), read_portrait(smiling, smile)


def _settle(pair, frames, shapes, mean, mesh: Mesh, size: int, fact) -> Volunteer:
    """Warp a pair of portraits to the mean shapes and find the hair."""
    pictures, hair, apart = [], [], []
    for portrait, frame, shape, target in zip(pair, frames, shapes, mean, strict=True):
        x, y = mesh.coordinates(widen(target), widen(shape), size)
        scale = np.hypot(*frame[:, 0]) * size / (1 + 2 * BLEED)
        rgba = cv2.GaussianBlur(portrait.rgba, (0, 0), 0.35 / scale) if scale < 1 else portrait.rgba
        where = lm.transform(lm.invert(frame), narrow(np.stack([x, y], -1))).astype(np.float32)
        picture = cv2.remap(rgba, where[..., 0], where[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        picture = np.clip(picture, 0, 255)
        picture[..., :3] = np.minimum(picture[..., :3], picture[..., 3:])  # cubic sampling rings at the outline
        mask, distance = hair_mask(picture, widen(target))
        hair.append(mask)
        apart.append(distance)
        pictures.append(picture.round().astype(np.uint8))
    if min(apart) < BALD:  # light changes between the photographs: a head is bald in both or in neither
        hair = [np.zeros_like(mask) for mask in hair]
    name, woman, age = fact
    return Volunteer(
        name,
        woman,
        age,
        shapes.astype(np.float32),
        np.stack(pictures),
        np.stack(hair),
        has_fringe(hair[0], widen(mean[0])),
        _parts_lips(shapes[1]),
        any(portrait.bald for portrait in pair),
    )


def _parts_lips(shape: np.ndarray) -> bool:
    """Whether the inner lips of a shape are apart: by more than 3 % of an eye distance's square in area."""
    area = cv2.contourArea(shape[lm.MOUTH_OPENING].astype(np.float32))
    return area > 0.03 * lm.EYE_DISTANCE**2
