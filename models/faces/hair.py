"""A soft hair mask for a face in the common shape: colour likelihoods, a prior from the landmarks, edges from it.

The likelihood ratio of two Gaussians in Lab (skin from the cheeks and nose, hair from the band over the hairline)
is weighed against where hair may be, and smoothed with the guided filter of He, Sun and Tang (2013) so that strands
keep their edges.
"""

import cv2
import numpy as np

from models.faces import landmarks as lm
from models.faces.warp import polygon

BALD = 6.0  # squared distance of the scalp's colours from the skin's under which there is no hair to speak of


def hair_mask(picture: np.ndarray, shape: np.ndarray) -> tuple[np.ndarray, float]:
    """Hair of a premultiplied picture, float32 (S, S, 4) in 0..255, whose landmarks are `shape`: uint8 (S, S).

    Also how far the scalp's colour is from the skin's, a squared Mahalanobis distance: under BALD the mask is empty.
    """
    size = picture.shape[0]
    alpha = picture[..., 3] / 255
    colour = picture[..., :3] / np.maximum(alpha, 0.05)[..., None]
    lab = cv2.cvtColor((np.clip(colour, 0, 255) / 255).astype(np.float32), cv2.COLOR_RGB2LAB)
    face, core = polygon(shape[lm.FACE], size), _core(shape, size)
    skin_sure = (core > 0.9) & (alpha > 0.9)
    row = (np.arange(size)[:, None] + 0.5) / size
    brow = shape[lm.LEFT_BROW + lm.RIGHT_BROW, 1].min()
    hair_sure = (polygon(_lifted(shape), size) < 0.1) & (alpha > 0.95) & (row < brow + 0.02)
    if skin_sure.sum() < 20 or hair_sure.sum() < 20:
        return np.zeros((size, size), np.uint8), 0.0
    apart = float(_distance(lab[hair_sure], lab[skin_sure]).mean())
    if apart < BALD:
        return np.zeros((size, size), np.uint8), apart
    ratio = _distance(lab, lab[skin_sure]) - _distance(lab, lab[hair_sure])
    evidence = np.clip(0.5 + ratio / 16, 0, 1) * np.clip(_distance(lab, lab[skin_sure]) / 12, 0, 1)
    prior = _prior(shape, size, face, row)
    mask = np.clip(evidence + prior, 0, 1) * (1 - core)
    mask = _guided(lab[..., 0] / 100, mask.astype(np.float32), max(2, size // 64), 1e-3)
    mask = np.clip((mask - 0.25) / 0.5, 0, 1) * (1 - core)
    mask *= _rooted(mask > 0.3, hair_sure)
    return np.round(255 * mask).astype(np.uint8), apart


def _rooted(mask: np.ndarray, roots: np.ndarray) -> np.ndarray:
    """1 where the mask hangs together with its roots or is faint, 0 on islands such as a highlight on the brow."""
    count, label = cv2.connectedComponents(mask.astype(np.uint8))
    keep = np.zeros(count, bool)
    keep[np.unique(label[roots])] = True
    keep[0] = True
    return keep[label].astype(np.float32)


def has_fringe(mask: np.ndarray, shape: np.ndarray) -> bool:
    """Whether hair, a mask uint8 (S, S), covers a good part of the band just over the brows."""
    lower, upper = shape[[71, 74, 79, 82]], shape[[136, 138, 140, 142]]
    band = np.vstack([lower - [0, 0.01], (0.6 * lower + 0.4 * upper)[::-1]])
    inside = polygon(band, mask.shape[0]) > 0.5
    return bool((mask[inside] > 90).mean() > 0.12)


def _core(shape: np.ndarray, size: int) -> np.ndarray:
    """Where there is never scalp hair: from under the brows to the chin, cheeks included."""
    left, right = shape[[71, 109, 110, 111, 125]], shape[[82, 112, 113, 114, 133]]
    centre = shape[[50, 56]].mean(0)
    outline = np.vstack([left, shape[lm.JAW], right[::-1]])
    outline = centre + (outline - centre) * [0.90, 1.0]
    return polygon(outline, size, 0.008)


def _lifted(shape: np.ndarray) -> np.ndarray:
    """The face outline with its hairline pushed out a little, so that what lies beyond is hair."""
    outline = shape[lm.FACE]
    return outline + (outline - shape[[50, 56]].mean(0)) * 0.10


def _prior(shape: np.ndarray, size: int, face: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Added to the colour evidence: up over the hairline, down in the face, on the ears and on the neck."""
    over = 1 - cv2.GaussianBlur(face, (0, 0), 0.012 * size)
    ear = shape[lm.EAR_ROOTS, 1].mean()
    above = np.clip((ear - row) / 0.03, 0, 1)
    return above * (1.0 * over - 0.3) + (1 - above) * -0.25


def _distance(lab: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Squared Mahalanobis distance of every colour (..., 3) from the samples' Gaussian, capped at 60."""
    mean, spread = samples.mean(0), np.cov(samples.T) + np.diag([20, 6, 6])
    offset = lab - mean
    squared = np.einsum("...i,ij,...j->...", offset, np.linalg.inv(spread), offset)
    return np.minimum(squared, 60)


def _guided(guide: np.ndarray, mask: np.ndarray, radius: int, epsilon: float) -> np.ndarray:
    """Guided filter: the mask as a locally linear function of the guide."""

    def box(x: np.ndarray) -> np.ndarray:
        return cv2.blur(x.astype(np.float32), (2 * radius + 1, 2 * radius + 1))

    mean_guide, mean_mask = box(guide), box(mask)
    slope = (box(guide * mask) - mean_guide * mean_mask) / (box(guide * guide) - mean_guide**2 + epsilon)
    offset = mean_mask - slope * mean_guide
    return box(slope) * guide + box(offset)
