"""From a cochleagram to a waveform by Griffin and Lim, the second of the paper's two ways: what is predicted is a
picture of the sound, and a sound is sought that looks like it.

Owens et al. 2016 impose the envelopes of the bands on noise, again and again; here the energy of each band is spread
over the bins of a short-time spectrum, and `librosa.griffinlim` (Griffin and Lim 1984, with the momentum of Perraudin
et al. 2013) looks for phases that fit. Nothing says where within a window a hit begins, so attacks are smeared over
some milliseconds, and a mode becomes a band of noise. That is what this back-end is here to let one hear.

librosa is compiled when it is first used after it was installed (`compiling`).
"""

import functools
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from models.foley import cochlea, exemplar
from models.foley.cochlea import BANDS, EXPONENT, FRAMES
from models.foley.materials import RATE

_HALF = RATE // 2  # samples a second while phases are sought: twice as fast, and the bands end below 11 kHz or nearly
_HOP = _HALF // FRAMES
_WINDOW = 1024
_ROUNDS = 16
_SILENCE = 12  # frames without a hit before phases are sought anew
_LONGEST = 120  # seconds that the compiling of librosa is waited for
_COMPILES = "import librosa; librosa.griffinlim(librosa.core.stft(librosa.tone(440, sr=8000, length=8000)), n_iter=1)"

Predicted = tuple[float, float, Sequence[float]]  # seconds, strength, probabilities of the materials


def predicted(hits: Sequence[Predicted], seconds: float) -> NDArray[np.float32]:
    """The cochleagram (T, BANDS) that hits lead one to expect of a film of this length: their energies added up."""
    frames = cochlea.counted(seconds)
    power = np.zeros((frames, BANDS))
    for at, strength, probabilities in hits:
        first = min(round(at * FRAMES), frames - 1)
        one = exemplar.expected(probabilities, strength)[: frames - first]
        power[first : first + len(one)] += one ** (2 / EXPONENT)
    return (power ** (EXPONENT / 2)).astype(np.float32)  # (T, BANDS)


def inverted(cochleagram: NDArray, seed: int) -> NDArray[np.float32]:
    """A waveform float32 (T * RATE / FRAMES,) at RATE whose cochleagram is about this one, (T, BANDS)."""
    whole = np.zeros(len(cochleagram) * RATE // FRAMES, np.float32)
    rng = np.random.default_rng([seed, 1984])
    for first, last in _sounding(cochleagram):
        piece = _sought(cochleagram[first:last], rng)
        at = first * RATE // FRAMES
        whole[at : at + len(piece)] += piece[: len(whole) - at]
    return whole


@functools.cache
def compiling() -> subprocess.Popen:
    """Begin to have librosa compiled. The first time after it was installed that takes numba half a minute, in which a
    process answers nobody else: so another one does it, and leaves what it compiled where all find it."""
    return subprocess.Popen([sys.executable, "-c", _COMPILES], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _sounding(cochleagram: NDArray) -> list[tuple[int, int]]:
    """From where to where there is something to hear, as frames: silence needs no phases."""
    loud = np.flatnonzero(cochleagram.max(1) > 0.02 * max(cochleagram.max(initial=0), 1e-6))
    pieces: list[tuple[int, int]] = []
    for frame in loud:
        if pieces and frame - pieces[-1][1] < _SILENCE:
            pieces[-1] = (pieces[-1][0], int(frame) + 1)
        else:
            pieces.append((int(frame), int(frame) + 1))
    return pieces


def _sought(cochleagram: NDArray, rng: np.random.Generator) -> NDArray:
    """Griffin-Lim for one piece (T, BANDS): float32 (T * RATE / FRAMES,)."""
    with suppress(subprocess.TimeoutExpired):  # then it is compiled here
        compiling().wait(_LONGEST)
    import librosa

    # A centred frame stands at either end of the sound, so there is one more of them than steps between.
    frames = np.pad(_magnitudes(cochleagram), ((0, 1), (0, 0)))  # (T + 1, F)
    found = librosa.griffinlim(
        frames.T.astype(np.float32),  # (F, T + 1)
        n_iter=_ROUNDS,
        hop_length=_HOP,
        win_length=_WINDOW,
        n_fft=_WINDOW,
        length=len(cochleagram) * _HOP,
        random_state=np.random.RandomState(int(rng.integers(2**31))),  # all that librosa takes
    )
    return _doubled(found)


def _magnitudes(cochleagram: NDArray) -> NDArray:
    """A short-time spectrum (T, F) with the energy of each band spread evenly over its bins."""
    passed = np.square(cochlea.weights(np.fft.rfftfreq(_WINDOW, 1 / _HALF)))  # (BANDS, F)
    # The lowest bands are narrower than a bin: each gets the nearest one.
    passed[np.arange(BANDS), np.abs(np.fft.rfftfreq(_WINDOW, 1 / _HALF) - cochlea.centres()[:, None]).argmin(1)] += 1e-3
    power = np.square(np.maximum(cochleagram, 0) ** (1 / EXPONENT)) / 2  # (T, BANDS), mean square of each band
    window = np.square(np.hanning(_WINDOW)).sum()
    return np.sqrt(power / passed.sum(1) @ passed * window * _WINDOW / 2)  # (T, F), by Parseval


def _doubled(sound: NDArray) -> NDArray[np.float32]:
    """Twice as many samples of the same sound."""
    spectrum = np.fft.rfft(sound)
    return (2 * np.fft.irfft(spectrum, 2 * len(sound))).astype(np.float32)
