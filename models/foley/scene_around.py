"""What moves in a scene and makes no sound: people who pass, screens that flicker, things that swing and turn."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley.scene_canvas import Layer, Stage, along
from models.foley.scene_people import UP, body, leg, some_person, swaying
from models.foley.scene_textures import hsv

_MOVERS = ("passer-by", "screen", "pendulum", "fan", "twigs", "standing")


def distract(stage: Stage, rng: Generator) -> None:
    """Add none, one or two of them, behind what happens."""
    for _ in range(rng.choice(3, p=[0.62, 0.28, 0.1])):
        _ADDED[_MOVERS[rng.choice(len(_MOVERS), p=[0.34, 0.14, 0.12, 0.1, 0.12, 0.18])]](stage, rng)


def _back_there(stage: Stage, rng: Generator, near: float, far: float) -> tuple[NDArray, NDArray]:
    """A point behind the middle of the picture, at the height of the work surface, and the level way to the right."""
    ahead = stage.view.axes[2] * [1, 1, 0]
    ahead = ahead / max(np.linalg.norm(ahead), 1e-6)
    right = np.array([ahead[1], -ahead[0], 0.0])
    # The lens looks at a point in the surface z = 0, or nearly.
    middle = stage.view.eye + stage.view.axes[2] * np.linalg.norm(stage.view.eye)
    return middle * [1, 1, 0] + rng.uniform(near, far) * ahead, right


def _passer_by(stage: Stage, rng: Generator) -> None:
    """Walks through behind, back and forth; the feet are out of sight."""
    spot, right = _back_there(stage, rng, 0.9, 3.0)
    person, speed = some_person(rng), rng.choice([-1, 1]) * rng.uniform(0.4, 1.6)
    offset = rng.uniform(-1.5, 1.5)
    along_way = 1.6 * np.sin(speed * stage.times / 1.6 + offset)[:, None]  # (N, 1) metres
    place = spot + along_way * right + (stage.floor + 1.38) * UP  # (N, 3) between the shoulders
    facing = right * np.sign(speed)
    bob = 0.02 * np.abs(np.sin(5.5 * stage.times))[:, None] * UP
    body(stage, person, place, facing, bob, behind=True)
    for phase in (0, np.pi):
        swung = 0.3 * np.sin(5.5 * stage.times + phase)[:, None] * facing
        hip = place - 0.52 * UP
        leg(stage, person, hip, hip - 0.78 * UP + swung, facing, 0 * stage.times, behind=True)


def _standing(stage: Stage, rng: Generator) -> None:
    """Someone stands behind and moves a little, an arm now and then."""
    spot, right = _back_there(stage, rng, 0.7, 2.5)
    person = some_person(rng)
    middle = spot + rng.uniform(-1, 1) * right + (stage.floor + rng.uniform(1.05, 1.45)) * UP
    sway = swaying(stage.times, rng, rng.uniform(0.005, 0.04))
    body(stage, person, middle, -stage.view.axes[2] * [1, 1, 0], sway, behind=True)
    shoulder = middle + 0.2 * right + 0.3 * sway
    hand = shoulder - 0.3 * UP + swaying(stage.times, rng, rng.uniform(0.02, 0.12))
    elbow = (shoulder + hand) / 2 + 0.1 * right - 0.05 * UP
    stage.tube(along(shoulder, elbow, hand), (0.05, 0.045, 0.03), person.shirt, behind=True)
    stage.tube(hand[:, None], 0.045, person.skin, behind=True)


def _screen(stage: Stage, rng: Generator) -> None:
    """A screen or a lamp whose light changes, by jumps or in waves."""
    spot, right = _back_there(stage, rng, 0.5, 2.0)
    corner = spot + rng.uniform(-0.8, 0.4) * right + rng.uniform(0.0, 0.5) * UP
    wide, high = rng.uniform(0.1, 0.7), rng.uniform(0.1, 0.5)
    corners = np.stack([corner, corner + wide * right, corner + wide * right + high * UP, corner + high * UP])
    stage.slab(corners, np.zeros(3), shadow=False, behind=True)
    if rng.random() < 0.6:
        scenes = (stage.times * rng.uniform(0.7, 8)).astype(int)  # (N,): which picture is shown
        colours = np.stack([hsv(rng.random(), rng.uniform(0, 0.8), rng.random()) for _ in range(scenes.max() + 1)])[
            scenes
        ]
    else:
        light = 0.6 + 0.4 * np.sin(2 * np.pi * rng.uniform(0.5, 12) * stage.times)
        colours = light[:, None] * hsv(rng.random(), rng.uniform(0, 0.5), 1.0)
    last = stage.behind[-1]
    stage.behind[-1] = Layer(last.outline, [tuple(row) for row in colours], last.shown)


def _pendulum(stage: Stage, rng: Generator) -> None:
    """Something hangs and swings: a lamp, a tool on a hook, washing."""
    spot, right = _back_there(stage, rng, 0.3, 1.5)
    long = rng.uniform(0.15, 0.8)
    top = spot + rng.uniform(-0.5, 0.5) * right + (long + rng.uniform(0.1, 0.5)) * UP
    angle = rng.uniform(0.05, 0.5) * np.sin(np.sqrt(9.81 / long) * stage.times + rng.uniform(0, 6))[:, None]
    bob = top + long * (np.sin(angle) * right - np.cos(angle) * UP)
    colour = hsv(rng.random(), rng.random(), rng.uniform(0.1, 1))
    stage.tube(along(top, bob), 0.006, 0.4 * colour, behind=True)
    stage.tube(along(bob, bob - rng.uniform(0.02, 0.1) * UP), rng.uniform(0.03, 0.09), colour, behind=True)


def _fan(stage: Stage, rng: Generator) -> None:
    """Blades that turn."""
    spot, right = _back_there(stage, rng, 0.4, 1.6)
    hub = spot + rng.uniform(-0.6, 0.6) * right + rng.uniform(0.15, 0.6) * UP
    colour, size = hsv(rng.random(), rng.uniform(0, 0.6), rng.uniform(0.2, 0.9)), rng.uniform(0.08, 0.22)
    turn = 2 * np.pi * rng.uniform(0.4, 6) * stage.times
    for blade in np.arange(3) * 2 * np.pi / 3:
        way = np.cos(turn + blade)[:, None] * right + np.sin(turn + blade)[:, None] * UP
        beside = -np.sin(turn + blade)[:, None] * right + np.cos(turn + blade)[:, None] * UP
        tip = hub + size * way
        stage.slab(along(hub, tip - 0.2 * size * beside, tip + 0.25 * size * beside), colour, shadow=False, behind=True)


def _twigs(stage: Stage, rng: Generator) -> None:
    """A plant in the wind."""
    spot, right = _back_there(stage, rng, 0.2, 1.2)
    root = spot + rng.uniform(-0.6, 0.6) * right
    for _ in range(rng.integers(3, 9)):
        long, lean = rng.uniform(0.15, 0.5), rng.normal(0, 0.5)
        wind = lean + 0.12 * np.sin(2 * np.pi * rng.uniform(0.5, 2.5) * stage.times + rng.uniform(0, 6))[:, None]
        tip = root + long * (np.sin(wind) * right + np.cos(wind) * UP)
        green = hsv(rng.uniform(0.18, 0.36), rng.uniform(0.3, 0.8), rng.uniform(0.2, 0.7))
        stage.tube(along(root, (root + tip) / 2 + 0.02 * UP, tip), (0.004, 0.02, 0.003), green, behind=True)


_ADDED = {
    "passer-by": _passer_by,
    "screen": _screen,
    "pendulum": _pendulum,
    "fan": _fan,
    "twigs": _twigs,
    "standing": _standing,
}
