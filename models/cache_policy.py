"""The ledger of the model cache: which model is where, what it takes, who may come in and who has to go.

Pure bookkeeping. No locks, no torch, no waiting: the cache calls it under its condition, tests call it
directly.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Literal

from models.registry import ModelSpec

# loading: promised to one thread, which is building or moving it; leaving: the same on the way out
Where = Literal["loading", "device", "cpu", "leaving", "out"]


class Step(Enum):
    """What a thread that asks for a model does next."""

    ENTER = auto()  # it is in: use it
    BUILD = auto()  # it is the one to load it, or to bring it back from main memory
    MAKE_ROOM = auto()  # the model is there; idle ones must go before this run fits
    WAIT = auto()  # until something changes


@dataclass
class History:
    """What happened to one model so far; it outlives the model's stay."""

    spec: ModelSpec
    loads: int = 0
    returns: int = 0  # from main memory to the device
    hits: int = 0
    evictions: int = 0
    load_seconds: float = 0.0  # of the last load
    seconds_saved: float = 0.0  # loads that hits and returns made unnecessary
    measured_bytes: int | None = None  # the spec's figure is believed only until the first load


@dataclass(eq=False)
class Entry:
    """One stay of one model. `bytes`: on the device, or in the CPU tier where it rests; `reserved`: promised on the
    device while it is loading; `beside`: kept in the CPU tier while its parts take turns on the device."""

    spec: ModelSpec
    history: History
    where: Where = "loading"
    model: Any = None
    bytes: int = 0
    reserved: int = 0
    beside: int = 0
    users: int = 0
    last_used: float = 0.0
    error: Exception | None = None  # why loading failed, for those who waited for it

    @property
    def idle(self) -> bool:
        """Ready, and nobody holds it: the only kind that may ever be evicted."""
        return self.users == 0 and self.where in ("device", "cpu")


@dataclass
class Ledger:
    """Bytes on the device and in the CPU tier, and the models they belong to."""

    budget: int
    cpu_tier: int = 0
    turns: bool = False  # whether the parts of a model may take turns on the device
    used: int = 0
    peak: int = 0
    resting: int = 0
    version: int = 0  # grows with every change that could let a waiting thread go on
    closed: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)
    histories: dict[str, History] = field(default_factory=dict)

    def hit(self, key: str, now: float) -> Entry | None:
        """The model, entered, if it is on the device, free, and its working memory fits; else None."""
        entry = self.entries.get(key)
        if entry is None or self.closed or not self.may_enter(entry):
            return None
        working = entry.spec.working_bytes
        if self.used + working > self.budget:
            return None
        self._charge(working)
        self.enter(entry, now)
        return entry

    def enter(self, entry: Entry, now: float) -> None:
        """Count one more user and a hit; the working memory has been charged."""
        entry.users += 1
        entry.last_used = now
        entry.history.hits += 1
        entry.history.seconds_saved += entry.history.load_seconds

    def leave(self, entry: Entry, now: float) -> None:
        """Count one user less and give the working memory back."""
        if entry.users < 1:
            raise RuntimeError(f"{entry.spec.key} was given back more often than leased")
        entry.users -= 1
        entry.last_used = now
        self.give_back(entry.spec.working_bytes)

    def ask(self, spec: ModelSpec, now: float) -> tuple[Step, Entry]:
        """The next step of a thread that wants `spec`; ENTER and BUILD take effect at once."""
        entry = self.entries.get(spec.key)
        if entry is None:
            entry = Entry(spec, self.histories.setdefault(spec.key, History(spec)))
            self.entries[spec.key] = entry
            return Step.BUILD, entry
        if entry.where == "cpu":
            entry.where = "loading"
            return Step.BUILD, entry
        if self.hit(spec.key, now):
            return Step.ENTER, entry
        if self.may_enter(entry) and self.choose(spec.working_bytes, keep=entry) is not None:
            return Step.MAKE_ROOM, entry
        return Step.WAIT, entry

    def weights(self, spec: ModelSpec) -> int:
        """Bytes that a model's weights take of the device: all of them, or the largest part where parts take turns."""
        return spec.part_bytes if self.takes_turns(spec) else self._whole(spec)

    def takes_turns(self, spec: ModelSpec) -> bool:
        """Whether a model is too large for the device, but its parts are not, and main memory holds all of it."""
        whole = self._whole(spec)
        parted = self.turns and 0 < spec.part_bytes < whole
        return parted and whole + spec.working_bytes > self.budget and whole <= self.cpu_tier

    def _whole(self, spec: ModelSpec) -> int:
        """Bytes of all weights: as measured if the model was ever loaded, else as its spec says."""
        history = self.histories.get(spec.key)
        measured = history.measured_bytes if history else None
        return spec.weights_bytes if measured is None else measured

    def choose(self, need: int, keep: Entry | None = None) -> list[Entry] | None:
        """Least recently used idle models whose leaving frees `need` bytes; None when all are too few."""
        missing = self.used + need - self.budget
        chosen: list[Entry] = []
        for entry in self.idle("device"):
            if missing <= 0:
                break
            if entry is not keep:
                chosen.append(entry)
                missing -= entry.bytes
        return chosen if missing <= 0 else None

    def idle(self, where: Where) -> list[Entry]:
        """The idle models of one tier, least recently used first."""
        found = (entry for entry in self.entries.values() if entry.idle and entry.where == where)
        return sorted(found, key=lambda entry: entry.last_used)

    def all_idle(self) -> list[Entry]:
        """The idle models of both tiers, least recently used first."""
        return sorted(self.idle("device") + self.idle("cpu"), key=lambda entry: entry.last_used)

    def beyond(self, keep_bytes: int) -> list[Entry]:
        """The least recently used idle models without which all weights take `keep_bytes` at most."""
        excess = sum(entry.bytes for entry in self.entries.values()) - keep_bytes
        chosen: list[Entry] = []
        for entry in self.all_idle():
            if excess <= 0:
                break
            chosen.append(entry)
            excess -= entry.bytes
        return chosen

    def claim(self, victims: Iterable[Entry], need: int) -> int:
        """Promise `need` bytes: those of `victims`, marked as leaving, and free ones.

        Returns the surplus to `give_back` once the victims are really gone; until then nobody else may have
        it.
        """
        going = 0
        for entry in victims:
            entry.where = "leaving"
            going += entry.bytes
        self._charge(max(need - going, 0))
        return max(going - need, 0)

    def rest(self, entry: Entry) -> list[Entry] | None:
        """Take a leaving model into the CPU tier: returns those it pushes out, or None when it cannot fit."""
        return self._take_in(entry.bytes)

    def keep_beside(self, entry: Entry, size: int) -> list[Entry] | None:
        """Keep all of a loading model in the CPU tier, its parts to take turns: returns and None as `rest`."""
        pushed = self._take_in(size)
        if pushed is not None:
            entry.beside = size
        return pushed

    def _take_in(self, size: int) -> list[Entry] | None:
        """Make room for `size` bytes in the CPU tier and take it: who was pushed out, or None and nothing is done."""
        missing = self.resting + size - self.cpu_tier
        pushed: list[Entry] = []
        for other in self.idle("cpu"):
            if missing <= 0:
                break
            pushed.append(other)
            missing -= other.bytes
        if missing > 0:
            return None
        for other in pushed:
            self.remove(other)
        self.resting += size
        return pushed

    def rested(self, entry: Entry) -> None:
        """A leaving model has arrived in the CPU tier."""
        entry.where = "cpu"
        self.version += 1

    def remove(self, entry: Entry) -> None:
        """Forget a model that leaves; its device bytes are given back by whoever claimed them."""
        if entry.where == "cpu":
            self.resting -= entry.bytes
        self._leave_main_memory(entry)
        del self.entries[entry.spec.key]
        entry.where = "out"
        entry.history.evictions += 1
        self.version += 1

    def settle(self, entry: Entry, now: float, size: int) -> None:
        """A model has arrived on the device: its reservation becomes its bytes and its builder's run."""
        self.resting -= entry.bytes  # 0 unless it came from main memory
        entry.where, entry.bytes, entry.reserved, entry.users, entry.last_used = "device", size, 0, 1, now
        self.version += 1

    def abandon(self, entry: Entry, error: Exception | None, stays: bool) -> None:
        """A model did not arrive: what was promised is free again, and those who waited learn why.

        `stays`: it rests in main memory unharmed and may be asked for again.
        """
        self.give_back(entry.reserved)
        entry.reserved, entry.error = 0, error
        self._leave_main_memory(entry)
        if stays:
            entry.where = "cpu"
            return
        self.resting -= entry.bytes  # 0 unless it was on its way back
        entry.where = "out"
        del self.entries[entry.spec.key]

    def _leave_main_memory(self, entry: Entry) -> None:
        """Give back what a model kept there for its parts."""
        self.resting -= entry.beside
        entry.beside = 0

    def promise(self, entry: Entry, need: int) -> tuple[list[Entry], int] | None:
        """Raise (or lower) what is reserved for a loading model to `need`: (who leaves, surplus), or None."""
        extra = need - entry.reserved
        if extra <= 0:
            self.give_back(-extra)
            entry.reserved = need
            return [], 0
        victims = self.choose(extra)
        if victims is None:
            return None
        entry.reserved = need
        return victims, self.claim(victims, extra)

    def give_back(self, amount: int) -> None:
        """Bytes of the device that are free again."""
        self.used -= amount
        self.version += 1

    def may_enter(self, entry: Entry) -> bool:
        """Whether one more user may have a model; memory for the run is another question."""
        return entry.where == "device" and (entry.users == 0 or entry.spec.shared)

    def _charge(self, amount: int) -> None:
        self.used += amount
        self.peak = max(self.peak, self.used)
