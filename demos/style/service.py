"""What the page of the style-transfer room asks the house, and how an order, which anyone may have sent, is read.

An order is {photo, style, strength, keep_colours, seed, side}: `photos` says what a photo is called, `mixing` how a
style is written. Free of Gradio.
"""

import functools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from demos.house.brought import Forgotten
from demos.house.chooser import HOUSE
from demos.house.counter import Answer
from demos.house.pictures import webp_url
from demos.house.steps import OnStep, in_steps
from demos.kit import whole_seed
from demos.style import mixing, photos
from models import cluster
from models.errors import BadInput
from models.media import Recipe, picture_bytes
from models.style import engine, keepsake
from models.style.engine import LONGEST, PREVIEW, Ask

SHARP = 768  # pixels of the long side that a picture settles to
MOVING = 256  # while a slider or the pad is in somebody's hand
SIDES = {"moving": MOVING, "preview": PREVIEW, "sharp": SHARP}
TILE = 192  # pixels of a small picture


# ---------------------------------------------------------------- reading an order


@dataclass(frozen=True)
class Order:
    """What is asked, checked: a photo by name, a style as text, strength in [0, 1], colours kept or not, a seed; of
    which model, by its key in the registry."""

    photo: str
    style: str
    strength: float
    keep_colours: bool
    seed: int
    model: str = engine.HOUSE

    def ask(self, side: int) -> Ask:
        """The same for the engine, `side` pixels long."""
        return Ask(mixing.code_of(self.style), self.strength, self.keep_colours, self.seed, side)


def parse(order: Any) -> dict[str, Any]:
    """What the page wrote as JSON, as a dict; BadInput for what is none."""
    try:
        found = json.loads(order)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadInput("That order cannot be read: please ask once more.") from error
    return found if isinstance(found, dict) else {}


def read(order: Mapping[str, Any]) -> Order:
    """An order as it can be met; BadInput for what makes no sense."""
    photo, style = order.get("photo"), order.get("style")
    return Order(
        photo if isinstance(photo, str) else "",
        style if isinstance(style, str) else "",
        share(order.get("strength", 1.0)),
        order.get("keep_colours") is True,
        whole_seed(order.get("seed", 0)),
        engine.HOUSE if order.get("model") in (None, "", HOUSE) else str(order["model"]),
    )


def share(value: Any) -> float:
    """A strength brought into [0, 1]; BadInput for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput("The strength of a style is a number from 0 (the photo) to 1 (all of it).")
    return min(max(float(value), 0.0), 1.0)


def full_side(photo: Image.Image) -> int:
    """Pixels of the long side of a picture to take home: the photo's own, within reason."""
    return min(max(max(photo.size), SHARP), LONGEST)


def unless_forgotten(function: Callable[[dict], Answer]) -> Callable[[dict], Answer]:
    """Tell the page when a visitor's photo has to be brought again."""

    @functools.wraps(function)
    def asked(order: dict) -> Answer:
        try:
            return function(order)
        except Forgotten as error:
            return {"unknown": True, "sentence": str(error)}

    return asked


# ---------------------------------------------------------------- painting


def warm(_order: dict) -> Answer:
    """Load the painter while the visitor still looks, so that the first painting does not wait for it."""
    cluster.warm(engine.HOUSE)
    return {}


@unless_forgotten
def paint(order: dict) -> Answer:
    """The picture of an order at {side}, MOVING or PREVIEW, for the hand that is still moving."""
    side = order.get("side")
    return {"photo": {"picture": painted(read(order), side if side in SIDES.values() else PREVIEW)}}


@unless_forgotten
def sharpen(order: dict) -> Answer:
    """The picture of an order once it has come to rest."""
    return {"photo": {"picture": painted(read(order), SHARP)}}


def painted(order: Order, side: int) -> str:
    """A painting as a data URL."""
    return webp_url(engine.paint(photos.find(order.photo), order.ask(side)), 90)


def ours(order: Mapping[str, Any]) -> bool:
    """Whether an order has nothing of a visitor's own in it: only then is its answer kept, for all who ask the same."""
    return not photos.is_own(str(order.get("photo"))) and mixing.OWN not in str(order.get("style"))


def finished(order: Order, with_photo: bool = True) -> Iterator[tuple[int, int] | bytes]:
    """A picture to take home: yields (tiles done, in all), at last a PNG file with its recipe.

    with_photo: a visitor's photo travels inside the recipe; without it, the file cannot bring it back.
    """
    photo, brush = photos.find(order.photo), _by_house if order.model == engine.HOUSE else _by_guest
    with closing(in_steps(functools.partial(brush, order, photo))) as steps:
        for news in steps:
            yield news if isinstance(news, tuple) else picture_bytes(news, recipe(order, with_photo))


def _by_house(order: Order, photo: Image.Image, on_step: OnStep) -> Image.Image:
    return engine.paint(photo, order.ask(full_side(photo)), on_tile=on_step)


def _by_guest(order: Order, photo: Image.Image, on_step: OnStep) -> Image.Image:
    """By a model from the hub: it is told the style in words, or shown a visitor's painting."""
    from models.style import hub

    painting = hub.paint(photo, told(order.style), order.strength, order.seed, order.model, on_step=on_step)
    if not order.keep_colours:
        return painting
    return engine.in_the_colours_of(photo.resize(painting.size, Image.Resampling.LANCZOS), painting)


def told(style: str) -> str | Image.Image:
    """A style for who does not know our codes: "The Bedroom by Vincent van Gogh, 1889", or the painting itself."""
    mixing.code_of(style)
    names = mixing.names_in(style)
    if len(names) == 1 and names[0].startswith(mixing.OWN):
        return photos.opened(photos.PAINTINGS.get(names[0]))
    known = {one.slug: f"{one.title} by {one.artist}, {one.year}" for one in engine.styles()}
    # The strongest of a mix first: where words run out, they are the last to go.
    shares = mixing.weights(*mixing.place_of(style)) if len(names) > 1 else (1.0,)
    ranked = sorted(zip(shares, names, strict=True), reverse=True)
    said = dict.fromkeys(known[name] for share, name in ranked if share > 0 and name in known)
    return functools.reduce(_joined, said) if said else ""


def _joined(one: str, other: str) -> str:
    from models.style.hub import MOST_WORDS

    both = f"{one} and {other}"
    return both if len(both) <= MOST_WORDS else one


def recipe(order: Order, with_photo: bool = True) -> Recipe:
    """What it takes to paint this again, by the names of the room's settings."""
    own = photos.is_own(order.photo)
    photo, model = "" if own else order.photo, order.model
    made = keepsake.recipe(photo, order.style, order.strength, order.keep_colours, order.seed, model)
    if not own or not with_photo:
        return made
    return replace(made, settings={**made.settings, "own": photos.as_url(photos.MEMORY.get(order.photo))})


# ---------------------------------------------------------------- photos and paintings


def photo(order: dict) -> Answer:
    """The photograph {name} as it is."""
    return _shown(photos.find(order.get("name")))


def receive(order: dict) -> Answer:
    """A visitor's {picture}, a data URL: read, kept for a while; its name, and what it will be painted from."""
    file = photos.file_in(order.get("picture"))
    name = photos.MEMORY.keep(file)
    return {"name": name, **_sizes(photos.find(name)), "picture": photos.as_url(file)}


def painting(order: dict) -> Answer:
    """A visitor's painting {picture} as a style: its code as text, what is kept of it, and a tile painted in it."""
    file = photos.file_in(order.get("picture"))
    style = mixing.own_text(engine.code_of(photos.opened(file)))
    photos.PAINTINGS.keep(file, style)
    return {"style": style, "picture": photos.as_url(file), **tile({"style": style})}


def tile(order: dict) -> Answer:
    """A small picture of ours painted in {style}."""
    ask = Ask(mixing.code_of(order.get("style")), side=TILE)
    return {"tile": webp_url(engine.paint(square(photos.find(next(iter(photos.shelf())))), ask), 84)}


def small(picture: Image.Image, side: int) -> Image.Image:
    """A picture, `side` pixels long at most."""
    picture = picture.copy()
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def square(picture: Image.Image) -> Image.Image:
    """The middle of a picture, as wide as high."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side))


def _shown(picture: Image.Image) -> Answer:
    return {"picture": webp_url(small(picture, SHARP), 90), **_sizes(picture)}


def _sizes(picture: Image.Image) -> dict[str, int]:
    return {"width": picture.width, "height": picture.height}
