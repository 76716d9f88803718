"""Face arithmetic with the shipped weights: the sum, its text, its attributes, the equations that hang in the room."""

import numpy as np
import pytest
from PIL import Image

from models.errors import BadInput
from models.faces import arithmetic
from models.faces.arithmetic_examples import PRESETS, choose, read_opening
from models.faces.engine import ATTRIBUTES, open_faces
from models.faces.equation import TERMS, Equation, Likeness, read_exemplar, read_term
from models.faces.equation_picture import DEMO, equation_picture, recipe
from models.media import picture_bytes, read_recipe

EQUATION = Equation((3, 8), (5,), (11, 12, 13), seed=4)
OPENING, SQUARES = read_opening()
CHOSEN = {preset["title"]: Equation.read(*(preset[name] for name in TERMS)) for preset in OPENING["presets"]}


def apart(a, b) -> float:
    """Mean difference of two pictures, in grey levels."""
    return float(np.abs(np.asarray(a, np.float32) - np.asarray(b, np.float32)).mean())


def likeness(seed: int) -> Likeness:
    with open_faces() as faces:
        return Likeness.of(arithmetic.latents(faces, [seed])[0])


# ---------------------------------------------------------------- the text of an equation


def test_an_equation_survives_as_text():
    equation = Equation((3, 8), (likeness(5),), (11,), seed=4)
    assert Equation.read(*equation.settings().values(), 4) == equation
    assert read_term("[4; 27, 3]") == (4, 27, 3)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "second term is empty"),
        (" , ", "second term is empty"),
        ("1,2,3,4", "second has 4"),
        ("1, two", "'two' is not a face"),
        ("-1", "not a face"),
        ("1.5", "not a face"),
        (str(2**31), "not a face"),
        (None, "not a face"),
        (True, "not a face"),
        ("w!!", "not a face"),
        ("wAAA", "not a face"),
        ("wAAAAA", "not a face"),  # three bytes and a bit: no half numbers
        ("w" + "AH7_" * 10, "not a face"),  # no number at all among them
    ],
)
def test_what_is_no_term_gets_a_sentence(text, sentence):
    with pytest.raises(BadInput, match=sentence):
        read_term(text, "minus")


def test_a_likeness_of_another_generator_is_refused():
    stranger = read_exemplar(str(Likeness.of(np.zeros(7))))
    with pytest.raises(BadInput, match="another generator"):
        arithmetic.solve(Equation((stranger,), (1,), (2,)))


# ---------------------------------------------------------------- the sum


def test_the_sum_stands_in_the_middle_and_the_seed_moves_the_others():
    one, other = arithmetic.solve(EQUATION), arithmetic.solve(Equation(*EQUATION.terms, seed=5))
    assert one.grid.shape == (9, 128, 128, 3) and one.means.shape == (3, 128, 128, 3) and one.grid.dtype == np.uint8
    assert apart(one.grid[4], other.grid[4]) < 0.5
    for place in {0, 1, 2, 3, 5, 6, 7, 8}:
        assert apart(one.grid[place], other.grid[place]) > 0.5
        assert 0.5 < apart(one.grid[place], one.grid[4]) < 25, "near the sum, and not the same"


def test_a_face_taken_away_from_itself_leaves_the_third():
    worked = arithmetic.solve(Equation((3,), (3,), (5,)))
    assert apart(worked.grid[4], arithmetic.portraits([5])[0]) < 0.5
    assert apart(worked.means[0], worked.means[1]) < 0.5


def test_a_likeness_stands_for_its_face():
    assert apart(*arithmetic.portraits([7, likeness(7)])) < 1


def test_the_same_sum_elsewhere_is_another_picture():
    spaces = arithmetic.elsewhere(EQUATION)
    assert apart(spaces["w"], arithmetic.solve(EQUATION).grid[4]) < 0.5
    assert apart(spaces["z"], spaces["w"]) > 1 and apart(spaces["pixels"], spaces["w"]) > 0.2


def test_vectors_add_up_on_the_plane():
    where = arithmetic.coordinates(EQUATION)
    assert [len(term) for term in where] == [2, 1, 3]
    with open_faces() as faces:
        moved = faces.mean_w() + 2 * faces.directions()[1]
    turned = arithmetic.coordinates(Equation((Likeness.of(moved),), (5,), (5,)))[0][0]
    assert turned == pytest.approx([0, 2, 0, 0], abs=0.05)
    cosines = arithmetic.cosines()
    assert np.diag(cosines) == pytest.approx(np.ones(4), abs=1e-3) and np.abs(cosines).max() < 1.01


# ---------------------------------------------------------------- attributes


def test_sliders_turn_what_they_say_compose_and_end():
    from models.faces.attributes import measure

    plain = CHOSEN["Glasses"].minus[0]  # a man without glasses
    before, worn = arithmetic.turned(plain, {"glasses": 3})
    _, both = arithmetic.turned(plain, {"glasses": 3, "smile": 2})
    measured = measure(np.stack([before, worn, both]))
    assert measured["glasses"][1] > measured["glasses"][0] + 0.5 and measured["glasses"][2] > 0.5
    assert measured["smile"][2] > measured["smile"][1] + 0.3
    assert apart(*arithmetic.turned(plain, {})) == 0
    assert apart(arithmetic.turned(plain, {"age": 9})[1], arithmetic.turned(plain, {"age": 3})[1]) < 0.5


def test_an_equation_can_be_turned_as_a_face():
    before, after = arithmetic.turned(EQUATION, {"smile": 2})
    assert apart(before, arithmetic.solve(EQUATION).grid[4]) < 0.5 and apart(before, after) > 0.5


# ---------------------------------------------------------------- what hangs in the room


def test_the_equations_of_the_room_hold():
    for preset in PRESETS:
        reading = arithmetic.read(CHOSEN[preset.title])
        for wanted, term in zip(preset.wanted, reading.terms, strict=True):
            for name in {"glasses", "woman"}:
                assert abs(term[name] - wanted.get(name, 0)) < 0.2, f"{preset.title}: exemplars without {name}"
        assert reading.holds()["glasses"] and reading.holds()["woman"], preset.title


def test_what_the_room_opens_with_was_made_by_these_weights():
    first = Equation.read(*(OPENING["presets"][0][name] for name in TERMS), OPENING["seed"])
    worked = arithmetic.solve(first)
    assert len(SQUARES) == sum(map(len, first.terms)) + 3 + 9
    assert apart(worked.grid, np.stack([np.asarray(square) for square in SQUARES[-9:]])) < 4, (
        "run python -m models.faces.arithmetic_examples"
    )


def test_a_preset_takes_the_faces_nearest_to_what_it_asks_for():
    measured = {name: np.zeros(40) for name in ATTRIBUTES}
    measured["age"][:] = 32
    measured["skin"] = np.full((40, 3), 140.0)
    measured["glasses"][[2, 9, 17]] = 1
    measured["woman"][[1, 5, 30]] = 1
    frames, glasses, *_ = PRESETS
    equation = choose(glasses, measured)
    assert equation.plus == (2, 9, 17) and equation.add == (1, 5, 30) and not set(equation.minus) & {2, 9, 17, 1, 5, 30}
    measured |= {"opacity": np.full(40, 0.9), "colour": np.zeros((40, 3))}
    measured["colour"][[9, 11]] = (200, 20, 20)
    assert frames.striking and choose(frames, measured).plus == (9,), "red frames, and not a red nothing"


def test_the_equation_goes_home_as_one_picture_with_its_recipe():
    picture = equation_picture(EQUATION)
    width, height = picture.size
    assert width / height == pytest.approx(1.95, abs=0.02)
    grey = np.asarray(picture.convert("L"), np.int16)
    assert (np.abs(grey - 244) > 30).mean() > 0.3, "faces hang on it"
    how = read_recipe(picture_bytes(picture, recipe(EQUATION.settings(), EQUATION.seed)))
    assert how.demo == DEMO and Equation.read(*(how.settings[name] for name in TERMS), how.seed) == EQUATION
    assert isinstance(arithmetic.three_by_three(arithmetic.solve(EQUATION).grid), Image.Image)
