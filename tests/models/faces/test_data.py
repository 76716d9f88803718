"""The face morphs: labels that agree with the pictures, rules of consent kept, sets that resume."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.faces import glasses
from models.faces import landmarks as lm
from models.faces.blend import blended_shape
from models.faces.data import Maker, contact_sheet, main, make_set
from models.faces.hair import hair_mask
from models.faces.light import Light
from models.faces.recipe import MAX_SHARE, NUMBERS, labels, random_recipe, split_people
from models.faces.smile import lost_smiles
from models.faces.store import SHARD, Morphs
from models.faces.volunteers import Cast, read_cast
from models.faces.warp import widen
from tests.models.faces.studio import write_volunteers

WORKING, SIDE = 96, 48


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Six drawn volunteers, written as the London set is."""
    return write_volunteers(tmp_path_factory.mktemp("volunteers"), women=3, men=3)


@pytest.fixture(scope="session")
def cast(folder) -> Cast:
    """The six read from their files, and twelve more who look like them."""
    drawn = read_cast(folder, WORKING)
    people = [
        dataclasses.replace(person, name=f"{person.name}-{copy}", age=person.age + copy)
        for copy in range(3)
        for person in drawn.people
    ]
    return dataclasses.replace(drawn, people=tuple(people))


@pytest.fixture(scope="session")
def maker(cast) -> Maker:
    return Maker(cast, "train", seed=3, side=SIDE)


def recipe_where(maker: Maker, wanted):
    """The first random recipe of which `wanted` is true."""
    for index in range(200):
        recipe = random_recipe(maker.studio.cast, maker.people, np.random.default_rng(index))
        if wanted(recipe):
            return recipe
    raise AssertionError("no such recipe in 200")


def test_volunteers_without_an_age_are_left_out(cast):
    assert len(cast.people) == 18
    assert not any(person.name.startswith("999") for person in cast.people)


def test_pupils_meet_whoever_is_blended(maker):
    for index in range(5):
        face, _ = maker.face(index)
        np.testing.assert_allclose(
            face.landmarks[[0, 1]],
            [[0.5 - lm.EYE_DISTANCE / 2, lm.EYE_HEIGHT], [0.5 + lm.EYE_DISTANCE / 2, lm.EYE_HEIGHT]],
            atol=0.01,
        )


def test_mirror_partners_are_mutual_and_swap_the_eyes(cast):
    np.testing.assert_array_equal(cast.order[cast.order], np.arange(lm.COUNT))
    assert cast.order[0] == 1 and set(cast.order[lm.LEFT_BROW]) == set(lm.RIGHT_BROW)


def test_smiling_is_tracked_from_the_neutral_picture(cast):
    for person in cast.people[:6]:
        neutral, smiling = person.shapes[:, lm.MOUTH_CORNERS, 0]
        assert np.ptp(smiling) > np.ptp(neutral) + 0.01
        assert person.teeth


def test_matte_and_hair_follow_the_head(maker):
    face, _ = maker.face(0)
    assert face.alpha[64, 64] > 250 and face.alpha[64, 2] < 5 and face.alpha[2, 2] < 5
    top = (face.landmarks[139] + face.landmarks[151]) / 2 * 128
    assert face.hair[int(top[1]), int(top[0])] > 128
    assert face.hair[80, 64] < 20


def test_cut_out_pictures_hold_no_more_colour_than_alpha(cast):
    """Cubic sampling rings at the outline; divided by a faint alpha, the excess became black and neon specks."""
    for person in cast.people[:6]:
        assert (person.pictures[..., :3] <= person.pictures[..., 3:]).all()


def test_smile_led_astray_is_noticed(cast):
    shapes = np.stack([person.shapes for person in cast.people])
    assert not lost_smiles(shapes).any()
    shapes[4, 1, lm.LIPS] += 0.3 * lm.EYE_DISTANCE
    assert np.flatnonzero(lost_smiles(shapes)).tolist() == [4]


def test_shine_on_a_dark_forehead_is_no_hair(cast):
    person, shape = cast.people[0], widen(cast.mean[0])
    picture = person.pictures[0].astype(np.float32)
    bare, _ = hair_mask(picture, shape)
    x, y = (shape[[74, 79, 138, 140]].mean(0) * len(picture)).astype(int)
    assert bare[y, x] == 0
    picture[y - 2 : y + 3, x - 2 : x + 3, :3] = picture[bare > 200][:, :3].mean(0)
    shiny, _ = hair_mask(picture, shape)
    assert shiny[y, x] == 0


def test_three_donors_at_least_and_none_above_half(maker):
    for index in range(300):
        recipe = random_recipe(maker.studio.cast, maker.people, np.random.default_rng(index))
        shares = recipe.mixture.shares()
        assert len(set(recipe.mixture.donors)) >= 3
        assert shares.max() <= MAX_SHARE
        assert shares.sum() == pytest.approx(1)


def test_fringes_never_reach_other_faces_brows(maker):
    cast = maker.studio.cast
    people = tuple(dataclasses.replace(person, fringe=index % 4 == 0) for index, person in enumerate(cast.people))
    fringed = dataclasses.replace(cast, people=people)
    led = 0
    for index in range(100):
        mixture = random_recipe(fringed, maker.people, np.random.default_rng(index)).mixture
        assert not any(people[donor].fringe for donor in mixture.donors[1:])
        if people[mixture.donors[0]].fringe:
            led += 1
            assert not mixture.regions[:2, 0].any()
    assert led


def test_two_volunteers_are_too_few(cast):
    with pytest.raises(ValueError, match="three volunteers"):
        random_recipe(cast, [0, 1], np.random.default_rng(0))


def test_held_out_people_make_no_training_face(cast):
    train, held = split_people(cast, "train"), split_people(cast, "held-out")
    assert not set(train) & set(held)
    assert sorted(train + held) == list(range(len(cast.people)))
    assert {cast.people[index].woman for index in held} == {True, False}
    for split, people in (("train", train), ("held-out", held)):
        _, label = Maker(cast, split, 0, SIDE).face(0)
        assert set(np.flatnonzero(label["identity"])) <= set(people)
    with pytest.raises(ValueError, match="held-out"):
        split_people(cast, "test")


def test_glasses_change_the_picture_where_glasses_are(maker):
    recipe = recipe_where(maker, lambda r: r.glasses and r.glasses.colour == "black" and not r.glasses.metal)
    worn = maker.studio.render(recipe, SIDE)
    bare = maker.studio.render(dataclasses.replace(recipe, glasses=None), SIDE)
    changed = np.abs(worn.image.astype(int) - bare.image).max(-1)
    eye_rows = slice(int(glasses.TOP * SIDE), int(glasses.BOTTOM * SIDE))
    assert changed[eye_rows].max() > 60
    changed[eye_rows] = 0
    assert changed.max() == 0
    both = [labels(maker.studio.cast, dataclasses.replace(recipe, glasses=pair)) for pair in (recipe.glasses, None)]
    assert [label["glasses"] for label in both] == [1, 0]
    assert both[0]["frame_shape"] >= 0 and both[1]["frame_shape"] == -1


@pytest.mark.parametrize("shape", glasses.SHAPES)
def test_each_lens_holds_its_eye(shape):
    pairs = [glasses.random_glasses(np.random.default_rng(seed)) for seed in range(200)]
    pair = next(pair for pair in pairs if pair.shape == shape)
    outline = glasses.lens(shape, pair.width, pair.width * pair.ratio, 1)
    assert outline[:, 0].min() < -0.2 and outline[:, 0].max() > 0.2
    assert outline[:, 1].min() < -0.1 and outline[:, 1].max() > 0.1


def test_more_smile_moves_the_mouth_and_leaves_the_eyes_apart(maker):
    recipe = recipe_where(maker, lambda r: True)
    mixtures = [dataclasses.replace(recipe.mixture, smile=smile) for smile in (0, 0.5, 1)]
    shapes = [blended_shape(maker.studio.cast, mixture) for mixture in mixtures]
    widths = [np.ptp(shape[lm.MOUTH_CORNERS, 0]) for shape in shapes]
    assert widths[0] < widths[1] < widths[2]
    assert np.abs(shapes[2] - shapes[0])[[0, 1]].max() < 0.005


def test_light_from_one_side_brightens_that_side(maker):
    recipe = recipe_where(maker, lambda r: not r.glasses)
    sides = []
    for azimuth in (-1.1, 1.1):
        lit = dataclasses.replace(recipe, light=Light(azimuth, 0.2, 0.8, 1.0, 0.0))
        image = maker.studio.render(lit, SIDE).image.astype(float)
        cheeks = image[28:34, 14:20].mean(), image[28:34, 28:34].mean()
        sides.append(cheeks[1] - cheeks[0])
    assert sides[0] < -5 and sides[1] > 5


def test_labels_say_what_was_mixed(maker):
    cast = maker.studio.cast
    recipe = recipe_where(maker, lambda r: r.years != 0)
    label = labels(cast, recipe)
    share = label["identity"].astype(float)
    assert label["woman"] == pytest.approx(sum(share[i] for i, p in enumerate(cast.people) if p.woman), abs=0.01)
    assert label["age"] - label["years_added"] == pytest.approx(sum(share * [p.age for p in cast.people]), abs=0.1)
    assert set(NUMBERS) <= set(label)


def test_same_seed_same_face_and_another_seed_another(cast, maker):
    again, other = Maker(cast, "train", 3, SIDE), Maker(cast, "train", 4, SIDE)
    np.testing.assert_array_equal(maker.face(7)[0].image, again.face(7)[0].image)
    assert (maker.face(7)[0].image != other.face(7)[0].image).any()


def test_set_resumes_grows_and_does_not_depend_on_workers(maker, tmp_path, monkeypatch):
    monkeypatch.setattr("models.faces.data.SHARD", 4)
    monkeypatch.setattr("models.faces.store.SHARD", 4)
    make_set(maker, tmp_path / "one", 6)
    kept = (tmp_path / "one" / "faces-00000.npz").stat().st_mtime_ns
    one = make_set(maker, tmp_path / "one", 10)
    assert (tmp_path / "one" / "faces-00000.npz").stat().st_mtime_ns == kept
    two = make_set(maker, tmp_path / "two", 10, workers=2)
    assert len(one) == len(two) == 10
    np.testing.assert_array_equal(one.images(range(10)), two.images(range(10)))
    np.testing.assert_array_equal(one.masks([9], "hair"), two.masks([9], "hair"))
    np.testing.assert_array_equal(one.landmarks, two.landmarks)
    np.testing.assert_array_equal(one.images([5])[0], maker.face(5)[0].image)


def test_folder_of_another_set_is_refused(cast, maker, tmp_path):
    make_set(maker, tmp_path, 1)
    with pytest.raises(ValueError, match="seed 3, not 4"):
        make_set(Maker(cast, "train", 4, SIDE), tmp_path, 1)


def test_large_pictures_survive_compression(cast, tmp_path):
    large = Maker(cast, "train", 0, 160)
    morphs = make_set(large, tmp_path, 2)
    made = large.face(1)[0].image
    assert morphs.images([1]).shape == (1, 160, 160, 3)
    assert np.abs(morphs.images([1])[0].astype(int) - made).mean() < 4


def test_command_line_writes_a_set_and_its_sheet(folder, tmp_path):
    out, sheet = tmp_path / "set", tmp_path / "sheet.png"
    main(["--data", str(folder), "--out", str(out), "--count", "12", "--sheet", str(sheet)])
    morphs = Morphs(out)
    assert morphs.images(range(12)).shape == (12, 128, 128, 3)
    assert sheet.exists()
    assert len(morphs.about["people"]) + 2 == len(morphs.about["volunteers"]) == 6


def test_contact_sheet_lays_faces_in_rows(maker, tmp_path):
    morphs = make_set(maker, tmp_path / "set", 7)
    contact_sheet(morphs, tmp_path / "sheet.png", columns=3)
    assert cv2.imread(str(tmp_path / "sheet.png")).shape == (2 * SIDE, 3 * SIDE, 3)
    assert Morphs(tmp_path / "set").about["count"] == 7 < SHARD
