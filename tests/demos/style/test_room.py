"""Films, the room itself, and what programs get."""

import base64
import json

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos.house.links import Request, fit, hand
from demos.style import film, mixing, photos, service
from demos.style.studio import SETTINGS, opening
from models.errors import BadInput
from models.media import read_recipe
from models.style import collection
from models.style.video import FilmReport
from tests.demos.style.pieces import MIX, ORDER, blots, data_url, shown

# ---------------------------------------------------------------- films


def test_a_film_tells_its_frames_and_what_became_of_it(house, tmp_path, monkeypatch):
    report = FilmReport(30, 2.0, 480, 270, 15.0, 5.0, 0.8, "The first 10 of 12 seconds were painted.")

    def painted(source, out, ask, on_frame, recipe):
        on_frame(1, 30)
        out.write_bytes(source.read_bytes() + recipe.to_json().encode())
        return report

    monkeypatch.setattr(film.video, "paint_film", painted)
    (tmp_path / "in.mp4").write_bytes(b"film ")
    frames, (file, told) = film.painted_film(str(tmp_path / "in.mp4"), service.read(ORDER))
    assert frames == (1, 30) and told == report and film.words(report).endswith("were painted.")
    with pytest.raises(BadInput, match="no film"):
        list(film.painted_film(None, service.read(ORDER)))


def test_the_page_hears_a_film_frame_by_frame_and_when_it_is_over(room, house, tmp_path):
    (tmp_path / "no.mp4").write_bytes(b"this is no film")
    heard = []
    with pytest.raises(BadInput):
        for part, _ in room.film(str(tmp_path / "no.mp4"), json.dumps({**ORDER, "id": 2})):
            heard.append(part["news"])
    assert heard == [{"id": 2, "step": [0, 1]}, {"id": 2, "over": True}]


# ---------------------------------------------------------------- the room


def test_what_hangs_at_first_paint_is_what_the_model_makes(room):
    hanging = opening()
    first = hanging["first"]
    order = service.read(first["settings"])
    painted = shown(service.painted(order, service.SHARP))
    assert np.abs(np.asarray(shown(first["picture"]), float) - np.asarray(painted, float)).mean() < 4
    assert [style["slug"] for style in hanging["styles"]] == list(collection.slugs())
    assert all(
        style["artist"] and style["museum"] and style["url"].startswith("https://") for style in hanging["styles"]
    )
    names = [photo["name"] for photo in hanging["photos"]]
    assert first["settings"]["photo"] in names and len(names) == len(set(names))
    assert [photo["name"] for photo in hanging["photos"] if "picture" in photo] == [first["settings"]["photo"]]


def test_full_size_is_told_step_by_step_and_ends_with_the_file(room):
    name = next(iter(photos.shelf()))
    *steps, done = (update["news"] for update in room.take_home(json.dumps({**ORDER, "photo": name, "id": 7})))
    assert all(news["id"] == 7 and len(news["step"]) == 2 for news in steps)
    assert read_recipe(base64.b64decode(done["picture"].partition(",")[2])).settings["photo"] == name


def test_a_wrong_order_gets_a_sentence_and_the_page_hears_that_it_is_over(room):
    heard = []
    name = next(iter(photos.shelf()))
    with pytest.raises(BadInput, match="no style called"):
        for update in room.take_home(json.dumps({**ORDER, "photo": name, "id": 7, "style": "?"})):
            heard.append(update["news"])
    assert heard[-1] == {"id": 7, "over": True}


@pytest.fixture
def page(room, own_folders):
    with gr.Blocks(analytics_enabled=False) as page:
        parts = room.build()
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield room, parts, Client(address, verbose=False)
    page.close()


def test_links_recipes_and_other_rooms_fill_in_the_room(page):
    room, parts, _ = page
    values, refused = fit(
        parts, Request(room.SLUG, {"style": MIX, "strength": "1.7", "keep_colours": "yes", "seed": "4"})
    )
    assert not refused and [values[parts[name]] for name in SETTINGS[1:]] == [MIX, 1, True, 4]
    recipe = {"photo": "", "own": data_url(blots()), "turn": {"photo": "fruit-1", "direction": "to-apple"}}
    values, refused = fit(parts, Request(room.SLUG, recipe, from_recipe=True))
    assert not refused and values[parts["own"]].startswith("data:image/jpeg")
    assert fit(parts, Request(room.SLUG, {"own": "data:,x", "turn": {}}, from_recipe=True))[1] == ["own", "turn"]
    assert hand(parts[room.DEMO.takes], blots())[parts["own"]].startswith("data:image/jpeg")


@pytest.fixture
def files(tmp_path) -> dict:
    blots(300, 200).save(tmp_path / "photo.png")
    blots(200, 200, 3).save(tmp_path / "painting.png")
    (tmp_path / "text.png").write_text("no picture")
    return {name: handle_file(str(tmp_path / f"{name}.png")) for name in ("photo", "painting", "text")}


def test_a_program_gets_paintings_with_their_recipes(page, files):
    client = page[2]
    one = client.predict(files["photo"], "kabuki", 0.5, True, 3, api_name="/style_transfer")
    how = read_recipe(one)
    assert how.seed == 3 and (how.settings["style"], how.settings["keep_colours"]) == ("kabuki", True)
    with Image.open(one) as picture:
        assert picture.size == (768, 512)
    two = client.predict(files["photo"], files["painting"], api_name="/style_from_picture")
    assert read_recipe(two).settings["style"].startswith(mixing.OWN)


def test_a_program_that_asks_for_what_cannot_be_gets_a_sentence(page, files):
    for place, value, sentence in (
        (0, files["text"], "not a picture"),
        (1, "?", "no style called"),
        (2, "much", "strength"),
        (4, -1, "seed"),
    ):
        asked = [files["photo"], "kabuki", 1.0, False, 0]
        asked[place] = value
        with pytest.raises(AppError, match=sentence):
            page[2].predict(*asked, api_name="/style_transfer")


def test_a_film_that_is_none_and_a_direction_that_is_none_get_a_sentence(page, files, tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"this is no film")
    with pytest.raises(AppError, match="film"):
        page[2].predict(handle_file(str(tmp_path / "film.mp4")), "kabuki", 1.0, api_name="/style_video")
    with pytest.raises(AppError, match="no direction"):
        page[2].predict(files["photo"], "to-pear", api_name="/translate_unpaired")


def test_the_endpoints_name_their_parameters(page):
    known = page[2].view_api(return_format="dict")["named_endpoints"]
    names = {name: [one["parameter_name"] for one in about["parameters"]] for name, about in known.items()}
    assert names["/style_transfer"] == ["photo", "style", "strength", "keep_colours", "seed"]
    assert names["/style_from_picture"] == ["photo", "style_picture", "strength"]
    assert names["/style_video"] == ["video", "style", "strength"]
    assert names["/translate_unpaired"] == ["photo", "direction"]
