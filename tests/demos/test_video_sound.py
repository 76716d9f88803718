"""The sound room without a browser: what its page asks, what visitors may bring, what programs get.

It runs with a tiny network drawn at random and clips of its own making, so that it holds before any weights are there.
"""

import base64
import io
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import imageio_ffmpeg
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos.house.links import Request, fit
from demos.sound import clips, game, inside, service, stage
from models import video
from models.errors import BadInput, Stopped
from models.foley import engine, hub, keepsake, seen, soundtrack, synthesis
from models.foley.game import Scores
from models.foley.hits import Picking
from models.foley.inside import look_inside
from models.foley.materials import MATERIALS, NAMES, RATE
from models.foley.network import tiny
from models.foley.synthesis import BACKENDS, Ask
from models.media import Recipe, read_recipe
from tests.models.foley.knocks import knocks, written

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
HITS = "0.3_0.8_wood*0.9_0.5_metal71-glass29*1.4_1_water"
ORDER = {"hits": HITS, "seconds": 2.0, "backend": "modal", "room": 0.2, "volume": 1.0, "seed": 5}
SETTINGS = {
    "clip": "knock",
    "hits": "",
    "material": "",
    "backend": "modal",
    "room": 0.2,
    "volume": 1.0,
    "original": 0.0,
}


def of_url(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


def heard(url: str) -> np.ndarray:
    return soundtrack.from_flac(of_url(url))


def ffmpeg(*arguments: object) -> None:
    subprocess.run([FFMPEG, "-v", "error", "-y", *map(str, arguments)], check=True)


@pytest.fixture(scope="module")
def shelf_folder(tmp_path_factory) -> tuple[Path, Path]:
    """A tiny network's weights, and two clips that it watched, as `models.foley.examples` leaves them."""
    root = tmp_path_factory.mktemp("room")
    drawn = tiny()
    drawn.picking = Picking(0.3, 0.25, 1.5)
    weights = engine.save_network(drawn, root / "foley-hits.safetensors", {"views": "0"})
    network = engine.read_network(weights)  # what is kept, in half precision, is what watches in the room
    folder = root / "sound"
    folder.mkdir()
    for name, seed in (("knock", 0), ("block", 1)):
        made = knocks(seed)
        film = written(folder / f"{name}.mp4", made.frames)
        (folder / f"{name}.flac").write_bytes(soundtrack.as_flac(0.5 * made.sound))
        found = look_inside(film, _Lent(network))
        told = {**seen.numbers(found), "width": 112, "height": 112}
        (folder / f"{name}.json").write_text(json.dumps(told))
        Image.fromarray(made.frames[20]).save(folder / f"{name}.webp")
        seen.motion_sheet(found.watched.motion).save(folder / f"{name}-motion.webp")
        seen.attention(found.where).save(folder / f"{name}-where.webp")
    about = [{"name": "knock", "words": "a knock"}, {"name": "block", "words": "a block"}]
    (folder / "clips.json").write_text(json.dumps(about))
    return weights, folder


class _Lent:
    """A cache that lends one network, whatever is asked for."""

    def __init__(self, network):
        self.network = network

    def lease(self, _key):
        from contextlib import nullcontext

        return nullcontext(self.network)


@pytest.fixture
def house(shelf_folder, tmp_path, monkeypatch) -> Iterator[None]:
    """The tiny network and its clips in the place of the box's own, a cache for them alone, an empty score."""
    from models.cache import ModelCache
    from models.devices import Machine

    weights, folder = shelf_folder
    cache = ModelCache(Machine("cpu", 10**9))
    monkeypatch.setattr(engine, "FILE", weights)
    monkeypatch.setattr(engine, "default_cache", lambda: cache)
    monkeypatch.setattr(clips, "FOLDER", folder)
    monkeypatch.setattr(game, "SCORES", Scores(tmp_path / "scores.sqlite3"))
    clips.shelf.cache_clear()
    yield
    clips.shelf.cache_clear()
    service.heard.cache_clear()


@pytest.fixture
def room(house):
    """The room's module."""
    from demos import video_sound

    return video_sound


# ---------------------------------------------------------------- sound


def test_an_order_becomes_the_sound_of_its_hits(house):
    made = heard(service.sound(ORDER)["sound"])
    expected = synthesis.sound(keepsake.from_text(HITS), 2.0, Ask(room=0.2, seed=5))
    assert made == pytest.approx(expected, abs=2e-5)
    for change in ({"backend": "exemplar"}, {"material": "glass"}, {"room": 0.9}, {"volume": 0.4}, {"seed": 6}):
        assert not np.allclose(heard(service.sound({**ORDER, **change})["sound"]), made, atol=1e-3), change


def test_what_many_listen_to_is_made_once_and_the_films_own_sound_is_no_part_of_it(house):
    first = service.sound(ORDER)
    before = service.heard.cache_info().hits
    assert service.sound({**ORDER, "original": 0.7}) == first
    assert service.heard.cache_info().hits == before + 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hits": "?"}, "cannot be read"),
        ({"hits": None}, "cannot be read"),
        ({"hits": "*".join(["1_1_wood"] * 400)}, "300 are possible"),
        ({"seconds": 0}, "at most 15 seconds"),
        ({"seconds": "2"}, "at most 15 seconds"),
        ({"seconds": 600}, "at most 15 seconds"),
        ({"backend": "magic"}, "magic"),
        ({"material": "cheese"}, "cheese"),
        ({"room": "hall"}, "room is not a number"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_asked_gets_a_sentence(house, change, sentence):
    with pytest.raises(BadInput, match=sentence):
        service.sound({**ORDER, **change})


def test_an_order_that_is_no_json_gets_a_sentence():
    for order in ("{", None, "[" * 100_000):
        with pytest.raises(BadInput, match="cannot be read"):
            service.parse(order)
    assert service.parse("[1]") == {}


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


def watched(film: Path, show: bool = False) -> tuple[list, dict]:
    *steps, told = service.opened(film, show)
    json.dumps(told)
    return steps, told


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


@pytest.fixture(scope="module")
def brought(tmp_path_factory) -> Path:
    """What visitors bring: films of every kind, and what is none."""
    folder = tmp_path_factory.mktemp("brought")
    picture, tone = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=25"), ("-f", "lavfi", "-i", "sine=440")
    ffmpeg(*picture, *tone, "-t", 1, "-pix_fmt", "yuv420p", folder / "sound.mp4")
    ffmpeg("-display_rotation", 90, "-i", folder / "sound.mp4", "-c", "copy", folder / "portrait.mp4")
    ffmpeg("-i", folder / "sound.mp4", "-vn", "-c", "copy", folder / "sound-alone.mp4")
    ffmpeg("-i", folder / "sound.mp4", "-vn", folder / "sound.wav")
    ffmpeg("-i", folder / "sound.mp4", "-c:v", "libvpx-vp9", "-deadline", "realtime", folder / "web.webm")
    ffmpeg(*picture, "-t", 1, folder / "moving.gif")
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=32x32:rate=5", "-t", 600, "-pix_fmt", "yuv420p", folder / "long.mp4")
    large = ("-f", "lavfi", "-i", "testsrc=size=3840x2160:rate=25", "-frames:v", 3)
    ffmpeg(*large, "-preset", "ultrafast", "-pix_fmt", "yuv420p", folder / "4k.mp4")
    uneven = "color=red:size=64x48:rate=25:duration=1[a];color=blue:size=64x48:rate=2:duration=1[b];[a][b]concat=n=2"
    ffmpeg("-filter_complex", uneven, "-fps_mode", "vfr", "-pix_fmt", "yuv420p", folder / "uneven.mp4")
    whole = (folder / "sound.mp4").read_bytes()
    (folder / "truncated.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "text.mp4").write_text("This is no film at all, whatever its name says.\n" * 20)
    (folder / "empty.mp4").write_bytes(b"")
    ffmpeg(*picture, "-frames:v", 0, "-pix_fmt", "yuv420p", folder / "no-frames.mp4")
    return folder


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


@pytest.fixture
def large_model(monkeypatch):
    """A re-voicing that turns the track around, and tells two steps."""

    def revoice(sound, prompt, change, seed, model, on_step):
        hub._checked(prompt)
        on_step(1, 2)
        on_step(2, 2)
        return np.roll(sound, 10)

    monkeypatch.setattr(hub, "revoice", revoice)


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


# ---------------------------------------------------------------- which one is real


def test_a_round_has_two_sounds_alike_in_all_but_what_made_them(house):
    question = game.play({"visit": "a", "backend": "exemplar"})
    first, second = map(heard, question["sounds"])
    assert len(first) == len(second) and of_url(question["film"])[4:8] == b"ftyp"
    if second.any() and first.any():
        assert np.sqrt(np.square(first).mean()) == pytest.approx(np.sqrt(np.square(second).mean()), rel=0.25)
    assert set(question) == {"token", "sounds", "seconds", "name", "words", "film", "poster"}, "no hint is sent"
    others = {game.play({"visit": "a", "last": question["name"]})["name"] for _ in range(4)}
    assert question["name"] not in others


def test_the_true_sound_is_the_one_of_the_contacts(house):
    clip = clips.find("knock")
    real, made = game.sounds(clip, Ask(room=0))
    true = heard("," + base64.b64encode(clip.true_sound.read_bytes()).decode())
    assert np.corrcoef(real, true)[0, 1] > 0.99 and (not made.any() or abs(np.corrcoef(real, made)[0, 1]) < 0.9)


def test_answers_make_a_score_for_the_visit_and_for_everybody(house):
    for visit in ("a", "a", "b"):
        question = game.play({"visit": visit})
        told = game.answer({"token": question["token"], "first": True, "visit": visit})
        assert told["found"] is told["real_first"]
    assert told["visit"]["rounds"] == 1 and told["everybody"]["rounds"] == told["against"]["modal"]["rounds"] == 3
    with pytest.raises(BadInput, match="over"):
        game.answer({"token": question["token"], "first": False})
    assert game.score({"visit": "a"})["visit"]["rounds"] == 2
    assert game.reset({"visit": "a"})["everybody"]["rounds"] == 0
    with pytest.raises(BadInput, match="magic"):
        game.play({"backend": "magic"})


# ---------------------------------------------------------------- looking inside


@pytest.mark.parametrize("backend", [*BACKENDS[:-1], pytest.param(BACKENDS[-1], marks=pytest.mark.slow)])
def test_the_expected_cochleagram_lies_beside_the_produced_one(house, backend):
    told = inside.spectra({**ORDER, "backend": backend})
    pictures = [Image.open(io.BytesIO(of_url(told[name]))) for name in ("expected", "produced")]
    assert pictures[0].size == pictures[1].size == (180, 120) and told["low"] < told["high"]
    bright = [np.asarray(one.convert("L"), float).mean(0) for one in pictures]
    assert bright[0][:25].max() < 40 and np.corrcoef(*bright)[0, 1] > 0.6


def test_modes_are_told_hit_by_hit(house):
    wood, metal, water = inside.modes(ORDER)["hits"]
    assert [one["material"] for one in (wood, metal, water)] == ["wood", "metal", "water"] and water["modes"] == []
    gains = [gain for _, _, gain in metal["modes"]]
    assert gains == sorted(gains, reverse=True) and all(20 < hertz < 20_000 for hertz, _, _ in metal["modes"])
    longest = [max(lasts for _, lasts, _ in one["modes"]) for one in (wood, metal)]
    assert longest[0] < longest[1]


def test_why_a_hit_was_seen(house):
    (why,) = service.explained(clips.find("knock").film, 0.5)
    assert len(why["map"]) == 64 and all(0 <= share <= 1 for share in why["map"])
    for at in (None, -1, 99, "x"):
        with pytest.raises(BadInput, match="no such hit"):
            next(service.explained(clips.find("knock").film, at))


# ---------------------------------------------------------------- the room


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
