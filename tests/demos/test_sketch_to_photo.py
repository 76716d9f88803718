"""The sketch room without a browser: what its functions make, and what programs get from its endpoint."""

import asyncio
import base64
import io
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos import sketch_to_photo as room
from demos.house.counter import CROWDED, Counter
from demos.house.sentences import SORRY
from demos.sketch.canvas import INKS, Easel
from models.errors import BadInput
from models.media import read_recipe
from models.sketch.doodles import doodle, rasterise
from models.sketch.strokes import Stroke, drawing_from_text, drawing_to_text

STROKES = doodle("fruit", 3)
ORDER = {"drawing": drawing_to_text("fruit", STROKES), "seed": 5}


def picture(data_url: str) -> bytes:
    head, _, body = data_url.partition(",")
    assert head == "data:image/png;base64"
    return base64.b64decode(body)


# ---------------------------------------------------------------- what the page asks


@pytest.mark.parametrize("subject", room.SUBJECTS)
def test_a_photograph_carries_all_it_takes_to_make_it_again(subject):
    strokes = doodle(subject, 1)
    png = room.photograph(strokes, subject, 11)
    recipe = read_recipe(png)
    again_subject, again = drawing_from_text(recipe.settings["drawing"])
    assert (recipe.demo, recipe.seed, again_subject) == ("sketch-to-photo", 11, subject)
    assert np.abs(_pixels(room.photograph(again, subject, recipe.seed)) - _pixels(png)).mean() < 3


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_four_takes_are_four_photographs_with_their_own_seeds():
    pictures = [picture(url) for url in room.takes(ORDER)["photos"]]
    assert [read_recipe(png).seed for png in pictures] == [5, 6, 7, 8]
    assert len(set(pictures)) == 4
    assert _pixels(pictures[0]) == pytest.approx(_pixels(picture(room.photo(ORDER)["photo"])), abs=2)


def test_the_pair_is_two_pictures_wide():
    png = picture(room.pair(ORDER)["picture"])
    height, width, _ = _pixels(png).shape
    assert width > 1.8 * height and read_recipe(png).seed == 5


def test_a_random_sketch_is_a_drawing_of_the_subject():
    answer = room.random_sketch({"subject": "flower", "seed": 3})
    assert drawing_from_text("flower\n" + answer["drawing"])[1]


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({}, "could not be read"),
        ({"drawing": "fruit", "seed": 1}, "empty"),
        ({"drawing": "fruit\n\n", "seed": 1}, "empty"),
        ({"drawing": "spaceship\n1f1f1f 16 5 5 500 500", "seed": 1}, "subject"),
        ({"drawing": "fruit\nnonsense", "seed": 1}, "could not be read"),
        ({"drawing": 7, "seed": 1}, "could not be read"),
        ({"drawing": "fruit\n1f1f1f 500 0 250 999 0 0 500 -999 0", "seed": 1}, "covered in ink"),
        ({**ORDER, "seed": -1}, "whole number"),
        ({**ORDER, "seed": 1.5}, "whole number"),
        ({**ORDER, "seed": True}, "whole number"),
        ({**ORDER, "seed": float("nan")}, "whole number"),
        ({**ORDER, "seed": float("inf")}, "whole number"),
        ({**ORDER, "seed": "7"}, "whole number"),
        ({**ORDER, "seed": None}, "whole number"),
    ],
)
def test_a_wrong_order_gets_a_sentence(order, sentence):
    with pytest.raises(BadInput, match=sentence):
        room.photo(order)


def test_look_inside_shows_input_pyramid_and_opinion():
    sheet = room.look(ORDER["drawing"], 5)
    assert sheet.count("<img") >= 7 and "128 x 128" in sheet
    assert re.search(r"\d+ % of it passes for a photograph", sheet)


# ---------------------------------------------------------------- the counter and the easel


def serve(counter: Counter, function, *requests):
    async def all_at_once():
        return await asyncio.gather(*(counter.serve(function)(request) for request in requests))

    # In a thread of its own: Playwright's synchronous interface keeps a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, all_at_once()).result()


def test_the_counter_serves_few_at_once_and_turns_nobody_away_silently():
    inside, most, lock = 0, 0, threading.Lock()
    release = threading.Event()

    def slow(request):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        release.wait(0.2)
        with lock:
            inside -= 1
        return {"photo": request["n"]}

    answers = serve(Counter(places=2, waiting=3), slow, *({"n": n} for n in range(8)))
    assert most <= 2
    assert [answer.get("photo") for answer in answers[:5]] == [0, 1, 2, 3, 4]
    assert all(answer == {"busy": True, "sentence": CROWDED} for answer in answers[5:])


def test_failures_at_the_counter_are_sentences(caplog):
    def broken(request):
        raise ZeroDivisionError("inner life")

    def refused(request):
        raise BadInput("Please draw.")

    counter = Counter(places=1, waiting=5)
    assert serve(counter, broken, {}) == [{"sentence": SORRY}]
    assert serve(counter, refused, {}) == [{"sentence": "Please draw."}]
    assert serve(counter, lambda request: {"got": request}, ["no", "dictionary"]) == [{"got": {}}]
    assert "inner life" in caplog.text


def test_the_easel_takes_drawings_from_recipes_and_nothing_else():
    easel = Easel({s: {"drawing": "", "photo": "", "seed": 0} for s in room.SUBJECTS}, "fruit", 0, [])
    assert easel.accept_setting(ORDER["drawing"]) == ORDER["drawing"]
    for wrong in (None, 3, {"a": 1}, "fruit\n<script>", "boat\n1f1f1f 16 5 5"):
        with pytest.raises(BadInput):
            easel.accept_setting(wrong)


@pytest.mark.parametrize("subject", room.SUBJECTS)
def test_every_subject_has_inks_with_names(subject):
    colours = [colour for colour, _ in INKS[subject]]
    assert colours[0] == "#1f1f1f" and len(set(colours)) == len(colours)
    for colour in colours:
        Stroke(((0, 0),), colour)
        assert re.fullmatch(r"#[0-9a-f]{6}", colour)


def test_the_finished_pairs_open_as_recipes():
    for subject, pair in room.posters().items():
        assert drawing_from_text(f"{subject}\n{pair['drawing']}")[1]
        assert read_recipe(picture(pair["photo"])).settings["subject"] == subject
    assert room.DEMO.poster.is_file()


# ---------------------------------------------------------------- the endpoint


@pytest.fixture
def client(own_folders):
    with gr.Blocks(analytics_enabled=False) as page:
        room.build()
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield Client(address, verbose=False)
    page.close()


@pytest.fixture
def sketch(tmp_path):
    def save(image: Image.Image, name: str = "sketch.png"):
        path = tmp_path / name
        image.save(path)
        return handle_file(str(path))

    return save


def ask(client, sketch, subject="fruit", seed=0):
    return client.predict(sketch=sketch, subject=subject, seed=seed, api_name="/sketch_to_photo")


def test_the_endpoint_gives_a_photograph_with_its_recipe(client, sketch):
    path = ask(client, sketch(rasterise(STROKES, 300)), "fruit", 7)
    with Image.open(path) as image:
        assert image.format == "PNG" and image.size == (128, 128)
    assert read_recipe(path).seed == 7
    other = ask(client, sketch(rasterise(STROKES, 300)), "fruit", 8)
    assert open(other, "rb").read() != open(path, "rb").read()


def test_only_one_endpoint_is_public_and_it_is_documented(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert list(endpoints) == ["/sketch_to_photo"]
    assert [p["parameter_name"] for p in endpoints["/sketch_to_photo"]["parameters"]] == ["sketch", "subject", "seed"]
    assert "line drawing" in json.dumps(endpoints["/sketch_to_photo"])


def test_a_phone_photo_and_a_grey_picture_are_welcome(client, sketch):
    grey = rasterise(STROKES, 200).convert("L")
    assert ask(client, sketch(grey, "grey.png"))
    assert ask(client, sketch(rasterise(STROKES, 400).crop((0, 0, 400, 300)), "wide.jpg"))


def test_bad_input_is_refused_in_a_sentence(client, sketch, tmp_path):
    text = tmp_path / "notes.png"
    text.write_text("not a picture at all")
    blank = sketch(Image.new("RGB", (200, 200), "white"), "blank.png")
    black = sketch(Image.new("RGB", (200, 200), "black"), "black.png")
    huge = sketch(Image.new("L", (10_000, 5_000), 255), "huge.png")
    good = sketch(rasterise(STROKES, 200), "good.png")
    for given, subject, seed, sentence in (
        (blank, "fruit", 0, "empty"),
        (black, "fruit", 0, "covered in ink"),
        (huge, "fruit", 0, "50 megapixels"),
        (handle_file(str(text)), "fruit", 0, "not a picture we can read"),
        (None, "fruit", 0, "no sketch"),
        (good, "spaceship", 0, "fruit, flower or portrait"),
        (good, "fruit", -4, "whole number"),
    ):
        with pytest.raises(AppError, match=sentence):
            ask(client, given, subject, seed)
    assert ask(client, good), "the next request works"
