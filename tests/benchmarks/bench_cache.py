"""What the model cache costs, and what it saves.

Run:  python -m pytest tests/benchmarks/bench_cache.py --benchmark-only

Not part of the tests: the default run collects test_*.py alone. The goal for a hit alone is 5 microseconds or less.
Times of house models appear for those whose weights are in the box; the GPU's, where torch finds one.
"""

import itertools
import sys

import pytest

from models import registry
from models.cache import ModelCache
from models.devices import Machine, this_machine
from models.registry import ModelSpec
from models.settings import Settings
from models.weights import WEIGHTS

HIT_GOAL = 5e-6  # seconds
HOUSE = [
    spec.key
    for spec in registry.specs()
    if spec.tier == "house" and (WEIGHTS / f"{spec.key.replace('/', '-')}.safetensors").is_file()
]
MEGABYTE = 1_000_000


def layers(spec: ModelSpec):
    """A module of as many bytes as the spec says, named by the specs below."""
    from torch import nn

    return nn.ParameterList([_block() for _ in range(spec.weights_bytes // MEGABYTE)]).eval()


def _block():
    import torch

    return torch.zeros(MEGABYTE // 4)


def made_up(count: int, megabytes: int) -> list[ModelSpec]:
    loader = f"{__name__}:layers"
    size = megabytes * MEGABYTE
    return [
        ModelSpec(f"m{i}", f"Model {i}", "bench", "house", loader, size, MEGABYTE, "CC0", "", shared=True)
        for i in range(count)
    ]


def cache_of(machine: Machine, specs: list[ModelSpec]) -> ModelCache:
    sys.modules.setdefault(__name__, sys.modules[layers.__module__])
    return ModelCache(machine, {spec.key: spec for spec in specs}.__getitem__)


def use(cache: ModelCache, key: str) -> None:
    with cache.lease(key):
        pass


def test_hit_alone(benchmark):
    """One thread, one model, again and again: the whole price of going through the cache."""
    cache = cache_of(Machine("cpu", 10**9), made_up(1, 1))
    use(cache, "m0")
    benchmark(use, cache, "m0")
    if benchmark.stats:
        benchmark.extra_info["goal_met"] = benchmark.stats["median"] <= HIT_GOAL
        assert benchmark.stats["median"] <= HIT_GOAL


@pytest.mark.parametrize("key", HOUSE)
def test_house_cold(benchmark, key):
    """From the file to a model that can be used; torch is imported before the clock starts."""
    import torch  # noqa: F401

    cache = ModelCache(this_machine(Settings(device="cpu")))
    use(cache, key)  # the engine's own imports, once
    benchmark.pedantic(use, (cache, key), setup=lambda: cache.evict(key) and None, rounds=15)
    row = next(row for row in cache.stats().models if row.key == key)
    benchmark.extra_info["megabytes"] = row.bytes / MEGABYTE


@pytest.mark.parametrize("key", HOUSE)
def test_house_hit(benchmark, key):
    cache = ModelCache(this_machine(Settings(device="cpu")))
    use(cache, key)
    benchmark(use, cache, key)


@pytest.mark.parametrize("fit", [8, 6, 3])
def test_under_pressure(benchmark, fit):
    """Eight models of 8 MB, asked for in a visitor's way (some far more often), where `fit` of them have room."""
    specs = made_up(8, 8)
    order = itertools.cycle([0, 1, 0, 2, 0, 1, 3, 0, 4, 1, 0, 5, 0, 6, 1, 7])
    cache = cache_of(Machine("cpu", (fit * 8 + 2) * MEGABYTE), specs)
    benchmark.pedantic(lambda: use(cache, f"m{next(order)}"), rounds=160, warmup_rounds=16)
    stats = cache.stats()
    assert stats.peak <= stats.budget
    asked = stats.hits + stats.loads
    benchmark.extra_info.update(hit_rate=stats.hits / asked, loads=stats.loads, evictions=stats.evictions)


def _gpu() -> bool:
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available()


@pytest.mark.skipif(not _gpu(), reason="no GPU")
@pytest.mark.parametrize("way", ["cold", "from the CPU tier", "hit"])
def test_gpu(benchmark, way):
    """A model of 1 GB: loaded, brought back from main memory, or simply there; peak bytes against the budget."""
    import torch

    one, other = made_up(2, 1000)
    budget = one.weights_bytes + 100 * MEGABYTE
    cache = cache_of(Machine("cuda", budget, cpu_tier=3 * one.weights_bytes), [one, other])
    use(cache, one.key)
    prepare = {
        "cold": lambda: cache.evict(one.key) and None,
        "from the CPU tier": lambda: use(cache, other.key),  # pushes the first one out to rest
        "hit": lambda: None,
    }[way]
    torch.cuda.reset_peak_memory_stats()
    benchmark.pedantic(lambda: (use(cache, one.key), torch.cuda.synchronize()), setup=prepare, rounds=10)
    peak = torch.cuda.max_memory_allocated()
    benchmark.extra_info.update(peak_bytes=peak, budget=budget)
    assert peak <= budget
