"""The line in front of the device: who waits for what, who is next, and who need not wait.

Pictures that follow a hand are asked for more often than two cores can make them. So, before anything is computed:

- an order that was answered before is answered again, and orders that ask for the same at once are worked on once;
- when the hand has moved on, its order that still waits is answered as stale, and the newer one takes its place;
- whoever came first is next, in all rooms together; orders that a model can answer in one pass, and that wait when a
  place gets free, go through it together.

Threads and futures only: free of Gradio, and of what the work is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from demos.house.memo import Answer, Memo, key_of, size_of

log = logging.getLogger(__name__)

PATIENCE = 1.5  # seconds that what is beside waits for what goes first
STALE: Answer = {"stale": True}  # the page has asked for something else meanwhile


class Full(Exception):
    """Nobody else can stand in line."""


def never(_order: dict) -> bool:
    """For `Work.keeps`: answers that have an effect, or are a visitor's own."""
    return False


def always(_order: dict) -> bool:
    """For `Work.keeps`: the same order has the same answer, whoever asks."""
    return True


@dataclass(frozen=True, eq=False)
class Work:
    """One kind of work. `one` answers an order and never raises.

    many: answers several orders in one pass, `most` at a time; what it raises is no harm, each is then worked on alone.
    keeps: which orders' answers may be remembered, and shared with whoever asks for the same.
    """

    name: str
    one: Callable[[dict], Answer]
    many: Callable[[Sequence[dict]], list[Answer]] | None = None
    most: int = 1
    keeps: Callable[[dict], bool] = never


@dataclass(eq=False)
class Ticket:
    """An order in line or at work, and everybody who waits for its answer: the hand that asked, and a future each."""

    work: Work
    order: dict
    key: bytes | None
    wanted: list[tuple[str | None, Future]] = field(default_factory=list)


class Line:
    """`places` orders are worked on at once, or as many together as a model takes; `waiting` more may stand in line.

    ahead: a line that goes first; before each order, this one lets those pass who wait there.
    """

    def __init__(self, places: int, waiting: int, memo: Memo | None = None, ahead: Line | None = None):
        self._pool = ThreadPoolExecutor(places, thread_name_prefix="line")
        self._ahead = ahead
        self._free, self._room = places, places + waiting
        self._inside = 0  # tickets in line and at work
        self._memo = memo or Memo(0)
        self._lock = threading.Lock()
        self._calm = threading.Condition(self._lock)  # nobody waits
        self._line: list[Ticket] = []
        self._open: dict[bytes, Ticket] = {}  # what may be shared: in line or at work
        self._hands: dict[tuple[Work, str], tuple[float, Ticket]] = {}  # of each hand, the order that waits

    def ask(self, work: Work, order: dict, hand: str | None = None, number: float = 0) -> Future:
        """The answer to an order. `hand`: whose orders replace one another; the one with the largest `number` counts.

        Raises Full.
        """
        future: Future = Future()
        key = key_of(work.name, order) if work.keeps(order) else None
        with self._lock:
            newest, before = self._hands.get((work, hand or ""), (number, None))
            if number < newest:
                return _told(future, STALE)
            ticket = self._open.get(key) if key else None
            left = self._let_go(before, hand) if before and before is not ticket else None
            if known := self._memo.get(key) if key else None:
                self._strike(left)
                return _told(future, known)
            if ticket is None:
                ticket = self._stand(work, order, key, left)
            else:
                self._strike(left)
            ticket.wanted.append((hand, future))
            if hand and ticket in self._line:
                self._hands[work, hand] = number, ticket
        return future

    def let_pass(self, seconds: float) -> None:
        """Until nobody waits in this line, or so many seconds are over: for work that others should not wait for."""
        with self._lock:
            self._calm.wait_for(lambda: not self._line, seconds)

    def _stand(self, work: Work, order: dict, key: bytes | None, left: Ticket | None) -> Ticket:
        """Into the line: to the place that has just been left, or to its end."""
        if left is None:
            if self._inside >= self._room:
                raise Full
            self._inside += 1
            left = Ticket(work, order, key)
            self._line.append(left)
            if self._free:
                self._free -= 1
                self._pool.submit(self._serve)
        left.order, left.key = order, key
        if key:
            self._open[key] = left
        return left

    def _let_go(self, ticket: Ticket, hand: str | None) -> Ticket | None:
        """What a hand has moved on from is stale to it: the ticket, if nobody else waits for it."""
        del self._hands[ticket.work, hand or ""]
        for asked in [asked for asked in ticket.wanted if asked[0] == hand]:
            ticket.wanted.remove(asked)
            _told(asked[1], STALE)
        if ticket.wanted:
            return None
        if ticket.key:
            del self._open[ticket.key]
        return ticket

    def _strike(self, ticket: Ticket | None) -> None:
        if ticket is not None:
            self._line.remove(ticket)
            self._inside -= 1

    def _serve(self) -> None:
        """Work at one place until nobody is in line."""
        while tickets := self._next():
            for ticket, answer in zip(tickets, _answers(tickets)):
                for _, future in self._close(ticket, answer):
                    _told(future, answer)

    def _next(self) -> list[Ticket]:
        """The order whose turn it is, and those that go with it. None: the place is free again."""
        if self._ahead:
            self._ahead.let_pass(PATIENCE)
        with self._lock:
            if not self._line:
                self._free += 1
                return []
            work = self._line[0].work
            taken = [ticket for ticket in self._line if ticket.work is work][: work.most]
            self._line = [ticket for ticket in self._line if ticket not in taken]
            if not self._line:
                self._calm.notify_all()
            for ticket in taken:
                for hand, _ in ticket.wanted:
                    self._hands.pop((work, hand or ""), None)
            return taken

    def _close(self, ticket: Ticket, answer: Answer) -> list[tuple[str | None, Future]]:
        """From here on nobody joins: those who waited."""
        with self._lock:
            self._inside -= 1
            if ticket.key:
                del self._open[ticket.key]
                if "sentence" not in answer:
                    self._memo.keep(ticket.key, answer, size_of(answer))
            return ticket.wanted


def _answers(tickets: Sequence[Ticket]) -> Iterator[Answer]:
    """The answer to each, of one pass if that can be; each by itself as soon as it is there, if not."""
    work, orders = tickets[0].work, [ticket.order for ticket in tickets]
    if work.many and len(orders) > 1:
        try:
            if len(answers := work.many(orders)) == len(orders):
                return iter(answers)
            log.error("%s: %d answers to %d orders", work.name, len(answers), len(orders))
        except Exception as error:
            log.info("%s: %d orders go one by one: %r", work.name, len(orders), error)
    return map(work.one, orders)


def _told(future: Future, answer: Answer) -> Future:
    if future.set_running_or_notify_cancel():  # whoever asked may be gone
        future.set_result(answer)
    return future
