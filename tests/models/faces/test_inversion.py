"""A photograph becomes a face of the generator's world; with the weights that ship."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from models.cache import default_cache
from models.errors import BadInput, Stopped
from models.faces.engine import HOUSE, edit, open_faces
from models.faces.inversion import Descent, invert, invert_aligned

QUICK = Descent(half_steps=3, full_steps=2)


@pytest.fixture(scope="module")
def photo():
    """A face made older and happier than the encoder's usual, before a wall of stripes."""
    face = edit(5, {"smile": 1.0, "age": 1.0})
    picture = Image.new("RGB", (500, 420), (190, 170, 150))
    picture.paste(face.resize((300, 300)), (120, 60))
    return picture


@pytest.fixture(scope="module")
def inverted(photo):
    return invert(photo)


def test_a_photo_comes_back_as_a_face_like_it(inverted):
    assert (inverted.crop.mode, inverted.crop.size) == ("RGB", (128, 128))
    assert (inverted.face.mode, inverted.face.size) == ("RGB", (128, 128))
    assert inverted.distance < 0.06
    with open_faces() as faces:
        assert (faces.decode(inverted.w[None])[0] == np.asarray(inverted.face)).mean() > 0.99
        z = faces.to_z(inverted.w[None])
    assert (z**2).mean() < 2, "a likely face of this generator"


def test_descending_comes_nearer_than_the_encoder(inverted):
    encoded = invert_aligned(inverted.crop, descent=Descent(half_steps=0, full_steps=0))
    assert inverted.distance < 0.9 * encoded.distance


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_any_mode_will_do(photo, mode):
    picture = photo.convert(mode)
    try:
        assert invert(picture, descent=QUICK).distance < 0.2
    except BadInput:
        assert mode == "1", "black dots on white may hide a face"


def test_the_same_photo_gives_the_same_face_in_any_thread(inverted):
    state = {name: tensor.clone() for name, tensor in _parameters()}
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: invert_aligned(inverted.crop, descent=QUICK), range(2))
    assert np.abs(first.w - second.w).max() < 1e-3
    for name, tensor in _parameters():
        assert tensor.grad is None and not tensor.requires_grad and torch.equal(tensor, state[name])


def _parameters():
    with default_cache().lease(HOUSE) as house:
        return list(house.named_parameters())


def test_it_tells_its_steps_and_can_be_stopped(inverted):
    told = []
    invert_aligned(inverted.crop, on_step=lambda done, total: told.append((done, total)), descent=QUICK)
    assert told == [(step, 5) for step in range(6)]

    def stop(done, total):
        raise Stopped("This was called off.")

    with pytest.raises(Stopped):
        invert_aligned(inverted.crop, on_step=stop)
    assert not any(row.in_use for row in default_cache().stats().models)


def test_a_photo_without_a_face_is_a_sentence():
    with pytest.raises(BadInput, match="No face was found in this photo"):
        invert(Image.new("RGB", (300, 200), "teal"))
