"""The style-transfer room without a browser: what its page asks, what visitors may bring, what programs get.

Most of it runs with a tiny painter drawn at random, so that it holds before any weights are there; the room itself,
with the pictures that hang in it, opens with its weights.
"""

import asyncio
import base64
import io
import json
import struct
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos.house.counter import Counter
from demos.house.links import Request, fit, hand
from demos.style import film, inside, mixing, photos, service, turn
from demos.style.studio import SETTINGS, opening
from models.errors import BadInput, Stopped
from models.media import read_recipe
from models.style import collection, cycle, engine, gatys, looks
from models.style.network import TINY, tiny_painter
from models.style.video import FilmReport

OWN = mixing.own_text(np.linspace(-1, 1, TINY.code, dtype=np.float32))
ORDER = {"photo": "pond", "style": "great-wave", "strength": 0.8, "keep_colours": False, "seed": 5, "side": 256}
MIX = "great-wave,kabuki,jungle,madhubani@0.25,0.6"


def blots(width: int = 120, height: int = 80, seed: int = 0) -> Image.Image:
    """Blurred blots of colour."""
    small = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def data_url(picture: Image.Image, kind: str = "PNG", **options) -> str:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return f"data:image/{kind.lower()};base64," + base64.b64encode(file.getvalue()).decode()


def shown(url: str) -> Image.Image:
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
        return picture.convert("RGB")


def apart(a: Image.Image, b: Image.Image) -> float:
    assert a.size == b.size
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())


@pytest.fixture
def shelf(tmp_path, monkeypatch) -> Iterator[None]:
    """One photograph of ours, and an empty memory; nothing of it is left for other tests."""
    blots(900, 600).save(tmp_path / "pond.png")
    pond = photos.Photo("pond", tmp_path / "pond.png", "a pond", "nobody")
    monkeypatch.setattr(photos, "shelf", lambda: {"pond": pond})
    monkeypatch.setattr(photos, "MEMORY", photos.Memory(3, "That photo is no longer here: choose it once more."))
    monkeypatch.setattr(photos, "PAINTINGS", photos.Memory(3, "Only the code of that painting is here."))
    yield
    photos._from_shelf.cache_clear()


@pytest.fixture
def house(tmp_path, monkeypatch, shelf) -> None:
    """A tiny painter, its codes and looks in the place of the box's own, and a cache for them alone."""
    from models.cache import ModelCache
    from models.devices import this_machine
    from models.settings import Settings

    cache = ModelCache(this_machine(Settings()))
    painter, folder, chance = tiny_painter(), tmp_path / "weights", np.random.default_rng(0)
    codes = {slug: chance.standard_normal(TINY.code).astype(np.float32) for slug in collection.slugs()}
    monkeypatch.setattr(engine, "default_cache", lambda: cache)
    monkeypatch.setattr(engine, "FILE", engine.save_painter(painter, folder / "style-painter.safetensors"))
    monkeypatch.setattr(collection, "CODES", collection.save_codes(codes, folder / "style-collection.safetensors"))
    paintings = {slug: blots(seed=place) for place, slug in enumerate(collection.slugs())}
    monkeypatch.setattr(looks, "FILE", looks.write(painter.encoder, paintings, folder / "style-looks.safetensors"))


@pytest.fixture
def room():
    return pytest.importorskip("demos.style_transfer", reason="the room opens with its weights")


# ---------------------------------------------------------------- styles as text


def test_a_mix_is_the_mean_of_its_corners_weighted_by_how_near_they_are(house):
    corners = [engine.code(name) for name in mixing.names_in(MIX)]
    expected = sum(share * code for share, code in zip((0.3, 0.1, 0.45, 0.15), corners, strict=True))
    assert mixing.code_of(MIX) == pytest.approx(expected, abs=1e-5)
    assert mixing.code_of("great-wave,kabuki,jungle,madhubani@-3,0") == pytest.approx(corners[0], abs=1e-5)


def test_a_painting_of_ones_own_travels_as_its_code(house):
    code = mixing.code_of(OWN)
    assert mixing.own_text(code) == OWN and code == pytest.approx(np.linspace(-1, 1, TINY.code), abs=1e-3)
    assert mixing.code_of(f"{OWN},{OWN},{OWN},{OWN}@0.5,0.5") == pytest.approx(code, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no style yet"),
        (None, "no style yet"),
        ("x" * 9000, "no style yet"),
        ("starry-night", "no style called"),
        ("great-wave,kabuki@0.5,0.5", "4 styles"),
        ("great-wave@0.5,0.5", "4 styles"),
        ("great-wave,kabuki,jungle,madhubani", "two numbers"),
        ("great-wave,kabuki,jungle,madhubani@nan,0", "two numbers"),
        ("own.!!!", "cannot be read"),
    ],
)
def test_what_is_no_style_gets_a_sentence(house, text, sentence):
    with pytest.raises(BadInput, match=sentence):
        mixing.code_of(text)


def test_a_code_of_another_model_gets_a_sentence(house):
    answer = service.tile({"style": "great-wave"})
    assert shown(answer["tile"]).size == (service.TILE, service.TILE)
    with pytest.raises(BadInput, match="numbers"):
        service.tile({"style": mixing.own_text(np.zeros(TINY.code + 1, np.float32))})


# ---------------------------------------------------------------- painting


def test_every_size_has_the_photos_proportions(house):
    sizes = [shown(service.paint({**ORDER, "side": side})["photo"]["picture"]).size for side in service.SIDES.values()]
    assert sizes == [(256, 171), (384, 256), (768, 512)]
    assert shown(service.sharpen(ORDER)["photo"]["picture"]).size == (768, 512)
    assert shown(service.paint({**ORDER, "side": 9000})["photo"]["picture"]).size == (384, 256)


def test_strength_seed_and_colours_are_heard(house):
    def painted(**changes) -> Image.Image:
        return shown(service.paint({**ORDER, **changes})["photo"]["picture"])

    usual = painted()
    assert apart(usual, painted()) == 0
    assert all(apart(usual, painted(**change)) > 0.2 for change in ({"strength": 0.1}, {"seed": 6}, {"style": MIX}))
    photo = service.small(photos.find("pond"), 256)
    hues = [np.asarray(one.convert("HSV"), float)[..., 1].mean() for one in (photo, painted(keep_colours=True), usual)]
    assert abs(hues[1] - hues[0]) < abs(hues[2] - hues[0])


def test_what_many_look_at_is_painted_once_and_what_is_a_visitors_own_is_not_kept(house, monkeypatch):
    painted, paint = [], engine.paint
    monkeypatch.setattr(engine, "paint", lambda *asked: painted.append(asked) or paint(*asked))
    asks = Counter(places=1, waiting=9, remembered=2**20).serve(service.paint, service.ours)
    name = service.receive({"picture": data_url(blots())})["name"]
    for change, times in (({}, 1), ({"photo": name}, 3), ({"style": OWN}, 3)):
        painted.clear()
        # In a thread of its own: Playwright's synchronous interface keeps a loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            answers = [thread.submit(asyncio.run, asks({**ORDER, **change})).result() for _ in range(3)]
        assert len(painted) == times and answers[0] == answers[2] and "photo" in answers[0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"photo": "mona-lisa"}, "no photograph called"),
        ({"photo": 7}, "no photograph called"),
        ({"style": "?"}, "no style called"),
        ({"strength": "much"}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"seed": -1}, "seed"),
        ({"seed": 2.5}, "seed"),
    ],
)
def test_a_wrong_order_gets_a_sentence(house, change, sentence):
    with pytest.raises(BadInput, match=sentence):
        service.paint({**ORDER, **change})


def test_a_strength_out_of_range_is_brought_into_it():
    assert [service.read({"strength": value}).strength for value in (-1, 0.3, 7)] == [0, 0.3, 1]


@pytest.mark.parametrize("order", ["", "{", None, "[" * 10_000])
def test_what_is_no_order_gets_a_sentence(order):
    with pytest.raises(BadInput):
        service.parse(order)


# ---------------------------------------------------------------- what visitors bring


def test_a_photo_becomes_one_file_that_stays_what_it_is(house):
    noisy = Image.fromarray(np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), dtype=np.uint8))
    first = service.receive({"picture": data_url(noisy, "JPEG", quality=95)})
    assert (first["width"], first["height"]) == (1536, 1024) and len(first["picture"]) < 500_000
    again = service.receive({"picture": first["picture"]})
    assert again == first, "what a recipe brings along paints the same again"
    assert photos.find(first["name"]).size == (1536, 1024)


def test_where_a_photo_was_taken_is_forgotten():
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}  # GPS
    exif[0x0112] = 6  # a quarter turn
    told = photos.file_in(data_url(blots(120, 80), "JPEG", exif=exif))
    with Image.open(io.BytesIO(told)) as kept:
        assert not kept.getexif() and kept.size == (80, 120)


@pytest.mark.parametrize(
    ("picture", "options"),
    [
        (blots().convert("CMYK"), {"kind": "JPEG"}),
        (blots().convert("P"), {}),
        (blots().convert("RGBA"), {}),
        (blots().convert("LA"), {}),
        (blots().convert("1"), {}),
        (Image.fromarray(np.full((64, 64), 40_000, np.uint16)), {}),
        (blots().convert("P"), {"kind": "GIF", "save_all": True, "append_images": [blots(seed=1).convert("P")]}),
        (blots(), {"kind": "WEBP"}),
        (blots(), {"kind": "TIFF"}),
    ],
)
def test_every_kind_of_picture_is_taken_as_plain_colours(house, picture, options):
    answer = service.receive({"picture": data_url(picture, **options)})
    assert (answer["width"], answer["height"]) == picture.size
    assert shown(service.paint({**ORDER, "photo": answer["name"]})["photo"]["picture"]).size[0] == 256


def png_of(width: int, height: int) -> str:
    """A PNG that claims to be so large, and holds nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (None, "not a picture"),
        ("data:image/png;base64,aGVsbG8=", "not a picture"),
        ("data:image/png;base64,???", "not a picture"),
        (data_url(blots())[:900], "damaged|not a picture"),
        (png_of(10_000, 10_000), "100 megapixels"),
        (png_of(60_000, 60_000), "megapixels"),
        (data_url(blots(1, 1)), "1 × 1 pixels"),
        (data_url(blots(400, 20)), "400 × 20 pixels"),
    ],
    ids=["nothing", "text", "no base64", "cut off", "100 megapixels", "a bomb", "one pixel", "a line"],
)
def test_what_cannot_be_painted_gets_one_sentence(shelf, picture, sentence):
    for take in (service.receive, service.painting):
        with pytest.raises(BadInput, match=sentence):
            take({"picture": picture})


def test_a_photo_the_house_has_forgotten_is_asked_for_again(house):
    name = service.receive({"picture": data_url(blots())})["name"]
    for seed in range(1, 4):
        service.receive({"picture": data_url(blots(seed=seed))})
    for ask in (service.paint, service.sharpen, inside.look, inside.parts):
        assert ask({**ORDER, "photo": name})["unknown"] is True
    service.receive({"picture": data_url(blots())})
    assert "photo" in service.paint({**ORDER, "photo": name})


def test_a_painting_is_a_style_at_once(house):
    answer = service.painting({"picture": data_url(blots(300, 200, 7))})
    assert answer["style"].startswith(mixing.OWN) and shown(answer["tile"]).size == (service.TILE, service.TILE)
    assert service.painting({"picture": answer["picture"]})["style"] == answer["style"]
    assert "photo" in service.paint({**ORDER, "style": answer["style"]})


def test_sample_photographs_are_read_from_scikit_image_where_it_is_installed(monkeypatch):
    pytest.importorskip("skimage")
    found = {photo.name: photo for photo in photos._samples()}
    assert {"astronaut", "chelsea", "coffee", "rocket"} <= set(found)
    assert all(photo.file.is_file() and photo.credit.endswith("from scikit-image") for photo in found.values())
    monkeypatch.setattr(photos.importlib.util, "find_spec", lambda name: None)
    assert photos._samples() == []


# ---------------------------------------------------------------- taking home


def finished(order: dict, **options) -> tuple[list, bytes]:
    *steps, file = service.finished(service.read(order), **options)
    return steps, file


def test_a_picture_goes_home_at_full_size_with_its_recipe(house):
    steps, file = finished(ORDER)
    assert steps[-1][0] == steps[-1][1]
    with Image.open(io.BytesIO(file)) as picture:
        assert picture.size == (900, 600)
    how = read_recipe(file)
    assert (how.demo, how.model, how.seed) == ("style-transfer", "style/painter", 5)
    assert how.settings == {name: ORDER[name] for name in SETTINGS if name != "seed"}


def test_a_visitors_photo_travels_in_the_file_only_if_they_want(house):
    name = service.receive({"picture": data_url(blots(300, 200))})["name"]
    _, file = finished({**ORDER, "photo": name})
    how = read_recipe(file)
    assert how.settings["photo"] == ""
    back = service.receive({"picture": photos.as_url(photos.file_in(how.settings["own"]))})
    assert back["name"] == name
    _, without = finished({**ORDER, "photo": name}, with_photo=False)
    assert "own" not in read_recipe(without).settings


def test_full_size_is_the_photos_own_within_reason():
    assert [service.full_side(blots(*size)) for size in ((100, 50), (900, 1200), (4000, 300))] == [768, 1200, 1536]


def test_a_picture_that_is_called_off_stops_at_its_next_step(house, monkeypatch):
    ended = []

    def slow(_photo, _ask, on_tile, **_):
        try:
            for done in range(1000):
                on_tile(done, 1000)
                time.sleep(0.01)
        except Stopped:
            ended.append(True)
            raise

    monkeypatch.setattr(engine, "paint", slow)
    painting = service.finished(service.read(ORDER))
    next(painting)
    painting.close()
    assert ended == [True]


def test_a_large_model_is_told_the_style_in_words_or_shown_the_painting(house, monkeypatch):
    from models.style import hub

    assert service.told("great-wave") == (
        "Under the Wave off Kanagawa (Kanagawa oki nami ura) by Katsushika Hokusai, 1826"
    )
    assert service.told(MIX).startswith("The Equatorial Jungle") or " and " in service.told(MIX)
    assert len(service.told(MIX)) <= hub.MOST_WORDS
    own = service.painting({"picture": data_url(blots(200, 200))})["style"]
    assert service.told(own).size == (200, 200)
    asked = []

    def painted(photo, style, strength, seed, model, on_step):
        on_step(1, 4)
        asked.append((style, strength, seed, model))
        return photo.resize((512, 341))

    monkeypatch.setattr(hub, "paint", painted)
    steps, file = finished({**ORDER, "model": "style/klein-hub", "keep_colours": True})
    assert steps == [(1, 4)] and asked == [(service.told("great-wave"), 0.8, 5, "style/klein-hub")]
    assert read_recipe(file).model == "style/klein-hub"


# ---------------------------------------------------------------- looking inside


def test_gram_matrices_losses_and_maps_come_layer_by_layer(house):
    layers = inside.look(ORDER)["layers"]
    assert [layer["name"] for layer in layers] == list(gatys.LAYERS) and json.dumps(layers)
    for layer in layers:
        assert {shown(layer["grams"][whose]).size for whose in ("photo", "painting", "result")} == {(192, 192)}
        assert {shown(layer["maps"][whose]).height for whose in ("photo", "result")} == {inside.MAP_SIDE}
        assert layer["style_before"] > 0 and layer["content"] >= 0
    assert inside.look({**ORDER, "style": MIX})["layers"][0]["style_before"] != layers[0]["style_before"]


def test_a_painting_can_be_looked_into_while_it_is_here_and_not_by_its_code_alone(house):
    own = service.painting({"picture": data_url(blots(200, 160, 9))})["style"]
    assert inside.look({**ORDER, "style": own})["layers"]
    answer = inside.look({**ORDER, "style": OWN})
    assert answer["unknown"] and "Only the code" in answer["sentence"]


def test_parts_of_the_painter_hear_the_style_one_by_one(house):
    every = list(inside.inside.PARTS)
    none, some, all_of_them = (inside.parts({**ORDER, "parts": parts}) for parts in ([], ["palette"], every))
    assert set(none["asked"]) == set(every)
    pictures = [shown(answer["picture"]) for answer in (none, some, all_of_them)]
    assert apart(pictures[0], pictures[1]) > 0.5 and apart(pictures[1], pictures[2]) > 0.1
    with pytest.raises(BadInput, match="no part called"):
        inside.parts({**ORDER, "parts": ["soul"]})


@pytest.mark.parametrize("start", ["photo", "noise"])
def test_a_descent_tells_every_step(house, monkeypatch, start):
    quick = gatys.Descent(side=64, steps=3)
    monkeypatch.setattr(gatys, "Descent", partial(replace, quick))
    order = json.dumps({**ORDER, "id": 4, "start": start, "layers": "strokes"})
    ready, *moments, over = (update["news"] for update in inside.descended(order))
    assert ready == {"id": 4, "ready": True} and over == {"id": 4, "over": True}
    assert [moment["step"] for moment in moments] == [[0, 3], [1, 3], [2, 3], [3, 3]]
    assert moments[-1]["style"] < moments[0]["style"]
    assert max(shown(moments[0]["picture"]).size) == 64


def test_a_descent_that_cannot_begin_says_so_and_is_over(house):
    heard = []
    with pytest.raises(BadInput, match="no style called"):
        for update in inside.descended(json.dumps({**ORDER, "id": 4, "style": "?"})):
            heard.append(update["news"])
    assert heard[-1] == {"id": 4, "over": True}


# ---------------------------------------------------------------- without a single pair


@pytest.fixture
def translated(monkeypatch):
    """A translation that needs no weights: everything turns red, and back."""

    def translate(photo, direction, _cache=None):
        cycle.keys(direction)
        seen, red = photo.resize((128, 128)), Image.new("RGB", (128, 128), "red")
        return cycle.Translation(seen, red, seen, red, "")

    monkeypatch.setattr(cycle, "translate", translate)


def test_a_fruit_is_seen_there_and_back(shelf, translated):
    for direction in cycle.DIRECTIONS:
        assert len(turn.shelf({"direction": direction})["pictures"]) == len(turn.SHELF)
        answer = turn.turn({"photo": "fruit-2", "direction": direction})
        assert apart(shown(answer["seen"]), turn.fruit(direction, 2)) < 6 and answer["lost"] == 0
    assert apart(turn.fruit("to-apple", 2), turn.fruit("to-tomato", 2)) > 2


def test_a_translation_goes_home_and_comes_back(shelf, translated):
    own = service.receive({"picture": data_url(blots(90, 90))})["name"]
    part = turn.Turn()
    for name in ("fruit-3", own):
        kept = turn.keep({"photo": name, "direction": "to-apple"})["picture"]
        how = read_recipe(base64.b64decode(kept.partition(",")[2]))
        assert how.model == "style/cycle-apple"
        asked = json.loads(part.accept_setting(how.settings["turn"]))
        assert asked["direction"] == "to-apple" and asked["photo"].startswith(
            "fruit-3" if name == "fruit-3" else "data:"
        )


@pytest.mark.parametrize(
    "order", [{"direction": "to-pear"}, {"direction": None}, {"direction": "to-apple", "photo": "fruit-x"}]
)
def test_a_wrong_translation_gets_a_sentence(shelf, order):
    with pytest.raises(BadInput):
        turn.turn({"photo": "fruit-0", **order})
    with pytest.raises(BadInput):
        turn.Turn().accept_setting({"photo": "fruit-0", **order})


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
