"""A room from another package, for tests: it paints one colour, and every way of going wrong is a choice."""

from pathlib import Path

import gradio as gr
from PIL import Image

from demos import kit
from models.errors import BadInput
from models.media import Recipe, sign

LABEL = kit.WallLabel("One colour", "Pigment on pixels", "1918", "Kazimir Malevich", "", "CC0", "Try white on white.")
EMPTY = "There is nothing to paint yet: choose a colour, and the picture will follow."
HUES = {"red": (178, 58, 36), "green": (60, 120, 70), "blue": (40, 70, 150)}


def paint(hue: str, size: int, seed: int) -> Image.Image:
    """Paint one colour. hue: red, green or blue; size: side in pixels; seed: makes it lighter."""
    if hue == "empty":
        raise BadInput(EMPTY)
    if hue == "broken":
        raise RuntimeError("/secret/path in a trace")
    colour = tuple(min(255, part + int(seed) % 50) for part in HUES[hue])
    recipe = Recipe("guest-room", "guest", "1", int(seed), {"hue": hue, "size": size})
    return sign(Image.new("RGB", (int(size), int(size)), colour), recipe)


def build() -> dict[str, gr.components.Component]:
    with kit.wall(LABEL):
        picture = gr.Image(format="png", type="pil", interactive=False, elem_id="guest-picture", show_label=False)
    with kit.controls():
        hue = gr.Radio([*HUES, "empty", "broken"], value="red", label="Hue")
        size = gr.Slider(64, 256, value=128, step=64, label="Size")
        seed = kit.seed_row(3).seed
    ground = gr.Image(type="pil", label="Painted over", elem_id="guest-ground")
    with kit.look_inside():
        gr.Markdown("It is one colour all the way through.")
    kit.follow([hue, size, seed], paint, picture, api_name="paint", concurrency_id=kit.DEVICE_QUEUE)
    return {"hue": hue, "size": size, "seed": seed, "ground": ground}


DEMO = kit.Demo(
    slug="guest-room",
    title="One colour",
    tagline="A guest brought this room along.",
    label=LABEL,
    poster=Path(__file__).with_name("no-poster.png"),
    build=build,
    order=900,
    takes="ground",
)


def build_half() -> dict[str, gr.components.Component]:
    gr.Textbox(label="Half built")
    raise RuntimeError("this room falls down while it is built")


HALF = kit.Demo("half-room", "Half a room", "Never seen.", LABEL, Path("none.png"), build_half, order=901)
