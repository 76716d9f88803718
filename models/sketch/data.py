"""The training pictures of sketch-to-photo: photographs, where their object is, and the lines a person would draw.

| subject | source | licence |
| --- | --- | --- |
| fruit | Fruits-360, 63 varieties of apple, cherry and tomato (Oltean, fruits-360-3-body-problem) | CC BY-SA 4.0 |
| flower | TensorFlow flower_photos, the single and close-up ones | CC BY 2.0, credited per photo |
| portrait | morphs of at least three people of the Face Research Lab London Set (`models/faces/data.py`) | CC BY 4.0 |

`python -m models.sketch.data --subject fruit --data DIR` shows a sheet of drawings and photographs.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from models.sketch.hand import Hand, Line, draw

SUBJECTS = ("fruit", "flower", "portrait")


@dataclass(frozen=True)
class Example:
    """One photograph: uint8 (S, S, 3); where its object is: bool (S, S); its lines; its variety or file.

    `parts`: masks like `inside` of what has a colour of its own (hair, face) and may be coloured in by itself.
    """

    photo: NDArray
    inside: NDArray
    lines: list[Line]
    group: str
    parts: tuple[NDArray, ...] = ()


@dataclass(frozen=True)
class Framing:
    """How an example may be moved in the frame, and what lies beyond its edge."""

    scale: tuple[float, float]
    turn: float  # radians, either way
    shift: float  # of the side, either way
    border: int
    detail: float = 1.0  # see Hand.random
    together: float = 0.0  # chance that two or three examples share one picture (cut-outs on white only)


FRAMING = {
    "fruit": Framing((0.62, 1.0), 0.3, 0.02, cv2.BORDER_CONSTANT, together=0.2),
    "flower": Framing((0.95, 1.25), 0.2, 0.06, cv2.BORDER_REFLECT_101, detail=0.55),
    "portrait": Framing((0.97, 1.12), 0.05, 0.03, cv2.BORDER_REPLICATE, detail=0.5),
}


def load(subject: str, data: Path, size: int = 128) -> tuple[list[Example], list[Example]]:
    """Training and held-out examples of a subject. No group (variety, file, donor) is in both."""
    if subject == "fruit":
        from models.sketch.fruit import read
    elif subject == "flower":
        from models.sketch.flower import read
    elif subject == "portrait":
        from models.sketch.portrait import read
    else:
        raise ValueError(f"no subject {subject!r}: one of {', '.join(SUBJECTS)}")
    return read(data, size)


def moved(example: Example, framing: Framing, rng: Generator, scale: float = 1.0, to: NDArray | None = None) -> Example:
    """The example turned, scaled, shifted, perhaps mirrored; `scale` and `to` (x, y in 0..1) place it among others."""
    side = example.photo.shape[0]
    scale *= rng.uniform(*framing.scale)
    angle = rng.uniform(-framing.turn, framing.turn)
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    matrix = (
        scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) @ np.diag([mirror, 1.0])
    )
    room = framing.shift + max(0.0, 1 - scale) * 0.5 * (framing.together > 0)
    centre = 0.5 + rng.uniform(-room, room, 2) if to is None else to
    offset = centre - matrix @ np.array([0.5, 0.5])
    pixels = np.hstack([matrix, offset[:, None] * side])
    options = dict(borderMode=framing.border, borderValue=(255, 255, 255))
    photo = cv2.warpAffine(
        example.photo, pixels, (side, side), flags=cv2.INTER_AREA if scale < 0.7 else cv2.INTER_LINEAR, **options
    )
    inside, *parts = (
        cv2.warpAffine(mask.astype(np.uint8), pixels, (side, side), flags=cv2.INTER_NEAREST).astype(bool)
        for mask in (example.inside, *example.parts)
    )
    lines = [Line(line.points @ matrix.T + offset, line.inner, line.closed) for line in example.lines]
    return Example(photo, inside, lines, example.group, tuple(parts))


def _beside(examples: list[Example], framing: Framing, rng: Generator) -> Example:
    """Two or three cut-outs of one kind in one picture, the later ones in front."""
    count = len(examples)
    spots = np.stack([(np.arange(count) + 0.5) / count, 0.5 + rng.uniform(-0.15, 0.15, count)], 1)
    parts = [moved(e, framing, rng, 1.25 / count, to) for e, to in zip(examples, spots)]
    photo, inside = parts[0].photo.copy(), parts[0].inside.copy()
    for part in parts[1:]:
        photo[part.inside] = part.photo[part.inside]
        inside |= part.inside
    return Example(photo, inside, [line for part in parts for line in part.lines], examples[0].group)


def pair(
    examples: list[Example], subject: str, rng: Generator, index: int | None = None
) -> tuple[NDArray, Example, Hand]:
    """One training pair: (drawing uint8 (S, S, 3), the moved example, the hand that drew it)."""
    framing = FRAMING[subject]
    index = int(rng.integers(len(examples))) if index is None else index
    if rng.random() < framing.together:
        same = [e for e in examples[max(0, index - 40) : index + 40] if e.group == examples[index].group]
        picked = [same[i] for i in rng.integers(len(same), size=rng.integers(2, 4))]
        example = _beside(picked, framing, rng)
    else:
        example = moved(examples[index], framing, rng)
    hand = Hand.random(rng, framing.detail)
    areas = example.parts or (example.inside,)
    return draw(example.lines, example.photo, areas, hand, rng), example, hand


def sheet(examples: list[Example], subject: str, count: int = 64, seed: int = 0) -> Image.Image:
    """Drawings beside the photographs they were made from, `count` pairs, for looking at."""
    rng = np.random.default_rng(seed)
    pairs = [pair(examples, subject, rng)[:2] for _ in range(count)]
    tiles = [np.concatenate([drawing, example.photo], axis=1) for drawing, example in pairs]
    rows = [np.concatenate(tiles[i : i + 8], axis=1) for i in range(0, count - count % 8, 8)]
    return Image.fromarray(np.concatenate(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subject", choices=SUBJECTS, default="fruit")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("sketch-sheet.png"))
    args = parser.parse_args()
    train, held_out = load(args.subject, args.data)
    print(f"{len(train)} training and {len(held_out)} held-out photographs of {args.subject}")
    sheet(train, args.subject).save(args.out)


if __name__ == "__main__":
    main()
