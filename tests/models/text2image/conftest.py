"""A house folder of the shipped model's own classes, small enough to paint in an instant, with random weights."""

import pytest

from models.cache import ModelCache
from models.devices import Machine
from models.text2image import engine, folder, preview
from models.text2image.network import tiny_pipeline
from models.text2image.words import EXAMPLES, VOCABULARY


@pytest.fixture(scope="session")
def tiny_house(tmp_path_factory):
    """The folder: written by what writes the shipped one, with the map of its previews."""
    path = folder.write(tiny_pipeline(VOCABULARY), tmp_path_factory.mktemp("models") / "text2image", {})
    preview.write(path, list(EXAMPLES[:3]))
    return path


@pytest.fixture
def house(tiny_house, monkeypatch):
    """The tiny folder in the place of the shipped one."""
    monkeypatch.setattr(engine, "FOLDER", tiny_house)
    return tiny_house


@pytest.fixture
def cache():
    return ModelCache(Machine("cpu", 20 * 10**9))
