"""Watching a film, with a tiny network drawn at random: memory, progress, shapes, and what is refused."""

import numpy as np
import pytest
import torch

from models import registry, video
from models.cache import ModelCache
from models.devices import Machine
from models.errors import BadInput, LoadFailed
from models.foley import engine
from models.foley.hits import Picking
from models.foley.materials import NAMES
from models.foley.network import STEP, Motion, tiny
from tests.models.foley.knocks import knocks, written

PICKING = Picking(0.3, 0.25, 1.5)


@pytest.fixture(scope="module")
def network():
    network = tiny()
    network.picking = PICKING
    return network


@pytest.fixture
def cache(network, tmp_path, monkeypatch) -> ModelCache:
    path = engine.save_network(network, tmp_path / "weights" / "foley-hits.safetensors", {"views": "0"})
    monkeypatch.setattr(engine, "FILE", path)
    return ModelCache(Machine("cpu", 10**9))


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return written(tmp_path_factory.mktemp("films") / "knocks.mp4", knocks(0).frames)


def test_a_film_is_watched(cache, film):
    heard = []
    watched = engine.watch(film, cache, lambda *step: heard.append(step))
    assert heard == [(k, 60) for k in range(1, 61)]
    assert watched.onset.shape == (60,) and watched.fps == 30 and watched.note == ""
    assert watched.seconds == pytest.approx(2, abs=0.05)
    assert watched.motion.shape == (60, 64, 64) and watched.motion.dtype == np.uint8
    times = [hit.seconds for hit in watched.hits]
    assert times == sorted(times) and all(0 <= at <= 2.05 for at in times)
    assert all(len(hit.materials) == len(NAMES) for hit in watched.hits)


def test_the_motion_is_where_the_block_is(cache, film):
    watched = engine.watch(film, cache)
    moving = watched.motion[5:].astype(float).mean(0)
    assert watched.motion[0].max() == 0 and moving[:10].mean() < 0.2 * moving.max()
    assert moving[30:].max() > 20


@pytest.mark.parametrize("frames", [1, 2, 31, 32, 37, 38, 70, 101])
def test_frames_seen_in_turn_are_judged_as_at_once(network, frames):
    """In whatever pieces a film goes through the branches, its curves are those of the whole and its mirror image."""
    clip = np.random.default_rng(frames).integers(0, 256, (frames, 112, 112, 3), np.uint8)
    curves = engine.show(network, clip).curves()
    grey = torch.stack([engine.small_grey(frame, network) for frame in clip])[None]
    colour = torch.from_numpy(clip[::STEP]).permute(0, 3, 1, 2)[None].float() / 255
    mirrored = network.motion(grey.flip(-1))
    mirrored = Motion(mirrored.features, mirrored.where.flip(-1))  # looked at in the film as it is
    heads = [network.judge(motion, network.appearance(colour)) for motion in (network.motion(grey), mirrored)]
    onset, materials = (
        torch.stack([getattr(each, name)[0] for each in heads]).mean(0) for name in ("onset", "materials")
    )
    assert np.allclose(curves.onset, onset.sigmoid(), atol=1e-5)
    assert np.allclose(curves.materials, materials.softmax(-1), atol=1e-5)
    assert np.allclose(curves.materials.sum(1), 1, atol=1e-5)


def test_left_and_right_hear_the_same(network):
    clip = np.random.default_rng(0).integers(0, 256, (40, 112, 112, 3), np.uint8)
    one, other = (engine.show(network, frames).curves() for frames in (clip, clip[:, :, ::-1]))
    for name in ("onset", "offset", "strength"):
        assert np.allclose(getattr(one, name), getattr(other, name), atol=1e-5)


def test_little_is_kept_of_a_long_film(network):
    eye = engine.Eye(network)
    frame = np.zeros((40, 64, 3), np.uint8)
    for _ in range(200):
        eye.see(frame)
    assert len(eye._grey) < 64 and len(eye._colour) < 16


@pytest.mark.parametrize("size", [(64, 48), (48, 120), (8, 300), (2, 2), (640, 480)])
def test_frames_of_any_shape_are_pressed_into_a_square(network, size):
    frame = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    grey = engine.small_grey(frame, network)
    assert grey.shape == (128, 128) and float(grey.mean()) == pytest.approx(frame.mean() / 255, abs=0.05)
    assert engine.show(network, [frame] * 3).curves().onset.shape == (3,)


def test_a_wide_film_is_seen_whole(network):
    """What moves at the very edge of a wide film is seen to move."""
    frames = np.full((4, 90, 160, 3), 90, np.uint8)
    frames[2, :, 150:] = 250
    moved = engine.show(network, frames).moved()
    assert moved[2, :, -4:].mean() > 150 > 40 > moved[2, :, :40].mean()  # each frame loses its mean


def test_only_the_first_seconds_are_watched_and_it_is_said(cache, film, monkeypatch):
    monkeypatch.setattr(engine, "LONGEST_SECONDS", 0.5)
    watched = engine.watch(film, cache)
    assert len(watched.onset) == pytest.approx(15, abs=1) and watched.seconds == 0.5
    assert watched.note == "The film lasts 2 seconds; its first 0.5 seconds were used."


def test_a_slow_film_has_as_many_frames_and_hits_in_its_own_time(cache, tmp_path):
    slow = written(tmp_path / "slow.mp4", knocks(0).frames[::2], fps=15)
    watched = engine.watch(slow, cache)
    assert len(watched.onset) == pytest.approx(60, abs=2) and watched.seconds == pytest.approx(2, abs=0.1)


def test_it_can_be_called_off(cache, film):
    def stop(done: int, of: int) -> None:
        if done == 3:
            raise KeyError("called off")

    with pytest.raises(KeyError):
        engine.watch(film, cache, stop)


def test_what_is_no_film_is_a_sentence(cache, tmp_path):
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(BadInput, match="not a film"):
        engine.watch(tmp_path / "text.mp4", cache)
    with pytest.raises(BadInput, match="could not be found"):
        engine.watch(tmp_path / "nowhere.mp4", cache)


def test_the_same_film_the_same_hits(cache, film):
    first, again = (engine.watch(film, cache) for _ in range(2))
    assert first.hits == again.hits and np.array_equal(first.onset, again.onset)


def test_weights_bring_their_picking(cache, network):
    with engine.open_network(cache) as loaded:
        assert loaded.picking == PICKING and loaded.config == network.config and not loaded.training
        assert not any(p.requires_grad for p in loaded.parameters())


def test_the_house_network_is_in_the_registry():
    spec = registry.get(engine.HOUSE)
    assert spec.family == "foley" and spec.tier == "house" and spec.shared


def test_weights_that_know_other_materials_are_refused(cache, monkeypatch):
    monkeypatch.setattr("models.foley.network.NAMES", ("cheese",))
    with pytest.raises(LoadFailed), engine.open_network(cache):
        pass


def test_the_network_in_the_box_hears_a_bouncing_block(tmp_path):
    clip = knocks(3, seconds=3.0, period=0.5)
    watched = engine.watch(written(tmp_path / "knocks.mp4", clip.frames))
    found = np.array([hit.seconds for hit in watched.hits])
    true = [hit[0] for hit in clip.hits]
    near = [np.abs(found - at).min(initial=9) < 0.1 for at in true]
    assert np.mean(near) > 0.6 and len(found) <= 1.5 * len(true)
    assert video.probe(tmp_path / "knocks.mp4").seconds == pytest.approx(3, abs=0.1)
