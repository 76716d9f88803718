"""The one way to a GPU that is lent by the call (ZeroGPU): long work passes through `Gateway`.

`spaces` runs one decorated generator in a forked worker that has the GPU, and hands it back when the generator ends.
Work and news cross between the processes as parcels, so that nothing breaks in between and leaves a reader waiting.
"""

import logging
import os
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache, partial
from typing import Any

from models import registry
from models.cache_pinned import LentCache
from models.parcels import packed, portable, unpacked
from models.settings import Settings

log = logging.getLogger(__name__)

FIRST_SECONDS = 60  # asked for before anything is known of a kind of work
LEAST_SECONDS, MOST_SECONDS = 10, 120
MARGIN = 2.0  # times the longest of the last runs
REMEMBERED = 16

Lend = Callable[..., Callable[[Callable[..., Iterator[bytes]]], Callable[..., Iterator[bytes]]]]
Kind = tuple[str, ...]  # a function and the models that its arguments name


@cache
def lent_gpu() -> "Gateway | None":
    """The gateway of this process, models placed; None where no GPU is lent, and `spaces` is left alone then.

    To be called before anything else imports torch: `spaces` has to come first.
    """
    if not Settings.from_environment().pinned:
        return None
    import spaces

    from models.cache import default_cache

    place_models(default_cache())
    return Gateway(spaces.GPU)


def place_models(cache: LentCache) -> None:
    """Put every house model on the GPU, and the hub's that are on this disk; to be called before the gallery opens."""
    from models.hub import consent

    for spec in registry.specs():
        if spec.tier == "hub" and not consent(spec.key).on_disk:
            continue
        try:
            cache.preload(spec.key)
        except Exception as error:  # one damaged file closes nothing but its own model
            log.warning("%s is not placed: %s", spec.key, error)


class Gateway:
    """Runs work where the GPU is. `lend`: `spaces.GPU`, or what does as it does."""

    def __init__(self, lend: Lend):
        self._home = os.getpid()
        self._took: dict[Kind, deque[float]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._lent = lend(duration=self.seconds)(self._work)

    def carries(self, work: Callable[..., Any]) -> bool:
        """Whether work survives the way: a function of some module, or `partial` of one with plain values."""
        try:
            packed(work)
        except Exception:  # pickle raises whatever comes to its mind
            return False
        return True

    def stream(self, run: Callable[[Callable[..., Any]], Iterator[Any]], work: Callable[..., Any]) -> Iterator[Any]:
        """What the generator `run(work)` yields, in a worker that has the GPU; raises what it raises.

        To the very end: only then is the GPU free for the next visitor. Closing it closes the worker's.
        """
        kind, failed = _kind(work), None
        with closing(self._lent(kind, packed((run, work)))) as messages:
            for message in messages:
                sort, content = unpacked(message)
                if sort == "news":
                    yield content
                elif sort == "took":
                    self._took[kind].append(content)
                else:
                    failed = content
        if failed is not None:
            raise failed

    def seconds(self, kind: Kind, order: bytes) -> int:
        """For how long the GPU is asked for: twice the longest of the last runs of this kind of work."""
        took = self._took.get(kind)
        wanted = MARGIN * max(took) if took else FIRST_SECONDS
        return round(min(max(wanted, LEAST_SECONDS), MOST_SECONDS))

    def _work(self, kind: Kind, order: bytes) -> Iterator[bytes]:
        """The gateway itself, in the worker: the news of one work, then how long it took or how it failed."""
        started = time.monotonic()
        self._settle_in()
        run, work = unpacked(order)
        try:
            with closing(run(work)) as all_news:
                for news in all_news:
                    yield packed(("news", news))
        except Exception as error:
            yield packed(("failed", portable(error)))
        else:
            yield packed(("took", time.monotonic() - started))

    def _settle_in(self) -> None:
        """In a worker: do without OpenMP, whose threads did not come along and would be waited for."""
        if os.getpid() != self._home and (torch := sys.modules.get("torch")):
            torch.set_num_threads(1)


def _kind(work: Callable[..., Any]) -> Kind:
    """What work has in common with other work that takes as long: a large model takes another time than the house's."""
    function, given = (work.func, work.args) if isinstance(work, partial) else (work, ())
    known = {spec.key for spec in registry.specs()}
    models = [one for one in given if isinstance(one, str) and one in known]
    return (f"{function.__module__}:{function.__qualname__}", *models)
