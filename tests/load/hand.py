"""A hand that moves, as `assets/live/photographer.js` photographs it: the same rules, in Python.

While something moves, a glimpse now and then, if the house keeps up; once it rests, an order that must be seen. At most
two are under way, then only the newest waits. What comes back late is dropped.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

SLOW, PAUSE = 0.35, 0.11  # seconds

Take = Callable[[dict], Awaitable[dict]]
Hang = Callable[[dict, dict, float], None]  # (answer, order, seconds from the wish to the picture)


class Hand:
    """take: asks the house; hang: is told of every answer that is not too late."""

    def __init__(self, take: Take, hang: Hang):
        self._take, self._hang = take, hang
        self._name = secrets.token_hex(8)
        self._sent = self._shown = 0
        self._asked, self._round_trip = 0.0, 0.12
        self._waiting: tuple[dict, float] | None = None
        self._underway: set[asyncio.Task] = set()

    def glimpse(self, order: dict) -> None:
        """Something is still moving."""
        pause = max(PAUSE, 1.3 * self._round_trip)
        if not self._underway and self._round_trip <= SLOW and time.monotonic() - self._asked >= pause:
            self._ask(order, time.monotonic())

    def order(self, order: dict) -> None:
        """The hand has come to rest."""
        if len(self._underway) >= 2:
            self._waiting = order, time.monotonic()
        else:
            self._ask(order, time.monotonic())

    async def rest(self) -> None:
        """Until everything that was asked for has come."""
        while self._underway:
            await asyncio.wait(self._underway)

    def _ask(self, order: dict, wished: float) -> None:
        self._sent += 1
        task = asyncio.create_task(self._photograph(order, self._sent, wished))
        self._underway.add(task)

    async def _photograph(self, order: dict, number: int, wished: float) -> None:
        self._asked = began = time.monotonic()
        try:
            answer = await self._take({**order, "hand": self._name, "number": number})
        except Exception as error:
            answer = {"sentence": f"{type(error).__name__}: {error}"}
        self._underway.discard(asyncio.current_task())
        if not answer.get("stale"):
            self._round_trip += 0.3 * (time.monotonic() - began - self._round_trip)
        if self._waiting:
            (following, since), self._waiting = self._waiting, None
            self._ask(following, since)
        late = number <= self._shown
        if not late and not answer.get("stale"):
            self._shown = number
        self._hang(answer, order, time.monotonic() - wished) if not late else None
