"""What a picture goes through before the regressor sees it, so that it also knows generated and worn pictures.

Flips, small moves, another light, blur, noise and JPEG blocks; and glasses drawn on bare faces at any opacity, since
a half-transparent pair is exactly what the regressor has to find in a generator's walk.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.faces.glasses import Glasses, draw_glasses, random_glasses
from models.faces.light import Light
from models.faces.store import Morphs

_LARGE = 256  # glasses are drawn at the size the morphs' own were, then shrunk


def put_on(morphs: Morphs, index: int, pair: Glasses, opacity: float) -> NDArray:
    """A bare face with `pair` on it, `opacity` 0..1: uint8 (side, side, 3)."""
    image = morphs.images([index])[0]
    hair = cv2.resize(morphs.masks([index], "hair")[0], (_LARGE, _LARGE)).astype(np.float32) / 255
    names = ("azimuth", "elevation", "strength", "exposure", "warmth")
    light = Light(**{name: float(_light(morphs, name)[index]) for name in names})
    large = cv2.resize(image, (_LARGE, _LARGE), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    drawn = draw_glasses(large, hair, morphs.landmarks[index].astype(np.float32), pair, light)
    change = cv2.resize(drawn - large, image.shape[1::-1], interpolation=cv2.INTER_AREA)
    return np.clip(np.round(image + opacity * change), 0, 255).astype(np.uint8)


def _light(morphs: Morphs, name: str) -> NDArray:
    return morphs.labels["exposure" if name == "exposure" else f"light_{name}"]


def random_pair(rng: np.random.Generator) -> tuple[Glasses, float]:
    """Glasses and how solid they are: half of them wholly."""
    return random_glasses(rng), 1.0 if rng.random() < 0.5 else float(rng.uniform(0.05, 1))


def worn(image: NDArray, rng: np.random.Generator) -> NDArray:
    """A picture uint8 (S, S, 3) after a small journey; its attributes are what they were."""
    image = _moved(image, rng)
    if rng.random() < 0.7:
        image = _lit(image, rng)
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.3))
    if rng.random() < 0.2:
        small = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.4:
        noise = rng.normal(0, rng.uniform(1, 7), image.shape)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))]
        image = cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR)
    return image


def _moved(image: NDArray, rng: np.random.Generator) -> NDArray:
    """Mirrored at times, shifted by up to 4 %, scaled by up to 6 %, turned by up to 4 degrees."""
    side = image.shape[0]
    if rng.random() < 0.5:
        image = image[:, ::-1]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-4, 4), rng.uniform(0.94, 1.06))
    turn[:, 2] += rng.uniform(-0.04, 0.04, 2) * side
    return cv2.warpAffine(np.ascontiguousarray(image), turn, (side, side), borderMode=cv2.BORDER_REPLICATE)


def _lit(image: NDArray, rng: np.random.Generator) -> NDArray:
    """Other contrast, brightness and warmth."""
    middle = image.mean()
    gain = rng.uniform(0.8, 1.2) * rng.uniform(0.94, 1.06, 3)
    return np.clip((image - middle) * gain + middle + rng.uniform(-18, 18), 0, 255).astype(np.uint8)
