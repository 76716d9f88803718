"""Portraits for sketch-to-photo: morphs of at least three people, and the lines with which people draw a face.

The morphs come with landmarks and masks (`models/faces/data.py`), so the lines are exact. No two people draw an eye
alike: each face draws one way of drawing each feature. Rendered once, into `runs/`, when they are not there yet.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.faces import landmarks as lm
from models.faces.data import WORKING_SIDE, Maker, make_set
from models.faces.glasses import SHAPES, lens
from models.faces.store import Morphs
from models.faces.volunteers import read_cast
from models.sketch.contours import outline
from models.sketch.data import Example
from models.sketch.hand import Line

RENDERED = Path("runs/faces-128")
SEED = 2
COUNTS = {"train": 5000, "held-out": 1000}
_LEFT_EAR, _RIGHT_EAR = list(range(115, 120)), list(range(120, 125))


def _ellipse(centre: NDArray, width: float, height: float) -> NDArray:
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    return centre + np.stack([np.cos(angle) * width, np.sin(angle) * height], 1)


def _eyes(face: NDArray, rng: Generator) -> list[Line]:
    """Almond and iris, lid and dot, or just two ovals."""
    way, lines = rng.integers(3), []
    for eye, iris in ((lm.LEFT_EYE, lm.LEFT_IRIS), (lm.RIGHT_EYE, lm.RIGHT_IRIS)):
        almond, ball = face[eye], face[iris]
        middle, wide = almond.mean(0), np.ptp(almond[:, 0])
        if way == 0:
            lines += [Line(almond, closed=True), Line(_ellipse(ball.mean(0), 0.2 * wide, 0.2 * wide), True, True)]
        elif way == 1:
            lines += [Line(almond[:5]), Line(_ellipse(ball.mean(0), 0.1 * wide, 0.1 * wide), closed=True)]
        else:
            lines += [Line(_ellipse(middle, 0.5 * wide, rng.uniform(0.2, 0.35) * wide), closed=True)]
            lines += [Line(_ellipse(ball.mean(0), 0.09 * wide, 0.09 * wide), True, True)]
    return lines


def _brows(face: NDArray, rng: Generator) -> list[Line]:
    if rng.random() < 0.35:
        return [Line(face[brow], True, True) for brow in (lm.LEFT_BROW, lm.RIGHT_BROW)]
    return [Line(face[brow[:6]] + [0, 0.006], True) for brow in (lm.LEFT_BROW, lm.RIGHT_BROW)]


def _nose(face: NDArray, rng: Generator) -> list[Line]:
    """A bow under the tip, with or without one side of the bridge, or two nostrils."""
    nose = face[lm.NOSE]
    low, wide = nose[nose[:, 1] > nose[:, 1].max() - 0.3 * np.ptp(nose[:, 1])], np.ptp(nose[:, 0])
    bow = low[np.argsort(low[:, 0])]
    way = rng.integers(3)
    if way == 2:
        base = bow.mean(0)
        return [Line(_ellipse(base + [s * 0.2 * wide, 0], 0.09 * wide, 0.05 * wide), True, True) for s in (-1, 1)]
    lines = [Line(bow, True)]
    if way == 1:
        side = rng.choice([-1, 1])
        top = np.array([0.5 + side * 0.02, lm.EYE_HEIGHT + 0.01])
        lines.append(Line(np.stack([top, (top + bow[0 if side < 0 else -1]) / 2, bow[0 if side < 0 else -1]]), True))
    return lines


def _mouth(face: NDArray, rng: Generator) -> list[Line]:
    """Full lips, lips around an opening, or one line with a stroke under it."""
    middle = Line((face[lm.INNER_UPPER] + face[lm.INNER_LOWER]) / 2)
    way = rng.integers(3)
    if way == 0:
        return [Line(face[lm.LIPS], closed=True), Line(middle.points, True)]
    if way == 1:
        return [Line(face[lm.INNER_UPPER]), Line(face[lm.INNER_LOWER]), Line(face[lm.LOWER_LIP], True)]
    return [middle, Line(face[lm.LOWER_LIP][2:5], True)]


def _glasses(face: NDArray, shape: str) -> list[Line]:
    eye = float(np.hypot(*(face[lm.RIGHT_PUPIL] - face[lm.LEFT_PUPIL])))
    centres = [face[index] + [side * 0.03 * eye, 0.06 * eye] for side, index in ((-1, 0), (1, 1))]
    rims = [c + eye * lens(shape, 0.39, 0.39 * 0.8, side) for side, c in zip((-1, 1), centres)]
    across = np.stack([rims[0][rims[0][:, 0].argmax()], (centres[0] + centres[1]) / 2 - [0, 0.06 * eye]])
    bridge = np.concatenate([across, rims[1][rims[1][:, 0].argmin()][None]])
    arms = [np.stack([rim[pick(rim[:, 0])], face[ear]]) for rim, pick, ear in
            ((rims[0], np.argmin, lm.EAR_ROOTS[0]), (rims[1], np.argmax, lm.EAR_ROOTS[1]))]  # fmt: skip
    return [*(Line(rim, closed=True) for rim in rims), Line(bridge), *(Line(arm, True) for arm in arms)]


def _head(face: NDArray, hair: NDArray, rng: Generator) -> list[Line]:
    """The face's oval, or only its jaw where hair closes it; the hair's outlines; ears."""
    hairy = hair.mean() > 0.015
    jaw = face[[lm.EAR_ROOTS[0], *lm.JAW, lm.EAR_ROOTS[1]]]
    oval = Line(face[lm.FACE], closed=True) if not hairy or rng.random() < 0.4 else Line(jaw)
    smooth = cv2.GaussianBlur(hair.astype(np.float32), (0, 0), 1.2) > 0.5
    locks = outline(smooth, smallest=0.006) if hairy else []
    ears = [Line(face[ear], True) for ear in (_LEFT_EAR, _RIGHT_EAR)]
    return [oval, *locks, *ears]


def _shoulders(face: NDArray, alpha: NDArray) -> list[Line]:
    """The outline of neck, clothes and long hair below the ears, as one line a side."""
    side = alpha.shape[0]
    lines = []
    for found in outline(alpha, smallest=0.1)[:1]:
        points = found.points
        keep = (points[:, 1] > face[lm.EAR_ROOTS[0], 1] + 0.1) & (points[:, 1] < 1 - 2 / side)
        keep &= (points[:, 0] > 2 / side) & (points[:, 0] < 1 - 2 / side)
        for half in (points[keep & (points[:, 0] < 0.5)], points[keep & (points[:, 0] >= 0.5)]):
            if len(half) > 6:
                lines.append(Line(half[np.argsort(half[:, 1])]))
    return lines


def lines_of(face: NDArray, hair: NDArray, alpha: NDArray, frames: str | None, rng: Generator) -> list[Line]:
    """The lines of one face: landmarks float (189, 2) in units of the side, masks bool (S, S), shape of glasses."""
    lines = _head(face, hair, rng) + _eyes(face, rng) + _brows(face, rng) + _nose(face, rng) + _mouth(face, rng)
    if rng.random() < 0.85:
        lines += _shoulders(face, alpha)
    return lines + (_glasses(face, frames) if frames else [])


def _parts(face: NDArray, hair: NDArray) -> tuple[NDArray, ...]:
    """Face without hair, and hair where there is enough of it to colour in: bool (S, S) each."""
    skin = np.zeros(hair.shape, np.uint8)
    cv2.fillPoly(skin, [np.round(face[lm.FACE] * hair.shape[0]).astype(np.int32)], 1)
    return ((skin > 0) & ~hair, hair) if hair.mean() > 0.015 else (skin > 0,)


def _rendered(data: Path, split: str, size: int) -> Morphs:
    folder = RENDERED / split
    try:
        return Morphs(folder)
    except FileNotFoundError:  # not rendered, or not to the end
        cast = read_cast(data / "faces-london", WORKING_SIDE[size])
        return make_set(Maker(cast, split, SEED, size), folder, COUNTS[split], workers=2)


def read(data: Path, size: int) -> tuple[list[Example], list[Example]]:
    """(training, held-out) examples; held-out faces are made of people who are in no training face."""
    return tuple(_examples(_rendered(data, split, size)) for split in ("train", "held-out"))


def _examples(morphs: Morphs) -> list[Example]:
    every = range(len(morphs))
    photos, alphas, hairs = morphs.images(every), morphs.masks(every, "alpha") > 128, morphs.masks(every, "hair") > 128
    frames = morphs.labels["frame_shape"]
    return [
        Example(
            photos[i],
            alphas[i],
            lines_of(
                morphs.landmarks[i].astype(float), hairs[i], alphas[i],
                SHAPES[frames[i]] if frames[i] >= 0 else None, np.random.default_rng(i),
            ),
            str(i),
            _parts(morphs.landmarks[i].astype(float), hairs[i]),
        )
        for i in every
    ]  # fmt: skip
