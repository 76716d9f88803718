"""Cut a person out of an evenly lit studio: alpha from the distance to the wall, its edge clean."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.faces import landmarks as lm


@dataclass(frozen=True)
class Portrait:
    """One photograph read: colours premultiplied by the matte, landmarks in its own pixels."""

    rgba: np.ndarray  # float32 (H, W, 4), 0..255
    points: np.ndarray  # float64 (189, 2)
    bald: bool


def studio_backdrop(photo: np.ndarray) -> np.ndarray:
    """The empty studio behind a photograph (H, W, 3), float32: a polynomial fitted to its sides and top."""
    height, width = photo.shape[:2]
    colour = photo.astype(np.float32)
    sure = np.zeros((height, width), bool)
    side = width // 10
    sure[:, :side] = sure[:, -side:] = sure[: height // 27] = True
    sure[int(height * 0.72) :] = False
    y, x = np.mgrid[:height, :width].astype(np.float32) / np.float32([[[height]], [[width]]]) - 0.5
    basis = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y, x**4, y**3], -1)  # (H, W, 8)
    for _ in range(2):
        fit = np.linalg.lstsq(basis[sure][::23], colour[sure][::23], rcond=None)[0]
        backdrop = basis @ fit
        sure &= np.linalg.norm(colour - backdrop, axis=-1) < 25
    return backdrop.astype(np.float32)


def studio_matte(photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Alpha float32 (H, W) and foreground colours float32 (H, W, 3) of a studio photograph, uint8 (H, W, 3).

    A first alpha is the distance from the backdrop in value and hue. Near the outline it is replaced by the projection
    of the pixel on the line from backdrop to the colour of the nearby interior: dark hair keeps no pale rim.
    """
    colour, backdrop = photo.astype(np.float32), studio_backdrop(photo)
    difference = colour - backdrop
    hue = difference - difference.mean(-1, keepdims=True)
    distance = np.abs(difference).max(-1) + 0.8 * np.abs(hue).sum(-1)
    rough = np.clip((distance - 14) / 34, 0, 1)
    core = cv2.erode((rough > 0.99).astype(np.float32), np.ones((7, 7)))
    near = _spread(colour, core)
    line = near - backdrop
    length = (line**2).sum(-1)
    projected = np.clip((difference * line).sum(-1) / np.maximum(length, 1) * 1.08 - 0.04, 0, 1)
    projected *= np.minimum(rough * 3, 1)
    outline = cv2.blur(cv2.dilate((rough < 0.3).astype(np.float32), np.ones((13, 13))), (3, 3))
    trust = np.clip((np.sqrt(length) - 50) / 40, 0, 1) * outline
    alpha = rough * (1 - trust) + projected * trust
    solid = alpha[..., None]
    unmixed = np.clip((colour - (1 - solid) * backdrop) / np.maximum(solid, 0.25), 0, 255)
    unmixed = unmixed + np.minimum(2.5 * (1 - solid), 1) * (near - unmixed)
    return alpha, np.where(solid > 0.98, colour, unmixed)


def _spread(colour: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Colours of the core carried outwards, (H, W, 3): blurred near it, more blurred farther off."""
    both = np.dstack([colour * core[..., None], core])  # (H, W, 4)
    small = cv2.resize(both, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    total = sum(trust * cv2.GaussianBlur(small, (0, 0), sigma) for sigma, trust in ((1, 1.0), (3, 1e-3), (10, 1e-6)))
    near = total[..., :3] / (total[..., 3:] + 1e-9)
    return cv2.resize(near, colour.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def read_portrait(photo: np.ndarray, points: np.ndarray) -> Portrait:
    """Matte a photograph; alpha is one inside the face and the crown, where shine can look like the wall."""
    alpha, colour = studio_matte(photo)
    bald = _bald(photo, points)
    crown, brow = points[lm.HEAD_TOP[4:-4]], points[[136, 142]].mean(0)
    crown = brow + (crown - brow) * (0.97 if bald else 0.8)
    solid = np.zeros(alpha.shape, np.float32)
    cv2.fillPoly(solid, [np.round(np.vstack([points[lm.HAIRLINE[2:-2]][::-1], crown])).astype(np.int32)], 1)
    cv2.fillPoly(solid, [np.round(points[lm.FACE]).astype(np.int32)], 1)
    solid = cv2.GaussianBlur(solid, (0, 0), 2) * solid
    colour = np.where(solid[..., None] > alpha[..., None], photo.astype(np.float32), colour)
    alpha = np.maximum(alpha, solid)[..., None]
    return Portrait(np.dstack([colour * alpha, alpha * 255]).astype(np.float32), points, bald)


def _bald(photo: np.ndarray, points: np.ndarray) -> bool:
    """Whether the crown has the forehead's colour (Lab distance under 20)."""
    lab = cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    medians = []
    for outline in (points[[137, 139, 141, 79, 74]], 0.5 * points[[138, 139, 140]] + 0.5 * points[[150, 151, 152]]):
        mask = np.zeros(photo.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round(cv2.convexHull(outline.astype(np.float32))).astype(np.int32), 1)
        medians.append(np.median(lab[cv2.dilate(mask, np.ones((5, 5))) > 0], 0))
    return bool(np.linalg.norm(medians[0] - medians[1]) < 20)
