"""A GPU with main memory beside it, the GPU that is lent by the call, and what machine we are on."""

import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from models import cache as cache_module
from models import devices
from models.cache import ModelCache
from models.cache_pinned import LentCache, PinnedCache
from models.devices import BUILD_LOCK, Machine, this_machine
from models.errors import CacheBusy, LoadFailed, ModelTooLarge, OutOfMemory
from models.settings import Settings
from tests.models.fake_machine import FakeMachine, OutOfMemoryError, finder, spec

KEYS = "abcd"


def gpu(budget: int = 25, cpu_tier: int = 20) -> tuple[FakeMachine, ModelCache]:
    fake = FakeMachine(budget=budget, cpu_tier=cpu_tier, device="gpu")
    return fake, ModelCache(fake.machine(), finder(*(spec(key) for key in KEYS)))


def use(cache, fake: FakeMachine, keys: Sequence[str]) -> None:
    for key in keys:
        with cache.lease(key) as model:
            assert model.place == "gpu"
        fake.now += 1


def places(cache) -> dict:
    return {row.key: row.where for row in cache.stats().models}


def test_evicted_models_rest_in_main_memory_and_come_back_without_a_load():
    fake, cache = gpu()
    use(cache, fake, "abca")
    assert fake.loads == ["a", "b", "c"]
    assert places(cache) == {"a": "device", "b": "cpu", "c": "device"}
    stats = cache.stats()
    assert (stats.used, stats.resting) == (20, 10) == (fake.resident("gpu"), fake.resident("cpu"))
    assert (stats.returns, stats.evictions) == (1, 0)
    assert stats.seconds_saved == pytest.approx(1.25 - 0.25)


def test_the_resting_place_has_its_own_limit():
    fake, cache = gpu(cpu_tier=15)
    use(cache, fake, "abcd")
    assert places(cache) == {"a": "out", "b": "cpu", "c": "device", "d": "device"}
    assert fake.peaks == {"gpu": 20, "cpu": 10}
    assert cache.stats().resting == fake.resident("cpu") == 10


def test_bytes_of_a_leaving_model_are_nobody_s_until_it_is_gone():
    """The newcomer needs less than the leaver takes: the rest is free only once the move is done."""
    fake = FakeMachine(budget=50, cpu_tier=50, device="gpu")
    big, small, new = spec("big", 30, 0), spec("small", 8, 12, shared=True), spec("new", 12, 2)
    cache = ModelCache(fake.machine(), finder(big, small, new))
    use(cache, fake, ["big", "small"])
    fake.move_gate = threading.Event()
    thread = threading.Thread(target=use, args=(cache, fake, ["new"]), daemon=True)
    thread.start()
    while places(cache)["big"] != "leaving":
        threading.Event().wait(0.005)
    with cache.lease("small"):
        with pytest.raises(CacheBusy, match="small needs 12 bytes of memory and 0 bytes"):
            cache.lease("small", timeout=0.05).__enter__()
        fake.move_gate.set()
        thread.join(5)
        with cache.lease("small", timeout=1):
            assert fake.peaks["gpu"] <= 50


def test_what_is_larger_than_the_resting_place_is_dropped():
    fake, cache = gpu(cpu_tier=5)
    use(cache, fake, "abc")
    assert places(cache)["a"] == "out" and fake.resident("cpu") == cache.stats().resting == 0


def test_a_model_that_cannot_be_moved_to_rest_is_dropped():
    fake, cache = gpu()
    use(cache, fake, "ab")
    fake.move_errors = [RuntimeError("pinned memory is gone")]
    use(cache, fake, "c")
    assert places(cache) == {"a": "out", "b": "device", "c": "device"}
    assert cache.stats().resting == 0 and cache.stats().used == fake.resident("gpu") == 20


def test_a_model_that_cannot_come_back_is_forgotten_and_loaded_anew():
    fake, cache = gpu()
    use(cache, fake, "abc")
    cache.evict("b")
    fake.move_errors = [RuntimeError("device-side assert")]
    with pytest.raises(LoadFailed):
        use(cache, fake, "a")
    assert places(cache)["a"] == "out" and cache.stats().resting == fake.resident("cpu") == 0
    use(cache, fake, "a")
    assert fake.loads == ["a", "b", "c", "a"]


def test_a_resting_model_whose_return_ran_out_of_patience_rests_on():
    fake, cache = gpu(budget=24)
    use(cache, fake, "abc")
    with cache.lease("b"), cache.lease("c"):
        with pytest.raises(Exception, match="Model a needs 12 bytes"), cache.lease("a", timeout=0.05):
            pass
        assert places(cache)["a"] == "cpu" and cache.stats().resting == 10
    use(cache, fake, "a")
    assert fake.loads == ["a", "b", "c"]


def test_evict_and_trim_free_both_places():
    fake, cache = gpu()
    use(cache, fake, "abc")
    assert cache.evict("a") and fake.resident("cpu") == 0
    use(cache, fake, "a")
    assert cache.trim() == 3
    assert fake.resident("cpu") == fake.resident("gpu") == cache.stats().used == cache.stats().resting == 0


def pinned(fake: FakeMachine) -> PinnedCache:
    return PinnedCache(fake.machine(), finder(*(spec(key) for key in KEYS)))


def test_pinned_models_are_placed_once_and_never_leave():
    fake = FakeMachine(budget=10, device="cuda")
    cache = pinned(fake)
    cache.preload("a", "b")
    cache.preload("a")
    assert fake.loads == ["a", "b"] and fake.resident("cuda") == 20
    assert cache.trim() == 0 and not cache.evict("a") and cache.trim_idle(0) == 0
    with cache.lease("a") as model:
        assert model.place == "cuda"
    with pytest.raises(LoadFailed, match="Model c was not placed on the shared GPU"), cache.lease("c"):
        pass
    with pytest.raises(OutOfMemory, match="Model a was at work"), cache.lease("a"):
        raise OutOfMemoryError("CUDA out of memory.")
    assert [row.where for row in cache.stats().models] == ["device", "device"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_worker_leases_a_pinned_model_while_every_lock_is_held():
    fake = FakeMachine(device="cuda")
    cache = pinned(fake)
    cache.preload("a")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with BUILD_LOCK:
            held.set()
            done.wait(10)

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    assert held.wait(5)
    child = os.fork()
    if child == 0:
        signal.alarm(5)  # a lock that stays held would wait for ever
        with cache.lease("a") as model:
            os._exit(0 if model.place == "cuda" else 1)
    _, status = os.waitpid(child, 0)
    done.set()
    holder.join(5)
    assert os.waitstatus_to_exitcode(status) == 0


def test_the_machine_follows_the_settings(monkeypatch):
    monkeypatch.setattr(devices, "main_memory", lambda: 10 * 10**9)
    monkeypatch.setattr(devices, "_has_cuda", lambda: False)
    machine = this_machine(Settings())
    assert (machine.device, machine.budget, machine.cpu_tier) == ("cpu", 5 * 10**9, 0)
    assert this_machine(Settings(memory_budget=123)).budget == 123
    monkeypatch.setattr(devices, "_has_cuda", lambda: True)
    monkeypatch.setattr(devices, "_gpu_memory", lambda: 20 * 10**9)
    machine = this_machine(Settings())
    assert (machine.device, machine.budget, machine.cpu_tier) == ("cuda", 18 * 10**9, 4 * 10**9)
    assert this_machine(Settings(device="cpu")).device == "cpu"


def test_main_memory_is_the_container_s_when_that_is_less(monkeypatch):
    monkeypatch.setattr(devices.Path, "read_text", lambda self: "1000000" if "memory.max" in str(self) else "max")
    assert devices.main_memory() == 1_000_000
    monkeypatch.setattr(devices.Path, "read_text", lambda self: "max")
    assert devices.main_memory() > 100 * 10**6


def test_the_process_has_one_cache_made_from_the_settings(monkeypatch):
    monkeypatch.setenv("VERNISSAGE_MEMORY_BUDGET", "3GB")
    monkeypatch.setenv("VERNISSAGE_DEVICE", "cpu")
    cache_module.default_cache.cache_clear()
    try:
        cache = cache_module.default_cache()
        assert cache is cache_module.default_cache() and isinstance(cache, ModelCache)
        assert (cache.stats().budget, cache.stats().device) == (3 * 10**9, "cpu")
        cache.close()
        monkeypatch.setattr(cache_module, "this_machine", lambda settings: Machine("cuda", 1))
        monkeypatch.setenv("VERNISSAGE_PINNED", "1")
        cache_module.default_cache.cache_clear()
        lent = cache_module.default_cache()
        assert isinstance(lent, LentCache) and lent.stats().device == "cuda"
        lent.close()
    finally:
        cache_module.default_cache.cache_clear()


def test_a_full_collection_is_for_models_large_enough_to_be_missed(monkeypatch):
    """With torch loaded it takes hundreds of milliseconds: more than loading a house model."""
    collections = []
    monkeypatch.setattr(devices.gc, "collect", lambda: collections.append(1))
    devices.tidy(32 * 10**6)
    assert collections == []
    devices.tidy(10**9)
    assert collections == [1]


# ---------------------------------------------------------------- parts that take turns


def small_gpu(cpu_tier: int = 60, **more) -> tuple[FakeMachine, ModelCache]:
    """A GPU of 25 bytes, and beside the small models one of 40 with a largest part of 15."""
    fake = FakeMachine(budget=25, cpu_tier=cpu_tier, device="gpu")
    whale = spec("whale", 40, 5, part_bytes=15)
    return fake, ModelCache(fake.machine(), finder(whale, *(spec(key) for key in KEYS)))


def test_a_model_too_large_for_the_device_stays_beside_it_and_its_parts_take_turns():
    fake, cache = small_gpu()
    use(cache, fake, "ab")
    with cache.lease("whale") as model:
        assert model.place == "cpu" and fake.resident("gpu") == 0, "all others had to make room"
        assert (cache.stats().used, cache.stats().resting) == (20, 60), "a part and its run; itself, a and b"
    assert cache.stats().used == 15


def test_what_takes_turns_is_dropped_when_others_need_the_device():
    fake, cache = small_gpu(cpu_tier=45)
    with cache.lease("whale"):
        assert cache.stats().resting == 40
    use(cache, fake, "ab")
    assert places(cache)["whale"] == "out" and cache.stats().resting == 0
    with cache.lease("whale"):
        pass
    assert fake.loads.count("whale") == 2 and cache.stats().resting == fake.resident("cpu") == 40, "a and b gave way"


def test_a_load_that_fails_gives_back_what_it_kept_beside(monkeypatch):
    fake, cache = small_gpu()
    monkeypatch.setattr(fake, "_put", lambda *_: (_ for _ in ()).throw(RuntimeError("no such driver")))
    with pytest.raises(LoadFailed), cache.lease("whale"):
        pass
    assert cache.stats().used == cache.stats().resting == 0


@pytest.mark.parametrize("tier", [0, 39])
def test_without_main_memory_for_all_of_it_a_model_is_too_large(tier):
    _, cache = small_gpu(cpu_tier=tier)
    with pytest.raises(ModelTooLarge, match="Model whale needs 45 bytes of memory"), cache.lease("whale"):
        pass


def test_where_parts_cannot_take_turns_a_model_is_too_large():
    fake, _ = small_gpu()
    machine = replace(fake.machine(), take_turns=None)
    with pytest.raises(ModelTooLarge), ModelCache(machine, finder(spec("whale", 40, 5, part_bytes=15))).lease("whale"):
        pass


def test_a_model_that_turns_out_to_fit_is_moved_as_a_whole():
    fake, cache = small_gpu()
    fake.sizes["whale"] = 18
    with cache.lease("whale") as model:
        assert model.place == "gpu" and cache.stats().used == 23 and cache.stats().resting == 0
