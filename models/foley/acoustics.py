"""Where it sounds and how loud: a room's reverberation, a volume, and a limiter that leaves the 3 dB which AAC takes.

A room is drawn as in Moorer 1979 ("About this reverberation business"): a few early reflections, then noise that dies
away exponentially, the treble sooner than the bass. Its size is one number; what the walls are like is up to the seed.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from models.foley.materials import RATE

CEILING = 10 ** (-3 / 20)  # the loudest sample: AAC overshoots, by up to 3 dB
DRIEST, LONGEST = 0.16, 2.4  # seconds until a sound is 60 dB down, in the smallest and in the largest room
WETTEST = 0.6  # amplitude of all that the largest room gives back, where the sound itself has 1
REFLECTIONS = 12
_OCTAVES = (125, 250, 500, 1000, 2000, 4000, 8000)  # Hz
_LASTS = (1.1, 1.1, 1.0, 0.92, 0.78, 0.55, 0.36)  # of the time that the room reverberates, by octave
_BLOCK, _AHEAD = 64, 5  # samples of a block of the limiter; blocks it looks ahead and back: 7 ms


def mastered(dry: NDArray, room: float, volume: float, seed: int) -> NDArray[np.float32]:
    """A dry sound float (N,) in a room (0: none, 1: a hall), at a volume (1: as it is): float32 (N,) within CEILING."""
    return limited(volume * reverberated(dry, room, seed))


def reverberated(dry: NDArray, room: float, seed: int) -> NDArray[np.float32]:
    """A sound float (N,) with what a room of this size (0 to 1) and seed gives back: float32 (N,), cut where it was."""
    dry = np.asarray(dry, np.float32)
    if room <= 0 or not len(dry):
        return dry
    length = 1 << (len(dry) + len(response(room, seed)) - 1).bit_length()
    spectrum = np.fft.rfft(dry, length) * _spectrum(room, seed, length)
    return dry + np.fft.irfft(spectrum, length)[: len(dry)].astype(np.float32)  # (N,)


@functools.lru_cache(maxsize=16)
def response(room: float, seed: int) -> NDArray[np.float32]:
    """What a room answers to a click, the click itself left out: float32 (M,), not to be changed."""
    rng = np.random.default_rng([seed, 1979])
    lasts = DRIEST * (LONGEST / DRIEST) ** room
    answer = _tail(lasts, 0.004 + 0.03 * room, rng)  # the farther the walls, the later it begins
    late = np.sqrt(np.square(answer).sum())
    arrivals = np.sort(rng.uniform(0.002 + 0.004 * room, 0.02 + 0.06 * room, REFLECTIONS))
    for seconds in arrivals:
        strength = late * 0.5 * arrivals[0] / seconds
        answer[min(int(seconds * RATE), len(answer) - 1)] += strength * rng.choice((-1.0, 1.0))
    answer *= WETTEST * room / np.sqrt(np.square(answer).sum())
    answer = answer.astype(np.float32)
    answer.setflags(write=False)
    return answer


def _tail(lasts: float, delay: float, rng: np.random.Generator) -> NDArray:
    """Noise that is 60 dB down after `lasts` seconds, each octave at its own pace: float64 (M,)."""
    count = int((delay + lasts) * RATE)
    noise = np.fft.rfft(rng.standard_normal(count))  # (M / 2 + 1,)
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    octave = np.log2(np.maximum(hertz, 1.0) / _OCTAVES[0]).clip(0, len(_OCTAVES) - 1)
    seconds = np.arange(count) / RATE - delay
    tail = np.zeros(count)
    for place, share in enumerate(_LASTS):
        crossing = np.sqrt((1 - np.abs(octave - place)).clip(0))  # powers of neighbours add up to 1
        decay = np.exp(-np.log(1000) * seconds / (share * lasts)) * (seconds >= 0)
        tail += np.fft.irfft(noise * crossing, count) * decay
    return tail


@functools.lru_cache(maxsize=8)
def _spectrum(room: float, seed: int, length: int) -> NDArray:
    return np.fft.rfft(response(room, seed), length)


def limited(sound: NDArray, ceiling: float = CEILING) -> NDArray[np.float32]:
    """A sound float (N,) turned down around its peaks, so that no sample passes the ceiling; float32 (N,).

    What is quiet enough stays as it is to the bit. The gain is a mean of minima over neighbouring blocks, so that it
    is smooth and yet never above what any sample asks for.
    """
    sound = np.asarray(sound, np.float32)
    if not len(sound) or np.abs(sound).max() <= ceiling:
        return sound
    blocks = -(-len(sound) // _BLOCK)
    padded = np.pad(np.abs(sound), (0, blocks * _BLOCK - len(sound)))
    peaks = padded.reshape(blocks, _BLOCK).max(1)  # (B,)
    asked = np.minimum(1.0, 0.9999 * ceiling / np.maximum(peaks, 1e-9))
    reach = 2 * _AHEAD
    around = np.lib.stride_tricks.sliding_window_view(np.pad(asked, reach, constant_values=1.0), 2 * reach + 1)
    lowest = np.pad(around.min(1), _AHEAD, mode="edge")  # (B + 2 A,)
    gain = np.convolve(lowest, np.full(2 * _AHEAD + 1, 1 / (2 * _AHEAD + 1)), "valid")  # (B,)
    middles = (np.arange(blocks) + 0.5) * _BLOCK
    return sound * np.interp(np.arange(len(sound)), middles, gain).astype(np.float32)
