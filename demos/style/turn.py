"""Unpaired translation on the page: a fruit, what the other domain makes of it, and the way back, side by side.

Its page side is `assets/style/turn.js`. Fruit to begin with is ours, made on the spot: drawn by `models.sketch`'s hand
and photographed by its network, so that no photograph of anybody's has to be shipped.
"""

import functools
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demos.house.counter import LIVE, SIDELINE, Answer, always
from demos.house.pictures import png_url, webp_url
from demos.house.widget import Widget
from demos.kit import SEED_LIMIT, whole_seed
from demos.style import photos, service
from demos.style.studio import FOLDER, scripts
from models import registry
from models.errors import BadInput
from models.media import MAX_BYTES, Recipe, picture_bytes
from models.style import cycle
from models.style.keepsake import DEMO

SCRIPTS = ("../live/standing.js", "turn.js")
FRUIT = "fruit-"  # begins the name of a fruit of ours; its seed follows
SHELF = tuple(range(8))  # seeds of the fruit one sees
SIDE = 384  # pixels of a picture as it is shown
WORDS = {
    "to-tomato": {"from": "Apple", "to": "tomato"},
    "to-apple": {"from": "Tomato", "to": "apple"},
}


def find(name: object, direction: str) -> Image.Image:
    """The picture of a name that anyone may have sent: a fruit of ours, or a visitor's. BadInput, Forgotten."""
    name = str(name or "")
    if not name.startswith(FRUIT):
        return photos.find(name)
    word = name[len(FRUIT) :]
    return fruit(direction, whole_seed(int(word) if word.isdecimal() else None))


@functools.lru_cache(maxsize=64)
def fruit(direction: str, seed: int) -> Image.Image:
    """A photograph of a fruit that never was, one that `direction` begins with: RGB, 128 pixels a side."""
    from models.sketch import doodle_fruit, engine
    from models.sketch.pen import Pen, random_manner
    from models.sketch.strokes import rasterise

    check(direction)
    rng = np.random.default_rng([cycle.DIRECTIONS.index(direction), seed])
    pen = Pen(rng, random_manner(rng))
    {"to-tomato": doodle_fruit.apple, "to-apple": doodle_fruit.tomato}[direction](pen, coloured=True)
    return engine.takes(rasterise(pen.strokes, 2 * engine.SIZE), "fruit", [seed])[0]


def check(direction: object) -> None:
    """BadInput for what is no direction."""
    if direction not in cycle.DIRECTIONS:
        raise BadInput(f"There is no direction {str(direction)[:30]!r}: choose {' or '.join(cycle.DIRECTIONS)}.")


# ---------------------------------------------------------------- what the page asks


def translated(order: dict) -> cycle.Translation:
    """{photo} in {direction}, there and back. BadInput, Forgotten."""
    direction = order.get("direction")
    check(direction)
    return cycle.translate(find(order.get("photo"), direction), direction)


@service.unless_forgotten
def turn(order: dict) -> Answer:
    """What was seen of {photo}, what the network added, what became of it in {direction}, what the way back made of
    that, and how far a pixel is off then on average, 0 to 1."""
    done = translated(order)
    shown = {"seen": done.seen, "change": done.change, "result": done.result, "back": done.back}
    lost = float(np.abs(_floats(done.back) - _floats(done.seen)).mean())
    pictures = {name: webp_url(service.small(picture, SIDE), 92) for name, picture in shown.items()}
    return {**pictures, "lost": lost, "note": done.note}


@service.unless_forgotten
def keep(order: dict) -> Answer:
    """What {photo} becomes in {direction}, as a PNG file with its recipe."""
    name = str(order.get("photo") or "")
    kept = photos.as_url(photos.MEMORY.get(name)) if photos.is_own(name) else name
    return {"picture": png_url(picture_bytes(translated(order).result, recipe(order["direction"], kept)))}


def recipe(direction: str, photo: str = "") -> Recipe:
    """What it takes to translate a photo again; without one, the recipe only says what was done."""
    spec = registry.get(cycle.keys(direction)[0])
    return Recipe(DEMO, spec.key, spec.version, 0, {"turn": {"photo": photo, "direction": direction}})


def shelf(order: dict) -> Answer:
    """The fruit to begin with in {direction}."""
    direction = order.get("direction")
    check(direction)
    return {"pictures": {f"{FRUIT}{seed}": webp_url(fruit(direction, seed), 84) for seed in SHELF}}


def _floats(picture: Image.Image) -> NDArray[np.float32]:
    return np.asarray(picture, np.float32) / 255  # (H, W, 3)


class Turn(Widget):
    """Value: what a recipe asks for, {photo, direction} as JSON, its photo a name or a data URL."""

    def __init__(self, **options: Any):
        ways = {way: WORDS[way] for way in cycle.DIRECTIONS}
        setup = {"ways": ways, "mostBytes": MAX_BYTES, "own": photos.OWN, "fruit": FRUIT, "seeds": SEED_LIMIT}
        super().__init__(
            value="",
            html_template=(FOLDER / "turn.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "turn.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, setup),
            apply_default_css=False,
            server_functions=[
                LIVE.serve(turn, service.ours),
                SIDELINE.serve(shelf, always),
                SIDELINE.serve(keep, service.ours),
                SIDELINE.serve(service.receive),
            ],
            **options,
        )

    def accept_setting(self, raw: Any) -> str:
        """What a recipe asks for, checked; BadInput when it makes no sense."""
        if not isinstance(raw, Mapping):
            raise BadInput("A translation has a photo and a direction.")
        photo, direction = str(raw.get("photo") or ""), raw.get("direction")
        check(direction)
        if photo.startswith("data:"):
            photo = photos.as_url(photos.file_in(photo))
        elif photo:
            find(photo, direction)
        return json.dumps({"photo": photo, "direction": direction})
