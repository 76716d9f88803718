"""One hit's sound: what is struck, how hard, and the rest is physics and chance. numpy alone.

Modal synthesis after van den Doel and Pai (1998): a body is a set of modes, a hit sets them going with a force that
lasts for the time of contact, which is shorter the harder the hit (Hertz), and so brighter. Gravel and leaves are many
small collisions at random moments (Cook 1997); water is bubbles that ring at Minnaert's frequency, 3.26 m/s over their
radius, and rise as they near the surface (van den Doel 2005).
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley.materials import RATE, Bubbles, Contact, Grains, Material, Modes, material

_OCTAVES = 2.2  # from the smallest to the largest of a material: lengths 1 to 4.6
_SILENT_AT = 6.91  # -log(0.001): 60 dB down
_LONGEST = 3.0  # seconds a hit is heard
_HIGHEST = 0.42 * RATE
_BLOCK = 256  # samples; see `_ringing`
_ATTACK = 6  # samples


@dataclass(frozen=True)
class Struck:
    """sound: float32 (N,) at RATE, beginning with the contact, peak about the strength.

    modes: float32 (K, 3), Hz, decay (T60) in seconds, gain; (0, 3) for grains and bubbles.
    """

    sound: NDArray
    modes: NDArray


def strike(name: str, strength: float, rng: Generator, size: float = 0.5) -> Struck:
    """A thing made of `name` is struck once.

    strength 0..1 is how loud and how bright; size 0 (a cup) .. 1 (a barrel), the larger the lower.
    Raises BadInput for a material that is not there.
    """
    return hit(material(name), body(material(name), rng, size), strength, rng, size)


def body(of: Material, rng: Generator, size: float = 0.5) -> NDArray:
    """A thing made of this: its modes, float64 (K, 3) as Hz, T60 in s, gain; they stay the same at every hit."""
    if of.modes is None:
        return np.zeros((0, 3))
    m = of.modes
    low = m.low * 2 ** (m.low_spread * rng.standard_normal() - _OCTAVES * (size - 0.5))
    ratios = np.array(m.ratios) if m.ratios else _ratios(m, rng)  # (K,)
    frequency = low * ratios * np.exp(0.02 * rng.standard_normal(len(ratios)))
    frequency = frequency[frequency < _HIGHEST]
    chance = rng.standard_normal((2, len(frequency)))
    level = m.tilt * np.log2(frequency / low) + m.tilt_spread * chance[0]
    decay = m.decay * (frequency / 1000) ** -m.decay_slope * np.exp(m.decay_spread * chance[1])
    return np.stack([frequency, decay.clip(0.008, _LONGEST), 10 ** (level / 20)], axis=1)  # (K, 3)


def _ratios(m: Modes, rng: Generator) -> NDArray:
    growth = m.growth + m.growth_spread * rng.standard_normal()
    return np.sort((1 + np.arange(m.count) * rng.uniform(0.7, 1.3, m.count)) ** max(0.3, growth))  # (K,)


def hit(of: Material, modes: NDArray, strength: float, rng: Generator, size: float = 0.5) -> Struck:
    """One hit on a body, modes (K, 3) as `body` gives them: where it lands changes how much each mode takes part."""
    strength = float(np.clip(strength, 0.0, 1.0))
    contact = of.contact.ms / 1000 * (0.3 + 0.7 * strength) ** -0.2 * 2 ** (0.6 * (size - 0.5))  # s; Hertz: v ** -1/5
    noise = _scrape(of.contact, contact, rng)
    if of.grains:
        main = _shower(of.grains, strength, size, rng)
    elif of.bubbles:
        main = _splash(of.bubbles, strength, size, rng)
    else:
        gains = modes[:, 2] * np.exp(0.4 * rng.standard_normal(len(modes))) * _taken_up(modes[:, 0], contact)
        modes = np.column_stack([modes[:, :2], gains / max(gains.sum(), 1e-12)])  # (K, 3)
        main = _ringing(modes)
    sound = _mixed((1 - of.contact.noise, main), (of.contact.noise, noise))
    return Struck((strength * sound).astype(np.float32), modes.astype(np.float32))


def _taken_up(frequency: NDArray, contact: float) -> NDArray:
    """How much of a half sine of force that lasts `contact` seconds there is at these frequencies, 0..1."""
    return 1 / (1 + (2 * frequency * contact) ** 2)


def _ringing(modes: NDArray) -> NDArray:
    """The sum of decaying sines, (N,).

    A decaying sine is a power of a complex number, z ** (a + b) = z ** a * z ** b: the starts of blocks of 256 samples
    and the samples of a block make it an outer product, and the sum over modes one product of matrices.
    """
    if not len(modes):
        return np.zeros(_BLOCK)
    frequency, decay, gain = modes.T
    pole = (-_SILENT_AT / decay + 2j * np.pi * frequency) / RATE  # (K,)
    blocks = int(np.ceil(min(1.1 * decay.max(), _LONGEST) * RATE / _BLOCK))
    starts = gain * np.exp(pole * (_BLOCK * np.arange(blocks))[:, None])  # (blocks, K)
    within = np.exp(pole[:, None] * np.arange(_BLOCK))  # (K, 256)
    sound = starts.real @ within.imag + starts.imag @ within.real  # (blocks, 256): the imaginary part, so sines
    return _faded(sound.ravel())  # (N,)


def _scrape(contact: Contact, seconds: float, rng: Generator) -> NDArray:
    """The noise of the contact itself: what a force of this length lets through of white noise, dying away."""
    count = int(5 * contact.noise_seconds * RATE)
    decaying = np.exp(-np.arange(count) / (contact.noise_seconds * RATE))
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum *= _taken_up(np.fft.rfftfreq(count, 1 / RATE), 0.5 * seconds) ** 0.5
    return _faded(np.fft.irfft(spectrum, count) * decaying)


def _shower(grains: Grains, strength: float, size: float, rng: Generator) -> NDArray:
    """Collisions, the first at once, then ever fewer and weaker; each a short ring with some noise."""
    seconds = grains.seconds * (0.6 + 0.8 * strength)
    count = int(grains.count * (0.5 + 0.8 * strength))
    sound = np.zeros(int(5 * seconds * RATE))
    at = np.r_[0, rng.exponential(seconds / 2, count)]
    frequency = np.exp(rng.uniform(*np.log([grains.low, grains.high]), count + 1)) * 2 ** -(1.2 * (size - 0.5))
    weight = rng.gamma(1.0, 0.6, count + 1) * np.exp(-at / seconds)
    weight[0] = weight.max()
    length = np.exp(rng.uniform(np.log(0.5), np.log(2.0), count + 1)) * grains.grain_seconds
    for start, hertz, gain, lasts in zip(at, frequency, weight, length):
        first, time = int(start * RATE), np.arange(int(4 * lasts * RATE)) / RATE
        ring = np.sin(2 * np.pi * hertz * time) + 0.3 * rng.standard_normal(len(time))
        _add(sound, first, gain * np.exp(-time / lasts) * ring)
    return _faded(sound)


def _splash(bubbles: Bubbles, strength: float, size: float, rng: Generator) -> NDArray:
    """Bubbles, first the hiss of the splash's spray."""
    seconds = bubbles.seconds * (0.5 + strength)
    count = int(bubbles.count * (0.4 + strength))
    sound = np.zeros(int((4 * seconds + 0.1) * RATE / 4096 + 1) * 4096)  # a length that is quick to transform
    radius = np.exp(rng.uniform(*np.log([bubbles.smallest, bubbles.largest]), count)) / 1000 * 2 ** (size - 0.5)  # m
    at = np.r_[0.002, rng.exponential(seconds / 2, count)[1:]]
    for start, r in zip(at, radius):
        damping = 0.13 / r + 0.0072 * r**-1.5  # 1/s; van den Doel 2005, equation 4
        time = np.arange(int(5 / damping * RATE)) / RATE
        rising = 3.26 / r * (1 + 0.1 * rng.random() * damping * time)  # Hz
        swells = (1 - np.exp(-time / 0.0006)) * np.exp(-damping * time)
        _add(sound, int(start * RATE), rng.uniform(0.2, 1) * swells * np.sin(2 * np.pi * rising * time))
    spray = np.fft.rfft(rng.standard_normal(len(sound)) * np.exp(-np.arange(len(sound)) / (0.35 * seconds * RATE)))
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    spray *= (hertz > 600) / (1 + (hertz / 5000) ** 2)
    return _faded(_mixed((0.65, sound), (0.35 * strength, np.fft.irfft(spray, len(sound)))))


def _add(sound: NDArray, first: int, part: NDArray) -> None:
    last = min(len(sound), first + len(part))
    sound[first:last] += part[: max(0, last - first)]


def _mixed(*parts: tuple[float, NDArray]) -> NDArray:
    """Sounds of any length with their weights, each and the whole scaled to a peak of 1."""
    whole = np.zeros(max(len(part) for _, part in parts))
    for weight, part in parts:
        whole[: len(part)] += weight * part / max(np.abs(part).max(), 1e-12)
    return whole / max(np.abs(whole).max(), 1e-12)


def _faded(sound: NDArray) -> NDArray:
    """Six samples of attack and 64 of release, so that neither end clicks."""
    sound[:_ATTACK] *= np.linspace(0.3, 1, _ATTACK)
    sound[-64:] *= np.linspace(1, 0, 64)
    return sound
