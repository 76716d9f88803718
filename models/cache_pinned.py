"""The caches where a GPU is lent by the call (ZeroGPU): everything is placed when the app starts, nothing ever leaves.

There each request runs in a forked worker. A lock held by another thread at the moment of the fork stays
held in the child for ever, so a lease takes none: it reads a dictionary that no longer changes.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from models import registry
from models.cache_policy import Entry, History, Ledger
from models.cache_sentences import ran_out
from models.cache_stats import CacheStats, Event, snapshot
from models.devices import BUILD_LOCK, Machine, is_out_of_memory
from models.errors import LoadFailed
from models.registry import ModelSpec

if TYPE_CHECKING:
    from models.cache import ModelCache


class PinnedCache:
    """The same door as ModelCache, for models that stay where they were put."""

    def __init__(self, machine: Machine, find: Callable[[str], ModelSpec] = registry.get):
        self._machine = machine
        self._find = find
        self._ledger = Ledger(machine.budget)

    def lease(self, key: str, timeout: float | None = None) -> AbstractContextManager[Any]:
        """A context whose value is the model; LoadFailed when it was not placed at the start."""
        entry = self._ledger.entries.get(key)
        if entry is None:
            raise LoadFailed(
                f"{self._find(key).title} was not placed on the shared GPU when the gallery started; choose "
                "another model, or run the gallery on your own machine."
            )
        return self._use(entry)

    @contextmanager
    def _use(self, entry: Entry) -> Iterator[Any]:
        try:
            yield entry.model
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise ran_out(self._ledger, entry.spec, "at work") from error

    def preload(self, *keys: str) -> None:
        """Place models, once each; to be called while the app starts, before any request."""
        for key in keys:
            if key not in self._ledger.entries:
                self._place(self._find(key))

    def _place(self, spec: ModelSpec) -> None:
        machine = self._machine
        started = machine.clock()
        with BUILD_LOCK:
            model = machine.load(spec)
            size = machine.measure(model)
            machine.move(model, machine.device)
        history = History(spec, loads=1, load_seconds=machine.clock() - started, measured_bytes=size)
        self._ledger.histories[spec.key] = history
        self._ledger.entries[spec.key] = Entry(spec, history, "device", model, size)
        self._ledger.used += size

    def evict(self, key: str) -> bool:
        """Nothing leaves."""
        return False

    def trim(self, keep_bytes: int = 0) -> int:
        """Nothing leaves."""
        return 0

    def trim_idle(self, seconds: float) -> int:
        """Nothing leaves."""
        return 0

    def stats(self) -> CacheStats:
        """What was placed. Hits happen in workers whose memory is gone with them, and are not counted."""
        return snapshot(self._ledger, self._machine.device)

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """There is no news: nothing changes after the start."""
        return lambda: None

    def close(self) -> None:
        """Nothing to do: the models go with the process."""


class LentCache:
    """The same door once more: in a worker that was lent the GPU, what is placed there; elsewhere the machine's own.

    What follows the hand cannot wait until a GPU is lent, and a stroke is no reason to take one from somebody: the live
    rooms run on the processor, as everywhere. A worker is known by its process.
    """

    def __init__(self, own: "ModelCache", placed: PinnedCache):
        self._own, self._placed, self._home = own, placed, os.getpid()

    def lease(self, key: str, timeout: float | None = None) -> AbstractContextManager[Any]:
        """A context whose value is the model, where the caller runs; raises as that cache does."""
        here = self._own if os.getpid() == self._home else self._placed
        return here.lease(key, timeout)

    def preload(self, *keys: str) -> None:
        """Place models on the GPU; to be called while the app starts, before any request."""
        self._placed.preload(*keys)

    def evict(self, key: str) -> bool:
        """Let one model leave main memory; what is placed stays."""
        return self._own.evict(key)

    def trim(self, keep_bytes: int = 0) -> int:
        """Let idle models leave main memory; what is placed stays."""
        return self._own.trim(keep_bytes)

    def trim_idle(self, seconds: float) -> int:
        """Let models leave main memory that nobody has used for `seconds`; what is placed stays."""
        return self._own.trim_idle(seconds)

    def stats(self) -> CacheStats:
        """What was placed on the GPU: by its budget visitors choose large models."""
        return self._placed.stats()

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """News of main memory; on the GPU nothing changes after the start."""
        return self._own.subscribe(listener)

    def close(self) -> None:
        """Refuse new leases in main memory and let everything there go."""
        self._own.close()
