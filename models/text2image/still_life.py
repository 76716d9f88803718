"""Still lifes: fruit cut from photographs, set on a table before a wall.

Facts: {"style": "still life", "objects": [{"fruit", "colour", "count"}], "relation"?: "left" | "right", "table",
"wall"}.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.text2image.fruit import Cutout, set_on
from models.text2image.paper import FINE, PAPERS, near, photograph, sheet
from models.text2image.words import TABLES

_TABLES = {"wood": (172, 122, 78), "white": (238, 236, 232), "blue": (104, 142, 190), "green": (124, 160, 116)}
_TABLES |= {"grey": (150, 152, 156)}
_WALLS = ("white", "cream", "grey", "light blue", "pink", "light green", "yellow")
_SIZES = {"apple": 0.46, "tomato": 0.4, "cherry": 0.27}
_EDGE = 0.56  # where the table begins

Basket = dict[tuple[str, str], list[Cutout]]


def basket(fruit: list[Cutout]) -> Basket:
    """Whole fruit by kind and colour."""
    sorted_out: Basket = {}
    for one in fruit:
        if one.facts["state"] == "whole":
            sorted_out.setdefault((one.facts["kind"], one.facts["colour"]), []).append(one)
    return {key: ones for key, ones in sorted_out.items() if len(ones) >= 8}


def random_facts(fruit: Basket, rng: Generator) -> dict:
    """What lies on the table: one kind, or two that differ in kind or colour."""
    keys = sorted(fruit)
    by_kind = {kind: [key for key in keys if key[0] == kind] for kind in _SIZES}
    groups: list[dict] = []
    two = rng.random() < 0.7
    while len(groups) < 1 + two:
        choice = by_kind[str(rng.choice([kind for kind in by_kind if by_kind[kind]]))]
        kind, colour = choice[rng.integers(len(choice))]
        if any((kind, colour) == (other["fruit"], other["colour"]) for other in groups):
            continue
        groups.append({"fruit": kind, "colour": colour, "count": int(rng.choice([1, 2, 3], p=[0.55, 0.3, 0.15]))})
    if sum(group["count"] for group in groups) > 4:
        groups[0]["count"] = 1
    wall = str(rng.choice(_WALLS))
    about = {"style": "still life", "objects": groups, "table": str(rng.choice(list(TABLES))), "wall": wall}
    return about | ({"relation": str(rng.choice(["left", "right"]))} if two and rng.random() < 0.75 else {})


def draw(facts: dict, fruit: Basket, rng: Generator) -> NDArray:
    """A picture of these facts, uint8 (SIDE, SIDE, 3); which one is the generator's choice."""
    canvas = sheet(near(PAPERS[facts["wall"]], rng, 4), rng)
    _table(canvas, facts["table"], rng)
    row = [group for group in facts["objects"] for _ in range(group["count"])]
    if facts.get("relation") == "right":
        row = row[::-1]
    elif "relation" not in facts:
        row = [row[k] for k in rng.permutation(len(row))]
    sizes = np.array([_SIZES[group["fruit"]] for group in row]) * rng.uniform(0.92, 1.08, len(row))
    widths = 0.84 * sizes  # a fruit fills about so much of its frame; neighbours may touch
    sizes *= min(1.0, 0.94 / widths.sum())
    widths = 0.84 * sizes
    gap = min(0.05, (0.94 - widths.sum()) / len(row))
    left = 0.5 - (widths.sum() + gap * (len(row) - 1)) / 2
    middles = left + np.cumsum(widths + gap) - widths / 2 - gap
    for k in rng.permutation(len(row)):
        choice = fruit[row[k]["fruit"], row[k]["colour"]]
        foot = rng.uniform(0.78, 0.86)
        at = (middles[k], foot - 0.42 * sizes[k])
        one = choice[rng.integers(len(choice))]
        set_on(canvas, one, at, sizes[k], rng.normal(0, 0.06), bool(rng.random() < 0.5), 0.5)
    return photograph(canvas)


def _table(canvas: NDArray, name: str, rng: Generator) -> None:
    """The table's top, from its far edge down, lighter towards the back; wood has a grain."""
    edge = int((_EDGE + rng.normal(0, 0.015)) * FINE)
    top = sheet(near(_TABLES[name], rng, 5), rng)[edge:]
    if name == "wood":
        lines = rng.normal(0, 1, (len(top), 24)).astype(np.float32)
        grain = cv2.resize(cv2.GaussianBlur(lines, (0, 0), 1.0), (FINE, len(top)), interpolation=cv2.INTER_CUBIC)
        top *= (1 + 0.09 * grain)[..., None]
    top *= np.linspace(1.06, 0.92, len(top))[:, None, None]
    canvas[edge:] = top
    canvas[edge - 5 : edge] *= np.linspace(1.0, 0.86, 5)[:, None, None]
