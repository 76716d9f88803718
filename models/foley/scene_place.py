"""Where it happens: a table or a floor of some material, what lies behind it, light, and things lying about."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley.materials import NAMES
from models.foley.scene_canvas import View
from models.foley.scene_textures import TEXTURE, between, brightened, hsv, metres, noise, scaled, texture
from models.foley.scene_things import Thing, draw, some_thing

FLOOR = -0.74  # metres: where the floor is under a table
NOTHING = 255  # in a map of materials: a place whose material is not told
UNDER = ("wood", "cloth", "plastic", "stone", "ceramic", "metal")  # what tables and floors are made of
_GLEAM = {"metal": 1.0, "glass": 1.0, "ceramic": 0.8, "plastic": 0.7, "water": 0.7, "wood": 0.35, "stone": 0.3}
_LYING_ABOUT = ("wood", "metal", "glass", "ceramic", "plastic", "cardboard", "cloth")


@dataclass(frozen=True)
class Place:
    """surface: what the work surface z = 0 is made of; half: its half sides in metres (2,), infinite for a floor."""

    surface: str
    half: NDArray
    heading: float
    seed: int
    backdrop: str
    sun: NDArray
    clutter: tuple[Thing, ...]

    @property
    def floor(self) -> float:
        """How high the floor is, in metres: far under a table, or the work surface itself."""
        return FLOOR if np.isfinite(self.half).all() else 0.0


def some_place(rng: Generator, surface: str | None, floor: bool, keep_clear: NDArray) -> Place:
    """A place whose surface is of this material, or of any that tables are made of.

    keep_clear: (K, 3) points that nothing may lie near.
    """
    surface = surface or str(rng.choice(UNDER, p=[0.42, 0.2, 0.12, 0.1, 0.08, 0.08]))
    endless = floor or rng.random() < (0.35 if surface in UNDER else 0.8)
    half = np.full(2, np.inf) if endless else rng.uniform((0.35, 0.25), (0.9, 0.5))
    low = rng.uniform(0.5, 1.3)
    round_ = rng.uniform(0, 2 * np.pi)
    sun = np.array([np.cos(round_) * np.cos(low), np.sin(round_) * np.cos(low), -np.sin(low)])
    backdrop = str(rng.choice(_BACKDROPS, p=[0.24, 0.16, 0.28, 0.16, 0.16]))
    clutter = _clutter(rng, keep_clear) if rng.random() < 0.55 else ()
    return Place(surface, half, rng.uniform(0, np.pi), int(rng.integers(2**31)), backdrop, sun, clutter)


def _clutter(rng: Generator, keep_clear: NDArray) -> tuple[Thing, ...]:
    things = []
    for _ in range(rng.integers(1, 5)):
        base = np.array([*rng.normal(0, 0.4, 2), 0.0]) + keep_clear.mean(0) * [1, 1, 0]
        if np.hypot(*(keep_clear - base)[:, :2].T).min() > 0.27:
            things.append(some_thing(str(rng.choice(_LYING_ABOUT)), rng, base))
    return tuple(things)


def paint(place: Place, view: View, things: tuple[Thing, ...]) -> "Painted":
    """The picture of a place before anyone comes in, with what stands in it; loose things apart."""
    rng = np.random.default_rng(place.seed)
    canvas, surface, across, away, made = _planes(place, view, rng)
    before, bare = surface & (place.floor < 0), surface.copy()  # on a floor nobody is hidden by it
    for thing in sorted(place.clutter, key=lambda one: -np.sum((one.base - view.eye) ** 2)):
        mask = _standing(thing, canvas, view, place.sun) > 0
        before, bare = before | mask, bare & ~mask
        made[mask] = NAMES.index(thing.material)
    sprites = []
    for thing in sorted(things, key=lambda one: -np.sum((one.base - view.eye) ** 2)):
        with_it = canvas.copy()
        mask = _standing(thing, with_it, view, place.sun)
        if thing.loose:
            sprites.append(Sprite(thing, with_it, mask))
            canvas = _shadowed(thing, canvas, view, place.sun)
        else:
            canvas = with_it
        before, bare = before | (mask > 0), bare & (mask == 0)
        made[mask > 0] = NAMES.index(thing.material)
    return Painted(canvas, before.astype(np.uint8) * 255, bare, across, away, made, tuple(sprites))


@dataclass(frozen=True)
class Sprite:
    """A loose thing as it stands: the canvas with it, uint8 (S, S, 3), and where on it it is, uint8 (S, S)."""

    thing: Thing
    picture: NDArray
    mask: NDArray


@dataclass(frozen=True)
class Painted:
    """canvas: uint8 (S, S, 3); front: uint8 (S, S), 255 where table and things hide who stands behind them.

    surface: bool (S, S), where the bare work surface is seen; across, away: float32 (S, S), x and y there in metres;
    made: uint8 (S, S), of which of NAMES the ground and what stands on it is made, NOTHING for what lies behind.
    """

    canvas: NDArray
    front: NDArray
    surface: NDArray
    across: NDArray
    away: NDArray
    made: NDArray
    sprites: tuple[Sprite, ...]


def _standing(thing: Thing, canvas: NDArray, view: View, sun: NDArray) -> NDArray:
    np.copyto(canvas, _shadowed(thing, canvas, view, sun))
    return draw(thing, canvas, view, sun)


def _shadowed(thing: Thing, canvas: NDArray, view: View, sun: NDArray) -> NDArray:
    """The canvas with the thing's shadow on the surface, and the dark line where it touches it."""
    shadow = np.zeros(canvas.shape[:2], np.uint8)
    round_ = np.linspace(0, 2 * np.pi, 17)[:-1]
    ring = np.stack([np.cos(round_), np.sin(round_), 0 * round_], 1) * 0.98 * thing.radius
    foot = thing.base * [1, 1, 0] + ring
    top = foot + sun * ((thing.base[2] + thing.high) / -sun[2]) * [1, 1, 0]
    if thing.base[2] == 0:
        top = np.concatenate([foot, top])
    pixels, scale = view(top)
    if scale.all():
        hull = cv2.convexHull(np.rint(pixels.clip(-2000, 2000)).astype(np.int32))
        cv2.fillConvexPoly(shadow, hull, 255)
    return scaled(canvas, 1 - cv2.blur(shadow, (7, 7)) * np.float32(0.4 / 255))


# ---------------------------------------------------------------- planes


def _planes(place: Place, view: View, rng: Generator) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:
    """Surface, floor and wall: the picture, where the surface is, its coordinates there, and what all is made of."""
    rays, eye = view.rays(), view.eye.tolist()  # plain numbers, so that arrays stay single
    down = np.minimum(rays[..., 2], -1e-4)
    surface_far = -eye[2] / down  # how far along the ray the surface is
    across, away = (eye[k] + surface_far * rays[..., k] for k in (0, 1))
    c, s = float(np.cos(place.heading)), float(np.sin(place.heading))
    u, v = across * c + away * s, away * c - across * s
    surface = (rays[..., 2] < -1e-3) & (np.abs(u) < place.half[0]) & (np.abs(v) < place.half[1])
    surface &= surface_far < 14
    picture = backdrop(place.backdrop, view, rng)
    made = np.full(surface.shape, NOTHING, np.uint8)
    if place.floor < 0:
        far = (FLOOR - eye[2]) / down
        floor = (rays[..., 2] < -1e-3) & (far < 7)
        name = str(rng.choice(UNDER))
        ground = _tiled(name, eye[0] + far * rays[..., 0], eye[1] + far * rays[..., 1], view, rng)
        cv2.copyTo(cv2.convertScaleAbs(ground, alpha=rng.uniform(0.45, 0.9)), floor.view(np.uint8), picture)
        made[floor] = NAMES.index(name)
    if view.focal < 3 * view.side:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 5.0) * view.side / 260)  # out of focus
    top = _tiled(place.surface, u, v, view, rng)
    edge = np.minimum(place.half[0] - np.abs(u), place.half[1] - np.abs(v))
    cv2.copyTo(cv2.convertScaleAbs(top, alpha=0.55), (edge < 0.012).view(np.uint8), top)
    cv2.copyTo(_gleaming(top, place.surface, rng), surface.view(np.uint8), picture)
    made[surface] = NAMES.index(place.surface)
    glow = 0.8 + 0.4 * cv2.resize(noise(rng, (2, 2), 2), (view.side, view.side))
    return scaled(picture, glow), surface, across, away, made


def _gleaming(top: NDArray, name: str, rng: Generator) -> NDArray:
    """What is smooth mirrors a window or a lamp: a soft bright patch, longer than it is wide."""
    gloss = _GLEAM.get(name, 0.0) * rng.uniform(0, 1)
    if not gloss:
        return top
    side = len(top)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    where, wide = rng.uniform(0.1, 0.9, 2), rng.uniform(0.03, 0.2)
    patch = np.exp(-(((x - where[0]) / wide) ** 2) - ((y - where[1]) / (2.5 * wide)) ** 2)
    return brightened(top, 150 * gloss * patch)


def _tiled(name: str, u: NDArray, v: NDArray, view: View, rng: Generator) -> NDArray:
    """A texture laid out over a plane, mirrored from tile to tile, as seen at plane coordinates in metres."""
    look = texture(name, rng)
    pixel = np.linalg.norm(view.eye) / view.focal  # metres a pixel covers, about
    finer = pixel / (metres(name) / TEXTURE)
    if finer > 1.5:  # a coarser texture where many of its pixels would fall into one of ours
        small = max(16, int(TEXTURE / finer))
        look = cv2.resize(look, (small, small), interpolation=cv2.INTER_AREA)
    side = len(look) - 1
    turned = [_mirrored(axis / metres(name) + 100.3) * side for axis in (u, v)]
    return cv2.remap(look, *turned, cv2.INTER_LINEAR)


def _mirrored(x: NDArray) -> NDArray:
    """0..1..0..1, float32: what `np.mod` would give, in a fraction of its time."""
    return np.abs(x - 2 * np.floor(x / 2) - 1).astype(np.float32)


# ---------------------------------------------------------------- backdrops


_BACKDROPS = ("wall", "texture", "room", "outdoors", "stage")


def backdrop(name: str, view: View, rng: Generator) -> NDArray:
    """What lies behind, uint8 (side, side, 3)."""
    size = (view.side, view.side)
    if name == "texture":
        look = texture(str(rng.choice(("wood", "stone", "cloth", "ceramic", "leaves"))), rng)
        return cv2.convertScaleAbs(cv2.resize(look, size), alpha=rng.uniform(0.4, 1.1))
    if name == "room":
        return cv2.resize(_room(rng), size)
    if name == "outdoors":
        return cv2.resize(_outdoors(rng), size)
    if name == "stage":
        return cv2.resize(_stage(rng), size)
    base = hsv(rng.random(), rng.uniform(0, 0.35), rng.uniform(0.2, 1))
    shade = 0.75 + 0.35 * noise(rng, (2, 2), 2)
    return cv2.resize((base * shade[..., None]).clip(0, 255).astype(np.uint8), size)


def _room(rng: Generator) -> NDArray:
    """Furniture, shelves, doors and windows, as rectangles in muted colours."""
    picture = np.empty((TEXTURE, TEXTURE, 3), np.uint8)
    picture[:] = hsv(rng.random(), rng.uniform(0, 0.3), rng.uniform(0.3, 0.95))
    for _ in range(rng.integers(5, 26)):
        left, top = rng.integers(-40, TEXTURE, 2)
        wide, high = rng.integers(6, 120, 2)
        bright = 1.0 if rng.random() < 0.12 else rng.uniform(0.08, 0.85)
        colour = hsv(rng.random(), rng.uniform(0, 0.7) * (bright < 1), bright).tolist()
        cv2.rectangle(picture, (int(left), int(top)), (int(left + wide), int(top + high)), colour, -1)
    return picture


def _outdoors(rng: Generator) -> NDArray:
    """Sky over trees or lawn."""
    y = np.repeat(np.linspace(0, 1, TEXTURE)[:, None], TEXTURE, 1)
    blue = hsv(rng.uniform(0.52, 0.62), rng.uniform(0, 0.5), rng.uniform(0.7, 1))
    sky = between(0.85 * blue, 1.05 * blue, y)
    green = hsv(rng.uniform(0.14, 0.36), rng.uniform(0.25, 0.7), rng.uniform(0.25, 0.6))
    trees = between(0.4 * green, 1.3 * green, noise(rng, (14, 14), 4, 0.75))
    edge = rng.uniform(0.1, 0.7) + 0.25 * (noise(rng, (3, 6), 4) - 0.5)
    return cv2.convertScaleAbs(cv2.copyTo(sky, (y < edge).view(np.uint8), trees))


def _stage(rng: Generator) -> NDArray:
    """Nearly black, with coloured lights."""
    y, x = np.mgrid[0:TEXTURE, 0:TEXTURE] / TEXTURE
    picture = np.full((TEXTURE, TEXTURE, 3), rng.uniform(4, 40))
    for _ in range(rng.integers(1, 5)):
        glow = np.exp(-((x - rng.random()) ** 2 + (y - 0.6 * rng.random()) ** 2) / rng.uniform(0.002, 0.06))
        picture += glow[..., None] * hsv(rng.random(), rng.uniform(0, 0.9), rng.uniform(0.3, 1))
    return picture.clip(0, 255).astype(np.uint8)
