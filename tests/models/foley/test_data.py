"""The rendered set: same seed same clip, sound and labels of the same contacts, shards that are taken up again."""

import json
import zipfile

import numpy as np
import pytest

from models.foley import data
from models.foley.camera import STILL, some_camera
from models.foley.data import Clip, Clips, Strike, render
from models.foley.materials import NAMES, RATE


def small(seed: int, **settings) -> Clip:
    return render(np.random.default_rng(seed), 1.0, 48, **settings)


@pytest.fixture(scope="module")
def clip():
    found = next(made for made in (small(seed, act="hammer", material="wood") for seed in range(20)) if made.hits)
    assert found.hits[0].strength > 0
    return found


def test_the_same_seed_is_the_same_clip(clip):
    seed = next(s for s in range(20) if small(s, act="hammer", material="wood").hits)
    again = small(seed, act="hammer", material="wood")
    assert again.about() == clip.about() and again.film == clip.film
    assert (again.frames == clip.frames).all() and (again.sound == clip.sound).all()


def test_a_clip_has_frames_hits_and_sound(clip):
    assert clip.frames.shape == (30, 48, 48, 3) and clip.frames.dtype == np.uint8
    assert clip.sound.shape == (RATE,) and clip.sound.dtype == np.float32
    seconds, strength, material = clip.hits[0]
    assert 0 < seconds < 1 and 0 < strength <= 1 and NAMES[material] == "wood"


def made_of(strikes) -> Clip:
    return Clip(b"", 48, 30.0, 2.0, tuple(strikes), ("test",), ())


@pytest.mark.parametrize("material", NAMES)
def test_sound_begins_at_the_contact_to_the_sample(material):
    first = 33_337
    sound = made_of([Strike(first / RATE, 0.8, material, 0.5, 7, 0.5, 0.5)]).sound
    assert not sound[:first].any() and np.abs(sound[first : first + RATE // 200]).max() > 0.05


def test_hits_of_one_thing_sound_alike_and_louder_ones_louder():
    strikes = [Strike(0.2, 0.9, "metal", 0.5, 3, 0, 0), Strike(1.1, 0.3, "metal", 0.5, 3, 0, 0)]
    whole, second = made_of(strikes).sound, made_of(strikes[1:]).sound
    assert np.abs(whole[: RATE // 2]).max() > 2 * np.abs(second).max()

    def pitch(sound) -> float:
        return np.fft.rfftfreq(len(sound), 1 / RATE)[np.abs(np.fft.rfft(sound)).argmax()]

    other = made_of([Strike(1.1, 0.3, "metal", 0.5, 4, 0, 0)]).sound
    first = made_of(strikes[:1]).sound
    modes = [set(np.round(_peaks(sound), -1)) for sound in (first, second, other)]
    assert len(modes[0] & modes[1]) > len(modes[0] & modes[2]) and pitch(first) > 0


def _peaks(sound, count: int = 6):
    spectrum = np.abs(np.fft.rfft(sound))
    top = (spectrum[1:-1] > spectrum[:-2]) & (spectrum[1:-1] > spectrum[2:])
    strongest = np.argsort(-spectrum[1:-1] * top)[:count]
    return np.fft.rfftfreq(len(sound), 1 / RATE)[strongest + 1]


def test_damage_keeps_the_times_of_hits():
    """The same scene by a camera on a tripod and by any other: labels and sound are the same, pictures are not."""
    changed = 0
    for seed in range(4):
        still, damaged = (
            small(seed, act="drumstick", camera=c) for c in (STILL, some_camera(np.random.default_rng(seed), 1.0))
        )
        assert still.strikes == damaged.strikes and still.feints == damaged.feints
        assert (still.sound == damaged.sound).all()
        changed += np.abs(still.frames.astype(int) - damaged.frames).mean() > 1
    assert changed >= 3


def test_what_is_written_is_read_again(clip):
    again = Clip.read(clip.film, clip.about())
    assert again == clip and again.hits == clip.hits
    assert json.loads(clip.about())["acts"] == ["hammer"]


# ---------------------------------------------------------------- on disk


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Five quick clips in two shards."""
    patch = pytest.MonkeyPatch()
    patch.setattr(data, "SHARD", 3)
    patch.setattr(data, "_length", lambda *_: 0.5)
    patch.setattr(data, "render", lambda rng, seconds: render(rng, seconds, 48))
    out = tmp_path_factory.mktemp("set")
    for first, count in ((0, 3), (3, 2)):
        data.render_shard(out, "train", 0, first, count)
    yield out
    patch.undo()


def test_a_set_is_read_in_the_order_of_its_numbers(folder):
    clips = Clips(folder)
    assert len(clips) == 5 and clips[4].frames.shape == (15, 48, 48, 3)
    assert clips[3] == next(clip for k, clip in enumerate(clips) if k == 3)
    alone = data.render_shard(folder.parent, "train", 0, 3, 1)
    with zipfile.ZipFile(alone) as file:
        assert file.read("000003.mp4") == clips[3].film, "a clip depends on its number, not on those before it"
    alone.unlink()


def test_what_is_there_is_not_rendered_again(folder, monkeypatch):
    monkeypatch.setattr(data, "render", lambda *_: pytest.fail("rendered again"))
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    data.render_shard(folder, "train", 0, 0, 3)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert not list(folder.glob("*.part"))


def test_splits_and_seeds_differ(tmp_path, folder):
    films = {Clips(folder)[0].film}
    for split, seed in (("held-out", 0), ("train", 1)):
        (tmp_path / split).mkdir()
        data.render_shard(tmp_path / split, split, seed, 0, 1)
        films.add(Clips(tmp_path / split)[0].film)
    assert len(films) == 3


def test_an_empty_folder_is_said_to_be_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="no rendered clips"):
        Clips(tmp_path)


def test_the_command_renders_and_takes_up_again(tmp_path, capsys):
    arguments = ["--out", str(tmp_path / "held-out"), "--clips", "1", "--held-out"]
    data.main(arguments)
    first = (tmp_path / "held-out" / "shard-000000.zip").read_bytes()
    data.main(arguments)
    assert (tmp_path / "held-out" / "shard-000000.zip").read_bytes() == first
    assert capsys.readouterr().out.split() == ["shard-000000.zip"] * 2
    only = Clips(tmp_path / "held-out")[0]
    assert only.frames.shape[1:] == (112, 112, 3) and len(only.film) < 200_000
