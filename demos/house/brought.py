"""What visitors brought: the last files of each kind, each known by a name, in main memory alone."""

import hashlib
import threading
from collections import OrderedDict

from models.errors import BadInput

OWN = "own-"  # begins the name of a visitor's file


class Forgotten(BadInput):
    """A visitor's picture is no longer remembered: the page has it and brings it again."""


class Memory:
    """The last pictures that visitors brought, in main memory alone; the oldest are forgotten first."""

    def __init__(self, most: int, sentence: str):
        self._most, self._sentence = most, sentence
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, file: bytes, name: str = "") -> str:
        """Remember a picture, by its checksum unless it has a name; returns that."""
        name = name or OWN + hashlib.sha256(file).hexdigest()[:40]
        with self._lock:
            self._kept[name] = file
            self._kept.move_to_end(name)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> bytes:
        """The picture of that name; Forgotten when it is not there (any more)."""
        with self._lock:
            if name not in self._kept:
                raise Forgotten(self._sentence)
            self._kept.move_to_end(name)
            return self._kept[name]
