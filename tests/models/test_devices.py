"""What a processor does in bfloat16 looks like what it does in single precision, and only pictures are made in it."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from models import devices
from models.faces.engine import encode, faces_of
from models.sketch.engine import sketch_to_photo


def drawing() -> Image.Image:
    paper = Image.new("RGB", (256, 256), "white")
    ImageDraw.Draw(paper).ellipse((50, 60, 200, 210), outline="black", width=4)
    return paper


@pytest.mark.parametrize(
    "make", [lambda: sketch_to_photo(drawing(), "portrait", 3), lambda: faces_of([3])[0]], ids=["sketch", "face"]
)
def test_nobody_could_see_the_difference(make, monkeypatch):
    made = []
    for swiftly in (True, False):
        monkeypatch.setattr(devices, "multiplies_bfloat16", lambda swiftly=swiftly: swiftly)
        made.append(np.asarray(make(), int))
    apart = np.abs(made[0] - made[1])
    assert apart.any(), "it was indeed reckoned in another way"
    assert apart.mean() < 0.5 and apart.max() <= 8


def test_what_is_measured_is_measured_in_single_precision(monkeypatch):
    face, read = faces_of([5])[0], []
    for swiftly in (True, False):
        monkeypatch.setattr(devices, "multiplies_bfloat16", lambda swiftly=swiftly: swiftly)
        read.append(encode(face))
    assert np.array_equal(*read)


def test_another_device_reckons_as_it_always_did(monkeypatch):
    monkeypatch.setattr(devices, "multiplies_bfloat16", lambda: True)
    with devices.swift("cuda"):
        assert not torch.is_autocast_enabled("cpu") and not torch.is_autocast_enabled("cuda")
    with devices.swift("cpu"):
        assert torch.is_autocast_enabled("cpu")
