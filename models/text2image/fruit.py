"""Fruits-360 for captions: each fruit cut out, its colour measured, its stem looked for; then set on a background.

Facts: {"kind", "colour", "state": "whole" | "withered" | "eaten", "stem"?: "yes" | "no", "leaf"?: "yes", "backdrop"}.
Colours are named by rules of each fruit's own: what is a dark red in an apple is a plain one in a cherry.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.sketch.fruit import HELD_OUT, example
from models.sketch.garnish import garnish
from models.text2image.paper import FINE, PAPERS, SIDE, near, photograph, sheet
from models.text2image.words import withheld

WITHERED = ("Apple Rotten 1", "Apple 21")
EATEN = ("Apple 23",)
LEFT_OUT = ("Apple 12", "Apple 13", "Apple 19", "Apple 20", "Apple 9", "Apple worm 1")  # rotten on one side, russet
LEFT_OUT += ("Cherry Wax 1", "Cherry Wax 2", "Tomato Maroon 1")  # of no colour that has one name
BACKDROPS = {"white": 0.56, "cream": 0.08, "grey": 0.09, "light blue": 0.09, "pink": 0.06, "light green": 0.06}
BACKDROPS |= {"yellow": 0.06}
_GARNISHED = {"apple": 0.3, "cherry": 0.45}  # share, of those without a stem, that are given one


@dataclass(frozen=True)
class Cutout:
    """A fruit: photo uint8 (SIDE, SIDE, 3), where it is bool (SIDE, SIDE), what is true of it, its variety."""

    photo: NDArray
    inside: NDArray
    facts: dict
    variety: str


def state(variety: str) -> str:
    return "eaten" if variety in EATEN else "withered" if variety in WITHERED else "whole"


def cut(path: Path) -> Cutout | None:
    """The fruit of one photograph, or None where it is too small to be told."""
    found = example(path, SIDE)
    if found.inside.mean() < 0.08:
        return None
    variety = path.parent.name
    kind = variety.split()[0].lower()
    facts = {"kind": kind, "colour": colour(found.photo, found.inside, kind), "state": state(variety)}
    outer = [line for line in found.lines if not line.inner]
    if len(outer) > 1 and (kind != "tomato" or facts["colour"] == "green"):  # a red one's dark blemish is no stem
        facts["stem"] = "yes"
    elif kind != "tomato" and facts["state"] == "whole" and _bare(found.photo, found.inside):
        facts["stem"] = "no"
    return Cutout(_without_rim(found.photo, found.inside), found.inside, facts, variety)


def _without_rim(photo: NDArray, inside: NDArray) -> NDArray:
    """The photo without the pale edge that white paper lends a fruit: each pixel there as its darkest neighbour."""
    rim = inside & ~(cv2.erode(inside.astype(np.uint8), np.ones((7, 7))) > 0)
    return np.where(rim[..., None], cv2.erode(photo, np.ones((3, 3))), photo)


def _bare(photo: NDArray, inside: NDArray) -> bool:
    """Whether nothing dark, as a stem seen from its end would be, shows inside."""
    well = cv2.erode(inside.astype(np.uint8), np.ones((15, 15))) > 0
    value = cv2.GaussianBlur(photo.max(axis=2), (0, 0), 1.0)[well]
    return bool(value.size and np.quantile(value, 0.01) > 0.55 * np.median(value))


def colour(photo: NDArray, inside: NDArray, kind: str) -> str:
    """The colour's name: the shares of hues on the fruit, highlights left out, and how dark it is."""
    well = cv2.erode(inside.astype(np.uint8), np.ones((7, 7))) > 0
    pixels = cv2.cvtColor(photo, cv2.COLOR_RGB2HSV)[well].astype(float)  # (n, 3)
    hue, full, value = 2 * pixels[:, 0], pixels[:, 1] / 255, pixels[:, 2] / 255
    sure = (full > 0.22) & (value > 0.1) & ((hue < 170) | (hue > 300))  # what is left out is the sky in a shiny skin
    if not sure.any():
        sure[:] = True
    if kind == "cherry" and np.median(full) < 0.35 and np.median(value) < 0.5:  # black ones shine grey
        return "black"
    if sure.mean() < 0.4 and np.median(value) < 0.4:
        return "dark red"
    hue, full, value = hue[sure], full[sure], value[sure]
    hue = np.where(hue > 300, hue - 360, hue)
    strong = (full > 0.4) | (value < 0.5)  # a pale blush is not red, a dark shine is
    red, orange = np.mean((hue < 19) & strong), np.mean((hue >= 19) & (hue < 40) & strong)
    yellow, green = np.mean((hue >= 40) & (hue < 60)), np.mean(hue >= 60)
    return _NAMERS[kind](red, orange, yellow, green, float(np.median(value)), float(np.median(hue)))


def _apple(red: float, orange: float, yellow: float, green: float, value: float, hue: float) -> str:
    if value < 0.34 and red > 0.5:
        return "dark red"
    if red > 0.6:
        return "red"
    if red + orange > 0.3:
        return "red and green" if green > max(0.2, yellow) else "red and yellow"
    if green > 0.5:
        return "green"
    return "yellow"


def _cherry(red: float, orange: float, yellow: float, green: float, value: float, hue: float) -> str:
    if value < 0.29:
        return "black"
    if red > 0.8 or red > 4 * (orange + yellow):
        return "dark red" if value < 0.5 else "red"
    if red > 0.12:
        return "red and yellow"
    return "orange" if hue < 27 else "yellow"


def _tomato(red: float, orange: float, yellow: float, green: float, value: float, hue: float) -> str:
    if green > 0.5:
        return "green"
    if value < 0.4:
        return "dark red"
    if hue < 14:
        return "red"
    return "orange" if hue < 37 else "yellow"


_NAMERS = {"apple": _apple, "cherry": _cherry, "tomato": _tomato}


def set_on(canvas: NDArray, fruit: Cutout, at: NDArray, scale: float, turn: float, mirror: bool, shadow: float) -> None:
    """Set a fruit on a canvas (`models.text2image.paper`), in place: its middle at `at`, its frame `scale` sides."""
    size = FINE / SIDE * scale
    matrix = size * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.diag([-1.0 if mirror else 1.0, 1.0])
    pixels = np.hstack([matrix, (np.asarray(at) * FINE - matrix @ [SIDE / 2, SIDE / 2])[:, None]])
    mask = cv2.warpAffine(_soft(fruit.inside), pixels, (FINE, FINE), flags=cv2.INTER_LINEAR)
    photo = cv2.warpAffine(fruit.photo, pixels, (FINE, FINE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if shadow:
        canvas *= (1 - shadow * _contact(mask))[..., None]
    canvas += (photo - canvas) * mask[..., None]


def _soft(inside: NDArray) -> NDArray:
    """A mask that leaves out the pale rim of the cut."""
    blurred = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.3)
    return np.clip((blurred - 0.45) / 0.4, 0, 1)


def _contact(mask: NDArray) -> NDArray:
    """The shadow under something: a flat soft ellipse around its foot."""
    rows, columns = np.nonzero(mask > 0.5)
    if not rows.size:
        return np.zeros_like(mask)
    foot, wide, middle = rows.max(), np.ptp(columns) / 2, (columns.max() + columns.min()) / 2
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
    away = ((x - middle - 0.1 * wide) / (0.95 * wide)) ** 2 + ((y - foot + 0.08 * wide) / (0.24 * wide)) ** 2
    return np.exp(-1.2 * away)


def picture(fruit: Cutout, rng: Generator) -> tuple[NDArray, dict]:
    """One fruit on a plain background, uint8 (SIDE, SIDE, 3), and its facts; now and then given a stem and a leaf."""
    backdrop = str(rng.choice(list(BACKDROPS), p=list(BACKDROPS.values())))
    pure = backdrop == "white" and rng.random() < 0.5
    canvas = np.full((FINE, FINE, 3), 255, np.float32) if pure else sheet(near(PAPERS[backdrop], rng, 3), rng)
    if rng.random() < _GARNISHED.get(fruit.facts["kind"], 0) and fruit.facts.get("stem") == "no":
        fruit = _garnished(fruit, rng)
    kept = rng.uniform(0.72, 0.98) if not pure else rng.uniform(0.9, 1.0)
    at = np.array([0.5, 0.5]) + rng.uniform(-1, 1, 2) * (1 - kept) * 0.3
    set_on(canvas, fruit, at, kept, rng.normal(0, 0.08), bool(rng.random() < 0.5), 0.0 if pure else 0.42)
    return photograph(canvas), fruit.facts | {"backdrop": backdrop}


def _garnished(fruit: Cutout, rng: Generator) -> Cutout:
    """The fruit, smaller, with a painted stem and leaf above it."""
    scale = 0.72
    pixels = np.hstack([scale * np.eye(2), np.array([0.5 - 0.5 * scale, 0.97 - scale])[:, None] * SIDE])
    photo = cv2.warpAffine(fruit.photo, pixels, (SIDE, SIDE), flags=cv2.INTER_AREA, borderValue=(255, 255, 255))
    inside = cv2.warpAffine(fruit.inside.astype(np.uint8), pixels, (SIDE, SIDE), flags=cv2.INTER_NEAREST) > 0
    photo, inside, lines = garnish(photo, inside, rng)
    leaf = any(line.closed for line in lines)
    facts = {key: value for key, value in fruit.facts.items() if key != "stem"} | {"stem": "yes"}
    return Cutout(photo, inside, facts | ({"leaf": "yes"} if leaf else {}), fruit.variety)


def read(data: Path, held_out: bool, most: int = 130) -> list[Cutout]:
    """The cut-outs of a split, up to `most` views of each variety; withheld colours are held out with the rest."""
    fruit = []
    for folder in sorted((data / "fruits360").glob("*/*")):
        if folder.name in LEFT_OUT or (folder.name in HELD_OUT and not held_out):
            continue
        views = sorted(folder.glob("*.jpg"))
        picked = sorted({round(k) for k in np.linspace(0, len(views) - 1, most)})
        found = [one for one in (cut(views[k]) for k in picked) if one]
        fruit += [one for one in found if (folder.name in HELD_OUT or withheld("fruit", one.facts)) == held_out]
    return fruit
