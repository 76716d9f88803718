"""Things that stand on the work surface: pots, boxes, bottles, drums, heaps. Drawn once, with light and texture.

A thing is a stack of rings around an upright axis (`_PROFILES`: radius and height, as shares of its own) or a box.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley.scene_canvas import View
from models.foley.scene_textures import TEXTURE, hsv, texture

_SECTORS = 30
_GLOSS = {"metal": 0.8, "glass": 1.0, "ceramic": 0.8, "plastic": 0.5, "water": 0.6}

# Radius and height from the bottom's middle up the outside, over the rim and down the inside.
_PROFILES = {
    "cup": ((0, 0), (0.78, 0), (0.9, 0.5), (1, 1), (0.93, 1), (0.8, 0.45), (0.7, 0.08), (0, 0.06)),
    "turned cup": ((1, 0), (0.92, 0.4), (0.8, 0.95), (0.72, 1), (0.35, 1), (0, 1)),
    "pot": ((0, 0), (0.95, 0), (1, 0.1), (1, 0.55), (1, 1), (0.95, 1), (0.93, 0.15), (0, 0.1)),
    "bottle": ((1, 0), (1, 0.25), (1, 0.5), (0.95, 0.62), (0.45, 0.8), (0.34, 0.9), (0.34, 1), (0, 1)),
    "plate": ((0.55, 0), (0.8, 0.4), (1, 1), (0.97, 1), (0.72, 0.35), (0.4, 0.25), (0, 0.25)),
    "bowl": ((0.4, 0), (0.75, 0.3), (0.93, 0.65), (1, 1), (0.95, 1), (0.85, 0.6), (0.5, 0.2), (0, 0.15)),
    "drum": ((1, 0), (1, 0.35), (1, 0.7), (1.02, 0.88), (1.02, 1), (0.96, 1), (0.5, 1), (0, 1)),
    "log": ((1.08, 0), (1, 0.2), (0.98, 0.6), (1, 1), (0.85, 1), (0.45, 1), (0, 1)),
    "can": ((1, 0), (1, 0.5), (1, 0.94), (0.94, 1), (0.9, 0.97), (0.5, 0.97), (0, 0.97)),
    "cymbal": ((1, 0), (0.8, 0.35), (0.5, 0.6), (0.25, 0.7), (0.2, 0.9), (0, 1)),
    "heap": ((1, 0), (0.9, 0.28), (0.7, 0.6), (0.42, 0.86), (0.2, 0.97), (0, 1)),
    "cushion": ((0.75, 0), (0.97, 0.25), (1, 0.5), (0.93, 0.75), (0.65, 0.95), (0.3, 1), (0, 1)),
    "tub": ((0, 0), (0.9, 0), (1, 0.5), (1.02, 1), (0.96, 1), (0.94, 0.82), (0.5, 0.82), (0, 0.82)),
}
# Shapes of a material, each with its least and largest radius (m) and height as a share of the radius.
_SHAPES: dict[str, tuple[tuple[str, float, float, float], ...]] = {
    "wood": (("box", 0.05, 0.16, 0.6), ("board", 0.1, 0.22, 0.16), ("log", 0.09, 0.2, 1.1), ("bowl", 0.07, 0.13, 0.5)),
    "metal": (
        ("pot", 0.08, 0.16, 0.8),
        ("turned cup", 0.04, 0.12, 1.1),
        ("can", 0.035, 0.09, 1.8),
        ("board", 0.08, 0.2, 0.06),
        ("box", 0.05, 0.12, 0.9),
        ("cymbal", 0.14, 0.24, 0.14),
        ("plate", 0.1, 0.18, 0.2),
    ),
    "glass": (
        ("bottle", 0.03, 0.06, 4.5),
        ("cup", 0.03, 0.05, 2.2),
        ("bowl", 0.07, 0.13, 0.6),
        ("turned cup", 0.03, 0.05, 2),
    ),
    "ceramic": (
        ("cup", 0.035, 0.06, 1.7),
        ("plate", 0.09, 0.15, 0.18),
        ("bowl", 0.07, 0.13, 0.6),
        ("turned cup", 0.035, 0.08, 1.4),
        ("bottle", 0.05, 0.09, 2.6),
        ("board", 0.08, 0.16, 0.09),
    ),
    "plastic": (
        ("turned cup", 0.1, 0.17, 1.7),
        ("box", 0.06, 0.18, 0.8),
        ("bottle", 0.03, 0.06, 4.0),
        ("cup", 0.03, 0.06, 2.0),
        ("tub", 0.1, 0.2, 0.8),
    ),
    "stone": (("heap", 0.07, 0.18, 0.8), ("box", 0.08, 0.18, 0.5), ("board", 0.1, 0.2, 0.2)),
    "cardboard": (("box", 0.09, 0.24, 0.75), ("board", 0.1, 0.2, 0.35)),
    "cloth": (("cushion", 0.14, 0.26, 0.5), ("board", 0.1, 0.2, 0.35)),
    "drum": (("drum", 0.09, 0.22, 0.9), ("drum", 0.13, 0.2, 0.45), ("drum", 0.1, 0.15, 1.9)),
    "gravel": (("heap", 0.14, 0.26, 0.3), ("tub", 0.14, 0.26, 0.5)),
    "leaves": (("heap", 0.16, 0.3, 0.35),),
    "water": (("tub", 0.14, 0.28, 0.5), ("bowl", 0.1, 0.16, 0.6)),
}
_FLAT_ON_TOP = {"drum": (0.96, 1.0), "log": (0.98, 1.0), "tub": (0.94, 0.82)}  # as shares of radius and height
_OPEN = ("cup", "pot", "plate", "bowl")


@dataclass(frozen=True)
class Thing:
    """Something of one material: where it stands (3,), radius and height in metres, its heading, its own seed."""

    material: str
    shape: str
    base: NDArray
    radius: float
    high: float
    heading: float
    seed: int

    @property
    def size(self) -> float:
        """0 for the smallest things that people strike .. 1."""
        return float(np.clip(np.log(self.radius / 0.03) / np.log(0.3 / 0.03), 0, 1))

    @property
    def loose(self) -> float:
        """How much it shakes when it is struck, 0..1."""
        if self.shape == "cymbal":
            return 1.0
        return {"stone": 0.0, "gravel": 0.0, "leaves": 0.0, "water": 0.0, "cloth": 0.15}.get(self.material, 0.35)

    def spot(self, rng: Generator, towards: NDArray) -> NDArray:
        """Where it may be struck (3,): on its rim on the side `towards` (2,) if it is open, else on its top."""
        if self.shape in _OPEN:
            way = towards / max(np.hypot(*towards), 1e-6) * 0.95 * self.radius
        elif self.shape == "cymbal":
            way = towards / max(np.hypot(*towards), 1e-6) * 0.7 * self.radius
        else:
            way = rng.normal(0, 0.18, 2) * self.radius * _TOP.get(self.shape, 0.8)
        level = 0.82 if self.shape == "tub" else 0.35 if self.shape == "cymbal" else 1.0
        return self.base + np.array([*way, level * self.high])


_TOP = {"bottle": 0.25, "turned cup": 0.6, "heap": 0.5}


def some_thing(material: str, rng: Generator, base: NDArray) -> Thing:
    """One of the things made of this material, standing at `base` (3,)."""
    shapes = _SHAPES[material]
    shape, least, most, tall = shapes[rng.integers(len(shapes))]
    radius = float(np.exp(rng.uniform(np.log(least), np.log(most))))
    high = radius * tall * rng.uniform(0.8, 1.25)
    if shape == "cymbal":
        base = base + np.array([0, 0, rng.uniform(0.1, 0.3)])
    return Thing(material, shape, base, radius, high, rng.uniform(0, np.pi), int(rng.integers(2**31)))


def draw(thing: Thing, canvas: NDArray, view: View, sun: NDArray) -> NDArray:
    """Draw it onto the canvas, in place; where it is, uint8 (side, side), 0 or 255."""
    rng = np.random.default_rng(thing.seed)
    mask = np.zeros(canvas.shape[:2], np.uint8)
    paper = canvas.copy()
    if thing.shape == "cymbal":
        _stand(thing, paper, mask, view)
    if thing.shape in ("box", "board"):
        _box(thing, paper, mask, view, sun, rng)
    else:
        _rings(thing, paper, mask, view, sun, rng)
    clear = 0.55 if thing.material == "glass" else 0.0
    cv2.copyTo(cv2.addWeighted(paper, 1 - clear, canvas, clear, 0), mask, canvas)
    return mask


def _stand(thing: Thing, paper: NDArray, mask: NDArray, view: View) -> None:
    foot = thing.base * [1, 1, 0]
    (a, b), _ = view(np.stack([foot, thing.base]))
    for sheet, colour in ((paper, (70, 70, 74)), (mask, 255)):
        cv2.line(sheet, np.rint(a).astype(int).tolist(), np.rint(b).astype(int).tolist(), colour, 3)


def _rings(thing: Thing, paper: NDArray, mask: NDArray, view: View, sun: NDArray, rng: Generator) -> None:
    profile = np.array(_PROFILES[thing.shape], float)  # (U, 2)
    profile = _finer(profile)
    round_ = np.linspace(0, 2 * np.pi, _SECTORS + 1) + thing.heading  # (V,)
    wobble = np.ones(len(round_))
    if thing.material == "stone" or thing.shape in ("heap", "cushion"):
        corners = 4 if thing.shape == "cushion" else rng.integers(2, 6)
        wobble = 1 + (0.1 if thing.shape == "cushion" else 0.16) * np.cos(corners * (round_ - thing.heading))
    across = thing.radius * profile[:, :1] * wobble  # (U, V)
    up = np.repeat(thing.high * profile[:, 1:], len(round_), axis=1)
    points = thing.base + np.stack([across * np.cos(round_), across * np.sin(round_), up], -1)  # (U, V, 3)
    colours = _painted(thing, profile, round_[:-1], rng)  # (U-1, V-1, 3)
    _quads(points, colours, paper, mask, view, sun, _GLOSS.get(thing.material, 0.1))
    if thing.shape in _FLAT_ON_TOP:
        wide, level = _FLAT_ON_TOP[thing.shape]
        _top(thing, paper, mask, view, sun, wide * thing.radius, level * thing.high)


def _top(thing: Thing, paper, mask, view: View, sun: NDArray, radius: float, level: float) -> None:
    """A flat round top in the texture itself: a skin, end grain, what a tub is full of."""
    look = texture(thing.material, np.random.default_rng(thing.seed))
    centre = thing.base + np.array([0, 0, level])
    if (view.eye - centre)[2] <= 0:
        return
    round_ = np.linspace(0, 2 * np.pi, 33)[:-1]
    rim, scale = view(centre + radius * np.stack([np.cos(round_), np.sin(round_), 0 * round_], 1))
    if not scale.all():
        return
    disc, sheet = np.zeros_like(mask), paper.copy()
    cv2.fillConvexPoly(disc, np.rint(rim.clip(-2000, 2000) * 16).astype(np.int32), 255, cv2.LINE_8, 4)
    square = centre + radius * np.array([[-1, 1, 0], [1, 1, 0], [1, -1, 0], [-1, -1, 0]])
    up = np.array([0.0, 0.0, 1.0])
    face(sheet, np.zeros_like(mask), view, square, look, float(lit(up, view.eye - centre, sun)))
    cv2.copyTo(sheet, disc & mask if thing.shape == "tub" else disc, paper)


def _finer(profile: NDArray) -> NDArray:
    """Long pieces of a profile in several, so that the texture shows."""
    pieces = [profile[:1]]
    for a, b in zip(profile, profile[1:]):
        count = 1 + int(np.hypot(*(b - a)) / 0.16)
        pieces.append(a + (b - a) * np.linspace(0, 1, count + 1)[1:, None])
    return np.concatenate(pieces)


def _painted(thing: Thing, profile: NDArray, round_: NDArray, rng: Generator) -> NDArray:
    """The colour of each patch, float (U-1, V-1, 3): the texture wrapped around the sides and laid over the top."""
    look = texture(thing.material, rng).astype(np.float32)
    side = _shell(thing, look, rng)
    middle = (profile[1:] + profile[:-1]) / 2  # (U-1, 2)
    flat = np.abs(np.diff(profile[:, 0])) > np.abs(np.diff(profile[:, 1])) * thing.high / thing.radius  # (U-1,)
    x = 0.5 + 0.47 * middle[:, :1] * np.cos(round_)  # (U-1, V-1)
    y = 0.5 + 0.47 * middle[:, :1] * np.sin(round_)
    over = _looked_up(look, x, y)
    wrapped = _looked_up(side, np.abs(round_ / np.pi % 2 - 1) + 0 * x, 0 * x + middle[:, 1:] * 0.9)
    colours = np.where(flat[:, None, None], over, wrapped)
    if thing.shape == "drum":  # the hoop
        colours[(middle[:, 0] > 0.97) & (middle[:, 1] > 0.8)] = hsv(0.1, rng.uniform(0, 0.3), rng.uniform(0.3, 0.9))
    if thing.shape == "bottle" and rng.random() < 0.6:  # a label
        colours[(middle[:, 1] > 0.2) & (middle[:, 1] < 0.48)] = hsv(
            rng.random(), rng.uniform(0, 0.6), rng.uniform(0.5, 1)
        )
    return colours


def _shell(thing: Thing, look: NDArray, rng: Generator) -> NDArray:
    """What the sides show where they are of something else: a drum's shell, a tub of water."""
    if thing.material == "drum":
        return texture(("wood", "plastic", "metal")[rng.integers(3)], rng).astype(np.float32)
    if thing.material in ("water", "gravel"):
        return texture(("metal", "ceramic", "plastic", "wood")[rng.integers(4)], rng).astype(np.float32)
    return look


def _looked_up(look: NDArray, x: NDArray, y: NDArray) -> NDArray:
    soft = cv2.blur(look, (9, 9))
    return soft[
        (y * (TEXTURE - 1)).astype(int).clip(0, TEXTURE - 1), (x * (TEXTURE - 1)).astype(int).clip(0, TEXTURE - 1)
    ]


def _quads(points, colours, paper, mask, view: View, sun: NDArray, gloss: float) -> None:
    """Patches between points (U, V, 3) in colours (U-1, V-1, 3), the farthest first."""
    corners = np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2)  # (u, v, 4, 3)
    corners, colours = corners.reshape(-1, 4, 3), colours.reshape(-1, 3)  # (Q, 4, 3), (Q, 3)
    middle = corners.mean(1)
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True).clip(1e-9)
    colours = (
        colours * lit(normal, view.eye - middle, sun)[:, None] + shine(normal, view.eye - middle, sun, gloss)[:, None]
    )
    pixels, _ = view(corners)  # (Q, 4, 2)
    fixed = np.rint(pixels.clip(-2000, 2000) * 16).astype(np.int32)
    fill = colours.clip(0, 255).tolist()
    for k in np.argsort(-((middle - view.eye) ** 2).sum(1)):
        cv2.fillConvexPoly(paper, fixed[k], fill[k], cv2.LINE_8, 4)
        cv2.fillConvexPoly(mask, fixed[k], 255, cv2.LINE_8, 4)


def lit(normal: NDArray, to_eye: NDArray, sun: NDArray) -> NDArray:
    """How bright surfaces with normals (..., 3) are under the sun, seen from the side they turn to the eye."""
    facing = normal * np.sign((normal * to_eye).sum(-1, keepdims=True))
    return 0.55 + 0.55 * np.maximum(0, -(facing @ sun))


def shine(normal: NDArray, to_eye: NDArray, sun: NDArray, gloss: float) -> NDArray:
    """The highlights of Blinn (1977) on such surfaces, 0..255."""
    half = to_eye / np.linalg.norm(to_eye, axis=-1, keepdims=True) - sun
    half /= np.linalg.norm(half, axis=-1, keepdims=True)
    return 255 * gloss * np.abs((normal * half).sum(-1)) ** 24


def _box(thing: Thing, paper: NDArray, mask: NDArray, view: View, sun: NDArray, rng: Generator) -> None:
    look = texture(thing.material, rng)
    c, s = np.cos(thing.heading), np.sin(thing.heading)
    deep = rng.uniform(0.5, 1.0)
    a, b = thing.radius * np.array([c, s, 0]), deep * thing.radius * np.array([-s, c, 0])
    up = np.array([0, 0, thing.high])
    centre = thing.base + up / 2
    for normal, u, v in ((a, b, up / 2), (-a, -b, up / 2), (b, -a, up / 2), (-b, a, up / 2), (up / 2, a, b)):
        middle = centre + normal
        if (view.eye - middle) @ normal > 0:
            unit = normal / np.linalg.norm(normal)
            corners = np.stack([middle - u + v, middle + u + v, middle + u - v, middle - u - v])
            bright = (
                lit(unit, view.eye - middle, sun)
                + shine(unit, view.eye - middle, sun, _GLOSS.get(thing.material, 0)) / 400
            )
            face(paper, mask, view, corners, look, float(bright))


def face(paper: NDArray, mask: NDArray, view: View, corners: NDArray, look: NDArray, bright: float) -> None:
    """A flat side with corners (4, 3), clockwise from its upper left, in a texture and a brightness."""
    pixels, scale = view(corners)
    if not scale.all():
        return
    source = np.float32([[0, 0], [TEXTURE, 0], [TEXTURE, TEXTURE], [0, TEXTURE]])
    warp = cv2.getPerspectiveTransform(source, pixels.astype(np.float32))
    shown = cv2.warpPerspective(cv2.convertScaleAbs(look, alpha=bright), warp, paper.shape[1::-1], flags=cv2.INTER_AREA)
    inside = np.zeros_like(mask)
    cv2.fillConvexPoly(inside, np.rint(pixels.clip(-2000, 2000) * 16).astype(np.int32), 255, cv2.LINE_8, 4)
    cv2.copyTo(shown, inside, paper)
    np.maximum(mask, inside, out=mask)
