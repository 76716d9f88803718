"""The captioned set: what is withheld stays out, colours are named as seen, pictures and facts keep together."""

import json

import cv2
import numpy as np
import pytest

from models.text2image import data, flowers, fruit, landscapes, shapes, sketches, still_life
from models.text2image.paper import PAINTS, PAPERS, SIDE
from models.text2image.words import withheld


def _disc(rgb: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A fruit of one colour on white, and where it is."""
    photo = np.full((SIDE, SIDE, 3), 255, np.uint8)
    cv2.circle(photo, (64, 64), 50, rgb, -1)
    return photo, (photo != 255).any(axis=2)


def _cutout(kind: str, rgb: tuple[int, int, int]) -> fruit.Cutout:
    photo, inside = _disc(rgb)
    facts = {"kind": kind, "colour": fruit.colour(photo, inside, kind), "state": "whole", "stem": "no"}
    return fruit.Cutout(photo, inside, facts, "made here")


@pytest.mark.parametrize(
    ("kind", "rgb", "name"),
    [
        ("apple", (180, 30, 35), "red"),
        ("apple", (60, 10, 20), "dark red"),
        ("apple", (120, 160, 40), "green"),
        ("apple", (220, 200, 90), "yellow"),
        ("cherry", (40, 15, 20), "black"),
        ("cherry", (190, 30, 40), "red"),
        ("tomato", (230, 120, 30), "orange"),
        ("tomato", (60, 110, 50), "green"),
    ],
)
def test_a_fruit_is_called_by_its_colour(kind, rgb, name):
    assert fruit.colour(*_disc(rgb), kind) == name


def test_a_two_coloured_apple_has_both_names():
    photo, inside = _disc((190, 40, 40))
    photo[:64][inside[:64]] = (220, 200, 90)
    assert fruit.colour(photo, inside, "apple") == "red and yellow"


def test_some_cherries_are_given_the_stem_that_none_came_with():
    seen = [fruit.picture(_cutout("cherry", (190, 30, 40)), np.random.default_rng(seed)) for seed in range(20)]
    red: dict[str, list[int]] = {"yes": [], "no": []}
    for picture, told in seen:
        red[told["stem"]].append(int((np.ptp(picture.astype(int), axis=2) > 120).sum()))
    assert 3 < len(red["yes"]) < 17
    assert max(red["yes"]) < min(red["no"])  # smaller, so that there is room above
    assert any(told.get("leaf") == "yes" for _, told in seen)


def _mean_place(picture: np.ndarray, paint: str) -> np.ndarray:
    """The middle (x, y) of the pixels nearest to a paint."""
    away = np.linalg.norm(picture.astype(float) - np.array(PAINTS[paint]), axis=2)
    return np.argwhere(away < 60)[:, ::-1].mean(axis=0)


@pytest.mark.parametrize("relation", ["above", "below", "left", "right"])
def test_shapes_stand_as_their_facts_say(relation):
    rng = np.random.default_rng(0)
    for _ in range(5):
        objects = [{"shape": "heart", "colour": "red", "count": 1}, {"shape": "star", "colour": "blue", "count": 2}]
        facts = {"style": "shapes", "objects": objects, "relation": relation, "paper": "white"}
        picture = shapes.draw(facts, rng)
        away = _mean_place(picture, "red") - _mean_place(picture, "blue")
        axis, sign = {"above": (1, -1), "below": (1, 1), "left": (0, -1), "right": (0, 1)}[relation]
        assert away[axis] * sign > 20


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_as_many_shapes_as_counted_and_none_touch(count):
    rng = np.random.default_rng(count)
    for shape in ("circle", "square", "star", "cross"):
        facts = {"style": "shapes", "objects": [{"shape": shape, "colour": "black", "count": count}], "paper": "white"}
        dark = (shapes.draw(facts, rng).max(axis=2) < 90).astype(np.uint8)
        assert cv2.connectedComponents(dark)[0] - 1 == count, shape


def test_landscapes_are_lit_as_their_sky_says():
    rng = np.random.default_rng(0)
    facts = {"style": "landscape", "objects": [], "land": "hills", "lights": []}
    top = {sky: landscapes.draw(facts | {"sky": sky}, rng)[:30].mean(axis=(0, 1)) for sky in ("day", "sunset", "night")}
    assert top["night"].max() < 110 < top["day"][2]
    assert top["sunset"][0] > top["sunset"][2] + 60


def test_a_still_life_lies_in_the_order_said():
    basket = {
        ("apple", "green"): [_cutout("apple", (110, 170, 40))] * 8,
        ("tomato", "red"): [_cutout("tomato", (200, 30, 25))] * 8,
    }
    objects = [{"fruit": "apple", "colour": "green", "count": 2}, {"fruit": "tomato", "colour": "red", "count": 1}]
    for relation, sign in (("left", -1), ("right", 1)):
        facts = {"style": "still life", "objects": objects, "relation": relation, "table": "white", "wall": "white"}
        picture = still_life.draw(facts, basket, np.random.default_rng(0)).astype(int)
        red, green = picture[..., 0] - picture[..., 1] > 90, picture[..., 1] - picture[..., 0] > 40
        assert (np.argwhere(green)[:, 1].mean() - np.argwhere(red)[:, 1].mean()) * sign > 20


def test_a_sketch_keeps_to_its_paper_and_tool():
    circle = [np.stack([np.cos(t := np.linspace(0, 6.3, 60)), np.sin(t)], 1) * 0.3 + 0.5]
    rng = np.random.default_rng(0)
    chalk = sketches.draw({"subject": "sun", "tool": "chalk", "colour": "white", "paper": "black"}, circle, rng)
    pencil = sketches.draw({"subject": "sun", "tool": "pencil", "colour": "grey", "paper": "cream"}, circle, rng)
    assert np.median(chalk) < 80 and chalk.max() > 190
    assert np.abs(np.median(pencil, axis=(0, 1)) - PAPERS["cream"]).max() < 16 and pencil.min() < 140


def test_a_bitmap_is_traced_along_its_middle():
    bitmap = np.zeros((28, 28), np.uint8)
    cv2.line(bitmap, (4, 14), (24, 14), 255, 2)
    lines = sketches.traced(bitmap)
    assert len(lines) == 1
    assert np.ptp(lines[0][:, 0]) > 0.7 and np.ptp(lines[0][:, 1]) < 0.08


def test_views_of_a_photograph_differ_but_stay_near_it():
    photo = np.full((flowers.ROOM, flowers.ROOM, 3), 120, np.uint8)
    photo[40:110, 40:110] = (220, 60, 60)
    views = [flowers.view(photo, np.random.default_rng(seed)).astype(int) for seed in range(6)]
    assert all((one != other).any() for one, other in zip(views, views[1:], strict=False))
    assert max(np.abs(view.mean() - photo.mean()) for view in views) < 20


def test_facts_of_a_flower_come_from_the_table():
    row = {"class": "sunflowers", "framing": "closeup", "petals": "yellow+orange", "background": "blue sky"}
    told = flowers.facts(row | {"caption": "a close-up of a sunflower with a large dark centre"})
    assert told["kind"] == "sunflower" and told["petals"] == ["yellow", "orange"] and told["centre"] == "dark"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A training set of scenes without fruit, and of sketches."""
    out = tmp_path_factory.mktemp("set")
    rng = np.random.default_rng(0)
    for domain, count in (("sketch", 3), ("scene", 5)):
        np.save(out / f"{domain}.npy", rng.integers(0, 255, (count, 8, 8, 3), dtype=np.uint8))
        facts = {"subject": "cat", "tool": "ink", "colour": "black", "paper": "white"}
        if domain == "scene":
            facts = {"style": "shapes", "objects": [{"shape": "star", "colour": "red", "count": 1}], "paper": "white"}
        lines = [json.dumps({"domain": domain, "facts": facts, "source": str(k)}) for k in range(count)]
        (out / f"{domain}.jsonl").write_text("\n".join(lines) + "\n")
    return out


def test_pictures_and_facts_keep_together(folder):
    captioned = data.Captioned(folder)
    assert captioned.domains == ["sketch"] * 3 + ["scene"] * 5 and len(captioned) == 8
    images = captioned.images([7, 0, 3])
    assert (images[0] == np.load(folder / "scene.npy")[4]).all()
    assert (images[1] == np.load(folder / "sketch.npy")[0]).all()
    assert [captioned.source(row) for row in (7, 0, 3)] == ["4", "0", "0"]
    first, second = captioned.captions([0, 7], np.random.default_rng(0))
    assert "cat" in first and "star" in second


def test_captions_that_leave_nothing_out_say_the_paper(folder):
    captioned, chance = data.Captioned(folder), np.random.default_rng(0)
    said = {share: captioned.captions([3] * 60, chance, share) for share in (0.0, 1.0)}
    assert all("white" in caption for caption in said[1.0])
    assert 10 < sum("white" in caption for caption in said[0.0]) < 50


def test_an_empty_folder_is_said_to_be_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="no captioned pictures"):
        data.Captioned(tmp_path)


def test_training_scenes_hold_no_withheld_combination(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "_SCENES", {"shapes": 0.5, "landscape": 0.5})
    monkeypatch.setattr(data.fruit, "read", lambda *_: [])
    for module in (shapes, landscapes):
        monkeypatch.setattr(module, "draw", lambda *_: np.zeros((4, 4, 3), np.uint8))
    found = {}
    for split in data.SPLITS:
        data.render(data.Plan("scene", split, tmp_path, tmp_path, 600), tmp_path / split)
        captioned = data.Captioned(tmp_path / split)
        found[split] = sum(withheld("scene", captioned.facts(row)) for row in range(len(captioned)))
    assert found["train"] == 0 < found["held-out"]
