"""The yardsticks of the faces: nothing between equals, more the further apart, and a ghost is told from a pair."""

import numpy as np
import pytest
import torch

from models.faces.bench import Eigenfaces
from models.faces.figures import generator_table
from models.faces.glasses import draw_glasses, random_glasses
from models.faces.judge_control import cross_fade, groups, rim_strength, success
from models.faces.judge_people import _nearest, aligned
from models.faces.judge_pictures import sphere
from models.faces.matte import Portrait
from tests.models.faces.paper_faces import LIGHT, landmarks, paper_face
from tests.models.faces.studio import draw_landmarks


@pytest.fixture(scope="module")
def papers():
    rng = np.random.default_rng(2)
    made = [paper_face(rng) for _ in range(40)]
    return np.stack([face.image for face, label in made if not label["glasses"]])


def test_eigenfaces_give_back_what_they_were_made_from(papers):
    all_of_them = Eigenfaces.of(papers, len(papers) - 1)
    assert np.abs(all_of_them.project(papers).astype(int) - papers).max() <= 1
    few = Eigenfaces.of(papers, 3)
    assert np.abs(few.project(papers).astype(int) - papers).mean() > 1
    drawn = few.draw(200, seed=0).astype(float)
    assert drawn.mean() == pytest.approx(papers.mean(), rel=0.1)
    assert drawn.std(0).mean() == pytest.approx(few.project(papers).astype(float).std(0).mean(), rel=0.25)


def test_a_sphere_is_kept_to():
    a, b = np.random.default_rng(0).normal(size=(2, 5, 100)).astype(np.float32)
    ends = [sphere(a, b, np.full((5, 1), t, np.float32)) for t in (0.0, 1.0)]
    assert np.allclose(ends[0], a, atol=1e-5) and np.allclose(ends[1], b, atol=1e-5)
    half = sphere(a, b, np.full((5, 1), 0.5, np.float32))
    assert (np.linalg.norm(half, axis=1) > np.linalg.norm((a + b) / 2, axis=1) * 1.2).all()


def test_rims_stand_out_and_a_ghost_half_as_much(papers):
    points, hair, rng = landmarks(), np.zeros((128, 128), np.float32), np.random.default_rng(1)
    worn = [draw_glasses(face.astype(np.float32), hair, points, random_glasses(rng), LIGHT) for face in papers]
    worn = np.stack(worn).round().astype(np.uint8)
    ghosts = cross_fade(papers, worn, np.array([0.5]))
    bare, half, full = (rim_strength(pictures).mean() for pictures in (papers, ghosts, worn))
    assert full > 1.15 * bare
    assert 0.25 < (half - bare) / (full - bare) < 0.75


def test_a_cross_fade_goes_from_one_to_the_other(papers):
    faded = cross_fade(papers[:2], papers[2:4], np.array([0.0, 0.5, 1.0])).reshape(2, 3, 128, 128, 3)
    assert (faded[:, 0] == papers[:2]).all() and (faded[:, 2] == papers[2:4]).all()


def test_success_asks_for_both_at_once():
    seen = {"woman": np.array([0.95, 0.95, 0.05, 0.05]), "glasses": np.array([0.99, 0.5, 0.99, 0.0])}
    assert success(seen) == 0.25
    assert [rows.tolist() for rows in groups(seen)] == [[2], [3], []]


def test_the_nearest_volunteer_is_found_among_all_their_photographs():
    people = np.linalg.qr(np.random.default_rng(0).normal(size=(12, 12)))[0].reshape(4, 3, 12)
    distance, who = _nearest(people[:, 1], people)
    assert np.allclose(distance, 0, atol=1e-3) and who.tolist() == [0, 1, 2, 3]
    distance, _ = _nearest(people[:1, 1], people[1:])
    assert distance[0] == pytest.approx(np.sqrt(2), abs=1e-6)


def test_photographs_are_put_where_the_generator_has_its_pupils():
    points = draw_landmarks(1.1, 0.9)
    rgba = np.zeros((360, 360, 4), np.float32)
    for pupil in points[:2].round().astype(int):
        rgba[pupil[1] - 3 : pupil[1] + 4, pupil[0] - 3 : pupil[0] + 4] = (255, 0, 0, 255)
    red = (aligned(Portrait(rgba, points, False)).astype(int) * [1, -1, 0]).sum(-1) > 60
    rows, columns = np.nonzero(red)
    assert rows.mean() / 128 == pytest.approx(0.51, abs=0.02)
    assert np.ptp(columns) / 128 == pytest.approx(0.245, abs=0.08)
    assert columns.mean() / 128 == pytest.approx(0.5, abs=0.02)


def test_a_card_can_be_written_from_what_there_is():
    about = {"images": "1000", "minutes": "3", "device": "cpu"}
    text = generator_table({"generator_training": about, "path_lengths": {"house, z": 2.0}, "ghosts": {"walks": 0}})
    assert "| house, z | 2.00 |" in text and "could not be judged" in text and "1,000 pictures" in text


def test_perceptual_distance_is_none_between_equals():
    from models.faces.judge_pictures import perceptual_square

    class Colours:
        """A feature network of one layer: the colours themselves."""

        def features(self, pictures, names):
            return [pictures]

    pictures = torch.rand(3, 3, 8, 8)
    assert perceptual_square(Colours(), pictures, pictures).abs().max() == 0
    assert (perceptual_square(Colours(), pictures, pictures.flip(1)) > 0).all()
