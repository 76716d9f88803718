"""Face arithmetic: [faces] - [faces] + [faces] = faces, and attributes that can be turned up and down.

Figure 7 of Radford, Metz and Chintala 2016 (DCGAN, arXiv:1511.06434): the mean of a few latents a term, the sum in
the middle of a 3x3 grid, around it the same sum with a little noise. They summed in z; here the sum is taken in the
style latent w, and `elsewhere` takes it in z and in pixels, to compare.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.cache import ModelCache
from models.cluster import anywhere
from models.errors import BadInput
from models.faces.engine import ATTRIBUTES, FURTHEST, HOUSE, PSI, HouseFaces, open_faces, z_of
from models.faces.equation import Equation, Exemplar, Likeness

NOISE = 0.25  # uniform, in standard deviations; the paper's scale
CENTRE = 4  # place of the sum in the grid, which is read row by row
EVEN = {"glasses": 0.25, "smile": 0.25, "age": 8.0, "woman": 0.25}  # measured this near to the sum, it holds


@dataclass(frozen=True)
class Sum:
    """An equation worked out: the mean face of each term, uint8 (3, 128, 128, 3), and the grid (9, 128, 128, 3)."""

    means: NDArray
    grid: NDArray


@dataclass(frozen=True)
class Reading:
    """Attributes as the regressor measures them: the mean of each term's exemplars, and the face that is the sum.

    `expected` is what the same sum gives in numbers, within what a face can have.
    """

    terms: tuple[dict[str, float], ...]
    result: dict[str, float]
    expected: dict[str, float]

    def holds(self) -> dict[str, bool]:
        """By attribute, whether the face has what the sum promised."""
        return {name: abs(self.result[name] - self.expected[name]) <= EVEN[name] for name in ATTRIBUTES}


# ---------------------------------------------------------------- the sum


@anywhere(HOUSE)
def solve(equation: Equation, cache: ModelCache | None = None) -> Sum:
    """The faces of an equation, in one pass of the generator. Raises BadInput for a likeness of another generator."""
    with open_faces(cache=cache) as faces:
        terms = term_latents(faces, equation)
        around = _nearby(faces, total(terms), equation.seed)  # (9, D)
        pictures = faces.decode(np.concatenate([np.stack([term.mean(0) for term in terms]), around]))
    return Sum(pictures[:3], pictures[3:])


def term_latents(faces: HouseFaces, equation: Equation) -> list[NDArray]:
    """The w of each term's exemplars, three arrays (N, D)."""
    ends = np.cumsum([len(term) for term in equation.terms])[:2]
    return np.split(latents(faces, [exemplar for term in equation.terms for exemplar in term]), ends)


def latents(faces: HouseFaces, exemplars: Sequence[Exemplar]) -> NDArray:
    """The w of each exemplar, (N, D)."""
    seeds = [exemplar if isinstance(exemplar, int) else 0 for exemplar in exemplars]
    w = faces.to_w(np.stack([z_of(seed) for seed in seeds]), PSI)
    for place, exemplar in enumerate(exemplars):
        if isinstance(exemplar, Likeness):
            w[place] = _found(exemplar, w.shape[1])
    return w


def _found(likeness: Likeness, width: int) -> NDArray:
    w = likeness.w()
    if len(w) != width:
        raise BadInput("That face of a photo was found with another generator: please choose the photo once more.")
    return w


def total(terms: Sequence[NDArray]) -> NDArray:
    """The sum (D,) of the means of three terms, (N, D) each: plus, minus, add."""
    plus, minus, add = (term.mean(0) for term in terms)
    return plus - minus + add


def _nearby(faces: HouseFaces, w: NDArray, seed: int) -> NDArray:
    """Eight faces a small step away from w (D,), as faces differ, and in the middle w itself: (9, D)."""
    steps = np.random.default_rng(seed).uniform(-NOISE, NOISE, (9, len(w))).astype(np.float32)
    steps[CENTRE] = 0
    return w + steps @ faces.spread().T


@anywhere(HOUSE)
def portraits(exemplars: Sequence[Exemplar], cache: ModelCache | None = None) -> NDArray:
    """One face an exemplar, uint8 (N, 128, 128, 3)."""
    with open_faces(cache=cache) as faces:
        return faces.decode(latents(faces, exemplars))


def three_by_three(pictures: NDArray) -> Image.Image:
    """Nine pictures (9, H, W, 3) as one of 3 H x 3 W pixels."""
    _, height, width, _ = pictures.shape
    rows = pictures.reshape(3, 3, height, width, 3).transpose(0, 2, 1, 3, 4)  # (3, H, 3, W, 3)
    return Image.fromarray(rows.reshape(3 * height, 3 * width, 3))


# ---------------------------------------------------------------- attributes


@anywhere(HOUSE)
def turned(face: Exemplar | Equation, changes: Mapping[str, float], cache: ModelCache | None = None) -> NDArray:
    """A face (or the sum of an equation) as it is and with attributes turned: uint8 (2, 128, 128, 3).

    changes: by attribute, in standard deviations; beyond -3..3 counts as the end.
    """
    with open_faces(cache=cache) as faces:
        if isinstance(face, Equation):
            w = total(term_latents(faces, face))
        else:
            w = latents(faces, [face])[0]
        steps = np.array([changes.get(name, 0.0) for name in ATTRIBUTES], np.float32).clip(-FURTHEST, FURTHEST)
        return faces.decode(np.stack([w, w + steps @ faces.directions()]))


@anywhere(HOUSE)
def read(equation: Equation, cache: ModelCache | None = None) -> Reading:
    """Measure the terms and the sum, to see whether it holds."""
    from models.faces.attributes import measure

    with open_faces(cache=cache) as faces:
        exemplars = term_latents(faces, equation)
        result = total(exemplars)
        pictures = faces.decode(np.concatenate([*exemplars, result[None]]))
    measured = measure(pictures, cache)  # by attribute (N + 1,)
    ends = np.cumsum([len(term) for term in exemplars])
    parts = {name: np.split(measured[name], ends) for name in ATTRIBUTES}
    *terms, outcome = [{name: float(parts[name][place].mean()) for name in ATTRIBUTES} for place in range(4)]
    return Reading(tuple(terms), outcome, _expected(terms))


def _expected(terms: Sequence[Mapping[str, float]]) -> dict[str, float]:
    plus, minus, add = terms
    sums = {name: plus[name] - minus[name] + add[name] for name in ATTRIBUTES}
    return {name: value if name == "age" else min(max(value, 0.0), 1.0) for name, value in sums.items()}


# ---------------------------------------------------------------- looking inside


@anywhere(HOUSE)
def coordinates(equation: Equation, cache: ModelCache | None = None) -> list[NDArray]:
    """Where the exemplars of each term lie along the attribute directions, three arrays (N, 4) as ATTRIBUTES.

    In standard deviations from the mean face; the sum of the terms' means lies at the sum of their coordinates.
    Generalised least squares: how else faces differ counts as noise, and as little as it can.
    """
    with open_faces(cache=cache) as faces:
        directions = faces.directions()  # (4, D)
        z = np.random.default_rng(0).standard_normal((1024, directions.shape[1])).astype(np.float32)
        spread = np.cov(faces.to_w(z), rowvar=False)  # (D, D)
        even = (
            np.trace(spread) / len(spread) * np.eye(len(spread))
        )  # as if all were alike: tells attributes best, added
        weighed = np.linalg.solve(spread + even, directions.T)
        along = weighed @ np.linalg.inv(directions @ weighed)  # (D, 4)
        return [(term - faces.mean_w()) @ along for term in term_latents(faces, equation)]


@anywhere(HOUSE)
def cosines(cache: ModelCache | None = None) -> NDArray:
    """Cosines between the attribute directions, (4, 4) as ATTRIBUTES: 0 is a right angle."""
    with open_faces(cache=cache) as faces:
        unit = faces.directions()
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    return unit @ unit.T


@anywhere(HOUSE)
def elsewhere(equation: Equation, cache: ModelCache | None = None) -> dict[str, NDArray]:
    """The same sum taken in w, in z and in pixels: uint8 (128, 128, 3) each."""
    with open_faces(cache=cache) as faces:
        terms = term_latents(faces, equation)
        in_z = total([faces.to_z(term) for term in terms])
        pictures = faces.decode(np.concatenate([total(terms)[None], faces.to_w(in_z[None]), *terms]))
    shown = np.split(pictures[2:].astype(np.float32), np.cumsum([len(term) for term in terms])[:2])
    in_pixels = total(shown).round().clip(0, 255).astype(np.uint8)
    return {"w": pictures[0], "z": pictures[1], "pixels": in_pixels}
