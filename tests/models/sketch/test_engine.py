"""Sketch-to-photo with the weights that ship: the photo is the drawing's, takes differ, bad drawings are refused."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from models.errors import BadInput
from models.sketch.engine import SIZE, SUBJECTS, as_drawing, look_inside, sketch_to_photo, takes

INK = (31, 31, 31)


def apple(colour=INK, side=512, box=(0.2, 0.25, 0.8, 0.85)) -> Image.Image:
    """A circle with a stalk on white paper."""
    paper = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(paper)
    left, top, right, bottom = (edge * side for edge in box)
    middle = (left + right) / 2
    draw.ellipse((left, top, right, bottom), outline=colour, width=side // 60)
    draw.line((middle, top, middle + side * 0.04, top - side * 0.12), fill=colour, width=side // 60)
    return paper


def object_mask(photo: Image.Image) -> np.ndarray:
    return np.asarray(photo).min(axis=2) < 235


@pytest.mark.parametrize("subject", SUBJECTS)
def test_same_seed_same_photo_and_another_take_is_another_photo(subject):
    first, again, other = (sketch_to_photo(apple(), subject, seed) for seed in (3, 3, 4))
    assert first.size == (SIZE, SIZE) and first.mode == "RGB"
    assert first.tobytes() == again.tobytes()
    assert np.abs(np.asarray(first, int) - np.asarray(other, int)).mean() > 2


def test_takes_are_what_single_photos_are():
    together = takes(apple(), "fruit", [5, 6, 7, 8])
    alone = [sketch_to_photo(apple(), "fruit", seed) for seed in (5, 6, 7, 8)]
    for a, b in zip(together, alone, strict=True):
        assert np.abs(np.asarray(a, int) - np.asarray(b, int)).max() <= 2


@pytest.mark.parametrize("box", [(0.2, 0.25, 0.8, 0.85), (0.05, 0.4, 0.5, 0.9), (0.5, 0.3, 0.95, 0.7)])
def test_the_fruit_fills_the_outline_that_was_drawn(box):
    left, top, right, bottom = (edge * SIZE for edge in box)
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    drawn = ((x - (left + right) / 2) / (right - left)) ** 2 + ((y - (top + bottom) / 2) / (bottom - top)) ** 2 < 0.25
    made = object_mask(sketch_to_photo(apple(box=box), "fruit", 1))
    body = made & (y > top)
    assert (drawn & body).sum() / (drawn | body).sum() > 0.85


def coloured_in(colour, side=512) -> Image.Image:
    """The apple, filled with one long zigzag of colour."""
    paper = apple(side=side)
    points = [(side * (0.34 if k % 2 else 0.66), side * (0.4 + 0.035 * k)) for k in range(10)]
    ImageDraw.Draw(paper).line(points, fill=colour, width=side // 40)
    return paper


def test_colours_are_followed_whatever_the_take():
    def redness(colour, seed):
        pixels = np.asarray(sketch_to_photo(coloured_in(colour), "fruit", seed), float)
        red, green, _ = pixels[50:90, 44:84].reshape(-1, 3).mean(0)
        return red - green

    red, green = (np.array([redness(colour, seed) for seed in range(8)]) for colour in ((190, 30, 35), (120, 150, 50)))
    assert (red > green).all()
    assert (red - green).mean() > 40


def test_a_stroke_more_changes_the_photo_where_it_was_drawn():
    before = apple()
    after = before.copy()
    ImageDraw.Draw(after).ellipse((20, 20, 90, 90), outline=INK, width=8)
    difference = np.abs(
        np.asarray(sketch_to_photo(before, "fruit", 1), int) - np.asarray(sketch_to_photo(after, "fruit", 1), int)
    ).mean(axis=2)
    assert difference[4:24, 4:24].mean() > 5 * difference[-30:, -30:].mean()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_look_inside_shows_this_very_run(subject):
    inside = look_inside(apple(), subject, 3)
    assert inside.network_input.tobytes() == as_drawing(apple()).tobytes()
    assert [name.split(" ")[0] for name, _ in inside.pyramid] == ["128", "64", "32", "16", "8", "4"]
    assert 0 <= inside.opinion_mean <= 1
    other = look_inside(apple(box=(0.1, 0.3, 0.6, 0.8)), subject, 3)
    assert inside.opinion.tobytes() != other.opinion.tobytes()
    assert all(a[1].tobytes() != b[1].tobytes() for a, b in zip(inside.pyramid, other.pyramid, strict=True))


def test_wide_and_tall_paper_is_padded_not_squashed():
    wide = Image.new("RGB", (800, 400), "white")
    wide.paste(apple(side=400), (200, 0))
    drawn = np.asarray(as_drawing(wide)).min(axis=2) < 200
    rows, columns = np.nonzero(drawn)
    assert np.ptp(columns) == pytest.approx(0.3 * SIZE, abs=3)
    assert rows.min() >= SIZE // 4 and rows.max() < 3 * SIZE // 4


@pytest.mark.parametrize(
    ("paper", "subject", "says"),
    [
        (Image.new("RGB", (300, 300), "white"), "fruit", "empty"),
        (Image.new("RGB", (300, 300), "black"), "fruit", "ink"),
        (apple(), "spaceship", "fruit, flower or portrait"),
        (apple(), "../../etc/passwd", "fruit, flower or portrait"),
    ],
)
def test_bad_drawings_get_one_sentence(paper, subject, says):
    with pytest.raises(BadInput, match=says):
        sketch_to_photo(paper, subject, 0)


@pytest.mark.parametrize("seed", [0, -1, 2**40, 2**63 - 1])
def test_any_whole_number_is_a_seed(seed):
    assert sketch_to_photo(apple(), "fruit", seed).size == (SIZE, SIZE)
