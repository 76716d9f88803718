"""How well hits were found: matched within a tolerance, each at most once; what is chosen on validation clips; and how
their sound compares, as in Owens et al. 2016, section 5. Training and evaluation only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.foley import cochlea
from models.foley.hits import Curves, Picking, pick

WITHIN = {"1 frame": 1 / 30, "0.1 s": 0.1}  # seconds
THRESHOLDS = tuple(round(0.2 + 0.05 * k, 2) for k in range(15))
SPREADS = (0.0, 0.25, 0.5)
GAPS = (1.5, 2.2, 3.0)  # frames
AGREEMENTS = (0.0, 0.3, 0.5, 0.7)  # one hit may still differ from all others
_HEARD = 0.1  # seconds of a hit that are compared


@dataclass(frozen=True)
class Count:
    """Of some clips: how many hits were found, how many there are, and how many of them are each other's."""

    matched: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        return self.matched / max(self.found, 1)

    @property
    def recall(self) -> float:
        return self.matched / max(self.true, 1)

    @property
    def f1(self) -> float:
        """1 where there is nothing to find and nothing was."""
        return 2 * self.matched / (self.found + self.true) if self.found + self.true else 1.0


def pairs(found: Sequence[float], true: Sequence[float], within: float) -> list[tuple[int, int]]:
    """Which found time is which true one: as many pairs as possible, none further apart than `within`; both in order.

    With one tolerance for all, taking the earliest that fit is a largest matching.
    """
    made, i, j = [], 0, 0
    while i < len(found) and j < len(true):
        if abs(found[i] - true[j]) <= within + 1e-9:
            made.append((i, j))
            i, j = i + 1, j + 1
        elif found[i] < true[j]:
            i += 1
        else:
            j += 1
    return made


def count(found: Sequence[Sequence[float]], true: Sequence[Sequence[float]], within: float) -> Count:
    """Over clips, of times in order."""
    matched = sum(len(pairs(ours, theirs, within)) for ours, theirs in zip(found, true))
    return Count(matched, sum(map(len, found)), sum(map(len, true)))


def chosen(curves: Sequence[Curves], true: Sequence[Sequence[float]]) -> Picking:
    """The picking that gives validation clips the best F1, both tolerances together."""

    def good(picking: Picking) -> float:
        found = [[hit.seconds for hit in pick(each, picking)] for each in curves]
        return sum(count(found, true, within).f1 for within in WITHIN.values())

    return max((Picking(*setting) for setting in product(THRESHOLDS, SPREADS, GAPS)), key=good)


def agreeing(curves: Sequence[Curves], hits: Sequence[Sequence[tuple]], picking: Picking) -> Picking:
    """The same picking with the agreement that makes the true materials of hits found likeliest; hits of clips are
    (seconds, strength, material's index)."""

    def likely(agreement: float) -> float:
        found = [pick(each, replace(picking, agreement=agreement)) for each in curves]
        return sum(
            float(np.log(ours[i].materials[of[j][2]] + 1e-4))
            for ours, of in zip(found, hits)
            for i, j in pairs([hit.seconds for hit in ours], [hit[0] for hit in of], WITHIN["0.1 s"])
        )

    return replace(picking, agreement=max(AGREEMENTS, key=likely))


def correlation(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Pearson's; 0 where one of both never changes."""
    if len(ours) < 2 or np.std(ours) == 0 or np.std(theirs) == 0:
        return 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])


def heard(sound: NDArray, times: Sequence[float]) -> NDArray:
    """What a sound float (N,) at RATE is like at some times, in order: (len(times), 2).

    As in the paper: loudness is the largest norm of a cochleagram's column, the spectral centroid the centre of mass of
    that column's bands, in bands (nan where it is silent). Listened to from a frame before until a tenth of a second
    later, or the next time.
    """
    columns = cochlea.cochleagram(sound)  # (T, BANDS)
    ends = [*times[1:], np.inf]
    told = []
    for at, end in zip(times, ends):
        first = min(max(int(at * cochlea.FRAMES) - 1, 0), len(columns) - 1)
        last = max(int(min(at + _HEARD, end) * cochlea.FRAMES) - 1, first + 1)
        norms = np.linalg.norm(columns[first:last], axis=1)
        loudest = columns[first + int(norms.argmax())]
        mass = loudest.sum()
        told.append((norms.max(), loudest @ np.arange(len(loudest)) / mass if mass > 1e-6 else np.nan))
    return np.array(told).reshape(-1, 2)
