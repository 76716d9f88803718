"""Eyeglasses drawn on a face: rims, bridge, temples, nose pads, the shadow they cast and what the lenses reflect."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.faces import landmarks as lm
from models.faces.light import Light

SHAPES = ("round", "rectangular", "browline", "aviator", "cat-eye")
COLOURS = {
    "black": (24, 23, 25),
    "tortoise": (96, 58, 30),
    "brown": (74, 46, 32),
    "navy": (34, 46, 92),
    "red": (150, 30, 34),
    "green": (38, 76, 58),
    "clear": (206, 198, 186),
    "gold": (196, 158, 84),
    "silver": (178, 182, 188),
    "gunmetal": (74, 78, 84),
}
ACETATE = ("black", "tortoise", "brown", "navy", "red", "green", "clear")
ACETATE_ODDS = (0.26, 0.2, 0.12, 0.12, 0.13, 0.08, 0.09)
METAL = ("black", "gold", "silver", "gunmetal")
OVERSAMPLE = 2
TOP, BOTTOM = 0.34, 0.66  # the rows of the frame that glasses can touch
FIXED = 4  # bits after the point in OpenCV's coordinates


@dataclass(frozen=True)
class Glasses:
    """A pair of glasses; lengths in eye distances."""

    shape: str
    colour: str
    metal: bool
    rgb: tuple[float, float, float]
    width: float  # half the width of a lens
    ratio: float  # lens height over width
    bridge: float  # gap between the lenses
    drop: float  # lens centre below the pupil
    rim: float  # thickness
    tint: float
    reflection: float
    reflection_at: float
    mottle: int  # seed of the tortoise pattern


def random_glasses(rng: np.random.Generator) -> Glasses:
    """A pair as an optician might hold: shapes, materials and colours that go together."""
    shape = SHAPES[rng.choice(len(SHAPES), p=[0.28, 0.30, 0.16, 0.12, 0.14])]
    metal = shape == "aviator" or (shape in ("round", "rectangular") and rng.random() < 0.45)
    colour = str(rng.choice(METAL) if metal else rng.choice(ACETATE, p=ACETATE_ODDS))
    rgb = tuple(float(v) for v in np.clip(np.array(COLOURS[colour]) * rng.uniform(0.85, 1.15), 0, 255))
    low, high = {
        "round": (0.88, 1.0),
        "rectangular": (0.60, 0.74),
        "browline": (0.72, 0.84),
        "aviator": (0.82, 0.92),
        "cat-eye": (0.66, 0.80),
    }[shape]
    width = rng.uniform(0.34, 0.38) if shape == "round" else rng.uniform(0.37, 0.43)
    rim = rng.uniform(0.016, 0.026) if metal else rng.uniform(0.034, 0.07)
    return Glasses(
        shape,
        colour,
        bool(metal),
        rgb,
        width,
        rng.uniform(low, high),
        rng.uniform(0.25, 0.33),
        rng.uniform(0.03, 0.09),
        rim,
        rng.uniform(0, 0.10),
        rng.uniform(0.05, 0.30) * (rng.random() < 0.7),
        rng.uniform(-0.5, 0.5),
        int(rng.integers(1 << 31)),
    )


def lens(shape: str, width: float, height: float, side: int) -> np.ndarray:
    """Outline of one lens around its centre, (72, 2), `side` -1 for the picture's left, 1 for its right."""
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    power = {"round": 2.05, "rectangular": 4.2, "browline": 2.9, "aviator": 2.4, "cat-eye": 2.7}[shape]
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y = np.sign(cosine) * np.abs(cosine) ** (2 / power), np.sign(sine) * np.abs(sine) ** (2 / power)
    low = np.clip(y, 0, 1)
    if shape == "aviator":  # a teardrop, hanging inwards under the eye's middle
        x, y = x * (1 - 0.14 * low) - 0.02 * low, y * np.where(y > 0, 1.18, 0.88)
    elif shape == "cat-eye":  # upper outer corners swept up
        y = y - 0.30 * np.clip(x, 0, 1) ** 2 * np.clip(-y + 0.3, 0, 1)
        x = x * (1 - 0.10 * low)
    elif shape in ("browline", "rectangular"):
        x = x * (1 - 0.07 * low)
    return np.stack([side * x * width, y * height], -1)


def draw_glasses(colour: np.ndarray, hair: np.ndarray, shape: np.ndarray, pair: Glasses, light: Light) -> np.ndarray:
    """Put `pair` on a face: colours float32 (S, S, 3) in 0..255, hair (S, S) over the temples, landmarks (189, 2)."""
    size = colour.shape[0]
    top, bottom = int(TOP * size), int(BOTTOM * size)
    band, strands = colour[top:bottom], hair[top:bottom]
    rims, arms, panes = _masks(shape, pair, size, top, bottom)
    arms = arms * (1 - np.clip(strands * 1.5, 0, 1))
    frame = np.maximum(rims, arms)
    band = band * (1 - _shadow(frame, panes, light, size))[..., None]
    band = _lenses(band, panes * (1 - rims), pair, size)
    paint, opacity = _paint(frame, pair, light, size)
    out = colour.copy()
    out[top:bottom] = band + (paint - band) * (frame * opacity)[..., None]
    return out


def _masks(shape: np.ndarray, pair: Glasses, size: int, top: int, bottom: int) -> tuple[np.ndarray, ...]:
    """Coverage in 0..1 of the front, the temples and the lenses, each (rows, S), drawn oversampled."""
    scale = size * OVERSAMPLE
    canvases = [np.zeros(((bottom - top) * OVERSAMPLE, scale), np.uint8) for _ in range(3)]
    front, arms, panes = canvases
    eye = float(np.hypot(*(shape[1] - shape[0])))
    spread = (2 * pair.width + pair.bridge - 1) / 2 * eye

    def fixed(points: np.ndarray) -> np.ndarray:
        return np.round((np.asarray(points) * scale - [0, top * OVERSAMPLE]) * (1 << FIXED)).astype(np.int32)

    def stroke(canvas: np.ndarray, points: np.ndarray, width: float, closed: bool = False) -> None:
        cv2.polylines(canvas, [fixed(points)], closed, 255, max(1, round(width * eye * scale)), cv2.LINE_AA, FIXED)

    centres = {side: shape[index] + [side * spread, pair.drop * eye] for side, index in ((-1, 0), (1, 1))}
    for side, centre in centres.items():
        outline = centre + eye * lens(pair.shape, pair.width, pair.width * pair.ratio, side)
        cv2.fillPoly(panes, [fixed(outline)], 255, cv2.LINE_AA, FIXED)
        _rim(stroke, front, outline, centre, pair)
        hinge = outline[np.argmax(side * outline[:, 0] - 0.8 * outline[:, 1])] + [side * pair.rim * eye * 0.3, 0]
        ear = shape[lm.EAR_ROOTS[0] if side < 0 else lm.EAR_ROOTS[1]]
        end = np.array([ear[0], 0.6 * hinge[1] + 0.4 * ear[1]])
        if side * (end[0] - hinge[0]) > 0:
            stroke(arms, np.stack([hinge, end]), max(0.018, 0.75 * pair.rim))
        if pair.metal:
            stroke(
                front,
                centre
                + eye
                * np.array(
                    [
                        [-side * pair.width * 0.96, 0.05],
                        [-side * pair.width * 1.12, 0.10],
                        [-side * pair.width * 1.12, 0.15],
                    ]
                ),
                0.014,
            )
    _bridge(stroke, front, centres, pair, eye)
    return tuple(
        cv2.resize(canvas, (size, bottom - top), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        for canvas in canvases
    )


def _rim(stroke, canvas: np.ndarray, outline: np.ndarray, centre: np.ndarray, pair: Glasses) -> None:
    """The rim of one lens; a browline's is heavy above and a wire below, a cat-eye's heavier above."""
    above = outline[outline[:, 1] < centre[1] - 0.01]
    above = above[np.argsort(above[:, 0])]
    if pair.shape == "browline":
        stroke(canvas, outline, 0.018, closed=True)
        stroke(canvas, above, max(pair.rim, 0.05) * 1.3)
        return
    stroke(canvas, outline, pair.rim, closed=True)
    if pair.shape == "cat-eye":
        stroke(canvas, above, pair.rim * 1.5)


def _bridge(stroke, canvas: np.ndarray, centres: dict, pair: Glasses, eye: float) -> None:
    """The bridge: a shallow arch between the lenses, and a bar over it on aviators."""
    height = pair.width * pair.ratio * eye
    left, right = (centres[side] - [side * pair.width * eye * 0.94, height * 0.28] for side in (-1, 1))
    t = np.linspace(0, 1, 14)[:, None]
    arch = left * (1 - t) + right * t - np.array([0, 1]) * 4 * t * (1 - t) * 0.05 * eye
    stroke(canvas, arch, max(0.02, pair.rim * 0.95))
    if pair.shape == "aviator":
        lift = np.array([0, 0.50 * height])
        stroke(canvas, np.stack([left - lift + [-0.05 * eye, 0], right - lift + [0.05 * eye, 0]]), pair.rim)


def _shadow(frame: np.ndarray, panes: np.ndarray, light: Light, size: int) -> np.ndarray:
    """How much the frame darkens the skin, (rows, S): its mask thrown away from the light and softened."""
    toward = light.direction()
    reach = 0.016 * size
    shift = np.float32([[1, 0, -toward[0] * reach], [0, 1, 0.008 * size - toward[1] * reach]])
    thrown = cv2.warpAffine(np.maximum(frame, 0.10 * panes), shift, frame.shape[::-1])
    thrown = cv2.GaussianBlur(thrown, (0, 0), 0.006 * size)
    return np.clip(0.45 * thrown, 0, 0.5) * (1 - 0.5 * frame)


def _lenses(band: np.ndarray, panes: np.ndarray, pair: Glasses, size: int) -> np.ndarray:
    """A trace of tint, and a slanted soft reflection."""
    tinted = band + (np.array([205, 210, 205], np.float32) - band) * (0.5 * pair.tint * panes)[..., None]
    if not pair.reflection:
        return tinted
    rows, columns = panes.shape
    x, y = np.arange(columns, dtype=np.float32)[None] / size, np.arange(rows, dtype=np.float32)[:, None] / size
    along = (x % 0.29) + 0.75 * y - 0.17 - 0.12 * pair.reflection_at
    glare = np.exp(-((along / 0.022) ** 4)) + 0.6 * np.exp(-(((along - 0.05) / 0.009) ** 4))
    return tinted + (255 - tinted) * (pair.reflection * glare * panes * (1 - y * 2).clip(0.2, 1))[..., None]


def _paint(frame: np.ndarray, pair: Glasses, light: Light, size: int) -> tuple[np.ndarray, float]:
    """Colour of the frame, float32 (rows, S, 3), and its opacity: lit from above, with a bright line on lit edges."""
    rows, columns = frame.shape
    paint = np.empty((rows, columns, 3), np.float32)
    paint[:] = np.array(pair.rgb, np.float32)
    if pair.colour == "tortoise":
        noise = np.random.default_rng(pair.mottle).random((12, 36)).astype(np.float32)
        patches = cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC)
        paint *= (0.45 + 1.25 * np.clip((patches - 0.3) * 2.5, 0, 1))[..., None]
    toward = light.direction()
    x = np.arange(columns, dtype=np.float32)[None] / size - 0.5
    paint *= ((0.92 + 0.3 * light.strength * toward[0] * x * 2) * light.exposure**0.45)[..., None]
    upper, lower = (np.clip(frame - np.roll(frame, step, 0), 0, 1) for step in (1, -1))
    paint += (upper * (90 if pair.metal else 42) - lower * 25)[..., None]
    return np.clip(paint, 0, 255), 0.62 if pair.colour == "clear" else 1.0
