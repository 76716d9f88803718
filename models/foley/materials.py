"""What things are made of: the classes of the network, and how each sounds when it is struck.

Solids are sums of decaying modes, statistics of measured ones (`fit_materials.py`, `assets/sound/modes.json`);
a drum is the ideal circular membrane, a clap the resonance of the air between two palms (Repp 1987). Gravel and leaves
are showers of grains (Cook 1997, "Physically informed sonic modeling"), water is bubbles (Minnaert 1933).
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from models.errors import BadInput

RATE = 44_100  # samples/s of every sound of this family
STATISTICS = Path(__file__).resolve().parents[2] / "assets" / "sound" / "modes.json"

# Partials of an ideal circular membrane: zeros of Bessel functions, relative to the first (Fletcher and Rossing, 3.2).
MEMBRANE = (1, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.6, 3.652, 4.06, 4.154, 4.48, 4.61)


@dataclass(frozen=True)
class Modes:
    """Statistics of a body's modes, as `fit_materials.py` writes them: Hz, octaves, dB, seconds."""

    low: float
    low_spread: float
    growth: float
    growth_spread: float
    tilt: float
    tilt_spread: float
    decay: float
    decay_slope: float
    decay_spread: float
    count: int = 16
    ratios: tuple[float, ...] = ()  # partials relative to the lowest, where theory knows them


@dataclass(frozen=True)
class Contact:
    """How the thing that strikes meets it: for how long (ms, the longer the duller), and the noise that makes."""

    ms: float
    noise: float  # of the whole, 0..1
    noise_seconds: float


@dataclass(frozen=True)
class Grains:
    """A shower of small collisions: how many a hit, over how long (s), each how high (Hz) and how long (s)."""

    count: int
    seconds: float
    low: float
    high: float
    grain_seconds: float


@dataclass(frozen=True)
class Bubbles:
    """Bubbles a splash leaves behind: how many, over how long (s), their radii (mm)."""

    count: int
    seconds: float
    smallest: float
    largest: float


@dataclass(frozen=True)
class Material:
    """One class of the network. bounce: the share of its speed that a hard ball keeps, from and to."""

    name: str
    title: str
    kind: Literal["modal", "grains", "bubbles"]
    contact: Contact
    bounce: tuple[float, float]
    modes: Modes | None = None
    grains: Grains | None = field(default=None)
    bubbles: Bubbles | None = field(default=None)


# The measured objects were small and lay on a table: what hangs or stands free rings longer (loss factors of metal,
# glass and fired clay in Cremer and Heckl, Structure-Borne Sound, table 3.1).
_RINGS_LONGER = {"metal": 5.0, "glass": 2.2, "ceramic": 1.2}
_CLAP = dict(low=650, low_spread=0.5, growth=0.8, growth_spread=0.1, tilt=-3.0, tilt_spread=4.0)
_SKIN = dict(low=130, low_spread=0.5, growth=1, growth_spread=0, tilt=-7.5, tilt_spread=4.0)


def _fitted(name: str, statistics: dict, **besides) -> Modes:
    modes = statistics["materials"][name]
    return Modes(**modes | {"decay": modes["decay"] * _RINGS_LONGER.get(name, 1.0)}, **besides)


def _materials(statistics: dict) -> tuple[Material, ...]:
    def modal(name: str, title: str, contact: Contact, bounce: tuple[float, float], **besides) -> Material:
        return Material(name, title, "modal", contact, bounce, _fitted(name, statistics, **besides))

    drum = Modes(**_SKIN, decay=0.16, decay_slope=0.75, decay_spread=0.2, count=14, ratios=MEMBRANE)
    clap = Modes(**_CLAP, decay=0.03, decay_slope=0.3, decay_spread=0.2, count=6)
    return (
        modal("wood", "Wood", Contact(0.6, 0.3, 0.010), (0.5, 0.75)),
        modal("metal", "Metal", Contact(0.16, 0.12, 0.005), (0.5, 0.8), count=24),
        modal("glass", "Glass", Contact(0.1, 0.1, 0.003), (0.55, 0.8)),
        modal("ceramic", "Ceramic", Contact(0.14, 0.16, 0.005), (0.5, 0.75)),
        modal("plastic", "Plastic", Contact(0.8, 0.35, 0.010), (0.4, 0.7)),
        modal("stone", "Stone", Contact(0.2, 0.4, 0.006), (0.55, 0.8)),
        modal("cardboard", "Cardboard", Contact(2.2, 0.5, 0.020), (0.2, 0.4)),
        modal("cloth", "Cloth", Contact(6.0, 0.8, 0.035), (0.02, 0.2)),
        Material("drum", "Drum skin", "modal", Contact(1.3, 0.3, 0.018), (0.5, 0.8), drum),
        Material("hands", "Hands", "modal", Contact(0.8, 0.7, 0.012), (0.1, 0.3), clap),
        Material("gravel", "Gravel", "grains", Contact(1.6, 0.5, 0.012), (0.05, 0.2), grains=_GRAVEL),
        Material("leaves", "Leaves", "grains", Contact(4.0, 0.3, 0.020), (0.0, 0.12), grains=_LEAVES),
        Material("water", "Water", "bubbles", Contact(3.5, 0.6, 0.060), (0.0, 0.0), bubbles=_WATER),
    )


_GRAVEL = Grains(count=45, seconds=0.09, low=1200.0, high=6000.0, grain_seconds=0.004)
_LEAVES = Grains(count=90, seconds=0.17, low=3000.0, high=11_000.0, grain_seconds=0.002)
_WATER = Bubbles(count=22, seconds=0.22, smallest=0.9, largest=6.0)

MATERIALS: tuple[Material, ...] = _materials(json.loads(STATISTICS.read_text(encoding="utf-8")))
NAMES: tuple[str, ...] = tuple(one.name for one in MATERIALS)


def material(name: str) -> Material:
    """The material of this name. Raises BadInput, naming those there are, for any other."""
    for one in MATERIALS:
        if one.name == name:
            return one
    raise BadInput(f"There is no material named {name!r}. Please choose one of {', '.join(NAMES)}.")
