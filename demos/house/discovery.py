"""Finding the rooms: every module in ``demos/`` that exposes ``DEMO``, and every installed entry point.

Another package adds rooms through the entry point group ``vernissage.demos``; an entry may name a ``Demo``
or a module that exposes one. A room that cannot be imported, or whose weights are not as they were published, is
reported and skipped: the others open.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import demos
from demos.kit import Demo
from models import registry, weights
from models.errors import VernissageError

log = logging.getLogger(__name__)

ENTRY_POINTS = "vernissage.demos"
NOT_ROOMS = frozenset({"gallery", "kit"})
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Closed:
    """A room that could not be opened, by name, with the reason for the log, and a sentence where visitors may know."""

    name: str
    reason: str
    sentence: str = ""

    @classmethod
    def of(cls, name: str, error: BaseException) -> Closed:
        """The room that `error` closed."""
        sentence = str(error) if isinstance(error, VernissageError) else ""
        return cls(name, f"{type(error).__name__}: {error}", sentence)


def discover(only: Sequence[str] = ()) -> tuple[list[Demo], list[Closed]]:
    """All rooms in hanging order, and those that stay closed. ``only`` narrows the choice to these slugs."""
    open_rooms: dict[str, Demo] = {}
    closed: list[Closed] = []
    for name, load in _candidates():
        try:
            room = _as_demo(name, load())
            if room is None or (only and room.slug not in only):
                continue
            if room.slug in open_rooms:
                raise ValueError(f"another room already has the address {room.slug}")
            if _brings_weights(room.family):
                weights.check_family(room.family)
            open_rooms[room.slug] = room
        # A stranger's module may fail in any way at import, sys.exit() included; the house stays open.
        except (Exception, SystemExit) as error:
            log.warning("The room %s stays closed: %r", name, error, exc_info=error)
            closed.append(Closed.of(name, error))
    rooms = sorted(open_rooms.values(), key=lambda room: (room.order, room.title))
    return rooms, closed + [Closed(slug, "no such room") for slug in only if slug not in open_rooms]


def _candidates() -> Iterator[tuple[str, Callable[[], object]]]:
    """What may be a room: (its name, how to import it)."""
    for module in sorted(_module_names(demos.__path__)):
        yield module, lambda module=module: importlib.import_module(f"demos.{module}")
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        yield entry.name, entry.load


def _module_names(folders: Iterable[str]) -> set[str]:
    return {
        module.name
        for module in pkgutil.iter_modules(folders)
        if not (module.ispkg or module.name.startswith("_") or module.name in NOT_ROOMS)
    }


def _brings_weights(family: str | None) -> bool:
    """Whether models of this family come in the box; a guest's models are the guest's to check."""
    ours = (spec for spec in registry.family(family or "") if spec.tier == "house")
    return any(spec.loader.startswith("models.") for spec in ours)


def _as_demo(name: str, found: object) -> Demo | None:
    """The ``Demo`` in what was imported; None for a module that only holds parts of a room."""
    room = found if isinstance(found, Demo) else getattr(found, "DEMO", None)
    if room is None:
        log.info("%s exposes no DEMO: it is no room", name)
        return None
    if not isinstance(room, Demo):
        raise TypeError(f"DEMO is a {type(room).__name__}, not a demos.kit.Demo")
    if not SLUG.fullmatch(room.slug):
        raise ValueError(f"the slug {room.slug!r} must be lower-case letters, digits and hyphens")
    return room
