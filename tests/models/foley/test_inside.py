"""The look inside, with a tiny network drawn at random: what is shown is of the very run, and adds up."""

import numpy as np
import pytest
import torch

from models.cache import ModelCache
from models.devices import Machine
from models.errors import BadInput
from models.foley import engine, inside, seen
from models.foley.hits import Picking
from models.foley.materials import NAMES
from models.foley.network import Foley, tiny
from tests.models.foley.knocks import knocks, written


@pytest.fixture(scope="module")
def network() -> Foley:
    network = tiny(3)
    network.picking = Picking(0.2, 0.25, 1.5)
    return network


@pytest.fixture
def cache(network, tmp_path, monkeypatch) -> ModelCache:
    path = engine.save_network(network, tmp_path / "weights" / "foley-hits.safetensors")
    monkeypatch.setattr(engine, "FILE", path)
    return ModelCache(Machine("cpu", 10**9))


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return written(tmp_path_factory.mktemp("films") / "knocks.mp4", knocks(1).frames)


def test_it_is_the_very_run_that_is_shown(cache, film):
    told, watched = inside.look_inside(film, cache), engine.watch(film, cache)
    assert told.watched.hits == watched.hits and np.array_equal(told.curves.onset, watched.onset)
    assert told.threshold == 0.2 and told.where.shape == (60, 8, 8)
    assert np.allclose(told.where.sum((1, 2)), 1, atol=1e-4)
    x, y = told.place(1.0)
    row, column = np.unravel_index(told.where[30].argmax(), (8, 8))
    assert (x, y) == ((column + 0.5) / 8, (row + 0.5) / 8)
    assert told.place(-5) == told.place(0) and told.place(99) == told.place(59 / 30)


def test_every_hit_has_two_opinions(cache, film):
    told = inside.look_inside(film, cache)
    assert len(told.opinions) == len(told.watched.hits) > 0
    for hit, opinion in zip(told.watched.hits, told.opinions):
        assert opinion.both == hit.materials and sum(opinion.motion) == pytest.approx(1, abs=1e-4)
    assert any(max(np.abs(np.subtract(o.motion, o.both))) > 1e-4 for o in told.opinions)


def test_places_are_taken_for_the_likeliest_and_a_capital_is_sure(cache, film):
    told = inside.look_inside(film, cache)
    assert told.made.shape == (60 // told.every, len(NAMES), 14, 14)
    assert np.allclose(told.made.sum(1), 1, atol=1e-3)
    letters = seen.numbers(told)["made"]
    assert len(letters) == 10 * 14 * 14 and set(letters.lower()) <= set("abcdefghijklm")
    odds = np.array([[0.6, 0.3, 0.1], [0.4, 0.45, 0.15], [0.1, 0.1, 0.8]]).T.reshape(1, 3, 3, 1)
    assert seen.taken_for(odds) == "AbC"


def test_what_holds_still_is_missed_where_it_moved(cache, film):
    """Where nothing moves, holding it still takes nothing away."""
    told = inside.why(film, 1.0, cache)
    assert told.without.shape == told.missed.shape == (8, 8)
    assert told.frames.shape == (25, 128, 128) and told.frames.dtype == np.uint8 and told.middle == 12
    change = np.abs(told.without - told.onset)
    assert change.max() > 0 and change[0].max() < 0.5 * change.max()
    assert 0 <= told.missed.min() and told.missed.max() <= 1


def test_the_whole_question_is_asked_of_real_frames(network, film, cache):
    told = inside.why(film, 1.0, cache)
    grey = torch.from_numpy(told.frames).float()[None] / 255
    with torch.no_grad():
        onset = network.hit(network.trunk(network.motion(grey).features))[0, 11:14, 0].sigmoid().max()
    assert told.onset == pytest.approx(float(onset), abs=0.05)


@pytest.mark.parametrize("seconds", [0.0, 0.03, 1.97, 30.0, -1.0])
def test_ends_of_the_film_can_be_asked_about(cache, film, seconds):
    told = inside.why(film, seconds, cache)
    assert 13 <= len(told.frames) <= 25 and 0 <= told.middle < len(told.frames)


def test_patches_cover_the_picture():
    covered = np.zeros((128, 128), int)
    for top, left in inside._patches(128):
        covered[max(0, top) : top + 32, max(0, left) : left + 32] += 1
    assert len(inside._patches(128)) == 64 and covered.min() >= 1
    assert (covered[24:104, 24:104] == 4).all()


def test_what_is_no_film_is_a_sentence(cache, tmp_path):
    (tmp_path / "text.mp4").write_text("hello")
    for look in (inside.look_inside, lambda film, cache: inside.why(film, 1.0, cache)):
        with pytest.raises(BadInput, match="not a film"):
            look(tmp_path / "text.mp4", cache)
