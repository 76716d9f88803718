"""The plain way, to compare with: `python -m tests.load.plain --port 7861`.

The same engines and weights as demo scripts usually serve them: every demo loads its own copy of its model at the
start, has one handler on Gradio's queue, makes one picture at a time, and hands it over as a file.
"""

from __future__ import annotations

import argparse
from typing import Any

import gradio as gr
from PIL import Image

from demos.style import photos
from demos.style import service as style
from demos.text import service as text
from models.cache import ModelCache
from models.devices import this_machine
from models.faces import arithmetic, walk
from models.faces.equation import TERMS, Equation
from models.faces.equation_picture import grid_picture
from models.settings import Settings
from models.sketch import engine as sketch
from models.sketch.strokes import drawing_from_text, rasterise
from models.style import engine as painting
from models.text2image import engine as diffusion


def own_cache(*keys: str) -> ModelCache:
    """A demo's own models, loaded."""
    cache = ModelCache(this_machine(Settings()))
    cache.preload(*keys)
    return cache


SKETCH = own_cache(*(f"sketch/{subject}" for subject in sketch.SUBJECTS))
WALK, SUMS, TURNS = (own_cache("faces/generator") for _ in range(3))
STYLE = own_cache(painting.HOUSE)
TEXT = own_cache(diffusion.HOUSE)


def sketch_to_photo(order: dict) -> Image.Image:
    """A drawing's photograph."""
    subject, strokes = drawing_from_text(order["drawing"])
    return sketch.takes(rasterise(strokes, 256), subject, [order["seed"]], SKETCH)[0]


def latent_walk(order: dict) -> Image.Image:
    """A face of a walk."""
    place = walk.Place(tuple(order["seeds"]), order["t"], order["down"])
    return walk.faces_at([place], order["psi"], order["path"], cache=WALK)[0]


def equation(order: dict) -> Image.Image:
    """The nine faces of a sum."""
    return grid_picture(arithmetic.solve(_equation(order), SUMS))


def turned(order: dict) -> Image.Image:
    """A sum with its attributes turned."""
    return Image.fromarray(arithmetic.turned(_equation(order), order, TURNS)[1])


def painted(order: dict) -> Image.Image:
    """A photograph in a style."""
    wanted = style.read(order)
    return painting.paint(photos.find(wanted.photo), wanted.ask(order["side"]), cache=STYLE)


def prompted(order: dict) -> list[Image.Image]:
    """Pictures from words."""
    return diffusion.paint(text.read(order)[0], cache=TEXT)


def _equation(order: dict) -> Equation:
    return Equation.read(*(order[name] for name in TERMS), order["seed"])


def build() -> gr.Blocks:
    """A tab a demo."""
    demos: dict[str, Any] = {
        "sketch": sketch_to_photo,
        "walk": latent_walk,
        "arithmetic": equation,
        "arithmetic_turn": turned,
        "style": painted,
        "prompt": prompted,
    }
    with gr.Blocks(analytics_enabled=False) as page:
        for name, function in demos.items():
            with gr.Tab(name):
                shown = gr.Gallery(format="png") if name == "prompt" else gr.Image(format="png")
                gr.Button().click(function, gr.JSON(), shown, api_name=name)
    return page.queue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=7861)
    build().launch(server_name="127.0.0.1", server_port=parser.parse_args().port, quiet=True, ssr_mode=False)
