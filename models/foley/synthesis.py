"""Hits become sound, by one of three back-ends, in a room, and sound and film become one file.

| back-end | idea |
| --- | --- |
| modal | every hit is struck anew on the thing that its material stands for (`strike.py`); onsets exact to a sample |
| exemplar | every hit is looked up in a bank of ours (`exemplar.py`), as in Owens et al. 2016 |
| griffin-lim | a predicted cochleagram is turned into a waveform (`griffin.py`), the paper's other way |

A film has one thing of each material, drawn from the seed, and hits land on it here and there, by chance. The chance of
a hit comes from the seed and from its own time, so that no edit of one hit changes what the others sound like.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from models import video
from models.errors import BadInput
from models.foley import acoustics, exemplar, griffin, soundtrack
from models.foley.engine import LONGEST_SECONDS
from models.foley.hits import Hit
from models.foley.materials import MATERIALS, NAMES, RATE, material
from models.foley.strike import Struck, body, hit
from models.media import Recipe

BACKENDS = ("modal", "exemplar", "griffin-lim")
MOST_HITS = 300
SEED_LIMIT = 2**31  # seeds are whole numbers below this
LEVEL = 0.5  # the peak of the hardest hit: what overlaps, and the room, come on top


@dataclass(frozen=True)
class Ask:
    """How hits are to sound. material: one for all, or None for the likeliest of each; room: 0 (dry) to 1 (a hall);
    volume: 0 to 2; original: the share of the film's own sound that is kept, 0 to 1."""

    backend: str = BACKENDS[0]
    material: str | None = None
    room: float = 0.2
    volume: float = 1.0
    seed: int = 0
    original: float = 0.0


def check(ask: Ask) -> Ask:
    """The ask as it can be met: numbers brought within their limits. BadInput for a back-end or a material that is not
    there, and for what is no number."""
    if ask.backend not in BACKENDS:
        raise BadInput(f"There is no way called {str(ask.backend)[:30]!r} to make a sound: choose {_or(BACKENDS)}.")
    if ask.material is not None:
        material(ask.material)
    room, volume = _within(ask.room, "room", 1.0), _within(ask.volume, "volume", 2.0)
    seed = int(_within(ask.seed, "seed", SEED_LIMIT - 1))
    return Ask(ask.backend, ask.material, room, volume, seed, _within(ask.original, "share of the film's own sound", 1))


def sound(hits: Sequence[Hit], seconds: float, ask: Ask) -> NDArray[np.float32]:
    """The sound of hits in a film of this length: float32 (N,) mono at RATE, peak at most 10 ** (-3 / 20).

    `ask.original` is not heard here: that takes the film, see `film_with_sound`. Raises BadInput for what cannot be
    asked, and for more hits than MOST_HITS.
    """
    ask = check(ask)
    return acoustics.mastered(LEVEL * dry(hits, seconds, ask), ask.room, ask.volume, ask.seed)


def dry(hits: Sequence[Hit], seconds: float, ask: Ask) -> NDArray[np.float32]:
    """What `sound` sends into the room: float32 (N,), the hardest hit about 1."""
    hits = [one for one in _bounded(hits) if one.seconds < seconds]
    if ask.backend == "griffin-lim":
        return _fitted(griffin.inverted(expected(hits, seconds, ask), ask.seed), seconds)
    whole = np.zeros(_samples(seconds), np.float32)
    for one in hits:
        _add(whole, one.seconds, _heard(one, ask))
    return whole


def expected(hits: Sequence[Hit], seconds: float, ask: Ask) -> NDArray[np.float32]:
    """The cochleagram (T, BANDS) that the hits alone lead one to expect, as in `griffin.predicted`."""
    told = [(one.seconds, one.strength, _probabilities(one, ask)) for one in _bounded(hits) if one.seconds < seconds]
    return griffin.predicted(told, seconds)


def struck(one: Hit, ask: Ask) -> Struck:
    """A hit by modal synthesis: its sound, and the modes that were struck."""
    name = material_of(one, ask)
    of = material(name)
    return hit(of, _body(name, ask.seed), one.strength, _chance(one, ask))


def material_of(one: Hit, ask: Ask) -> str:
    """What a hit is heard on: what was asked for, or its likeliest material."""
    return ask.material or NAMES[int(np.argmax(one.materials))]


def film_with_sound(film: Path, hits: Sequence[Hit], ask: Ask, out: Path, recipe: Recipe | None = None) -> None:
    """Give a film the sound of its hits, with `ask.original` of its own: an MP4 at `out`, LONGEST_SECONDS at most.

    The picture is copied untouched where browsers play it from an MP4. Raises BadInput for what is no film or cannot be
    asked, VernissageError when ffmpeg is killed, stands still or finds the disk full; then there is no file at `out`.
    """
    ask = check(ask)
    seconds = length(film)
    join(film, mixed(film, sound(hits, seconds, ask), ask.original), seconds, out, recipe)


def mixed(film: Path, made: NDArray, original: float) -> NDArray[np.float32]:
    """A sound float (N,) with a share of the film's own."""
    if not original:
        return np.asarray(made, np.float32)
    return acoustics.limited(made + original * soundtrack.own_sound(film, len(made) / RATE))


def join(film: Path, made: NDArray, seconds: float, out: Path, recipe: Recipe | None = None) -> None:
    """A film's pictures and a sound float (N,) as an MP4 at `out`."""
    with TemporaryDirectory(prefix="vernissage-sound-") as folder:
        wav = Path(folder) / "made.wav"
        soundtrack.write_wav(made, wav)
        video.join(film, wav, out, seconds, recipe)


def length(film: Path) -> float:
    """Seconds of a film that get a sound; BadInput for what is no film."""
    return min(video.probe(film).seconds, LONGEST_SECONDS)


# ---------------------------------------------------------------- one hit


def _heard(one: Hit, ask: Ask) -> NDArray:
    if ask.backend == "exemplar":
        name = material_of(one, ask)
        return exemplar.retrieved(name, _probabilities(one, ask), one.strength, _chance(one, ask))
    return struck(one, ask).sound


@functools.lru_cache(maxsize=256)
def _body(name: str, seed: int) -> NDArray:
    """The thing of this material that a film of this seed has: its modes (K, 3), not to be changed."""
    return body(material(name), np.random.default_rng([seed, NAMES.index(name)]))


def _chance(one: Hit, ask: Ask) -> np.random.Generator:
    return np.random.default_rng([ask.seed, len(NAMES), round(10_000 * one.seconds)])


def _probabilities(one: Hit, ask: Ask) -> tuple[float, ...]:
    if ask.material is None:
        return one.materials
    return tuple(float(other.name == ask.material) for other in MATERIALS)


# ---------------------------------------------------------------- small things


def _bounded(hits: Sequence[Hit]) -> Sequence[Hit]:
    if len(hits) > MOST_HITS:
        raise BadInput(f"{len(hits)} hits are more than anybody could tell apart: {MOST_HITS} are possible.")
    return hits


def _samples(seconds: float) -> int:
    return max(1, round(seconds * RATE))


def _fitted(sound: NDArray, seconds: float) -> NDArray:
    whole = np.zeros(_samples(seconds), np.float32)
    whole[: len(sound)] = sound[: len(whole)]
    return whole


def _add(whole: NDArray, seconds: float, part: NDArray) -> None:
    first = round(seconds * RATE)
    last = min(first + len(part), len(whole))
    whole[first:last] += part[: max(0, last - first)]


def _within(value: object, name: str, most: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(f"The {name} is not a number: please set it again.")
    return min(max(number, 0.0), most)


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
