"""Looking inside a painting: Gram matrices, the parts that hear the style, the slow original, the two cycles.

The house sends numbers and small pictures; `assets/style/inside.js`, gatys.js and cycles.js draw them.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demos.house.counter import SIDELINE, Answer
from demos.house.pictures import webp_url
from demos.house.steps import in_steps
from demos.house.widget import Widget
from demos.style import mixing, photos, service, turn
from demos.style.studio import FOLDER, scripts
from models.style import cycle, engine, gatys, inside, looks
from models.style.engine import PREVIEW

if TYPE_CHECKING:
    from models.style.losses import Look

SCRIPTS = ("../live/standing.js", "../live/drawing.js", "inside.js", "gatys.js", "cycles.js")
LAYERS = {"all": (0, 1, 2, 3), "strokes": gatys.STROKES, "shapes": gatys.SHAPES}  # of Gatys' style, to choose from
MAP_SIDE = 72  # pixels of a feature map


def looks_of(style: str) -> "list[Look]":
    """What our encoder says of a style written as text. BadInput; Forgotten for a painting that is only a code here."""
    # Its code is asked for first: who writes what is no style is told so there.
    mixing.code_of(style)
    found = [_looks(name) for name in mixing.names_in(style)]
    return found[0] if len(found) == 1 else looks.mixed(found, mixing.weights(*mixing.place_of(style)))


def _looks(name: str) -> "list[Look]":
    if name.startswith(mixing.OWN):
        return looks.of_picture(photos.opened(photos.PAINTINGS.get(name)), PREVIEW)
    return looks.of_style(name, PREVIEW)


# ---------------------------------------------------------------- what the page asks


@service.unless_forgotten
def look(order: dict) -> Answer:
    """Layer by layer: Gram matrices of photo, painting and result, losses, feature maps before and after."""
    wanted = service.read(order)
    photo, style = photos.find(wanted.photo), looks_of(wanted.style)
    result = engine.paint(photo, wanted.ask(PREVIEW))
    return {"layers": [_layer(layer) for layer in inside.look_inside(photo, result, style)]}


def _layer(layer: inside.Layer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "channels": len(layer.channels),
        "grams": {whose: webp_url(layer.heat(whose), 94) for whose in ("photo", "painting", "result")},
        "maps": {whose: webp_url(_row(maps), 80) for whose, maps in layer.maps.items()},
        "content": round(layer.content, 4),
        "style": round(layer.style, 4),
        "style_before": round(layer.style_before, 4),
    }


def _row(maps: NDArray) -> Image.Image:
    """Feature maps (N, h, w) in [0, 1] side by side, each as high as MAP_SIDE, grey."""
    grey = [Image.fromarray((255 * np.sqrt(one.clip(0, 1))).astype(np.uint8)) for one in maps]
    width = round(MAP_SIDE * grey[0].width / grey[0].height)
    row = Image.new("L", (len(grey) * width, MAP_SIDE))
    for place, one in enumerate(grey):
        row.paste(one.resize((width, MAP_SIDE), Image.Resampling.BILINEAR), (place * width, 0))
    return row


@service.unless_forgotten
def parts(order: dict) -> Answer:
    """The picture with only {parts} of the painter told of the style, and how much the style asks of each part."""
    wanted = service.read(order)
    photo, ask = photos.find(wanted.photo), wanted.ask(PREVIEW)
    chosen = [str(part) for part in order.get("parts") or []]
    asked = {part: round(amount, 4) for part, amount in inside.asked(photo, ask).items()}
    return {"picture": webp_url(inside.paint_parts(photo, ask, chosen)), "asked": asked}


def descended(order: str) -> Iterator[dict[str, Any]]:
    """Gatys' descent for the page's order: updates that tell each step: the picture, and losses by layer."""
    wanted = service.parse(order)

    def tell(**news: Any) -> dict[str, Any]:
        return gr.update(news={"id": wanted.get("id"), **news})

    yield tell(ready=True)
    try:
        for moment in _descent(wanted):
            yield tell(
                step=[moment.step, moment.of],
                picture=webp_url(moment.picture),
                content=_mean(moment.content),
                style=_mean(moment.style),
            )
        yield tell(over=True)
    except Exception:
        yield tell(over=True)
        raise


def _descent(wanted: Mapping[str, Any]) -> Iterator[gatys.Moment]:
    order = service.read(wanted)
    photo, style = photos.find(order.photo), looks_of(order.style)
    start = "noise" if wanted.get("start") == "noise" else "photo"
    layers = LAYERS.get(str(wanted.get("layers")), LAYERS["all"])
    descent = gatys.Descent(style_layers=layers, start=start, seed=order.seed)
    with closing(in_steps(partial(gatys.paint, photo, style, descent))) as steps:
        for news in steps:
            if isinstance(news, tuple):
                yield news[0]


def _mean(losses: Mapping[int, float]) -> float:
    return round(sum(losses.values()) / max(len(losses), 1), 5)


class Inside(Widget):
    """It follows what hangs in the studio, and asks by itself once it can be seen. Events: `submit` (a descent: the
    order in the page's `.sn` element), `stop`. Prop the page listens to: `news` of the descent."""

    def __init__(self, **options: Any):
        setup = {"parts": inside.PARTS, "ways": {way: turn.WORDS[way] for way in cycle.DIRECTIONS}}
        super().__init__(
            html_template=(FOLDER / "inside.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "inside.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, setup),
            apply_default_css=False,
            server_functions=[SIDELINE.serve(function, service.ours) for function in (look, parts, turn.turn)],
            **{"news": None, **options},
        )
