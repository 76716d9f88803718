"""Made-up volunteers for the tests: drawn heads with landmarks, in the files and folders of the London set."""

import csv
from pathlib import Path

import cv2
import numpy as np

from models.faces import landmarks as lm

SIDE = 360  # of a photograph, pixels
CENTRE = np.array([180.0, 165.0])  # between the pupils


def _arc(centre, rx: float, ry: float, start: float, stop: float, count: int) -> np.ndarray:
    """Points on an ellipse, angles in degrees, clockwise from the right (y down)."""
    angle = np.radians(np.linspace(start, stop, count))
    return np.stack([centre[0] + rx * np.cos(angle), centre[1] + ry * np.sin(angle)], -1)


def draw_landmarks(wide: float, long: float, smile: float = 0.0) -> np.ndarray:
    """189 landmarks of a drawn head, (189, 2) in pixels: scaled by `wide` and `long`, lips parted by `smile` 0..1."""
    points = np.zeros((lm.COUNT, 2))

    def put(indices, where) -> None:
        points[indices] = where

    for pupil, iris, eye, brow, bags, x in (
        (0, lm.LEFT_IRIS, lm.LEFT_EYE, lm.LEFT_BROW, [44, 45, 46], -30),
        (1, lm.RIGHT_IRIS, lm.RIGHT_EYE, lm.RIGHT_BROW, [49, 48, 47], 30),
    ):
        put([pupil], [[x, 0]])
        put(iris, _arc((x, 0), 5, 5, 0, 315, 8))
        put(eye, _arc((x, 0), 13, 6, 180, 495, 8))
        put(brow, np.vstack([_arc((x, -10), 16, 8, 180, 360, 6), [[x + 6, -14], [x - 6, -14]]]))
        put(bags, _arc((x, 0), 14, 11, 150, 30, 3))
        put(list(range(34, 39)) if x < 0 else list(range(39, 44)), _arc((x, 0), 14, 9, 180, 360, 5))
    for column, x in ((range(50, 55), -6), (range(56, 61), 6)):
        put(list(column), np.stack([np.full(5, x), np.linspace(-2, 32, 5)], -1))
    put([55], [[0, 46]])
    put(list(range(61, 66)), _arc((-10, 40), 7, 8, 270, 90, 5))
    put(list(range(66, 71)), _arc((10, 40), 7, 8, -90, 90, 5))
    put([179, 180, 181, 182], [[-8, 42], [-3, 46], [3, 46], [8, 42]])
    put([170, 172, 171, 173], [[-4, 49], [4, 49], [-4, 56], [4, 56]])
    mouth, half, gap = (0, 68), 22 + 6 * smile, 5 * smile
    put(lm.UPPER_LIP, _arc(mouth, half, 8, 180, 360, 7))
    put(lm.LOWER_LIP[1:-1], _arc(mouth, half, 10 + gap, 150, 30, 5))
    put(lm.INNER_UPPER[1:-1], _arc(mouth, half * 0.9, 0.01, 210, 330, 5))
    put(lm.INNER_LOWER[1:-1], _arc(mouth, half * 0.9, gap, 150, 30, 5))
    put([174, 175, 176, 177, 178], [[0, 86], [0, 96], [-9, 82], [0, 81], [9, 82]])
    put(lm.HAIRLINE, _arc((0, -8), 58, 62, 180, 360, 11))
    for front, ear, outer, cheek, x in (
        ([109, 185, 110, 186, 111], range(115, 120), 125, (164, 165, 166), -1),
        ([112, 187, 113, 188, 114], range(120, 125), 133, (167, 168, 169), 1),
    ):
        put(front, np.stack([np.linspace(58, 55, 5) * x, np.linspace(4, 48, 5)], -1))
        put(list(ear), _arc((60 * x, 26), 12, 24, -90, -90 + 180 * x, 5))
        put([outer], [[53 * x, 60]])
        put(list(cheek), np.stack([np.array([46, 38, 30] if x < 0 else [30, 38, 46]) * x, [30, 33, 35]], -1))
    put(list(range(126, 133)), _arc((0, 55), 50, 56, 160, 20, 7))
    put([158, 159, 160, 161, 162, 163], [[-22, 42], [-27, 50], [-30, 60], [22, 42], [27, 50], [30, 60]])
    put(lm.HEAD_TOP, np.vstack([[[-38, 120], [-70, 60]], _arc((0, 0), 72, 98, 180, 360, 9), [[70, 60], [38, 120]]]))
    put([183, 184], [[-18, 126], [18, 126]])
    return CENTRE + points * [wide, long]


def draw_photo(points: np.ndarray, skin, hair, rng: np.random.Generator) -> np.ndarray:
    """A head on a pale wall, uint8 (SIDE, SIDE, 3) RGB: neck, hair, face, brows, eyes, lips, teeth, a little grain."""
    photo = np.full((SIDE, SIDE, 3), 205, np.uint8)

    def fill(outline, colour) -> None:
        cv2.fillPoly(photo, [np.round(np.asarray(outline) * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)

    neck = points[[lm.HEAD_TOP[0], lm.HEAD_TOP[-1]]]
    fill(np.vstack([neck - [0, 60], [[neck[1, 0], SIDE], [neck[0, 0], SIDE]]]), skin)
    fill(points[lm.HEAD_TOP[2:-2]], hair)
    for ear in (range(115, 120), range(120, 125)):
        fill(points[list(ear)], skin)
    fill(points[lm.FACE], skin)
    for brow, eye, iris in ((lm.LEFT_BROW, lm.LEFT_EYE, lm.LEFT_IRIS), (lm.RIGHT_BROW, lm.RIGHT_EYE, lm.RIGHT_IRIS)):
        fill(points[brow], hair)
        fill(points[eye], (240, 240, 240))
        fill(points[iris], (60, 50, 40))
    fill(points[lm.LIPS], (170, 70, 75))
    fill(points[lm.MOUTH_OPENING], (235, 232, 225))
    return np.clip(photo + rng.normal(0, 4, photo.shape), 0, 255).astype(np.uint8)


def write_volunteers(folder: Path, women: int = 8, men: int = 8) -> Path:
    """Write that many drawn volunteers as the London set is written: pictures, templates and `london_info.csv`."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(women + men):
        name, woman = f"{number + 1:03d}", number < women
        wide, long = rng.uniform(0.92, 1.08), rng.uniform(0.95, 1.05)
        skin = tuple(int(v) for v in np.array([205, 160, 135]) * rng.uniform(0.7, 1.05))
        hair = tuple(int(v) for v in np.array([70, 50, 35]) * rng.uniform(0.5, 1.8))
        for kind, smile in (("03", 0.0), ("08", 1.0)):
            points = draw_landmarks(wide, long, smile)
            cv2.imwrite(str(folder / f"{name}_{kind}.jpg"), draw_photo(points, skin, hair, rng)[..., ::-1])
        neutral = 2 * draw_landmarks(wide, long)
        lines = [str(lm.COUNT)] + [f"{x:.2f}\t{y:.2f}" for x, y in neutral]
        (folder / f"{name}_03.tem").write_text("\n".join(lines) + "\n")
        rows.append({"face_id": name, "face_age": str(20 + 2 * number), "face_gender": "female" if woman else "male"})
    rows.append({"face_id": "999", "face_age": "NA", "face_gender": "male"})
    with (folder / "london_info.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder
