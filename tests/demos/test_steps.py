"""Long work: its steps are told as they happen, its failure is its own, and closing it ends it at the next step."""

import os
import threading
from functools import partial

import pytest

from demos.house import steps as house
from demos.house.steps import in_steps
from models.errors import Stopped, VernissageError
from models.gateway import Gateway
from tests.models.lender import Lender


def count(steps, on_step):
    for done in range(steps):
        on_step(done + 1, steps)
    return "finished"


def test_steps_come_in_order_and_the_result_last():
    assert list(in_steps(lambda on_step: count(3, on_step))) == [(1, 3), (2, 3), (3, 3), "finished"]


def test_a_failure_reaches_whoever_listens_after_the_steps_before_it():
    def work(on_step):
        on_step(1, 2)
        raise VernissageError("the model is shy")

    steps = in_steps(work)
    assert next(steps) == (1, 2)
    with pytest.raises(VernissageError, match="shy"):
        next(steps)


def test_closing_ends_the_work_at_its_next_step_and_waits_for_that():
    resumed, ended = threading.Event(), []

    def work(on_step):
        on_step(1, 1000)
        assert resumed.wait(10)
        try:
            count(1000, on_step)
        except Stopped:
            ended.append("at once")
            raise
        ended.append("at the end")

    steps = in_steps(work)
    assert next(steps) == (1, 1000)
    threading.Timer(0.2, resumed.set).start()
    steps.close()
    assert ended == ["at once"]


def lend(monkeypatch) -> Lender:
    lender = Lender()
    gateway = Gateway(lender)
    monkeypatch.setattr(house, "lent_gpu", lambda: gateway)
    return lender


def who(on_step):
    on_step(1, 1)
    return os.getpid()


def shy(on_step):
    raise VernissageError("the model is shy")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_where_a_gpu_is_lent_work_that_can_be_sent_is_done_there(monkeypatch):
    lender = lend(monkeypatch)
    assert list(in_steps(partial(count, 2))) == [(1, 2), (2, 2), "finished"]
    *steps, worker = in_steps(who)
    assert steps == [(1, 1)] and worker != os.getpid()
    with pytest.raises(VernissageError, match="shy"):
        list(in_steps(shy))
    assert list(in_steps(lambda on_step: os.getpid())) == [os.getpid()], "what cannot be sent is done here"
    assert len(lender.asked) == lender.returned == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_closing_hands_a_lent_gpu_back(monkeypatch):
    lender = lend(monkeypatch)
    steps = in_steps(partial(count, 10**9))
    assert next(steps) == (1, 10**9)
    steps.close()
    assert lender.returned == 1
