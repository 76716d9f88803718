"""People: arms that end in hands that hold, slap, knock or clap; bodies behind them; legs that walk."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley import physics
from models.foley.scene_canvas import Stage, along
from models.foley.scene_textures import hsv, skin

_UPPER, _LOWER = 0.29, 0.26  # metres from shoulder to elbow to wrist
_FINGERS = (-0.033, -0.011, 0.011, 0.033)  # metres across the hand
_LENGTHS = (0.062, 0.078, 0.083, 0.072)
UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Person:
    """Colours RGB 0..255; sleeve: 0 bare arms, 0.5 short, 1 long; bulk: how much stouter than usual."""

    skin: NDArray
    glove: NDArray | None
    shirt: NDArray
    stripe: NDArray | None
    sleeve: float
    hair: NDArray
    trousers: NDArray
    shoe: NDArray
    bulk: float
    watch: bool

    @property
    def hand(self) -> NDArray:
        """The colour of hands."""
        return self.skin if self.glove is None else self.glove


def some_person(rng: Generator, gloves: float = 0.08) -> Person:
    """Anyone."""

    def garment() -> NDArray:
        return hsv(rng.random(), rng.uniform(0, 0.85), rng.uniform(0.08, 0.95))

    return Person(
        skin=skin(rng),
        glove=garment() if rng.random() < gloves else None,
        shirt=garment(),
        stripe=garment() if rng.random() < 0.3 else None,
        sleeve=float(rng.choice([0, 0.5, 1], p=[0.2, 0.35, 0.45])),
        hair=hsv(rng.uniform(0.03, 0.12), rng.uniform(0, 0.6), rng.uniform(0.05, 0.8)),
        trousers=garment(),
        shoe=garment() if rng.random() < 0.85 else skin(rng),
        bulk=rng.uniform(0.85, 1.3),
        watch=bool(rng.random() < 0.2),
    )


def unit(vectors: NDArray) -> NDArray:
    """Vectors (..., 3) of length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-9)


def mixed(a: NDArray, b: NDArray, share: float) -> NDArray:
    """The point that lies this share of the way from a to b."""
    return a + (b - a) * share


# ---------------------------------------------------------------- arms


def arm(stage: Stage, person: Person, shoulder: NDArray, wrist: NDArray, out: NDArray) -> None:
    """An arm from the shoulder (3,) or (N, 3) to the wrist (N, 3), its elbow bent towards `out` (3,)."""
    shoulder = np.broadcast_to(shoulder, wrist.shape)
    elbow = physics.elbow(shoulder, wrist, _UPPER, _LOWER, out)
    fat = person.bulk
    upper = person.shirt if person.sleeve > 0 else person.skin
    lower = person.shirt if person.sleeve == 1 else person.skin
    loose = 1.15 if person.sleeve == 1 else 1.0
    stage.tube(along(shoulder, elbow), np.array([0.058, 0.047]) * fat * (1.15 if person.sleeve else 1), upper)
    stage.tube(along(elbow, wrist), np.array([0.046, 0.03]) * fat * loose, lower)
    if person.stripe is not None and person.sleeve:
        stripes(stage, person, (shoulder, elbow) if person.sleeve < 1 else (elbow, wrist))
    if person.sleeve == 1:
        stage.tube(along(mixed(elbow, wrist, 0.9), wrist), 0.036 * fat, 0.8 * lower, shadow=False)
    elif person.watch:
        stage.tube(
            along(mixed(elbow, wrist, 0.9), mixed(elbow, wrist, 0.96)), 0.034 * fat, 40 + 0 * lower, shadow=False
        )


def stripes(stage: Stage, person: Person, bone: tuple[NDArray, NDArray]) -> None:
    """Bands of the second colour across a sleeve."""
    for place in (0.15, 0.42, 0.7):
        band = along(mixed(*bone, place), mixed(*bone, place + 0.07))
        stage.tube(band, 0.045 * person.bulk, person.stripe, shadow=False)


def palm(stage: Stage, person: Person, wrist: NDArray, ahead: NDArray) -> None:
    """The back of a fist, under what it holds: from the wrist (N, 3) `ahead` (N, 3)."""
    stage.tube(along(wrist, wrist + 0.045 * ahead, wrist + 0.08 * ahead), (0.03, 0.04, 0.036), person.hand)


def fingers(stage: Stage, person: Person, wrist: NDArray, ahead: NDArray, handle: NDArray) -> None:
    """Four fingers and a thumb around a handle whose direction is `handle` (N, 3)."""
    across = unit(np.cross(handle, ahead))
    held = wrist + 0.072 * ahead
    if not fine(stage, held):
        return
    for k, offset in enumerate(_FINGERS):
        middle = held + 0.85 * offset * handle
        shade = person.hand * (0.86 + 0.07 * (k % 2))
        stage.tube(along(middle + 0.026 * across, middle - 0.024 * across), 0.0115, shade, shadow=False)
    stage.tube(
        along(wrist + 0.03 * ahead + 0.02 * across, held + 0.03 * handle), 0.012, person.hand * 0.93, shadow=False
    )


def flat_hand(
    stage: Stage, person: Person, wrist: NDArray, ahead: NDArray, side: NDArray, curl: float = 0.15, thumb: int = 1
) -> None:
    """An open hand: fingers `ahead`, (N, 3), knuckles along `side` (N, 3); curl: how far fingers bend down, 0..1."""
    down = unit(np.cross(side, ahead))
    down = down * np.sign((down * -UP).sum(-1, keepdims=True) + 1e-9)
    if not fine(stage, wrist):
        stage.tube(along(wrist, wrist + 0.09 * ahead, wrist + 0.17 * ahead), (0.03, 0.042, 0.02), person.hand)
        return
    stage.tube(along(wrist, wrist + 0.055 * ahead), (0.027, 0.034), person.hand)
    for offset, length in zip(_FINGERS, _LENGTHS):
        knuckle = wrist + 0.09 * ahead + offset * side
        middle = knuckle + 0.5 * length * unit(ahead + 0.6 * curl * down)
        tip = middle + 0.5 * length * unit(ahead + 1.8 * curl * down)
        root = wrist + 0.02 * ahead + 0.7 * offset * side
        stage.tube(along(root, knuckle, middle, tip), (0.015, 0.0135, 0.0115, 0.009), person.hand)
    root = wrist + 0.025 * ahead - thumb * 0.025 * side
    stage.tube(along(root, root + 0.05 * ahead - thumb * 0.03 * side), (0.014, 0.01), person.hand * 0.95)


def fine(stage: Stage, points: NDArray) -> bool:
    """Whether a finger is more than a pixel thick there: else a hand is a blob."""
    _, scale = stage.view(points)
    return float(np.median(scale)) * 0.012 > 0.8


# ---------------------------------------------------------------- bodies


def body(stage: Stage, person: Person, middle: NDArray, facing: NDArray, sway: NDArray, behind: bool) -> None:
    """Trunk and head: `middle` (3,) or (N, 3) between the shoulders, `facing` (3,) level; sway (N, 3), more above."""
    neck = middle + 0.5 * sway
    hips = np.broadcast_to(middle - 0.52 * UP, neck.shape)
    aside = unit(np.cross(facing, UP)) * 0.13 * person.bulk
    dark = dict(shadow=False, behind=behind)
    for sign in (-1, 1):
        trunk = along(hips + 0.6 * sign * aside, neck + sign * aside - 0.06 * UP)
        stage.tube(trunk, np.array([0.12, 0.1]) * person.bulk, person.shirt, **dark)
    stage.tube(along(hips, neck - 0.08 * UP), np.array([0.13, 0.13]) * person.bulk, person.shirt, **dark)
    if person.stripe is not None:
        stage.tube(along(mixed(hips, neck, 0.5) - aside, mixed(hips, neck, 0.5) + aside), 0.06, person.stripe, **dark)
    head = middle + 0.24 * UP + 0.04 * facing + sway
    stage.tube(along(neck, head - 0.05 * UP), 0.05, person.skin * 0.85, **dark)
    stage.tube(along(head - 0.035 * UP, head + 0.04 * UP), (0.082, 0.092), person.skin, **dark)
    stage.tube(along(head + 0.07 * UP - 0.045 * facing, head + 0.0 * UP - 0.07 * facing), 0.085, person.hair, **dark)
    for sign in (-1, 1):
        eye = head + 0.082 * facing + 0.26 * sign * aside + 0.015 * UP
        stage.tube(eye[:, None], 0.011, person.hair * 0.4, light=0.0, **dark)


def swaying(times: NDArray, rng: Generator, amount: float) -> NDArray:
    """Someone who does not stand still: metres, (N, 3)."""
    phases, rates = rng.uniform(0, 2 * np.pi, (3, 3)), rng.uniform(0.2, 1.4, (3, 3))
    waves = np.sin(2 * np.pi * rates * times[:, None, None] + phases).sum(1)  # (N, 3)
    return amount * waves * np.array([0.6, 0.6, 0.25])


# ---------------------------------------------------------------- legs


def leg(stage: Stage, person: Person, hip: NDArray, ankle: NDArray, toe: NDArray, pitch: NDArray, behind: bool) -> None:
    """A leg from hip to ankle, (N, 3) each, its foot towards `toe` (3,) level, raised by `pitch` (N,) radians."""
    knee = physics.elbow(hip, ankle, 0.45, 0.43, toe + 0.05 * UP)
    legs = dict(shadow=not behind, behind=behind)
    stage.tube(along(hip, knee), np.array([0.085, 0.062]) * person.bulk, person.trousers, **legs)
    bare = person.sleeve == 0
    stage.tube(
        along(knee, ankle + 0.02 * UP), np.array([0.06, 0.042]), person.skin if bare else person.trousers, **legs
    )
    way = np.cos(pitch)[:, None] * toe + np.sin(pitch)[:, None] * UP  # (N, 3)
    heel = ankle - 0.045 * way - 0.045 * UP
    stage.tube(along(ankle - 0.02 * UP, heel + 0.02 * way), (0.04, 0.038), person.shoe, **legs)
    stage.tube(along(heel, heel + 0.12 * way, heel + 0.21 * way), (0.036, 0.038, 0.028), person.shoe, **legs)
    sole = along(heel - 0.022 * UP, heel + 0.21 * way - 0.016 * UP)
    stage.tube(sole, 0.013, np.minimum(person.shoe * 0.4 + 20, 255), light=0.0, **legs)
