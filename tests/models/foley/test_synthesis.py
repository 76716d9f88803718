"""Hits become sound: when, how loud, on what, by each back-end, in a room; and sound and film become one file."""

from pathlib import Path

import numpy as np
import pytest

from models import video
from models.errors import BadInput
from models.ffmpeg import Ffmpeg
from models.foley import acoustics, exemplar, keepsake, soundtrack, synthesis
from models.foley.hits import Hit
from models.foley.materials import NAMES, RATE
from models.foley.synthesis import BACKENDS, LEVEL, Ask, dry, film_with_sound, sound
from models.media import read_recipe


def on(name: str, seconds: float, strength: float = 0.8) -> Hit:
    return Hit(seconds, strength, tuple(float(other == name) for other in NAMES))


HITS = (on("wood", 0.2), on("metal", 0.8, 0.5), on("gravel", 1.5, 0.9))
DRY = Ask(room=0)


def rms(heard: np.ndarray) -> float:
    return float(np.sqrt(np.square(heard, dtype=np.float64).mean()))


def rise(heard: np.ndarray, around: float) -> float:
    """When the sound first reaches a third of its peak within a tenth of a second around a time, in seconds."""
    first = max(0, int((around - 0.1) * RATE))
    piece = np.abs(heard[first : int((around + 0.1) * RATE)])
    return (first + int(np.argmax(piece > piece.max() / 3))) / RATE


# ---------------------------------------------------------------- sound


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_back_end_sounds_when_and_only_when_something_is_hit(backend):
    heard = sound(HITS, 2.2, Ask(backend, room=0))
    assert heard.dtype == np.float32 and heard.shape == (round(2.2 * RATE),)
    assert 0.05 < np.abs(heard).max() <= 10 ** (-3 / 20)
    tolerance = 0.03 if backend == "griffin-lim" else 0.006
    for hit in HITS:
        assert rise(heard, hit.seconds) == pytest.approx(hit.seconds, abs=tolerance)
    assert rms(heard[: int(0.15 * RATE)]) < 0.02 * rms(heard)
    assert (heard == sound(HITS, 2.2, Ask(backend, room=0))).all()
    assert not (heard == sound(HITS, 2.2, Ask(backend, room=0, seed=1))).all()


def test_a_modal_hit_begins_at_its_very_sample():
    heard = sound(HITS[:1], 1.0, DRY)
    assert np.flatnonzero(heard)[0] - round(0.2 * RATE) in (0, 1, 2)


@pytest.mark.parametrize("backend", ["modal", "exemplar"])
def test_an_edit_of_one_hit_leaves_the_others_alone(backend):
    ask = Ask(backend, room=0)
    whole = dry(HITS, 2.2, ask)
    moved = (on("metal", 0.9, 1.0), HITS[0], on("glass", 0.05), HITS[2])
    others = dry(HITS[:1], 2.2, ask) + dry(HITS[2:], 2.2, ask)
    assert dry(moved, 2.2, ask) - dry((moved[0], moved[2]), 2.2, ask) == pytest.approx(others, abs=1e-6)
    assert whole - dry(HITS[1:2], 2.2, ask) == pytest.approx(others, abs=1e-6)


def test_all_hits_on_one_material_land_on_one_thing():
    two = [synthesis.struck(on("metal", at), DRY).modes for at in (0.5, 0.9)]
    assert (two[0][:, :2] == two[1][:, :2]).all() and not (two[0][:, 2] == two[1][:, 2]).all()
    other = synthesis.struck(on("metal", 0.5), Ask(seed=5)).modes
    assert other.shape != two[0].shape or not (other[:, 0] == two[0][:, 0]).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_harder_is_louder_and_a_material_asked_for_is_heard_everywhere(backend):
    ask = Ask(backend, room=0)
    loudness = [rms(sound([on("wood", 0.1, strength)], 0.6, ask)) for strength in (0.2, 0.5, 1.0)]
    assert loudness[0] < loudness[1] < loudness[2]
    asked = sound(HITS, 2.2, Ask(backend, "glass", room=0))
    assert (asked == sound([on("glass", hit.seconds, hit.strength) for hit in HITS], 2.2, ask)).all()
    assert synthesis.material_of(HITS[0], DRY) == "wood"


def test_nothing_hit_is_silence_and_hits_beyond_the_end_are_not_heard():
    for backend in BACKENDS:
        assert not sound((), 0.5, Ask(backend)).any()
        assert not sound([on("wood", 0.7)], 0.5, Ask(backend)).any()
    assert np.isfinite(sound([on("metal", 0.4999)], 0.5, Ask())).all()


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (Ask("magic"), "modal, exemplar or griffin-lim"),
        (Ask(material="cheese"), "cheese"),
        (Ask(room="big"), "room is not a number"),
        (Ask(volume=float("nan")), "volume is not a number"),
        (Ask(seed=None), "seed is not a number"),
    ],
)
def test_what_cannot_be_asked_gets_a_sentence(ask, sentence):
    with pytest.raises(BadInput, match=sentence):
        sound(HITS, 1.0, ask)


def test_too_many_hits_get_a_sentence_and_numbers_are_brought_within_limits():
    with pytest.raises(BadInput, match="300 are possible"):
        sound([HITS[0]] * 301, 1.0, DRY)
    asked = synthesis.check(Ask(room=7, volume=-1, original=3, seed=2**40))
    assert (asked.room, asked.volume, asked.original, asked.seed) == (1, 0, 1, 2**31 - 1)
    assert not sound(HITS, 1.0, Ask(volume=0)).any()


# ---------------------------------------------------------------- the bank


def test_what_is_retrieved_is_the_nearest_of_its_material():
    shelf = exemplar.shelf("wood")
    certain = on("wood", 0).materials
    for strength in (0.2, 0.6, 1.0):
        three = [shelf.strengths[place] for place in exemplar.nearest("wood", certain, strength)[:3]]
        assert np.abs(np.array(three) - strength).max() < 0.35
        found = exemplar.retrieved("wood", certain, strength, np.random.default_rng(0))
        assert np.abs(found).max() == pytest.approx(strength, rel=0.35)


def test_probabilities_change_what_is_nearest_and_what_is_expected():
    certain, torn = on("wood", 0).materials, tuple({"wood": 0.5, "metal": 0.5}.get(name, 0.0) for name in NAMES)
    assert exemplar.nearest("wood", certain, 0.6) != exemplar.nearest("wood", torn, 0.6)
    expected = [exemplar.expected(share, 0.6) for share in (certain, torn, on("metal", 0).materials)]
    late = [float(one[40:].mean()) for one in expected]
    assert late[0] < late[1] < late[2], "metal rings on, wood does not"


def test_the_bank_is_small_and_the_same_every_time():
    shelf = exemplar.shelf("stone")
    exemplar._shelf.cache_clear()
    again = exemplar.shelf("stone")
    assert again is not shelf and all((a == b).all() for a, b in zip(shelf.sounds, again.sounds, strict=True))
    assert sum(one.nbytes for one in shelf.sounds) < 3e6


# ---------------------------------------------------------------- room, volume, limiter


def test_a_larger_room_rings_longer_and_a_dry_one_not_at_all():
    click = np.zeros(2 * RATE, np.float32)
    click[100] = 0.5
    assert (acoustics.reverberated(click, 0, 3) == click).all()
    late = [rms(acoustics.reverberated(click, room, 3)[RATE // 2 :]) for room in (0.1, 0.5, 1.0)]
    assert late[0] < late[1] < late[2]
    hall = acoustics.reverberated(click, 1.0, 3)
    assert (
        hall[:101] == pytest.approx(click[:101], abs=1e-6) and not (hall == acoustics.reverberated(click, 1, 4)).all()
    )


def test_the_limiter_keeps_the_headroom_and_leaves_the_quiet_alone():
    chance = np.random.default_rng(0)
    quiet = chance.uniform(-0.6, 0.6, 5000).astype(np.float32)
    assert (acoustics.limited(quiet) == quiet).all()
    for loud in (quiet * 5, np.eye(1, 5000, 2500, dtype=np.float32)[0] * 3, np.full(70, 2.0, np.float32)):
        held = acoustics.limited(loud)
        assert np.abs(held).max() <= acoustics.CEILING and np.abs(held).max() > 0.6 * acoustics.CEILING
        assert (np.sign(held) == np.sign(loud)).all()
    assert acoustics.limited(np.zeros(0, np.float32)).shape == (0,)


def test_volume_turns_it_up_and_down():
    hits = [on("wood", 0.1, 0.5)]
    half, usual, twice = (sound(hits, 0.6, Ask(room=0, volume=volume)) for volume in (0.5, 1, 2))
    assert half * 2 == pytest.approx(usual, abs=1e-6) and twice == pytest.approx(usual * 2, abs=1e-6)
    assert np.abs(usual).max() == pytest.approx(0.5 * LEVEL, rel=0.05)


# ---------------------------------------------------------------- films


def a_film(path: Path, seconds: float = 1.0, tone: bool = False, size: str = "64x48", *more: str) -> Path:
    """A film made by ffmpeg, silent or with a tone of 440 Hz."""
    inputs = ["-f", "lavfi", "-i", f"testsrc=size={size}:rate=25:duration={seconds}"]
    inputs += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"] if tone else []
    with Ffmpeg("-y", *inputs, "-pix_fmt", "yuv420p", *more, str(path)) as run:
        run.end(AssertionError(f"ffmpeg did not write {path.name}"))
    return path


def packets(film: Path) -> bytes:
    """The picture stream of a film, untouched."""
    with Ffmpeg("-i", str(film), "-map", "0:v:0", "-c", "copy", "-f", "data", "pipe:1", reads=True) as run:
        data = run.read(10**8)
        run.end(AssertionError("cannot be read"))
    return data


def test_a_film_gets_its_sound_and_its_pictures_are_copied(tmp_path):
    film, out = a_film(tmp_path / "film.mp4"), tmp_path / "out.mp4"
    recipe = keepsake.recipe("", HITS, DRY)
    film_with_sound(film, HITS[:1], DRY, out, recipe)
    about = video.probe(out)
    assert about.has_sound and about.seconds == pytest.approx(1.0, abs=0.05) and read_recipe(out) == recipe
    assert packets(out) == packets(film)
    heard = soundtrack.own_sound(out, 1.0)
    assert rise(heard, 0.2) == pytest.approx(0.2, abs=0.003) and np.abs(heard).max() < 1
    assert list(tmp_path.iterdir()) and not [path for path in tmp_path.iterdir() if path.name.startswith(".film-")]


def test_the_films_own_sound_is_mixed_in_as_asked(tmp_path):
    film, out = a_film(tmp_path / "film.mp4", tone=True), tmp_path / "out.mp4"
    tone = []
    for original in (0, 0.5, 1):
        film_with_sound(film, HITS[:1], Ask(room=0, original=original), out)
        heard = soundtrack.own_sound(out, 0.95)
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
        tone.append(spectrum[round(440 * 0.95)])
    assert tone[0] < 0.05 * tone[1] and tone[1] == pytest.approx(tone[2] / 2, rel=0.15)


def test_a_silent_film_has_silence_of_its_own(tmp_path):
    assert not soundtrack.own_sound(a_film(tmp_path / "film.mp4"), 0.5).any()


def test_only_fifteen_seconds_are_used(tmp_path):
    film, out = a_film(tmp_path / "film.mp4", 17.0, size="32x32"), tmp_path / "out.mp4"
    film_with_sound(film, HITS, DRY, out)
    assert video.probe(out).seconds == pytest.approx(15.0, abs=0.2) and synthesis.length(film) == 15.0


def test_a_flac_file_brings_back_every_sample(tmp_path):
    heard = sound(HITS, 2.0, Ask())
    assert soundtrack.from_flac(soundtrack.as_flac(heard)) == pytest.approx(heard, abs=2e-5)
