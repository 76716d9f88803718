"""The arithmetic room without a browser: what the page asks, and what programs get from its endpoints."""

import base64
import io
import json

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from demos import face_arithmetic as room
from demos.arithmetic import inside
from demos.arithmetic.board import Board, opening
from demos.arithmetic.words import describe, verdict
from models.errors import BadInput
from models.faces.arithmetic import Reading
from models.faces.engine import ATTRIBUTES
from models.faces.equation import Equation, Likeness
from models.media import read_recipe

ORDER = {"plus": "3,8", "minus": "5", "add": "11", "seed": 2}
EQUATION = Equation((3, 8), (5,), (11,), 2)


def picture(data_url: str) -> bytes:
    return base64.b64decode(data_url.partition(",")[2])


def pixels(source) -> np.ndarray:
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB")).astype(int)


# ---------------------------------------------------------------- what the page asks


def test_an_order_is_answered_with_the_grid_and_the_means():
    answer = room.solve(ORDER)["photo"]
    assert pixels(picture(answer["grid"])).shape == (384, 384, 3)
    assert [pixels(picture(mean)).shape for mean in answer["means"]] == [(128, 128, 3)] * 3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"plus": ""}, "first term is empty"),
        ({"minus": None}, "not a face"),
        ({"add": "1,2,3,4"}, "third has 4"),
        ({"add": "seven"}, "'seven' is not a face"),
        ({"seed": "7"}, "whole number"),
        ({"seed": -1}, "whole number"),
    ],
)
def test_a_wrong_order_gets_a_sentence(change, sentence):
    with pytest.raises(BadInput, match=sentence):
        room.solve({**ORDER, **change})


def test_measured_attributes_come_with_words():
    answer = room.read(ORDER)
    assert len(answer["terms"]) == 3 and len(answer["words"]) == 4
    for name in ATTRIBUTES:
        sums = answer["terms"][0][name] - answer["terms"][1][name] + answer["terms"][2][name]
        assert answer["expected"][name] == pytest.approx(sums if name == "age" else min(max(sums, 0), 1))
    assert "holds" in answer["verdict"] or "hold" in answer["verdict"]
    assert json.dumps(answer)


def test_a_face_is_turned_within_bounds():
    answer = room.turn({"face": "5", "glasses": 99})["photo"]
    end = room.turn({"face": "5", "glasses": 3})["photo"]
    assert answer["after"] == end["after"] and answer["before"] != answer["after"]
    assert [set(values) for values in answer["measured"]] == [set(ATTRIBUTES)] * 2
    with pytest.raises(BadInput, match="turned by a number"):
        room.turn({"face": "5", "age": "old"})
    with pytest.raises(BadInput, match="not a face"):
        room.turn({"face": None})


def test_faces_are_asked_for_by_the_handful():
    assert list(room.faces({"faces": ["4", "9"]})["pictures"]) == ["4", "9"]
    for wrong in (None, [], ["1"] * 100):
        with pytest.raises(BadInput):
            room.faces({"faces": wrong})


def test_what_goes_home_can_be_opened_again():
    grid = picture(room.keep({**ORDER, "what": "grid"})["picture"])
    how = read_recipe(grid)
    assert (how.demo, how.seed, how.settings) == ("face-arithmetic", 2, {"plus": "3,8", "minus": "5", "add": "11"})
    face = read_recipe(picture(room.keep({**ORDER, "what": "face", "face": "sum", "smile": 2})["picture"]))
    assert face.settings["face"] == "sum" and face.settings["smile"] == 2 and face.settings["plus"] == "3,8"


def test_a_photo_becomes_a_face_step_by_step():
    portrait = Image.open(io.BytesIO(picture(room.faces({"faces": ["5"]})["pictures"]["5"])))
    studio = Image.new("RGB", (640, 720), portrait.getpixel((3, 3)))
    studio.paste(portrait.resize((512, 512), Image.Resampling.BICUBIC), (64, 104))
    file = io.BytesIO()
    studio.save(file, "JPEG", quality=95)
    news = [update["news"] for update in room.find_likeness(f"data:image/jpeg;base64,{b64(file.getvalue())}")]
    steps, found = [one["step"] for one in news[:-1]], news[-1]
    assert len(steps) > 3 and steps[-1][0] <= steps[-1][1]
    again = room.faces({"faces": [found["face"]]})["pictures"][found["face"]]
    assert np.abs(pixels(picture(again)) - pixels(picture(found["picture"]))).mean() < 2
    assert pixels(picture(found["crop"])).shape == (128, 128, 3)


def test_only_answers_about_generated_faces_are_kept_for_others():
    found = str(Likeness.of(np.zeros(160, np.float32)))
    assert room.of_seeds({**ORDER, "face": "sum"}) and room.of_seeds({"faces": ["3", "8"]})
    for order in ({**ORDER, "add": found}, {**ORDER, "face": found}, {"faces": ["3", found]}):
        assert not room.of_seeds(order)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def test_what_is_no_photo_of_a_face_gets_a_sentence_and_ends_the_search():
    blank = io.BytesIO()
    Image.new("RGB", (300, 300), "grey").save(blank, "PNG")
    for given, sentence in (
        (f"data:image/png;base64,{b64(blank.getvalue())}", "[Nn]o face"),
        (f"data:image/png;base64,{b64(b'not a picture')}", "not a picture"),
        ("data:image/png;base64,???", "no photo"),
        (None, "too large|no photo"),
        ("x" * (room.MAX_PHOTO + 1), "too large"),
    ):
        news = room.find_likeness(given)
        with pytest.raises(BadInput, match=sentence):
            for update in news:
                last = update["news"]
        assert last == room.OVER


# ---------------------------------------------------------------- words, looking inside


def test_faces_are_described_as_people_would():
    assert describe({"woman": 0.9, "age": 31.4, "glasses": 0.9, "smile": 0.8}) == "woman of 31 with glasses, smiling"
    assert describe({"woman": 0.1, "age": 50, "glasses": 0.1, "smile": 0.1}) == "man of 50"
    assert describe({"woman": 0.5, "age": 20, "glasses": 0.1, "smile": 0.1}) == "face of 20"


def test_the_verdict_says_what_holds_and_what_does_not():
    promised = {"glasses": 1.0, "smile": 0.1, "age": 30.0, "woman": 1.0}
    assert "It holds" in verdict(Reading((promised,) * 3, promised, promised))
    older = {**promised, "age": 45.0}
    assert verdict(Reading((promised,) * 3, older, promised)).endswith("misses in age.")
    nothing = {"glasses": 0.0, "smile": 1.0, "age": 60.0, "woman": 0.0}
    assert "does not hold" in verdict(Reading((promised,) * 3, nothing, promised))


def test_looking_inside_draws_vectors_cosines_and_the_other_sums():
    sheet = room.look(json.dumps(ORDER), "", "age")
    assert sheet.count("<img") == 3 and sheet.count("<td style") == 16
    assert sheet.count('class="fa-dot') == 4 and sheet.count('class="fa-ring') == 4 and "more age" in sheet
    for broken in ("", "[]", "{}", "null"):
        with pytest.raises(BadInput):
            room.look(broken, "", "")


def test_the_plane_shows_what_the_equation_is_about():
    plain = np.zeros((1, 4))
    worn, woman = plain + [[2.0, 0.1, 0, 0]], plain + [[0, 0, 0.2, -2.0]]
    assert inside.choose_axes([worn, plain, woman]) == ("glasses", "woman")
    assert inside.choose_axes([worn, plain, woman], "woman", "woman") == ("woman", "age")
    assert "fa-arrow" not in inside.plane([plain, plain, plain], "glasses", "woman"), "no arrow without a difference"


def test_the_board_opens_with_a_finished_equation():
    hanging = opening()
    first = hanging["presets"][0]
    assert set(",".join(first[name] for name in ("plus", "minus", "add")).split(",")) == set(
        hanging["opening"]["pictures"]
    )
    Board(hanging, [], news={"over": True})  # as Gradio makes it anew for an update
    assert room.DEMO.poster.is_file()


# ---------------------------------------------------------------- the endpoints


@pytest.fixture(scope="module")
def client():
    with gr.Blocks(analytics_enabled=False) as page:
        room.build()
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield Client(address, verbose=False)
    page.close()


def test_the_sum_is_an_endpoint(client):
    path = client.predict("3, 8", "5", "11", 2, api_name="/face_arithmetic")
    assert np.abs(pixels(path) - pixels(picture(room.keep({**ORDER, "what": "grid"})["picture"]))).max() <= 2
    assert read_recipe(path).settings["plus"] == "3,8" and read_recipe(path).seed == 2


def test_turning_a_face_is_an_endpoint_and_its_bounds_are_kept(client):
    path = client.predict(seed=5, age=99, api_name="/face_attributes")
    assert pixels(path).shape == (128, 128, 3)
    how = read_recipe(path)
    assert how.settings == {"face": "5", "glasses": 0, "smile": 0, "age": 3, "woman": 0}


def test_two_endpoints_are_public_and_documented(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert {name: [part["parameter_name"] for part in api["parameters"]] for name, api in endpoints.items()} == {
        "/face_arithmetic": ["plus_seeds", "minus_seeds", "add_seeds", "seed"],
        "/face_attributes": ["seed", "glasses", "smile", "age", "woman"],
    }
    assert "Add and subtract faces" in json.dumps(endpoints)


def test_bad_input_is_refused_in_a_sentence(client):
    for terms, sentence in (
        (("", "5", "11"), "first term is empty"),
        (("3", "five", "11"), "'five' is not a face"),
        (("3", "5", "1 2 3 4"), "third has 4"),
    ):
        with pytest.raises(AppError, match=sentence):
            client.predict(*terms, 0, api_name="/face_arithmetic")
    with pytest.raises(AppError, match="whole number"):
        client.predict(seed=-3, api_name="/face_attributes")
    assert client.predict("3", "5", "11", 0, api_name="/face_arithmetic"), "the next request works"
