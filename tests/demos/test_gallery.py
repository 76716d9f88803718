"""The gallery as a whole: rooms are found, bad ones are left out, links and recipes fit or are refused."""

import base64
import importlib
import io
import json
import sys
from functools import partial
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

import demos
from demos import kit
from demos.gallery import build_gallery
from demos.house import links, meter
from demos.house.discovery import discover
from demos.house.lobby import lobby_html, poster_files
from demos.house.meter import meter_html, read_meter
from models.cache_stats import CacheStats, ModelStats
from models.errors import BadInput
from models.media import Recipe
from models.settings import Settings

TOY = """
import gradio as gr
from pathlib import Path
from demos import kit

LABEL = kit.WallLabel("Toy <b>", "Wood", "1900", "Anon & Co", "", "CC0", "Pull the string.")

def build():
    with kit.wall(LABEL):
        text = gr.Textbox(label="Words")
    return {"words": text}

DEMO = kit.Demo("toy", "A <toy>", "It moves.", LABEL, Path("none.png"), build, order=1)
"""


@pytest.fixture
def rooms_folder(tmp_path, monkeypatch):
    """An extra folder of rooms, as if its files lay in ``demos/``."""
    monkeypatch.setattr(demos, "__path__", [*demos.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    yield tmp_path
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(f"demos.{path.stem}", None)


def test_what_computes_takes_turns_on_the_device():
    page = build_gallery(Settings())
    queued = [event for event in page.fns.values() if event.fn and event.queue]
    assert len(queued) > 15
    elsewhere = {event.fn.__name__ for event in queued if event.concurrency_id != kit.DEVICE_QUEUE}
    # Opening a room, asking whether a model may be fetched, fetching it: none of them computes.
    assert elsewhere == {"open_request", "<lambda>", "_fetch"}


# ---------------------------------------------------------------- finding rooms


def test_one_new_file_is_one_new_room(rooms_folder):
    (rooms_folder / "toy.py").write_text(TOY)
    rooms, closed = discover()
    assert rooms[0].slug == "toy" and closed == []


def test_an_installed_package_brings_rooms(guest_package, monkeypatch):
    monkeypatch.syspath_prepend(str(guest_package))
    rooms, closed = discover()
    assert "guest-room" in [room.slug for room in rooms]
    assert [room.name for room in closed] == ["broken"]


def test_a_broken_room_is_skipped_and_the_others_open(rooms_folder):
    (rooms_folder / "toy.py").write_text(TOY)
    (rooms_folder / "falls.py").write_text("1 / 0")
    (rooms_folder / "wrong.py").write_text("DEMO = 'not a demo'")
    (rooms_folder / "shouts.py").write_text(TOY.replace('"toy"', '"TOY ROOM"'))
    (rooms_folder / "twin.py").write_text(TOY)
    (rooms_folder / "parts.py").write_text("HELPERS = 1")
    rooms, closed = discover()
    assert "toy" in [room.slug for room in rooms]
    assert sorted(room.name for room in closed) == ["falls", "shouts", "twin", "wrong"]


def test_only_the_rooms_asked_for(rooms_folder):
    (rooms_folder / "toy.py").write_text(TOY)
    rooms, closed = discover(["toy", "nowhere"])
    assert [room.slug for room in rooms] == ["toy"]
    assert [room.name for room in closed] == ["nowhere"]


def test_a_half_built_room_leaves_nothing_behind(guest_package, monkeypatch):
    monkeypatch.syspath_prepend(str(guest_package))
    page = build_gallery(Settings(demos=("guest-room", "half-room")))
    labels = [getattr(block, "label", None) for block in page.blocks.values()]
    assert "One colour" in labels and "Half built" not in labels


def test_the_page_keeps_its_promises(guest_package, monkeypatch):
    monkeypatch.syspath_prepend(str(guest_package))
    page = build_gallery(Settings(demos=("guest-room",)))
    assert page.max_size if hasattr(page, "max_size") else page._queue.max_size
    assert page.delete_cache and not page.analytics_enabled
    public = [fn.api_name for fn in page.fns.values() if fn.api_visibility == "public"]
    assert public == ["paint"]


def test_no_setting_is_taken_for_an_event():
    page = build_gallery(Settings())
    parts = [part["props"] for part in page.config["components"]]
    taken = [(props.get("elem_id"), name) for props in parts for name in props if isinstance(props[name], partial)]
    assert taken == []


def test_an_empty_house_still_opens():
    page = build_gallery(Settings(demos=("nowhere",)))
    assert page.blocks


# ---------------------------------------------------------------- the lobby


def test_cards_escape_what_rooms_say(rooms_folder):
    (rooms_folder / "toy.py").write_text(TOY)
    rooms, closed = discover(["toy"])
    page = lobby_html(rooms, closed)
    assert "A &lt;toy&gt;" in page and "<toy>" not in page and "?demo=toy" in page


def test_posters_take_turns(tmp_path):
    for name in ("room.png", "room-2.png", "room-3.png", "other.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    assert [path.name for path in poster_files(tmp_path / "room.png")] == [
        "room.png",
        "room-2.png",
        "room-3.png",
    ]


def test_a_damaged_poster_closes_nothing(rooms_folder):
    (rooms_folder / "toy.py").write_text(TOY.replace("none.png", str(rooms_folder / "bad.png")))
    (rooms_folder / "bad.png").write_bytes(b"not a picture")
    rooms, _ = discover(["toy"])
    assert "v-blank" in lobby_html(rooms)


# ---------------------------------------------------------------- links


@pytest.fixture(scope="module")
def parts():
    with gr.Blocks():
        return {
            "subject": gr.Radio(["fruit", "flower"], value="fruit"),
            "steps": gr.Slider(1, 50, value=20, step=1),
            "strength": gr.Slider(0, 1, value=0.5, step=0.05),
            "seed": gr.Number(0, precision=0, minimum=0, maximum=2**31 - 1),
            "prompt": gr.Textbox(max_length=20),
            "live": gr.Checkbox(),
            "colour": gr.ColorPicker(),
            "styles": gr.CheckboxGroup(["a", "b"]),
            "picture": gr.Image(),
            "markup": gr.HTML(),
        }


def fitted(parts, settings, from_recipe=False):
    values, refused = links.fit(parts, links.Request("room", settings, from_recipe))
    names = {id(component): name for name, component in parts.items()}
    return {names[id(component)]: value for component, value in values.items()}, refused


def test_good_settings_fit(parts):
    link = {"subject": "flower", "steps": "30", "strength": "0.25", "seed": "7", "prompt": "pears"}
    link |= {"live": "yes", "colour": "#aabbcc", "styles": "b,a,x"}
    values, refused = fitted(parts, link)
    assert refused == [] and values == {
        "subject": "flower",
        "steps": 30,
        "strength": 0.25,
        "seed": 7,
        "prompt": "pears",
        "live": True,
        "colour": "#aabbcc",
        "styles": ["b", "a"],
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject", "<script>"),
        ("subject", "portrait"),
        ("steps", "many"),
        ("seed", "nan"),
        ("seed", "1e999"),
        ("seed", ""),
        ("live", "perhaps"),
        ("colour", "#12345"),
        ("colour", "red;background:url(x)"),
        ("picture", "/etc/passwd"),
        ("markup", "<img src=x onerror=alert(1)>"),
    ],
)
def test_hostile_settings_are_refused(parts, name, value):
    assert fitted(parts, {name: value}) == ({}, [name])
    assert fitted(parts, {name: value}, from_recipe=True) == ({}, [name])


@pytest.mark.parametrize("value", [None, [], {}, {"a": 1}, [["deep"]], True])
def test_recipes_of_the_wrong_shape_never_raise(parts, value):
    for name in parts:
        fitted(parts, {name: value}, from_recipe=True)


def test_numbers_stay_within_bounds(parts):
    values, _ = fitted(parts, {"steps": "9999", "seed": "-5", "strength": "7"})
    assert values == {"steps": 50, "seed": 0, "strength": 1}


def test_text_is_cut_and_cleaned(parts):
    values, _ = fitted(parts, {"prompt": "a\0b\x1b[31m" + "x" * 100})
    assert values["prompt"] == "ab[31m" + "x" * 14


def test_unknown_settings_are_passed_over(parts):
    assert fitted(parts, {"__class__": "x", "nothing": "1"}) == ({}, [])


class Canvas(gr.HTML):
    """A component of a room's own, which decides for itself what a recipe may set."""

    def accept_setting(self, value):
        if not isinstance(value, list):
            raise ValueError("not strokes")
        return value


def test_own_components_take_recipes_only():
    with gr.Blocks():
        parts = {"strokes": Canvas()}
    assert fitted(parts, {"strokes": "[]"}) == ({}, ["strokes"])
    assert fitted(parts, {"strokes": [1]}, from_recipe=True) == ({"strokes": [1]}, [])
    assert fitted(parts, {"strokes": "<b>"}, from_recipe=True) == ({}, ["strokes"])
    assert not links.linkable(parts["strokes"])


def test_a_recipe_becomes_a_request():
    recipe = Recipe("sketch-to-photo", "sketch/fruit", "1", 9, {"subject": "fruit"})
    request = links.parse(json.dumps({"recipe": recipe.to_json()}))
    assert request == links.Request(
        "sketch-to-photo", {"model": "sketch/fruit", "seed": 9, "subject": "fruit"}, from_recipe=True
    )


@pytest.mark.parametrize(
    "payload", ["", "null", "[]", "{}", '{"link": 3}', '{"recipe": 5}', '{"recipe": "{}"}', "[" * 9999]
)
def test_requests_that_make_no_sense(payload):
    with pytest.raises(BadInput):
        links.parse(payload)


def test_a_link_with_a_thousand_settings_is_cut():
    request = links.parse(json.dumps({"link": {"demo": "room"} | {f"s{i}": "1" for i in range(1000)}}))
    assert len(request.settings) < 100


# ---------------------------------------------------------------- the meter


def test_the_meter_does_not_import_torch_to_say_there_is_nothing(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert "No model" in read_meter()
    assert "torch" not in sys.modules


def test_the_meter_shows_every_figure():
    model = ModelStats("sketch/fruit", "Fruit <i>", "device", 31_000_000, 1, 12, 1, 0, 2, 1.5, 18.0)
    stats = CacheStats("cpu", 10**9, 10**8, 2 * 10**8, 0, 0, 12, 1, 0, 2, 18.0, (model,))
    page = meter_html(stats)
    for part in ("Fruit &lt;i&gt;", "31 MB", "at work", "<td>12</td>", "<td>2</td>", "18", "1.0 GB"):
        assert part in page


def test_the_meter_shows_each_replica(monkeypatch):
    empty = CacheStats("cpu", 10**9, 0, 0, 0, 0, 0, 0, 0, 0, 0.0, ())
    monkeypatch.setattr(meter, "the_cluster", lambda: SimpleNamespace(stats=lambda: [empty, empty]))
    assert "Replica 1" in read_meter() and "Replica 2" in read_meter() and "Replica 3" not in read_meter()


# ---------------------------------------------------------------- pictures from another room


def test_a_picture_is_handed_to_the_component_that_takes_it():
    class Canvas(gr.HTML):
        def accept_picture(self, picture):
            return picture.size

    file = io.BytesIO()
    Image.new("RGB", (4, 3)).save(file, "PNG")
    url = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    request = links.parse(json.dumps({"hand": {"demo": "toy", "picture": url}}))
    image, canvas = gr.Image(), Canvas()
    assert request.demo == "toy" and links.hand(image, request.picture)[image].size == (4, 3)
    assert links.hand(canvas, request.picture)[canvas] == (4, 3)
    with pytest.raises(BadInput, match="takes no pictures"):
        links.hand(None, request.picture)


@pytest.mark.parametrize(
    "hand", [{}, {"demo": "toy"}, {"demo": "toy", "picture": 7}, {"demo": "toy", "picture": "?,é"}]
)
def test_what_is_no_picture_is_not_handed_on(hand):
    with pytest.raises(BadInput):
        links.parse(json.dumps({"hand": hand}))
