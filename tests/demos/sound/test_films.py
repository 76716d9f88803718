"""Films that visitors bring, take home and bring back."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demos.sound import clips, service
from models import video
from models.errors import BadInput
from models.foley import engine, hub, keepsake, seen, soundtrack
from models.foley.materials import RATE
from models.media import Recipe, read_recipe
from tests.demos.sound.pieces import HITS, ORDER, ffmpeg, heard, of_url, watched

# ---------------------------------------------------------------- films


def test_our_clips_come_with_what_the_model_saw(house):
    assert list(clips.shelf()) == ["knock", "block"] and clips.first().name == "knock"
    told = service.clip({"name": "block"})
    assert of_url(told["film"])[4:8] == b"ftyp" and len(told["onset"]) == 60 and told["seconds"] == 2.0
    with Image.open(io.BytesIO(of_url(told["motion"]))) as sheet:
        assert sheet.size == (64 * seen.COLUMNS, 64 * 2)
    with Image.open(io.BytesIO(of_url(told["where"]))) as places:
        assert places.size == (64, 60)
    assert keepsake.to_text(keepsake.from_text(told["hits"])) == told["hits"]
    with pytest.raises(BadInput, match="knock, block"):
        service.clip({"name": "../secret"})


def test_a_film_is_watched_step_by_step(house):
    steps, told = watched(clips.find("knock").film)
    assert steps[0] == (1, 60) and steps[-1] == (60, 60)
    assert told["hits"] == clips.find("knock").seen["hits"], "what hangs at first paint is what the model makes"
    assert (told["width"], told["height"], told["has_sound"]) == (112, 112, False)
    assert told["film"] is None and told["recipe"] is None and told["note"] == ""


def test_a_film_that_the_browser_cannot_play_comes_as_one_that_it_can(house, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=61x47:rate=10", "-t", 1, tmp_path / "moving.gif")
    _, told = watched(tmp_path / "moving.gif", show=True)
    (tmp_path / "shown.mp4").write_bytes(of_url(told["film"]))
    film = video.probe(tmp_path / "shown.mp4")
    assert film.codec == "h264" and film.width % 2 == film.height % 2 == 0


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("text.mp4", "not a film"),
        ("empty.mp4", "not a film"),
        ("truncated.mp4", "damaged|stops half way"),
        ("sound-alone.mp4", "only sound"),
        ("sound.wav", "only sound"),
        ("no-frames.mp4", "not a single picture|damaged|no moving pictures"),
        ("nowhere.mp4", "could not be found"),
    ],
)
def test_what_is_no_film_gets_one_sentence(house, brought, name, sentence):
    with pytest.raises(BadInput, match=sentence) as refused:
        watched(brought / name)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("name", "seconds", "note"),
    [
        ("portrait.mp4", 1, ""),
        ("moving.gif", 1, ""),
        ("web.webm", 1, ""),
        ("uneven.mp4", 2, ""),
        ("4k.mp4", 0.12, ""),
        ("long.mp4", 15, "lasts 10 minutes; its first 15 seconds"),
    ],
)
def test_what_is_an_odd_film_is_watched_and_heard_all_the_same(house, brought, tmp_path, name, seconds, note):
    _, told = watched(brought / name)
    assert told["seconds"] == pytest.approx(seconds, rel=0.12) and note in told["note"]
    assert len(told["onset"]) == pytest.approx(30 * seconds, abs=2)
    assert (told["height"] > told["width"]) == (name == "portrait.mp4")
    order = service.read({**ORDER, "hits": "0.05_1_wood", "seconds": told["seconds"]})
    for saved in service.finished(brought / name, order, ""):
        about = video.probe(saved)
        assert about.has_sound and about.seconds == pytest.approx(seconds, rel=0.12, abs=0.1)
    assert not Path(saved).exists()


# ---------------------------------------------------------------- taking home, coming back


def test_a_saved_film_opens_again_with_its_hits_and_settings(house, tmp_path):
    order = {**ORDER, "clip": "knock", "original": 0.5, "backend": "exemplar", "material": "glass"}
    for saved in service.saved(clips.find("knock").film, order):
        assert Path(saved).name == "knock-with-sound.mp4"
        (tmp_path / "saved.mp4").write_bytes(Path(saved).read_bytes())
    how = read_recipe(tmp_path / "saved.mp4")
    assert how.settings["clip"] == "knock" and how.seed == 5 and how.model == engine.HOUSE
    _, told = watched(tmp_path / "saved.mp4")
    kept = {"hits": HITS, "material": "glass", "backend": "exemplar", "room": 0.2, "volume": 1.0, "original": 0.5}
    assert told["recipe"] == {**kept, "seed": 5} and told["has_sound"]


def test_a_film_of_another_room_is_only_a_film(house, tmp_path):
    with video.Writer(tmp_path / "painted.mp4", 25, recipe=Recipe("style-transfer", "style/painter", "1", 0)) as film:
        for _ in range(5):
            film.write(np.zeros((32, 32, 3), np.uint8))
    assert watched(tmp_path / "painted.mp4")[1]["recipe"] is None


# ---------------------------------------------------------------- a large model


def test_a_large_model_re_voices_the_track_and_its_voice_goes_into_the_film(house, large_model, tmp_path):
    wanted = {**ORDER, "prompt": "rain on tin", "change": 0.4, "model": hub.STABLE_AUDIO}
    *steps, told = service.revoiced(service.read(wanted), *service.voice_of(wanted))
    assert steps == [(1, 2), (2, 2)] and told["said"] == "3 of 3 hits are heard where they were."
    made = heard(told["sound"])
    for saved in service.saved(clips.find("knock").film, {**wanted, "voice": told["voice"]}):
        again = soundtrack.own_sound(Path(saved), 2.0)
        assert np.corrcoef(again[:RATE], made[:RATE])[0, 1] > 0.95
        how = read_recipe(saved)
    assert how.model == hub.STABLE_AUDIO and (how.settings["prompt"], how.settings["change"]) == ("rain on tin", 0.4)
    with pytest.raises(BadInput, match="no longer here"):
        next(service.saved(clips.find("knock").film, {**wanted, "voice": "own-gone"}))
    with pytest.raises(BadInput, match="change"):
        service.voice_of({"change": "much"})
    assert service.words({"hits": HITS})["prompt"].endswith("metal and water and wood")
