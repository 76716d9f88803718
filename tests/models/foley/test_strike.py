"""One hit's sound: it begins at once, is as loud as it was struck, lower from what is larger, and always the same."""

import numpy as np
import pytest

from models.errors import BadInput
from models.foley.materials import NAMES, RATE, material
from models.foley.strike import body, hit, strike


def struck(name: str, seed: int = 0, strength: float = 0.7, size: float = 0.5):
    return strike(name, strength, np.random.default_rng(seed), size)


def centroid(sound) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((power * np.fft.rfftfreq(len(sound), 1 / RATE)).sum() / power.sum())


@pytest.mark.parametrize("name", NAMES)
def test_a_hit_begins_at_its_first_sample(name):
    for seed in range(3):
        sound = struck(name, seed).sound
        assert sound.dtype == np.float32 and sound.ndim == 1 and np.isfinite(sound).all()
        assert np.abs(sound[: RATE // 200]).max() > 0.1 * 0.7, "within 5 ms it is there"


@pytest.mark.parametrize("name", NAMES)
def test_a_hit_is_as_loud_as_it_is_hard_and_ends_in_silence(name):
    for strength in (0.2, 0.9):
        sound = struck(name, strength=strength).sound
        assert np.abs(sound).max() == pytest.approx(strength, rel=0.01)
        assert np.abs(sound[-20:]).max() < 0.02 * strength and len(sound) < 3.2 * RATE
    assert np.abs(struck(name, strength=7.0).sound).max() <= 1.0 and not struck(name, strength=0.0).sound.any()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "hands"])
def test_larger_things_ring_lower(name):
    small, large = (
        np.median([centroid(struck(name, seed, size=size).sound) for seed in range(9)]) for size in (0.1, 0.9)
    )
    assert large < 0.9 * small


@pytest.mark.parametrize("name", ["wood", "metal", "plastic", "cardboard", "cloth", "drum"])
def test_harder_hits_are_brighter(name):
    soft, hard = (np.median([centroid(struck(name, s, strength).sound) for s in range(9)]) for strength in (0.1, 1.0))
    assert hard > 1.02 * soft


def test_the_modes_told_are_the_modes_heard():
    found = struck("glass", 3)
    assert found.modes.dtype == np.float32 and found.modes.shape[1] == 3
    strongest = found.modes[found.modes[:, 2].argmax()]
    tail = found.sound[RATE // 100 :]
    spectrum = np.abs(np.fft.rfft(tail * np.hanning(len(tail))))
    heard = np.fft.rfftfreq(len(tail), 1 / RATE)[spectrum.argmax()]
    assert np.abs(found.modes[:, 0] / heard - 1).min() < 0.01 and strongest[1] > 0
    assert found.modes[:, 2].sum() == pytest.approx(1, abs=1e-3)


def test_a_mode_is_sixty_decibels_down_after_its_decay():
    of = material("metal")
    one = np.array([[1000.0, 0.5, 1.0]])
    sound = hit(of, one, 1.0, np.random.default_rng(0)).sound
    at_once, later = (np.abs(sound[int(t * RATE) : int(t * RATE) + 441]).max() for t in (0.05, 0.45))
    assert 20 * np.log10(at_once / later) == pytest.approx(60 * 0.4 / 0.5, abs=1.5)


def test_showers_and_splashes_have_no_modes():
    assert [struck(name).modes.shape for name in ("gravel", "leaves", "water")] == [(0, 3)] * 3


def test_the_same_seed_is_the_same_sound_and_another_is_another():
    for name in NAMES:
        assert (struck(name, 5).sound == struck(name, 5).sound).all()
        one, other = struck(name, 5).sound, struck(name, 6).sound
        assert len(one) != len(other) or not np.allclose(one, other)


def test_a_body_keeps_its_modes_from_hit_to_hit():
    of, rng = material("ceramic"), np.random.default_rng(1)
    modes = body(of, rng)
    first, second = hit(of, modes, 0.8, rng).modes, hit(of, modes, 0.3, rng).modes
    assert (first[:, :2] == second[:, :2]).all() and not (first[:, 2] == second[:, 2]).all()


def test_what_is_not_there_cannot_be_struck():
    with pytest.raises(BadInput, match="jelly"):
        struck("jelly")
