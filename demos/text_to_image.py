"""Text to image: say what to paint, and a miniature Stable Diffusion paints it four times while you watch.

Latent diffusion (Rombach et al. 2022, arXiv:2112.10752), on the way that StackGAN opened (Zhang et al. 2017,
arXiv:1612.03242). The functions above `build` are the demo itself; the page's parts are in `demos/text`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from PIL import Image

from demos import kit
from demos.house.pictures import png_url, webp_url
from demos.house.plain import PlainNumber
from demos.text import service
from demos.text.grid import Grid, made
from demos.text.inside import Inside
from demos.text.studio import SETTINGS, Studio, opening
from models import registry
from models.media import sign
from models.text2image import engine
from models.text2image.engine import LONGEST_PROMPT, MOST_GUIDANCE, MOST_PICTURES, MOST_STEPS, Step
from models.text2image.keepsake import DEMO as SLUG
from models.text2image.keepsake import recipe

FAMILY = "text2image"

LABEL = kit.WallLabel(
    title="Text to image",
    medium="Latent diffusion: an autoencoder, a transformer that follows a rectified flow, a text encoder",
    year="2022",
    authors="After Scott Reed and others (2016) and Han Zhang and others (2017): Robin Rombach and others",
    paper_url="https://arxiv.org/abs/2112.10752",
    licence="Weights: CC BY-SA 4.0. No face here is a real person's.",
    try_this="Change one word of the prompt and keep the seed: look what stays, and what goes with the word.",
)


# ---------------------------------------------------------------- the demo


def text_to_image(
    prompt: str, seed: int = 0, steps: int = 5, guidance: float = 1.5, negative_prompt: str = "", count: int = 4
) -> list[Image.Image]:
    """Paint what a prompt says.

    Args:
        prompt: a few words, such as "a smiling woman with round glasses on a blue background".
        seed: a whole number from 0 to 2147483647, of the first picture; each after it has the next one.
        steps: how often the noise is looked at anew, from 1 to 50.
        guidance: how firmly the prompt leads; 1 is not at all firmly, 1.5 is usual.
        negative_prompt: what to lead away from, in words; may be empty.
        count: how many pictures, from 1 to 9.

    Returns:
        The pictures, PNG of 128 x 128 pixels, each with its recipe inside.
    """
    order = {"prompt": prompt, "seed": seed, "steps": steps, "guidance": guidance, "count": count}
    ask, model, said = service.read({**order, "negative_prompt": negative_prompt or ""})
    for sentence in said:
        gr.Info(sentence, title="")
    return [sign(picture, recipe(ask, place, model)) for place, picture in enumerate(engine.paint(ask, model))]


# ---------------------------------------------------------------- what the page asks


def paint(order: str) -> Iterator[dict[str, Any]]:
    """Paint an order of the page: updates of the studio that tell each step, and at last the pictures."""
    wanted = service.parse(order)

    def tell(**news: Any) -> dict[str, Any]:
        return gr.update(news={"id": wanted.get("id"), **news})

    yield tell(ready=True)
    try:
        ask, model, said = service.read(wanted)
        for news in service.painted(ask, model):
            if isinstance(news, Step):
                yield tell(step=[news.index, news.of], previews=[webp_url(picture, 80) for picture in news.previews])
            else:
                settings = {name: getattr(ask, name) for name in SETTINGS}
                yield tell(pictures=[png_url(picture) for picture in news], settings=settings, said=said)
    except Exception:
        yield tell(over=True)
        raise


def compare(order: str) -> Iterator[dict[str, Any]]:
    """Make the grid the page ordered: updates of the grid that tell each step, and at last the finished cells."""
    wanted = service.parse(order)

    def tell(pictures: dict[int, Image.Image] | None = None, **news: Any) -> dict[str, Any]:
        shown = {str(place): webp_url(picture, 84) for place, picture in (pictures or {}).items()}
        return gr.update(news={"id": wanted.get("id"), "cells": shown, **news})

    try:
        for step, result in made(wanted):
            if isinstance(step, Step):
                yield tell(result, step=[step.index, step.of])
            else:
                yield tell(step, saved=png_url(result))
    except Exception:
        yield tell(over=True)
        raise


# ---------------------------------------------------------------- the room

ORDER = "() => document.querySelector('%s').order"
TELL = "() => document.querySelector('#text .tx').settings()"
ASK = "(...asked) => ({__type__: 'update', props: {asked}})"
MODEL = "(model) => ({__type__: 'update', props: {model}})"


def build() -> dict[str, gr.components.Component]:
    """Hang the studio and the floors beneath; returns what links and recipes fill in."""
    hanging = opening()
    with kit.wall(LABEL):
        studio = Studio(hanging, service.USUAL, elem_id="text")
    settings = _settings(hanging["first"]["settings"])
    parts = list(settings.values())
    studio.select(None, None, parts, js=TELL, api_visibility="private")
    gr.on([part.change for part in parts], None, parts, studio, js=ASK, api_visibility="private")
    _long_work(studio, paint, "#text .tx")
    model = _other_models(studio)
    grid = Grid(elem_id="text-grid")
    _long_work(grid, compare, "#text-grid .tg")
    with kit.look_inside():
        Inside(min_height=520)
    called = {engine.HOUSE: "house"}  # by the chooser
    kit.cards({called.get(spec.key, spec.key): spec.card for spec in registry.family(FAMILY)}, model)
    _endpoint()
    return {**settings, "model": model, "grid": grid}


def _settings(first: dict[str, Any]) -> dict[str, gr.components.Component]:
    """Everything a link may set, in the order of SETTINGS; the studio shows it all in its own way."""
    unseen = {"visible": "hidden", "container": False, "show_label": False}
    parts = {
        "prompt": gr.Textbox(first["prompt"], max_length=2 * LONGEST_PROMPT, **unseen),
        "seed": gr.Number(first["seed"], precision=0, minimum=0, maximum=kit.SEED_LIMIT - 1, **unseen),
        "steps": gr.Number(first["steps"], precision=0, minimum=1, maximum=MOST_STEPS, **unseen),
        "guidance": gr.Number(first["guidance"], minimum=1, maximum=MOST_GUIDANCE, **unseen),
        "negative_prompt": gr.Textbox(first["negative_prompt"], max_length=2 * LONGEST_PROMPT, **unseen),
        "count": gr.Number(first["count"], precision=0, minimum=1, maximum=MOST_PICTURES, **unseen),
    }
    return {name: parts[name] for name in SETTINGS}


def _long_work(part: Studio | Grid, work: Callable[[str], Iterator[dict]], where: str) -> None:
    """What a part orders waits its turn for the device, tells its steps and can be called off."""
    order = gr.Textbox(visible="hidden", container=False, show_label=False)
    working = part.submit(
        kit.guard(work),
        order,
        part,
        js=ORDER % where,
        concurrency_id=kit.DEVICE_QUEUE,
        trigger_mode="multiple",  # "once" would swallow an order while one that was called off is still leaving
        show_progress="hidden",
        api_visibility="private",
    )
    part.stop(None, None, None, cancels=working, api_visibility="private")


def _other_models(studio: Studio) -> gr.Textbox:
    """The house model, or one from the hub: the same button asks either."""
    with kit.more("Other models"):
        model = kit.model_chooser(FAMILY)
    model.change(None, model, studio, js=MODEL, api_visibility="private")
    return model


def _endpoint() -> None:
    """`/text_to_image` for programs: components that are never shown, only their types."""
    first, unseen = service.FIRST, {"visible": False}
    inputs = [
        gr.Textbox(label="Prompt", **unseen),
        PlainNumber(first.seed, label="Seed", precision=0, **unseen),
        PlainNumber(first.steps, label="Steps", precision=0, **unseen),
        PlainNumber(first.guidance, label="Guidance", **unseen),
        gr.Textbox("", label="Negative prompt", **unseen),
        PlainNumber(first.count, label="Count", precision=0, **unseen),
    ]
    pictures = gr.Gallery(label="Pictures", format="png", visible=False)
    gr.Button(visible=False).click(
        kit.guard(kit.remembering(text_to_image)),
        inputs,
        pictures,
        api_name="text_to_image",
        concurrency_id=kit.DEVICE_QUEUE,
    )


DEMO = kit.Demo(
    slug=SLUG,
    title="Text to image",
    tagline="Say what to paint, and it appears out of noise, four times over.",
    label=LABEL,
    poster=kit.ASSETS / "examples" / f"{SLUG}.png",
    build=build,
    order=40,
    family=FAMILY,
)
