"""How a live page asks the house, past Gradio's queue.

A queued event costs a join, a server-sent stream and a component update, 80 ms and more a picture; what follows the
hand may not take that. `server_functions` are answered by one plain request. What the queue gave is kept here: a
bounded number at once, a bounded number waiting (`line.py`), and every failure as one sentence. The page's side, which
numbers its orders and drops late answers, is `assets/live/photographer.js`.

All rooms share the device, so all share two counters: LIVE for what follows the hand, SIDELINE for what may come a
moment later. Long work goes through Gradio's queue, one at a time (`kit.DEVICE_QUEUE`). Nothing else computes, and
what follows the hand goes first: the others let it pass before each order, and before each step.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence

from demos.house.line import Full, Line, Work, always, never
from demos.house.memo import Answer, Memo
from demos.house.sentences import told
from models.settings import Settings

__all__ = ["CROWDED", "LIVE", "SIDELINE", "Answer", "Counter", "always", "never"]

CROWDED = "Many people are here just now. Your picture comes as soon as there is room."
REMEMBERED = 16 * 2**20  # bytes of answers at each counter; a live picture takes 20 to 60 thousand


class Counter:
    """Where the page's requests queue: `places` are served at once, `waiting` more may stand in line.

    Where replicas of a cluster share the work, each brings as many places again.
    """

    def __init__(self, places: int, waiting: int, remembered: int = 0, ahead: Counter | None = None):
        """remembered: bytes of answers that are kept; ahead: the counter that goes first."""
        places *= Settings.from_environment().cluster or 1
        self._line = Line(places, waiting, Memo(remembered), ahead and ahead._line)

    def let_pass(self, seconds: float) -> None:
        """For work that may take longer: until nobody waits here, or so many seconds are over."""
        self._line.let_pass(seconds)

    def serve(
        self,
        function: Callable[[dict], Answer],
        keeps: Callable[[dict], bool] = never,
        many: Callable[[Sequence[dict]], list[Answer]] | None = None,
        most: int = 1,
    ) -> Callable[[dict], Awaitable[Answer]]:
        """The function as a server function of the page: its answer, or {"sentence": what went wrong}.

        keeps, many, most: see `line.Work`. An order's "hand" and "number" are the line's, and are not handed on.
        """
        name = f"{function.__module__}.{function.__qualname__}"
        work = Work(name, functools.partial(_answer, function), many, most, keeps)

        @functools.wraps(function)
        async def served(request: dict) -> Answer:
            order = dict(request) if isinstance(request, dict) else {}
            hand, number = _turn(order.pop("hand", None), order.pop("number", None))
            try:
                future = self._line.ask(work, order, hand, number)
            except Full:
                return {"busy": True, "sentence": CROWDED}
            return await asyncio.wrap_future(future)

        # Gradio would look through the wrapping and take the parameter's name for one of its special ones.
        del served.__wrapped__
        return served


def _turn(hand: object, number: object) -> tuple[str | None, float]:
    """Whose order this is, and which of theirs; nobody's, if the page does not say so as ours do."""
    if isinstance(hand, str) and 0 < len(hand) <= 64 and type(number) is int:
        return hand, number
    return None, 0


def _answer(function: Callable[[dict], Answer], order: dict) -> Answer:
    try:
        return function(order)
    except Exception as error:
        return {"sentence": told(error, function.__name__)}


# Two at a time keep two cores busy, and whoever is alone has both; what is beside them gets what they leave.
LIVE = Counter(places=2, waiting=240, remembered=REMEMBERED)
SIDELINE = Counter(places=1, waiting=120, remembered=REMEMBERED, ahead=LIVE)
