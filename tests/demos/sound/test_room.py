"""The sound room itself, and what programs get."""

import json
import time

import gradio as gr
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from demos.house.links import Request, fit
from demos.sound import clips, stage
from models import video
from models.errors import BadInput, Stopped
from models.foley import keepsake
from models.foley.materials import MATERIALS, NAMES
from models.foley.synthesis import BACKENDS, Ask
from models.media import read_recipe
from tests.demos.sound.pieces import HITS, ORDER


def test_what_hangs_at_first_paint(room):
    hanging = stage.opening()
    assert hanging["first"]["clip"] == "knock" and set(hanging["first"]) == set(stage.SETTINGS)
    assert "film" not in hanging["clip"] and hanging["clip"]["poster"], "it follows, so that the page is light"
    assert [clip["words"] for clip in hanging["clips"]] == ["a knock", "a block"]
    assert len(json.dumps(hanging)) < 400_000


def told_of(room, order: dict, source: str | None = None) -> list[dict]:
    return [part["news"] for part, _ in room.long_work(source, json.dumps(order))]


def test_the_page_hears_long_work_step_by_step(room):
    ready, *steps, done = told_of(room, {"id": 7, "kind": "watch", "clip": "knock"})
    assert ready == {"id": 7, "step": [0, 1]} and steps[-1] == {"id": 7, "step": [60, 60]}
    assert done["id"] == 7 and done["hits"] == clips.find("knock").seen["hits"]
    assert told_of(room, {**ORDER, "id": 1, "kind": "save", "clip": "knock"})[-1] == {"id": 1, "saved": True}
    assert len(told_of(room, {"id": 2, "kind": "why", "clip": "knock", "at": 0.4})[-1]["map"]) == 64


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"kind": "dance"}, "cannot be read"),
        ({"kind": "watch"}, "no film yet"),
        ({"kind": "save", "clip": "?"}, "no clip called"),
        ({**ORDER, "kind": "voice", "change": 0.5, "prompt": ""}, "No words"),
    ],
)
def test_work_that_cannot_begin_says_so_and_is_over(room, large_model, order, sentence):
    heard_of = []
    with pytest.raises(BadInput, match=sentence):
        for part, _ in room.long_work(None, json.dumps({**order, "id": 3})):
            heard_of.append(part["news"])
    assert heard_of[-1] == {"id": 3, "over": True}


def test_a_film_that_is_called_off_is_no_longer_watched(room, monkeypatch):
    from models.foley import inside as doors

    ended = []

    def slow(_film, on_frame, **_):
        try:
            for done in range(1000):
                on_frame(done, 1000)
                time.sleep(0.01)
        except Stopped:
            ended.append(True)
            raise

    monkeypatch.setattr(doors, "look_inside", slow)
    working = room.long_work(None, json.dumps({"id": 1, "kind": "watch", "clip": "knock"}))
    next(working), next(working)
    working.close()
    assert ended == [True]


@pytest.fixture
def page(room, own_folders):
    with gr.Blocks(analytics_enabled=False) as page:
        parts = room.build()
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield room, parts, Client(address, verbose=False)
    page.close()


def test_links_and_recipes_fill_in_the_room(room):
    with gr.Blocks(analytics_enabled=False):
        parts = room.build()
    link = {"clip": "block", "hits": HITS, "material": "glass", "backend": "exemplar", "room": "7", "seed": "4"}
    values, refused = fit(parts, Request(room.SLUG, link))
    assert not refused and values[parts["hits"]] == HITS and values[parts["room"]] == 1
    assert values[parts["backend"]] == "exemplar" and values[parts["seed"]] == 4
    how = keepsake.recipe("block", keepsake.from_text(HITS), Ask("griffin-lim", "wood", 0.4, 0.9, 8, 0.1))
    settings = {"model": how.model, "seed": how.seed, **how.settings}
    values, refused = fit(parts, Request(room.SLUG, settings, from_recipe=True))
    assert not refused and len(values) == len(stage.SETTINGS) + 1
    assert fit(parts, Request(room.SLUG, {"backend": "magic", "volume": "loud"}))[1] == ["backend", "volume"]


def test_programs_get_films_and_hits_and_sentences(page, brought):
    client = page[2]
    film = handle_file(str(clips.find("knock").film))
    hits = client.predict(film, api_name="/video_hits")
    assert isinstance(hits, list) and all(set(hit) == {"time", "strength", "materials"} for hit in hits)
    assert all(set(hit["materials"]) == set(NAMES) for hit in hits)
    made = client.predict(film, "glass", "exemplar", 3, api_name="/video_sound")
    made = made["video"] if isinstance(made, dict) else made
    how = read_recipe(made)
    assert how.seed == 3 and (how.settings["material"], how.settings["backend"]) == ("glass", "exemplar")
    assert video.probe(made).has_sound and len(keepsake.from_text(how.settings["hits"])) == len(hits)
    for change, sentence in (((1, "cheese"), "cheese"), ((2, "magic"), "magic"), ((3, -1), "seed")):
        asked = [film, "", "modal", 0]
        asked[change[0]] = change[1]
        with pytest.raises(AppError, match=sentence):
            client.predict(*asked, api_name="/video_sound")
    with pytest.raises(AppError, match="only sound"):
        client.predict(handle_file(str(brought / "sound-alone.mp4")), api_name="/video_hits")
    known = client.view_api(return_format="dict")["named_endpoints"]
    names = {name: [one["parameter_name"] for one in about["parameters"]] for name, about in known.items()}
    assert names == {"/video_sound": ["video", "material", "backend", "seed"], "/video_hits": ["video"]}


def test_the_page_knows_every_material_and_every_back_end(room):
    part = stage.Stage(stage.opening())
    assert all(f'"{one.name}"' in part.js_on_load and one.title in part.js_on_load for one in MATERIALS)
    assert set(stage.WAYS) == set(BACKENDS)
