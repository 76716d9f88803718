"""The 189 landmarks of the London set: what each is, how a template is read, how a face is put in the frame.

The template is the 189-point one of webmorphR (DeBruine 2022). Shapes here are float arrays (189, 2) of (x, y) in
units of the picture's side, y down: pupils level, `EYE_DISTANCE` apart, at height `EYE_HEIGHT`, centred.
"""

from pathlib import Path

import numpy as np

COUNT = 189
EYE_DISTANCE = 0.245
EYE_HEIGHT = 0.51

LEFT_PUPIL, RIGHT_PUPIL = 0, 1
LEFT_IRIS, RIGHT_IRIS = list(range(2, 10)), list(range(10, 18))
LEFT_EYE = [18, 19, 20, 21, 22, 30, 29, 28]
RIGHT_EYE = [23, 24, 25, 26, 27, 33, 32, 31]
LEFT_BROW = [71, 72, 73, 74, 75, 76, 84, 83]
RIGHT_BROW = [77, 78, 79, 80, 81, 82, 86, 85]
NOSE = [50, 51, 52, 53, 61, 62, 63, 64, 65, 170, 55, 172, 70, 69, 68, 67, 66, 59, 58, 57, 56]
MOUTH_CORNERS = (87, 93)
UPPER_LIP = list(range(87, 94))
INNER_UPPER = [87, 94, 95, 96, 97, 98, 93]
INNER_LOWER = [87, 99, 100, 101, 102, 103, 93]
LOWER_LIP = [87, 104, 105, 106, 107, 108, 93]
LIPS = UPPER_LIP + LOWER_LIP[-2:0:-1]
MOUTH_OPENING = INNER_UPPER + INNER_LOWER[-2:0:-1]
HAIRLINE = list(range(134, 145))
JAW = list(range(126, 133))
FACE = HAIRLINE + [112, 187, 113, 188, 114, 133] + JAW[::-1] + [125, 111, 186, 110, 185, 109]
EARS = list(range(115, 125))
HEAD_TOP = list(range(145, 158))
EAR_ROOTS = (115, 120)


def read_template(path: Path) -> np.ndarray:
    """Landmarks of a webmorph `.tem` file, in its own pixels: float64 (189, 2)."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    count = int(lines[0])
    if count != COUNT:
        raise ValueError(f"{path.name} has {count} landmarks, not {COUNT}")
    return np.array([[float(v) for v in line.split()[:2]] for line in lines[1 : 1 + count]])


def to_frame(points: np.ndarray) -> np.ndarray:
    """The similarity (2, 3) that carries pixel coordinates into the frame, from the two pupils."""
    left, right = points[LEFT_PUPIL], points[RIGHT_PUPIL]
    dx, dy = right - left
    scale = EYE_DISTANCE / np.hypot(dx, dy)
    angle = -np.arctan2(dy, dx)
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = np.array([0.5, EYE_HEIGHT]) - rotation @ ((left + right) / 2)
    return np.hstack([rotation, shift[:, None]])


def transform(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Apply an affine (2, 3) to points (..., 2)."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def invert(matrix: np.ndarray) -> np.ndarray:
    """The inverse of an affine (2, 3)."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.hstack([linear, -(linear @ matrix[:, 2])[:, None]])


def mirror_order(mean: np.ndarray) -> np.ndarray:
    """For each landmark, its partner on the other side: the matching that best maps the mirrored mean on itself."""
    from scipy.optimize import linear_sum_assignment

    mirrored = mean * [-1, 1] + [1, 0]
    cost = ((mirrored[:, None] - mean[None]) ** 2).sum(-1)
    # The pupils, irises and lids crowd together: keep each group with its own partner group.
    groups = [
        [LEFT_PUPIL],
        [RIGHT_PUPIL],
        LEFT_IRIS,
        RIGHT_IRIS,
        LEFT_EYE,
        RIGHT_EYE,
        INNER_UPPER[1:-1],
        INNER_LOWER[1:-1],
    ]
    partner = {0: 1, 1: 0, 2: 3, 3: 2, 4: 5, 5: 4, 6: 6, 7: 7}
    label = np.full(len(mean), -1)
    for number, group in enumerate(groups):
        label[group] = number
    wanted = np.array([partner.get(number, -1) for number in label])
    cost[wanted[:, None] != label[None]] = 1e3
    return linear_sum_assignment(cost)[1]


def mirror(shape: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The shape as a mirror shows it."""
    return (shape * [-1, 1] + [1, 0])[order]
