"""The gateway to a lent GPU: with the real `spaces`, which does nothing elsewhere, and with a stand-in that forks."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from models.cache_pinned import LentCache, PinnedCache
from models.errors import BadInput
from models.gateway import FIRST_SECONDS, LEAST_SECONDS, MOST_SECONDS, Gateway, place_models
from models.registry import ModelSpec
from tests.models.fake_machine import FakeMachine, finder
from tests.models.lender import Lender

ROOT = Path(__file__).resolve().parent.parent.parent
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


class TwoFacts(Exception):
    """An error that pickle cannot bring back: it is made of more than its sentence."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def where(word: str, times: int = 1) -> tuple[str, int]:
    return word * times, os.getpid()


def steps(total: int, note: str):
    try:
        for step in range(total):
            yield step, os.getpid()
    finally:
        Path(note).write_text("closed")


def fails(kind: str):
    if kind == "sentence":
        raise BadInput("The paper is still empty.")
    if kind == "stubborn":
        raise TwoFacts(1, 2)
    return threading.Lock()  # no pickle takes this


def real_spaces():
    spaces = pytest.importorskip("spaces")
    return spaces.GPU


@pytest.fixture(params=["spaces, without effect", pytest.param("forks", marks=needs_fork)])
def gateway(request):
    return Gateway(Lender() if request.param == "forks" else real_spaces())


# ---------------------------------------------------------------- either way


def test_functions_and_generators_answer_as_without(gateway, tmp_path):
    assert gateway.through(where)("ab", times=2)[0] == "abab"
    assert [step for step, _ in gateway.through(steps)(3, str(tmp_path / "note"))] == [0, 1, 2]
    assert gateway.through(where).__name__ == "where" and (tmp_path / "note").read_text() == "closed"


def test_sentences_arrive_as_they_were_said(gateway):
    with pytest.raises(BadInput, match="still empty"):
        gateway.through(fails)("sentence")


def test_what_pickle_cannot_carry_is_an_error_and_no_hang(gateway):
    with pytest.raises(RuntimeError, match="TwoFacts: 1 and 2"):
        gateway.through(fails)("stubborn")
    with pytest.raises(Exception, match="pickle"):
        gateway.through(fails)("lock")
    with pytest.raises(Exception, match="pickle"):
        gateway.through(where)(threading.Lock())
    assert gateway.through(where)("still open")[0] == "still open"


def test_calling_off_closes_the_work(gateway, tmp_path):
    working = gateway.through(steps)(1000, str(tmp_path / "note"))
    next(working)
    working.close()
    assert (tmp_path / "note").read_text() == "closed"


# ---------------------------------------------------------------- where it forks


@needs_fork
def test_the_work_is_done_in_a_worker_that_hands_the_gpu_back():
    lender = Lender()
    gateway = Gateway(lender)
    assert gateway.through(where)("a")[1] != os.getpid()
    assert lender.returned == 1


@needs_fork
def test_seconds_are_asked_for_by_what_the_last_runs_took():
    lender = Lender()
    gateway = Gateway(lender)
    call = gateway.through(where)
    call("house")
    assert lender.asked == [FIRST_SECONDS]
    call("house")
    assert lender.asked[-1] == LEAST_SECONDS
    call("text2image/lcm-hub")
    assert lender.asked[-1] == FIRST_SECONDS, "another model takes another time"
    gateway._took[(0, ())].append(20.0)
    assert gateway.seconds((0, ()), b"") == 40
    gateway._took[(0, ())].append(2000.0)
    assert gateway.seconds((0, ()), b"") == MOST_SECONDS


@needs_fork
def test_a_lease_finds_the_model_where_it_runs():
    """In the worker what was placed; here the machine's own, also while another thread holds every lock."""
    from models.cache import ModelCache

    gpu, cpu = FakeMachine(100, device="gpu"), FakeMachine(100)
    known = finder(spec("a"))
    cache = LentCache(ModelCache(cpu.machine(), known), PinnedCache(gpu.machine(), known))
    cache.preload("a")

    def place() -> str:
        with cache.lease("a") as model:
            return model.place

    with cache._own._changed:  # held by "another thread" at the moment of the fork
        assert Gateway(Lender()).through(place)() == "gpu"
    assert place() == "cpu" and gpu.loads == cpu.loads == ["a"]
    assert cache.stats().device == "gpu" and cache.stats().budget == 100


def spec(key: str) -> ModelSpec:
    return ModelSpec(key, key, "toys", "house", "nowhere:none", 10, 5, "CC0", "none.md", shared=True)


# ---------------------------------------------------------------- the start


def test_a_damaged_model_keeps_no_other_from_its_place(monkeypatch, caplog):
    fake = FakeMachine(100, device="gpu")
    monkeypatch.setattr("models.registry.specs", lambda: (spec("a"), spec("b"), spec("c")))
    placed = PinnedCache(fake.machine(), finder(spec("a"), spec("b"), spec("c")))
    fake.load_errors.append(RuntimeError("cut short"))
    place_models(LentCache(None, placed))
    assert [row.key for row in placed.stats().models] == ["b", "c"] and "cut short" in caplog.text


def test_without_a_lent_gpu_nothing_of_it_is_imported():
    """Even where the package is there: the front door as a CPU Space starts it."""
    script = (
        "import sys, app\n"
        "from models.settings import Settings\n"
        "from models.cache import default_cache\n"
        "assert not Settings.from_environment({}).pinned\n"
        "assert Settings.from_environment({'SPACES_ZERO_GPU': 'true'}).pinned\n"
        "default_cache()\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('spaces', 'gradio', 'torch')]\n"
        "assert 'models.gateway' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
