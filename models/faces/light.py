"""Light, backdrop, hair tone and age: what a portrait studio and the years would change.

Side light needs relief: a height map is built from the mean shape's landmarks (an ellipsoid with nose, sockets,
brows, cheeks, lips and chin), and shaded as a Lambertian surface with shadows cast along the light's direction.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from models.faces import landmarks as lm
from models.faces.warp import polygon

BACKDROPS = {
    "white": (232, 231, 228),
    "grey": (158, 158, 158),
    "warm grey": (176, 164, 150),
    "charcoal": (62, 62, 66),
    "blue": (58, 98, 168),
    "sky": (140, 180, 214),
    "green": (62, 122, 84),
    "sage": (150, 168, 142),
    "red": (160, 48, 46),
    "rose": (208, 160, 158),
    "ochre": (196, 150, 72),
    "violet": (104, 84, 146),
}


@dataclass(frozen=True)
class Light:
    """A key light. Azimuth is positive from the picture's right, elevation upwards, both in radians."""

    azimuth: float
    elevation: float
    strength: float  # 0 the studio's own even light, 1 key light only
    exposure: float
    warmth: float  # -1 cold to 1 warm

    def direction(self) -> np.ndarray:
        """Unit vector to the light: x right, y down, z to the viewer."""
        flat = np.cos(self.elevation)
        return np.array([flat * np.sin(self.azimuth), -np.sin(self.elevation), flat * np.cos(self.azimuth)], np.float32)


@dataclass(frozen=True)
class Tone:
    """Changes to the hair, each -1..1 but grey, which is 0..1."""

    lightness: float = 0.0
    warmth: float = 0.0
    grey: float = 0.0


def relief(shape: np.ndarray, size: int) -> np.ndarray:
    """Height of the head towards the viewer for a mean shape, float32 (S, S), in units of the picture's side."""
    axis = ((np.arange(size) + 0.5) / size).astype(np.float32)
    x, y = axis[None], axis[:, None]
    ears, chin, top = shape[lm.EAR_ROOTS, 0], shape[129, 1], shape[151, 1]
    across = (x - ears.mean()) / (0.56 * np.ptp(ears))
    down = (y - (chin + top) / 2) / (0.60 * (chin - top))
    height = 0.26 * np.sqrt(np.maximum(1 - across**2 - down**2, 0))

    def bump(centre: np.ndarray, sx: float, sy: float, rise: float) -> np.ndarray:
        return rise * np.exp(-(((x - centre[0]) / sx) ** 2) / 2 - ((y - centre[1]) / sy) ** 2 / 2)

    root, tip = shape[[50, 56]].mean(0), shape[[54, 60]].mean(0)
    for step in np.linspace(0, 1, 6):
        height = height + bump(root + (tip - root) * step, 0.014 + 0.009 * step, 0.022, 0.008 + 0.02 * step)
    for wing in (62, 68):
        height = height + bump(shape[wing], 0.014, 0.014, 0.012)
    for pupil, brow, cheek in ((0, lm.LEFT_BROW, 165), (1, lm.RIGHT_BROW, 168)):
        height = height + bump(shape[pupil], 0.05, 0.030, -0.022) + bump(shape[pupil], 0.028, 0.016, 0.012)
        height = height + bump(shape[brow].mean(0), 0.055, 0.018, 0.010) + bump(shape[cheek], 0.050, 0.045, 0.014)
    height = height + bump(shape[[90, 96]].mean(0), 0.045, 0.011, 0.009)
    height = height + bump(shape[[101, 106]].mean(0), 0.038, 0.013, 0.011)
    height = height + bump(shape[174], 0.05, 0.010, -0.008) + bump(shape[175], 0.040, 0.028, 0.014)
    head = np.vstack([shape[lm.FACE], shape[lm.HEAD_TOP[2:-2]]]).astype(np.float32)
    under = 1 - polygon(cv2.convexHull(head)[:, 0], size, 0.018)
    height = height - 0.13 * under * np.clip((y - shape[90, 1]) / 0.06, 0, 1)
    return cv2.GaussianBlur(height.astype(np.float32), (0, 0), 0.006 * size)


def slopes(height: np.ndarray) -> np.ndarray:
    """Slope x, slope y and the height itself, float32 (S, S, 3): what the warp carries to a face."""
    size = height.shape[0]
    dx = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=size / 8)
    dy = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=size / 8)
    return np.dstack([dx, dy, height])


def shading(surface: np.ndarray, light: Light) -> np.ndarray:
    """Factor on the (gamma-coded) colours for a surface from `slopes`: float32 (S, S, 3)."""
    key = np.array([1 + 0.10 * light.warmth, 1.0, 1 - 0.16 * light.warmth], np.float32)
    fill = np.array([1 - 0.04 * light.warmth, 1.0, 1 + 0.06 * light.warmth], np.float32)
    toward = light.direction()
    length = np.sqrt(1 + surface[..., 0] ** 2 + surface[..., 1] ** 2)
    facing = (toward[2] - toward[0] * surface[..., 0] - toward[1] * surface[..., 1]) / length
    lit = np.clip((facing + 0.12) / 1.12, 0, 1) * (1 - 0.75 * _cast_shadow(surface[..., 2], toward))
    energy = (1 - light.strength) * fill + light.strength * (0.22 * fill + 1.18 * lit[..., None] * key)
    return (light.exposure * (1 + 0.25 * light.strength) * energy) ** np.float32(1 / 2.2)


def _cast_shadow(height: np.ndarray, toward: np.ndarray) -> np.ndarray:
    """How far each point lies in the shadow of others, float32 (S, S) in 0..1: heights met on the way to the light."""
    size = height.shape[0]
    small = cv2.resize(height, (96, 96), interpolation=cv2.INTER_AREA)
    flat = float(np.hypot(toward[0], toward[1]))
    if flat < 0.2:
        return np.zeros((size, size), np.float32)
    rise = toward[2] / flat
    deepest = np.full_like(small, -1)
    for distance in (0.02, 0.035, 0.05, 0.07, 0.09, 0.12):
        shift = np.float32([[1, 0, -toward[0] / flat * distance * 96], [0, 1, -toward[1] / flat * distance * 96]])
        other = cv2.warpAffine(small, shift, (96, 96), borderMode=cv2.BORDER_REPLICATE)
        deepest = np.maximum(deepest, other - small - rise * distance)
    return cv2.resize(cv2.GaussianBlur(np.clip(deepest / 0.015, 0, 1), (0, 0), 1.2), (size, size))


def backdrop(colour: np.ndarray, light: Light, fall: float, size: int) -> np.ndarray:
    """A lit studio wall, float32 (S, S, 3) in 0..255: the colour, brighter behind the head and on the light's side."""
    axis = ((np.arange(size) + 0.5) / size - 0.5).astype(np.float32)
    x, y = axis[None], axis[:, None]
    toward = light.direction()
    wall = 1.05 - fall * (x**2 + (y + 0.05) ** 2) - 0.25 * light.strength * (x * toward[0] + y * toward[1])
    return np.clip(wall[..., None] * colour, 0, 255).astype(np.float32)


def tone_hair(colour: np.ndarray, hair: np.ndarray, tone: Tone) -> np.ndarray:
    """Darken, lighten, warm or grey the hair of a picture float32 (S, S, 3) in 0..255 under its mask (S, S)."""
    if tone == Tone():
        return colour
    value = np.clip(colour / 255, 0, 1)
    if tone.lightness < 0:
        value = value * (1 + 0.55 * tone.lightness)
    elif tone.lightness > 0:
        value = value ** np.float32(1 - 0.38 * tone.lightness)
    warmth = tone.warmth + 0.5 * max(tone.lightness, 0)  # bleached hair shows its yellow
    value = value * np.array([1 + 0.18 * warmth, 1, 1 - 0.24 * warmth], np.float32)
    if tone.grey > 0:
        grey = value.mean(-1, keepdims=True) ** np.float32(1 - 0.35 * tone.grey)
        value = value * (1 - 0.85 * tone.grey) + 0.85 * tone.grey * grey * np.array([1.0, 1.0, 1.02], np.float32)
    return colour + hair[..., None] * (np.clip(value, 0, 1) * 255 - colour)
