"""How often training looks at each kind of picture: the domains of a captioned set, and a share for each."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.errors import BadInput


def kind(domain: str, facts: Mapping) -> str:
    """What a picture's share goes by: its domain; of a scene its style, since paper shapes are harder than hills; and
    withered fruit, of which there is little, apart."""
    if domain == "scene":
        return str(facts["style"])
    return "withered" if facts.get("state") == "withered" else domain


# Faces are what everybody sees mistakes in, and the colour of a thin frame is what gets lost first.
COLOURED = ("red", "blue", "green", "gold", "brown", "tortoise", "silver")


def detail(domain: str, facts: Mapping) -> str:
    """What a picture's share goes by where pictures are made smaller: its kind, portraits with thin colours apart."""
    return "coloured frame" if facts.get("frame") in COLOURED else kind(domain, facts)


class Mixture:
    """Draws rows so that each domain has its share, whatever its number of pictures."""

    def __init__(self, domains: Sequence[str], shares: Mapping[str, float]):
        """domains: one a row. shares: any positive numbers; a domain of the set without one is BadInput."""
        names = sorted(set(domains))
        if strange := [name for name in names if name not in shares]:
            raise BadInput(f"No share is set for {', '.join(strange)}; there are shares for {', '.join(shares)}.")
        column = np.asarray(domains)
        self._rows = [np.flatnonzero(column == name) for name in names]
        wanted = np.array([shares[name] for name in names], float)
        self._chances = wanted / wanted.sum()

    def rows(self, rng: Generator, count: int) -> NDArray:
        """Row numbers (count,). Domains take turns as evenly as their shares allow, so that batches are alike."""
        places = (np.arange(count) + rng.random()) / count
        kinds = np.searchsorted(np.cumsum(self._chances)[:-1], places, side="right")
        return np.array([rng.choice(self._rows[kind]) for kind in kinds])
