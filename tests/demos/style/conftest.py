"""The style-transfer room with a tiny painter drawn at random, so that it holds before any weights are there; the room
itself, with the pictures that hang in it, opens with its weights."""

from collections.abc import Iterator

import numpy as np
import pytest

from demos.style import photos
from models.style import collection, engine, looks
from models.style.network import TINY, tiny_painter
from tests.demos.style.pieces import blots


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
