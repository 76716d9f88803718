"""What may be asked of a text-to-image model, and what becomes of a wish that cannot be met: a clamp that is said, or
one sentence. Light: a page asks this before any model is there.
"""

import math
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from models.errors import BadInput
from models.text2image import words

HOUSE = "text2image/house"
MOST_STEPS = 50
MOST_PICTURES = 9
MOST_GUIDANCE = 12.0  # further out than that, colours only burn
LONGEST_PROMPT = 600  # characters
READS = 30  # words of a prompt that reach the house model: it was trained on 32 tokens, two of them mark the ends
SEED_LIMIT = 2**31  # seeds are whole numbers below this; the one after the last is 0

# Marks that turn the direction of all the text after them, unlike the joiners that emoji and Persian need.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@dataclass(frozen=True)
class Ask:
    """One wish. Picture k of `count` is painted from seed + k; guidance 1 leaves the negative prompt without effect."""

    prompt: str
    seed: int
    steps: int = 5
    guidance: float = 1.5
    negative_prompt: str = ""
    count: int = 4

    def seeds(self) -> list[int]:
        """The seed of each picture."""
        return [(self.seed + place) % SEED_LIMIT for place in range(self.count)]


def check(ask: Ask, model: str = HOUSE) -> tuple[Ask, list[str]]:
    """The wish as it can be met, and one sentence for each thing that was changed or will surprise.

    Raises BadInput for an empty prompt, for one longer than LONGEST_PROMPT characters, and for an unknown model.
    """
    said: list[str] = []
    met = replace(
        ask,
        prompt=_text(ask.prompt, "prompt", said),
        negative_prompt=_text(ask.negative_prompt, "negative prompt", said),
        seed=_seed(ask.seed, said),
        steps=round(_number(ask.steps, 1, MOST_STEPS, Ask.steps, "steps", said)),
        guidance=float(_number(ask.guidance, 1.0, MOST_GUIDANCE, Ask.guidance, "guidance", said)),
        count=round(_number(ask.count, 1, MOST_PICTURES, Ask.count, "pictures", said)),
    )
    if not met.prompt:
        raise BadInput(f"The prompt is empty: say in a few words what to paint, such as “{words.EXAMPLES[0]}”.")
    if model == HOUSE:
        return met, said + _not_read(met.prompt)
    from models.text2image import hub

    met, given_way = hub.fitted(met, model)
    return met, said + given_way


def _text(text: Any, name: str, said: list[str]) -> str:
    """A prompt on one line, without what no keyboard types: control characters, halves of characters, turning marks."""
    text = "" if text is None else str(text)
    if len(text) > LONGEST_PROMPT:
        raise BadInput(
            f"That {name} has {len(text):,} characters; {LONGEST_PROMPT} are possible. Please say it more briefly."
        )
    spaced = " ".join(text.split())
    clean = "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cs", "Cn") and c not in _TURNING)
    if clean != spaced:
        said.append(f"Control characters in the {name} were left out.")
    return unicodedata.normalize("NFC", " ".join(clean.split()))


def _seed(seed: Any, said: list[str]) -> int:
    try:
        whole = int(seed)
    except (TypeError, ValueError, OverflowError):  # nan and infinity are among them
        said.append(f"{_shown(seed)} is no seed: 0 was taken.")
        return 0
    if not 0 <= whole < SEED_LIMIT:
        said.append(f"Seeds go from 0 to {SEED_LIMIT - 1:,}: {whole % SEED_LIMIT} was taken for {_shown(whole)}.")
    return whole % SEED_LIMIT


def _number(value: Any, least: float, most: float, usual: float, name: str, said: list[str]) -> float:
    """The value within its limits; the usual one where it is no number."""
    asked, possible = f"{name.capitalize()}: {_shown(value)} was asked for", f"{least:g} to {most:g} is possible"
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond every float
        number = math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        said.append(f"{asked}, which is no number; {usual:g} was taken.")
        return usual
    taken = min(max(number, least), most)
    if taken != number:
        said.append(f"{asked}; {possible}, so {taken:g} was taken.")
    return taken


def _not_read(prompt: str) -> list[str]:
    found = words.split(prompt)
    if len(words.unknown(prompt)) == len(set(found)):
        return ["The house model knows none of these words, so it paints what it likes: the chips show what it knows."]
    if len(found) > READS:
        return [f"The house model reads the first {READS} words of a prompt; the rest was left out."]
    return []


def _shown(value: Any) -> str:
    """A value as a visitor may see it, whatever its size."""
    try:
        text = f"{value:,}" if isinstance(value, int) and abs(value) < 10**18 else str(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        text = "A very large number"
    return text if len(text) <= 24 else text[:23] + "…"
