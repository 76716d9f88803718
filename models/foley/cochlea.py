"""The cochleagram of Owens et al. 2016 (section 4, after McDermott and Simoncelli 2011): what an ear might pass on.

Band-pass filters, evenly spaced on the ERB scale with half a cosine each; the envelope of each band, 90 times a second,
to the power of 0.3. All bands are cut out of one Fourier transform, each brought down to the few samples it needs.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from models.foley.materials import RATE

BANDS = 40
FRAMES = 90  # a second
EXPONENT = 0.3
LOWEST, HIGHEST = 50.0, 12_000.0  # Hz, where the first band begins and the last one ends
_HOP = RATE // FRAMES  # samples; 90 divides 44,100
_QUIET = 9  # frames of silence after the end, so that it does not run into the beginning


def erb(hertz: NDArray) -> NDArray:
    """Where a frequency lies on the ERB scale (Glasberg and Moore 1990)."""
    return 9.265 * np.log1p(np.asarray(hertz, float) / (24.7 * 9.265))


def hertz(erb: NDArray) -> NDArray:
    """The frequency at a place of the ERB scale."""
    return 24.7 * 9.265 * np.expm1(np.asarray(erb, float) / 9.265)


@functools.cache
def centres() -> NDArray:
    """The middle of each band in Hz, (BANDS,)."""
    return hertz(_edges()[1:-1])


def _edges() -> NDArray:
    return np.linspace(erb(LOWEST), erb(HIGHEST), BANDS + 2)


def weights(frequencies: NDArray) -> NDArray:
    """How much of each frequency (F,) a band passes: (BANDS, F); squares of neighbours add up to 1."""
    edges = _edges()
    away = (erb(frequencies)[None] - edges[1:-1, None]) / (edges[1] - edges[0])  # (BANDS, F)
    return np.cos(np.pi / 2 * away.clip(-1, 1))


def counted(seconds: float) -> int:
    """How many frames a sound of this length has."""
    return max(1, int(np.ceil(round(seconds * FRAMES, 6))))


def cochleagram(sound: NDArray) -> NDArray[np.float32]:
    """The cochleagram (T, BANDS) of a sound float (N,) at RATE; 1 is the envelope of a full-scale tone."""
    frames = counted(len(sound) / RATE)
    total = (frames + _QUIET) * _HOP
    spectrum = np.fft.rfft(np.asarray(sound, np.float32), total)  # (total / 2 + 1,)
    envelopes = [_envelope(spectrum, total, *band) for band in _bands(total)]
    return (np.stack(envelopes, 1)[:frames].clip(0) ** EXPONENT).astype(np.float32)  # (T, BANDS)


@functools.lru_cache(maxsize=8)
def _bands(total: int) -> tuple[tuple[int, NDArray], ...]:
    """For a sound of `total` samples: where each band begins in its spectrum, and the band's weights from there."""
    edges = np.searchsorted(np.fft.rfftfreq(total, 1 / RATE), hertz(_edges()))
    frequencies = np.fft.rfftfreq(total, 1 / RATE)
    passed = []
    for band in range(BANDS):
        first, last = edges[band], max(edges[band + 2], edges[band] + 1)
        passed.append((int(first), weights(frequencies[first:last])[band]))
    return tuple(passed)


def _envelope(spectrum: NDArray, total: int, first: int, passed: NDArray) -> NDArray:
    """The mean envelope of one band in each frame, (total / _HOP,)."""
    piece = spectrum[first : first + len(passed)] * passed
    count = 1 << (2 * len(piece) - 1).bit_length()  # twice as many samples as the band is wide: its envelope fits
    # Moved down to 0 Hz, the analytic signal keeps its magnitude and needs no more than these samples.
    magnitude = np.abs(np.fft.ifft(piece, count)) * (2 * count / total)  # (count,)
    passing = np.concatenate([[0.0], np.cumsum(magnitude)]) / count  # its integral, at the edges of samples
    edges = np.arange(total // _HOP + 1) * _HOP / total
    return np.diff(np.interp(edges, np.linspace(0, 1, count + 1), passing)) * (total / _HOP)


def picture(cochleagram: NDArray, most: float | None = None) -> NDArray[np.uint8]:
    """A cochleagram (T, BANDS) to look at: uint8 (BANDS, T), low bands at the bottom; `most` is white."""
    most = most or max(float(cochleagram.max(initial=0)), 1e-6)
    return (255 * (cochleagram / most).clip(0, 1)).round().astype(np.uint8).T[::-1]  # (BANDS, T)
