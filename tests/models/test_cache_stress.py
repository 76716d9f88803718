"""Random days at the gallery: many threads, few bytes, and everything that can go wrong, against what must never be.

Never evict a leased model; the ledger says what the device holds; never above the budget; nobody waits for ever.
"""

import faulthandler
import random
import threading
import time
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.cache import ModelCache
from models.errors import CacheBusy, LoadFailed, ModelTooLarge, OutOfMemory
from models.registry import ModelSpec
from tests.models.fake_machine import FakeMachine, FakeModel, OutOfMemoryError, finder, spec

WATCHDOG_SECONDS = 20
EXPECTED = (CacheBusy, LoadFailed, ModelTooLarge, OutOfMemory)


@dataclass(frozen=True)
class Day:
    """One schedule: the machine, the models, and what each thread does."""

    device: str
    budget: int
    cpu_tier: int
    sizes: tuple[tuple[int, int, bool, int], ...]  # weights, working, shared, how much the spec understates
    threads: tuple[tuple[tuple[str, int], ...], ...]  # (action, model) in order
    trouble: int  # percent of loads and moves that fail
    seed: int


def days() -> st.SearchStrategy[Day]:
    size = st.tuples(st.integers(1, 30), st.integers(0, 10), st.booleans(), st.integers(0, 8))
    action = st.sampled_from(["lease"] * 6 + ["hasty"] * 2 + ["oom", "fail", "evict", "trim", "preload", "stats"])
    steps = st.lists(st.tuples(action, st.integers(0, 4)), min_size=1, max_size=10).map(tuple)
    return st.builds(
        Day,
        device=st.sampled_from(["cpu", "gpu"]),
        budget=st.integers(20, 70),
        cpu_tier=st.integers(0, 50),
        sizes=st.lists(size, min_size=2, max_size=5).map(tuple),
        threads=st.lists(steps, min_size=2, max_size=6).map(tuple),
        trouble=st.sampled_from([0, 0, 10, 30]),
        seed=st.integers(0, 2**31),
    )


class TroubledMachine(FakeMachine):
    """Fails and runs out of memory by chance, and lets other threads in at the worst moments."""

    def __init__(self, day: Day):
        super().__init__(day.budget, day.cpu_tier, day.device)
        self._day, self._random = day, random.Random(day.seed)

    def load(self, spec: ModelSpec) -> FakeModel:
        self._trouble()
        return super().load(spec)

    def move(self, model: FakeModel, device: str) -> None:
        self._trouble()
        super().move(model, device)

    def _trouble(self) -> None:
        time.sleep(self._random.choice([0, 0, 0.0005]))
        if self._random.randrange(100) < self._day.trouble:
            raise self._random.choice([OutOfMemoryError("out of memory"), ValueError("damaged")])


class Gallery:
    """One day, run."""

    def __init__(self, day: Day):
        self.day = day
        self.fake = TroubledMachine(day)
        self.specs: list[ModelSpec] = []
        for i, (weights, working, shared, understated) in enumerate(day.sizes):
            # On a CPU a model takes its memory as it is built, so only an honest spec can be held to the budget.
            claim = max(1, weights - understated) if day.device == "gpu" else weights
            self.specs.append(spec(f"m{i}", claim, working, shared=shared))
            self.fake.sizes[f"m{i}"] = weights
        self.cache = ModelCache(self.fake.machine(), finder(*self.specs), wait_seconds=5)
        self.holders: dict[str, int] = {one.key: 0 for one in self.specs}
        self.lock = threading.Lock()
        self.surprises: list[BaseException] = []

    def run(self) -> None:
        threads = [
            threading.Thread(target=self._visitor, args=(steps, i), daemon=True)
            for i, steps in enumerate(self.day.threads)
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + WATCHDOG_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                faulthandler.dump_traceback(all_threads=True)
                raise AssertionError("deadlock: a thread waits for ever")
        if self.surprises:
            raise self.surprises[0]

    def _visitor(self, steps: tuple[tuple[str, int], ...], number: int) -> None:
        chance = random.Random(self.day.seed + number)
        for action, which in steps:
            one = self.specs[which % len(self.specs)]
            try:
                self._act(action, one, chance)
            except EXPECTED:
                pass
            except BaseException as error:
                self.surprises.append(error)
                return

    def _act(self, action: str, one: ModelSpec, chance: random.Random) -> None:
        if action == "evict":
            self.cache.evict(one.key)
        elif action == "trim":
            self.cache.trim(chance.randrange(self.day.budget))
        elif action == "preload":
            self.cache.preload(one.key)
        elif action == "stats":
            stats = self.cache.stats()
            assert 0 <= stats.used <= stats.budget and 0 <= stats.resting <= stats.cpu_tier
        else:
            self._lease(action, one, chance)

    def _lease(self, action: str, one: ModelSpec, chance: random.Random) -> None:
        asked = time.monotonic()
        try:
            lease = self.cache.lease(one.key, timeout=0.002 if action == "hasty" else None)
            model = lease.__enter__()
        except CacheBusy:
            # Runs last a millisecond: whoever waited seconds in vain missed a wake-up.
            assert action == "hasty", f"{one.key} was not given in {time.monotonic() - asked:.1f} s"
            raise
        error = {"oom": OutOfMemoryError("out of memory"), "fail": ZeroDivisionError()}.get(action)
        try:
            with self._held(one), self.fake.run(model, one.working_bytes):
                time.sleep(chance.choice([0, 0.0002, 0.001]))
        except BaseException as surprise:
            error = surprise
            raise
        finally:
            del model
            lease.__exit__(type(error) if error else None, error, None)

    def _held(self, one: ModelSpec):
        gallery = self

        class Held:
            def __enter__(self) -> None:
                with gallery.lock:
                    gallery.holders[one.key] += 1
                    assert one.shared or gallery.holders[one.key] == 1, f"{one.key} is in two hands"

            def __exit__(self, *_: object) -> None:
                with gallery.lock:
                    gallery.holders[one.key] -= 1

        return Held()

    def check(self) -> None:
        stats = self.cache.stats()
        assert all(row.in_use == 0 and row.where in ("device", "cpu", "out") for row in stats.models), stats
        on_device = sum(row.bytes for row in stats.models if row.where == "device")
        resting = sum(row.bytes for row in stats.models if row.where == "cpu")
        assert stats.used == on_device == self.fake.resident(self.day.device)
        if self.day.device == "gpu":
            assert stats.resting == resting == self.fake.resident("cpu")
            assert self.fake.peaks["cpu"] <= self.day.cpu_tier
        assert self.fake.peaks[self.day.device] <= self.day.budget
        assert stats.peak <= self.day.budget
        assert self.fake.overlaps == 0
        assert self.cache.trim() == sum(row.where != "out" for row in stats.models)
        assert self.cache.stats().used == self.cache.stats().resting == 0
        assert self.fake.resident("cpu") == self.fake.resident(self.day.device) == 0


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days())
def test_whatever_happens_the_ledger_tells_the_truth(day):
    gallery = Gallery(day)
    gallery.run()
    gallery.check()
