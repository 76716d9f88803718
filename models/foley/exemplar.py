"""Exemplar retrieval, the first of the paper's two ways to a waveform (Owens et al. 2016, section 4): the hit of a bank
that is nearest to what was predicted is heard, moved to its time.

The bank is our own: every material struck softly and hard, small things and large, by `strike.py` with seeds that never
change. It is rendered when a material is first asked for and stays in memory. What is predicted of a hit is a strength
and, by the probabilities of its materials, an expected cochleagram; both decide what is nearest.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.foley import cochlea
from models.foley.materials import NAMES, RATE
from models.foley.strike import strike

BANK_SEED = 2016
STRENGTHS = (0.15, 0.3, 0.45, 0.6, 0.8, 1.0)
SIZES = (0.3, 0.5, 0.7)
LASTS = 1.5  # seconds of an exemplar, and of what is expected of a hit
_HEARD = 0.25  # seconds that are compared
_FADE = 0.05  # seconds at the end of one that is cut
_NEAREST = 3  # of which chance takes one, so that alike hits do not sound like a machine
_STRENGTH_WEIGHT = 1.5  # of a difference in strength beside one of cochleagrams, whose values reach about 1
_LOUDNESS_WEIGHT = 0.02  # of a decibel
_MOST_GAIN = 2.0  # how far an exemplar is turned up or down to the strength it stands for
_ABOUT = 0.2  # of strength: how far from a hit an exemplar may be and still be like it
_LIKELY = 0.02  # a material that is less probable has no say in what is expected


@dataclass(frozen=True)
class Shelf:
    """The exemplars of one material: sounds as int16 (N,) of full scale 1, how hard each was struck (M,), cochleagrams
    (M, T, BANDS) and loudness in dB (M,)."""

    sounds: tuple[NDArray[np.int16], ...]
    strengths: NDArray
    cochleagrams: NDArray
    loudness: NDArray

    def near(self, strength: float) -> NDArray:
        """How much each exemplar (M,) says of a hit as hard as this: those struck about as hard say most; sum 1."""
        near = np.exp(-np.square((self.strengths - strength) / _ABOUT)) + 1e-6
        return near / near.sum()

    def power(self, strength: float) -> NDArray:
        """The mean power (T, BANDS) of a hit as hard as this."""
        gain = np.square(max(strength, 1e-3) / self.strengths)  # (M,)
        return np.tensordot(self.near(strength) * gain, self.cochleagrams ** (2 / cochlea.EXPONENT), 1)  # (T, BANDS)


def shelf(name: str) -> Shelf:
    """The bank's exemplars of a material; BadInput for one that is not there."""
    return _shelf(name)


@functools.cache
def _shelf(name: str) -> Shelf:
    struck = [(strength, size) for size in SIZES for strength in STRENGTHS]
    sounds = []
    for number, (strength, size) in enumerate(struck):
        rng = np.random.default_rng([BANK_SEED, number])
        sounds.append(_kept(strike(name, strength, rng, size).sound))
    heard = [_padded(sound) for sound in sounds]
    return Shelf(
        tuple((32767 * sound.clip(-1, 1)).round().astype(np.int16) for sound in sounds),
        np.array([strength for strength, _ in struck]),
        np.stack([cochlea.cochleagram(sound) for sound in heard]),  # (M, T, BANDS)
        np.array([_loudness(sound) for sound in heard]),
    )


def _kept(sound: NDArray) -> NDArray:
    """What is worth keeping: up to where it is 60 dB down, LASTS seconds at most, with a soft end."""
    loud = np.flatnonzero(np.abs(sound) > 1e-3 * np.abs(sound).max(initial=1e-9))
    sound = sound[: min(int(loud[-1]) + 1 if len(loud) else 1, int(LASTS * RATE))].copy()
    fade = min(int(_FADE * RATE), len(sound))
    sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound


def _padded(sound: NDArray) -> NDArray:
    whole = np.zeros(int(LASTS * RATE), np.float32)
    whole[: len(sound)] = sound
    return whole


def _loudness(sound: NDArray) -> float:
    """Decibels of what is compared."""
    return 10 * np.log10(np.square(sound[: int(_HEARD * RATE)]).mean() + 1e-9)


def expected(probabilities: Sequence[float], strength: float) -> NDArray:
    """The cochleagram (T, BANDS) to expect of a hit of this strength, by the probabilities of its materials.

    Energies are averaged, not what the ear makes of them: what is expected is as loud as what it is the mean of.
    """
    likely = {name: share for name, share in zip(NAMES, probabilities, strict=True) if share >= _LIKELY}
    power = sum(share * shelf(name).power(strength) for name, share in likely.items()) / sum(likely.values())
    return power ** (cochlea.EXPONENT / 2)  # (T, BANDS)


def nearest(name: str, probabilities: Sequence[float], strength: float) -> list[int]:
    """The exemplars of a material, nearest first, to a hit of this strength with these probabilities of materials."""
    of = shelf(name)
    frames = cochlea.counted(_HEARD)
    looked_for = expected(probabilities, strength)[:frames].mean(0)  # (BANDS,)
    bands = np.square(of.cochleagrams[:, :frames].mean(1) - looked_for).sum(1)  # (M,)
    loud = of.near(strength) @ (of.loudness + 20 * np.log10(max(strength, 1e-3) / of.strengths))
    distance = (
        bands
        + _STRENGTH_WEIGHT * np.square(of.strengths - strength)
        + np.square(_LOUDNESS_WEIGHT * (of.loudness - loud))
    )
    return [int(place) for place in np.argsort(distance, kind="stable")]


def retrieved(name: str, probabilities: Sequence[float], strength: float, rng: np.random.Generator) -> NDArray:
    """The sound of a hit: float32 (N,) at RATE, an exemplar of the material, scaled to the strength."""
    of = shelf(name)
    place = nearest(name, probabilities, strength)[int(rng.integers(_NEAREST))]
    gain = np.clip(strength / of.strengths[place], 1 / _MOST_GAIN, _MOST_GAIN)
    return of.sounds[place].astype(np.float32) * np.float32(gain / 32767)
