"""Movements: hits turn at once at the surface, feints do not, flights obey gravity, limbs keep their bones' lengths."""

import numpy as np
import pytest

from models.foley import physics
from models.foley.physics import GRAVITY, GRID, Stroke, Swing


def speed(height, seconds: float) -> tuple[float, float]:
    """m/s upwards just before and just after a moment."""
    k = round(seconds * GRID)
    return (height[k - 1] - height[k - 4]) * GRID / 3, (height[k + 4] - height[k + 1]) * GRID / 3


STROKES = [
    Stroke(0.5, 2.0),
    Stroke(1.1, 3.0, "feint", 0.03),
    Stroke(1.8, 4.0, "air", 0.08),
    Stroke(2.4, 1.5),
    Stroke(4.2, 3.0),
]


@pytest.fixture(scope="module")
def height():
    return physics.height(STROKES, Swing(0.2, rebound=0.4, stays=0.0), 5.0, np.random.default_rng(0))


def test_a_hit_touches_with_its_speed_and_turns_at_once(height):
    for stroke in STROKES:
        if stroke.kind == "hit":
            before, after = speed(height, stroke.at)
            assert height[round(stroke.at * GRID)] == pytest.approx(0, abs=1e-6)
            assert before == pytest.approx(-stroke.speed, rel=0.1) and after > 0.2 * stroke.speed


def test_a_feint_comes_to_rest_above_the_surface(height):
    around = height[round(1.0 * GRID) : round(1.2 * GRID)]
    assert around.min() == pytest.approx(0.03, abs=1e-3)
    before, _ = speed(height, 1.1)
    assert abs(before) < 0.3


def test_a_stroke_in_the_air_turns_without_touching(height):
    before, after = speed(height, 1.8)
    assert before < -3 and after > 1 and height[round(1.8 * GRID)] == pytest.approx(0.08, abs=1e-3)


def test_nothing_is_touched_between_hits(height):
    hits = [stroke.at for stroke in STROKES if stroke.kind == "hit"]
    grid = np.arange(len(height)) / GRID
    away = np.min(np.abs(grid[:, None] - hits), axis=1) > 0.02
    assert height[away].min() > 0.004


def test_what_is_soft_is_entered_and_left_again():
    height = physics.height([Stroke(1.0, 2.0)], Swing(0.2, sinks=0.03), 2.0, np.random.default_rng(0))
    assert -0.03 <= height.min() < -0.01 and height[round(1.0 * GRID)] == pytest.approx(0, abs=1e-6)
    assert height[-1] > 0


def test_rhythms_differ_and_keep_their_rates():
    pauses, counts = [], []
    for seed in range(60):
        times = physics.rhythm(np.random.default_rng(seed), 5.0, 1.0, 5.0)
        assert (np.diff(times) >= 0.2 - 1e-9).all() and (times > 0).all() and (times < 5).all()
        counts.append(len(times))
        pauses.append(np.diff(times).max(initial=0))
    assert min(counts) <= 2 and max(counts) >= 15 and max(pauses) > 1.2


def test_feints_take_the_place_of_hits():
    rng = np.random.default_rng(0)
    strokes = [Stroke(0.3 * k, 2.0) for k in range(200)]
    changed = physics.feints(rng, strokes, 0.3, 0.2)
    kinds = [stroke.kind for stroke in changed]
    assert 35 < 200 - kinds.count("hit") < 85 and {"hit", "feint", "air"} == set(kinds)
    assert all(stroke.gap >= 0.01 for stroke in changed if stroke.kind != "hit")


def test_a_ball_falls_and_bounces_as_gravity_says():
    flight = physics.flight(0.2, 1.0, 0.7, 5.0)
    assert flight.times[0] == pytest.approx(0.2 + np.sqrt(2 / GRAVITY)) and flight.speeds[0] ** 2 == pytest.approx(
        2 * GRAVITY
    )
    assert flight.height(np.array([0.0, 0.2])) == pytest.approx([1, 1])
    assert flight.height(flight.times) == pytest.approx(0, abs=1e-9)
    between = (flight.times[0] + flight.times[1]) / 2
    assert flight.height(np.array([between]))[0] == pytest.approx(0.49, abs=1e-6), "bounces to the square of 0.7"
    assert physics.flight(0.2, 1.0, 0.0, 5.0).times.shape == (1,), "what does not bounce hits once"


def test_thrown_is_faster_than_dropped():
    assert physics.flight(0, 1, 0.5, 5, thrown=3).speeds[0] == pytest.approx(np.sqrt(2 * GRAVITY + 9))


def test_an_elbow_is_as_far_from_both_ends_as_bones_are_long():
    rng = np.random.default_rng(0)
    shoulder, wrist = np.zeros((50, 3)), rng.uniform(-0.25, 0.25, (50, 3))
    joint = physics.elbow(shoulder, wrist, 0.29, 0.26, np.array([0.0, 0.0, -1.0]))
    assert np.linalg.norm(joint, axis=1) == pytest.approx(0.29, abs=1e-3)
    assert np.linalg.norm(wrist - joint, axis=1) == pytest.approx(0.26, abs=1e-3)


def test_of_hits_that_merge_the_stronger_is_heard():
    times, strengths = np.array([0.1, 0.13, 0.5, 0.53, 0.9]), np.array([0.2, 0.8, 0.9, 0.1, 0.05])
    assert physics.apart(times, strengths).tolist() == [False, True, True, False, True]


def test_a_tumbling_thing_ends_flat():
    moments = np.linspace(0, 3, 90)
    angles = physics.tumble(np.random.default_rng(0), moments, np.array([0.8, 1.0]), 6.0)
    assert angles[-1] / (np.pi / 2) == pytest.approx(np.round(angles[-1] / (np.pi / 2)), abs=1e-9)
    axes = physics.turned(angles, 0.4)
    assert np.einsum("nij,nkj->nik", axes, axes) == pytest.approx(np.broadcast_to(np.eye(3), axes.shape), abs=1e-9)
