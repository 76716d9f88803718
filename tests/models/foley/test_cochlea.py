"""The cochleagram, and what Griffin-Lim makes of one."""

import os

import numpy as np
import pytest

from models.foley import cochlea, griffin
from models.foley.cochlea import BANDS, FRAMES
from models.foley.hits import Hit
from models.foley.materials import NAMES, RATE
from models.foley.synthesis import Ask, dry, expected


def tone(hertz: float, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


@pytest.mark.parametrize("hertz", [120, 1000, 6000])
def test_a_tone_is_loud_in_its_own_band(hertz):
    heard = cochlea.cochleagram(tone(hertz))
    assert heard.shape == (45, BANDS) and heard.dtype == np.float32
    assert cochlea.centres()[heard[20].argmax()] == pytest.approx(hertz, rel=0.2)
    assert 0.8 < heard[20].max() < 1.05


def test_bands_are_evenly_spaced_in_erb_and_share_the_power_between_them():
    steps = np.diff(cochlea.erb(cochlea.centres()))
    assert steps == pytest.approx(steps.mean()) and (np.diff(cochlea.centres()) > 0).all()
    assert cochlea.hertz(cochlea.erb(np.array([100.0, 5000.0]))) == pytest.approx([100, 5000])
    middle = np.linspace(cochlea.centres()[1], cochlea.centres()[-2], 500)
    assert np.square(cochlea.weights(middle)).sum(0) == pytest.approx(1, abs=1e-6)


def test_a_knock_is_heard_in_its_frame_and_not_before():
    knock = np.zeros(RATE, np.float32)
    knock[RATE // 2 : RATE // 2 + 200] = np.random.default_rng(0).standard_normal(200)
    loudness = np.square(cochlea.cochleagram(knock) ** (1 / cochlea.EXPONENT)).sum(1)
    assert loudness.argmax() in (FRAMES // 2, FRAMES // 2 + 1)
    assert loudness[: FRAMES // 2 - 3].max() < 0.02 * loudness.max()


def test_length_and_silence():
    assert cochlea.cochleagram(np.zeros(0, np.float32)).shape == (1, BANDS)
    assert [cochlea.counted(seconds) for seconds in (1.0, 1.001, 5.0)] == [90, 91, 450]
    assert not cochlea.cochleagram(np.zeros(RATE, np.float32)).any()
    assert cochlea.picture(cochlea.cochleagram(tone(1000))).shape == (BANDS, 45)


@pytest.mark.slow
def test_a_sound_that_was_inverted_has_about_the_same_cochleagram():
    hits = [Hit(at, 0.8, tuple(float(name == "wood") for name in NAMES)) for at in (0.2, 0.6)]
    asked_for = cochlea.cochleagram(dry(hits, 1.0, Ask()))
    made = griffin.inverted(asked_for, 0)
    again = cochlea.cochleagram(made)[: len(asked_for)]
    assert np.corrcoef(asked_for.ravel(), again.ravel())[0, 1] > 0.9
    assert np.sqrt(np.square(made).mean()) == pytest.approx(np.sqrt(np.square(dry(hits, 1.0, Ask())).mean()), rel=0.3)
    assert (made == griffin.inverted(asked_for, 0)).all() and not (made == griffin.inverted(asked_for, 1)).all()


def test_what_is_expected_is_as_loud_as_what_is_made():
    hits = [Hit(0.1, 0.7, tuple(float(name == "drum") for name in NAMES))]
    both = [expected(hits, 0.6, Ask()), cochlea.cochleagram(dry(hits, 0.6, Ask()))]
    energy = [float(np.square(one ** (1 / cochlea.EXPONENT)).sum()) for one in both]
    assert energy[0] == pytest.approx(energy[1], rel=0.9) and both[0].shape == both[1].shape
    assert both[0][: round(0.1 * FRAMES) - 1].max() == 0


def test_librosa_is_compiled_once_and_by_a_process_of_its_own():
    first = griffin.compiling()
    assert griffin.compiling() is first and first.pid != os.getpid()
    assert first.wait() == 0  # what it was told to run did run
