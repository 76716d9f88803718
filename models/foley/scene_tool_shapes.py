"""How tools look: handles, heads and blades, from where they are held to what strikes."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley.scene_canvas import Stage, along
from models.foley.scene_people import UP, unit
from models.foley.scene_textures import hsv


@dataclass(frozen=True)
class Look:
    """The colours of one tool: its handle and its head, RGB 0..255; thick: how much thicker than usual.

    tips: how much a blade tips up while it is raised: little where it chops straight, more where it rocks.
    """

    handle: NDArray
    head: NDArray
    thick: float
    tips: float


def some_look(rng: Generator) -> Look:
    """Mostly a handle of wood and a head of steel."""
    wood = hsv(rng.uniform(0.05, 0.12), rng.uniform(0.2, 0.65), rng.uniform(0.3, 0.95))
    handle = wood if rng.random() < 0.65 else hsv(rng.random(), rng.uniform(0, 1), rng.uniform(0.05, 1))
    steel = hsv(0.6, rng.uniform(0, 0.12), rng.uniform(0.35, 0.95))
    head = steel if rng.random() < 0.7 else hsv(rng.random(), rng.uniform(0, 0.9), rng.uniform(0.1, 0.9))
    return Look(handle, head, rng.uniform(0.85, 1.5), rng.uniform(0.1, 1.3))


def draw_tool(stage: Stage, name: str, look: Look, held: NDArray, tip: NDArray) -> None:
    """The tool from where it is held to what strikes, (N, 3) each."""
    _DRAWN.get(name, _stick)(stage, look, held, tip)


def bright(colour: NDArray) -> NDArray:
    """Where light catches an edge."""
    return np.minimum(1.35 * colour + 25, 255)


def _frame(held: NDArray, tip: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Along the tool, the way it strikes and sideways, unit (N, 3) each."""
    ahead = unit(tip - held)
    side = unit(np.cross(ahead, UP))
    return ahead, np.cross(ahead, side), side


def _stick(stage: Stage, look: Look, held: NDArray, tip: NDArray) -> None:
    back = held - 0.09 * unit(tip - held)
    stage.tube(along(back, tip), np.array([0.0085, 0.006]) * look.thick, look.handle)


def _beater(stage: Stage, look: Look, held: NDArray, tip: NDArray) -> None:
    ahead = unit(tip - held)
    stage.tube(along(held - 0.06 * ahead, tip + 0.02 * UP), 0.005 * look.thick, look.handle)
    stage.tube((tip + 0.02 * UP)[:, None], 0.02 * look.thick, look.head)


def _spoon(stage: Stage, look: Look, held: NDArray, tip: NDArray) -> None:
    ahead = unit(tip - held)
    stage.tube(along(held - 0.03 * ahead, tip), np.array([0.005, 0.004]) * look.thick, look.head)
    stage.tube(along(tip - 0.035 * ahead, tip), np.array([0.013, 0.008]) * look.thick, look.head)


def _hammer(
    stage: Stage, look: Look, held: NDArray, tip: NDArray, head: tuple[float, float, float] = (0.014, 0.05, 0.014)
) -> None:
    """Its head lies across the handle; what strikes is the lower face."""
    centre = tip + head[1] * _up_of(held, tip)
    ahead = unit(centre - held)
    side = unit(np.cross(ahead, UP))
    stage.tube(along(held - 0.08 * ahead, centre), np.array([0.012, 0.01]) * look.thick, look.handle)
    stage.block(
        centre, np.stack([ahead, np.cross(side, ahead), side], axis=1), np.array(head) * min(look.thick, 1.2), look.head
    )


def _up_of(held: NDArray, tip: NDArray) -> NDArray:
    """From the face that strikes back towards the handle: across the line from hand to face."""
    ahead, down, _ = _frame(held, tip)
    return -down * np.sign((down * -UP).sum(-1, keepdims=True) + 1e-9)


def _mallet(stage: Stage, look: Look, held: NDArray, tip: NDArray) -> None:
    _hammer(stage, replace(look, head=0.9 * look.handle + 20), held, tip, (0.035, 0.06, 0.035))


def _axe(stage: Stage, look: Look, held: NDArray, tip: NDArray) -> None:
    up = _up_of(held, tip)
    centre = tip + 0.08 * up
    ahead = unit(centre - held)
    stage.tube(along(held - 0.12 * ahead, centre), 0.016 * look.thick, look.handle)
    back, front = tip - 0.06 * ahead, tip + 0.05 * ahead
    stage.slab(along(back, front, centre + 0.025 * ahead, centre - 0.025 * ahead), look.head)
    stage.slab(along(back, front, front + 0.012 * up, back + 0.012 * up), bright(look.head), shadow=False)


def _shovel(stage: Stage, look: Look, held: NDArray, tip: NDArray) -> None:
    ahead, _, side = _frame(held, tip)
    neck = tip - 0.24 * ahead
    stage.tube(along(held - 0.35 * ahead, neck), 0.015 * look.thick, look.handle)
    low, wide = tip - 0.06 * ahead, 0.085 * side
    stage.slab(along(neck - wide, neck + wide, low + wide, tip, low - wide), look.head)


def _knife(stage: Stage, look: Look, held: NDArray, tip: NDArray, deep: float = 0.035) -> None:
    """The edge is what strikes: `tip` is its middle. The blade stands on its edge."""
    ahead = unit((tip - held) * np.array([1, 1, look.tips]))
    up = unit(UP - (UP * ahead).sum(-1, keepdims=True) * ahead)
    heel, point = tip - 0.085 * ahead, tip + 0.085 * ahead
    corners = along(
        heel, tip + 0.03 * ahead, point + 0.5 * deep * up, point - 0.04 * ahead + deep * up, heel + deep * up
    )
    stage.slab(corners, look.head)
    edge, ground = tip + 0.03 * ahead, 0.2 * deep * up
    stage.slab(along(heel, edge, edge + ground, heel + ground), bright(look.head), shadow=False)
    stage.tube(
        along(heel + 0.8 * deep * up, heel - 0.11 * ahead + 0.8 * deep * up), 0.013 * look.thick, 0.6 * look.handle
    )


def _cleaver(stage: Stage, look: Look, held: NDArray, tip: NDArray) -> None:
    _knife(stage, look, held, tip, 0.085)


def _cup(stage: Stage, look: Look, held: NDArray, tip: NDArray) -> None:
    up = _leant(held, tip)
    stage.tube(along(tip + 0.034 * up, tip + 0.085 * up), np.array([0.034, 0.042]) * look.thick, look.head)
    stage.tube((tip + 0.1 * up)[:, None], 0.034 * look.thick, 0.35 * look.head, shadow=False, light=0.0)


def _bottle(stage: Stage, look: Look, held: NDArray, tip: NDArray) -> None:
    up = _leant(held, tip)
    stage.tube(
        along(tip + 0.035 * up, tip + 0.14 * up, tip + 0.19 * up, tip + 0.25 * up),
        (0.036, 0.036, 0.016, 0.014),
        look.head,
    )
    stage.tube(along(tip + 0.07 * up, tip + 0.11 * up), 0.037, look.handle, shadow=False)


def _block(stage: Stage, look: Look, held: NDArray, tip: NDArray) -> None:
    up = _leant(held, tip)
    side = unit(np.cross(up, tip - held))
    axes = np.stack([np.cross(side, up), side, up], axis=1)
    half = np.array([0.06, 0.04, 0.035]) * look.thick
    stage.block(tip + half[2] * up, axes, half, look.handle)


def _leant(held: NDArray, tip: NDArray) -> NDArray:
    """Upright, leaning a little with the hand while it is raised."""
    over = (tip - held) * np.array([1, 1, 0])
    return unit(UP - 0.6 * over * np.clip(tip[..., 2:], 0, 0.3))


_DRAWN = {
    "beater": _beater,
    "spoon": _spoon,
    "hammer": _hammer,
    "mallet": _mallet,
    "axe": _axe,
    "shovel": _shovel,
    "knife": _knife,
    "cleaver": _cleaver,
    "cup": _cup,
    "bottle": _bottle,
    "block": _block,
}
