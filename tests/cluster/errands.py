"""What the test sends to replicas; they import it by its name."""

import os
import time
from pathlib import Path

from models.cluster import anywhere
from models.text2image import engine


@anywhere("text2image/house")
def paint_and_tell_where(ask, on_step):
    """A painting whose steps say in which process they are made."""
    return engine.paint(ask, on_step=lambda step: on_step(step.index, os.getpid()))


@anywhere("{key}")
def where(key: str, seconds: float = 0.0) -> int:
    """The process that has done this, after a while."""
    time.sleep(seconds)
    return os.getpid()


@anywhere("{key}")
def what_is_loaded(key: str) -> dict[str, int]:
    """How often the cache of a replica has loaded each model."""
    from models.cache import default_cache

    return {row.key: row.loads for row in default_cache().stats().models}


@anywhere()
def endless(note: Path, on_step) -> None:
    """Steps without end; a note tells how it came about."""
    try:
        while True:
            on_step(os.getpid())
            time.sleep(0.05)
    finally:
        note.write_text("ended")
