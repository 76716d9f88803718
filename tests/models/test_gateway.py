"""The gateway to a lent GPU: with the real `spaces`, which does nothing elsewhere, and with a stand-in that forks."""

import os
import subprocess
import sys
import threading
from functools import partial
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


def where(word: str, on_step=None) -> tuple[str, int]:
    return word * 2, os.getpid()


def count(total: int, on_step) -> str:
    for step in range(total):
        on_step(step, total)
    return "finished"


def run(work):
    """As the house runs long work: its steps, and at last its result."""
    news = []
    result = work(on_step=lambda *step: news.append(step))
    yield from news
    yield result


def slowly(work):
    try:
        yield from range(1000)
    finally:
        Path(work.args[0]).write_text("closed")


def fails(kind: str, on_step=None):
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


def test_news_arrive_in_order_and_the_result_last(gateway):
    assert list(gateway.stream(run, partial(count, 2))) == [(0, 2), (1, 2), "finished"]


def test_sentences_arrive_as_they_were_said(gateway):
    with pytest.raises(BadInput, match="still empty"):
        list(gateway.stream(run, partial(fails, "sentence")))


def test_what_pickle_cannot_carry_is_an_error_and_no_hang(gateway):
    with pytest.raises(RuntimeError, match="TwoFacts: 1 and 2"):
        list(gateway.stream(run, partial(fails, "stubborn")))
    with pytest.raises(Exception, match="pickle"):
        list(gateway.stream(run, partial(fails, "lock")))
    with pytest.raises(Exception, match="pickle"):
        list(gateway.stream(run, partial(where, threading.Lock())))
    assert list(gateway.stream(run, partial(where, "open")))[0][0] == "openopen"


def test_what_cannot_be_sent_is_known_beforehand(gateway):
    assert gateway.carries(partial(where, "a")) and gateway.carries(where)
    assert not gateway.carries(lambda on_step: None) and not gateway.carries(partial(where, threading.Lock()))


def test_calling_off_closes_the_work(gateway, tmp_path):
    news = gateway.stream(slowly, partial(where, str(tmp_path / "note")))
    next(news)
    news.close()
    assert (tmp_path / "note").read_text() == "closed"


# ---------------------------------------------------------------- where it forks


@needs_fork
def test_the_work_is_done_in_a_worker_that_hands_the_gpu_back():
    lender = Lender()
    ((_, worker),) = Gateway(lender).stream(run, partial(where, "a"))
    assert worker != os.getpid() and lender.returned == 1


@needs_fork
def test_seconds_are_asked_for_by_what_the_last_runs_took():
    lender = Lender()
    gateway = Gateway(lender)
    for model in ("house", "house", "text2image/lcm-hub"):
        list(gateway.stream(run, partial(where, model)))
    assert lender.asked == [FIRST_SECONDS, LEAST_SECONDS, FIRST_SECONDS], "another model takes another time"
    (kind, *_) = gateway._took
    gateway._took[kind].append(20.0)
    assert gateway.seconds(kind, b"") == 40
    gateway._took[kind].append(2000.0)
    assert gateway.seconds(kind, b"") == MOST_SECONDS


@needs_fork
def test_a_lease_finds_the_model_where_it_runs():
    """In the worker what was placed; here the machine's own, also while another thread holds every lock."""
    from models.cache import ModelCache

    gpu, cpu = FakeMachine(100, device="gpu"), FakeMachine(100)
    known = finder(spec("a"))
    cache = LentCache(ModelCache(cpu.machine(), known), PinnedCache(gpu.machine(), known))
    cache.preload("a")

    def place(_work):
        with cache.lease("a") as model:
            yield model.place

    with cache._own._changed:  # held by "another thread" at the moment of the fork
        (forked,) = Lender()(duration=lambda _: 60)(place)(None)
    assert forked == "gpu" and list(place(None)) == ["cpu"] and gpu.loads == cpu.loads == ["a"]
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
        "assert app.lent_gpu() is None\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('spaces', 'gradio', 'torch')]"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


# What stands in for `spaces` in a whole process: it forks, and makes main memory the GPU's.
SPACES = """
import sys
early = sorted({"torch", "gradio", "models.cache"} & set(sys.modules))
import models.devices, models.registry
from tests.models.lender import Lender

models.devices.this_machine = lambda settings: models.devices.Machine("cpu", 10**10)
one = (models.registry.get("text2image/house"),)
models.registry.specs = lambda: one
GPU = Lender()
"""

PAINT = """
import app, spaces
gateway = app.lent_gpu()
assert spaces.early == [] and gateway is app.lent_gpu()
from demos.text.service import MEMORY, painted
from models.cache import default_cache
from models.text2image.engine import Ask

ask = Ask("a red apple", 7, steps=2, count=1)
*steps, lent = painted(ask)
assert len(steps) == 2 and len(spaces.GPU.asked) == spaces.GPU.returned == 1
assert default_cache()._own.stats().loads == 0, "the picture was painted in the worker"
MEMORY.__init__(1)
import demos.house.steps
demos.house.steps.lent_gpu = lambda: None
*_, own = painted(ask)
assert own == lent and own[0][:4] == b"\\x89PNG"
"""


@needs_fork
@pytest.mark.slow
def test_a_picture_painted_on_a_lent_gpu_is_the_one_painted_here(tmp_path):
    """The real room's work and the real weights, from the front door's first import on; only the GPU is a process."""
    (tmp_path / "spaces.py").write_text(SPACES, encoding="utf-8")
    environment = os.environ | {"SPACES_ZERO_GPU": "true", "OMP_NUM_THREADS": "1"}
    environment |= {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    run = subprocess.run([sys.executable, "-c", PAINT], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
