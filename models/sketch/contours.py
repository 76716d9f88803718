"""Lines found in a photograph, ready to be redrawn by a hand: the outline of its object and the strong lines inside."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch.hand import Line

_SHORTEST_INNER = 0.09  # of the side: shorter edges are texture, not something a person would draw


def largest_part(mask: NDArray, holes: bool = False) -> NDArray:
    """The largest connected part of a bool (S, S) mask, its holes filled unless `holes`."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return np.zeros_like(mask, bool)
    part = (labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    if not holes:
        outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(part, outlines, -1, 1, cv2.FILLED)
    return part.astype(bool)


def outline(mask: NDArray, smallest: float = 0.004) -> list[Line]:
    """Closed outlines of every part of a bool (S, S) mask larger than `smallest` of the picture."""
    side = mask.shape[0]
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = [c[:, 0] for c in found if cv2.contourArea(c) > smallest * side * side]
    return [Line((c + 0.5) / side, closed=True) for c in large if len(c) > 8]


def stem(mask: NDArray) -> tuple[NDArray, list[Line]]:
    """Split a thin stem off a fruit: (body without it, the stem as one open line, or no line)."""
    side = mask.shape[0]
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side // 10 | 1, side // 10 | 1))
    body = largest_part(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel).astype(bool))
    thin = largest_part(mask & ~cv2.dilate(body.astype(np.uint8), np.ones((3, 3))).astype(bool))
    at = np.argwhere(thin)[:, ::-1].astype(float)  # (n, 2) x, y
    if len(at) < 12 or np.ptp(at, axis=0).max() < 0.07 * side:
        return body, []
    centred = at - at.mean(0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    bins = np.array_split(np.argsort(along), max(3, int(np.ptp(along) / 4)))
    return body, [Line((np.stack([at[b].mean(0) for b in bins]) + 0.5) / side)]


def inner_lines(photo: NDArray, inside: NDArray, most: int = 6, low: int = 40, high: int = 110) -> list[Line]:
    """The longest edges well inside the object: photo uint8 (S, S, 3), inside bool (S, S)."""
    side = photo.shape[0]
    calm = cv2.bilateralFilter(photo, 7, 50, 5)
    edges = np.maximum.reduce([cv2.Canny(calm[..., k], low, high) for k in range(3)])
    well_inside = cv2.erode(inside.astype(np.uint8), np.ones((side // 21, side // 21)))
    found, _ = cv2.findContours(edges * well_inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    halves = [c[: len(c) // 2 + 1, 0] for c in found]  # a traced edge goes there and back again
    long = sorted((h for h in halves if len(h) > _SHORTEST_INNER * side), key=len, reverse=True)[:most]
    return [Line((h + 0.5) / side, inner=True) for h in long]
