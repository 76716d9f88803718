"""Landscapes of cut paper: land, sky, what shines in it, and houses, trees or boats.

Facts: {"style": "landscape", "objects": [{"thing", "count", "colour"?}], "land", "sky", "lights": [...]}.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.text2image.paper import FINE, PAINTS, disc, lay, near, photograph, polygon, polygons
from models.text2image.words import LANDS, SKIES

_SKIES = {  # top and horizon
    "day": ((96, 160, 224), (196, 224, 242)),
    "sunset": ((232, 120, 84), (252, 206, 128)),
    "night": ((22, 28, 62), (64, 74, 124)),
    "cloudy": ((142, 148, 156), (196, 200, 204)),
}
_LANDS = {
    "hills": ((112, 168, 96), (84, 146, 80), (62, 122, 66)),
    "sea": ((76, 140, 190), (52, 112, 172), (38, 90, 150)),
    "mountains": ((150, 158, 176), (116, 126, 148), (92, 124, 88)),
    "desert": ((236, 204, 140), (224, 184, 112), (206, 160, 90)),
    "snow": ((232, 238, 246), (242, 246, 250), (250, 251, 253)),
}
_DIMMED = {"day": 1.0, "sunset": 0.9, "night": 0.5, "cloudy": 0.86}
_WALLS = ("red", "white", "yellow", "blue", "orange", "pink")
_SAILS = ("red", "white", "yellow", "orange", "blue", "purple")
_HORIZON = 0.58


def random_facts(rng: Generator) -> dict:
    """What the landscape holds."""
    sky = str(rng.choice(list(SKIES), p=[0.42, 0.24, 0.22, 0.12]))
    land = str(rng.choice(list(LANDS), p=[0.36, 0.26, 0.14, 0.1, 0.14]))
    lights = {"day": ["sun", "clouds"], "sunset": ["sun"], "night": ["moon", "stars"], "cloudy": ["clouds"]}[sky]
    shown = [light for light in lights if rng.random() < (0.65 if sky != "cloudy" else 1)]
    return {"style": "landscape", "objects": _things(land, rng), "land": land, "sky": sky, "lights": shown}


def _things(land: str, rng: Generator) -> list[dict]:
    if land == "sea":
        count = int(rng.choice([0, 1, 2, 3], p=[0.12, 0.55, 0.23, 0.1]))
        return [{"thing": "boat", "count": count, "colour": str(rng.choice(_SAILS))}] if count else []
    things = []
    if rng.random() < 0.68:
        count = int(rng.choice([1, 2, 3], p=[0.7, 0.22, 0.08]))
        walls = [colour for colour in _WALLS if (land, colour) != ("snow", "white")]
        things.append({"thing": "house", "count": count, "colour": str(rng.choice(walls))})
    if land != "desert" and rng.random() < 0.55:
        things.append({"thing": "tree", "count": int(rng.choice([1, 2, 3], p=[0.45, 0.3, 0.25]))})
    return things


def draw(facts: dict, rng: Generator) -> NDArray:
    """A picture of these facts, uint8 (SIDE, SIDE, 3); which one is the generator's choice."""
    canvas = _sky(facts["sky"], rng)
    for light in facts["lights"]:
        _LIGHTS[light](canvas, facts["sky"], rng)
    dim = _DIMMED[facts["sky"]]
    far, middle, front = (near(np.array(rgb) * dim, rng, 5) for rgb in _LANDS[facts["land"]])
    if facts["land"] == "mountains":
        _mountains(canvas, far, dim, rng)
        far, middle, front = 1.1 * front, front, 0.85 * front
    calm = 0.15 if facts["land"] == "sea" else 1.0
    _ridge(canvas, _HORIZON, 0.05 * calm * (calm == 1), far, rng)
    _ridge(canvas, _HORIZON + 0.14, 0.04 * calm, middle, rng)
    spots = _spots(sum(thing["count"] for thing in facts["objects"]), rng)
    for thing in facts["objects"]:
        for _ in range(thing["count"]):
            _THINGS[thing["thing"]](canvas, spots.pop(), thing.get("colour"), dim, rng)
    _ridge(canvas, 0.9, 0.025 * calm, front, rng)
    return photograph(canvas)


def _spots(count: int, rng: Generator) -> list[NDArray]:
    """Where things stand, side by side, in no order."""
    if not count:
        return []
    x = (np.arange(count) + 0.5) / count * 0.84 + 0.08 + rng.normal(0, 0.02, count)
    y = rng.uniform(0.79, 0.87, count)
    return list(rng.permutation(np.stack([x, y], 1)))


def _sky(name: str, rng: Generator) -> NDArray:
    top, low = (near(rgb, rng, 5) for rgb in _SKIES[name])
    share = np.clip(np.linspace(0, 1 / _HORIZON, FINE), 0, 1)[:, None, None]
    grain = 1 + 0.012 * rng.standard_normal((FINE, FINE, 1), np.float32)
    return ((top + (low - top) * share) * grain).astype(np.float32)


def _sun(canvas: NDArray, sky: str, rng: Generator) -> None:
    low = sky == "sunset"
    at = rng.uniform(0.18, 0.82), rng.uniform(0.36, 0.46) if low else rng.uniform(0.14, 0.26)
    lay(canvas, polygon(disc(at, 0.125 if low else 0.105)), near((252, 226, 110), rng, 4), rng, 0.006)


def _moon(canvas: NDArray, sky: str, rng: Generator) -> None:
    at = np.array([rng.uniform(0.18, 0.82), rng.uniform(0.14, 0.26)])
    mask = polygon(disc(at, 0.09))
    if rng.random() < 0.5:  # a crescent
        mask = np.clip(mask - polygon(disc(at + [0.045, -0.02], 0.085)), 0, 1)
    lay(canvas, mask, near((246, 244, 228), rng, 3), rng, 0.0)


def _stars(canvas: NDArray, sky: str, rng: Generator) -> None:
    angle = np.arange(8) * np.pi / 4
    star = np.stack([np.cos(angle), np.sin(angle)], 1) * np.tile([1.0, 0.42], 4)[:, None]
    spots = rng.uniform((0.05, 0.04), (0.95, 0.5), (rng.integers(9, 18), 2))
    lay(canvas, polygons([at + star * rng.uniform(0.008, 0.018) for at in spots]), (250, 246, 224), rng, 0.0)


def _clouds(canvas: NDArray, sky: str, rng: Generator) -> None:
    tone = near((250, 250, 252) if sky == "day" else (228, 230, 234), rng, 3)
    for x in rng.choice([0.2, 0.5, 0.8], rng.integers(2, 4), replace=False):
        at, size = np.array([x + rng.normal(0, 0.05), rng.uniform(0.12, 0.4)]), rng.uniform(0.06, 0.09)
        puffs = [disc(at + np.array([dx, dy]) * size, size * r) for dx, dy, r in _PUFFS]
        lay(canvas, polygons(puffs), tone, rng, 0.008)


_PUFFS = ((-1.1, 0.15, 0.55), (-0.3, -0.2, 0.75), (0.55, -0.05, 0.65), (1.2, 0.2, 0.45), (0.1, 0.25, 0.6))


def _mountains(canvas: NDArray, tone: NDArray, dim: float, rng: Generator) -> None:
    """Three peaks with snow on top."""
    for x in rng.permutation([0.16, 0.5, 0.84]):
        peak = np.array([x + rng.normal(0, 0.04), rng.uniform(0.24, 0.38)])
        half, foot = rng.uniform(0.26, 0.34), _HORIZON + 0.1
        lay(canvas, polygon([peak, (peak[0] + half, foot), (peak[0] - half, foot)]), tone * rng.uniform(0.85, 1), rng)
        drop = 0.3 * (foot - peak[1])
        wide = 0.3 * half
        cap = [peak, (peak[0] + wide, peak[1] + drop), (peak[0] + 0.4 * wide, peak[1] + 0.75 * drop)]
        cap += [(peak[0], peak[1] + drop), (peak[0] - 0.4 * wide, peak[1] + 0.7 * drop)]
        cap += [(peak[0] - wide, peak[1] + drop)]
        lay(canvas, polygon(cap), np.array([246, 248, 252]) * max(dim, 0.7), rng, 0.0)


def _ridge(canvas: NDArray, level: float, swing: float, rgb: NDArray, rng: Generator) -> None:
    """Land from a wavy line down to the foot of the picture."""
    x = np.linspace(-0.02, 1.02, 60)
    wave = sum(rng.normal(0, 0.6) / k * np.sin(2 * np.pi * k * x * 0.8 + rng.uniform(0, 6.3)) for k in (1, 2, 3))
    line = np.stack([x, level + swing * wave], 1)
    lay(canvas, polygon(np.concatenate([line, [(1.02, 1.02), (-0.02, 1.02)]])), rgb, rng, 0.012)


def _box(left: float, top: float, right: float, foot: float) -> list[tuple[float, float]]:
    return [(left, top), (right, top), (right, foot), (left, foot)]


def _house(canvas: NDArray, at: NDArray, colour: str, dim: float, rng: Generator) -> None:
    w = rng.uniform(0.095, 0.12)
    h = w * rng.uniform(1.3, 1.7)
    (x, y), light = at, max(dim, 0.66)
    lay(canvas, polygon(_box(x - w, y - h, x + w, y)), near(PAINTS[colour], rng) * light, rng)
    roof = PAINTS["brown"] if rng.random() < 0.6 else (92, 92, 100)
    gable = [(x - 1.2 * w, y - h), (x, y - h - 0.85 * w), (x + 1.2 * w, y - h)]
    lay(canvas, polygon(gable), near(roof, rng) * light, rng, 0.008)
    door = _box(x - 0.2 * w, y - 0.5 * h, x + 0.25 * w, y)
    lay(canvas, polygon(door), near((86, 62, 46), rng) * light, rng, 0.0)
    panes = [_box(x + k * w, y - 0.84 * h, x + (k + 0.3) * w, y - 0.84 * h + 0.26 * w) for k in (-0.72, 0.42)]
    lay(canvas, polygons(panes), (252, 222, 130) if dim < 0.6 else (210, 228, 240), rng, 0.0)


def _tree(canvas: NDArray, at: NDArray, colour: str | None, dim: float, rng: Generator) -> None:
    (x, y), tall, light = at, rng.uniform(0.24, 0.32), max(dim, 0.62)
    lay(canvas, polygon(_box(x - 0.016, y - 0.5 * tall, x + 0.016, y)), near((110, 76, 52), rng) * light, rng, 0.008)
    green = near((56, 124, 70), rng) * light
    if rng.random() < 0.5:  # a fir
        for k in range(3):
            top, wide = y - tall * (1.05 - 0.24 * k), 0.06 + 0.022 * k
            layer = [(x, top), (x + wide, top + 0.4 * tall), (x - wide, top + 0.4 * tall)]
            lay(canvas, polygon(layer), green, rng, 0.006)
        return
    balls = ((0, 0.75, 0.3), (-0.2, 0.62, 0.22), (0.2, 0.62, 0.22))
    lay(canvas, polygons([disc((x + dx * tall, y - dy * tall), r * tall) for dx, dy, r in balls]), green, rng, 0.01)


def _boat(canvas: NDArray, at: NDArray, colour: str, dim: float, rng: Generator) -> None:
    x, y = at[0], at[1] - 0.02
    size, light = rng.uniform(0.11, 0.14), max(dim, 0.66)
    lay(canvas, polygon(_box(x - 0.007, y - 2.1 * size, x + 0.007, y)), near((96, 72, 54), rng) * light, rng, 0.0)
    way = rng.choice([-1.0, 1.0])
    jib, main = (
        [(x + 0.015 * side, y - top * size), (x + 0.015 * side, y - 0.22 * size), (x + reach * size, y - 0.22 * size)]
        for side, top, reach in ((-way, 1.8, -0.72 * way), (way, 2.1, way))
    )
    lay(canvas, polygons([main, jib]), near(PAINTS[colour], rng) * light, rng, 0.008)
    rail, keel = y - 0.1 * size, y + 0.36 * size
    hull = [(x - size, rail), (x + size, rail), (x + 0.68 * size, keel), (x - 0.68 * size, keel)]
    lay(canvas, polygon(hull), near((120, 80, 54), rng) * light, rng, 0.008)


_LIGHTS = {"sun": _sun, "moon": _moon, "stars": _stars, "clouds": _clouds}
_THINGS = {"house": _house, "tree": _tree, "boat": _boat}
