"""What people strike with: how each is held and swung, and on what."""

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

_HARD = {"wood": 3, "metal": 3, "glass": 2, "ceramic": 2, "plastic": 3, "stone": 2, "cardboard": 2, "drum": 2}
_SOFT = {"cloth": 2, "gravel": 2, "leaves": 2, "water": 2}


@dataclass(frozen=True)
class Tool:
    """length: metres from where it is held to what strikes; lift: metres it is raised; speeds: m/s of hits.

    often: its share among tools; rates: hits a second of one hand, slowest and fastest; wrist: the share of the tip's
    movement that the wrist makes; on: materials it is used on, with weights; hands: chance that a second one joins in;
    rebound: the share of its speed it keeps; stays: seconds it stays down; grip: "fist", "flat", "knuckles", "finger";
    width: metres of the frame, from a close view to a far one; power: how whipped; gloves: share of people with gloves.
    """

    name: str
    often: float
    length: float
    lift: tuple[float, float]
    speeds: tuple[float, float]
    rates: tuple[float, float]
    wrist: float = 0.38
    on: dict[str, float] = field(default_factory=lambda: _HARD | _SOFT)
    hands: float = 0.3
    rebound: float = 0.35
    stays: tuple[float, float] = (0.0, 0.02)
    grip: str = "fist"
    width: tuple[float, float] = (0.35, 1.6)
    power: tuple[float, float] = (1.9, 3.4)
    gloves: float = 0.06


_PUT_DOWN = dict(
    wrist=0.95,
    on={"wood": 4, "ceramic": 2, "metal": 2, "glass": 2, "stone": 2, "plastic": 2, "cloth": 1, "cardboard": 1},
    hands=0.0,
    rebound=0.0,
    stays=(0.15, 0.9),
    width=(0.3, 1.4),
)
_STEEL = {"wood": 5, "metal": 5, "stone": 3}
_BOARDS = {"wood": 7, "plastic": 3, "ceramic": 1, "stone": 1}
_ALL = (
    Tool("stick", 12, 0.32, (0.07, 0.35), (1.2, 7.0), (0.7, 5.0), rebound=0.45),
    Tool(
        "drumstick",
        23,
        0.32,
        (0.08, 0.4),
        (1.5, 8.0),
        (1.2, 7.0),
        on={"drum": 9, "metal": 3, "plastic": 1},
        hands=0.8,
        rebound=0.55,
        width=(0.5, 2.4),
    ),
    Tool(
        "beater",
        6,
        0.28,
        (0.06, 0.3),
        (1.0, 5.0),
        (0.8, 5.0),
        on={"wood": 3, "metal": 3, "drum": 3},
        hands=0.6,
        rebound=0.5,
    ),
    Tool("spoon", 5, 0.16, (0.03, 0.15), (0.5, 3.0), (0.8, 5.0), on={**_HARD, "water": 1}, width=(0.25, 1.2)),
    Tool(
        "hammer",
        21,
        0.24,
        (0.12, 0.5),
        (2.0, 7.0),
        (0.5, 2.8),
        wrist=0.55,
        on=_STEEL,
        hands=0.04,
        rebound=0.22,
        stays=(0.0, 0.05),
        width=(0.4, 2.0),
        gloves=0.25,
    ),
    Tool(
        "mallet",
        6,
        0.24,
        (0.1, 0.45),
        (1.5, 6.0),
        (0.5, 2.5),
        wrist=0.55,
        on={**_STEEL, "plastic": 2, "gravel": 1},
        hands=0.04,
        rebound=0.2,
        stays=(0.0, 0.05),
        width=(0.4, 2.0),
        gloves=0.2,
    ),
    Tool(
        "axe",
        4,
        0.62,
        (0.5, 1.1),
        (4.0, 9.0),
        (0.35, 0.9),
        wrist=0.7,
        on={"wood": 9, "stone": 1},
        hands=0.0,
        rebound=0.04,
        stays=(0.1, 0.3),
        width=(1.4, 3.6),
        gloves=0.3,
    ),
    Tool(
        "shovel",
        2.5,
        0.75,
        (0.12, 0.35),
        (1.0, 3.0),
        (0.35, 1.1),
        wrist=0.8,
        on={"gravel": 4, "leaves": 2, "stone": 1},
        hands=0.0,
        rebound=0.05,
        stays=(0.1, 0.35),
        width=(1.2, 3.2),
        gloves=0.3,
    ),
    Tool(
        "knife",
        13,
        0.12,
        (0.02, 0.09),
        (0.5, 2.4),
        (1.5, 7.0),
        wrist=0.8,
        on=_BOARDS,
        hands=0.0,
        rebound=0.12,
        stays=(0.0, 0.06),
        width=(0.28, 1.1),
        power=(1.6, 2.6),
    ),
    Tool(
        "cleaver",
        6,
        0.15,
        (0.08, 0.3),
        (1.5, 5.0),
        (0.8, 3.0),
        wrist=0.7,
        on=_BOARDS,
        hands=0.0,
        rebound=0.08,
        stays=(0.02, 0.1),
        width=(0.35, 1.4),
    ),
    Tool(
        "palm",
        9,
        0.11,
        (0.05, 0.3),
        (0.8, 4.5),
        (0.7, 4.5),
        wrist=0.7,
        on={**_HARD, **_SOFT, "drum": 6},
        hands=0.55,
        rebound=0.3,
        stays=(0.0, 0.08),
        grip="flat",
        width=(0.35, 1.8),
    ),
    Tool(
        "knuckles",
        4,
        0.075,
        (0.03, 0.14),
        (0.6, 2.4),
        (1.5, 5.5),
        wrist=0.75,
        on={**_HARD, "wood": 7},
        hands=0.1,
        rebound=0.3,
        grip="knuckles",
        width=(0.3, 1.4),
    ),
    Tool(
        "finger",
        3.5,
        0.15,
        (0.015, 0.07),
        (0.3, 1.5),
        (1.5, 6.5),
        wrist=0.25,
        on=_HARD,
        rebound=0.25,
        stays=(0.0, 0.05),
        grip="finger",
        width=(0.22, 0.8),
    ),
    Tool("cup", 3, 0.1, (0.04, 0.25), (0.35, 1.4), (0.3, 1.2), **_PUT_DOWN),
    Tool("bottle", 2, 0.1, (0.05, 0.3), (0.35, 1.4), (0.3, 1.2), **_PUT_DOWN),
    Tool("block", 3, 0.1, (0.05, 0.3), (0.4, 2.0), (0.3, 1.6), **_PUT_DOWN),
)
TOOLS: dict[str, Tool] = {tool.name: tool for tool in _ALL}


def some_tool(rng: Generator, material: str | None = None) -> Tool:
    """One of the tools, the usual ones more often; of those used on this material, if one is named."""
    fit = [tool for tool in _ALL if material is None or material in tool.on] or list(_ALL)
    odds = np.array([tool.often for tool in fit])
    return fit[rng.choice(len(fit), p=odds / odds.sum())]


def some_material(rng: Generator, tool: Tool) -> str:
    """What it strikes this time."""
    odds = np.array(list(tool.on.values()), float)
    return list(tool.on)[rng.choice(len(odds), p=odds / odds.sum())]
