"""The one way to a GPU that is lent by the call (ZeroGPU): whatever computes on it passes through `Gateway`.

`spaces` runs one decorated generator in a forked worker that has the GPU, and hands it back when the generator ends.
Arguments and answers cross between the processes by pickle. So that nothing can break in between, where an error would
be known by its name alone or leave a reader waiting, they cross as bytes made and read here; handlers are not sent:
they are known on both sides of the fork, by number.
"""

import inspect
import logging
import os
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import wraps
from multiprocessing.reduction import ForkingPickler
from typing import Any

from models import registry
from models.cache_pinned import LentCache

log = logging.getLogger(__name__)

FIRST_SECONDS = 60  # asked for before anything is known of a handler
LEAST_SECONDS, MOST_SECONDS = 10, 120
MARGIN = 2.0  # times the longest of the last runs
REMEMBERED = 16

Lend = Callable[..., Callable[[Callable[..., Iterator[bytes]]], Callable[..., Iterator[bytes]]]]
Task = tuple[int, tuple[str, ...]]  # a handler's number and the models its arguments name


def open_gateway() -> "Gateway":
    """The gateway of this process, all models placed. Before anything imports torch: `spaces` has to come first."""
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
    """Handlers that run where the GPU is. `lend`: `spaces.GPU`, or what does as it does."""

    def __init__(self, lend: Lend):
        self._home = os.getpid()
        self._handlers: list[Callable[..., Any]] = []
        self._took: dict[Task, deque[float]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._lent = lend(duration=self.seconds)(self._work)

    def through(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """The handler (function or generator) as one that borrows the GPU; all before the gallery opens."""
        number = len(self._handlers)
        self._handlers.append(handler)
        if inspect.isgeneratorfunction(handler):

            @wraps(handler)
            def borrowing(*args: Any, **kwargs: Any) -> Any:
                yield from self._answers(number, args, kwargs)

        else:

            @wraps(handler)
            def borrowing(*args: Any, **kwargs: Any) -> Any:
                (answer,) = self._answers(number, args, kwargs)
                return answer

        return borrowing

    def seconds(self, task: Task, order: bytes) -> int:
        """For how long the GPU is asked for: twice the longest of the last runs of this handler with these models."""
        took = self._took.get(task)
        wanted = MARGIN * max(took) if took else FIRST_SECONDS
        return round(min(max(wanted, LEAST_SECONDS), MOST_SECONDS))

    def _answers(self, number: int, args: tuple, kwargs: dict[str, Any]) -> Iterator[Any]:
        """What a handler answers, one by one. To the very end: only then is the GPU free for the next visitor."""
        task, failed = (number, _models_in(args)), None
        with closing(self._lent(task, _packed((args, kwargs)))) as messages:
            for message in messages:
                kind, content = ForkingPickler.loads(message)
                if kind == "answer":
                    yield content
                elif kind == "took":
                    self._took[task].append(content)
                else:
                    failed = content
        if failed is not None:
            raise failed

    def _work(self, task: Task, order: bytes) -> Iterator[bytes]:
        """The gateway itself, in the worker: one handler's answers, then how long it took or how it failed."""
        started, handler = time.monotonic(), self._handlers[task[0]]
        self._settle_in()
        args, kwargs = ForkingPickler.loads(order)
        try:
            if inspect.isgeneratorfunction(handler):
                with closing(handler(*args, **kwargs)) as answers:
                    for answer in answers:
                        yield _packed(("answer", answer))
            else:
                yield _packed(("answer", handler(*args, **kwargs)))
        except Exception as error:
            yield _packed(("failed", _portable(error)))
        else:
            yield _packed(("took", time.monotonic() - started))

    def _settle_in(self) -> None:
        """In a worker: do without OpenMP, whose threads did not come along and would be waited for."""
        if os.getpid() != self._home and (torch := sys.modules.get("torch")):
            torch.set_num_threads(1)


def _packed(message: Any) -> bytes:
    return bytes(ForkingPickler.dumps(message))


def _portable(error: Exception) -> Exception:
    """The error, if it survives the way; else one that says what it said."""
    try:
        ForkingPickler.loads(_packed(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _models_in(arguments: tuple) -> tuple[str, ...]:
    """The models that arguments name: a large one takes another time than the house's."""
    known = {spec.key for spec in registry.specs()}
    return tuple(one for one in arguments if isinstance(one, str) and one in known)
