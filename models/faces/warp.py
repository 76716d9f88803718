"""Piecewise affine warps between landmark shapes, as in active appearance models (Cootes, Edwards and Taylor 2001).

One triangulation of the mean shape serves every face, so a warp is: paint the triangle numbers of the wanted shape,
look up each triangle's affine, sample the picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np

SLIVER = 4e-6  # doubled area, in frame units, below which a triangle is not drawn
MARGIN = 0.2  # fixed anchors this far outside the frame, so that hair near the border is not pulled to it
BLEED = 0.08  # pictures in the mean shape show this much more on every side, for shapes that pull the border inwards
SUBPIXEL = 4  # bits after the point in the rasteriser's coordinates


def anchors() -> np.ndarray:
    """Twelve fixed points around the frame, (12, 2)."""
    low, high = -MARGIN, 1 + MARGIN
    steps = np.linspace(low, high, 4)
    ring = [(x, y) for y in (low, high) for x in steps] + [(x, y) for x in (low, high) for y in steps[1:-1]]
    return np.array(ring)


def widen(points: np.ndarray) -> np.ndarray:
    """From frame units to units of the wider picture that has the bleed around it."""
    return (points + BLEED) / (1 + 2 * BLEED)


def narrow(points: np.ndarray) -> np.ndarray:
    """From units of the wider picture back to frame units."""
    return points * (1 + 2 * BLEED) - BLEED


@dataclass(frozen=True)
class Mesh:
    """A triangulation over landmarks plus anchors: `triangles` int (T, 3)."""

    triangles: np.ndarray

    @staticmethod
    def over(mean: np.ndarray) -> "Mesh":
        """Delaunay triangles of the mean shape (189, 2); points closer than half a percent are merged."""
        from scipy.spatial import Delaunay

        points = np.vstack([mean, anchors()])
        kept: list[int] = []
        for index, point in enumerate(points):
            if not kept or np.hypot(*(points[kept] - point).T).min() > 0.005:
                kept.append(index)
        return Mesh(np.array(kept)[Delaunay(points[kept]).simplices])

    def coordinates(self, target: np.ndarray, source: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Where in the source each pixel of the target picture comes from: two float32 (size, size), frame units."""
        target, source = np.vstack([target, anchors()]), np.vstack([source, anchors()])
        number = self._paint(target, size)  # (S, S)
        corners = np.concatenate([target[self.triangles], np.ones((len(self.triangles), 3, 1))], -1)  # (T, 3, 3)
        flat = np.abs(np.linalg.det(corners)) < 1e-7
        corners[flat] += 1e-3 * np.eye(3)
        affine = np.linalg.solve(corners, source[self.triangles]).astype(np.float32)  # (T, 3, 2)
        affine = affine[number]  # (S, S, 3, 2)
        axis = (np.arange(size, dtype=np.float32) + 0.5) / size
        x, y = axis[None, :, None], axis[:, None, None]
        where = affine[:, :, 0] * x + affine[:, :, 1] * y + affine[:, :, 2]  # (S, S, 2)
        return np.ascontiguousarray(where[..., 0]), np.ascontiguousarray(where[..., 1])

    def _paint(self, target: np.ndarray, size: int) -> np.ndarray:
        """The number of the triangle over each pixel, int32 (size, size)."""
        number = np.full((size, size), -1, np.int32)
        corners = target[self.triangles]
        first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
        turn = np.sign(np.median(area))
        # Outer triangles first, so that where the shape folds over itself the inner, finer detail wins.
        order = np.argsort(-np.hypot(*(corners.mean(1) - [0.5, 0.55]).T))
        fixed = np.round((corners * size - 0.5) * (1 << SUBPIXEL)).astype(np.int32)
        for index in order[turn * area[order] > SLIVER]:  # slivers and flips would sample far from their place
            cv2.fillConvexPoly(number, fixed[index], int(index), lineType=cv2.LINE_8, shift=SUBPIXEL)
        while (number < 0).any():
            grown = cv2.dilate(number.astype(np.float32), np.ones((3, 3))).astype(np.int32)
            number = np.where(number < 0, grown, number)
        return number


def sample(picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The picture (S, S, C) at frame coordinates; beyond the border, its edge repeated."""
    side = picture.shape[0]
    return cv2.remap(picture, x * side - 0.5, y * side - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def polygon(shape: np.ndarray, size: int, soft: float = 0.0) -> np.ndarray:
    """A filled polygon as float32 (size, size) in 0..1, blurred by `soft` (frame units)."""
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.round((shape * size - 0.5) * 16).astype(np.int32)], 255, cv2.LINE_AA, SUBPIXEL)
    mask = mask.astype(np.float32) / 255
    return cv2.GaussianBlur(mask, (0, 0), soft * size) if soft else mask
