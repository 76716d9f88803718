"""Landmarks of the smiling photographs, which the set lacks: tracked from the neutral ones, lips by colour.

The flow is DIS (Kroeger, Timofte, Dai and Van Gool 2016).
"""

import cv2
import numpy as np

from models.faces import landmarks as lm

STILL = list(range(0, 47)) + list(range(50, 60)) + list(range(71, 87)) + list(range(134, 145))  # barely move in a smile


def track_smile(neutral: np.ndarray, smiling: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Landmarks of the smiling photograph, found from the neutral one: a similarity for the pose, then dense flow."""
    first, second = (cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) for photo in (neutral, smiling))
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    rough = points[STILL] + _at(flow.calc(first, second, None), points[STILL])
    pose, _ = cv2.estimateAffinePartial2D(
        points[STILL].astype(np.float32), rough.astype(np.float32), ransacReprojThreshold=3
    )
    levelled = cv2.warpAffine(
        second, lm.invert(pose), second.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    flow.setVariationalRefinementIterations(10)
    field = cv2.GaussianBlur(flow.calc(first, levelled, None), (0, 0), 3)
    probe = points.copy()
    # Closed lips share their inner points: ask for the motion of the lip's flesh, so that an opening mouth opens.
    for inner, outer in ((lm.INNER_UPPER, lm.UPPER_LIP), (lm.INNER_LOWER, lm.LOWER_LIP)):
        probe[inner[1:-1]] = 0.5 * points[inner[1:-1]] + 0.5 * points[outer[1:-1]]
    motion = _at(field, probe)
    motion[145:160] = 0  # the head's outline: flow there follows stray hair
    motion[np.hypot(*motion.T) > 30] = 0
    return lm.transform(pose, points + motion)


def _at(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A vector field (H, W, 2) at points (N, 2)."""
    x, y = points.astype(np.float32).T
    return cv2.remap(field, x[:, None], y[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[:, 0]


def open_lips(photo: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Refine the inner lips of a smile: between the outer lips, teeth are the stretch less red than the lips."""
    lab = cv2.GaussianBlur(cv2.cvtColor(photo, cv2.COLOR_RGB2LAB), (0, 0), 1).astype(np.float32)
    steps = np.linspace(0, 1, 60)
    top, bottom = points[lm.UPPER_LIP[1:-1]], points[lm.LOWER_LIP[1:-1]]
    edges = np.array(
        [_inner_lips(_at(lab, a + (b - a) * steps[:, None]), steps) for a, b in zip(top, bottom, strict=True)]
    )  # (5, 2)
    edges = np.stack([np.convolve(np.pad(edge, 1, mode="edge"), [0.25, 0.5, 0.25], "valid") for edge in edges.T])
    points = points.copy()
    for edge, inner in zip(edges, (lm.INNER_UPPER, lm.INNER_LOWER), strict=True):
        points[inner[1:-1]] = top + (bottom - top) * edge[:, None]
    return points


def _inner_lips(profile: np.ndarray, steps: np.ndarray) -> tuple[float, float]:
    """Where the upper lip ends and the lower begins on a Lab profile (60, 3) across the mouth; equal if closed."""
    redness = profile[:, 1]
    teeth = redness[(steps > 0.25) & (steps < 0.75)].min()
    upper, lower = redness[(steps > 0.05) & (steps < 0.3)].max(), redness[(steps > 0.7) & (steps < 0.95)].max()
    if min(upper, lower) - teeth < 6:
        parting = 0.3 + profile[18:42, 0].argmin() / 59
        return parting, parting
    first = (redness < (upper + teeth) / 2) & (steps > steps[redness[:20].argmax()])
    last = (redness < (lower + teeth) / 2) & (steps < steps[40 + redness[40:].argmax()])
    return float(steps[first.argmax()]), float(steps[59 - last[::-1].argmax()])


def lost_smiles(shapes: np.ndarray) -> np.ndarray:
    """Whose smile the flow lost, bool (N,): lips over 0.175 eye distances from where others' smiles take them."""
    motion = shapes[:, 1] - shapes[:, 0]
    astray = np.abs(motion - np.median(motion, 0))[:, lm.LIPS + lm.MOUTH_OPENING]
    return astray.max((1, 2)) > 0.175 * lm.EYE_DISTANCE
