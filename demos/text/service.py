"""What the page of the text-to-image room asks the house, and how an order, which anyone may have sent, is read."""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Any

from demos.house.chooser import HOUSE
from demos.house.counter import Answer
from demos.house.steps import in_steps
from models import cluster
from models.errors import BadInput
from models.media import picture_bytes
from models.text2image import engine, hub
from models.text2image.engine import Ask, Step
from models.text2image.keepsake import recipe

FIRST = Ask("", 0)  # what an order leaves out

# Settings that suit a model, taken when it is chosen; a large one paints one picture at a time.
USUAL = {
    HOUSE: {"steps": FIRST.steps, "count": FIRST.count},
    **{key: {"steps": painter.steps, "count": 1} for key, painter in hub.PAINTERS.items()},
}


# ---------------------------------------------------------------- reading an order


def parse(order: Any) -> dict[str, Any]:
    """What the page wrote as JSON, as a dict; BadInput for what is none."""
    try:
        found = json.loads(order)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadInput("That order cannot be read: please ask once more.") from error
    return found if isinstance(found, dict) else {}


def read(order: Mapping[str, Any]) -> tuple[Ask, str, list[str]]:
    """The order {prompt, seed, steps, guidance, negative_prompt, count, model}, as it can be met.

    Returns what is asked, the model's key, and a sentence for each thing that was changed. Raises as `engine.check`.
    """
    asked = str(order.get("model") or HOUSE)
    model = engine.HOUSE if asked == HOUSE else asked
    ask, said = engine.check(Ask(**{name: order.get(name, usual) for name, usual in vars(FIRST).items()}), model)
    return ask, model, said


# ---------------------------------------------------------------- painting


def warm(_order: Mapping[str, Any]) -> Answer:
    """Load the house model while the visitor still reads, so that the first painting does not wait for it."""
    cluster.warm(engine.HOUSE)
    return {}


class Memory:
    """Finished pictures of the last paintings: thirty visitors who ask the same wait for one of them."""

    def __init__(self, most: int):
        self._most = most
        self._kept: OrderedDict[Ask, list[bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, ask: Ask) -> list[bytes] | None:
        """What was kept of this ask, if it still is."""
        with self._lock:
            if ask in self._kept:
                self._kept.move_to_end(ask)
            return self._kept.get(ask)

    def keep(self, ask: Ask, pictures: list[bytes]) -> None:
        """Keep them, and let those go that nobody has asked for longest."""
        with self._lock:
            self._kept[ask] = pictures
            self._kept.move_to_end(ask)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


MEMORY = Memory(most=64)


def painted(ask: Ask, model: str = engine.HOUSE) -> Iterator[Step | list[bytes]]:
    """Paint what was asked: yields each step, at last the pictures as PNG files with their recipes."""
    if model == engine.HOUSE and (known := MEMORY.get(ask)):
        yield known
        return
    with closing(in_steps(partial(engine.paint, ask, model))) as steps:
        for news in steps:
            if isinstance(news, tuple):
                yield news[0]
                continue
            finished = [picture_bytes(picture, recipe(ask, place, model)) for place, picture in enumerate(news)]
            if model == engine.HOUSE:
                MEMORY.keep(ask, finished)
            yield finished
