"""Picking hits from curves: between frames, close together, in hills, and what a hit carries."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.foley.hits import Curves, Picking, pick
from models.foley.views import WIDTH

FPS = 30


def curves(times: list[float], frames: int = 90, strength: float = 0.5, height: float = 1.0) -> Curves:
    """What a perfect network says of hits at these times (seconds)."""
    places = np.array([at * FPS for at in times]).reshape(-1, 1)
    away = places - np.arange(frames)  # (hits, T)
    offset = away[np.abs(away).argmin(0), np.arange(frames)] if times else np.full(frames, 9.0)
    onset = height * np.exp(-0.5 * np.square(offset / WIDTH))
    materials = np.tile([0.7, 0.2, 0.1], (frames, 1))
    return Curves(onset, offset.clip(-1.5, 1.5), np.full(frames, strength), materials, FPS)


@settings(deadline=None)
@given(st.floats(0.1, 2.8))
def test_a_hit_is_put_between_frames(at):
    (hit,) = pick(curves([at]))
    assert hit.seconds == pytest.approx(at, abs=1e-6)
    assert hit.strength == pytest.approx(0.5) and hit.materials == pytest.approx((0.7, 0.2, 0.1))


@settings(deadline=None)
@given(st.floats(0.05, 0.5))
def test_twelve_hits_a_second_are_kept_apart(first):
    times = [first + k / 12 for k in range(20)]
    found = [hit.seconds for hit in pick(curves(times))]
    assert len(found) == 20 and np.abs(np.subtract(found, times)).max() < 0.5 / FPS


def test_nothing_is_found_where_nothing_is():
    assert pick(curves([])) == () and pick(curves([1.0], height=0.2)) == ()


def test_an_uncertain_hit_is_one_hit():
    onset = np.zeros(60)
    onset[20:23] = 0.3, 0.34, 0.31
    told = Curves(onset, np.zeros(60), np.ones(60), np.ones((60, 2)) / 2, FPS)
    assert pick(told, Picking(0.5, 0.0)) == ()
    (hit,) = pick(told, Picking(0.5, 0.5))
    assert hit.seconds == pytest.approx(21 / FPS, abs=0.01)


def test_a_plateau_is_one_hit_and_neighbours_keep_their_distance():
    onset = np.zeros(40)
    onset[10:12], onset[20], onset[22] = 0.8, 0.9, 0.7
    told = Curves(onset, np.zeros(40), np.ones(40), np.ones((40, 1)), FPS)
    assert len(pick(told)) == 3
    assert [round(hit.seconds * FPS, 1) for hit in pick(told, Picking(gap=3.0))] == [10.5, 20.0]


def test_neighbours_that_mean_another_hit_are_not_listened_to():
    offset = np.zeros(30)
    offset[11] = 1.4  # the next frame speaks of a hit at 12.4
    told = Curves(np.eye(30)[10] + 0.5 * np.eye(30)[11], offset, np.eye(30)[10], np.ones((30, 1)), FPS)
    (hit,) = pick(told)
    assert hit.seconds == pytest.approx(10 / FPS) and hit.strength == pytest.approx(1)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**31))
def test_any_curves_give_hits_in_order_within_the_film(frames, seed):
    chance = np.random.default_rng(seed)
    materials = chance.dirichlet(np.ones(5), frames)
    told = Curves(chance.random(frames), chance.uniform(-1.5, 1.5, frames), chance.random(frames), materials, FPS)
    hits = pick(told, Picking(0.4, 0.25, 1.5))
    times = [hit.seconds for hit in hits]
    assert times == sorted(times) and all(0 <= at <= frames / FPS for at in times)
    assert all(b - a >= 1.5 / FPS - 1e-9 for a, b in zip(times, times[1:]))
    assert all(0 <= hit.strength <= 1 and sum(hit.materials) == pytest.approx(1) for hit in hits)


def test_picking_goes_into_notes_and_out():
    picking = Picking(0.35, 0.5, 2.2)
    notes = picking.to_notes()
    assert Picking.from_notes(notes) == picking and json.loads(notes["picking"])["gap"] == 2.2


def test_hits_of_a_film_agree_on_what_is_struck():
    """One that looks like something else now and then is outvoted, one that surely is something else is not."""
    told = curves([0.5, 1.0, 1.5, 2.0])
    odd = replace(told, materials=np.where(np.arange(90)[:, None] < 20, [[0.4, 0.5, 0.1]], told.materials))
    sure = replace(told, materials=np.where(np.arange(90)[:, None] < 20, [[0.0, 1.0, 0.0]], told.materials))

    def first(of: Curves, agreement: float) -> int:
        return int(np.argmax(pick(of, Picking(agreement=agreement))[0].materials))

    assert first(odd, 0.0) == 1 and first(odd, 0.7) == 0
    assert first(sure, 0.5) == 1
    for hit in pick(odd, Picking(agreement=0.7)):
        assert sum(hit.materials) == pytest.approx(1)
    (alone,) = pick(curves([1.0]), Picking(agreement=0.7))
    assert alone.materials == pytest.approx((0.7, 0.2, 0.1))
