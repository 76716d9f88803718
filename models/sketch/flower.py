"""flower_photos for sketch-to-photo: the bloom told apart from what is behind it, by the colour its caption names.

Pictures were captioned by eye (`captions.tsv`); the petal colour says which pixels are surely bloom, and GrabCut
(Rother et al. 2004) finds the rest. Pictures where that fails, by the size and shape of what was found, are left out.
"""

import csv
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch.contours import inner_lines, largest_part, outline
from models.sketch.data import Example
from models.sketch.hand import Line

FRAMINGS = ("closeup", "single", "few")
# Petal colour names as ranges of OpenCV's hue (0..180), saturation and value (0..255): (low, high).
_HUES = {
    "yellow": [((18, 90, 90), (34, 255, 255))],
    "orange": [((6, 110, 90), (20, 255, 255))],
    "red": [((0, 110, 60), (9, 255, 255)), ((165, 110, 60), (180, 255, 255))],
    "pink": [((140, 35, 100), (180, 255, 255)), ((0, 35, 150), (10, 170, 255))],
    "purple": [((118, 45, 50), (165, 255, 255))],
    "white": [((0, 0, 150), (180, 60, 255))],
    "seedhead": [((0, 0, 110), (180, 75, 255))],
}


def _petals(photo: NDArray, colours: str) -> NDArray:
    """Bool (S, S): pixels of the colours named, anything vivid and not green where the name says nothing."""
    hsv = cv2.cvtColor(cv2.GaussianBlur(photo, (0, 0), 1.2), cv2.COLOR_RGB2HSV)
    ranges = [r for name in colours.split("+") for r in _HUES.get(name, [])]
    if not ranges:
        ranges = [((0, 90, 80), (30, 255, 255)), ((120, 50, 60), (180, 255, 255)), _HUES["white"][0]]
    return np.any([cv2.inRange(hsv, low, high) > 0 for low, high in ranges], axis=0)


def _bloom(photo: NDArray, colours: str) -> NDArray:
    """Bool (S, S): the blooms, or nothing where they cannot be told from the background."""
    side = photo.shape[0]
    y, x = np.mgrid[:side, :side] / side - 0.5
    petals = _petals(photo, colours)
    near = cv2.morphologyEx(petals.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((side // 12, side // 12))) > 0
    labels = np.where(near, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    sure = cv2.erode(petals.astype(np.uint8), np.ones((5, 5))) > 0
    labels[sure & (np.hypot(x, y) < 0.42)] = cv2.GC_FGD
    labels[~near & (np.hypot(x, y) > 0.52)] = cv2.GC_BGD
    if (labels == cv2.GC_FGD).sum() < 40 or (labels == cv2.GC_BGD).sum() < 40:
        return np.zeros((side, side), bool)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    labels, *_ = cv2.grabCut(np.ascontiguousarray(photo[..., ::-1]), labels, None, *models, 3, cv2.GC_INIT_WITH_MASK)
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3)))
    return cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((5, 5))) > 0


def _filled_parts(mask: NDArray, smallest: float = 0.012) -> NDArray:
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = [c for c in outlines if cv2.contourArea(c) > smallest * mask.size]
    return (
        cv2.drawContours(np.zeros(mask.shape, np.uint8), large, -1, 1, cv2.FILLED) > 0 if large else np.zeros_like(mask)
    )


def _stems(photo: NDArray, bloom: NDArray) -> list[Line]:
    """Long, roughly upright edges below the bloom: stems and leaves."""
    around = ~cv2.dilate(bloom.astype(np.uint8), np.ones((7, 7))).astype(bool)
    lines = inner_lines(cv2.GaussianBlur(photo, (0, 0), 1.0), around, most=4, low=60, high=150)
    upright = [line for line in lines if np.ptp(line.points[:, 1]) > max(0.2, 1.5 * np.ptp(line.points[:, 0]))]
    return [line for line in upright if line.points[:, 1].mean() > 0.45][:3]


def _centre(photo: NDArray, bloom: NDArray) -> list[Line]:
    """The outline of a daisy's or sunflower's disc: a compact part of another colour in the middle of the bloom."""
    part = largest_part(bloom)
    at = np.argwhere(part)
    lab = cv2.cvtColor(cv2.GaussianBlur(photo, (0, 0), 1.5), cv2.COLOR_RGB2LAB)[part].astype(np.float32)
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_MAX_ITER, 12, 0)
    _, kind, tones = cv2.kmeans(lab, 2, None, stop, 2, cv2.KMEANS_PP_CENTERS)
    away = np.hypot(*(at - at.mean(0)).T)
    inner = min((0, 1), key=lambda k: away[kind[:, 0] == k].mean())
    disc = np.zeros_like(part)
    disc[tuple(at[kind[:, 0] == inner].T)] = True
    disc = largest_part(cv2.morphologyEx(disc.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5))) > 0)
    share = disc.sum() / part.sum()
    hull = cv2.convexHull(np.argwhere(disc)[:, ::-1].astype(np.int32)) if disc.any() else None
    if hull is None or not 0.03 < share < 0.5 or np.linalg.norm(tones[0] - tones[1]) < 30:
        return []
    round_enough = disc.sum() > 0.75 * cv2.contourArea(hull)
    central = np.hypot(*(np.argwhere(disc).mean(0) - at.mean(0))) < 0.25 * np.sqrt(part.sum())
    return outline(disc) if round_enough and central else []


def example(photo: NDArray, colours: str, name: str) -> Example | None:
    """The photo uint8 (S, S, 3) with its blooms and lines, or None where no bloom could be told apart."""
    bloom = _filled_parts(_bloom(photo, colours))
    lines = outline(bloom)
    edge = np.concatenate([bloom[0], bloom[-1], bloom[:, 0], bloom[:, -1]])
    if not 0.06 < bloom.mean() < 0.8 or not 1 <= len(lines) <= 4 or edge.mean() > 0.3:
        return None
    lines += _centre(photo, bloom) + inner_lines(photo, bloom, most=10, low=60, high=140) + _stems(photo, bloom)
    return Example(photo, bloom, lines, name)


def read(data: Path, size: int) -> tuple[list[Example], list[Example]]:
    """(training, held-out) examples, split by file as the collection is: `train/` and `val/`."""
    with (data / "flowers" / "captions.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    train, held_out = [], []
    for row in rows:
        if row["keep"] != "1" or row["framing"] not in FRAMINGS:
            continue
        photo = cv2.cvtColor(cv2.imread(str(data / "flowers" / row["file"])), cv2.COLOR_BGR2RGB)
        photo = cv2.resize(photo, (size, size), interpolation=cv2.INTER_AREA)
        if found := example(photo, row["petals"], row["file"]):
            (train if row["file"].startswith("train") else held_out).append(found)
    return train, held_out
