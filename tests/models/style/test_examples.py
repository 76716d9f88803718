"""What hangs at first paint: photos that say whose they are, a tile of every style, paintings with their recipes."""

import json

import numpy as np
import pytest
from PIL import Image

from models.media import read_recipe
from models.style import collection, engine, examples
from models.style.examples import PHOTOS, Photo
from models.style.network import TINY, tiny_painter
from models.style.scenery import HEIGHT, HOURS, WIDTH, scene


@pytest.fixture
def house(tmp_path, monkeypatch) -> None:
    """A tiny painter in the place of the box's own, small pictures, and photos that are made at once."""
    folder = tmp_path / "weights"
    monkeypatch.setattr(engine, "FILE", engine.save_painter(tiny_painter(), folder / "style-painter.safetensors"))
    codes = dict.fromkeys(collection.slugs(), np.zeros(TINY.code, np.float32))
    monkeypatch.setattr(collection, "CODES", collection.save_codes(codes, folder / "style-collection.safetensors"))
    grey = Image.new("RGB", (96, 64), "grey")
    monkeypatch.setattr(examples, "PHOTOS", tuple(Photo(p.name, p.words, p.credit, lambda: grey) for p in PHOTOS))
    for name, side in (("FIRST_SIDE", 96), ("TILE", 64), ("POSTER_SIDE", 64)):
        monkeypatch.setattr(examples, name, side)


def test_everything_hangs(house, tmp_path, monkeypatch):
    from models import cache
    from models.devices import this_machine
    from models.settings import Settings

    own = cache.ModelCache(this_machine(Settings()))
    monkeypatch.setattr(engine, "default_cache", lambda: own)
    files = examples.make(tmp_path / "examples")
    assert all(file.is_file() for file in files) and len({file.name for file in files}) == len(files)
    folder = tmp_path / "examples" / "style"
    for photo in json.loads((folder / "photos.json").read_text(encoding="utf-8")):
        assert (folder / photo["file"]).is_file() and photo["words"] and photo["credit"]
    with Image.open(folder / "tiles.webp") as tiles:
        assert tiles.width == tiles.height * len(collection.STYLES)
    first = read_recipe(folder / "first.png")
    assert first.settings["photo"] == PHOTOS[0].name and first.settings["style"] in collection.slugs()
    for poster in (tmp_path / "examples").glob("style-transfer*.png"):
        assert read_recipe(poster).demo == "style-transfer"


@pytest.mark.parametrize("hour", HOURS)
def test_landscapes_are_drawn_anew_and_alike(hour):
    picture = scene(hour, 3)
    assert picture.shape == (HEIGHT, WIDTH, 3) and picture.dtype == np.uint8
    assert (picture == scene(hour, 3)).all() and picture.reshape(-1, 3).std(0).min() > 15
