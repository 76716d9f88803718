"""What hangs in the room and in the lobby: filmed by the simulator, watched by whatever network there is."""

import json

import numpy as np
import pytest
from PIL import Image

from models import video
from models.cache import ModelCache
from models.devices import Machine
from models.foley import engine, examples, keepsake, soundtrack
from models.foley.examples import Take, filmed, make
from models.foley.hits import Picking
from models.foley.materials import RATE
from models.foley.network import tiny
from models.media import read_recipe

TAKE = Take("steps", "steps on stone", "steps", "stone", hits=(1, 6))


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Films of a few pixels, watched by a tiny network."""
    network = tiny()
    network.picking = Picking(0.3, 0.25, 1.5)
    cache = ModelCache(Machine("cpu", 10**9))
    monkeypatch.setattr(engine, "FILE", engine.save_network(network, tmp_path / "foley-hits.safetensors"))
    monkeypatch.setattr(engine, "default_cache", lambda: cache)
    monkeypatch.setattr(examples, "SIDE", 96)
    monkeypatch.setattr(examples, "SECONDS", 2.0)


def test_a_clip_comes_with_its_true_sound_and_what_was_seen(small, tmp_path):
    written = make(tmp_path / "examples", [TAKE], ["steps"])
    folder = tmp_path / "examples" / "sound"
    assert all(path.is_file() for path in written) and {path.suffix for path in folder.iterdir()} == {
        ".mp4",
        ".flac",
        ".json",
        ".webp",
    }
    about = video.probe(folder / "steps.mp4")
    assert not about.has_sound and about.width > about.height and about.seconds == pytest.approx(2, abs=0.05)
    true = soundtrack.from_flac((folder / "steps.flac").read_bytes())
    clip, _ = filmed(TAKE)
    first = clip.strikes[0].seconds
    assert len(true) == 2 * RATE and np.flatnonzero(true)[0] / RATE == pytest.approx(first, abs=0.01)
    seen = json.loads((folder / "steps.json").read_text())
    assert len(seen["onset"]) == 60 and (seen["width"], seen["height"]) == (about.width, about.height)
    assert json.loads((folder / "clips.json").read_text()) == [{"name": "steps", "words": "steps on stone"}]
    with Image.open(tmp_path / "examples" / "video-sound.png") as poster:
        assert poster.size == examples.POSTER_SIZE
        how = read_recipe(poster)
    assert how.demo == keepsake.DEMO and how.settings["clip"] == "steps" and how.settings["hits"] == seen["hits"]
    before = {path: path.read_bytes() for path in (folder / "steps.mp4", folder / "steps.json")}
    (folder / "steps.json").unlink()
    again = examples.watch_again(tmp_path / "examples", [TAKE], ["steps"])
    assert {path: path.read_bytes() for path in before} == before and folder / "steps.mp4" not in again


def test_a_take_is_the_same_every_time_and_shows_its_hits_well(small):
    (one, shape), (two, _) = filmed(TAKE), filmed(TAKE)
    assert one.strikes == two.strikes and 1.3 <= shape <= 1.8
    assert all(0.1 < strike.x < 0.9 and 0.1 < strike.y < 0.9 for strike in one.strikes)
    with pytest.raises(ValueError, match="no seed shows"):
        filmed(Take("none", "nothing", "steps", "stone", hits=(90, 99)))


def test_the_list_of_clips_has_no_name_twice():
    names = [take.name for take in examples.TAKES]
    assert len(names) == len(set(names)) >= 6 and set(examples.POSTERS) <= set(names)
