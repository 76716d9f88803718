"""What visitors bring to the style-transfer room and take home."""

import base64
import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from demos.style import inside, mixing, photos, service
from demos.style.studio import SETTINGS
from models.errors import BadInput, Stopped
from models.media import read_recipe
from models.style import engine
from tests.demos.style.pieces import MIX, ORDER, blots, data_url, shown

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
