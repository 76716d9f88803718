"""The latent walk: from one face to another, and between four.

Radford et al. 2016 (arXiv:1511.06434, section 6.1) walked straight through z to show that a generator has learnt
more than its examples by heart. Three paths between the same two faces can be compared here:

- "w": straight in the style latent w, where the mapping network has already unfolded the faces (Karras et al. 2019),
  but for the gap between faces with glasses and without, which is crossed in a stride (`Faces.to_even`): a face halfway
  in w would wear the ghost of a pair;
- "z-sphere": along the sphere in z on which nearly all of a normal distribution lies (White 2016, arXiv:1609.04468);
- "z-straight": straight in z, which cuts through the middle of that sphere, where few faces are.

A model without a w of its own (the DCGAN) walks straight in z where "w" is asked for.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import registry
from models.cache import ModelCache
from models.cluster import anywhere
from models.errors import BadInput
from models.faces import engine
from models.media import Recipe

DEMO = "latent-walk"
PATHS = ("w", "z-sphere", "z-straight")
SEED_LIMIT = 2**31
_NUMBER = r"(\d{1,10})"
_SHARE = r"(\d(?:\.\d{1,6})?)"
_PLACE = re.compile(f"{_NUMBER}(?:,{_NUMBER}(?:,{_NUMBER},{_NUMBER}@{_SHARE},{_SHARE}|@{_SHARE}))?")
NO_PLACE = "That is no place on a walk: write a seed (3), or two and how far from one to the other (3,8@0.4)."


@dataclass(frozen=True)
class Place:
    """A point among four faces: `across` 0..1 from left to right, `down` 0..1 from top to bottom.

    seeds: top left, top right, bottom left, bottom right. Between two faces, both rows are the same.
    """

    seeds: tuple[int, int, int, int]
    across: float = 0.0
    down: float = 0.0

    @classmethod
    def between(cls, seed_a: int, seed_b: int, t: float = 0.0) -> "Place":
        """The point on the way from one face (t = 0) to another (t = 1)."""
        return cls((seed_a, seed_b, seed_a, seed_b), t)

    @classmethod
    def from_text(cls, text: object) -> "Place":
        """Read "3", "3,8@0.4" or "3,8,5,9@0.4,0.7", which may come from anyone; BadInput when it is none of them."""
        found = _PLACE.fullmatch(text) if isinstance(text, str) else None
        if not found:
            raise BadInput(NO_PLACE)
        a, b, c, d, across, down, t = found.groups()
        place = cls(
            (int(a), int(b or a), int(c or a), int(d or b or a)),
            min(1.0, float(across or t or 0)),
            min(1.0, float(down or 0)),
        )
        if max(place.seeds) >= SEED_LIMIT:
            raise BadInput(f"A seed is a whole number from 0 to {SEED_LIMIT - 1}.")
        return place

    def to_text(self) -> str:
        """The shortest text that `from_text` reads as this place."""
        a, b, c, d = self.seeds
        if (a, b) == (c, d):
            return str(a) if a == b or not self.across else f"{a},{b}@{_share(self.across)}"
        return f"{a},{b},{c},{d}@{_share(self.across)},{_share(self.down)}"


class Step(NamedTuple):
    """One face of a walk: where, on which path, how truncated, by which model."""

    place: Place
    path: str = PATHS[0]
    psi: float = engine.PSI
    model: str = engine.HOUSE


def _share(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def frame(
    seed_a: int,
    seed_b: int,
    t: float,
    psi: float = engine.PSI,
    path: str = "w",
    model: str = engine.HOUSE,
    cache: ModelCache | None = None,
) -> Image.Image:
    """The face (RGB) a share t of the way from one seed's face to another's; t and psi are clamped to 0..1."""
    return faces_at([Place.between(seed_a, seed_b, clamp(t))], psi, path, model, cache)[0]


@anywhere("{model}")
def faces_at(
    places: Sequence[Place],
    psi: float = engine.PSI,
    path: str = "w",
    model: str = engine.HOUSE,
    cache: ModelCache | None = None,
) -> list[Image.Image]:
    """The faces (RGB) at some places, in one pass of the network."""
    with engine.open_faces(model, cache) as faces:
        return [Image.fromarray(picture) for picture in decode(faces, places, psi, path, model)]


def faces_of(steps: Sequence[Step], cache: ModelCache | None = None) -> list[Image.Image]:
    """The faces (RGB) at steps of different walks, in one pass of each model."""
    found: dict[int, Image.Image] = {}
    for model in dict.fromkeys(step.model for step in steps):
        own = [number for number, step in enumerate(steps) if step.model == model]
        found |= zip(own, faces_in_one_pass([steps[number] for number in own], model, cache), strict=True)
    return [found[number] for number in range(len(steps))]


@anywhere("{model}")
def faces_in_one_pass(steps: Sequence[Step], model: str, cache: ModelCache | None = None) -> list[Image.Image]:
    """The faces (RGB) at steps of different walks by one model.

    From the house model, each is what it would be alone, to the byte (see `engine.AT_ONCE`).
    """
    with engine.open_faces(model, cache) as faces:
        w = [styles(faces, [step.place], step.psi, step.path, model) for step in steps]
        return [Image.fromarray(picture) for picture in faces.decode(np.concatenate(w))]


@anywhere("{model}")
def slow_face(
    place: Place,
    psi: float,
    path: str,
    model: str,
    on_step: Callable[[int, int], None],
    cache: ModelCache | None = None,
) -> Image.Image:
    """The face (RGB) at a place by a model that works in steps; on_step hears (steps done, in all), and may raise."""
    with engine.open_faces(model, cache) as faces:
        return Image.fromarray(faces.decode(styles(faces, [place], psi, path, model), on_step)[0])


def decode(faces: engine.Faces, places: Sequence[Place], psi: float, path: str, model: str = engine.HOUSE) -> NDArray:
    """`faces_at` with a model already leased: uint8 (N, H, W, 3)."""
    return faces.decode(styles(faces, places, psi, path, model))


def styles(faces: engine.Faces, places: Sequence[Place], psi: float, path: str, model: str) -> NDArray:
    """The places as what the generator is handed, w (N, D)."""
    return to_style(faces, points(faces, places, psi, path, model), psi, path)


def recipe(place: Place, path: str, psi: float, model: str = engine.HOUSE) -> Recipe:
    """All it takes to make the face at a place again; the settings are named as in the room."""
    a, b, c, d = place.seeds
    settings: dict[str, object] = {"seed_a": a, "seed_b": b, "t": place.across, "path": path, "psi": psi, "way": "two"}
    if (a, b) != (c, d):
        settings |= {"seed_c": c, "seed_d": d, "down": place.down, "way": "four"}
    spec = registry.get(model)
    return Recipe(DEMO, spec.key, spec.version, a, settings)


# ---------------------------------------------------------------- the geometry


def points(faces: engine.Faces, places: Sequence[Place], psi: float, path: str, model: str) -> NDArray:
    """The places as points (N, D) of the space that the path runs through: w made even, or z before truncation."""
    check_path(path)
    seeds = sorted({seed for place in places for seed in place.seeds})
    known = np.stack([engine.z_of(seed, model) for seed in seeds])  # (S, D)
    if path == "w":
        known = faces.to_even(faces.to_w(known, clamp(psi)))
    corners = known[[[seeds.index(seed) for seed in place.seeds] for place in places]]  # (N, 4, D)
    across = np.array([place.across for place in places], np.float32)
    down = np.array([place.down for place in places], np.float32)
    top, bottom = (mix(corners[:, k], corners[:, k + 1], across, path) for k in (0, 2))
    return mix(top, bottom, down, path)


def mix(a: NDArray, b: NDArray, t: NDArray, path: str) -> NDArray:
    """Points (N, D) a share t (N,) of the way from a to b, (N, D) each."""
    return _arc(a, b, t) if path == "z-sphere" else _line(a, b, t)


def to_style(faces: engine.Faces, points: NDArray, psi: float, path: str) -> NDArray:
    """What the generator is handed: points of the path's own space (N, D) as w (N, D)."""
    return faces.from_even(points) if path == "w" else faces.to_w(points, clamp(psi))


def _line(a: NDArray, b: NDArray, t: NDArray) -> NDArray:
    return a + (b - a) * t[:, None]


def _arc(a: NDArray, b: NDArray, t: NDArray) -> NDArray:
    """Spherical interpolation (Shoemake 1985); lengths, which seldom differ by much, go over in equal steps."""
    lengths = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    cosine = (a * b).sum(1) / np.maximum(lengths[0] * lengths[1], 1e-12)
    angle = np.arccos(cosine.clip(-1, 1))
    share = [np.sin((1 - t) * angle), np.sin(t * angle)] / np.maximum(np.sin(angle), 1e-6)
    turned = share[0][:, None] * _unit(a) + share[1][:, None] * _unit(b)
    arc = turned * (lengths[0] + (lengths[1] - lengths[0]) * t)[:, None]
    # The same face twice, or two opposite ones: no single great circle leads from one to the other.
    return np.where((np.sin(angle) < 1e-4)[:, None], _line(a, b, t), arc).astype(np.float32)


def _unit(a: NDArray) -> NDArray:
    return a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-12)


# ---------------------------------------------------------------- what may be asked


def check_path(path: str) -> None:
    """BadInput for a path that is not one of PATHS."""
    if path not in PATHS:
        raise BadInput(f"There is no path called {str(path)[:40]!r}: choose {', '.join(PATHS[:-1])} or {PATHS[-1]}.")


def clamp(value: float) -> float:
    """A share within 0..1; BadInput when it is not a number."""
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise BadInput("How far to walk (t) and psi are numbers from 0 to 1.") from error
    if math.isnan(number):
        raise BadInput("How far to walk (t) and psi are numbers from 0 to 1.")
    return min(1.0, max(0.0, number))
