"""A machine made of numbers: models that are tokens, memory that is counted where it is really taken.

It knows nothing of the ledger: `resident` and `peak` are what the device would show.
"""

import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from models.devices import Machine
from models.registry import ModelSpec

NOWHERE = "tests:nothing"  # a loader that is never imported


def spec(key: str = "a", weights: int = 10, working: int = 2, **more) -> ModelSpec:
    """A model of a few bytes."""
    return ModelSpec(key, f"Model {key}", "test", "house", NOWHERE, weights, working, "CC0", "card", **more)


class FakeModel:
    """A token that takes `size` bytes on `place` until it is forgotten."""

    def __init__(self, spec: ModelSpec, size: int):
        self.key, self.size, self.place = spec.key, size, "nowhere"
        self.in_use = 0


class OutOfMemoryError(RuntimeError):
    """Named as torch's own, which is how the cache knows it."""


class FakeMachine:
    """Counts loads and bytes; fails, runs out of memory, or takes its time when told to."""

    def __init__(self, budget: int = 100, cpu_tier: int = 0, device: str = "cpu"):
        self.device, self.budget, self.cpu_tier = device, budget, cpu_tier
        self.now = 0.0
        self.loads: list[str] = []
        self.sizes: dict[str, int] = {}  # true sizes, where the spec is wrong
        self.load_errors: list[Exception] = []  # raised by the next loads, first first
        self.move_errors: list[Exception] = []
        self.gate: threading.Event | None = None  # a load waits for it
        self.move_gate: threading.Event | None = None
        self.tidied: list[int] = []
        self.building = 0
        self.overlaps = 0  # constructions or moves that ran at the same time
        self.peaks = {"cpu": 0, device: 0}
        self._alive: weakref.WeakSet[FakeModel] = weakref.WeakSet()
        self._working = 0
        self._lock = threading.Lock()

    def machine(self) -> Machine:
        """This, as the cache sees it."""
        return Machine(
            device=self.device,
            budget=self.budget,
            cpu_tier=self.cpu_tier,
            load=self.load,
            move=self.move,
            take_turns=self.take_turns,
            measure=lambda model: model.size,
            tidy=self.tidy,
            clock=lambda: self.now,
        )

    def load(self, spec: ModelSpec) -> FakeModel:
        with _Alone(self):
            self.loads.append(spec.key)
            if self.gate is not None:
                assert self.gate.wait(10)
            if self.load_errors:
                raise self.load_errors.pop(0)
            self.now += 1.0
            model = FakeModel(spec, self.sizes.get(spec.key, spec.weights_bytes))
            if self.device == "cpu":
                self._put(model, "cpu")
            return model

    def move(self, model: FakeModel, device: str) -> None:
        with _Alone(self):
            if self.move_gate is not None:
                assert self.move_gate.wait(10)
            if self.move_errors:
                raise self.move_errors.pop(0)
            assert not model.in_use, f"{model.key} was moved in use"
            self.now += 0.25
            self._put(model, device)

    def take_turns(self, model: FakeModel, device: str) -> None:
        """The whole stays in main memory; the part on the device is seen to by whoever runs it."""
        with _Alone(self):
            self._put(model, "cpu")

    def tidy(self, freed: int) -> None:
        self.tidied.append(freed)

    def resident(self, place: str) -> int:
        """Bytes on a place: those of the models that anything still refers to."""
        with self._lock:
            return self._resident(place)

    def _put(self, model: FakeModel, place: str) -> None:
        with self._lock:
            model.place = place
            self._alive.add(model)
            self._note_peak(place)

    @contextmanager
    def run(self, model: FakeModel, working: int) -> Iterator[None]:
        """Use a model: `working` bytes more on the device; asserts that it was not taken away meanwhile."""
        with self._lock:
            model.in_use += 1
            self._working += working
            self._note_peak(self.device)
        try:
            yield
            assert model.place == self.device, f"{model.key} was evicted in use"
        finally:
            with self._lock:
                model.in_use -= 1
                self._working -= working

    def _note_peak(self, place: str) -> None:
        self.peaks[place] = max(self.peaks[place], self._resident(place))

    def _resident(self, place: str) -> int:
        weights = sum(model.size for model in self._alive if model.place == place)
        return weights + (self._working if place == self.device else 0)


class _Alone:
    """Notes when two threads build or move at once, which is what breaks torch."""

    def __init__(self, machine: FakeMachine):
        self._machine = machine

    def __enter__(self) -> None:
        self._machine.building += 1
        time.sleep(0.0005)  # long enough for another thread to come in, if any may
        self._machine.overlaps += self._machine.building > 1

    def __exit__(self, *_: object) -> None:
        self._machine.building -= 1


def finder(*specs: ModelSpec):
    """A registry of a few models: key -> spec."""
    known = {one.key: one for one in specs}
    return known.__getitem__
