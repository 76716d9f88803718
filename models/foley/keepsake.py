"""What visitors take home: a film whose recipe makes its sound again, and hits as text, for recipes and links.

    0.5333_0.82_wood71-stone20*1.2_0.5_metal

Hits are parted by stars; each has its time in seconds, its strength, and its materials with their probabilities in
percent, the likeliest first; one alone needs no number. Every letter may stand in a link as it is. Hits are
brought into this form before they are heard, so that a film sounds the same again to the bit.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

from models import registry
from models.errors import BadInput
from models.foley.engine import HOUSE, LONGEST_SECONDS
from models.foley.hits import Hit
from models.foley.materials import NAMES
from models.foley.synthesis import BACKENDS, MOST_HITS, Ask, check
from models.media import Recipe

DEMO = "video-sound"
LONGEST_TEXT = 60_000  # characters of hits; MOST_HITS take less
_UNREADABLE = "Those hits cannot be read. Please choose a film, and they are found anew."
_HIT = re.compile(r"(\d{1,2}(?:\.\d{1,6})?)_(\d(?:\.\d{1,6})?)_([a-z0-9-]{1,120})")
_MATERIAL = re.compile(r"([a-z]+)(\d{0,3})")


def to_text(hits: Sequence[Hit]) -> str:
    """Hits as text; at most MOST_HITS of them, BadInput for more."""
    if len(hits) > MOST_HITS:
        raise BadInput(f"{len(hits)} hits are too many: {MOST_HITS} are possible.")
    return "*".join(f"{_number(hit.seconds, 4)}_{_number(hit.strength, 3)}_{_materials(hit)}" for hit in hits)


def from_text(text: Any) -> tuple[Hit, ...]:
    """The hits that anyone wrote as text, in the order of time; BadInput for what is none."""
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise BadInput(_UNREADABLE)
    words = text.split("*") if text else []
    if len(words) > MOST_HITS:
        raise BadInput(f"{len(words)} hits are too many: {MOST_HITS} are possible.")
    return tuple(sorted((_hit(word) for word in words), key=lambda hit: hit.seconds))


def rounded(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Hits as they are once they were written down."""
    return from_text(to_text(hits))


def recipe(clip: str, hits: Sequence[Hit], ask: Ask, model: str = HOUSE, **besides: Any) -> Recipe:
    """What it takes to make this sound again, by the names of the room's settings; `clip`: one of ours, or ""."""
    ask, spec = check(ask), registry.get(model)
    settings = {
        "clip": clip,
        "hits": to_text(hits),
        "material": ask.material or "",
        "backend": ask.backend,
        "room": ask.room,
        "volume": ask.volume,
        "original": ask.original,
    }
    return Recipe(DEMO, spec.key, spec.version, ask.seed, {**settings, **besides})


def opened(recipe: Recipe) -> tuple[tuple[Hit, ...], Ask] | None:
    """The hits and the ask of a recipe that may come from anyone; None when it is another room's or makes no sense."""
    told = recipe.settings
    if recipe.demo != DEMO:
        return None
    try:
        backend = told.get("backend", BACKENDS[0])
        numbers = {name: told.get(name, getattr(Ask, name)) for name in ("room", "volume", "original")}
        return from_text(told.get("hits")), check(
            Ask(backend, told.get("material") or None, seed=recipe.seed, **numbers)
        )
    except BadInput:
        return None


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def _materials(hit: Hit) -> str:
    percent = _percent(hit.materials)
    told = sorted(((share, name) for share, name in zip(percent, NAMES) if share), key=lambda one: -one[0])
    return told[0][1] if len(told) == 1 else "-".join(f"{name}{share}" for share, name in told)


def _percent(probabilities: Sequence[float]) -> list[int]:
    """Probabilities as whole percents that add up to 100: the largest remainders are rounded up."""
    exact = [100 * share for share in probabilities]
    whole = [math.floor(share + 1e-9) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda place: whole[place] - exact[place])
    for place in by_remainder[: 100 - sum(whole)]:
        whole[place] += 1
    return whole


def _hit(word: str) -> Hit:
    match = _HIT.fullmatch(word)
    if match is None:
        raise BadInput(_UNREADABLE)
    seconds, strength = float(match[1]), float(match[2])
    if not (0 <= seconds <= LONGEST_SECONDS and 0 <= strength <= 1):
        raise BadInput(_UNREADABLE)
    return Hit(seconds, strength, _probabilities(match[3]))


def _probabilities(text: str) -> tuple[float, ...]:
    """Probabilities in the order of the materials, sum 1."""
    told: dict[str, int] = {}
    for word in text.split("-"):
        match = _MATERIAL.fullmatch(word)
        if match is None or match[1] not in NAMES:
            raise BadInput(_UNREADABLE)
        told[match[1]] = int(match[2] or 100)
    if not sum(told.values()):
        raise BadInput(_UNREADABLE)
    return tuple(told.get(name, 0) / sum(told.values()) for name in NAMES)
