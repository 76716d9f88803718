"""What the rooms share: the demo, its wall label, the seed row, the model chooser, the three floors.

A room is one module in ``demos/`` that exposes ``DEMO = Demo(...)``. Its ``build()``
runs inside the room's own tab::

    def build():
        with kit.wall(LABEL):                       # the works, with the museum label beside them
            picture = gr.Image(format="png")
        with kit.controls():                        # few and quiet, beneath the works
            subject = gr.Radio(SUBJECTS, value="fruit", label="Subject")
            seed = kit.seed_row().seed
        with kit.look_inside():
            ...
        kit.how_it_was_made("sketch-fruit.md")
        return {"subject": subject, "seed": seed}   # what links and recipes fill in

A link or a recipe sets those components' values; ``follow`` makes the picture whenever they change.
"""

from __future__ import annotations

import html
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from demos.house.chooser import model_chooser
from demos.house.sentences import SORRY, guard
from models.errors import BadInput

__all__ = [
    "DEVICE_QUEUE",
    "SORRY",
    "Demo",
    "SeedRow",
    "WallLabel",
    "calls_off",
    "cards",
    "controls",
    "follow",
    "guard",
    "how_it_was_made",
    "look_inside",
    "model_chooser",
    "more",
    "next_seed",
    "remembering",
    "seed_row",
    "wall",
    "wall_label",
    "whole_seed",
]

ASSETS = Path(__file__).resolve().parent.parent / "assets"
CARDS = ASSETS / "cards"

DEVICE_QUEUE = "device"
"""The ``concurrency_id`` of every event that computes on the shared device, so that they take turns.

What a page asks past the queue takes its turn at one of the two counters of ``demos.house.counter``. Nothing computes
anywhere else: at most one long work, two pictures that follow a hand, and one thing beside them at a time.
"""

SEED_LIMIT = 2**31
"""Seeds are whole numbers in [0, SEED_LIMIT)."""


@dataclass(frozen=True)
class WallLabel:
    """The card beside a work, as in a museum."""

    title: str
    medium: str
    year: str
    authors: str
    paper_url: str
    licence: str
    try_this: str


@dataclass(frozen=True)
class Demo:
    """One room: ``slug`` is its address (``?demo=slug``), ``poster`` the picture on its lobby card.

    Pictures beside the poster named like it with a number (``poster-2.png``, ``poster-3.png``) take turns
    with it. ``build`` returns the components that links and recipes may set, by setting name. ``takes`` is the one
    among them that takes a picture from another room: a ``gr.Image``, or a component of our own whose class offers
    ``accept_picture(picture)``, which returns the value to show. ``family`` names the models the room uses in
    ``models.registry``; rooms hang in the lobby by ``order``.
    """

    slug: str
    title: str
    tagline: str
    label: WallLabel
    poster: Path
    build: Callable[[], Mapping[str, gr.components.Component]]
    order: int = 100
    family: str | None = None
    takes: str | None = None


@dataclass(frozen=True)
class SeedRow:
    """The parts of a seed row: the seed itself, the box that keeps it, the button that changes it."""

    seed: gr.Number
    lock: gr.Checkbox
    surprise: gr.Button


# ---------------------------------------------------------------- the works and what stands beside them


@contextmanager
def wall(label: WallLabel) -> Iterator[None]:
    """Hang what is built inside large in the middle, with its wall label beside it (beneath, on a phone)."""
    with gr.Row(elem_classes="v-wall"):
        with gr.Column(elem_classes="v-works", scale=4, min_width=280):
            yield
        wall_label(label)


def wall_label(label: WallLabel) -> gr.HTML:
    """The museum label of a work: title, authors and year of the idea, medium, licence, one thing to try."""
    text = {name: html.escape(str(value)) for name, value in vars(label).items()}
    paper = f' <a href="{text["paper_url"]}" target="_blank" rel="noopener">Read the paper</a>'
    return gr.HTML(
        f'<aside class="v-label" aria-label="About this work"><h2>{text["title"]}</h2>'
        f'<p class="v-label-authors">{text["authors"]}, {text["year"]}.{paper if label.paper_url else ""}</p>'
        f'<p class="v-label-medium">{text["medium"]}</p>'
        f'<p class="v-label-try">{text["try_this"]}</p>'
        f'<p class="v-label-licence">{text["licence"]}</p></aside>',
        elem_classes="v-label-block",
        min_width=240,
        scale=1,
        js_on_load=None,
        apply_default_css=False,
    )


@contextmanager
def controls() -> Iterator[None]:
    """A quiet row of controls beneath the works."""
    with gr.Row(elem_classes="v-controls"):
        yield


@contextmanager
def more(title: str = "More") -> Iterator[gr.Accordion]:
    """Controls that few visitors need, folded away."""
    with gr.Accordion(title, open=False, elem_classes="v-floor v-more") as panel:
        yield panel


def follow(
    settings: Sequence[Component], run: Callable, outputs: Component | Sequence[Component], **options: Any
) -> None:
    """Call ``run`` with the settings whenever they change: once for all that change together.

    A link sets several at a time. As an event each, they would leave within milliseconds of one another, and Gradio's
    event stream, which closes when nothing is pending, can close between two of them and lose the last answer.
    """
    settled = gr.Textbox(visible="hidden", show_label=False)
    gr.on(
        [setting.change for setting in settings],
        None,
        settings,
        settled,
        js=f"(...values) => vernissage.settle({settled._id}, values)",
        api_visibility="private",
    )
    options = {"trigger_mode": "always_last", "concurrency_id": DEVICE_QUEUE, **options}
    settled.change(guard(run), settings, outputs, **options)


def remembering(function: Callable) -> Callable:
    """An endpoint that answers what it was asked before at once, ahead of the queue (``gr.cache``).

    For those whose answer depends on their arguments alone, which are no files. Notes beside the answer
    (``gr.Info``) are told the first time only.
    """
    return gr.cache(function, max_size=256, max_memory="8mb")


# ---------------------------------------------------------------- the seed


def seed_row(seed: int = 0) -> SeedRow:
    """The seed in use, a box that keeps it, and "Surprise me", which picks another in the browser.

    Give ``row.seed`` to ``follow``; a button of your own that draws another seed asks ``next_seed``.
    """
    with gr.Row(elem_classes="v-seed"):
        number = gr.Number(seed, label="Seed", precision=0, minimum=0, maximum=SEED_LIMIT - 1, min_width=110, scale=1)
        lock = gr.Checkbox(False, label="Keep this seed", min_width=130, scale=1, container=False)
        surprise = gr.Button("Surprise me", size="md", min_width=120, scale=1)
    surprise.click(None, None, number, js=f"() => Math.floor(Math.random() * {SEED_LIMIT})", api_visibility="private")
    # Keeping a seed is a matter for the page alone: no round trip.
    lock.change(
        None,
        lock,
        [number, surprise],
        js="(kept) => [1, 2].map(() => ({interactive: !kept, __type__: 'update'}))",
        api_visibility="private",
    )
    return SeedRow(number, lock, surprise)


def next_seed(seed: int | float | None, locked: bool = False) -> int:
    """Another seed, or the same one when the visitor keeps it. A missing seed counts as 0."""
    return int(seed or 0) % SEED_LIMIT if locked else secrets.randbelow(SEED_LIMIT)


def whole_seed(seed: Any) -> int:
    """What anyone may have sent as a seed, checked; BadInput when it is none."""
    number = isinstance(seed, int | float) and not isinstance(seed, bool)
    if not number or not 0 <= seed < SEED_LIMIT or seed % 1:
        raise BadInput(f"A seed is a whole number from 0 to {SEED_LIMIT - 1}.")
    return int(seed)


# ---------------------------------------------------------------- long work


def calls_off(
    stop: gr.Button, work: gr.events.Dependency, outputs: Sequence[Component], at_rest: Sequence[Any]
) -> None:
    """Let a button call off what an event has begun, and bring its outputs to rest: values, or updates as dicts.

    The page does so itself, a little later: an answer of the work that is on its way already would else be hung
    over it (Gradio 6.31), and leave a button that waits for ever.
    """
    rest = f"async () => {{ await new Promise((done) => setTimeout(done, 600)); return {json.dumps(list(at_rest))}; }}"
    stopped = stop.click(None, None, None, cancels=work, api_visibility="private")
    stopped.then(None, None, list(outputs), js=rest, api_visibility="private")


# ---------------------------------------------------------------- the other two floors


@contextmanager
def look_inside(title: str = "Look inside") -> Iterator[gr.Accordion]:
    """The second floor: what the network does with this very input. Yields its accordion."""
    with gr.Accordion(title, open=False, elem_classes="v-floor v-inside") as panel:
        yield panel


def how_it_was_made(card: str | Path) -> gr.Accordion:
    """The third floor: a model card, by absolute path or by the name of a file in ``assets/cards``."""
    path = Path(card) if Path(card).is_absolute() else CARDS / Path(card).name
    with gr.Accordion("How it was made", open=False, elem_classes="v-floor v-card-text") as panel:
        gr.Markdown(path.read_text(encoding="utf-8"))
    return panel


def cards(of: Mapping[str, str | Path], chosen: Component) -> None:
    """The third floor of a room with several models: one card, by the value of ``chosen``; at first, the first."""
    panels = [how_it_was_made(card) for card in of.values()]
    for panel in panels[1:]:
        panel.visible = False
    one = f"(chosen) => {json.dumps(list(of))}.map((name) => ({{__type__: 'update', visible: name === chosen}}))"
    chosen.change(None, chosen, panels, js=one, api_visibility="private")
