"""What was answered before, by content: the last answers, as many as fit into so many bytes of main memory."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from typing import Any

Answer = dict[str, Any]


def key_of(kind: str, order: Any) -> bytes | None:
    """What two orders of a kind share when they ask for the same; None for what cannot be written down."""
    try:
        text = json.dumps([kind, order], sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return None
    return hashlib.sha256(text.encode()).digest()


def size_of(answer: Answer) -> int:
    """About how many bytes an answer takes: nearly all of it is pictures, as text."""
    return len(json.dumps(answer, default=str))


class Memo:
    """Answers by key, those asked for longest ago let go first. Whoever shares one among threads holds a lock."""

    def __init__(self, most_bytes: int):
        self._most = most_bytes
        self._kept: OrderedDict[bytes, tuple[Answer, int]] = OrderedDict()
        self.bytes = 0

    def get(self, key: bytes | None) -> Answer | None:
        """The answer that was kept, if it still is."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def keep(self, key: bytes, answer: Answer, size: int) -> None:
        """Keep an answer of `size` bytes, unless it alone would take a quarter of the place."""
        if key in self._kept or size > self._most // 4:
            return
        self._kept[key] = answer, size
        self.bytes += size
        while self.bytes > self._most:
            self.bytes -= self._kept.popitem(last=False)[1][1]
