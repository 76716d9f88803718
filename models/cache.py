"""The one place where weights are loaded, moved, counted and evicted: `with default_cache().lease(key) as model:`.

Locks are taken in one order: build lock (any construction or move) -> a model's use (a count in the ledger)
-> the ledger's condition, held for microseconds, with no I/O and no foreign code under it. Only the holder
of the build lock brings models in or sends them away, so residence has a single writer; a hit takes the
condition alone.
"""

import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any

from models import registry
from models.cache_mover import Mover, Patience
from models.cache_pinned import LentCache, PinnedCache
from models.cache_policy import Entry, Ledger, Step
from models.cache_sentences import busy, ran_out, refuse
from models.cache_stats import CacheStats, Event, snapshot
from models.devices import Machine, is_out_of_memory, this_machine
from models.heap import give_back
from models.registry import ModelSpec
from models.settings import Settings


class ModelCache:
    """Models of one machine, admitted by bytes, leased to threads, evicted least recently used first.

    A lease may be taken in one thread and given back in another (a generator's steps may run in different
    threads). A thread that holds a lease and asks for another may have to wait for itself: that wait ends
    with CacheBusy. `idle_seconds`: models unused for so long go by themselves (0: never). `wait_seconds`:
    the patience of a lease.
    """

    def __init__(
        self,
        machine: Machine,
        find: Callable[[str], ModelSpec] = registry.get,
        idle_seconds: float = 0.0,
        wait_seconds: float = 60.0,
    ):
        self._machine = machine
        self._find = find
        self._idle_seconds = idle_seconds
        self._wait_seconds = wait_seconds
        self._ledger = Ledger(machine.budget, machine.cpu_tier, machine.take_turns is not None)
        self._changed = threading.Condition(threading.Lock())
        self._mover = Mover(machine, self._ledger, self._changed)
        self._closing = threading.Event()
        if idle_seconds > 0:
            threading.Thread(target=self._watch_idle, name="model-cache-idle", daemon=True).start()

    def lease(self, key: str, timeout: float | None = None) -> AbstractContextManager[Any]:
        """A context whose value is the model, ready on the device and safe from eviction until the context ends.

        Raises on entry BadInput (no such key), ModelTooLarge, CacheBusy (after `timeout` seconds),
        LoadFailed, OutOfMemory, or what the loader had to say; on exit OutOfMemory when the body ran out of
        memory.
        """
        return _Lease(self, key, timeout)

    def preload(self, *keys: str) -> None:
        """Load models before anyone asks, in this order."""
        for key in keys:
            with self.lease(key):
                pass

    def evict(self, key: str) -> bool:
        """Let one model go entirely; False when it is not here, or in use."""
        return self._mover.let_go(lambda: [e for e in self._ledger.all_idle() if e.spec.key == key]) > 0

    def trim(self, keep_bytes: int = 0) -> int:
        """Let idle models go, oldest use first, until weights take `keep_bytes` at most: how many went."""
        return self._mover.let_go(lambda: self._ledger.beyond(keep_bytes))

    def trim_idle(self, seconds: float) -> int:
        """Let models go that nobody has used for `seconds`: how many went."""
        newest = self._machine.clock() - seconds
        return self._mover.let_go(lambda: [e for e in self._ledger.all_idle() if e.last_used <= newest])

    def stats(self) -> CacheStats:
        """What is where, and what was counted so far."""
        with self._changed:
            return snapshot(self._ledger, self._machine.device)

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call `listener` with every Event, no lock held, in the thread that caused it; returns the stop."""
        self._mover.listeners += (listener,)

        def stop() -> None:
            self._mover.listeners = tuple(other for other in self._mover.listeners if other is not listener)

        return stop

    def close(self) -> None:
        """Refuse new leases, wake all who wait, let everything go; what is in use goes when given back."""
        self._closing.set()
        with self._changed:
            self._ledger.closed = True
            self._ledger.version += 1
            self._changed.notify_all()
        self.trim()

    def _enter(self, key: str, timeout: float | None) -> Entry:
        with self._changed:
            entry = self._ledger.hit(key, self._machine.clock())
        return entry or self._enter_slowly(self._find(key), timeout)

    def _enter_slowly(self, spec: ModelSpec, timeout: float | None) -> Entry:
        patience = Patience(self._wait_seconds if timeout is None else timeout)
        while True:
            with self._changed:
                refuse(self._ledger, spec)
                step, entry = self._ledger.ask(spec, self._machine.clock())
                if step is Step.WAIT:
                    self._wait(entry, patience)
            if step is Step.BUILD:
                self._mover.bring(entry, patience)
                return entry
            if step is Step.ENTER or (step is Step.MAKE_ROOM and self._mover.squeeze_in(entry, patience)):
                return entry

    def _wait(self, entry: Entry, patience: Patience) -> None:
        """Sleep until something changes; raises what became of the load that was waited for."""
        awake = self._changed.wait(patience.left())
        if entry.error is not None:
            # Each thread its own copy: an exception raised in two threads mixes their tracebacks.
            raise copy(entry.error) from entry.error
        if not awake and not patience.left():
            raise busy(self._ledger, entry)

    def _leave(self, entry: Entry) -> None:
        with self._changed:
            self._ledger.leave(entry, self._machine.clock())
            unwanted = self._ledger.closed and entry.idle
            self._changed.notify_all()
        if unwanted:
            self.trim()

    def _recover(self, entry: Entry, error: BaseException) -> None:
        """After a run that was out of memory: all that is idle goes, so that the next request works."""
        traceback.clear_frames(error.__traceback__)  # they hold the tensors of the failed run
        self._mover.let_go(lambda: [other for other in self._ledger.all_idle() if other is not entry])
        raise ran_out(self._ledger, entry.spec, "at work") from error

    def _watch_idle(self) -> None:
        while not self._closing.wait(min(10.0, self._idle_seconds / 4)):
            self.trim_idle(self._idle_seconds)
            give_back()


class _Lease:
    """One use of one model. A class, not a generator: a hit costs half as much."""

    __slots__ = ("_cache", "_entry", "_key", "_timeout")

    def __init__(self, cache: ModelCache, key: str, timeout: float | None):
        self._cache, self._key, self._timeout = cache, key, timeout

    def __enter__(self) -> Any:
        self._entry = self._cache._enter(self._key, self._timeout)
        return self._entry.model

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        self._cache._leave(self._entry)
        if error is not None and is_out_of_memory(error):
            self._cache._recover(self._entry, error)


@cache
def default_cache() -> "ModelCache | LentCache":
    """The cache of this process, made on first use from the settings."""
    settings = Settings.from_environment()
    machine = this_machine(replace(settings, pinned=False, device="cpu") if settings.pinned else settings)
    own = ModelCache(machine, idle_seconds=settings.idle_seconds, wait_seconds=settings.wait_seconds)
    return LentCache(own, PinnedCache(this_machine(settings))) if settings.pinned else own
