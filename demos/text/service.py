"""What the page of the text-to-image room asks the house, and how an order, which anyone may have sent, is read."""

import json
import math
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from demos.house.chooser import HOUSE
from demos.house.counter import Counter
from demos.house.steps import in_steps
from demos.kit import whole_seed
from models.errors import BadInput
from models.media import picture_bytes
from models.text2image import engine
from models.text2image.engine import Ask, Step
from models.text2image.keepsake import recipe

FIRST = Ask("", 0)  # what an order leaves out

# Looking inside may come a moment later than the pictures: one thread of its own.
SIDELINE = Counter(places=1, waiting=60)


# ---------------------------------------------------------------- reading an order


def parse(order: Any) -> dict[str, Any]:
    """What the page wrote as JSON, as a dict; BadInput for what is none."""
    try:
        found = json.loads(order)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadInput("That order cannot be read: please ask once more.") from error
    return found if isinstance(found, dict) else {}


def read(order: Mapping[str, Any]) -> tuple[Ask, str, list[str]]:
    """The order {prompt, seed, steps, guidance, negative_prompt, count, model}, checked.

    Returns what is asked, the model's key, and a sentence for each setting that was brought back to what is possible.
    """
    ask = Ask(
        prompt=_text(order, "prompt"),
        seed=whole_seed(order.get("seed", FIRST.seed)),
        steps=round(_number(order, "steps")),
        guidance=_number(order, "guidance"),
        negative_prompt=_text(order, "negative_prompt"),
        count=round(_number(order, "count")),
    )
    model = order.get("model") or HOUSE
    checked, said = engine.check(ask)
    return checked, engine.HOUSE if model == HOUSE else str(model), list(said)


def _text(order: Mapping[str, Any], name: str) -> str:
    text = order.get(name, getattr(FIRST, name))
    if not isinstance(text, str):
        raise BadInput(f"The {name.replace('_', ' ')} is text: write a few words.")
    return text


def _number(order: Mapping[str, Any], name: str) -> float:
    value = order.get(name, getattr(FIRST, name))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput(f"{name.capitalize()} is a number, such as {getattr(FIRST, name):g}.")
    return value


# ---------------------------------------------------------------- painting


class Memory:
    """Finished pictures of the last paintings: thirty visitors who ask the same wait for one of them."""

    def __init__(self, most: int):
        self._most = most
        self._kept: OrderedDict[Any, list[bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> list[bytes] | None:
        """What was kept under the key, if it still is."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Any, pictures: list[bytes]) -> None:
        """Keep them, and let the ones go that were not asked for longest."""
        with self._lock:
            self._kept[key] = pictures
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


MEMORY = Memory(most=64)


def painted(ask: Ask, model: str = engine.HOUSE) -> Iterator[Step | list[bytes]]:
    """Paint what was asked: yields each step, at last the pictures as PNG files with their recipes."""
    known = MEMORY.get((ask, model)) if model == engine.HOUSE else None
    if known is None:
        with closing(in_steps(lambda on_step: engine.paint(ask, model, on_step=on_step))) as steps:
            for news in steps:
                if isinstance(news, tuple):
                    yield news[0]
                else:
                    known = [picture_bytes(picture, recipe(ask, k, model)) for k, picture in enumerate(news)]
        if model == engine.HOUSE:
            MEMORY.keep((ask, model), known)
    yield known
