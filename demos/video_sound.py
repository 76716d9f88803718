"""Sound for silent video: a network watches for what is hit, and every hit is struck.

Owens, Isola, McDermott, Torralba, Adelson and Freeman 2016, "Visually Indicated Sounds". The functions above `build`
are the demo itself; the page's parts are in `demos/sound`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from demos import kit
from demos.house.plain import PlainNumber
from demos.sound import service
from demos.sound.game import Game
from demos.sound.inside import Inside
from demos.sound.stage import SETTINGS, Stage, first_settings, opening
from models import registry
from models.errors import BadInput
from models.foley import engine, keepsake, synthesis
from models.foley.engine import HOUSE
from models.foley.keepsake import DEMO as SLUG
from models.foley.keepsake import LONGEST_TEXT
from models.foley.materials import NAMES
from models.foley.synthesis import BACKENDS, Ask

FAMILY = "foley"

LABEL = kit.WallLabel(
    title="Sound for silent video",
    medium="A network of motion and appearance, taught with simulated films; modal synthesis",
    year="2016",
    authors="Andrew Owens, Phillip Isola, Josh McDermott, Antonio Torralba, Edward Adelson and William Freeman",
    paper_url="https://arxiv.org/abs/1512.08512",
    licence="Weights: Apache-2.0. Every film and sound it learnt from was rendered by this project.",
    try_this="Press play. Then drag a hit along the line, and turn the metal into glass.",
)


# ---------------------------------------------------------------- the demo


def video_sound(video: str, material: str = "", backend: str = BACKENDS[0], seed: int = 0) -> Iterator[str]:
    """Give a silent film the sound of what is hit in it.

    Args:
        video: a film file; its first 15 seconds are used.
        material: what everything is made of, such as "wood"; a wrong one is answered with all there are. Empty: as
            the model sees it, each hit by itself.
        backend: "modal" (struck anew), "exemplar" (looked up) or "griffin-lim" (inverted from a cochleagram).
        seed: a whole number from 0 to 2147483647; it draws the things that are struck.

    Returns:
        The film with its sound: MP4, its pictures as they were, its recipe inside.
    """
    ask = synthesis.check(Ask(str(backend), str(material or "") or None, seed=kit.whole_seed(seed)))
    watched = _watched(video)
    order = service.Order(keepsake.rounded(watched.hits), watched.seconds, ask)
    yield from service.finished(Path(video), order, "")


def video_hits(video: str) -> list[dict[str, Any]]:
    """Watch a silent film for what is hit in it.

    Args:
        video: a film file; its first 15 seconds are used.

    Returns:
        The hits in the order of time: {"time": seconds, "strength": 0 to 1, "materials": {name: probability}}.
    """
    return [
        {
            "time": round(hit.seconds, 4),
            "strength": round(hit.strength, 3),
            "materials": {name: round(share, 3) for name, share in zip(NAMES, hit.materials)},
        }
        for hit in _watched(video).hits
    ]


def _watched(video: str) -> engine.Watched:
    if not video:
        raise BadInput("A film is missing: send one as a file.")
    watched = engine.watch(Path(video))
    if watched.note:
        gr.Info(watched.note, title="")
    return watched


# ---------------------------------------------------------------- what the page asks


def long_work(source: str | None, order: str) -> Iterator[list[Any]]:
    """The page's order to watch, to save, to re-voice or to explain: updates of the stage that tell each step and what
    came of it, and the file of what is saved."""
    wanted = service.parse(order)

    def tell(**news: Any) -> dict[str, Any]:
        return gr.update(news={"id": wanted.get("id"), **news})

    yield [tell(step=[0, 1]), None]  # the same film saved again would be no news
    try:
        for news in _work(source, wanted):
            if isinstance(news, tuple):
                yield [tell(step=list(news)), gr.skip()]
            elif isinstance(news, str):
                yield [tell(saved=True), news]
            else:
                yield [tell(**news), gr.skip()]
    except Exception:
        yield [tell(over=True), gr.skip()]
        raise


def _work(source: str | None, wanted: dict[str, Any]) -> Iterator[Any]:
    """Yields (steps done, in all), and at last a dict to tell or the path of a film."""
    kind = wanted.get("kind")
    if kind == "watch":
        return service.opened(service.film_of(source, wanted), wanted.get("show") is True)
    if kind == "why":
        return service.explained(service.film_of(source, wanted), wanted.get("at"))
    if kind == "voice":
        return service.revoiced(service.read(wanted), *service.voice_of(wanted))
    if kind == "save":
        return service.saved(service.film_of(source, wanted), wanted)
    raise BadInput("That order cannot be read: please ask once more.")


# ---------------------------------------------------------------- the room

ORDER = "() => { const { source, order } = document.querySelector('#sound .so'); return [source, order]; }"
TELL = "() => document.querySelector('#sound .so').settings()"
ASK = "(...asked) => ({__type__: 'update', props: {asked}})"
GIVE = "({0}) => ({{__type__: 'update', props: {{{0}}}}})"


def build() -> dict[str, gr.components.Component]:
    """Hang the stage and what stands beneath; returns what links and recipes fill in."""
    with kit.wall(LABEL):
        stage = Stage(opening(), elem_id="sound")
    settings = _settings(first_settings())
    parts = list(settings.values())
    stage.select(None, None, parts, js=TELL, api_visibility="private")
    gr.on([part.change for part in parts], None, parts, stage, js=ASK, api_visibility="private")
    _long_work(stage)
    Game(elem_id="sound-game")
    with kit.look_inside():
        Inside(elem_id="sound-inside", min_height=520)
    with kit.more("Other models"):
        model = kit.model_chooser(FAMILY)
    model.change(None, model, stage, js=GIVE.format("model"), api_visibility="private")
    kit.cards({"house" if spec.key == HOUSE else spec.key: spec.card for spec in registry.family(FAMILY)}, model)
    _endpoints()
    return {**settings, "model": model}


def _settings(first: dict[str, Any]) -> dict[str, gr.components.Component]:
    """Everything a link may set, in the order of SETTINGS; the stage shows it all in its own way."""
    unseen = {"visible": "hidden", "container": False, "show_label": False}
    parts = {
        "clip": gr.Textbox(first["clip"], max_length=80, **unseen),
        "hits": gr.Textbox(first["hits"], max_length=LONGEST_TEXT, **unseen),
        "material": gr.Textbox(first["material"], max_length=40, **unseen),
        "backend": gr.Radio(list(BACKENDS), value=first["backend"], **unseen),
        "room": gr.Number(first["room"], minimum=0, maximum=1, **unseen),
        "volume": gr.Number(first["volume"], minimum=0, maximum=2, **unseen),
        "original": gr.Number(first["original"], minimum=0, maximum=1, **unseen),
        "seed": gr.Number(first["seed"], precision=0, minimum=0, maximum=kit.SEED_LIMIT - 1, **unseen),
    }
    return {name: parts[name] for name in SETTINGS}


def _long_work(stage: Stage) -> None:
    """What the stage orders waits its turn for the device, tells its steps and can be called off."""
    unseen = {"visible": "hidden", "show_label": False, "container": False}
    # Not gr.Video: it would show the films a second time, and might convert them.
    source, kept = gr.File(type="filepath", **unseen), gr.File(interactive=False, **unseen)
    working = stage.submit(
        kit.guard(long_work),
        [source, gr.Textbox(**unseen)],
        [stage, kept],
        js=ORDER,
        concurrency_id=kit.DEVICE_QUEUE,
        trigger_mode="multiple",  # "once" would swallow an order while one that was called off is still leaving
        show_progress="hidden",
        api_visibility="private",
    )
    working.then(None, js="() => document.querySelector('#sound .so')?.over()", api_visibility="private")
    stage.stop(None, None, None, cancels=working, api_visibility="private")
    kept.change(None, kept, stage, js=GIVE.format("file"), api_visibility="private")


def _endpoints() -> None:
    """`/video_sound` and `/video_hits` for programs: components that are never shown, only their types."""
    unseen = {"visible": False}
    film = gr.Video(label="Video", **unseen)
    material = gr.Textbox("", label="Material", info=", ".join(NAMES), **unseen)
    backend = gr.Textbox(BACKENDS[0], label="Back-end", info=", ".join(BACKENDS), **unseen)
    seed = PlainNumber(0, label="Seed", precision=0, **unseen)
    for function, inputs, output in (
        (video_sound, [film, material, backend, seed], gr.Video(label="Video with sound", **unseen)),
        (video_hits, [film], gr.JSON(label="Hits", **unseen)),
    ):
        gr.Button(**unseen).click(
            kit.guard(function),
            inputs,
            output,
            api_name=function.__name__,
            concurrency_id=kit.DEVICE_QUEUE,
        )


DEMO = kit.Demo(
    slug=SLUG,
    title="Sound for silent video",
    tagline="A film without sound goes in; every hit in it is heard.",
    label=LABEL,
    poster=kit.ASSETS / "examples" / f"{SLUG}.png",
    build=build,
    order=60,
    family=FAMILY,
)
