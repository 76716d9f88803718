"""What the cache tells about itself: rows for the meter, and news for whoever subscribed."""

from dataclasses import dataclass
from typing import Literal

from models.cache_policy import Entry, History, Ledger, Where
from models.registry import ModelSpec


@dataclass(frozen=True)
class Event:
    """One change. `bytes`: what the model takes; `seconds`: how long the change took."""

    kind: Literal["loading", "loaded", "returned", "rested", "evicted", "failed"]
    key: str
    bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class ModelStats:
    """One row of the meter: a model that was asked for at least once, and where it is now."""

    key: str
    title: str
    where: Where
    bytes: int
    in_use: int
    hits: int
    loads: int
    returns: int
    evictions: int
    load_seconds: float
    seconds_saved: float


@dataclass(frozen=True)
class CacheStats:
    """The whole meter. `used`: weights, working memory of runs, and promises; `resting`: in main memory."""

    device: str
    budget: int
    used: int
    peak: int
    cpu_tier: int
    resting: int
    hits: int
    loads: int
    returns: int
    evictions: int
    seconds_saved: float
    models: tuple[ModelStats, ...]


def snapshot(ledger: Ledger, device: str) -> CacheStats:
    """The state of a ledger as values; its owner holds the lock."""
    rows = tuple(_row(h.spec, h, ledger.entries.get(key)) for key, h in ledger.histories.items())
    return CacheStats(
        device=device,
        budget=ledger.budget,
        used=ledger.used,
        peak=ledger.peak,
        cpu_tier=ledger.cpu_tier,
        resting=ledger.resting,
        hits=sum(row.hits for row in rows),
        loads=sum(row.loads for row in rows),
        returns=sum(row.returns for row in rows),
        evictions=sum(row.evictions for row in rows),
        seconds_saved=sum(row.seconds_saved for row in rows),
        models=rows,
    )


def _row(spec: ModelSpec, history: History, entry: Entry | None) -> ModelStats:
    return ModelStats(
        key=spec.key,
        title=spec.title,
        where=entry.where if entry else "out",
        bytes=entry.bytes if entry else 0,
        in_use=entry.users if entry else 0,
        hits=history.hits,
        loads=history.loads,
        returns=history.returns,
        evictions=history.evictions,
        load_seconds=history.load_seconds,
        seconds_saved=history.seconds_saved,
    )
