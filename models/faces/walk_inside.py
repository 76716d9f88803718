"""Looking inside a latent walk: where the three paths run among all faces, and how fast the face changes on them.

Where: on the first two principal components of w (as GANSpace found them, Härkönen et al. 2020, arXiv:2004.02546);
a model without a w is drawn on the plane through both ends of the walk and the origin of z.
How fast: perceptual path length (Karras et al. 2019, section 4.1) asks a large network how different neighbouring
frames look. What ships with us is plainer: the mean difference in CIE Lab, at three sizes of the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.cache import ModelCache
from models.cluster import anywhere
from models.faces import engine
from models.faces.walk import PATHS, Place, decode, points, to_style

CLOUD = 400  # faces drawn as a cloud of points
STEPS = 24  # of a path, between frames that are compared
SIZES = (128, 32, 8)  # pixels at which neighbouring frames are compared


@dataclass(frozen=True)
class Inside:
    """One walk from within.

    cloud: (CLOUD, 2); paths: by name (STEPS + 1, 2), both in standard deviations of the plane's two directions;
    speeds: by name (STEPS,), the difference between neighbouring frames in CIE Lab; mapped: whether the plane is one
    of w (else of z).
    """

    cloud: NDArray
    paths: dict[str, NDArray]
    speeds: dict[str, NDArray]
    mapped: bool


def paths_of(model: str) -> tuple[str, ...]:
    """The paths that differ in this model: without a w of its own, two are left."""
    return PATHS if model == engine.HOUSE else PATHS[1:]


@anywhere("{model}")
def strips(
    corners: Sequence[int], down: float, psi: float, model: str, count: int, cache: ModelCache | None = None
) -> dict[str, NDArray]:
    """The same walk, left to right, on each path: uint8 (count, H, W, 3) by the path's name."""
    row = _row(corners, down, count)
    with engine.open_faces(model, cache) as faces:
        return {path: decode(faces, row, psi, path, model) for path in paths_of(model)}


@anywhere("{model}")
def look_inside(
    corners: Sequence[int], down: float, psi: float, model: str = engine.HOUSE, cache: ModelCache | None = None
) -> Inside:
    """The walk from left to right at height `down` among four corner seeds, on every path."""
    row = _row(corners, down, STEPS + 1)
    styles: dict[str, NDArray] = {}
    with engine.open_faces(model, cache) as faces:
        for path in paths_of(model):
            styles[path] = to_style(faces, points(faces, row, psi, path, model), psi, path)  # (STEPS + 1, D)
        cloud = faces.to_w(np.stack([engine.z_of(seed, model) for seed in range(CLOUD)]))
        middle, axes = _plane(faces, styles)
        speeds = {path: speed(faces.decode(style)) for path, style in styles.items()}
    drawn = {path: (style - middle) @ axes.T for path, style in styles.items()}
    return Inside((cloud - middle) @ axes.T, drawn, speeds, faces.mapped)


@anywhere(engine.HOUSE)
def layers(place: Place, psi: float, path: str, cache: ModelCache | None = None) -> list[tuple[str, Image.Image]]:
    """The house model's face at a place as it stands after each resolution: names and pictures (RGB, 128 x 128)."""
    with engine.open_faces(engine.HOUSE, cache) as faces:
        w = to_style(faces, points(faces, [place], psi, path, engine.HOUSE), psi, path)[0]
        return [(name, Image.fromarray(picture)) for name, picture in faces.layers(w)]


def speed(frames: NDArray) -> NDArray:
    """How much each frame of uint8 (N, H, W, 3) differs from the one before it, float (N - 1,), in CIE Lab units."""
    steps = []
    for size in SIZES:
        small = [Image.fromarray(frame).resize((size, size), Image.Resampling.BOX) for frame in frames]
        colours = lab(np.stack([np.asarray(picture) for picture in small]))  # (N, size, size, 3)
        steps.append(np.linalg.norm(np.diff(colours, axis=0), axis=-1).mean((1, 2)))
    return np.mean(steps, axis=0)


# sRGB to XYZ, D65 (IEC 61966-2-1), each row divided by the white point's.
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) / np.array(
    [[0.9505], [1.0], [1.089]]
)


def lab(rgb: NDArray) -> NDArray:
    """CIE Lab, float32 (..., 3), of sRGB uint8 (..., 3)."""
    values = np.arange(256) / 255
    linear = np.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92).astype(np.float32)
    xyz = linear[rgb] @ _TO_XYZ.T.astype(np.float32)
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _row(corners: Sequence[int], down: float, count: int) -> list[Place]:
    return [Place(tuple(corners), float(t), down) for t in np.linspace(0, 1, count)]


def _plane(faces: engine.Faces, styles: dict[str, NDArray]) -> tuple[NDArray, NDArray]:
    """Middle (D,) and axes (2, D) of the drawing; a latent's product with an axis is in standard deviations."""
    if faces.mapped:
        axes, deviations = faces.basis()
        return faces.mean_w(), axes / deviations[:, None]
    first, last = styles["z-straight"][[0, -1]]
    across = last - first
    across = across / max(np.linalg.norm(across), 1e-6)
    up = first - (first @ across) * across
    return np.zeros_like(first), np.stack([across, up / max(np.linalg.norm(up), 1e-6)])
