"""The acts there are, how often each is played, and those of hands alone: clapping, closing a lid, talking."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley import physics
from models.foley.scene_canvas import Stage, along
from models.foley.scene_falling import bouncing, falling
from models.foley.scene_people import UP, Person, arm, body, flat_hand, some_person, swaying, unit
from models.foley.scene_plan import Plan, Target, level, surface_target
from models.foley.scene_textures import hsv
from models.foley.scene_walking import walking

_LIDS = ("wood", "cardboard", "plastic", "metal")


# ---------------------------------------------------------------- clapping


def clapping(rng: Generator, seconds: float, material: str | None = None) -> Plan:
    """Two palms meet."""
    lift = rng.uniform(0.05, 0.3)
    swing = physics.Swing(lift, rng.uniform(1.7, 2.6), 0.25, rng.uniform(0.01, 0.09))
    usual = rng.uniform(1.0, 4.0)
    times = physics.rhythm(rng, seconds, 0.6, 5.0)
    strokes = [physics.Stroke(float(t), float(np.clip(usual * rng.lognormal(0, 0.25), 0.6, 5))) for t in times]
    strokes = physics.feints(rng, strokes, rng.uniform(0.1, 0.5) if rng.random() < 0.35 else 0.0, lift)
    gap = physics.height(strokes, swing, seconds, rng)
    middle = np.array([0, 0, rng.uniform(0.12, 0.35)])
    palms = Target("hands", middle, rng.uniform(0.3, 0.7), int(rng.integers(2**31)))
    hits = tuple(palms.struck(s.at, np.clip(s.speed / 5, 0.06, 1)) for s in strokes if s.kind == "hit")
    angle, tilt, share = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 1.2), rng.choice([0.5, 0.5, 0.15])
    seed = int(rng.integers(2**31))

    def draw(stage: Stage) -> None:
        some = np.random.default_rng(seed)
        _claps(stage, some_person(some, 0.02), middle, physics.at(gap, stage.times), angle, tilt, share, some)

    missed = tuple(s.at for s in strokes if s.kind != "hit")
    return Plan("clap", hits, missed, middle[None], (0.3, 1.8), (-0.1, 0.8), draw, person=unit(level(angle) + 0.5 * UP))


def _claps(stage: Stage, person: Person, middle, gap, angle: float, tilt: float, share: float, rng: Generator) -> None:
    facing = level(angle)  # from the hands to the one who claps
    across = np.array([-np.sin(angle), np.cos(angle), 0])
    chest = middle + 0.36 * facing + 0.18 * UP
    sway = swaying(stage.times, rng, rng.uniform(0, 0.012))
    away = stage.view.axes[2] @ facing
    if away > -0.3 and rng.random() < 0.9:
        body(stage, person, chest, -facing, sway, behind=False)
    for sign in (-1, 1):
        part = 2 * (share if sign < 0 else 1 - share)
        touch = middle + sway + sign * (0.5 * part * gap[:, None] + 0.014) * across  # (N, 3): the palm
        open_ = 1.2 * part * gap[:, None]
        ahead = unit(-facing * np.cos(tilt) + UP * np.sin(tilt) + sign * open_ * across)
        wrist = touch - 0.075 * ahead
        side = unit(np.cross(ahead, np.broadcast_to(across, ahead.shape)))
        arm(stage, person, chest + sign * 0.19 * across, wrist, sign * 0.7 * across - UP)
        flat_hand(stage, person, wrist, ahead, side, 0.05, 1)


# ---------------------------------------------------------------- lids


def closing(rng: Generator, seconds: float, material: str | None = None) -> Plan:
    """A lid, a book or a shutter falls shut, by itself or by hand."""
    material = material if material in _LIDS else str(rng.choice(_LIDS))
    floor = surface_target(rng, material)
    lift = rng.uniform(0.1, 0.32)
    swing = physics.Swing(lift, rng.uniform(1.6, 2.4), rng.uniform(0, 0.18), rng.uniform(0.15, 0.5))
    times = physics.rhythm(rng, seconds, 0.4, 1.6)
    strokes = [physics.Stroke(float(t), float(np.exp(rng.uniform(np.log(0.6), np.log(4))))) for t in times]
    strokes = physics.feints(rng, strokes, rng.uniform(0.1, 0.4) if rng.random() < 0.4 else 0.0, lift)
    height = physics.height(strokes, swing, seconds, rng)
    contacts = tuple(floor.struck(s.at, np.clip((s.speed / 4) ** 0.9, 0.06, 1)) for s in strokes if s.kind == "hit")
    angle, deep, wide = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.35), rng.uniform(0.1, 0.2)
    seed, by_hand = int(rng.integers(2**31)), rng.random() < 0.6

    def draw(stage: Stage) -> None:
        some = np.random.default_rng(seed)
        _lid(stage, some, physics.at(height, stage.times), level(angle), deep, wide, by_hand)

    missed = tuple(s.at for s in strokes if s.kind != "hit")
    focus = np.array([[0, 0, 0.06]])
    return Plan("lid", contacts, missed, focus, (0.45, 1.4), (0.08, 1.0), draw, surface=material)


def _lid(stage: Stage, rng: Generator, height, angle: NDArray, deep: float, wide: float, by_hand: bool) -> None:
    """A board hinged on its far side; `height` (N,) is its near edge's."""
    sine = np.clip(height / deep, 0, 0.97)[:, None]
    edge = (0.5 - np.sqrt(1 - sine**2)) * deep * -angle + sine * deep * UP  # (N, 3)
    hinge = -0.5 * deep * angle
    side = wide * np.array([-angle[1], angle[0], 0])
    colour = hsv(rng.uniform(0.04, 0.12), rng.uniform(0.1, 0.6), rng.uniform(0.3, 0.9))
    stage.slab(along(hinge - side, hinge + side, edge + side, edge - side), colour)
    stage.tube(along(edge - side, edge + side), 0.007, 0.7 * colour, shadow=False)
    if by_hand:
        person = some_person(rng)
        wrist = edge + 0.07 * angle + 0.035 * UP
        arm(stage, person, 0.62 * angle + 0.4 * UP, wrist, -UP)
        ahead = unit(np.broadcast_to(-angle - 0.2 * UP, wrist.shape))
        flat_hand(stage, person, wrist, ahead, unit(np.cross(ahead, UP)), 0.4)


# ---------------------------------------------------------------- nothing is hit


def idling(rng: Generator, seconds: float, material: str | None = None) -> Plan:
    """Hands that talk, wave and point: much movement, not one contact."""
    angle, seed = rng.uniform(0, 2 * np.pi), int(rng.integers(2**31))
    reach = rng.uniform(0.03, 0.14)

    def draw(stage: Stage) -> None:
        some = np.random.default_rng(seed)
        person = some_person(some)
        across = np.array([-np.sin(angle), np.cos(angle), 0])
        chest = 0.45 * level(angle) + 0.42 * UP
        sway = swaying(stage.times, some, some.uniform(0, 0.02))
        away = stage.view.axes[2] @ level(angle)
        if away > -0.3:
            body(stage, person, chest, -level(angle), sway, behind=away > 0.2)
        for sign in (-1, 1)[: some.integers(1, 3)]:
            home = sign * some.uniform(0.08, 0.2) * across + some.uniform(0.12, 0.3) * UP + 0.1 * level(angle)
            wrist = home + swaying(stage.times, some, reach) * [1, 1, 1.6] + swaying(3 * stage.times, some, 0.2 * reach)
            wrist = np.maximum(wrist, [-9, -9, 0.07])
            arm(stage, person, chest + sign * 0.19 * across, wrist, sign * across - UP)
            ahead = unit(-level(angle) + swaying(stage.times, some, 0.4))
            flat_hand(
                stage, person, wrist, ahead, unit(np.cross(ahead, UP + swaying(stage.times, some, 0.4))), 0.3, sign
            )

    return Plan("idle", (), (), np.array([[0, 0, 0.15]]), (0.4, 1.8), (0.0, 0.8), draw)


ACTS: dict[str, tuple[float, Callable[..., Plan]]] = {
    "clap": (0.08, clapping),
    "ball": (0.09, bouncing),
    "fall": (0.09, falling),
    "steps": (0.09, walking),
    "lid": (0.02, closing),
    "idle": (0.025, idling),
}  # with their shares of all clips; the rest is `scene_beating.py`'s
