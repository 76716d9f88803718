"""Long work: its steps are told as they happen, its failure is its own, and closing it ends it at the next step."""

import threading

import pytest

from demos.house.steps import in_steps
from models.errors import Stopped, VernissageError


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
