"""The latent walk: choose two faces that never were, and walk from one to the other.

Radford, Metz and Chintala 2016 (DCGAN, arXiv:1511.06434, section 6.1): between any two points of the latent space
lie faces too. The functions above `build` are the demo itself; the page's parts are in `demos/walk`.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr
from PIL import Image

from demos import kit
from demos.house.counter import LIVE, SIDELINE, always
from demos.house.pictures import png_url
from demos.house.plain import PlainNumber
from demos.house.steps import OnStep, in_steps
from demos.walk import service
from demos.walk.inside import Inside
from demos.walk.reel import Reel, places_of
from demos.walk.stage import Stage, first_settings
from models import registry
from models.errors import BadInput
from models.faces import engine, film, walk
from models.media import picture_bytes, sign

FAMILY = "faces"
FIRST_FILM = (3, 8, 10)  # seeds on the wall at first paint
SECONDS = 2.0

MAKE, ASK = "Make the film", "Make this face"

LABEL = kit.WallLabel(
    title="The latent walk",
    medium="Style-based VAE-GAN with an invertible mapping network, taught with blends of volunteers' photographs",
    year="2016",
    authors="Alec Radford, Luke Metz, Soumith Chintala; with ideas of Tero Karras and others (2018 to 2020)",
    paper_url="https://arxiv.org/abs/1511.06434",
    licence="Weights: CC BY 4.0. No face here is a real person's.",
    try_this="Drag the dot slowly from A to B. Then pick a face with glasses and one without, and look when they go.",
)


# ---------------------------------------------------------------- the demo


def latent_walk(
    seed_a: int, seed_b: int, t: float = 0.5, psi: float = engine.PSI, path: str = walk.PATHS[0]
) -> Image.Image:
    """Make the face on the way between the faces of two seeds.

    Args:
        seed_a: a whole number from 0 to 2147483647: the face at t = 0.
        seed_b: a whole number as well: the face at t = 1.
        t: how far to walk, from 0 to 1; what lies outside is brought to the nearer end.
        psi: truncation, from 0 (the average face) to 1 (all the variety the model has).
        path: "w" (straight in the style space), "z-sphere" (around the sphere of z) or "z-straight" (through it).

    Returns:
        The face, a PNG picture of 128 x 128 pixels that carries its recipe.
    """
    place = walk.Place.between(kit.whole_seed(seed_a), kit.whole_seed(seed_b), _within("t", t))
    psi = _within("psi", psi)
    return sign(walk.faces_at([place], psi, path)[0], walk.recipe(place, path, psi))


def _within(name: str, value: float) -> float:
    """A share brought into 0..1, and said so."""
    share = walk.clamp(value)
    if share != float(value):
        gr.Info(f"{name} goes from 0 to 1: {float(value):g} became {share:g}.", title="")
    return share


def latent_film(
    seeds: str, seconds: float = SECONDS, path: str = walk.PATHS[0], psi: float = engine.PSI
) -> Iterator[str]:
    """Film a closed walk through the faces of some seeds; the last one leads back to the first.

    Args:
        seeds: 2 to 24 whole numbers parted by commas, such as "3, 8, 21".
        seconds: from each face to the next, from 0.5 to 10; a film lasts 60 seconds at most.
        path: "w" (straight in the style space), "z-sphere" (around the sphere of z) or "z-straight" (through it).
        psi: truncation, from 0 (the average face) to 1 (all the variety the model has).

    Returns:
        The film: MP4, 24 frames a second, 384 x 384 pixels enlarged from the model's 128, with its recipe inside.
    """
    planned, changed = film.plan(seeds_as_places(seeds), seconds, path, psi)
    if changed:
        gr.Info(changed, title="")
    yield from (news for news in filmed(planned) if isinstance(news, str))


def seeds_as_places(seeds: str) -> list[walk.Place]:
    """Seeds in a row as keyframes; BadInput for what is no seed."""
    words = [word for word in re.split(r"[\s,;]+", str(seeds or "").strip(" []()")) if word]
    for word in words:
        if not re.fullmatch(r"\d{1,10}", word):
            raise BadInput(f"{word[:20]!r} is no seed: write whole numbers parted by commas, such as 3, 8, 21.")
    return [walk.Place.between(seed, seed) for seed in (kit.whole_seed(int(word)) for word in words)]


def filmed(planned: film.Film) -> Iterator[tuple[int, int] | str]:
    """Make a film: yields (frames done, in all), at last its file, which is gone once the iterator goes on."""
    with TemporaryDirectory(prefix="vernissage-film-") as folder:
        file = Path(folder) / f"faces-{'-'.join(str(place.seeds[0]) for place in planned.places[:6])}.mp4"

        def work(on_step: OnStep) -> str:
            film.write(planned, file, on_step=on_step)
            return str(file)

        with closing(in_steps(work)) as steps:
            yield from steps


# ---------------------------------------------------------------- what the page asks


def film_of_row(keyframes: str, seconds: float, path: str, psi: float, model: str) -> Iterator[list[Any]]:
    """The film of the row: updates of the bar, of the button that asked, the one that stops, and the film."""
    try:
        if model not in service.LIVE_MODELS:
            raise BadInput("A film takes hundreds of faces, and this model takes its time for each: choose another.")
        planned, changed = film.plan(places_of(keyframes), seconds, path, psi, service.LIVE_MODELS[model])
        if changed:
            gr.Info(changed, title="")
        for news in filmed(planned):
            if isinstance(news, str):
                yield [*FILM_AT_REST, news]
            else:
                done, total = news
                button = gr.update(value=f"Frame {done} of {total}", interactive=False)
                yield [bar(done / total), button, gr.update(visible=True), gr.skip()]
    except Exception:
        yield [*FILM_AT_REST, gr.skip()]
        raise


def bar(share: float | None = None) -> str:
    """How far a film has come, as HTML; its place stays empty while none is made."""
    if share is None:
        return '<div class="v-meter-bar v-unseen"><span></span></div>'
    return (
        f'<div class="v-meter-bar" role="progressbar" aria-label="The film" aria-valuenow="{share:.0%}">'
        f'<span style="width:{share:.1%}"></span></div>'
    )


def face_by_guest(model: str, path: str, psi: float, way: str, t: float, down: float, *seeds: int) -> Iterator[list]:
    """The large face by a model from the hub: updates of the stage, of the button that asked, the one that stops."""
    try:
        a, b, c, d = (kit.whole_seed(seed) for seed in seeds)
        place = walk.Place((a, b, c, d), t, down) if way == "four" else walk.Place.between(a, b, t)
        yield [gr.skip(), gr.update(value="Getting the model ready", interactive=False), gr.update(visible=True)]
        with closing(in_steps(partial(walk.slow_face, place, psi, path, model))) as steps:
            for news in steps:
                if isinstance(news, tuple):
                    yield [gr.skip(), gr.update(value="Step {} of {}".format(*news)), gr.skip()]
                else:
                    picture = png_url(picture_bytes(news, walk.recipe(place, path, psi, model)))
                    yield [gr.update(photo=picture), *FACE_AT_REST]
    except Exception:
        yield [gr.skip(), *FACE_AT_REST]
        raise


# ---------------------------------------------------------------- the room

AT_REST = {"__type__": "update", "interactive": True}
GONE = {"__type__": "update", "visible": False}
FILM_AT_REST = [bar(), {**AT_REST, "value": MAKE}, GONE]
FACE_AT_REST = [{**AT_REST, "value": ASK}, GONE]
# At once, in the page: whoever waits for a place may call it off as well.
WAITING = [{**AT_REST, "value": "Waiting for a place", "interactive": False}, {**GONE, "visible": True}]
IN_LINE = f"() => {json.dumps(WAITING)}"

# What the page does by itself: the stage follows the settings, and tells them where the visitor has come to rest.
STAGE = "document.querySelector('#walk .wk')"
CHOSEN = ("seed_a", "seed_b", "seed_c", "seed_d", "t", "down", "path", "way")
TELL = f"() => {{ const now = JSON.parse({STAGE}.dataset.state); return {list(CHOSEN)}.map((name) => now[name]); }}"
FOLLOW = "({0}) => ({{__type__: 'update', props: {{{0}}}}})"
FOR_GUESTS = f"(model) => ({{__type__: 'update', visible: !{list(service.LIVE_MODELS)}.includes(model)}})"


def build() -> dict[str, gr.components.Component]:
    """Hang the stage, its controls, the film and the floors beneath; returns what links and recipes fill in."""
    first = first_settings()
    with kit.wall(LABEL):
        way = gr.Radio(
            [("Two faces", "two"), ("Four corners", "four")],
            value=first["way"],
            label="Walk between",
            show_label=False,
            container=False,
            elem_id="walk-way",
        )
        beside = (service.wall, service.strips, service.field)
        answers = [
            # Together: of eight faces in a pass, each takes 32 ms of processor time instead of 44 (bench_batches.py).
            LIVE.serve(service.face, always, service.faces, engine.AT_ONCE),
            *(SIDELINE.serve(function, always) for function in beside),
        ]
        stage = Stage(first, answers, elem_id="walk")
    with kit.controls():
        psi = gr.Slider(
            0,
            1,
            value=first["psi"],
            step=0.05,
            label="Truncation ψ",
            info="0 is the average face, 1 all the variety there is.",
            elem_classes="v-narrow",
        )
    settings = {"way": way, "psi": psi, **_unseen(first)}
    settings["model"] = _other_models(stage, settings)
    _follow(stage, settings)
    reel, seconds = _film(settings)
    with kit.look_inside():
        Inside([SIDELINE.serve(function, always) for function in (service.inside, service.layers)], min_height=480)
    called = {engine.HOUSE: "house"}  # by the chooser
    kit.cards({called.get(spec.key, spec.key): spec.card for spec in registry.family(FAMILY)}, settings["model"])
    _endpoints()
    return {**settings, "seconds": seconds, "keyframes": reel}


def _follow(stage: Stage, settings: dict[str, gr.components.Component]) -> None:
    """Have the stage hear of every setting, and the settings of what is chosen on it."""
    gr.on(
        [part.change for part in settings.values()],
        None,
        list(settings.values()),
        stage,
        js=FOLLOW.format(", ".join(settings)),
        api_visibility="private",
    )
    stage.select(None, None, [settings[name] for name in CHOSEN], js=TELL, api_visibility="private")


def _unseen(first: dict[str, Any]) -> dict[str, gr.components.Component]:
    """Settings that the stage shows in its own way; here for links, recipes and the address."""
    unseen = {"visible": "hidden", "show_label": False, "container": False}
    numbers = {
        name: gr.Number(first[name], precision=0, minimum=0, maximum=kit.SEED_LIMIT - 1, **unseen)
        for name in CHOSEN[:4]
    }
    # Without bounds: the stage says so when it had to bring a number back.
    shares = {name: gr.Number(first[name], **unseen) for name in ("t", "down")}
    return {**numbers, **shares, "path": gr.Radio(list(walk.PATHS), value=first["path"], **unseen)}


def _film(settings: dict[str, gr.components.Component]) -> tuple[Reel, gr.Slider]:
    """The row of keyframes, and the film of it."""
    with gr.Row(elem_classes="v-film"):
        with gr.Column(scale=3, min_width=280):
            reel = Reel(FIRST_FILM, SECONDS, [SIDELINE.serve(service.stills, always)], elem_id="reel")
            with kit.controls():
                seconds = gr.Slider(
                    film.SHORTEST,
                    film.LONGEST,
                    value=SECONDS,
                    step=0.5,
                    label="Seconds from face to face",
                    elem_id="film-seconds",
                    elem_classes="v-narrow",
                )
            with kit.controls():
                make = gr.Button(MAKE, variant="primary", elem_id="make-film")
                stop = gr.Button("Stop", visible=False)
            progress = gr.HTML(bar(), js_on_load=None, apply_default_css=False)
        with gr.Column(scale=2, min_width=280):
            video = gr.Video(
                label="Film",
                show_label=False,
                interactive=False,
                autoplay=True,
                loop=True,
                buttons=["download"],
                elem_id="film",
                elem_classes="v-film-picture",
            )
    seconds.change(None, seconds, reel, js=FOLLOW.format("seconds"), api_visibility="private")
    make.click(None, None, [make, stop], js=IN_LINE, api_visibility="private")
    making = make.click(
        kit.guard(film_of_row),
        [reel, seconds, settings["path"], settings["psi"], settings["model"]],
        [progress, make, stop, video],
        concurrency_id=kit.DEVICE_QUEUE,
        trigger_mode="multiple",  # "once" would swallow a click while one that was called off is still leaving
        show_progress="minimal",
        show_progress_on=video,
        api_visibility="private",
    )
    kit.calls_off(stop, making, [progress, make, stop], FILM_AT_REST)
    return reel, seconds


def _other_models(stage: Stage, settings: dict[str, gr.components.Component]) -> gr.Textbox:
    """The house model and the historical one follow the hand; one from the hub is asked by a button."""
    with kit.more("Other models"):
        model = kit.model_chooser(FAMILY, beside=(engine.DCGAN,))
        make = gr.Button(ASK, variant="primary", visible=False)
        stop = gr.Button("Stop", visible=False)
    model.change(None, model, make, js=FOR_GUESTS, api_visibility="private")
    names = ("path", "psi", "way", "t", "down", *CHOSEN[:4])
    make.click(None, None, [make, stop], js=IN_LINE, api_visibility="private")
    making = make.click(
        kit.guard(face_by_guest),
        [model, *(settings[name] for name in names)],
        [stage, make, stop],
        concurrency_id=kit.DEVICE_QUEUE,
        trigger_mode="multiple",
        api_visibility="private",
    )
    kit.calls_off(stop, making, [make, stop], FACE_AT_REST)
    return model


def _endpoints() -> None:
    """`/latent_walk` and `/latent_film` for programs: components that are never shown, only their types."""
    seed_a, seed_b = (
        PlainNumber(seed, label=f"Seed {name}", precision=0, visible=False) for seed, name in ((3, "A"), (8, "B"))
    )
    t, psi = PlainNumber(0.5, label="t", visible=False), PlainNumber(engine.PSI, label="psi", visible=False)
    path = gr.Textbox(walk.PATHS[0], label="Path", info=", ".join(walk.PATHS), visible=False)
    face = gr.Image(label="Face", format="png", visible=False)
    seeds = gr.Textbox("3, 8, 21", label="Seeds", visible=False)
    seconds = PlainNumber(SECONDS, label="Seconds", visible=False)
    video = gr.Video(label="Film", visible=False)
    options = {"concurrency_id": kit.DEVICE_QUEUE}
    gr.Button(visible=False).click(
        kit.guard(kit.remembering(latent_walk)), [seed_a, seed_b, t, psi, path], face, api_name="latent_walk", **options
    )
    gr.Button(visible=False).click(
        kit.guard(latent_film), [seeds, seconds, path, psi], video, api_name="latent_film", **options
    )


DEMO = kit.Demo(
    slug=walk.DEMO,
    title="The latent walk",
    tagline="Two faces that never were, and every face between them.",
    label=LABEL,
    poster=kit.ASSETS / "examples" / f"{walk.DEMO}.png",
    build=build,
    order=20,
    family=FAMILY,
)
