"""Stills: each of a scene of its own, where its label says, compressed, and in shards that are taken up again."""

from dataclasses import replace

import numpy as np
import pytest

from models.foley import camera as cameras
from models.foley import stills
from models.foley.looks import MADE, Looks
from models.foley.scene_place import NOTHING
from models.foley.stills import Still, compressed, read, render_shard, still


def test_the_same_seed_is_the_same_still_and_another_is_not():
    one, again, other = (still(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.frame.shape == (112, 112, 3) and one.frame.dtype == np.uint8
    assert (one.frame == again.frame).all() and (one.made == again.made).all() and one.place == again.place
    assert (one.frame != other.frame).any() and all(0 < share < 1 for share in one.place)


def test_frames_are_compressed_each_in_its_own_place():
    """Grey ones of two qualities come back as what they were, near enough; fine noise does not survive the worse."""
    noise = np.random.default_rng(0).integers(0, 60, (112, 112, 3)).astype(np.uint8)
    frames = [noise + np.uint8(level) for level in (10, 60, 110, 160)]
    nowhere = np.full((MADE, MADE), NOTHING, np.uint8)
    told = [Still(frame, (0.5, 0.5), 0, nowhere, crf) for frame, crf in zip(frames, (20, 31, 20, 31))]
    seen = compressed(told)
    assert np.abs(seen.mean((1, 2, 3)) - [frame.mean() for frame in frames]).max() < 3
    left = seen.std((1, 2, 3))
    assert max(left[1::2]) < min(left[::2])


def test_the_map_says_what_is_struck_unless_something_is_before_it():
    """Where a hit is on the ground or a thing, its place in the map is of its material, or told to be covered.
    Of mirrored maps two in twenty-two would be wrong."""
    told = [still(np.random.default_rng((7, seed))) for seed in range(40)]
    at = [one.made[tuple((np.array(one.place)[::-1] * MADE).astype(int))] for one in told]
    right = [there == one.material for one, there in zip(told, at) if there != NOTHING]
    assert len(right) > 20 and all(right)


def test_bars_hide_what_things_are_made_of():
    made = np.zeros((260, 260), np.uint8)
    shown = cameras.framed(made, replace(cameras.STILL, bars=-0.2), 5.0, MADE, NOTHING)
    assert (shown[:, :11] == NOTHING).all() and (shown[:, -11:] == NOTHING).all() and not shown[:, 12:-12].any()


def test_what_is_there_is_not_rendered_again(tmp_path, monkeypatch):
    render_shard(tmp_path, 0, 0, 3)
    monkeypatch.setattr(stills, "still", lambda *_: pytest.fail("rendered again"))
    assert render_shard(tmp_path, 0, 0, 3) == tmp_path / "stills-000000.npz"
    found = read(tmp_path)
    assert isinstance(found, Looks) and found.frames.shape == (3, 112, 112, 3) and found.places.shape == (3, 2)
    assert found.made.shape == (3, MADE, MADE)


def test_an_empty_folder_is_said_to_be_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="no rendered stills"):
        read(tmp_path)
