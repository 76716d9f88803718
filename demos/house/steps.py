"""Long work that tells its steps and can be called off."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from demos.house.counter import LIVE
from models.errors import Stopped
from models.gateway import lent_gpu

OnStep = Callable[..., None]
T = TypeVar("T")

PATIENCE = 0.3  # seconds at most that a step waits for pictures that follow a hand


def in_steps(work: Callable[..., T]) -> Iterator[tuple[Any, ...] | T]:
    """Run ``work(on_step=...)`` in a thread of its own: yields a tuple at each step, and at last its result.

    The tuple is what the work said: (done, total), or whatever else it has to tell.

    Closing the iterator, as Gradio's ``cancels`` does, ends the work at its next step and waits for that, so
    that nothing is left running on the device. Where a GPU is lent by the call, work that can be sent there (a
    ``functools.partial`` of an engine's function) is done there, and the rest here.
    """
    gateway = lent_gpu()
    if gateway and gateway.carries(work):
        yield from gateway.stream(_in_steps, work)
    else:
        yield from _in_steps(work, lambda: LIVE.let_pass(PATIENCE))


def _in_steps(work: Callable[..., T], before_step: Callable[[], None] = lambda: None) -> Iterator[tuple[Any, ...] | T]:
    news: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
    called_off = threading.Event()

    def on_step(*step: Any) -> None:
        if called_off.is_set():
            raise Stopped("This was called off.")
        news.put(step)
        before_step()

    with ThreadPoolExecutor(1, thread_name_prefix="long-work") as pool:
        result = pool.submit(work, on_step=on_step)
        result.add_done_callback(lambda _: news.put(None))
        try:
            while (step := news.get()) is not None:
                yield step
            yield result.result()
        finally:
            called_off.set()
