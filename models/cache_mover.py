"""Bringing models in and sending them away: everything that is done while holding the build lock."""

import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from models.cache_policy import Entry, Ledger
from models.cache_sentences import busy, explained, refuse
from models.cache_stats import Event
from models.devices import BUILD_LOCK, Machine, is_out_of_memory
from models.errors import CacheBusy
from models.registry import ModelSpec

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Patience:
    """How long one request still waits; real seconds, also where the cache's clock is a test's."""

    def __init__(self, seconds: float):
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, never less than none."""
        return max(0.0, self._until - time.monotonic())


class Mover:
    """Moves the models of one ledger on one machine. `changed` guards the ledger and wakes those who wait."""

    def __init__(self, machine: Machine, ledger: Ledger, changed: threading.Condition):
        self._machine = machine
        self._ledger = ledger
        self._changed = changed
        self._depth = 0  # how often this thread is inside `building`; only its holder looks
        self._news: deque[Event] = deque()
        self.listeners: tuple[Callable[[Event], None], ...] = ()

    # ---------------------------------------------------------------- in

    def bring(self, entry: Entry, patience: Patience) -> None:
        """Load a model, or bring it back from main memory, and enter it; waits for memory if it must."""
        self._tell(Event("loading", entry.spec.key, self._ledger.weights(entry.spec)))
        self._flush()
        try:
            while True:
                seen = self._ledger.version
                with self.building(entry.spec, patience):
                    if self._arrive(entry):
                        return
                self._await_change(seen, entry, patience)
        except BaseException as error:
            self._give_up(entry, error)
            raise

    def squeeze_in(self, entry: Entry, patience: Patience) -> bool:
        """Enter a model that is here, after idle ones have left; False when the moment for it has passed."""
        working = entry.spec.working_bytes
        with self.building(entry.spec, patience):
            with self._changed:
                victims = self._ledger.choose(working, keep=entry)
                if victims is None or not self._ledger.may_enter(entry):
                    return False
                surplus = self._ledger.claim(victims, working)
                self._ledger.enter(entry, self._machine.clock())
            self._send_away(victims, surplus)
        return True

    def _arrive(self, entry: Entry) -> bool:
        """Reserve, load, measure, move; False when there is no room for it now."""
        spec, machine = entry.spec, self._machine
        if not self._reserve(entry, self._ledger.weights(spec)):
            return False
        started = machine.clock()
        returns = entry.model is not None
        model = entry.model if returns else self._insist(machine.load, spec)
        size = entry.bytes if returns else machine.measure(model)
        if not returns:
            entry.history.loads += 1
            entry.history.measured_bytes = size
            if not self._reserve(entry, self._ledger.weights(spec)):
                return False
        if self._ledger.takes_turns(spec):
            if not self._keep_beside(entry, size):
                return False
            self._insist(machine.take_turns, model, machine.device)
            size = spec.part_bytes
        elif machine.device != "cpu":
            self._insist(machine.move, model, machine.device)
        self._settle(entry, model, size, machine.clock() - started, returns)
        return True

    def _reserve(self, entry: Entry, weights: int) -> bool:
        """Promise a loading model its weights and one run; idle models leave. False: nothing reserved."""
        with self._changed:
            promise = self._ledger.promise(entry, weights + entry.spec.working_bytes)
            if promise is None:
                self._withdraw(entry)
                return False
        self._send_away(*promise)
        return True

    def _keep_beside(self, entry: Entry, size: int) -> bool:
        """Claim main memory for a model whose parts take turns; models resting there leave. False: nothing reserved."""
        with self._changed:
            pushed_out = self._ledger.keep_beside(entry, size)
            if pushed_out is None:
                self._withdraw(entry)
                return False
        for other in pushed_out:
            self._drop(other)
        return True

    def _withdraw(self, entry: Entry) -> None:
        """Take a promise back; the condition is held."""
        if entry.reserved:  # else nothing changed, and telling so would keep everyone awake
            self._ledger.give_back(entry.reserved)
            entry.reserved = 0
            self._changed.notify_all()

    def _settle(self, entry: Entry, model: Any, size: int, seconds: float, returned: bool) -> None:
        history = entry.history
        with self._changed:
            entry.model = model
            self._ledger.settle(entry, self._machine.clock(), size)
            if returned:
                history.returns += 1
                history.seconds_saved += max(0.0, history.load_seconds - seconds)
            else:
                history.load_seconds = seconds
            self._changed.notify_all()
        self._tell(Event("returned" if returned else "loaded", entry.spec.key, size, seconds))

    def _insist(self, action: Callable[..., _T], *arguments: Any) -> _T:
        """Do it; when memory runs out let every idle model go and try once more."""
        try:
            return action(*arguments)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            traceback.clear_frames(error.__traceback__)  # they hold what was loaded so far
        self.let_go(self._ledger.all_idle)
        self._machine.tidy(self._ledger.budget)
        return action(*arguments)

    def _await_change(self, seen: int, entry: Entry, patience: Patience) -> None:
        """Sleep until the ledger is no longer as it was when there was no room."""
        with self._changed:
            while self._ledger.version == seen:
                refuse(self._ledger, entry.spec)
                if not self._changed.wait(patience.left()) and not patience.left():
                    raise busy(self._ledger, entry)
            refuse(self._ledger, entry.spec)

    def _give_up(self, entry: Entry, error: BaseException) -> None:
        """Withdraw the promise and wake those who wait; raises the reason as a visitor may read it."""
        told = explained(self._ledger, entry.spec, error) if isinstance(error, Exception) else None
        lost_patience = isinstance(told, CacheBusy)
        if told is not None and told is not error:
            traceback.clear_frames(error.__traceback__)
        stays = lost_patience and entry.model is not None
        with self._changed:
            self._ledger.abandon(entry, None if lost_patience else told, stays)
            self._changed.notify_all()
        if not stays:
            entry.model = None
            self._machine.tidy(self._ledger.weights(entry.spec))
        self._tell(Event("failed", entry.spec.key))
        self._flush()
        if told is not None and told is not error:
            raise told from error

    # ---------------------------------------------------------------- out

    def let_go(self, select: Callable[[], list[Entry]]) -> int:
        """Let the idle models go that `select` names, entirely; returns how many."""
        with self.building():
            with self._changed:
                chosen = select()
                resting = [entry for entry in chosen if entry.where == "cpu"]
                for entry in resting:
                    self._ledger.remove(entry)
                leaving = [entry for entry in chosen if entry.where == "device"]
                surplus = self._ledger.claim(leaving, 0)
            for entry in resting:
                self._drop(entry)
            self._send_away(leaving, surplus, rest=False)
        return len(chosen)

    def _send_away(self, victims: list[Entry], surplus: int, rest: bool = True) -> None:
        """Move models that were marked as leaving to main memory, or drop them; then their bytes are free."""
        try:
            for entry in victims:
                if not (rest and self._machine.device != "cpu" and self._lay_to_rest(entry)):
                    self._drop(entry)
            if victims:
                self._machine.tidy(sum(entry.bytes for entry in victims))
        finally:
            with self._changed:
                for entry in victims:
                    if entry.where == "leaving":
                        self._ledger.remove(entry)
                self._ledger.give_back(surplus)
                self._changed.notify_all()

    def _lay_to_rest(self, entry: Entry) -> bool:
        """Move a leaving model to the CPU tier; False when it cannot rest there."""
        if entry.beside:  # wired up to take turns: it is loaded anew, perhaps when there is room for all of it
            return False
        with self._changed:
            pushed_out = self._ledger.rest(entry)
        if pushed_out is None:
            return False
        for other in pushed_out:
            self._drop(other)
        try:
            self._machine.move(entry.model, "cpu")
        except BaseException as error:
            with self._changed:
                self._ledger.resting -= entry.bytes
            if not isinstance(error, Exception):
                raise
            # As text: a log handler may keep the error, and with its traceback every frame that holds a model.
            _log.warning("%s could not be moved to main memory and is dropped: %s", entry.spec.key, str(error))
            return False
        with self._changed:
            self._ledger.rested(entry)
        self._tell(Event("rested", entry.spec.key, entry.bytes))
        return True

    def _drop(self, entry: Entry) -> None:
        entry.model = None
        self._tell(Event("evicted", entry.spec.key, entry.bytes))

    # ---------------------------------------------------------------- the build lock and the news

    @contextmanager
    def building(self, spec: ModelSpec | None = None, patience: Patience | None = None) -> Iterator[None]:
        """Hold the process's build lock; news of what was done inside goes out once it is free again."""
        if not BUILD_LOCK.acquire(timeout=patience.left() if patience else -1):
            title = spec.title if spec else "This model"
            raise CacheBusy(f"{title} is waiting for another model to finish loading; try again in a moment.")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            outermost = self._depth == 0
            BUILD_LOCK.release()
            if outermost:
                self._flush()

    def _tell(self, event: Event) -> None:
        self._news.append(event)

    def _flush(self) -> None:
        """Call the listeners, no lock held; what they raise is theirs, not the visitor's."""
        while self._news:
            try:
                event = self._news.popleft()
            except IndexError:  # another thread was quicker
                return
            for listener in self.listeners:
                try:
                    listener(event)
                except Exception:
                    _log.exception("a listener of the model cache failed")
