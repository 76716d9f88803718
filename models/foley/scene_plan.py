"""What an act says of itself before anything is drawn: its contacts, its things, how it wants to be seen."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley.scene_canvas import Stage
from models.foley.scene_things import Thing, some_thing


@dataclass(frozen=True)
class Contact:
    """One hit: when (s), how hard (0..1), on what, how large that is (0..1), which one of its kind, and where (3,)."""

    seconds: float
    strength: float
    material: str
    size: float
    seed: int
    point: NDArray
    thing: Thing | None = None


@dataclass(frozen=True)
class Target:
    """What may be struck, at a point (3,): a thing, or the work surface where there is none."""

    material: str
    point: NDArray
    size: float
    seed: int
    thing: Thing | None = None

    def struck(self, seconds: float, strength: float, point: NDArray | None = None) -> Contact:
        """A contact with it, at `point` if that is not its own."""
        where = self.point if point is None else point
        return Contact(float(seconds), float(strength), self.material, self.size, self.seed, where, self.thing)


@dataclass(frozen=True)
class Plan:
    """One act.

    focus: (K, 3) points worth seeing; width: metres of the frame, close and far; pitch: radians the camera looks down,
    least and most; surface: the material of the work surface where it matters; wall: seen as if the surface stood
    upright; person: the unit vector (3,) from what is struck to who strikes it, or zeros; feints: when something moved
    as if to hit and did not.
    """

    name: str
    contacts: tuple[Contact, ...]
    feints: tuple[float, ...]
    focus: NDArray
    width: tuple[float, float]
    pitch: tuple[float, float]
    draw: Callable[[Stage], None]
    things: tuple[Thing, ...] = ()
    surface: str | None = None
    floor: bool = False
    wall: bool = False
    person: NDArray = field(default_factory=lambda: np.zeros(3))
    origin: NDArray = field(default_factory=lambda: np.zeros(3))

    def moved(self, by: NDArray) -> "Plan":
        """The same act elsewhere, `by` metres (3,) away."""
        things = {id(thing): replace(thing, base=thing.base + by) for thing in self.things}
        contacts = [replace(c, point=c.point + by, thing=things.get(id(c.thing))) for c in self.contacts]
        return replace(
            self,
            contacts=tuple(contacts),
            things=tuple(things.values()),
            focus=self.focus + by,
            origin=self.origin + by,
        )


_FLOORS = ("wood", "stone", "metal", "ceramic", "plastic", "cloth", "cardboard", "glass", "gravel", "leaves", "water")
_FLOOR_ODDS = np.array([4, 3, 2, 2, 1.5, 1.5, 1.5, 1, 2, 2, 2.5])


def some_floor(rng: Generator) -> str:
    """A material that things fall and people walk on."""
    return _FLOORS[rng.choice(len(_FLOORS), p=_FLOOR_ODDS / _FLOOR_ODDS.sum())]


def surface_target(rng: Generator, material: str, point: NDArray | None = None) -> Target:
    """The work surface itself."""
    where = np.zeros(3) if point is None else point
    return Target(material, where, rng.uniform(0.5, 0.85), int(rng.integers(2**31)))


def thing_target(rng: Generator, material: str, base: NDArray, towards: NDArray) -> Target:
    """A thing that stands at `base`, struck on the side `towards` (2,)."""
    thing = some_thing(material, rng, base)
    return Target(material, thing.spot(rng, towards), thing.size, thing.seed, thing)


def level(angle: float) -> NDArray:
    """The level unit vector (3,) at this angle."""
    return np.array([np.cos(angle), np.sin(angle), 0.0])
