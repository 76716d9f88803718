"""How often a visitor may ask: a bucket of visits each, which fills again all the time (a token bucket).

A visitor is known by the session of their page, or by their address where a program comes without one. A class shares
an address, so an address has what a whole class may ask. Behind a proxy, as on a Space, that is everybody's together.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

CLASS = 40  # visitors behind one address: a class, its teacher, and some who opened the page twice
MOST_KNOWN = 20_000  # visitors remembered; whoever has not asked for longest is forgotten first


@dataclass
class Bucket:
    """What is left to a visitor, and when that was true (seconds)."""

    left: float
    at: float


class Visits:
    """The buckets of all visitors. `per_minute`: visits to each; 0 lets everybody in at once, always."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic):
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, address: str, session: str | None) -> float:
        """Seconds until this visit may be made; 0 when it may now, and then it counts."""
        if not self._per_minute:
            return 0.0
        asked = {f"of {session or address}": self._per_minute, f"at {address}": CLASS * self._per_minute}
        with self._lock:
            waits = [self._until_one(name, most) for name, most in asked.items()]
            if not any(waits):
                for name in asked:
                    self._buckets[name].left -= 1
        return max(waits)

    def _until_one(self, name: str, most: int) -> float:
        """Fill a visitor's bucket up to this moment: seconds until a visit is in it."""
        now = self._clock()
        bucket = self._buckets.setdefault(name, Bucket(most, now))
        self._buckets.move_to_end(name)
        while len(self._buckets) > MOST_KNOWN:
            self._buckets.popitem(last=False)
        bucket.left, bucket.at = min(most, bucket.left + (now - bucket.at) * most / 60), now
        return max(0.0, (1 - bucket.left) * 60 / most)
