"""Style transfer: any photo, painted in any of the museum's styles or your own, at once.

Gatys, Ecker and Bethge 2016 optimised a picture for minutes; Johnson et al. 2016 and Dumoulin et al. 2017 taught a
network to do it in one pass, Huang and Belongie 2017 for any painting. The functions above `build` are the demo itself;
the page's parts are in `demos/style`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from PIL import Image

from demos import kit
from demos.house.pictures import png_url
from demos.house.plain import PlainNumber
from demos.sketch.canvas import SketchFile
from demos.style import mixing, photos, service
from demos.style.film import Film, painted_film, words
from demos.style.inside import Inside, descended
from demos.style.studio import SETTINGS, Studio, opening
from demos.style.turn import Turn, check
from demos.style.turn import recipe as turned_recipe
from models import registry
from models.errors import BadInput
from models.media import read_picture, sign
from models.style import cycle, engine
from models.style.engine import HOUSE, LONGEST
from models.style.keepsake import DEMO as SLUG

FAMILY, CYCLES = "style", "style-cycle"
FIRST_STYLE = engine.styles()[0].slug

LABEL = kit.WallLabel(
    title="Style transfer",
    medium="Conditional instance normalisation: an encoder that sees a painting as a code, a network that paints by it",
    year="2016",
    authors="Leon Gatys, Alexander Ecker, Matthias Bethge; in one pass: Johnson, Dumoulin, Huang and others",
    paper_url="https://arxiv.org/abs/1508.06576",
    licence="Weights: CC BY 4.0, of apples and tomatoes CC BY-SA 4.0. No painting is in the box.",
    try_this="Drag the line over the picture. Then mix four styles, and walk from one to the other.",
)


# ---------------------------------------------------------------- the demo


def style_transfer(
    photo: str, style: str = FIRST_STYLE, strength: float = 1.0, keep_colours: bool = False, seed: int = 0
) -> Image.Image:
    """Paint a photo in one of the collection's styles.

    Args:
        photo: a picture file: PNG, JPEG, WebP, GIF, TIFF or BMP.
        style: the short name of a style, such as "great-wave"; a wrong one is answered with all there are. Four of
            them parted by commas and a place among them, "a,b,c,d@0.3,0.6", are a mix.
        strength: from 0 (the photo) to 1 (all of the style).
        keep_colours: whether the photo keeps its own colours.
        seed: a whole number from 0 to 2147483647; it moves the strokes.

    Returns:
        The painting, a PNG picture of the photo's own size, 768 to 1536 pixels on its longer side.
    """
    return _painted(_read(photo), str(style), strength, keep_colours is True, seed)


def style_from_picture(photo: str, style_picture: str, strength: float = 1.0) -> Image.Image:
    """Paint a photo in the style of another picture.

    Args:
        photo: a picture file: PNG, JPEG, WebP, GIF, TIFF or BMP.
        style_picture: the painting whose style it is, a picture file as well.
        strength: from 0 (the photo) to 1 (all of the style).

    Returns:
        The painting, a PNG picture of the photo's own size, 768 to 1536 pixels on its longer side.
    """
    style = mixing.own_text(engine.code_of(_read(style_picture)))
    return _painted(_read(photo), style, strength, False, 0)


def style_video(video: str, style: str = FIRST_STYLE, strength: float = 1.0) -> Iterator[str]:
    """Paint a short film in one of the collection's styles; its sound is kept.

    Args:
        video: a film file; what is longer than a few seconds is cut.
        style: the short name of a style, or a mix, as for `style_transfer`.
        strength: from 0 (the film) to 1 (all of the style).

    Returns:
        The painted film: MP4, with its recipe inside.
    """
    for news in painted_film(video, service.read({"style": style, "strength": strength})):
        if isinstance(news[0], str):
            yield news[0]


def translate_unpaired(photo: str, direction: str = "to-tomato") -> Image.Image:
    """Turn what a picture shows into its counterpart, learned without a single pair (CycleGAN).

    Args:
        photo: a picture file: one fruit on a plain ground works best.
        direction: "to-tomato" (from an apple) or "to-apple" (from a tomato).

    Returns:
        The translated picture, PNG.
    """
    check(direction)
    return sign(cycle.translate(_read(photo), direction).result, turned_recipe(direction))


def _read(file: str) -> Image.Image:
    if not file:
        raise BadInput("A picture is missing: send one as a file.")
    picture = read_picture(file)
    photos.check_shape(picture)
    return picture


def _painted(photo: Image.Image, style: str, strength: float, keep_colours: bool, seed: int) -> Image.Image:
    order = service.Order("", style, service.share(strength), keep_colours, kit.whole_seed(seed))
    photo = service.small(photo, LONGEST)
    painting = engine.paint(photo, order.ask(service.full_side(photo)))
    return sign(painting, service.recipe(order))


# ---------------------------------------------------------------- what the page asks


def take_home(order: str) -> Iterator[dict[str, Any]]:
    """The picture of an order at full size: updates of the studio that tell each step, and at last the file."""
    wanted = service.parse(order)

    def tell(**news: Any) -> dict[str, Any]:
        return gr.update(news={"id": wanted.get("id"), **news})

    yield tell(step=[0, 1])
    try:
        for news in service.finished(service.read(wanted), wanted.get("with_photo") is not False):
            yield tell(step=list(news)) if isinstance(news, tuple) else tell(picture=png_url(news))
    except Exception:
        yield tell(over=True)
        raise


def film(source: str | None, order: str) -> Iterator[list[Any]]:
    """A film painted as the page's picture is: updates of the film's part that tell each frame, and the film."""
    wanted = service.parse(order)

    def tell(**news: Any) -> dict[str, Any]:
        return gr.update(news={"id": wanted.get("id"), **news})

    yield [tell(step=[0, 1]), gr.skip()]
    try:
        for news in painted_film(source, service.read(wanted)):
            if isinstance(news[0], str):
                file, report = news
                yield [tell(said=words(report)), file]
            else:
                yield [tell(step=list(news)), gr.skip()]
    except Exception:
        yield [tell(over=True), gr.skip()]
        raise


# ---------------------------------------------------------------- the room

ORDER = "() => document.querySelector('%s').order"
FILM = "() => { const { source, order } = document.querySelector('#style-film .sf'); return [source, order]; }"
TELL = "() => document.querySelector('#style .st').settings()"
ASK = "(...asked) => ({__type__: 'update', props: {asked}})"
MODEL = "(model) => ({__type__: 'update', props: {model}})"


def build() -> dict[str, gr.components.Component]:
    """Hang the studio and what stands beneath; returns what links and recipes fill in."""
    hanging = opening()
    with kit.wall(LABEL):
        studio = Studio(hanging, elem_id="style")
    settings = _settings(hanging["first"]["settings"])
    parts = list(settings.values())
    studio.select(None, None, parts, js=TELL, api_visibility="private")
    gr.on([part.change for part in parts], None, parts, studio, js=ASK, api_visibility="private")
    order = _unseen_text()
    _long_work(studio, take_home, [order], [studio], ORDER % "#style .st")
    _film()
    turn = Turn(elem_id="style-turn")
    with kit.look_inside():
        inside = Inside(elem_id="style-inside", min_height=520)
        _long_work(inside, descended, [_unseen_text()], [inside], ORDER % "#style-inside .sn")
    model = _other_models(studio)
    kit.cards({_called(spec.key): spec.card for spec in registry.family(FAMILY)}, model)
    kit.how_it_was_made(registry.family(CYCLES)[0].card).label = "How the apples and tomatoes were made"
    _endpoints()
    return {**settings, "own": studio, "turn": turn, "model": model}


def _called(key: str) -> str:
    """A model's name in the chooser."""
    return "house" if key == HOUSE else key


def _settings(first: dict[str, Any]) -> dict[str, gr.components.Component]:
    """Everything a link may set, in the order of SETTINGS; the studio shows it all in its own way."""
    unseen = {"visible": "hidden", "container": False, "show_label": False}
    parts = {
        "photo": gr.Textbox(first["photo"], max_length=80, **unseen),
        "style": gr.Textbox(first["style"], max_length=mixing.LONGEST, **unseen),
        "strength": gr.Number(first["strength"], minimum=0, maximum=1, **unseen),
        "keep_colours": gr.Checkbox(first["keep_colours"], **unseen),
        "seed": gr.Number(first["seed"], precision=0, minimum=0, maximum=kit.SEED_LIMIT - 1, **unseen),
    }
    return {name: parts[name] for name in SETTINGS}


def _unseen_text() -> gr.Textbox:
    return gr.Textbox(visible="hidden", container=False, show_label=False)


def _long_work(part: gr.HTML, work: Callable[..., Iterator], inputs: list, outputs: list, js: str) -> None:
    """What a part orders waits its turn for the device, tells its steps and can be called off."""
    working = part.submit(
        kit.guard(work),
        inputs,
        outputs,
        js=js,
        concurrency_id=kit.DEVICE_QUEUE,
        trigger_mode="multiple",  # "once" would swallow an order while one that was called off is still leaving
        show_progress="hidden",
        api_visibility="private",
    )
    part.stop(None, None, None, cancels=working, api_visibility="private")


def _film() -> None:
    """A film to choose on the left, the painted one on the right."""
    with gr.Row(elem_classes="v-film"):
        with gr.Column(scale=3, min_width=280):
            part = Film(elem_id="style-film")
        with gr.Column(scale=2, min_width=280):
            result = gr.Video(
                label="Painted film",
                show_label=False,
                interactive=False,
                autoplay=True,
                loop=True,
                buttons=["download"],
                elem_id="style-film-painted",
                elem_classes="v-film-picture",
            )
    # Not a gr.Video: it would show the film a second time, and might convert it.
    source = gr.File(visible="hidden", type="filepath", show_label=False, container=False)
    _long_work(part, film, [source, _unseen_text()], [part, result], FILM)


def _other_models(studio: Studio) -> gr.Textbox:
    """The house model follows the hand; a large one from the hub is asked by a button and waits its turn."""
    with kit.more("Other models"):
        model = kit.model_chooser(FAMILY)
    model.change(None, model, studio, js=MODEL, api_visibility="private")
    return model


def _endpoints() -> None:
    """The room for programs: components that are never shown, only their types."""
    unseen = {"visible": False}
    photo, painting = SketchFile(label="Photo", **unseen), SketchFile(label="Style picture", **unseen)
    style = gr.Textbox(FIRST_STYLE, label="Style", max_length=mixing.LONGEST, **unseen)
    strength = PlainNumber(1.0, label="Strength", **unseen)
    keep_colours = gr.Checkbox(False, label="Keep colours", **unseen)
    seed = PlainNumber(0, label="Seed", precision=0, **unseen)
    movie = gr.Video(label="Video", **unseen)
    direction = gr.Textbox(cycle.DIRECTIONS[0], label="Direction", info=", ".join(cycle.DIRECTIONS), **unseen)
    picture = gr.Image(label="Picture", format="png", **unseen)
    for function, inputs, output in (
        (style_transfer, [photo, style, strength, keep_colours, seed], picture),
        (style_from_picture, [photo, painting, strength], picture),
        (style_video, [movie, style, strength], gr.Video(label="Painted video", **unseen)),
        (translate_unpaired, [photo, direction], picture),
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
    title="Style transfer",
    tagline="Any photo, any painting: thirty-two styles, your own, and everything between them.",
    label=LABEL,
    poster=kit.ASSETS / "examples" / f"{SLUG}.png",
    build=build,
    order=50,
    family=FAMILY,
    takes="own",
)
