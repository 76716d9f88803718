"""The latent walk without a browser: what the page asks, what is refused, and the endpoints for programs."""

import base64
import io
import json
from contextlib import nullcontext
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from demos import latent_walk as room
from demos.walk import service
from demos.walk.reel import Reel, places_of
from demos.walk.stage import first_settings, opening
from models.errors import BadInput
from models.faces import engine, walk
from models.media import read_recipe

ORDER = {"seeds": [3, 8, 3, 8], "t": 0.4, "down": 0, "path": "w", "psi": 0.7, "model": "house"}


def picture(url: str) -> bytes:
    head, _, body = url.partition(",")
    assert head in ("data:image/png;base64", "data:image/webp;base64")
    return base64.b64decode(body)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


# ---------------------------------------------------------------- what the page asks


def test_a_face_carries_all_it_takes_to_make_it_again():
    png = picture(service.face(ORDER)["photo"])
    recipe = read_recipe(png)
    assert (recipe.demo, recipe.model, recipe.seed) == ("latent-walk", engine.HOUSE, 3)
    settings = recipe.settings
    again = walk.frame(*(settings[name] for name in ("seed_a", "seed_b", "t", "psi", "path")))
    assert np.abs(np.asarray(again).astype(int) - pixels(png)).mean() < 0.5


def test_faces_of_several_visitors_carry_each_its_own_recipe():
    orders = [{**ORDER, "seeds": [k, 8, k, 8], "t": k / 4} for k in range(4)]
    for order, answer in zip(orders, service.faces(orders), strict=True):
        settings = read_recipe(picture(answer["photo"])).settings
        assert (settings["seed_a"], settings["t"]) == (order["seeds"][0], order["t"])
        assert np.abs(pixels(picture(answer["photo"])) - pixels(picture(service.face(order)["photo"]))).max() <= 1


def test_a_face_among_four_remembers_all_of_them():
    settings = read_recipe(picture(service.face({**ORDER, "seeds": [3, 8, 5, 10], "down": 0.6})["photo"])).settings
    assert (settings["way"], settings["seed_c"], settings["seed_d"], settings["down"]) == ("four", 5, 10, 0.6)


def test_the_wall_the_strips_the_field_and_the_stills_are_pictures():
    assert len(service.wall({"seeds": [1, 2], "psi": 0.7, "model": "house"})["faces"]) == 2
    assert list(service.strips(ORDER)["strips"]) == list(walk.PATHS)
    height, width, _ = pixels(picture(service.field(ORDER)["field"])).shape
    assert height == width
    assert len(service.stills({**ORDER, "places": ["3", "3,8@0.4"]})["faces"]) == 2


def test_looking_inside_is_numbers_the_page_can_draw():
    seen = json.loads(json.dumps(service.inside(ORDER), allow_nan=False))
    assert seen["mapped"] and set(seen["paths"]) == set(seen["speeds"]) == set(walk.PATHS)
    assert len(service.layers(ORDER)["layers"]) == 6
    assert service.layers({**ORDER, "model": engine.DCGAN}) == {"layers": []}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seeds": None}, "whole numbers"),
        ({"seeds": [1, 2]}, "whole numbers"),
        ({"seeds": [1, 2, 3, "four"]}, "whole number"),
        ({"seeds": [1, 2, 3, -4]}, "whole number"),
        ({"seeds": [1, 2, 3, 2.5]}, "whole number"),
        ({"t": "far"}, "numbers from 0 to 1"),
        ({"psi": None}, "numbers from 0 to 1"),
        ({"path": "scenic"}, "no path called 'scenic'"),
        ({"path": None}, "no path"),
        ({"model": "faces/ddpm-hub"}, "takes its time"),
        ({"model": ["house"]}, "takes its time"),
    ],
)
def test_a_wrong_order_gets_a_sentence(change, sentence):
    with pytest.raises(BadInput, match=sentence):
        service.face({**ORDER, **change})


@pytest.mark.parametrize(
    ("ask", "request_"),
    [
        (service.wall, {"seeds": [1] * 500}),
        (service.wall, {}),
        (service.stills, {"places": []}),
        (service.stills, {"places": ["3"] * 500}),
        (service.stills, {"places": ["<script>"], "path": "w"}),
    ],
)
def test_the_page_cannot_be_made_to_ask_for_too_much(ask, request_):
    with pytest.raises(BadInput):
        ask(request_)


# ---------------------------------------------------------------- the row of keyframes, first paint


def test_the_row_takes_keyframes_from_recipes_and_nothing_else():
    reel = Reel((3, 8, 10), 2.0, [])
    assert reel.accept_setting(["3", "3,8@0.40"]) == "3;3,8@0.4"
    assert places_of(reel.value) == [walk.Place.between(seed, seed) for seed in (3, 8, 10)]
    for wrong in (None, "3;8", [], [3], ["3"] * 25, ["3", "javascript:"], {"3": 8}):
        with pytest.raises(BadInput):
            reel.accept_setting(wrong)


def test_a_walk_hangs_before_anything_is_asked():
    first = opening(room.kit.ASSETS / "walk")
    assert read_recipe(picture(first["photo"])).demo == room.DEMO.slug
    assert len(first["faces"]) == service.WALL and list(first["strips"]) == list(walk.PATHS)
    assert room.DEMO.poster.is_file() and set(room.CHOSEN) < set(first_settings())


# ---------------------------------------------------------------- the endpoints


@pytest.fixture(scope="module")
def client():
    with gr.Blocks(analytics_enabled=False) as page:
        room.build()
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield Client(address, verbose=False)
    page.close()


def ask(client, **changes):
    return client.predict(**({"seed_a": 3, "seed_b": 8} | changes), api_name="/latent_walk")


def film(client, **changes):
    made = client.predict(**({"seeds": "3, 8", "seconds": 0.5} | changes), api_name="/latent_film")
    return Path(made["video"] if isinstance(made, dict) else made)


def test_the_endpoints_are_two_and_documented(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    parameters = {name: [p["parameter_name"] for p in told["parameters"]] for name, told in endpoints.items()}
    assert parameters == {
        "/latent_walk": ["seed_a", "seed_b", "t", "psi", "path"],
        "/latent_film": ["seeds", "seconds", "path", "psi"],
    }
    assert "the faces of two seeds" in json.dumps(endpoints) and "closed walk" in json.dumps(endpoints)


def test_a_program_gets_a_face_with_its_recipe(client):
    path = ask(client, t=0.25, path="z-sphere")
    with Image.open(path) as face:
        assert face.format == "PNG" and face.size == (128, 128)
    settings = read_recipe(path).settings
    assert (settings["t"], settings["path"]) == (0.25, "z-sphere")


def test_a_face_that_was_made_before_is_not_made_again(client, monkeypatch):
    first, made = Path(ask(client, seed_a=41, t=0.3)).read_bytes(), []
    faces_at = walk.faces_at
    monkeypatch.setattr(walk, "faces_at", lambda *asked: made.append(asked) or faces_at(*asked))
    assert Path(ask(client, seed_a=41, t=0.3)).read_bytes() == first and not made
    assert Path(ask(client, seed_a=41, t=0.4)).read_bytes() != first and len(made) == 1


def test_what_lies_outside_is_brought_back_and_the_recipe_says_so(client):
    settings = read_recipe(ask(client, t=7, psi=-2)).settings
    assert (settings["t"], settings["psi"]) == (1, 0)


def test_a_program_gets_a_film_with_its_recipe(client):
    file = film(client, seeds="[3, 8]")
    assert read_recipe(file).settings["keyframes"] == ["3", "8"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seed_a": "three"}, "whole number"),
        ({"seed_a": None}, "whole number"),
        ({"seed_b": -1}, "whole number"),
        ({"seed_b": 3.5}, "whole number"),
        ({"t": "half"}, "numbers from 0 to 1"),
        ({"psi": None}, "numbers from 0 to 1"),
        ({"path": "scenic"}, "no path called"),
    ],
)
def test_a_face_that_cannot_be_made_is_one_sentence(client, changes, sentence):
    with pytest.raises(AppError, match=sentence):
        ask(client, **changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seeds": ""}, "needs 2 faces"),
        ({"seeds": "3"}, "needs 2 faces"),
        ({"seeds": "three, four"}, "'three' is no seed"),
        ({"seeds": "3, 99999999999"}, "no seed"),
        ({"seeds": ", ".join(map(str, range(300)))}, "24 at most"),
        ({"seconds": "long"}, "number from 0.5 to 10"),
        ({"path": "scenic"}, "no path called"),
    ],
)
def test_a_film_that_cannot_be_made_is_one_sentence(client, changes, sentence):
    with pytest.raises(AppError, match=sentence):
        film(client, **changes)


def test_a_film_that_is_called_off_is_cleaned_up(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    updates = room.film_of_row("3;8", 2.0, "w", 0.7, "house")
    assert "progressbar" in next(updates)[0]
    next(updates)
    assert list(tmp_path.iterdir())
    updates.close()
    assert list(tmp_path.iterdir()) == []


class Slow(engine.Faces):
    """A model that works in steps, like the one from the hub."""

    def decode(self, w, on_step=lambda done, total: None):
        for done in (1, 2):
            on_step(done, 2)
        return np.zeros((len(w), 256, 256, 3), np.uint8)


def test_a_model_from_the_hub_is_asked_by_a_button_and_tells_its_steps(monkeypatch):
    monkeypatch.setattr(engine, "open_faces", lambda model, cache=None: nullcontext(Slow()))
    monkeypatch.setattr(engine, "z_of", lambda seed, model: np.full(4, seed, np.float32))
    updates = list(room.face_by_guest(engine.HUB, "w", 0.7, "two", 0.5, 0.0, 3, 8, 5, 10))
    assert [update[1]["value"] for update in updates[1:3]] == ["Step 1 of 2", "Step 2 of 2"]
    photo, at_rest, stop = updates[-1]
    assert read_recipe(picture(photo["photo"])).model == engine.HUB
    assert at_rest["interactive"] and not stop["visible"]


def test_a_slow_model_is_not_asked_for_a_film():
    with pytest.raises(BadInput, match="takes its time"):
        list(room.film_of_row("3;8", 2.0, "w", 0.7, "faces/ddpm-hub"))
