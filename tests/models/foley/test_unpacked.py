"""Clips decoded once show what they showed, and are not decoded again."""

import numpy as np
import pytest

from models.foley import camera, data
from models.foley.data import Clips, render
from models.foley.unpacked import Unpacked


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "_length", lambda *_: 0.5)
    monkeypatch.setattr(data, "render", lambda rng, seconds: render(rng, seconds, 48))
    data.render_shard(tmp_path, "train", 0, 0, 2)
    return tmp_path


def test_clips_decoded_once_show_what_they_showed(folder, monkeypatch):
    packed = [clip.frames for clip in Clips(folder)]
    assert all((one.frames == of).all() for one, of in zip(Unpacked(folder), packed, strict=True))
    monkeypatch.setattr(camera, "decoded", lambda *_: pytest.fail("decoded again"))
    again = Unpacked(folder)[1]
    assert isinstance(again.frames, np.memmap) and (again.frames == packed[1]).all() and again == Clips(folder)[1]
