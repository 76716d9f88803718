"""What can be asked about a picture: the facts of a captioned picture as questions with one answer each.

Most facts are that already. A scene's objects are asked about by their colours ("the red thing", "how many are red",
"where the red ones are"), since colours tell the groups of one scene apart, so a red circle above a blue square is not
a blue circle above a red square. What is not known is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.text2image.words import LIGHTS

ABSENT = "none"
SLOTS = ("thing", "count", "size", "place")  # what is asked about the things of one colour
LEAST = 12  # pictures with an answer, or it cannot be learnt
_BACK = {"above": "below", "below": "above", "left": "right", "right": "left", "inside": "around"}
_PLAIN = {
    "portrait": ("who", "age", "mood", "hair", "length", "glasses", "shape", "frame", "backdrop"),
    "fruit": ("kind", "colour", "state", "stem", "leaf", "backdrop"),
    "flower": ("kind", "framing", "background", "centre"),
    "sketch": ("subject", "tool", "colour", "paper"),
}


def answers(facts: dict, domain: str) -> dict[str, str]:
    """Every question that these facts answer, and the answer."""
    if domain == "scene":
        return {"style": facts["style"]} | _STYLES[facts["style"]](facts)
    told = {name: str(facts[name]) for name in _PLAIN[domain] if name in facts}
    if domain == "flower" and facts["petals"]:
        told["petals"] = facts["petals"][0]  # the colour seen most
    if told.get("who") == "person":  # neither: a face mixed of women and men
        del told["who"]
    return told


def _groups(facts: dict, name: str) -> dict[str, str]:
    """The groups of a scene by colour: what they are, how many, where they are to each other."""
    told: dict[str, str] = {}
    if len({group["colour"] for group in facts["objects"]}) < len(facts["objects"]):
        return told  # two red groups: the colour does not say which is meant
    places = (facts["relation"], _BACK[facts["relation"]]) if "relation" in facts else ()
    for place, group in enumerate(facts["objects"]):
        colour = group["colour"]
        told |= {f"{colour} thing": group[name], f"{colour} count": str(group["count"])}
        if "size" in group:
            told[f"{colour} size"] = group["size"]
        if places:
            told[f"{colour} place"] = places[place]
    return told


def _shapes(facts: dict) -> dict[str, str]:
    return {"paper": facts["paper"]} | _groups(facts, "shape")


def _still_life(facts: dict) -> dict[str, str]:
    return {"table": facts["table"], "wall": facts["wall"]} | _groups(facts, "fruit")


def _landscape(facts: dict) -> dict[str, str]:
    told = {"land": facts["land"], "sky": facts["sky"]}
    told |= {light: "yes" if light in facts["lights"] else "no" for light in LIGHTS}
    trees = [thing["count"] for thing in facts["objects"] if thing["thing"] == "tree"]
    coloured = [thing for thing in facts["objects"] if "colour" in thing]
    return told | {"tree count": str(sum(trees))} | _groups({"objects": coloured}, "thing")


_STYLES = {"shapes": _shapes, "still life": _still_life, "landscape": _landscape}


@dataclass(frozen=True)
class Table:
    """The questions of one domain with all their answers, in the order of a classifier's outputs."""

    answers: dict[str, tuple[str, ...]]

    @staticmethod
    def of(told: Sequence[dict[str, str]], least: int = LEAST) -> "Table":
        """Questions with at least two answers, each of them given `least` times or more."""
        counts: dict[str, dict[str, int]] = {}
        for facts in told:
            for question, answer in facts.items():
                counts.setdefault(question, {})
                counts[question][answer] = counts[question].get(answer, 0) + 1
        kept = {q: [a for a in sorted(c) if c[a] >= least] for q, c in sorted(counts.items())}
        return Table({q: tuple(a) for q, a in kept.items() if len(a) > 1})

    def labels(self, told: Sequence[dict[str, str]]) -> NDArray:
        """Numbers of the answers, int64 (N, Q); -1 where none is known."""
        numbers = {question: {answer: k for k, answer in enumerate(known)} for question, known in self.answers.items()}
        return np.array([[numbers[q].get(facts.get(q), -1) for q in self.answers] for facts in told])
