"""Face arithmetic: faces minus faces plus faces, worked out as you choose them.

Radford, Metz and Chintala 2016 (DCGAN, arXiv:1511.06434), figure 7: man with glasses - man + woman = woman with
glasses. The functions above `build` are the demo itself; its page is in `demos/arithmetic`.
"""

import base64
import binascii
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Any

import gradio as gr
from PIL import Image

from demos import kit
from demos.arithmetic.board import ASSETS, WALL, Board, opening, read_out
from demos.arithmetic.inside import LABELS, sheet
from demos.arithmetic.words import describe
from demos.house.counter import LIVE, SIDELINE, Answer
from demos.house.pictures import png_url, webp_url
from demos.house.steps import in_steps
from models.errors import BadInput
from models.faces import arithmetic
from models.faces.engine import ATTRIBUTES, FURTHEST
from models.faces.equation import MOST, TERMS, Equation, Exemplar, Likeness, read_exemplar
from models.faces.equation_picture import DEMO as SLUG
from models.faces.equation_picture import equation_picture, grid_picture, recipe
from models.media import picture_bytes, read_picture, sign

SUM = "sum"  # in the place of a face: the sum of the equation
OVER = {"over": True}  # news of a photo: nothing more is coming
MAX_TERM = 6_000  # characters: three faces of photos
MAX_PHOTO = 12 * 2**20  # characters of a data URL; the page sends a tenth of it

INVITATION = "<p>Fill all three terms above, and this panel shows what their vectors do.</p>"

LABEL = kit.WallLabel(
    title="Face arithmetic",
    medium="Style-based VAE-GAN of 7 M parameters; the sum is taken in its style latent w, between means of faces",
    year="2016",
    authors="Alec Radford, Luke Metz, Soumith Chintala",
    paper_url="https://arxiv.org/abs/1511.06434",
    licence="Weights: CC BY 4.0 (no face shows a real person)",
    try_this="Put another pair of glasses into the first term and watch who wears them. Then turn the years up.",
)


# ---------------------------------------------------------------- the demo


def face_arithmetic(plus_seeds: str, minus_seeds: str, add_seeds: str, seed: int = 0) -> Image.Image:
    """Add and subtract faces: the mean of some, minus the mean of others, plus the mean of more.

    Args:
        plus_seeds: seeds of one to three faces to begin with, for example "4, 27".
        minus_seeds: seeds of one to three faces to take away.
        add_seeds: seeds of one to three faces to add.
        seed: a whole number; it varies the eight faces around the sum.

    Returns:
        A PNG picture of 384 x 384 pixels: the sum in the middle, eight faces near it around.
    """
    equation = Equation.read(plus_seeds, minus_seeds, add_seeds, kit.whole_seed(seed))
    return sign(grid_picture(arithmetic.solve(equation)), recipe(equation.settings(), equation.seed))


def face_attributes(
    seed: int = 0, glasses: float = 0, smile: float = 0, age: float = 0, woman: float = 0
) -> Image.Image:
    """Turn the attributes of a face up or down, each in standard deviations from -3 to 3; 0 changes nothing.

    Args:
        seed: a whole number, the face.
        glasses: above 0 puts glasses on, below takes them off.
        smile: above 0 smiles, below looks serious.
        age: above 0 is older, below is younger.
        woman: above 0 is more of a woman, below more of a man.

    Returns:
        The turned face, a PNG picture of 128 x 128 pixels.
    """
    face = kit.whole_seed(seed)
    wanted = {"glasses": glasses, "smile": smile, "age": age, "woman": woman}
    changes = _changes(wanted)
    if beyond := [name for name in ATTRIBUTES if changes[name] != wanted[name]]:
        gr.Warning(f"Attributes go from -3 to 3: {', '.join(beyond)} went no further.", title="")
    picture = arithmetic.turned(face, changes)[1]
    return sign(Image.fromarray(picture), recipe({"face": str(face), **changes}, 0))


def _changes(order: Mapping[str, Any]) -> dict[str, float]:
    """How far attributes are turned, by name, clamped to -3..3; BadInput for what is no number."""
    changes = {name: order.get(name) or 0.0 for name in ATTRIBUTES}
    for name, value in changes.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise BadInput(f"{name.capitalize()} is turned by a number from -{FURTHEST:.0f} to {FURTHEST:.0f}.")
    return {name: min(max(float(value), -FURTHEST), FURTHEST) for name, value in changes.items()}


# ---------------------------------------------------------------- what the page asks


def solve(order: dict) -> Answer:
    """The sum of {plus, minus, add, seed}: the nine faces, and the mean of each term."""
    worked = arithmetic.solve(_equation(order))
    means = [webp_url(Image.fromarray(mean)) for mean in worked.means]
    return {"photo": {"grid": webp_url(grid_picture(worked)), "means": means}}


def read(order: dict) -> Answer:
    """The attributes measured in {plus, minus, add} and in their sum."""
    return read_out(arithmetic.read(_equation(order)))


def turn(order: dict) -> Answer:
    """{face} as it is and with its attributes turned, and what is measured in both."""
    from models.faces.attributes import measure

    pictures = arithmetic.turned(_subject(order), _changes(order))
    found = measure(pictures)
    measured = [{name: float(found[name][place]) for name in ATTRIBUTES} for place in range(2)]
    before, after = (webp_url(Image.fromarray(picture)) for picture in pictures)
    return {"photo": {"before": before, "after": after, "measured": measured, "words": describe(measured[1])}}


def faces(order: dict) -> Answer:
    """One picture each of {faces}."""
    asked = order.get("faces")
    if not isinstance(asked, list) or not 0 < len(asked) <= WALL + 3 * MOST:
        raise BadInput(f"Ask for up to {WALL + 3 * MOST} faces at a time.")
    made = arithmetic.portraits([read_exemplar(str(face)) for face in asked])
    return {"pictures": {face: webp_url(Image.fromarray(picture)) for face, picture in zip(asked, made, strict=True)}}


def keep(order: dict) -> Answer:
    """The picture to take home: {what} is "equation", "grid" or "face"."""
    what, seed = order.get("what"), kit.whole_seed(order.get("seed"))
    if what == "face":
        face, changes = _subject(order), _changes(order)
        terms = face.settings() if isinstance(face, Equation) else {}
        picture = Image.fromarray(arithmetic.turned(face, changes)[1])
        settings = {**terms, "face": SUM if terms else str(face), **changes}
    else:
        equation = _equation(order)
        picture = equation_picture(equation) if what == "equation" else grid_picture(arithmetic.solve(equation))
        settings = equation.settings()
    return {"picture": png_url(picture_bytes(picture, recipe(settings, seed)))}


def of_seeds(order: dict) -> bool:
    """Whether all faces of an order are generated, and so the same for everybody; one found for a photo is not kept."""
    return "w" not in str([order.get(name) for name in (*TERMS, "face", "faces")])


def _equation(order: dict) -> Equation:
    return Equation.read(*(order.get(name) for name in TERMS), kit.whole_seed(order.get("seed")))


def _subject(order: dict) -> Exemplar | Equation:
    """The face that the sliders turn."""
    face = order.get("face")
    return _equation(order) if face == SUM else read_exemplar(str(face))


def find_likeness(photo: str) -> Iterator[dict[str, Any]]:
    """The nearest face to a photo (a data URL): updates of the board that tell the steps, and at last the face."""
    from models.faces.inversion import invert

    yield gr.update(news={"step": [0, 1]})  # so that whatever comes next is news to the page
    try:
        picture = read_picture(_bytes(photo))
        with closing(in_steps(partial(_invert, invert, picture))) as steps:
            for news in steps:
                yield gr.update(news={"step": list(news)} if isinstance(news, tuple) else _likeness(news))
    except Exception:
        yield gr.update(news=OVER)
        raise


def _invert(invert: Any, picture: Image.Image, on_step: Any) -> Any:
    return invert(picture, on_step=on_step)


def _likeness(found: Any) -> dict[str, str]:
    return {"face": str(Likeness.of(found.w)), "picture": webp_url(found.face), "crop": webp_url(found.crop)}


def _bytes(data_url: Any) -> bytes:
    if not isinstance(data_url, str) or len(data_url) > MAX_PHOTO:
        raise BadInput("That photo is too large: please choose a smaller one.")
    try:
        return base64.b64decode(data_url.partition(",")[2], validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadInput("There is no photo: choose a picture of one face, seen from the front.") from error


# ---------------------------------------------------------------- looking inside


def look(order: str, across: str, up: str) -> str:
    """What the vectors of this equation do, as HTML; `across` and `up` are attributes or "" for those that matter."""
    try:
        wanted = json.loads(order)
    except (ValueError, TypeError) as error:
        raise BadInput("Fill all three terms first.") from error
    return sheet(_equation(wanted if isinstance(wanted, dict) else {}), across, up)


# ---------------------------------------------------------------- the room

SETTINGS = "() => document.querySelector('#arithmetic .fa').settings()"
PHOTO = "() => document.querySelector('#arithmetic .fa').photo"
ASK = "(...asked) => ({__type__: 'update', props: {asked}})"
LOOKING = "() => ({__type__: 'update', props: {looking: %s}})"


def build() -> dict[str, gr.components.Component]:
    """Hang the equation with its wall of faces and its sliders; returns what links and recipes fill in."""
    hanging = opening()
    with kit.wall(LABEL):
        board = Board(
            hanging,
            # Not several at a time: a sum is a full pass of the generator by itself.
            [
                *(LIVE.serve(function, of_seeds) for function in (solve, turn, faces)),
                *(SIDELINE.serve(function, of_seeds) for function in (read, keep)),
            ],
            elem_id="arithmetic",
        )
    settings = _settings(hanging["presets"][0], hanging["seed"])
    parts = list(settings.values())
    board.select(None, None, parts, js=SETTINGS, api_visibility="private")
    gr.on([part.change for part in parts], None, parts, board, js=ASK, api_visibility="private")
    _photos(board)
    _look_inside(board)
    kit.how_it_was_made("faces-generator.md")
    _endpoints()
    return settings


def _settings(first: Mapping[str, str], seed: int) -> dict[str, gr.components.Component]:
    """Everything a link may set, in the order of `settings()` on the page, which shows it all in its own way."""
    unseen = {"visible": "hidden", "container": False, "show_label": False}
    terms = {name: gr.Textbox(first[name], max_length=MAX_TERM, **unseen) for name in TERMS}
    face = gr.Textbox(SUM, max_length=MAX_TERM, **unseen)
    varied = gr.Number(seed, precision=0, minimum=0, maximum=kit.SEED_LIMIT - 1, **unseen)
    return {**terms, "seed": varied, "face": face, **{name: gr.Number(0, **unseen) for name in ATTRIBUTES}}


def _photos(board: Board) -> None:
    """A photo waits its turn for the device, tells its steps and can be called off."""
    photo = gr.Textbox(visible="hidden", container=False, show_label=False)
    finding = board.upload(
        kit.guard(find_likeness),
        photo,
        board,
        js=PHOTO,
        concurrency_id=kit.DEVICE_QUEUE,
        show_progress="hidden",
        api_visibility="private",
    )
    board.stop(lambda: gr.update(news=OVER), None, board, cancels=finding, queue=False, api_visibility="private")


def _look_inside(board: Board) -> None:
    """The second floor. Only while it is open does the board tell when an equation has settled."""
    with kit.look_inside() as panel:
        with kit.controls():
            axes = [("As the sum asks", ""), *((LABELS[name].capitalize(), name) for name in ATTRIBUTES)]
            across = gr.Dropdown(axes, value="", label="Across", min_width=150)
            up = gr.Dropdown(axes, value="", label="Up", min_width=150)
        inside = gr.HTML(
            INVITATION,
            css_template=(ASSETS / "inside.css").read_text(encoding="utf-8"),
            apply_default_css=False,
            js_on_load=None,
            min_height=420,
        )
    panel.expand(None, None, board, js=LOOKING % "true", api_visibility="private")
    panel.collapse(None, None, board, js=LOOKING % "false", api_visibility="private")
    gr.on(
        [board.submit, across.input, up.input],
        kit.guard(look),
        [board, across, up],
        inside,
        trigger_mode="always_last",
        concurrency_id=kit.DEVICE_QUEUE,
        show_progress="hidden",
        api_visibility="private",
    )


def _endpoints() -> None:
    """`/face_arithmetic` and `/face_attributes` for programs: components that are never shown, only their types."""
    terms = [gr.Textbox(label=label, visible=False) for label in ("Plus seeds", "Minus seeds", "Add seeds")]
    seed = gr.Number(0, label="Seed", precision=0, visible=False)
    turns = [gr.Number(0, label=name.capitalize(), visible=False) for name in ATTRIBUTES]
    picture = gr.Image(label="Picture", format="png", visible=False)
    for function, inputs in ((face_arithmetic, [*terms, seed]), (face_attributes, [seed, *turns])):
        gr.Button(visible=False).click(
            kit.guard(kit.remembering(function)),
            inputs,
            picture,
            api_name=function.__name__,
            concurrency_id=kit.DEVICE_QUEUE,
        )


DEMO = kit.Demo(
    slug=SLUG,
    title="Face arithmetic",
    tagline="A man with glasses, minus a man, plus a woman: add and subtract faces as if they were numbers.",
    label=LABEL,
    poster=kit.ASSETS / "examples" / f"{SLUG}.png",
    build=build,
    order=30,
    family="faces",
)
