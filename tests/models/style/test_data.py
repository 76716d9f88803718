"""Training pictures: splits never meet, what is no painting is left out, crops are what they are said to be."""

import numpy as np
import pytest

from models.style import collection, data
from tests.models.style.studio import furnish


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return furnish(tmp_path_factory.mktemp("data"))


def test_splits_never_meet():
    collected = {style.painting for style in collection.STYLES}
    assert not collected & {*data.HELD_OUT_PAINTINGS, *data.NO_PAINTINGS}
    assert not data.NO_PAINTINGS & set(data.HELD_OUT_PAINTINGS) and len(set(data.HELD_OUT_PAINTINGS)) == 12
    assert not data.NO_PHOTOGRAPHS & set(data.HELD_OUT_PHOTOGRAPHS)


def test_what_is_read_is_what_belongs_there(folder):
    learnt, judged = data.paintings(folder), data.paintings(folder, held_out=True)
    assert set(judged) == set(data.HELD_OUT_PAINTINGS)
    assert "nga_42504" in learnt and {style.painting for style in collection.STYLES} < set(learnt)
    assert "metmuseum_823660" not in {*learnt, *judged}, "a textile"
    kinds = data.to_paint(folder, folder)
    assert {name: len(pictures) for name, pictures in kinds.items()} == {"photographs": 1, "flowers": 1, "faces": 4}


def test_frames_are_cut_off_and_large_pictures_made_smaller(folder, tmp_path):
    from tests.models.style.studio import blots

    assert next(iter(data.paintings(folder).values())).shape == (110, 138, 3)
    blots(1200, 900, 0).save(tmp_path / "large.png")
    assert data.read(tmp_path / "large.png").shape == (512, 683, 3)


def test_a_batch_has_every_kind_in_its_share(folder):
    contents = data.Contents(data.to_paint(folder, folder))
    batch = contents.batch(np.random.default_rng(0), 8, 64)
    assert batch.shape == (8, 64, 64, 3) and batch.dtype == np.uint8
    again = contents.batch(np.random.default_rng(0), 8, 64)
    assert (batch == again).all() and not (batch == contents.batch(np.random.default_rng(1), 8, 64)).all()


def test_shares_are_kept():
    kinds = {"photographs": [np.full((9, 9, 3), 10, np.uint8)], "faces": [np.full((9, 9, 3), 20, np.uint8)]}
    contents = data.Contents({**kinds, "flowers": []}, {"photographs": 3, "faces": 1, "flowers": 5})
    drawn = contents.batch(np.random.default_rng(0), 400, 4)[:, 0, 0, 0]
    assert (drawn == 10).sum() == 300


def test_crops_keep_their_proportions():
    """A grey ramp from left to right: a square of it spans as much of it as it is wide."""
    ramp = np.repeat(np.tile(np.arange(200, dtype=np.uint8), (100, 1))[..., None], 3, axis=2)
    spans = []
    for seed in range(40):
        part = data.crop(np.random.default_rng(seed), ramp, 50).astype(int)
        assert part.shape == (50, 50, 3)
        spans.append(abs(part[25, -1, 0] - part[25, 0, 0]) + 2)
    assert min(spans) >= 48 and max(spans) <= 102 and np.mean(spans) > 70, "large squares are likelier"


def test_views_may_change_colours_but_not_brightness():
    painting = np.zeros((400, 400, 3), np.uint8)
    painting[..., 0] = 200
    plain = data.views(np.random.default_rng(0), painting, 4)
    changed = data.views(np.random.default_rng(0), painting, 12, recoloured=1.0)
    assert plain.shape == (4, data.VIEW, data.VIEW, 3) and (plain[..., 0] == 200).all()
    assert (changed.sum(-1) == 200).all() and len({tuple(view[0, 0]) for view in changed}) == 3
