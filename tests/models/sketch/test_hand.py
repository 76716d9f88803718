"""The clumsy hand: drawings look drawn, stay near the contour, and depend on nothing but their generator."""

from dataclasses import replace

import numpy as np
import pytest

from models.sketch.contours import inner_lines, outline, stem
from models.sketch.data import FRAMING, Example, moved, pair
from models.sketch.hand import Hand, Line, draw

SIDE = 128


def disc(radius=0.3, centre=(0.5, 0.5)):
    y, x = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE
    return np.hypot(x - centre[0], y - centre[1]) < radius


def example() -> Example:
    inside = disc()
    photo = np.where(inside[..., None], np.array([200, 40, 40], np.uint8), np.uint8(255)).astype(np.uint8)
    return Example(photo, inside, outline(inside), "disc")


PLAIN = Hand(knots=0.05, tremor=0.003, width=0.014, care=1, gaps=0, twice=0, colour=0, scribbles=0)


def ink(drawing):
    return drawing.min(axis=2) < 200


def test_an_outline_is_drawn_near_the_contour_and_nowhere_else():
    subject = example()
    drawing = draw(subject.lines, subject.photo, (subject.inside,), PLAIN, np.random.default_rng(0))
    y, x = np.nonzero(ink(drawing))
    away = np.abs(np.hypot(x / SIDE - 0.5, y / SIDE - 0.5) - 0.3)
    assert drawing.shape == (SIDE, SIDE, 3) and drawing.dtype == np.uint8
    assert len(y) > 150 and away.max() < 0.09


def test_every_drawing_of_one_contour_is_another_one_but_a_seed_repeats_it():
    subject = example()
    one, same, other = (
        draw(subject.lines, subject.photo, (subject.inside,), PLAIN, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_a_careless_hand_leaves_inner_lines_out_but_never_the_outline():
    subject = example()
    across = Line(np.stack([np.linspace(0.35, 0.65, 9), np.full(9, 0.5)], 1), inner=True)
    lines = [*subject.lines, across]
    careful, careless = (
        draw(lines, subject.photo, (subject.inside,), replace(PLAIN, care=care), np.random.default_rng(3))
        for care in (1, 0)
    )
    middle = slice(58, 70), slice(50, 78)
    assert ink(careful)[middle].any() and not ink(careless)[middle].any()
    assert ink(careless).sum() > 150


def test_coloured_hands_take_the_object_s_colour():
    subject = example()
    for hand in (replace(PLAIN, colour=1.0), replace(PLAIN, scribbles=4)):
        drawing = draw(subject.lines, subject.photo, (subject.inside,), hand, np.random.default_rng(4))
        coloured = drawing.max(axis=2).astype(int) - drawing.min(axis=2) > 60
        assert coloured.sum() > 20
        assert (drawing[coloured].argmax(axis=1) == 0).mean() > 0.95


@pytest.mark.parametrize("subject", ["fruit", "flower", "portrait"])
def test_drawing_and_photo_move_together(subject):
    for seed in range(8):
        rng = np.random.default_rng(seed)
        shifted = moved(example(), FRAMING[subject], rng)
        points = shifted.lines[0].points
        rows, columns = np.nonzero(shifted.inside)
        assert np.allclose(points.mean(0), [columns.mean() / SIDE, rows.mean() / SIDE], atol=0.03)
        drawing, made, _ = pair([example()] * 3, subject, rng)
        assert drawing.shape == made.photo.shape


def test_a_thin_stalk_is_told_from_the_body():
    mask = disc(0.3, (0.5, 0.6))
    mask[15:45, 62:66] = True
    body, lines = stem(mask)
    assert len(lines) == 1 and not lines[0].closed
    assert not body[20:35, 62:66].any()
    assert np.abs(lines[0].points[:, 0] - 0.5).max() < 0.03
    assert stem(disc())[1] == []


def test_inner_lines_are_the_strong_long_edges_inside():
    subject = example()
    photo = subject.photo.copy()
    photo[64:, :][subject.inside[64:, :]] = (40, 120, 40)
    lines = inner_lines(photo, subject.inside)
    assert lines and all(line.inner for line in lines)
    assert abs(np.median(lines[0].points[:, 1]) - 0.5) < 0.04
    assert inner_lines(subject.photo, subject.inside) == []
