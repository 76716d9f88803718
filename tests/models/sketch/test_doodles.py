"""Doodles and strokes: drawn by code, kept as text, and the same picture again afterwards."""

import numpy as np
import pytest

from models.errors import BadInput
from models.faces.landmarks import EYE_DISTANCE, EYE_HEIGHT
from models.sketch.doodles import DOODLES, doodle, rasterise
from models.sketch.strokes import INK, MAX_STROKES, Stroke, from_text, has_ink, stroke_from_dict, to_text

SUBJECTS = tuple(DOODLES)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_same_seed_same_drawing_other_seed_another(subject):
    assert doodle(subject, 3) == doodle(subject, 3)
    assert doodle(subject, 3) != doodle(subject, 4)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("seed", range(40))
def test_drawings_fill_the_paper_but_not_black(subject, seed):
    ink = np.asarray(rasterise(doodle(subject, seed, coloured=False), 128).convert("L")) < 128
    rows, columns = np.nonzero(ink)
    assert 0.01 < ink.mean() < 0.35
    assert np.ptp(rows) > 64 and np.ptp(columns) > 40


@pytest.mark.parametrize("subject", SUBJECTS)
def test_colour_hints_come_when_asked(subject):
    def saturation(coloured):
        picture = np.asarray(rasterise(doodle(subject, 5, coloured), 96)).astype(int)
        return np.ptp(picture, axis=2).max()

    assert saturation(False) < 8
    assert saturation(True) > 40


@pytest.mark.parametrize("seed", range(12))
def test_portrait_pupils_are_where_the_photographs_have_them(seed):
    picture = np.asarray(rasterise(doodle("portrait", seed, coloured=False), 256).convert("L"))
    for x in (0.5 - EYE_DISTANCE / 2, 0.5 + EYE_DISTANCE / 2):
        row, column = round(EYE_HEIGHT * 256), round(x * 256)
        assert picture[row - 5 : row + 6, column - 5 : column + 6].mean() < 190


def test_unknown_subject_names_the_known_ones():
    with pytest.raises(BadInput, match="fruit, flower, portrait"):
        doodle("spaceship", 1)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_text_form_is_short_and_gives_the_same_picture(subject):
    for seed in range(10):
        strokes = doodle(subject, seed)
        text = to_text(strokes)
        assert len(text) < 12_000
        again = from_text(text)
        assert to_text(again) == text
        difference = np.abs(
            np.asarray(rasterise(strokes, 128)).astype(int) - np.asarray(rasterise(again, 128)).astype(int)
        )
        assert difference.mean() < 2


def test_text_without_pressure_round_trips():
    stroke = Stroke(((0.1, 0.2), (0.5, 0.25), (1.004, -0.01)), "#c8252c", 0.02)
    assert from_text(to_text([stroke])) == [stroke]


@pytest.mark.parametrize(
    "text",
    ["hello", "1f1f1f 16", "1f1f1f 16 5", "1f1f1f 0 5 5", "1f1f1f 900 5 5", "1f1f1f 16p 5 5", "1f1f1f 16 5 99999"],
)
def test_text_that_is_no_drawing_is_refused(text):
    with pytest.raises(BadInput, match="could not be read"):
        from_text(text)


def test_too_many_strokes_are_refused():
    with pytest.raises(BadInput, match="too large"):
        from_text("\n".join(["1f1f1f 16 5 5"] * (MAX_STROKES + 1)))


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        {"points": []},
        {"points": [[1]]},
        {"points": [[0, 0], [0, 0, 1]]},
        {"points": [[0, float("nan")]]},
        {"points": [[0, 0]], "color": "red"},
        {"points": [[0, 0]], "width": 3},
        {"points": "ab"},
    ],
)
def test_what_is_no_stroke_is_refused(data):
    with pytest.raises(BadInput, match="could not be read"):
        stroke_from_dict(data)


def test_stroke_survives_a_dictionary():
    stroke = Stroke(((0.1, 0.2, 0.8), (0.3, 0.4, 1.0)), INK, 0.016)
    assert stroke_from_dict(stroke.to_dict()) == stroke


def test_a_single_point_leaves_a_dot_and_the_eraser_takes_it_away():
    dot = Stroke(((0.5, 0.5),), INK, 0.05)
    assert has_ink([dot])
    assert not has_ink([dot, Stroke(((0.4, 0.5), (0.6, 0.5)), "#ffffff", 0.2)])
    assert not has_ink([])


def test_rasterise_is_white_paper_of_the_asked_size():
    paper = rasterise([], 77)
    assert paper.size == (77, 77) and paper.mode == "RGB"
    assert paper.getextrema() == ((255, 255),) * 3
