"""The text-to-image room without a browser: what the page asks, and what programs get from its endpoint."""

import base64
import io
import json

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from demos.text import inside, service
from demos.text.grid import Grid, made, side
from demos.text.studio import SETTINGS, opening
from models.errors import BadInput, Stopped
from models.media import read_recipe
from models.text2image import engine
from models.text2image.engine import Ask, Step
from models.text2image.keepsake import recipe
from models.text2image.words import EXAMPLES

room = pytest.importorskip("demos.text_to_image", reason="the room opens with its weights")

ORDER = {"id": 7, "prompt": EXAMPLES[0], "seed": 5, "steps": 3, "guidance": 2, "negative_prompt": "", "count": 2}


def picture(data_url: str) -> bytes:
    return base64.b64decode(data_url.partition(",")[2])


def pixels(source) -> np.ndarray:
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def coarse(file: bytes) -> np.ndarray:
    """Means of 16 x 16 pixels: what compression leaves alone."""
    return pixels(file).reshape(8, 16, 8, 16, 3).mean((1, 3))


def news_of(order: dict) -> list[dict]:
    return [update["news"] for update in room.paint(json.dumps(order))]


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """Nothing is remembered from one test to the next."""
    monkeypatch.setattr(service, "MEMORY", service.Memory(most=2))


# ---------------------------------------------------------------- painting


def test_an_order_tells_each_step_and_ends_with_pictures_that_carry_their_recipes():
    ready, *steps, done = news_of(ORDER)
    assert ready == {"id": 7, "ready": True}
    assert [news["step"] for news in steps] == [[1, 3], [2, 3], [3, 3]]
    assert all(len(news["previews"]) == 2 for news in steps)
    assert done["settings"] == {name: ORDER[name] for name in SETTINGS} and done["said"] == []
    files = [picture(url) for url in done["pictures"]]
    assert [pixels(file).shape for file in files] == [(engine.SIDE, engine.SIDE, 3)] * 2
    hows = [read_recipe(file) for file in files]
    assert [how.seed for how in hows] == [5, 6] and hows[0].demo == "text-to-image"
    assert hows[1].settings == {name: ORDER[name] for name in SETTINGS if name != "seed"}


def test_what_was_painted_a_moment_ago_is_not_painted_again(monkeypatch):
    first = news_of(ORDER)[-1]
    monkeypatch.setattr(engine, "paint", lambda *_, **__: pytest.fail("painted again"))
    again = news_of({**ORDER, "id": 8})
    assert len(again) == 2 and again[-1]["pictures"] == first["pictures"]


def test_the_memory_lets_go_what_was_not_asked_for_longest():
    memory = service.Memory(most=2)
    asks = [Ask("a", seed) for seed in range(3)]
    for ask in asks[:2]:
        memory.keep(ask, [b""])
    memory.get(asks[0])
    memory.keep(asks[2], [b""])
    assert [memory.get(ask) is None for ask in asks] == [False, True, False]


def test_a_painting_that_is_called_off_stops_at_its_next_step(monkeypatch):
    ended = []
    paint = engine.paint

    def watched(*args, **kwargs):
        try:
            return paint(*args, **kwargs)
        except Stopped:
            ended.append(True)
            raise

    monkeypatch.setattr(engine, "paint", watched)
    painting = service.painted(Ask(EXAMPLES[0], 0, steps=40, count=1))
    assert isinstance(next(painting), Step)
    painting.close()
    assert ended == [True]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prompt": "  "}, "prompt is empty"),
        ({"prompt": "red " * 2500}, "10,000 characters"),
        ({"model": "?"}, "no text-to-image model"),
    ],
)
def test_a_wrong_order_gets_a_sentence_and_the_page_hears_that_it_is_over(change, sentence):
    heard = []
    with pytest.raises(BadInput, match=sentence):
        for update in room.paint(json.dumps({**ORDER, **change})):
            heard.append(update["news"])
    assert heard[-1] == {"id": 7, "over": True}


@pytest.mark.parametrize("order", ["", "{", None, "[" * 10_000])
def test_what_is_no_order_gets_a_sentence(order):
    with pytest.raises(BadInput):
        list(room.paint(order))


def test_what_cannot_be_is_clamped_and_said():
    ask, _, said = service.read({"prompt": "a red apple", "steps": 10_000, "count": 1000, "guidance": "much"})
    assert (ask.steps, ask.count, ask.guidance) == (50, 9, 1.5) and said


def test_a_large_model_takes_the_wishes_that_suit_it():
    ask, model, said = service.read({**ORDER, "model": "text2image/klein-hub", "steps": 40, "negative_prompt": "rain"})
    assert model == "text2image/klein-hub" and ask.negative_prompt == "" and ask.steps == 4 and said


# ---------------------------------------------------------------- looking inside


def test_words_and_time_come_with_the_picture():
    seen = inside.look(ORDER)
    assert " ".join(seen["words"]) == EXAMPLES[0].replace(",", "")
    assert [one["step"] for one in seen["moments"]] == [1, 2, 3] and seen["steps"] == 3
    for one in seen["moments"]:
        maps = np.frombuffer(base64.b64decode(one["maps"]), np.uint8).reshape(-1, 16, 16)
        assert len(maps) == len(one["share"]) == len(seen["words"]) and maps.max() == 255
        assert {pixels(picture(one[name])).shape for name in ("noisy", "estimate")} == {(128, 128, 3)}
    painted = picture(news_of(ORDER)[-1]["pictures"][0])
    assert np.abs(coarse(picture(seen["finished"])) - coarse(painted)).max() < 8


def test_a_long_run_is_shown_in_moments():
    seen = inside.look({**ORDER, "steps": 30})
    steps = [one["step"] for one in seen["moments"]]
    assert len(steps) == inside.MOMENTS and steps[0] == 1 and steps[-1] == seen["steps"] == 30


def test_neighbours_and_stages_are_plain_answers():
    around, stages = inside.around(ORDER), inside.stages(ORDER)
    assert json.dumps(around) and len(around["points"]) == len(around["captions"]) == len(around["groups"])
    assert around["nearest"][0][1] >= around["nearest"][-1][1]
    assert [pixels(picture(stages[name])).shape[0] for name in ("rough", "begun", "refined")] == [64, 128, 128]


# ---------------------------------------------------------------- the grid


def test_a_grid_fills_cell_by_cell_and_goes_home_whole():
    order = {**ORDER, "prompt": "a red apple", "x": ["seed", "4, 9"], "y": ["word", "red, green"]}
    *steps, (cells, file) = made(order)
    assert [step.index for step, _ in steps] == [1, 2, 3] and set(steps[0][1]) == {0, 1, 2, 3}
    assert set(cells) == {0, 1, 2, 3}
    alone = engine.paint(Ask("a green apple", 9, steps=3, guidance=2, count=1))[0]
    assert np.abs(np.asarray(cells[3]).astype(int) - np.asarray(alone)).max() <= 2
    how = read_recipe(file)
    assert how.settings["grid"] == {"x": ["seed", [4, 9]], "y": ["word", ["red", "green"]]} and how.seed == 5
    assert json.loads(Grid().accept_setting(how.settings["grid"])) == how.settings["grid"]


def test_steps_of_a_grid_belong_to_the_cells_under_work():
    order = {**ORDER, "x": ["guidance", "1, 3"], "y": ["steps", "2, 3"]}
    seen = [(step.index, sorted(cells)) for step, cells in made(order) if isinstance(step, Step)]
    assert [index for index, _ in seen] == list(range(1, 11)) and all(len(cells) == 1 for _, cells in seen)
    assert {cell for _, (cell,) in seen} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (None, "changes one of"),
        (["model", "1"], "changes one of"),
        (["steps", "many"], "no steps"),
        (["steps", "2.5"], "no steps"),
        (["seed", "-1"], "whole number"),
        (["guidance", "nan"], "no guidance"),
    ],
)
def test_a_side_that_cannot_be_gets_a_sentence(given, sentence):
    with pytest.raises(BadInput, match=sentence):
        side(given)


def test_a_grid_refuses_what_its_engine_refuses():
    for x, y, sentence in (
        (["seed", "1"], ["seed", "2"], "different"),
        (["steps", ""], ["seed", "1"], "0 values"),
        (["steps", "1,2,3,4,5,6,7,8"], ["seed", "1"], "7 values"),
        (["word", "pear, red"], ["seed", "1"], "not in the prompt"),
    ):
        with pytest.raises(BadInput, match=sentence):
            list(made({**ORDER, "x": x, "y": y}))


# ---------------------------------------------------------------- the first hanging


def test_what_hangs_at_first_paint_is_what_the_model_makes():
    hanging = opening()
    first = hanging["first"]
    ask = Ask(**first["settings"])
    assert len(first["pictures"]) == ask.count and ask.prompt == EXAMPLES[0]
    for place, (hung, painted) in enumerate(zip(first["pictures"], engine.paint(ask), strict=True)):
        assert np.abs(pixels(picture(hung)) - np.asarray(painted).astype(int)).mean() < 2
        assert read_recipe(picture(hung)) == recipe(ask, place)
    assert [example["prompt"] for example in hanging["examples"]] == list(EXAMPLES)
    assert {pixels(picture(example["picture"])).shape for example in hanging["examples"]} == {(128, 128, 3)}


# ---------------------------------------------------------------- programs


@pytest.fixture(scope="module")
def client():
    with gr.Blocks() as page:
        room.build()
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield Client(address, verbose=False)
    page.close()


def test_a_program_gets_pictures_with_their_recipes(client):
    answer = client.predict("a green apple with a stem", 3, 4, 2.0, "red", 2, api_name="/text_to_image")
    files = [open(one["image"], "rb").read() for one in answer]  # noqa: SIM115
    expected = engine.paint(Ask("a green apple with a stem", 3, 4, 2.0, "red", 2))
    for place, (file, painted) in enumerate(zip(files, expected, strict=True)):
        assert np.abs(pixels(file) - np.asarray(painted).astype(int)).max() <= 2
        assert read_recipe(file).seed == 3 + place
    how = read_recipe(files[0]).settings
    assert (how["negative_prompt"], how["steps"], how["count"]) == ("red", 4, 2)


def test_a_program_that_asks_for_what_cannot_be_gets_a_sentence_or_a_clamp(client):
    with pytest.raises(AppError, match="prompt is empty"):
        client.predict("", api_name="/text_to_image")
    assert len(client.predict("two red apples", "?", 0, -5, "", 1000, api_name="/text_to_image")) == 9


def test_the_endpoint_names_its_parameters(client):
    parameters = client.view_api(return_format="dict")["named_endpoints"]["/text_to_image"]["parameters"]
    names = [parameter["parameter_name"] for parameter in parameters]
    assert names == ["prompt", "seed", "steps", "guidance", "negative_prompt", "count"]
