"""What a run has seen: every answer with how long it took, and samples of the pictures, to be looked at afterwards."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SAMPLES = 12  # pictures of a room that are made again, alone, and compared
LIVE = ("sketch", "walk", "arithmetic", "style", "own photo")  # rooms whose pictures follow a hand


@dataclass
class Room:
    """Answers of one kind: seconds each, what was said instead of pictures, and pictures that nobody asked for."""

    seconds: list[float] = field(default_factory=list)
    stale: int = 0
    errors: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    samples: list[tuple[dict, Any]] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Seconds within which that share of the answers came; 0 where there are none."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Tally:
    """The rooms by name. Filled by the visitors, in one thread."""

    def __init__(self, seed: int = 0):
        self.rooms: dict[str, Room] = defaultdict(Room)
        self._chance = random.Random(seed)

    def picture(self, room: str, seconds: float, order: dict, answer: Any, wrong: str | None = None) -> None:
        """A picture came; `wrong` says in what it is not the one that was asked for."""
        seen = self.rooms[room]
        seen.seconds.append(seconds)
        if wrong:
            seen.wrong.append(wrong)
        if len(seen.samples) < SAMPLES:
            seen.samples.append((order, answer))
        elif (place := self._chance.randrange(len(seen.seconds))) < SAMPLES:  # reservoir sampling
            seen.samples[place] = order, answer

    def error(self, room: str, what: str) -> None:
        """Something else came."""
        self.rooms[room].errors[what[:200]] += 1

    def pictures(self, rooms: tuple[str, ...] = ()) -> int:
        """How many came, in these rooms or in all."""
        return sum(len(room.seconds) for name, room in self.rooms.items() if not rooms or name in rooms)

    def errors(self) -> dict[str, int]:
        """What was said instead of pictures, and how often."""
        return {f"{name}: {what}": n for name, room in self.rooms.items() for what, n in room.errors.items()}

    def wrong(self) -> list[str]:
        """Every picture that was not the one asked for."""
        return [f"{name}: {what}" for name, room in self.rooms.items() for what in room.wrong]


def seconds_of(rooms: Mapping[str, Room], names: tuple[str, ...]) -> Room:
    """Several rooms as one."""
    together = Room()
    for name in names:
        together.seconds += rooms[name].seconds if name in rooms else []
    return together


def table(tally: Tally, minutes: float) -> str:
    """The run as lines of text: a row for each room."""
    head = ("room", "pictures", "a second", "stale", "p50 s", "p95 s", "errors", "wrong")
    rows = [
        (
            name,
            str(len(room.seconds)),
            f"{len(room.seconds) / minutes / 60:.2f}",
            str(room.stale),
            f"{room.percentile(0.5):.2f}",
            f"{room.percentile(0.95):.2f}",
            str(room.errors.total()),
            str(len(room.wrong)),
        )
        for name, room in sorted(tally.rooms.items())
    ]
    return "\n".join(f"{row[0]:<18}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in (head, *rows))
