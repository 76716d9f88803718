"""Where one machine is outgrown: an engine's function marked `anywhere` is sent to a replica of the cluster.

The rooms call engines as always. Without a cluster the mark costs a dictionary look-up; with one (`--cluster`), the
call is packed, a replica that has the model warm is asked first (`models/cluster_serve.py`, the only module that knows
Ray), its steps are told here, and its result is returned here.

Engines are pure: the same arguments give the same steps and the same result. So a call whose replica falls silent is
sent to another one, and the steps already told are not told again: whoever waits sees a longer wait and nothing else.
"""

import functools
import inspect
import logging
import os
import platform
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from models import registry
from models.errors import Stopped, Unanswered, VernissageError
from models.parcels import Errand, packed, portable, unpacked
from models.settings import Settings

if TYPE_CHECKING:
    from models.cache_stats import CacheStats

log = logging.getLogger(__name__)

TRIES = 3
SILENT = (
    f"{TRIES} machines took this over, one after the other, and fell silent. Nothing you made is lost: please ask "
    "once more, or for something smaller."
)

Result = TypeVar("Result")
Send = Callable[[str, bytes], Generator[bytes, None, None]]


class Lost(Exception):
    """A replica fell silent before it had answered."""


# ---------------------------------------------------------------- the door


def anywhere(
    key: str | Callable[..., str] = "", reads: str = "", writes: str = ""
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Mark a pure function of plain values that may be called in another process, on another machine.

    key: the model it leases, as it stands in the registry; "{model}" is filled in from the arguments, and a function of
    them may say it, too. A parameter called `on_...` hears the steps, and what it raises ends the work. `reads` and
    `writes` name parameters that are paths to a file. Called with a `cache`, it stays here.
    """

    def mark(function: Callable[..., Result]) -> Callable[..., Result]:
        signature = inspect.signature(function)
        hears = next((name for name in signature.parameters if name.startswith("on_")), "")

        @functools.wraps(function)
        def called(*args: Any, **named: Any) -> Result:
            cluster = the_cluster()
            given = signature.bind(*args, **named).arguments if cluster else {}
            if not cluster or given.get("cache") is not None or (reads and not Path(given[reads]).is_file()):
                return function(*args, **named)
            listener = given.pop(hears, None)
            file = Path(given[reads]).read_bytes() if reads else b""
            errand = Errand(called, given, hears if listener else "", reads, writes, file)
            return cluster.do(_key(key, signature, given), errand, listener or _nobody)

        return called

    return mark


@functools.cache
def the_cluster() -> "Cluster | None":
    """The cluster of this process, started on first use; None where none was asked for, and Ray is left alone then."""
    settings = Settings.from_environment()
    if not settings.cluster:
        return None
    from models.cluster_serve import opened

    return Cluster(opened(settings), settings.cluster)


@anywhere("{key}")
def warm(key: str) -> None:
    """Load a model where it will be used, while nobody waits for it yet."""
    from models.cache import default_cache

    default_cache().preload(key)


def _key(key: str | Callable[..., str], signature: inspect.Signature, given: dict[str, Any]) -> str:
    """The registry's key of the model a call needs; "" for none, or one that is not there."""
    usual = {name: parameter.default for name, parameter in signature.parameters.items()}
    found = key.format(**{**usual, **given}) if isinstance(key, str) else key(**{**usual, **given})
    return found if found in {spec.key for spec in registry.specs()} else ""


def _nobody(*step: Any) -> None:
    """Hears the steps where nobody does."""


# ---------------------------------------------------------------- here


class Cluster:
    """Does errands in replicas. `send(key, parcel)`: the messages of a replica, which `perform` made; raises Lost."""

    def __init__(self, send: Send, replicas: int = 1):
        self._send, self._replicas = send, replicas
        self._caches: dict[str, CacheStats] = {}
        self._lock = threading.Lock()

    def stats(self) -> list["CacheStats"]:
        """The caches of the replicas, each as it was after the last errand."""
        with self._lock:
            return [stats for _, stats in sorted(self._caches.items())]

    def do(self, key: str, errand: Errand, on_step: Callable[..., None]) -> Any:
        """Have an errand done: its result, with its steps told on the way. Raises what it raises, and Unanswered when
        one replica after another is lost."""
        parcel, told = packed(errand), _Told(on_step)
        for left in reversed(range(TRIES)):
            try:
                result, written, *cache = self._answer(key, parcel, told)
            except Lost as error:
                log.warning("A replica was lost at %s (%s); tries left: %d", errand.function.__qualname__, error, left)
            else:
                errand.deliver(written)
                self._remember(*cache)
                return result
        raise Unanswered(SILENT)

    def _remember(self, who: str, stats: "CacheStats") -> None:
        """Whoever was not heard of for longest is gone, where there are more than there should be."""
        with self._lock:
            self._caches.pop(who, None)
            self._caches[who] = stats
            while len(self._caches) > self._replicas:
                del self._caches[next(iter(self._caches))]

    def _answer(self, key: str, parcel: bytes, told: "_Told") -> tuple[Any, bytes, str, "CacheStats"]:
        """What one replica says, steps told once. Closing its messages calls the work off."""
        told.begin()
        with closing(self._send(key, parcel)) as messages:
            for message in messages:
                sort, content = unpacked(message)
                if sort == "failed":
                    raise content
                if sort == "result":
                    return content
                told.tell(content)
        raise Lost("it ended without a word")


class _Told:
    """Steps told so far: a replica that takes over begins with the first one again, and is heard from where we were."""

    def __init__(self, on_step: Callable[..., None]):
        self._on_step, self._count, self._place = on_step, 0, 0

    def begin(self) -> None:
        self._place = 0

    def tell(self, step: tuple[Any, ...]) -> None:
        self._place += 1
        if self._place > self._count:
            self._count = self._place
            self._on_step(*step)


# ---------------------------------------------------------------- there


def perform(parcel: bytes, tell: Callable[[bytes], None], called_off: threading.Event) -> None:
    """Do an errand, in a replica: `tell` hears each step and then the result, or the failure, as parcels.

    Beside the result stand who has done it and what is in the cache there.
    """
    from models.cache import default_cache

    def on_step(*step: Any) -> None:
        if called_off.is_set():
            raise Stopped("This was called off.")
        tell(packed(("step", step)))

    try:
        result, written = unpacked(parcel).run(on_step)
        tell(packed(("result", (result, written, f"{platform.node()} {os.getpid()}", default_cache().stats()))))
    except Exception as error:
        if not isinstance(error, VernissageError) or error.__cause__:  # the cause stays behind
            log.warning("An errand failed", exc_info=error)
        tell(packed(("failed", portable(error))))
