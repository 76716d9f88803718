"""The scenes the locator learns from, what they ask of it, and the training itself on a thimbleful."""

import cv2
import numpy as np
import pytest
import torch

from models import weights
from models.faces import landmarks as lm
from models.faces.evaluate_locator import as_markdown, tight
from models.faces.heatmap import STRIDE, Locator
from models.faces.render import Face
from models.faces.scenes import SIDE, Scene, actor, compose, dressed, place, tiles
from models.faces.store import Morphs, shard_path, write_shard
from models.faces.train_locator import TrainConfig, heat_loss, points_loss, targets, train


def drawn_face() -> Face:
    """A disc with a red left eye, a green right one and a blue mouth, and their landmarks."""
    image = np.full((128, 128, 3), (200, 200, 90), np.uint8)
    alpha, marks = np.zeros((128, 128), np.uint8), np.full((lm.COUNT, 2), 0.5, np.float32)
    cv2.circle(alpha, (64, 70), 48, 255, -1)
    marks[[0, 1]] = [(48.5 / 128, 65.5 / 128), (80.5 / 128, 65.5 / 128)]
    marks[list(lm.MOUTH_CORNERS)] = [(56.5 / 128, 98.5 / 128), (72.5 / 128, 98.5 / 128)]
    for centre, colour in (((48, 65), (255, 0, 0)), ((80, 65), (0, 255, 0)), ((64, 98), (0, 0, 255))):
        cv2.circle(image, centre, 5, colour, -1)
    return Face(image, marks, alpha, alpha)


@pytest.fixture
def one():
    face = drawn_face()
    return actor(face.image, face.alpha, face.landmarks)


@pytest.fixture
def backgrounds():
    return [np.full((96, 96, 3), 128, np.uint8)]


def test_points_lie_on_what_they_name_wherever_the_face_is_put(one, backgrounds):
    rng, seen = np.random.default_rng(0), 0
    for _ in range(60):
        picture, points = place(np.full((200, 200, 3), 128, np.uint8), one, 40.0, rng)
        assert points[0, 0] < points[1, 0], "pupils from left to right, mirrored or not"
        for name, point in zip(("eye", "eye", "mouth"), points, strict=True):
            if (point > 3).all() and (point < 197).all():
                colour = picture[tuple(np.floor(point[::-1]).astype(int))].astype(int)
                assert (colour.argmax() == 2) == (name == "mouth") and colour.max() > 2.5 * np.sort(colour)[1], name
                seen += 1
    assert seen > 90


def test_scenes_are_made_of_their_seed_alone(one, backgrounds):
    first, again = (compose([one], backgrounds, np.random.default_rng(4)) for _ in range(2))
    assert (first.picture == again.picture).all() and (first.faces == again.faces).all()
    many = [compose([one], backgrounds, np.random.default_rng(seed)) for seed in range(60)]
    assert {scene.picture.shape for scene in many} == {(SIDE, SIDE, 3)}
    assert {0, 1} <= {len(scene.faces) for scene in many}
    assert all(
        len(compose([one], backgrounds, np.random.default_rng(seed), closer=1.0).faces) == 1 for seed in range(9)
    )


def test_clothes_hide_no_pupil(one, backgrounds):
    wearing = dressed(one, backgrounds, np.random.default_rng(0))
    assert wearing.rgba.shape[0] > 128 and (wearing.rgba[-1, :, 3] > 0).any()
    assert np.allclose(wearing.points[1] - wearing.points[0], one.points[1] - one.points[0])


def test_backgrounds_are_square_and_show_details_of_large_photographs_too():
    rng = np.random.default_rng(0)
    assert [tile.shape for tile in tiles(np.zeros((900, 1600, 3), np.uint8), rng)] == [(224, 224, 3)] * 6
    assert len(tiles(np.zeros((224, 224, 3), np.uint8), rng)) == 2


def test_a_network_that_knows_the_targets_pays_nothing():
    face = np.array([[[31.0, 41.0], [51.0, 43.0], [41.0, 62.0]]], np.float32)
    wanted = targets([Scene(np.zeros((SIDE, SIDE, 3), np.uint8), face, np.zeros((0, 3), np.float32))])
    y, x = divmod(int(wanted.heat[0].argmax()), SIDE // STRIDE)
    assert wanted.heat.max() == 1 and (x, y) == (10, 10), "between the pupils, at (41, 42)"
    corner = torch.tensor([x, y]) * STRIDE + STRIDE / 2
    assert torch.allclose(wanted.points[0, :, :, y, x] + corner, torch.from_numpy(face[0]))
    logits = torch.where(wanted.heat == 1, 9.0, -9.0)
    assert heat_loss(logits, wanted) < 1e-3 < heat_loss(-logits, wanted)
    assert points_loss(wanted.points, wanted) == 0 < points_loss(wanted.points + 1, wanted)


def test_nothing_is_asked_where_it_is_unclear():
    unclear = np.array([[48.0, 48.0, 200.0]], np.float32)
    wanted = targets([Scene(np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((0, 3, 2), np.float32), unclear)])
    assert heat_loss(torch.full((1, SIDE // STRIDE, SIDE // STRIDE), 9.0), wanted) == 0


def test_training_resumes_and_writes_weights_that_load(tmp_path):
    faces, data = tmp_path / "faces", tmp_path / "data"
    (data / "photos-cc0" / "full").mkdir(parents=True)
    (data / "flowers").mkdir()
    (data / "flowers" / "captions.tsv").write_text("file\tkeep\n")
    for number in range(2):
        cv2.imwrite(str(data / "photos-cc0" / "full" / f"{number}.jpg"), np.full((240, 240, 3), 90 * number, np.uint8))
    faces.mkdir()
    (faces / "set.json").write_text('{"side": 128, "count": 2}')
    write_shard(shard_path(faces, 0), [drawn_face()] * 2, [{"smile": np.float32(0)}] * 2)
    assert len(Morphs(faces)) == 2
    config = TrainConfig(batch=8, scenes=16, polish=0, keep_every=8)
    train(config, faces, data, tmp_path / "out")
    train(TrainConfig(batch=8, scenes=16, polish=16, keep_every=8), faces, data, tmp_path / "out")
    network = Locator()
    network.load_state_dict(weights.load(tmp_path / "out" / "faces-locator.safetensors"))
    assert weights.metadata(tmp_path / "out" / "faces-locator.safetensors")["scenes"] == "32"
    beliefs, points = network.eval()(torch.zeros(2, 3, 64, 96))
    assert beliefs.shape == (2, 16, 24) and points.shape == (2, 3, 2, 16, 24)


def test_a_tight_cut_keeps_the_pupils_where_they_are():
    photo = np.zeros((400, 400, 3), np.uint8)
    photo[200, 150] = photo[200, 250] = 255
    part, pupils = tight((photo, np.array([[150.5, 200.5], [250.5, 200.5]])))
    assert all(part[tuple(np.floor(pupil[::-1]).astype(int))].all() for pupil in pupils)


def test_the_card_s_tables_name_every_question():
    found = {"photographs": 3, "found": 1.0, "one_too_many": 0.0, "error_mean": 0.8, "error_95": 1.5}
    table = as_markdown({"morphs": found, "fruit": {"photographs": 9, "false_alarms": 0.0}})
    assert "| morphs | 3 | 100.0% | 0.80 px | 1.50 px | 0.0% |" in table and "| fruit | 9 | 0.0% |" in table
