"""The latent walk: its geometry, what it shows of itself, and its film, with the weights that ship."""

import subprocess
import threading

import numpy as np
import pytest
from PIL import Image

from models.errors import BadInput, Stopped
from models.faces import engine, examples, film, walk, walk_inside
from models.faces.contact import tiles
from models.faces.walk import PATHS, Place
from models.media import read_recipe

HERE = Place.between(3, 8)


class Plain(engine.Faces):
    """No network: w is z, and a picture is one grey."""

    def decode(self, w):
        return np.broadcast_to((128 + 40 * w[:, 0]).astype(np.uint8)[:, None, None, None], (len(w), 128, 128, 3))


def points(*places: Place, path: str = "w", psi: float = 1.0) -> np.ndarray:
    return walk.points(Plain(), places, psi, path, engine.HOUSE)


def difference(a, b) -> float:
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())


# ---------------------------------------------------------------- places


@pytest.mark.parametrize("text", ["3", "0", "3,8@0.4", "3,8@1", "3,8,5,9@0.4,0.7", "2147483647"])
def test_a_place_survives_the_trip_through_text(text):
    assert Place.from_text(text).to_text() == text


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "3,8", "3,8@", "3,8,5@0.1", "1e9", "2147483648", "3,8@0.4\n", None, 3, ["3"]]
)
def test_what_is_no_place_is_refused(text):
    with pytest.raises(BadInput):
        Place.from_text(text)


def test_a_place_beyond_the_end_is_the_end():
    assert Place.from_text("3,8@7").across == 1.0


# ---------------------------------------------------------------- paths


@pytest.mark.parametrize("path", PATHS)
def test_every_path_begins_and_ends_at_the_two_faces(path):
    found = points(Place.between(3, 8, 0.0), Place.between(3, 8, 1.0), path=path)
    assert found[0] == pytest.approx(engine.z_of(3), abs=1e-4)
    assert found[1] == pytest.approx(engine.z_of(8), abs=1e-4)


def test_the_sphere_keeps_its_distance_and_the_straight_line_does_not():
    lengths = {path: np.linalg.norm(points(Place.between(3, 8, 0.5), path=path)) for path in PATHS}
    ends = np.linalg.norm([engine.z_of(3), engine.z_of(8)], axis=1)
    assert lengths["z-sphere"] == pytest.approx(ends.mean(), rel=1e-3)
    assert lengths["z-straight"] < 0.8 * ends.mean()


def test_steps_along_the_sphere_are_even():
    way = points(*(Place.between(3, 8, t) for t in np.linspace(0, 1, 9)), path="z-sphere")
    angles = [np.arccos((a @ b) / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in zip(way, way[1:])]
    assert np.ptp(angles) < 1e-3


@pytest.mark.parametrize("path", PATHS)
def test_the_field_has_the_four_faces_in_its_corners(path):
    seeds = (3, 8, 5, 9)
    corners = points(*(Place(seeds, t, down) for down in (0.0, 1.0) for t in (0.0, 1.0)), path=path)
    for corner, seed in zip(corners, seeds):
        assert corner == pytest.approx(engine.z_of(seed), abs=1e-4)


@pytest.mark.parametrize("path", PATHS)
def test_walking_from_a_face_to_itself_stays_there(path):
    assert points(Place((3, 3, 3, 3), 0.4, 0.6), path=path)[0] == pytest.approx(engine.z_of(3), abs=1e-4)


@pytest.mark.parametrize("path", PATHS)
def test_a_walk_leads_from_one_face_of_the_wall_to_the_other(path):
    first, last = engine.faces_of([3, 8])
    assert difference(walk.frame(3, 8, 0.0, path=path), first) < 1
    assert difference(walk.frame(3, 8, 1.0, path=path), last) < 1
    halfway = walk.frame(3, 8, 0.5, path=path)
    assert difference(halfway, first) > 2 and difference(halfway, last) > 2


def test_the_same_walk_gives_the_same_picture_and_t_is_clamped():
    assert difference(walk.frame(3, 8, 0.4), walk.frame(3, 8, 0.4)) == 0
    assert difference(walk.frame(3, 8, 7), walk.frame(3, 8, 1)) == 0
    assert difference(walk.frame(3, 8, 0.5, psi=0), walk.frame(4, 9, 0.1, psi=0)) == 0, "psi 0 is the average face"


@pytest.mark.parametrize(
    ("t", "psi", "path"), [("x", 0.7, "w"), (None, 0.7, "w"), (0.5, float("nan"), "w"), (0.5, 0.7, "v")]
)
def test_a_walk_that_makes_no_sense_is_refused(t, psi, path):
    with pytest.raises(BadInput):
        walk.frame(3, 8, t, psi, path)


def test_several_visitors_in_one_pass_see_what_each_sees_alone():
    steps = [walk.Step(Place((k, k + 1, 5, 9), k / 8, 0.3), PATHS[k % 3], 0.4 + k / 20) for k in range(engine.AT_ONCE)]
    steps[2] = walk.Step(HERE, model=engine.DCGAN)
    together = walk.faces_of(steps)
    for step, picture in zip(steps, together, strict=True):
        alone = walk.faces_at([step.place], step.psi, step.path, step.model)[0]
        # To the byte on the processor this was written on; another's kernels may round a sum the other way.
        assert np.abs(np.asarray(picture, int) - np.asarray(alone, int)).max() <= 1


def test_what_hangs_at_first_paint_is_what_the_model_makes():
    """Fails when the weights have changed since `python -m models.faces.examples` was run."""
    with Image.open(examples.OPENING / "first.png") as picture:
        assert difference(picture.convert("RGB"), walk.faces_at([examples.FIRST])[0]) < 1.5
    with Image.open(examples.OPENING / "wall.webp") as wall:
        baked = tiles(wall.convert("RGB"), examples.WALL_FACES)
    side = (examples.WALL_SIDE, examples.WALL_SIDE)
    for was, now in zip(baked, engine.faces_of(range(examples.WALL_FACES))):
        assert difference(was, now.resize(side, Image.Resampling.LANCZOS)) < 5
    assert read_recipe(examples.EXAMPLES / "latent-walk.png").demo == walk.DEMO


# ---------------------------------------------------------------- looking inside


def test_inside_a_walk_all_paths_share_their_ends():
    seen = walk_inside.look_inside(HERE.seeds, 0.0, 0.7)
    assert seen.mapped and seen.cloud.shape == (walk_inside.CLOUD, 2)
    assert list(seen.paths) == list(seen.speeds) == list(PATHS)
    for path in PATHS:
        assert seen.paths[path].shape == (walk_inside.STEPS + 1, 2)
        assert seen.paths[path][[0, -1]] == pytest.approx(seen.paths["w"][[0, -1]], abs=1e-3)
        assert seen.speeds[path].shape == (walk_inside.STEPS,) and (seen.speeds[path] >= 0).all()
    assert 0.5 < seen.cloud.std() < 2, "the cloud is drawn in standard deviations"


def test_speed_is_nothing_for_a_face_that_stands_still_and_grows_with_the_step():
    grey = np.full((1, 128, 128, 3), 100, np.uint8)
    assert walk_inside.speed(np.concatenate([grey, grey])) == pytest.approx([0])
    slow, fast = walk_inside.speed(np.concatenate([grey, grey + 5, grey + 25]))
    assert 0 < slow < fast


def test_lab_knows_white_black_and_red():
    colours = np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], np.uint8)
    assert walk_inside.lab(colours) == pytest.approx(np.array([[100, 0, 0], [0, 0, 0], [53.2, 80.1, 67.2]]), abs=0.5)


def test_the_layers_end_in_the_face_itself():
    grown = walk_inside.layers(Place.between(3, 8, 0.3), 0.7, "w")
    assert [name for name, _ in grown] == [f"{side} x {side}" for side in (4, 8, 16, 32, 64, 128)]
    assert difference(grown[-1][1], walk.frame(3, 8, 0.3)) < 1.5
    assert difference(grown[0][1], grown[-1][1]) > 5


def test_strips_are_the_walk_itself():
    made = walk_inside.strips((3, 8, 3, 8), 0.0, 0.7, engine.HOUSE, 3)
    assert list(made) == list(PATHS)
    assert difference(made["z-sphere"][1], walk.frame(3, 8, 0.5, path="z-sphere")) < 1


# ---------------------------------------------------------------- the film


def planned(*texts: str, seconds: float = 0.5, **options) -> film.Film:
    return film.plan([Place.from_text(text) for text in texts], seconds, **options)[0]


def test_a_film_is_planned_within_bounds_and_says_what_it_changed():
    places = [Place.between(seed, seed) for seed in range(8)]
    for asked, became in ((0, 0.5), (-3, 0.5), (10_000, 7.5), (float("inf"), 7.5), (2, 2)):
        made, said = film.plan(places, asked)
        assert made.seconds == became and made.count <= film.LONGEST_FILM * film.FPS
        assert bool(said) == (asked != became) and (not said or f"{became:g}" in said)


@pytest.mark.parametrize(
    ("count", "seconds", "sentence"),
    [
        (0, 2, "needs 2 faces"),
        (1, 2, "needs 2 faces"),
        (300, 2, "24 at most"),
        (3, "long", "number"),
        (3, None, "number"),
    ],
)
def test_a_film_that_cannot_be_made_says_why(count, seconds, sentence):
    with pytest.raises(BadInput, match=sentence):
        film.plan([HERE] * count, seconds)


def test_a_film_is_a_closed_walk_without_jumps():
    frames = np.concatenate(list(film.frames(planned("3", "8", "3,8@0.5"))))
    assert frames.shape == (36, 128, 128, 3)
    steps = [difference(a, b) for a, b in zip(frames, [*frames[1:], frames[0]])]
    assert max(steps) < 4 * np.mean(steps) and steps[-1] < 2 * np.mean(steps)
    assert difference(frames[0], engine.faces_of([3])[0]) < 1
    assert difference(frames[12], engine.faces_of([8])[0]) < 1


def test_a_film_on_disk_plays_and_carries_its_recipe(tmp_path):
    import imageio_ffmpeg

    made, heard = planned("3", "8"), []
    file = tmp_path / "film.mp4"
    film.write(made, file, on_step=lambda done, total: heard.append((done, total)))
    assert heard[0] == (0, 24) and heard[-1] == (24, 24)
    recipe = read_recipe(file)
    assert recipe.settings == {"keyframes": ["3", "8"], "seconds": 0.5, "path": "w", "psi": 0.7}
    assert (recipe.demo, recipe.model, recipe.seed) == ("latent-walk", engine.HOUSE, 3)
    told = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(file)], capture_output=True, text=True).stderr
    assert "384x384" in told and "24 fps" in told and "yuv420p" in told and "Duration: 00:00:01.00" in told
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_film_that_is_called_off_leaves_nothing_behind(tmp_path):
    def stop(done: int, total: int) -> None:
        if done:
            raise Stopped("This was called off.")

    before = threading.active_count()
    with pytest.raises(Stopped):
        film.write(planned("3", "8"), tmp_path / "film.mp4", on_step=stop)
    assert list(tmp_path.iterdir()) == [] and threading.active_count() <= before + 1


# ---------------------------------------------------------------- the model of 2016


def test_the_model_of_2016_walks_on_two_paths():
    assert walk_inside.paths_of(engine.DCGAN) == ("z-sphere", "z-straight")
    made = walk_inside.strips((3, 8, 3, 8), 0.0, 0.7, engine.DCGAN, 2)
    assert list(made) == ["z-sphere", "z-straight"]
    seen = walk_inside.look_inside((3, 8, 3, 8), 0.0, 1.0, engine.DCGAN)
    assert not seen.mapped
    middle = np.linalg.norm(seen.paths["z-straight"][walk_inside.STEPS // 2])
    assert middle < 0.85 * np.linalg.norm(seen.paths["z-sphere"][walk_inside.STEPS // 2])
