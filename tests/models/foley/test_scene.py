"""Scenes: what is heard is seen, at its time and place; what is not struck is silent; every material has its look."""

import cv2
import numpy as np
import pytest

from models.foley import scene_textures, scene_things
from models.foley.materials import NAMES
from models.foley.scene import Scene, pictures, some_scene
from models.foley.scene_acts import ACTS
from models.foley.scene_beating import beating
from models.foley.scene_canvas import MARGIN, SUB, Stage, look
from models.foley.scene_place import paint, some_place
from models.foley.scene_tools import TOOLS

SIDE = 48  # pixels; small, so that tests are quick


def scene(seed: int, act: str | None = None, material: str | None = None, seconds: float = 1.2) -> Scene:
    return some_scene(np.random.default_rng(seed), seconds, SIDE, act, material)


def test_the_same_seed_is_the_same_scene():
    first, again, other = scene(3), scene(3), scene(4)
    assert [c.seconds for c in first.contacts] == [c.seconds for c in again.contacts]
    one, same = (np.stack(list(pictures(each, 10, 0.5))) for each in (first, again))
    assert (one == same).all() and not (one == np.stack(list(pictures(other, 10, 0.5)))).all()


def test_all_acts_and_tools_and_materials_come_up():
    acts, materials, several, without = set(), set(), 0, 0
    for seed in range(400):
        found = scene(seed, seconds=4.0)
        acts |= set(found.names)
        struck = {contact.material for contact in found.contacts}
        materials |= struck
        several += len(struck) > 1
        without += not found.contacts
    assert {*TOOLS} | {"clap", "ball", "fall", "steps", "lid", "idle"} <= acts
    assert materials == set(NAMES)
    assert several > 20 and without > 10


def test_what_is_heard_is_in_the_frame_apart_and_in_order():
    for seed in range(60):
        found = scene(seed, seconds=4.0)
        times = [contact.seconds for contact in found.contacts]
        assert times == sorted(times) and all(0 <= time < 4 for time in times)
        assert np.diff(times).min(initial=1) >= 0.07 - 1e-9
        assert ((found.where() > 0) & (found.where() < 1)).all()
        assert all(0 < contact.strength <= 1 and 0 <= contact.size <= 1 for contact in found.contacts)


@pytest.mark.parametrize("name", ["hammer", "drumstick", "knife", "palm", "finger", "axe"])
def test_a_tool_touches_at_its_hits_and_turns_there(name):
    found = 0
    for seed in range(9):
        plan = beating(np.random.default_rng(seed), 4.0, name, "wood")
        act = plan.draw.__self__
        for hand in act.hands:
            for stroke, point in zip(hand.strokes, hand.points):
                if stroke.kind != "hit":
                    continue
                moments = stroke.at + np.array([-0.03, -0.015, 0.0, 0.004])
                _, tip = act._path(hand, moments, np.random.default_rng(0))
                heights = tip[:, 2] - point[2]
                assert heights[2] == pytest.approx(0, abs=3e-3), "it touches"
                assert heights[0] > heights[1] > heights[2], "it comes down"
                assert heights[3] - heights[2] > 0.3 * (heights[2] - heights[1]) / 0.015 * 0.004, "and no further"
                found += 1
    assert found > 10


def test_a_feint_has_no_hit():
    rng, feints = np.random.default_rng(0), 0
    for _ in range(60):
        plan = beating(rng, 4.0, "hammer")
        times = np.array([contact.seconds for contact in plan.contacts])
        for feint in plan.feints:
            feints += 1
            assert np.abs(times - feint).min(initial=1) > 0.05
        act = plan.draw.__self__
        for hand in act.hands:
            for stroke in hand.strokes:
                if stroke.kind != "hit":
                    assert hand.height[round(stroke.at * 1000)] > 0.01
    assert feints > 20


def test_even_a_clip_of_a_moment_can_be_made():
    for act in [*ACTS, *TOOLS]:
        assert scene(1, act, seconds=0.5).seconds == 0.5


def test_nobody_is_heard_who_only_talks():
    assert all(scene(seed, "idle").contacts == () for seed in range(5))


@pytest.mark.parametrize("act", ["hammer", "ball", "steps", "clap"])
def test_a_hit_is_seen_where_it_is_said_to_be(act):
    """Around its place something moves just before a hit: more than does there on average."""
    ratios = []
    for seed in range(8):
        found = scene(seed, act, seconds=2.0)
        frames = np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in pictures(found, 30, 0.4)]).astype(float)
        edge = round(frames.shape[1] * (1 - 1 / MARGIN) / 2)
        moved = np.abs(np.diff(frames[:, edge:-edge, edge:-edge], axis=0))  # (T-1, H, W)
        for contact, (x, y) in zip(found.contacts, found.where() * moved.shape[1]):
            k, reach = round(contact.seconds * 30), round(0.2 * moved.shape[1])
            part = moved[:, max(0, int(y) - reach) : int(y) + reach, max(0, int(x) - reach) : int(x) + reach]
            if 3 < k < len(moved) - 2:
                ratios.append(part[k - 3 : k].mean() / max(part.mean(), 1e-6))
    assert len(ratios) > 4 and np.median(ratios) > 1.15


def test_shadows_and_movement_are_drawn_over_a_still_place():
    found = scene(11, "hammer", "wood")
    frames = np.stack(list(pictures(found, 30, 0.4))).astype(int)
    assert frames.dtype == int and frames.shape[1] == frames.shape[2] == 2 * round(SIDE * 2 * MARGIN / 2)
    assert (np.abs(frames - frames[0]).max(0).max(-1) == 0).mean() > 0.2, "what does not move stays as it is"


# ---------------------------------------------------------------- geometry


def test_a_view_projects_what_its_rays_meet():
    view = look(np.zeros(3), 1.0, (0.6, 0.8, 0.1), 0.8, 100, 16 / 9)
    rays, point = view.rays()[30, 70], np.array([0.1, -0.2, 0.05])
    there, scale = view((view.eye + 1.7 * rays)[None])
    assert there[0] == pytest.approx([70.5, 30.5], abs=1e-3) and scale[0] > 0
    behind, scale = view((view.eye - rays)[None])
    assert scale[0] == 0 and view.on_frame(np.zeros((1, 3)))[0] == pytest.approx([0.5, 0.5])
    assert np.isfinite(view(point[None])[0]).all()


def test_a_frame_shows_as_many_metres_as_it_was_asked_to():
    view = look(np.zeros(3), 0.8, (0.5, 0.0, 0.0), 0.7, 200, 1.0)
    places = view.on_frame(np.array([[-0.4, 0, 0], [0.4, 0, 0]]))
    assert places[:, 0] == pytest.approx([0, 1], abs=1e-6)


def test_tubes_lie_between_their_ends_and_cast_shadows():
    view = look(np.zeros(3), 1.0, (0.5, 0.0, 0.0), 0.7, 120, 1.0)
    stage = Stage(view, np.zeros(SUB), np.array([0.0, 0.3, -0.95]), np.random.default_rng(0))
    stage.tube(np.array([[-0.2, 0, 0.1], [0.2, 0, 0.1]]), 0.03, np.array([250.0, 10, 10]))
    canvas = np.zeros((120, 120, 3), np.uint8)
    for layer in stage.layers:
        layer.draw(canvas, 0)
    rows, columns = np.nonzero(canvas[..., 0])
    (left, right), _ = view(np.array([[-0.2, 0, 0.1], [0.2, 0, 0.1]]))
    assert columns.min() < left[0] < columns.max() and columns.min() < right[0] < columns.max() + 1
    assert abs(rows.mean() - left[1]) < 2 and stage.shadows


# ---------------------------------------------------------------- looks


@pytest.mark.parametrize("name", NAMES)
def test_every_material_has_several_looks(name):
    looks = [scene_textures.texture(name, np.random.default_rng(seed)) for seed in range(3)]
    assert all(look.shape == (256, 256, 3) and look.dtype == np.uint8 for look in looks)
    assert min(np.abs(looks[0].astype(int) - other).mean() for other in looks[1:]) > 4
    assert all(look.std() > 1 for look in looks)


def looked(name: str, seed: int):
    """A texture in a few numbers: colours, and how much there is of each fineness."""
    small = cv2.resize(
        scene_textures.texture(name, np.random.default_rng(seed)), (64, 64), interpolation=cv2.INTER_AREA
    )
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = [np.abs(grey - cv2.GaussianBlur(grey, (0, 0), s)).mean() for s in (1, 2, 4, 8)]
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV).reshape(-1, 3).astype(float)
    across, down = (np.abs(np.diff(grey, axis=a)).mean() + 0.1 for a in (0, 1))
    return np.array([*np.log(np.add(fine, 0.3)), *hsv.mean(0) / 60, *hsv.std(0) / 60, np.log(across / down)])


def test_materials_are_told_apart_by_their_looks():
    """By nearest neighbours in ten numbers: far from what a network sees, yet right for more than half."""
    names = [name for name in NAMES if name != "hands"]
    known = np.array([[looked(name, seed) for seed in range(10)] for name in names])  # (M, 12, F)
    asked = np.array([[looked(name, 100 + seed) for seed in range(4)] for name in names])  # (M, 5, F)
    scale = known.reshape(-1, known.shape[-1]).std(0)
    far = np.linalg.norm((asked[:, :, None, None] - known) / scale, axis=-1)  # (M, 5, M, 12)
    assert (far.min(-1).argmin(-1) == np.arange(len(names))[:, None]).mean() > 0.5


@pytest.mark.parametrize("name", list(scene_things._SHAPES))
def test_things_of_every_material_stand_where_they_are_put(name):
    view = look(np.zeros(3), 0.9, (0.5, 0.0, 0.0), 0.7, 150, 1.0)
    sun = np.array([0.3, 0.3, -0.9])
    for seed in range(4):
        rng = np.random.default_rng(seed)
        thing = scene_things.some_thing(name, rng, np.zeros(3))
        canvas = np.full((150, 150, 3), 128, np.uint8)
        mask = scene_things.draw(thing, canvas, view, sun) > 0
        assert 0.002 < mask.mean() < 0.7 and (canvas[~mask] == 128).all() and not (canvas[mask] == 128).all()
        spot, _ = view(thing.spot(rng, np.array([0.0, -1.0]))[None])
        around = mask[int(spot[0, 1]) - 8 : int(spot[0, 1]) + 9, int(spot[0, 0]) - 8 : int(spot[0, 0]) + 9]
        assert around.any() and 0 <= thing.size <= 1, "where it is struck, it is"


def test_a_place_is_painted_with_its_surface_and_what_hides_behind_it():
    rng = np.random.default_rng(0)
    thing = scene_things.some_thing("drum", rng, np.zeros(3))
    place = some_place(rng, "wood", False, np.zeros((1, 3)))
    view = look(np.zeros(3), 1.2, (0.4, 0.0, 0.0), 0.8, 120, 1.0)
    painted = paint(place, view, (thing,))
    assert painted.canvas.shape == (120, 120, 3) and painted.surface.any()
    assert (painted.front[painted.surface] == 255).all() and painted.sprites[0].thing is thing


def test_acts_and_tools_leave_room_for_each_other():
    assert 0 < sum(share for share, _ in ACTS.values()) < 0.5
