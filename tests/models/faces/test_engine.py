"""The engine of the faces, with the weights that ship."""

import numpy as np
import pytest

from models.errors import BadInput
from models.faces import engine
from models.faces.engine import ATTRIBUTES, SIDE, edit, encode, faces_of, open_faces, z_of


@pytest.fixture(scope="module")
def faces():
    with open_faces() as opened:
        yield opened


def some_w(faces, count: int = 6, psi: float = 0.7):
    return faces.to_w(np.stack([z_of(seed) for seed in range(count)]), psi)


def test_a_seed_is_always_the_same_face():
    first, again, other = faces_of([5, 5, 6])
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert first.size == (SIDE, SIDE) and first.mode == "RGB"


def test_a_face_does_not_depend_on_its_company():
    alone, among = np.asarray(faces_of([3])[0], int), np.asarray(faces_of([1, 2, 3])[2], int)
    assert np.abs(alone - among).max() <= 1


def test_many_faces_come_in_one_call(faces):
    pictures = faces.decode(some_w(faces, 70))
    assert pictures.shape == (70, SIDE, SIDE, 3) and pictures.dtype == np.uint8


def test_the_mapping_has_an_inverse(faces):
    z = np.stack([z_of(seed) for seed in range(20)])
    assert np.abs(faces.to_z(faces.to_w(z)) - z).max() < 1e-3


def test_truncation_gathers_the_faces(faces):
    spread = [faces.decode(some_w(faces, 24, psi)).std(0).mean() for psi in (0.3, 0.7, 1.0)]
    assert spread == sorted(spread)


def test_the_last_resolution_is_the_face_itself(faces):
    w = some_w(faces, 1)[0]
    names, pictures = zip(*faces.layers(w), strict=True)
    assert names[0] == "4 x 4" and names[-1] == "128 x 128"
    assert np.abs(pictures[-1].astype(int) - faces.decode(w[None])[0]).max() <= 1
    assert not np.array_equal(pictures[-2], pictures[-1])


def test_an_edit_moves_the_face_and_clamps():
    assert np.array_equal(edit(4, {}), faces_of([4])[0])
    assert not np.array_equal(edit(4, {"glasses": 2.0}), edit(4, {}))
    assert np.array_equal(edit(4, {"age": 99}), edit(4, {"age": engine.FURTHEST}))


def test_a_face_is_found_again(faces):
    """What the encoder says of a face made from w is nearer to that w than to any of the others'."""
    w = some_w(faces, 8)
    pictures = faces_of(range(8))
    found = np.stack([encode(picture) for picture in pictures])
    distance = np.linalg.norm(found[:, None] - w[None], axis=2)
    assert (distance.argmin(1) == np.arange(8)).all()


def test_the_directions_are_those_of_the_attributes(faces):
    assert faces.directions().shape == (len(ATTRIBUTES), len(z_of(0)))
    axes, deviations = faces.basis()
    assert np.allclose(axes @ axes.T, np.eye(2), atol=1e-2) and deviations[0] >= deviations[1] > 0


@pytest.mark.parametrize(
    "wrong", [lambda: z_of(1, "faces/none"), lambda: faces_of([1], model="none"), lambda: edit(1, {"beard": 1})]
)
def test_what_is_unknown_is_named(wrong):
    with pytest.raises(BadInput, match="There is no"):
        wrong()
