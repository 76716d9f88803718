"""What a camera does: it changes pictures, in many ways, and never a moment; its films come back as they were."""

from dataclasses import replace

import numpy as np
import pytest

from models.foley.camera import STILL, coded, decoded, film, some_camera
from models.foley.scene_canvas import MARGIN

SIDE = 48
CANVAS = 2 * round(SIDE * 2 * MARGIN / 2)


def canvases(count: int = 30):
    """A bright square on grey that jumps to the right at frame 15."""
    for k in range(count):
        canvas = np.full((CANVAS, CANVAS, 3), 90, np.uint8)
        left = CANVAS // 4 if k < 15 else CANVAS // 2
        canvas[CANVAS // 3 : CANVAS // 2, left : left + CANVAS // 5] = (230, 120, 40)
        yield canvas


def filmed(camera, count: int = 30):
    return np.stack(list(film(canvases(count), camera, count / camera.fps, SIDE)))


def jump(frames) -> int:
    """The frame at which most changes."""
    return int(np.abs(np.diff(frames.astype(int), axis=0)).mean((1, 2, 3)).argmax()) + 1


def test_a_camera_that_does_nothing_shows_the_middle_of_the_canvas():
    frames = filmed(STILL)
    assert frames.shape == (30, SIDE, SIDE, 3) and frames.dtype == np.uint8
    assert (frames[0] == frames[14]).all() and jump(frames) == 15
    assert frames[0, 2, 2].tolist() == [90, 90, 90]
    canvas = next(canvases())
    edge = (CANVAS - 2 * SIDE) // 2
    middle = canvas[edge : edge + 2 * SIDE, edge : edge + 2 * SIDE].reshape(SIDE, 2, SIDE, 2, 3).mean((1, 3))
    assert np.abs(frames[0] - middle).mean() < 4


@pytest.mark.parametrize(
    "damage",
    [
        dict(shake=0.02),
        dict(exposure=0.4),
        dict(contrast=0.6),
        dict(gamma=1.4),
        dict(saturation=0.0),
        dict(tint=(1.2, 1.0, 0.8)),
        dict(flicker=0.1),
        dict(drift=0.1),
        dict(soft=1.2),
        dict(noise=0.03, shot=0.02),
        dict(vignette=0.5),
        dict(bars=0.2),
        dict(bars=-0.2),
        dict(caption="HELLO 12"),
        dict(jpeg=20),
        dict(jolts=(0.3,)),
    ],
    ids=lambda damage: next(iter(damage)),
)
def test_each_damage_shows_and_none_moves_what_happens(damage):
    still, damaged = filmed(STILL), filmed(replace(STILL, **damage))
    assert np.abs(still.astype(int) - damaged).mean((1, 2, 3)).max() > 0.2
    assert jump(damaged) == 15


def test_lost_and_frozen_frames_show_the_one_before():
    moving = np.arange(30, dtype=np.uint8)[:, None, None, None] * np.ones((1, CANVAS, CANVAS, 3), np.uint8)
    frozen = np.stack(list(film(moving, replace(STILL, frozen=(10, 4)), 1.0, SIDE)))[:, 0, 0, 0]
    assert frozen[9:14].tolist() == [9] * 5 and frozen[14] == 14
    lost = np.stack(list(film(moving, replace(STILL, lost=0.3), 1.0, SIDE)))[:, 0, 0, 0]
    assert 3 <= (np.diff(lost.astype(int)) == 0).sum() <= 16 and (lost <= np.arange(30)).all()


def test_cameras_are_as_different_as_cameras_are():
    cameras = [some_camera(np.random.default_rng(seed), 5.0) for seed in range(200)]
    assert {camera.fps for camera in cameras} == {12.0, 15.0, 20.0, 24.0, 25.0, 30.0}
    for share in ("lost", "shake", "flicker", "vignette", "bars", "jpeg", "noise"):
        count = sum(bool(getattr(camera, share)) for camera in cameras)
        assert 0 < count, share
    assert any(camera.caption for camera in cameras) and any(camera.exposure < 0.6 for camera in cameras)
    assert some_camera(np.random.default_rng(3), 5.0) == cameras[3]


@pytest.mark.parametrize("fps", [30.0, 24.0, 12.0])
def test_a_film_comes_back_at_thirty_frames_with_what_happens_at_its_time(fps):
    camera = replace(STILL, fps=fps)
    frames = decoded(coded(filmed(camera), camera, SIDE), 30, 30 / fps, SIDE, fps)
    assert frames.shape[1:] == (SIDE, SIDE, 3) and abs(len(frames) - 30 * 30 / fps) <= 30 / fps
    assert abs(jump(frames) / 30 - 15 / fps) <= 0.5 / 30 + 1e-6


def test_coarser_films_are_smaller_and_worse():
    rng = np.random.default_rng(0)
    noisy = [rng.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8) for _ in range(10)]
    fine, coarse = (coded(noisy, replace(STILL, crf=crf), SIDE) for crf in (18, 40))
    assert len(coarse) < 0.5 * len(fine)
    errors = [np.abs(decoded(data, 30, 1 / 3, SIDE, 30.0)[:10].astype(int) - noisy).mean() for data in (fine, coarse)]
    assert errors[1] > errors[0]
