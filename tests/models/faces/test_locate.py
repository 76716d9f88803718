"""The locator that ships, on faces of the generator that ships, put into drawn pictures."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from models.errors import BadInput
from models.faces import landmarks as lm
from models.faces.engine import faces_of
from models.faces.locate import Found, align, crop, find, locate
from models.weights import WEIGHTS

PUPILS = np.array([[0.5 - lm.EYE_DISTANCE / 2, lm.EYE_HEIGHT], [0.5 + lm.EYE_DISTANCE / 2, lm.EYE_HEIGHT]])
SEEDS = (1, 4, 7, 12)


@pytest.fixture(scope="module")
def faces():
    return faces_of(SEEDS)


def garden(size=(640, 480)) -> Image.Image:
    """A drawn picture that shows nobody."""
    rng, picture = np.random.default_rng(3), Image.new("RGB", size, (150, 190, 225))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, size[1] * 0.6, *size), fill=(86, 128, 70))
    for _ in range(60):
        x, y, radius = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(3, 30)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tuple(rng.integers(0, 256, 3)))
    return picture


def hang(picture: Image.Image, face: Image.Image, side: int, left: int, top: int, angle: float = 0) -> np.ndarray:
    """Put a face into a picture, `side` pixels large and turned by `angle` degrees; its pupils there, (2, 2)."""
    turned = face.resize((side, side)).convert("RGBA").rotate(angle, Image.Resampling.BICUBIC)
    picture.paste(turned, (left, top), turned)
    turn = np.radians(-angle)
    away = (PUPILS - 0.5) @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return (away + 0.5) * side + [left, top]


def off(found: Found, pupils: np.ndarray) -> float:
    """How far the pupils are off, in pixels of the 128-pixel frame."""
    span = np.hypot(*(pupils[1] - pupils[0]))
    return np.hypot(*(found.points[:2] - pupils).T).mean() / span * lm.EYE_DISTANCE * 128


@pytest.mark.parametrize("side, angle", [(90, 0), (150, 18), (300, -12), (470, 5)])
def test_pupils_are_found_wherever_the_face_is(faces, side, angle):
    for face in faces:
        photo = garden()
        pupils = hang(photo, face, side, 600 - side, 5, angle)
        assert off(locate(photo), pupils) < 3


def test_a_face_of_the_gallery_fills_its_picture(faces):
    for face in faces:
        assert off(locate(face), PUPILS * 128) < 3


def test_an_aligned_face_is_level_and_in_the_frame(faces):
    photo = garden()
    hang(photo, faces[0], 240, 100, 60, 20)
    aligned = align(photo, locate(photo))
    assert aligned.size == (128, 128)
    assert off(locate(aligned), PUPILS * 128) < 3
    inner = np.s_[30:110, 34:94]
    apart = np.abs(np.asarray(aligned)[inner].astype(int) - np.asarray(faces[0])[inner]).mean()
    assert apart < 22, "the face that was hung up comes back"


def test_the_largest_of_two_is_taken(faces):
    photo = garden()
    pupils = hang(photo, faces[0], 260, 20, 100)
    hang(photo, faces[1], 130, 450, 200)
    assert len(find(photo)) == 2
    assert off(locate(photo), pupils) < 3


@pytest.mark.parametrize(
    "photo",
    [
        garden(),
        garden((200, 900)),
        Image.new("RGB", (1, 1)),
        Image.new("RGB", (3000, 2), "red"),
        Image.new("RGB", (7, 900)),
    ],
)
def test_no_face_is_said_in_a_sentence(photo):
    with pytest.raises(BadInput, match="No face was found in this photo"):
        locate(photo)


def test_a_huge_photo_is_no_burden(faces):
    photo = Image.new("RGB", (7000, 5000), (120, 110, 100))
    pupils = hang(photo, faces[0], 2600, 2500, 1000)
    assert off(locate(photo), pupils) < 3


def test_a_crop_of_the_frame_itself_changes_nothing():
    picture = garden((128, 128))
    same = crop(picture, np.array([[1 / 128, 0, 0], [0, 1 / 128, 0]]), 128)
    assert np.abs(np.subtract(same, picture, dtype=int)).max() <= 1


def test_a_crop_beyond_the_photo_goes_on_with_its_border():
    wide = np.array([[1 / 256, 0, 0.25], [0, 1 / 256, 0.25]])  # the photo in the middle half
    framed = np.asarray(crop(Image.new("RGB", (128, 128), (10, 200, 30)), wide, 64))
    assert (np.abs(framed.astype(int) - [10, 200, 30]) <= 1).all()


def test_the_weights_are_small():
    assert (WEIGHTS / "faces-locator.safetensors").stat().st_size < 3_000_000
