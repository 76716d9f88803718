"""A made-up Fruits-360: drawn apples (yellow, with a stalk) and tomatoes (red, wide), in folders like the real ones."""

from pathlib import Path

import cv2
import numpy as np

APPLES = ("Apple 10", "Apple Braeburn 1")  # trained on, held out
TOMATOES = ("Tomato 1", "Tomato 5")
VIEWS = 4


def plant(data: Path) -> Path:
    """Write the folder `fruits360` of a training folder; returns that folder."""
    for kind, varieties in (("Apple", APPLES), ("Tomato", TOMATOES)):
        for variety in varieties:
            folder = data / "fruits360" / kind / variety
            folder.mkdir(parents=True)
            for view in range(VIEWS):
                cv2.imwrite(str(folder / f"r_{view}_100.jpg"), drawn(kind, view)[:, :, ::-1])
    return data


def drawn(kind: str, view: int, side: int = 100, ground: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
    """A fruit on a ground, uint8 (side, side, 3)."""
    canvas = np.full((side, side, 3), ground, np.uint8)
    middle, radius = (side // 2 + view, side // 2 + 4), side * 34 // 100
    if kind == "Apple":
        cv2.line(canvas, middle, (middle[0] + 3, side // 12), (60, 40, 20), max(2, side // 40))
        cv2.circle(canvas, middle, radius, (205, 200, 60), -1, cv2.LINE_AA)
    else:
        cv2.ellipse(canvas, middle, (radius * 11 // 10, radius), 0, 0, 360, (200, 30, 25), -1, cv2.LINE_AA)
    cv2.circle(canvas, (middle[0] - radius // 3, middle[1] - radius // 3), radius // 6, (250, 240, 220), -1)
    return canvas
