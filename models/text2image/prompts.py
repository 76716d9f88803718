"""Prompts to judge by: facts put together anew, some in combinations kept from training, and what each asks for."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from numpy.random import Generator, default_rng

from models.text2image.captions import plain
from models.text2image.questions import answers
from models.text2image.words import UNSEEN, withheld

LEAST = 5  # pictures that show a fact, for it to be asked for
# Facts that depend on each other are drawn together, all others apart: any tool draws any subject, but no tomato is
# blue. Scenes are drawn whole, since their objects are put together at random anyway.
_TOGETHER = {
    "portrait": (("who",), ("age",), ("mood",), ("hair",), ("glasses", "shape", "frame"), ("backdrop",)),
    "fruit": (("kind", "colour", "state"), ("stem",), ("leaf",), ("backdrop",)),
    "flower": (("kind", "petals"), ("framing",), ("background",)),
    "sketch": (("subject",), ("tool", "colour")),
}
_UNSAID = {  # what the canonical caption leaves out
    ("portrait", "glasses", "no"),
    ("fruit", "state", "whole"),
    ("fruit", "stem", "no"),
    ("scene", "sun", "no"),
    ("scene", "moon", "no"),
    ("scene", "stars", "no"),
    ("scene", "clouds", "no"),
    ("scene", "tree count", "0"),
}
_NEVER_SAID = {("portrait", "length"), ("sketch", "paper"), ("scene", "style"), ("scene", "wall")}


@dataclass(frozen=True)
class Prompt:
    """A prompt, the answers a picture of it should give, and whether it asks for a combination kept from training."""

    text: str
    domain: str
    asked: dict[str, str]
    unseen: bool


def draw(
    facts: Sequence[dict], domain: str, count: int, unseen: int, known: Mapping[str, Collection[str]], seed: int = 7
) -> list[Prompt]:
    """`count` prompts of one domain, `unseen` of them for withheld combinations.

    facts: of pictures, which say what there is to be asked for. known: the answers a judge can give to each question;
    nothing else is asked for, but for withheld combinations, of which what can be judged is.
    """
    rng, lots, made = default_rng((seed, sorted(UNSEEN).index(domain))), _lots(facts, domain), []
    while len(made) < count:
        if len(made) < unseen:
            combination = UNSEEN[domain][len(made) % len(UNSEEN[domain])]
            made.append(_prompt(_withheld(lots, domain, combination, rng), domain, known))
            continue
        found = _combine(lots, domain, rng)
        told = asked(found, domain)
        if not withheld(domain, found) and all(told[q] in known[q] for q in told if q in known):
            made.append(_prompt(found, domain, known))
    return made


class Anew:
    """Facts of pictures of one domain, put together anew, never in a combination kept from training."""

    def __init__(self, facts: Sequence[dict], domain: str):
        self.domain, self._lots = domain, _lots(facts, domain)

    def draw(self, rng: Generator) -> dict:
        while withheld(self.domain, found := _combine(self._lots, self.domain, rng)):
            pass
        return found


def asked(facts: dict, domain: str) -> dict[str, str]:
    """Of the answers that facts give, those that their canonical caption says."""
    told = implied(facts, domain).items()
    return {question: answer for question, answer in told if (domain, question, answer) not in _UNSAID}


def implied(facts: dict, domain: str) -> dict[str, str]:
    """Those, and what goes without saying: no glasses, no moon."""
    told = answers(facts, domain).items()
    return {question: answer for question, answer in told if (domain, question) not in _NEVER_SAID}


def _lots(facts: Sequence[dict], domain: str) -> list[list[dict]]:
    """For each lot of facts that go together, all that occur LEAST times, or as often as any does, each once."""
    if domain == "scene":
        return [[dict(found) for found in facts if _told_apart(found["objects"])]]
    lots = []
    for names in _TOGETHER[domain]:
        seen = Counter(tuple((n, _simple(found[n])) for n in names if n in found) for found in facts)
        least = min(LEAST, max(seen.values(), default=0))
        lots.append([dict(lot) for lot, times in sorted(seen.items()) if times >= least])
    return lots


def _told_apart(objects: Sequence[dict]) -> bool:
    colours = [thing["colour"] for thing in objects if "colour" in thing]
    return bool(objects) and len(set(colours)) == len(colours)


def _simple(value: object) -> object:
    """Petals by their first colour alone."""
    return tuple(value[:1]) if isinstance(value, list) else value


def _combine(lots: list[list[dict]], domain: str, rng: Generator) -> dict:
    """One of each lot, whatever its share among the pictures."""
    found: dict = {}
    for lot in lots:
        found |= lot[int(rng.integers(len(lot)))] if lot else {}
    return _sense(found, domain)


def _sense(facts: dict, domain: str) -> dict:
    """The facts, without those that go with others only."""
    facts = {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}
    alone = domain == "fruit" and (facts.get("state") != "whole" or facts.get("kind") == "tomato")
    dropped = {"stem", "leaf"} if alone else set()
    if facts.get("state") == "eaten" or facts.get("tool", "crayon") != "crayon":  # pencils are always grey
        dropped.add("colour")
    return {name: value for name, value in facts.items() if name not in dropped}


def _withheld(lots: list[list[dict]], domain: str, combination: dict[str, str], rng: Generator) -> dict:
    """Facts that hold the combination, the others drawn as ever."""
    while True:
        found = _combine(lots, domain, rng)
        if domain == "scene":
            found = _put_in_scene(found, combination)
        elif domain == "portrait" and "glasses" not in combination and {"shape", "frame"} & set(combination):
            found = found | combination if found.get("glasses") == "yes" else {}
        elif domain == "sketch" and found.get("tool") != combination["tool"]:
            found = {}
        else:
            found = found | {n: [value] if n == "petals" else value for n, value in combination.items()}
        if found and withheld(domain, found):
            return _sense(found, domain)


def _put_in_scene(facts: dict, combination: dict[str, str]) -> dict:
    """The scene with its first object changed, or nothing where the two do not go together."""
    first, *others = facts["objects"]
    of_this_kind = next(iter(combination)) in first
    if not of_this_kind or facts.get("paper") == combination["colour"] or facts.get("relation") == "inside":
        return {}
    if any(other.get("colour") == combination["colour"] for other in others):
        return {}
    if "thing" in combination and first["thing"] != combination["thing"]:
        return {}  # a boat needs its sea
    return facts | {"objects": [first | combination, *others]}


def _prompt(facts: dict, domain: str, known: Mapping[str, Collection[str]]) -> Prompt:
    told = {q: answer for q, answer in asked(facts, domain).items() if answer in known.get(q, ())}
    return Prompt(plain(facts, domain), domain, told, withheld(domain, facts))
