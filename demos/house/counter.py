"""How a live page asks the house, past Gradio's queue.

A queued event costs a join, a server-sent stream and a component update, 80 ms and more a picture; what follows the
hand may not take that. `server_functions` are answered by one plain request. What the queue gave is kept here: a
bounded number at once, a bounded number waiting, and every failure as one sentence. The page's side, which numbers
its orders and drops late answers, is `assets/live/photographer.js`.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from demos.house.sentences import told
from models.settings import Settings

CROWDED = "Many people are here just now. Your picture comes as soon as there is room."

Answer = dict[str, object]


class Counter:
    """Where the page's requests queue: `places` are served at once, `waiting` more may stand in line.

    Where replicas of a cluster share the work, each brings as many places again.
    """

    def __init__(self, places: int, waiting: int):
        places *= Settings.from_environment().cluster or 1
        self._pool = ThreadPoolExecutor(places, thread_name_prefix="counter")
        self._room = places + waiting
        self._inside = 0  # touched in the event loop's thread alone

    def serve(self, function: Callable[[dict], Answer]) -> Callable[[dict], Awaitable[Answer]]:
        """The function as a server function of the page: its answer, or {"sentence": what went wrong}."""

        @functools.wraps(function)
        async def served(request: dict) -> Answer:
            if self._inside >= self._room:
                return {"busy": True, "sentence": CROWDED}
            self._inside += 1
            try:
                return await asyncio.get_running_loop().run_in_executor(self._pool, _answer, function, request)
            finally:
                self._inside -= 1

        # Gradio would look through the wrapping and take the parameter's name for one of its special ones.
        del served.__wrapped__
        return served


def _answer(function: Callable[[dict], Answer], request: dict) -> Answer:
    try:
        return function(request if isinstance(request, dict) else {})
    except Exception as error:
        return {"sentence": told(error, function.__name__)}
