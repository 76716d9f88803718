"""Measured attributes in words: captions of the terms, and whether the sum holds."""

from collections.abc import Mapping

from models.faces.arithmetic import Reading
from models.faces.engine import ATTRIBUTES

NAMES = {"glasses": "glasses", "smile": "smile", "age": "age", "woman": "woman or man"}


def describe(measured: Mapping[str, float]) -> str:
    """A face in a few words: "woman of 31 with glasses, smiling"."""
    kind = "woman" if measured["woman"] > 0.6 else "man" if measured["woman"] < 0.4 else "face"
    words = f"{kind} of {measured['age']:.0f}"
    if measured["glasses"] > 0.5:
        words += " with glasses"
    if measured["smile"] > 0.5:
        words += ", smiling"
    return words


def captions(reading: Reading) -> list[str]:
    """The three terms and the sum, in words."""
    return [describe(values) for values in (*reading.terms, reading.result)]


def verdict(reading: Reading) -> str:
    """One sentence: for which attributes the face is what the sum of the numbers promised."""
    holds = reading.holds()
    kept = [NAMES[name] for name in ATTRIBUTES if holds[name]]
    broken = [NAMES[name] for name in ATTRIBUTES if not holds[name]]
    if not broken:
        return "It holds: in glasses, smile, age, and woman or man the face is what the sum of the numbers promised."
    if not kept:
        return "It does not hold: nothing measured is what the sum of the numbers promised."
    return f"It holds for {_listed(kept)}, and misses in {_listed(broken)}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
