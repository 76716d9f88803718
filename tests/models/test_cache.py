"""What a lease promises, on a machine made of numbers."""

import threading
from contextlib import ExitStack

import pytest

from models.cache import ModelCache
from models.errors import BadInput, CacheBusy, LoadFailed, ModelTooLarge, NeedsDownload, OutOfMemory
from tests.models.fake_machine import FakeMachine, OutOfMemoryError, finder, spec

A, B, C = spec("a"), spec("b"), spec("c")


def make(fake: FakeMachine, *specs, **more) -> ModelCache:
    return ModelCache(fake.machine(), finder(*(specs or (A, B, C))), **more)


def together(count: int, work) -> list:
    """Run `work(i)` in `count` threads that start at the same moment; their results, or what they raised."""
    start = threading.Barrier(count)
    results: list = [None] * count

    def one(i: int) -> None:
        start.wait()
        try:
            results[i] = work(i)
        except Exception as error:
            results[i] = error

    threads = [threading.Thread(target=one, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
        assert not thread.is_alive(), "a thread waits for ever"
    return results


def use(cache: ModelCache, key: str, **more) -> str:
    with cache.lease(key, **more) as model:
        return model.key


def rows(cache: ModelCache) -> dict:
    return {row.key: row for row in cache.stats().models}


def wait_until(condition) -> None:
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to that")


@pytest.mark.parametrize("shared", [False, True])
def test_thirty_first_clicks_load_once(shared):
    fake = FakeMachine(budget=1000)
    cache = make(fake, spec("a", shared=shared))
    fake.gate = threading.Event()
    threading.Timer(0.1, fake.gate.set).start()
    assert together(30, lambda i: use(cache, "a")) == ["a"] * 30
    assert fake.loads == ["a"]
    row = rows(cache)["a"]
    assert (row.loads, row.hits, row.in_use) == (1, 29, 0)
    assert row.seconds_saved == 29 * row.load_seconds > 0


def test_six_models_in_five_threads_each_load_six_times_and_never_at_once():
    fake = FakeMachine(budget=1000)
    keys = "abcdef"
    cache = make(fake, *(spec(key) for key in keys))
    assert together(30, lambda i: use(cache, keys[i % 6])) == [keys[i % 6] for i in range(30)]
    assert sorted(fake.loads) == list(keys)
    assert fake.overlaps == 0


def test_an_exclusive_model_is_never_in_two_hands_and_a_shared_one_may_be():
    fake = FakeMachine()
    cache = make(fake, A, spec("s", shared=True))
    with cache.lease("a"), pytest.raises(CacheBusy, match="Model a is at work for somebody else; try again"):
        use(cache, "a", timeout=0.05)
    with cache.lease("s") as one, cache.lease("s", timeout=0.05) as other:
        assert one is other
        assert rows(cache)["s"].in_use == 2


def test_a_waiting_thread_gets_the_model_when_it_is_given_back():
    cache = make(FakeMachine())
    with cache.lease("a"):
        thread = threading.Thread(target=use, args=(cache, "a"), daemon=True)
        thread.start()
        thread.join(0.1)
        assert thread.is_alive()
    thread.join(5)
    assert not thread.is_alive()


def test_a_lease_may_end_in_another_thread():
    """A generator's steps may run in different threads."""
    cache = make(FakeMachine())
    lease = cache.lease("a")
    lease.__enter__()
    together(1, lambda i: lease.__exit__(None, None, None))
    assert use(cache, "a", timeout=0.05) == "a"


def test_the_least_recently_used_idle_model_goes_first():
    fake = FakeMachine(budget=25)
    cache = make(fake)
    for key in "abac":
        use(cache, key)
        fake.now += 1
    assert {key: row.where for key, row in rows(cache).items()} == {"a": "device", "b": "out", "c": "device"}
    assert rows(cache)["b"].evictions == 1
    assert fake.resident("cpu") == cache.stats().used == 20
    assert fake.tidied == [10], "once per batch"


def test_a_model_in_use_stays_and_the_other_waits_for_its_room():
    fake = FakeMachine(budget=20)
    cache = make(fake)
    with cache.lease("a") as model:
        with pytest.raises(CacheBusy, match="Model b needs 12 bytes of memory and 8 bytes of 20 bytes is free"):
            use(cache, "b", timeout=0.05)
        assert fake.loads == ["a"], "nothing is loaded before there is room"
        thread = threading.Thread(target=use, args=(cache, "b"), daemon=True)
        thread.start()
        thread.join(0.1)
        assert thread.is_alive() and model.place == "cpu"
        del model
    thread.join(5)
    assert not thread.is_alive()
    assert fake.loads == ["a", "b"] and fake.peaks["cpu"] <= 20


def test_who_waited_for_a_builder_that_lost_patience_builds_in_its_stead():
    fake = FakeMachine(budget=20)
    cache = make(fake)
    with cache.lease("a"):
        hasty = threading.Thread(target=lambda: together(1, lambda i: use(cache, "b", timeout=0.2)), daemon=True)
        hasty.start()
        wait_until(lambda: "b" in rows(cache))
        patient = threading.Thread(target=use, args=(cache, "b"), daemon=True)
        patient.start()
        hasty.join(5)
        patient.join(0.1)
        assert patient.is_alive()
    patient.join(5)
    assert not patient.is_alive() and fake.loads == ["a", "b"]


def test_working_memory_counts_for_every_run():
    """Two runs of a shared model fit, the third waits; an idle neighbour leaves for the second."""
    fake = FakeMachine(budget=45)
    cache = make(fake, spec("s", 10, 15, shared=True), A)
    use(cache, "a")
    with cache.lease("s"):
        assert (cache.stats().used, rows(cache)["a"].where) == (35, "device")
        with cache.lease("s", timeout=0.05):
            assert (cache.stats().used, rows(cache)["a"].where) == (40, "out")
            with pytest.raises(CacheBusy, match="Model s needs 15 bytes of memory and 5 bytes of 45 bytes is free"):
                use(cache, "s", timeout=0.05)
    assert cache.stats().used == 10 and cache.stats().peak == 40


def test_a_model_that_can_never_fit_is_refused_at_once():
    fake = FakeMachine(budget=20)
    cache = make(fake, spec("huge", 19, 2))
    with pytest.raises(ModelTooLarge, match="huge needs 21 bytes of memory and this machine has 20 bytes.*smaller"):
        use(cache, "huge")
    assert fake.loads == [] and cache.stats().used == 0


def test_a_spec_that_promised_too_little_is_held_to_what_was_measured():
    fake = FakeMachine(budget=40, device="gpu")
    fake.sizes = {"liar": 25}
    cache = make(fake, A, spec("liar", 1, 2))
    with cache.lease("a"):
        with cache.lease("liar", timeout=1):
            assert cache.stats().used == 39
    use(cache, "a")
    fake.sizes["liar"] = 39
    cache.evict("liar")
    with pytest.raises(ModelTooLarge, match="liar needs 41 bytes"):
        use(cache, "liar")
    assert cache.stats().used == 10 and fake.peaks["gpu"] <= 40


def test_one_that_grew_waits_for_its_true_size():
    fake = FakeMachine(budget=40, device="gpu")
    fake.sizes = {"liar": 35}
    cache = make(fake, A, spec("liar", 1, 2))
    with cache.lease("a"), pytest.raises(CacheBusy, match="liar needs 37 bytes"):
        use(cache, "liar", timeout=0.1)
    assert fake.peaks["gpu"] <= 12 and cache.stats().used == 10
    assert use(cache, "liar") == "liar"
    assert fake.peaks["gpu"] <= 40


def test_a_failed_load_tells_everyone_who_waited_and_the_next_click_works():
    fake = FakeMachine()
    cache = make(fake)
    fake.gate, fake.load_errors = threading.Event(), [ValueError("not a safetensors file")]
    threading.Timer(0.2, fake.gate.set).start()
    errors = together(8, lambda i: use(cache, "a"))
    assert fake.loads == ["a"]
    assert {type(error) for error in errors} == {LoadFailed}
    assert {str(error) for error in errors} == {str(errors[0])}
    assert "Model a could not be loaded (ValueError); try again" in str(errors[0])
    assert "safetensors" not in str(errors[0]), "what a loader says may name a folder: that is for the log"
    assert len({id(error) for error in errors}) == 8, "each thread raises its own copy"
    assert cache.stats().used == 0 and rows(cache)["a"].where == "out"
    assert use(cache, "a") == "a"


def test_what_a_loader_says_to_visitors_is_passed_on():
    fake = FakeMachine()
    fake.load_errors = [NeedsDownload("Model a is 7 GB and not on this disk; agree to fetch it first.")]
    with pytest.raises(NeedsDownload, match="^Model a is 7 GB and not on this disk; agree to fetch it first.$"):
        use(make(fake), "a")


def test_interrupting_a_load_leaves_nothing_behind():
    fake = FakeMachine()
    fake.load_errors = [KeyboardInterrupt()]
    cache = make(fake)
    with pytest.raises(KeyboardInterrupt):
        use(cache, "a")
    assert cache.stats().used == 0 and use(cache, "a") == "a"


@pytest.mark.parametrize("where", ["load", "move"])
def test_out_of_memory_while_loading_evicts_and_tries_once_more(where):
    fake = FakeMachine(device="gpu", cpu_tier=100)
    cache = make(fake)
    use(cache, "a")
    (fake.load_errors if where == "load" else fake.move_errors).append(OutOfMemoryError("CUDA out of memory."))
    with cache.lease("c"):
        assert rows(cache)["a"].where == "out", "the idle model left for good"
    assert cache.stats().used == 10 and fake.resident("gpu") == 10


@pytest.mark.parametrize("where", ["load", "move"])
def test_out_of_memory_twice_says_so_and_the_next_request_works(where):
    fake = FakeMachine(device="gpu")
    cache = make(fake)
    two = [OutOfMemoryError("CUDA out of memory."), OutOfMemoryError("CUDA out of memory.")]
    (fake.load_errors if where == "load" else fake.move_errors).extend(two)
    with pytest.raises(OutOfMemory, match="ran out while Model a was loading: it needs about 12 bytes.*use 100 bytes"):
        use(cache, "a")
    assert cache.stats().used == 0 and fake.resident("gpu") == 0
    assert use(cache, "a") == "a"


@pytest.mark.parametrize("error", [OutOfMemoryError("out of memory"), MemoryError()])
def test_out_of_memory_in_a_run_frees_what_is_idle_and_says_so(error):
    fake = FakeMachine()
    cache = make(fake)
    use(cache, "a")
    with pytest.raises(OutOfMemory, match="Memory ran out while Model b was at work.*something smaller") as caught:
        with cache.lease("b"):
            raise error
    assert caught.value.__cause__ is error
    assert [key for key, row in rows(cache).items() if row.where == "device"] == ["b"]
    assert use(cache, "b", timeout=0.05) == "b"
    assert use(cache, "a", timeout=0.05) == "a"


def test_any_other_error_of_a_run_passes_through_and_the_model_is_free_again():
    cache = make(FakeMachine())
    with pytest.raises(ZeroDivisionError), cache.lease("a"):
        raise ZeroDivisionError
    assert use(cache, "a", timeout=0.05) == "a" and rows(cache)["a"].loads == 1


def test_an_unknown_key_is_the_registry_s_to_explain():
    from models import registry

    with pytest.raises(BadInput, match="no model called 'nope'"):
        use(ModelCache(FakeMachine().machine(), registry.get), "nope")


def test_preload_evict_and_trim():
    fake = FakeMachine()
    cache = make(fake)
    cache.preload("a", "b", "c")
    assert fake.loads == ["a", "b", "c"] and fake.resident("cpu") == 30
    assert cache.evict("b") and not cache.evict("b") and not cache.evict("never seen")
    with cache.lease("c"):
        assert not cache.evict("c"), "in use"
        assert cache.trim() == 1
    assert fake.resident("cpu") == cache.stats().used == 10
    cache.preload("a", "b")
    assert cache.trim(keep_bytes=20) == 1 and rows(cache)["c"].where == "out"


def test_what_nobody_used_for_a_while_goes():
    fake = FakeMachine()
    cache = make(fake)
    use(cache, "a")
    fake.now += 50
    use(cache, "b")
    fake.now += 60
    with cache.lease("c"):
        fake.now += 5
        assert cache.trim_idle(100) == 1
    assert {key: row.where for key, row in rows(cache).items()} == {"a": "out", "b": "device", "c": "device"}


def test_the_idle_timeout_needs_nobody_to_call_it():
    fake = FakeMachine()
    cache = make(fake, idle_seconds=0.1)
    use(cache, "a")
    fake.now += 1
    wait_until(lambda: fake.resident("cpu") == 0)
    cache.close()


def test_closing_wakes_who_waits_and_lets_everything_go():
    fake = FakeMachine()
    cache = make(fake)
    with ExitStack() as stack:
        stack.enter_context(cache.lease("a"))
        waiting: list = []
        thread = threading.Thread(target=lambda: waiting.extend(together(1, lambda i: use(cache, "a"))), daemon=True)
        thread.start()
        thread.join(0.1)
        cache.close()
        thread.join(5)
        assert isinstance(waiting[0], CacheBusy) and "closing" in str(waiting[0])
        assert fake.resident("cpu") == 10, "still in use"
    assert fake.resident("cpu") == 0
    with pytest.raises(CacheBusy, match="closing"):
        use(cache, "b")


def test_listeners_hear_every_change_outside_all_locks():
    fake = FakeMachine(budget=20)
    cache = make(fake)
    heard = []

    def listen(event):
        # In another thread everything must be free; a lock held here would stop it.
        assert together(1, lambda i: use(cache, "a") if event.key == "b" else cache.stats())
        heard.append((event.kind, event.key))

    stop = cache.subscribe(listen)
    use(cache, "a")
    stop()
    assert heard == [("loading", "a"), ("loaded", "a")]
    heard.clear()
    stop = cache.subscribe(lambda event: heard.append((event.kind, event.key)))
    use(cache, "a")
    assert heard == [], "a hit is no news"
    use(cache, "b")
    assert heard == [("loading", "b"), ("evicted", "a"), ("loaded", "b")]
    cache.evict("b")
    fake.load_errors = [ValueError()]
    with pytest.raises(LoadFailed):
        use(cache, "a")
    assert heard[3:] == [("evicted", "b"), ("loading", "a"), ("failed", "a")]
    stop()


def test_a_listener_that_fails_harms_nobody(caplog):
    cache = make(FakeMachine())
    cache.subscribe(lambda event: 1 / 0)
    assert use(cache, "a") == "a"
    assert "listener" in caplog.text


def test_giving_back_twice_is_a_bug_that_shows():
    cache = make(FakeMachine())
    lease = cache.lease("a")
    with lease:
        pass
    with pytest.raises(RuntimeError, match="more often than leased"):
        lease.__exit__(None, None, None)
