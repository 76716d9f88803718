"""Sketch to photo: draw a few lines, and a photograph follows every stroke.

pix2pix (Isola, Zhu, Zhou and Efros 2017, arXiv:1611.07004): a conditional GAN turns the drawing into a picture.
The functions above `build` are the demo itself, free of Gradio; the easel is in `demos/sketch/canvas.py`.
"""

import html
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import gradio as gr
from PIL import Image

from demos import kit
from demos.house.counter import LIVE, SIDELINE, Answer, always
from demos.house.pictures import png_url, webp_url
from demos.house.steps import in_steps
from demos.sketch.canvas import Easel, SketchFile
from models.errors import BadInput
from models.media import picture_bytes, read_picture, read_recipe, sign
from models.sketch import engine
from models.sketch.doodles import doodle
from models.sketch.keepsake import DEMO as SLUG
from models.sketch.keepsake import recipe, side_by_side
from models.sketch.strokes import Stroke, drawing_from_text, rasterise, to_text

SUBJECTS = engine.SUBJECTS
EXAMPLES = kit.ASSETS / "examples"
DRAWING_SIDE = 256  # pixels of the drawing the engine is handed; it takes it down to its own size
PAIR_SIDE = 512
TAKES = 4

MAKE = "Make the photograph"
AT_REST = [{"__type__": "update", "value": MAKE, "interactive": True}, {"__type__": "update", "visible": False}]
INVITATION = "<p>Draw something above, and this panel shows what the network makes of it.</p>"

LABEL = kit.WallLabel(
    title="Sketch to photo",
    medium="Conditional GAN: a U-Net of 7.7 M parameters a subject, taught by a patch discriminator",
    year="2017",
    authors="Phillip Isola, Jun-Yan Zhu, Tinghui Zhou, Alexei A. Efros",
    paper_url="https://arxiv.org/abs/1611.07004",
    licence="Weights: fruit CC BY-SA 4.0, flower CC BY 2.0, portrait CC BY 4.0 (no portrait shows a real person)",
    try_this="Draw half an apple and watch the network guess the rest. Then scribble some red on one side.",
)


# ---------------------------------------------------------------- the demo


def photograph(strokes: list[Stroke], subject: str, seed: int) -> bytes:
    """The photograph of a drawing as a PNG file that carries its recipe."""
    return four_takes(strokes, subject, [seed])[0]


def four_takes(strokes: list[Stroke], subject: str, seeds: list[int]) -> list[bytes]:
    """One photograph a seed of the same drawing, as PNG files with their recipes."""
    photos = engine.takes(rasterise(strokes, DRAWING_SIDE), subject, seeds)
    return [picture_bytes(photo, recipe(subject, seed, strokes)) for photo, seed in zip(photos, seeds, strict=True)]


def drawing_and_photograph(strokes: list[Stroke], subject: str, seed: int) -> bytes:
    """Drawing and photograph side by side, as a PNG file with the recipe."""
    drawing = rasterise(strokes, PAIR_SIDE)
    photo = engine.takes(drawing, subject, [seed])[0]
    return picture_bytes(side_by_side(drawing, photo, PAIR_SIDE), recipe(subject, seed, strokes))


def sketch_to_photo(sketch: str, subject: str = "fruit", seed: int = 0) -> Image.Image:
    """Turn a line drawing into a photograph.

    Args:
        sketch: a drawing with dark or coloured lines on a white ground, as a picture file (PNG, JPEG, WebP).
        subject: what the drawing shows: "fruit", "flower" or "portrait".
        seed: a whole number; the same drawing with another seed gives another photograph.

    Returns:
        The photograph, a PNG picture of 128 x 128 pixels.
    """
    engine.check_subject(subject)
    if not sketch:
        raise BadInput("There is no sketch: send a picture of dark lines on a white ground.")
    photo = engine.sketch_to_photo(read_picture(sketch), subject, kit.whole_seed(seed))
    return sign(photo, recipe(subject, kit.whole_seed(seed), None))


# ---------------------------------------------------------------- what the page asks


def with_guest(drawing: str, seed: int, model: str, words: str) -> Iterator[list[Any]]:
    """The photograph by a model from the hub: updates of the easel, of the button that asked and the one that stops."""
    strokes, subject, seed = _read({"drawing": drawing, "seed": seed})
    paper = rasterise(strokes, PAIR_SIDE)
    yield [gr.skip(), gr.update(value="Getting the model ready", interactive=False), gr.update(visible=True)]
    try:
        with closing(in_steps(partial(engine.sketch_to_photo, paper, subject, seed, model, words, None))) as steps:
            for news in steps:
                if isinstance(news, tuple):
                    yield [gr.skip(), gr.update(value="Step {} of {}".format(*news)), gr.skip()]
                else:
                    picture = png_url(picture_bytes(news, recipe(subject, seed, strokes, model)))
                    yield [gr.update(photo=picture), *AT_REST]
    except Exception:
        yield [gr.skip(), *AT_REST]
        raise


def photo(order: dict) -> Answer:
    """The photograph of {drawing, seed}, for the pen that is still moving."""
    strokes, subject, seed = _read(order)
    return {"photo": png_url(photograph(strokes, subject, seed))}


def takes(order: dict) -> Answer:
    """The four photographs that begin with the seed."""
    strokes, subject, seed = _read(order)
    pictures = four_takes(strokes, subject, list(range(seed, seed + TAKES)))
    return {"photos": [png_url(picture) for picture in pictures]}


def pair(order: dict) -> Answer:
    """The picture to take home: drawing and photograph."""
    strokes, subject, seed = _read(order)
    return {"picture": png_url(drawing_and_photograph(strokes, subject, seed))}


def random_sketch(request: dict) -> Answer:
    """Another drawing of {subject} to begin with."""
    return {"drawing": to_text(doodle(str(request.get("subject")), kit.whole_seed(request.get("seed"))))}


def _read(order: dict) -> tuple[list[Stroke], str, int]:
    subject, strokes = drawing_from_text(order.get("drawing"))
    engine.check_subject(subject)
    return strokes, subject, kit.whole_seed(order.get("seed"))


# ---------------------------------------------------------------- looking inside


def look(drawing: str, seed: int) -> str:
    """What the network did with this drawing, as HTML: its input, the skip pyramid, the discriminator's opinion."""
    strokes, subject, seed = _read({"drawing": drawing, "seed": seed})
    inside = engine.look_inside(rasterise(strokes, DRAWING_SIDE), subject, seed)
    levels = "".join(_figure(sheet, name) for name, sheet in inside.pyramid)
    opinion = f"{100 * inside.opinion_mean:.0f} % of it passes for a photograph"
    return f"""<div class="sk-inside">
      <section><h3>What goes in</h3><p>The drawing, 128 pixels a side: all the network gets to see.</p>
        {_figure(inside.network_input, "", "sk-pixels")}</section>
      <section><h3>What its opponent says</h3><p>The patch discriminator judges every corner of the photograph on
        its own. Bright: it believes it.</p>{_figure(inside.opinion, opinion)}</section>
      <section class="sk-wide"><h3>What it notices</h3><p>The skip pyramid: each step down sees more of the drawing
        at once and less of its detail, and each is handed straight across to the side that paints. Eight of the
        busiest feature maps a step; bright where something was found.</p>
        <div class="sk-levels">{levels}</div></section>
    </div>"""


def _figure(picture: Image.Image, caption: str, kind: str = "") -> str:
    text = html.escape(caption)
    return (
        f'<figure class="{kind}"><img src="{webp_url(picture)}" alt="{text}"><figcaption>{text}</figcaption></figure>'
    )


# ---------------------------------------------------------------- the room

FIRST = "fruit"
# What the page does by itself, without a round trip: the easel follows the controls, the seed follows the easel.
FOLLOW = "(subject, seed, model) => ({__type__: 'update', props: {subject, seed, live: model === 'house'}})"
FOR_GUESTS = "(model) => [0, 1].map(() => ({__type__: 'update', visible: model !== 'house'}))"
CHOSEN_SEED = "() => Number(document.querySelector('#easel .sk').dataset.seed)"
LOOKING = "() => ({__type__: 'update', props: {looking: %s}})"


def posters() -> dict[str, dict[str, Any]]:
    """The finished pairs the room opens with, by subject, read from the pictures this project ships."""
    pairs = {}
    for subject in SUBJECTS:
        picture = (EXAMPLES / f"sketch-{subject}.png").read_bytes()
        how = read_recipe(picture)
        _, strokes = drawing_from_text(how.settings["drawing"])
        pairs[subject] = {"drawing": to_text(strokes), "photo": png_url(picture), "seed": how.seed}
    return pairs


def build() -> dict[str, gr.components.Component]:
    """Hang the easel, its controls and the floors beneath; returns what links and recipes fill in."""
    pairs = posters()
    with kit.wall(LABEL):
        subject = gr.Radio(
            [(name.capitalize(), name) for name in SUBJECTS],
            value=FIRST,
            label="Subject",
            show_label=False,
            container=False,
            elem_id="sketch-subject",
        )
        easel = Easel(
            pairs,
            FIRST,
            pairs[FIRST]["seed"],
            [
                # One at a time: of eight drawings in a pass, each takes 60 ms of processor time instead of 66, and is a
                # level off here and there (bench_batches.py). Made equal to the byte, it took 65.
                LIVE.serve(photo, always),
                LIVE.serve(random_sketch),
                SIDELINE.serve(takes, always),
                SIDELINE.serve(pair, always),
            ],
            elem_id="easel",
        )
    with kit.controls():
        seed = kit.seed_row(pairs[FIRST]["seed"]).seed
    model = _other_models(easel, seed)
    sources = [subject, seed, model]
    gr.on([source.change for source in sources], None, sources, easel, js=FOLLOW, api_visibility="private")
    easel.select(None, None, seed, js=CHOSEN_SEED, api_visibility="private")
    _look_inside(easel, seed)
    kit.cards({name: f"sketch-{name}.md" for name in SUBJECTS}, subject)
    _endpoint()
    return {"subject": subject, "seed": seed, "model": model, "drawing": easel}


def _other_models(easel: Easel, seed: gr.Number) -> gr.Textbox:
    """The house model follows the pen; a large one from the hub is asked by a button and waits its turn."""
    with kit.more("Other models"):
        model = kit.model_chooser("sketch")
        words = gr.Textbox("", label="What the drawing shows, in words", max_length=300, visible=False)
        make = gr.Button(MAKE, variant="primary", visible=False)
        stop = gr.Button("Stop", visible=False)
    model.change(None, model, [words, make], js=FOR_GUESTS, api_visibility="private")
    making = make.click(
        kit.guard(with_guest),
        [easel, seed, model, words],
        [easel, make, stop],
        concurrency_id=kit.DEVICE_QUEUE,
        api_visibility="private",
    )
    kit.calls_off(stop, making, [make, stop], AT_REST)
    return model


def _look_inside(easel: Easel, seed: gr.Number) -> None:
    """The second floor. Only while it is open does the easel tell when a drawing has settled."""
    with kit.look_inside() as panel:
        sheet = gr.HTML(
            INVITATION,
            css_template=(kit.ASSETS / "canvas" / "inside.css").read_text(encoding="utf-8"),
            apply_default_css=False,
            js_on_load=None,
            min_height=420,
        )
    panel.expand(None, None, easel, js=LOOKING % "true", api_visibility="private")
    panel.collapse(None, None, easel, js=LOOKING % "false", api_visibility="private")
    easel.submit(
        kit.guard(look),
        [easel, seed],
        sheet,
        trigger_mode="always_last",
        concurrency_id=kit.DEVICE_QUEUE,
        show_progress="hidden",
        api_visibility="private",
    )


def _endpoint() -> None:
    """`/sketch_to_photo` for programs: components that are never shown, only their types."""
    sketch = SketchFile(label="Sketch", visible=False)
    subject = gr.Textbox(FIRST, label="Subject", info=", ".join(SUBJECTS), visible=False)
    seed = gr.Number(0, label="Seed", precision=0, visible=False)
    photo = gr.Image(label="Photo", format="png", visible=False)
    gr.Button(visible=False).click(
        kit.guard(sketch_to_photo),
        [sketch, subject, seed],
        photo,
        api_name="sketch_to_photo",
        concurrency_id=kit.DEVICE_QUEUE,
    )


DEMO = kit.Demo(
    slug=SLUG,
    title="Sketch to photo",
    tagline="Draw a few lines, and a photograph follows every stroke.",
    label=LABEL,
    poster=EXAMPLES / f"{SLUG}.png",
    build=build,
    order=10,
    family="sketch",
)
