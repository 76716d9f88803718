"""Hits, and how they are picked from what the network says of every frame.

A hit is a peak of the onset curve, put where the frames around it say it was: each of them names its distance to the
hit in fractions of a frame, so that time is told more finely than frames are (offsets as in Zhou et al. 2019,
"Objects as points", arXiv:1904.07850, section 3).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

_DOUBT = 1e-3  # of a probability: nothing is so unlikely that one hit could veto it for all
_ONE_HIT = 1.0  # frames: neighbours that name places further apart speak of two hits


@dataclass(frozen=True)
class Hit:
    """One contact: when (seconds), how hard (0..1), and on what: probabilities in the order of `MATERIALS`, sum 1."""

    seconds: float
    strength: float
    materials: tuple[float, ...]


@dataclass(frozen=True)
class Curves:
    """What the network says of every frame.

    onset: float (T,) in 0..1, how near a hit is; offset: float (T,), frames from this one to the nearest hit; of that
    hit, strength: float (T,) in 0..1 and materials: float (T, M), probabilities. fps: frames a second.
    """

    onset: NDArray
    offset: NDArray
    strength: NDArray
    materials: NDArray
    fps: float


@dataclass(frozen=True)
class Picking:
    """How peaks become hits; chosen on the validation clips of the training set and kept with the weights.

    threshold: what a peak has to reach; spread: the share of its neighbours' height that counts towards it, since one
    hit whose time is uncertain is a low hill of several frames; gap: frames between two hits, at least; agreement: how
    far the materials of a film's hits are what all of them say together, 0 (each by itself) to 1 (all the same).
    """

    threshold: float = 0.5
    spread: float = 0.25
    gap: float = 1.5
    agreement: float = 0.0

    def to_notes(self) -> dict[str, str]:
        """For the notes of a weights file."""
        return {"picking": json.dumps(asdict(self))}

    @classmethod
    def from_notes(cls, notes: Mapping[str, str]) -> "Picking":
        """What `to_notes` wrote."""
        return cls(**json.loads(notes["picking"]))


def pick(curves: Curves, picking: Picking | None = None) -> tuple[Hit, ...]:
    """The hits of a film, in the order of time."""
    picking = picking or Picking()
    found = [(height, *_placed(curves, frame)) for frame, height in _peaks(np.asarray(curves.onset), picking)]
    kept: list[tuple[float, Hit]] = []
    for _, place, hit in sorted(found, key=lambda each: -each[0]):
        if all(abs(place - other) >= picking.gap for other, _ in kept):
            kept.append((place, hit))
    return agreed(tuple(hit for _, hit in sorted(kept, key=lambda each: each[0])), picking.agreement)


def agreed(hits: tuple[Hit, ...], share: float) -> tuple[Hit, ...]:
    """The hits of a film, their materials in part what all of them say together: most films strike one thing or two,
    and metal that is glass once in seven times is metal. Logarithms are averaged, as of witnesses who agree."""
    if not share or len(hits) < 2:
        return hits
    told = np.log(np.array([hit.materials for hit in hits]) + _DOUBT)  # (hits, M)
    told = np.exp((1 - share) * told + share * told.mean(0))
    told /= told.sum(1, keepdims=True)
    return tuple(replace(hit, materials=tuple(of.tolist())) for hit, of in zip(hits, told))


def _peaks(onset: NDArray, picking: Picking) -> list[tuple[int, float]]:
    """Frames where the curve is highest among its neighbours and high enough, with the height that was judged."""
    walled = np.pad(onset.astype(np.float64), 1)  # (T + 2,)
    before, here, after = walled[:-2], walled[1:-1], walled[2:]  # (T,) each
    height = here + picking.spread * (before + after)
    frames = np.flatnonzero((here > before) & (here >= after) & (height >= picking.threshold))
    return [(int(frame), float(height[frame])) for frame in frames]


def _placed(curves: Curves, peak: int) -> tuple[float, Hit]:
    """The place (frames) and the hit of a peak: what the frames around say of it, weighted by their onset."""
    around = np.arange(max(peak - 1, 0), min(peak + 2, len(curves.onset)))
    named = around + curves.offset[around]  # where each of them sees its hit
    around = around[np.abs(named - peak - curves.offset[peak]) <= _ONE_HIT]
    weight = curves.onset[around] / curves.onset[around].sum()
    place = float(np.clip(weight @ (around + curves.offset[around]), 0, len(curves.onset)))
    strength = float(np.clip(weight @ curves.strength[around], 0, 1))
    materials = weight @ curves.materials[around]  # (M,)
    return place, Hit(place / curves.fps, strength, tuple((materials / materials.sum()).tolist()))
