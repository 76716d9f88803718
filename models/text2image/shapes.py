"""Scenes of cut paper shapes: one group, or two that stand in a relation, of any colours, counts and sizes.

Facts: {"style": "shapes", "objects": [{"shape", "colour", "count", "size"?}], "relation"?, "paper"}, the relation
being the first group's to the second.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.text2image.paper import PAINTS, PAPERS, disc, lay, near, photograph, polygon, sheet
from models.text2image.words import RELATIONS, SHAPES

_ALIKE = {"yellow": ("cream",), "grey": ("light blue", "white")}  # paints too near to a paper of another name
_SIZES = {"big": 0.25, "small": 0.12}
_HOLLOW = ("ring", "circle", "square")  # what something can lie inside


def outline(shape: str) -> NDArray:
    """Points (n, 2) of a shape about the origin, within radius 1."""
    t = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    if shape in ("circle", "ring"):
        return disc((0, 0), 1.0)
    if shape == "heart":
        x, y = np.sin(t) ** 3, (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 16
        return np.stack([x, -y - 0.08], 1)
    if shape == "star":
        angle, radius = np.arange(10) * np.pi / 5 - np.pi / 2, np.tile([1.0, 0.45], 5)
        return np.stack([np.cos(angle), np.sin(angle)], 1) * radius[:, None]
    if shape == "cross":
        a = 0.33
        corners = [(a, 1), (a, a), (1, a), (1, -a), (a, -a), (a, -1)]
        return 0.95 * np.array(corners + [(-x, -y) for x, y in corners])
    return np.array(
        {
            "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
            "triangle": [(0, -0.95), (0.98, 0.75), (-0.98, 0.75)],
            "diamond": [(0, -1), (0.68, 0), (0, 1), (-0.68, 0)],
        }[shape]
    )


def _mask(shape: str, at: NDArray, radius: float, tilt: float) -> NDArray:
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    points = outline(shape) @ turn * radius
    mask = polygon(at + points)
    return np.clip(mask - polygon(at + 0.6 * points), 0, 1) if shape == "ring" else mask


def random_facts(rng: Generator) -> dict:
    """What to cut out and where to lay it."""
    paper = str(rng.choice(list(PAPERS), p=[0.24, 0.2, 0.1, 0.12, 0.1, 0.1, 0.07, 0.07]))
    two = rng.random() < 0.68
    relation = str(rng.choice(list(RELATIONS), p=[0.25, 0.25, 0.2, 0.2, 0.1])) if two else None
    groups: list[dict] = []
    while len(groups) < 1 + two:
        group = {"shape": str(rng.choice(list(SHAPES))), "colour": _paint(paper, rng), "count": 1}
        if relation == "inside" and len(groups) == 1:
            group["shape"] = str(rng.choice(_HOLLOW))
        if relation != "inside" and rng.random() < (0.3 if two else 0.55):
            group["count"] = int(rng.integers(2, 4 if two else 6))
        if all(group["colour"] != other["colour"] for other in groups):
            groups.append(group)
    _choose_sizes(groups, relation, rng)
    about = {"style": "shapes", "objects": groups, "paper": paper}
    return about | ({"relation": relation} if relation else {})


def _choose_sizes(groups: list[dict], relation: str | None, rng: Generator) -> None:
    """Sizes are named where they can be seen: of one shape alone, or where one group is big and one small."""
    if relation == "inside":
        return
    if len(groups) == 1 and groups[0]["count"] <= 3 and rng.random() < 0.6:
        groups[0]["size"] = str(rng.choice(["big", "small"]))
    elif [group["count"] for group in groups] == [1, 1] and rng.random() < 0.6:
        first = int(rng.integers(2))
        groups[first]["size"], groups[1 - first]["size"] = "big", "small"


def _paint(paper: str, rng: Generator) -> str:
    """A colour that can be seen on this paper."""
    fit = [name for name in PAINTS if name != paper and paper not in _ALIKE.get(name, ())]
    if paper in ("white", "cream"):
        fit.remove("white") if "white" in fit else None
    return str(rng.choice(fit))


def draw(facts: dict, rng: Generator) -> NDArray:
    """A picture of these facts, uint8 (SIDE, SIDE, 3); which one is the generator's choice."""
    canvas = sheet(near(PAPERS[facts["paper"]], rng, 4), rng)
    for group, middle, room in _places(facts, rng):
        radius = _radius(group, room, facts.get("relation") == "inside" and room > 0.25)
        rgb = near(PAINTS[group["colour"]], rng)
        for at in _spread(middle, group["count"], room, radius, rng):
            lay(canvas, _mask(group["shape"], at, radius, rng.normal(0, 0.07)), rgb, rng)
    return photograph(canvas)


def _radius(group: dict, room: float, around: bool) -> float:
    """Radius of one shape of a group that has a square of half-side `room`."""
    if around:
        return 0.8 * room
    most = room * {1: 0.78, 2: 0.4, 3: 0.38, 4: 0.38, 5: 0.3}[group["count"]]
    wanted = _SIZES.get(group.get("size"), 0.17) * {1: 1.0, 2: 0.85, 3: 0.75}.get(group["count"], 0.7)
    return min(wanted, most)


def _places(facts: dict, rng: Generator) -> list[tuple[dict, NDArray, float]]:
    """Each group with the middle and half-side of its room, the lowest first."""
    groups = facts["objects"]
    if len(groups) == 1:
        return [(groups[0], np.array([0.5, 0.5]) + rng.normal(0, 0.03, 2), 0.44)]
    first, second = groups
    relation = facts["relation"]
    if relation == "inside":
        middle = np.array([0.5, 0.5]) + rng.normal(0, 0.03, 2)
        return [(second, middle, 0.5), (first, middle, 0.2)]
    way = {"above": (0, -1), "below": (0, 1), "left": (-1, 0), "right": (1, 0)}[relation]
    step = np.array(way) * 0.245
    jitter = rng.normal(0, 0.02, (2, 2))
    return [(first, 0.5 + step + jitter[0], 0.25), (second, 0.5 - step + jitter[1], 0.25)]


def _spread(middle: NDArray, count: int, room: float, radius: float, rng: Generator) -> NDArray:
    """Middles (count, 2) of the shapes of one group, a little off a regular arrangement."""
    away = max(room - radius - 0.02, 0.0)
    if count == 1:
        return middle[None] + rng.uniform(-0.5, 0.5, 2) * min(away, 0.1)
    spots = {
        2: [(-1, 0), (1, 0)] if rng.random() < 0.7 else [(0, -1), (0, 1)],
        3: [(-1, 0.8), (1, 0.8), (0, -0.85)],
        4: [(-1, -1), (1, -1), (-1, 1), (1, 1)],
        5: [(-1, -1), (1, -1), (-1, 1), (1, 1), (0, 0)],
    }[count]
    reach = min(away, 2.0 * radius) if count < 5 else away
    return middle + np.array(spots) * reach + rng.normal(0, 0.008, (count, 2))
