"""An equation of faces as data: what its terms hold, and the text that links and recipes carry.

[plus] - [minus] + [add], each term the mean of up to three exemplars (Radford, Metz and Chintala 2016,
arXiv:1511.06434, section 6.3.2). An exemplar is the seed of a generated face, or the latent of a photograph.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import BadInput

TERMS = ("plus", "minus", "add")
ORDINALS = {"plus": "first", "minus": "second", "add": "third"}
MOST = 3  # exemplars a term, as in the paper
SEED_LIMIT = 2**31  # a seed is a whole number below
_FARTHEST = 1e4  # no w of a face has a coordinate beyond


@dataclass(frozen=True)
class Likeness:
    """The latent w that a photograph was found at, in half precision: all that is kept of it, in 2 D bytes."""

    halves: bytes

    @classmethod
    def of(cls, w: NDArray) -> "Likeness":
        """The likeness at w (D,)."""
        return cls(np.asarray(w, "<f2").tobytes())

    def w(self) -> NDArray:
        """float32 (D,)."""
        return np.frombuffer(self.halves, "<f2").astype(np.float32)

    def __str__(self) -> str:
        return "w" + base64.urlsafe_b64encode(self.halves).decode("ascii").rstrip("=")


Exemplar = int | Likeness
Term = tuple[Exemplar, ...]


@dataclass(frozen=True)
class Equation:
    """[plus] - [minus] + [add]; `seed` gives the noise of the eight faces around the sum."""

    plus: Term
    minus: Term
    add: Term
    seed: int = 0

    @classmethod
    def read(cls, plus: Any, minus: Any, add: Any, seed: int = 0) -> "Equation":
        """An equation from what anyone may send as terms: text, "1, 2, 3". Raises BadInput, one sentence."""
        terms = [read_term(text, name) for text, name in zip((plus, minus, add), TERMS, strict=True)]
        return cls(*terms, seed)

    @property
    def terms(self) -> tuple[Term, Term, Term]:
        return self.plus, self.minus, self.add

    def settings(self) -> dict[str, str]:
        """The terms as the text that `read` takes, by name."""
        return {name: ",".join(map(str, term)) for name, term in zip(TERMS, self.terms, strict=True)}


def read_term(text: Any, name: str = "plus") -> Term:
    """The exemplars in "1, 2, 3" (a list in brackets will do); `name` is one of TERMS, for the sentence."""
    if not isinstance(text, str | int) or isinstance(text, bool):
        raise BadInput(_not_a_face(text))
    words = [word for word in re.split(r"[,;\s]+", str(text).strip().strip("[]()")) if word]
    if not words:
        raise BadInput(f"The {ORDINALS[name]} term is empty: choose one to three faces for it.")
    if len(words) > MOST:
        raise BadInput(f"A term holds three faces at most, and the {ORDINALS[name]} has {len(words)}: leave some out.")
    return tuple(read_exemplar(word) for word in words)


def read_exemplar(word: str) -> Exemplar:
    """A seed ("12") or a likeness ("w" and its numbers)."""
    if re.fullmatch(r"\d{1,10}", word) and int(word) < SEED_LIMIT:
        return int(word)
    if re.fullmatch(r"w[A-Za-z0-9_-]{4,8000}", word):
        return _likeness(word[1:])
    raise BadInput(_not_a_face(word))


def _likeness(text: str) -> Likeness:
    try:
        halves = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        far = np.abs(np.frombuffer(halves, "<f2").astype(np.float32)).max(initial=0)
    except (ValueError, binascii.Error) as error:
        raise BadInput(_not_a_face(text)) from error
    if not far < _FARTHEST:  # nor is it with a number that is none
        raise BadInput(_not_a_face(text))
    return Likeness(halves)


def _not_a_face(given: Any) -> str:
    return (
        f"{str(given)[:24]!r} is not a face: a term takes seeds, whole numbers from 0 to {SEED_LIMIT - 1}, "
        "such as 4, 27."
    )
