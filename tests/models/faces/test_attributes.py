"""What the shipped regressor sees in generated faces, and that its training reads the labels it is given."""

import numpy as np
import pytest
import torch

from models import weights
from models.faces import train_attributes as training
from models.faces.attributes import look, measure
from models.faces.engine import ATTRIBUTES, HOUSE, PSI, open_faces, z_of
from models.faces.glasses import draw_glasses, random_glasses
from models.faces.regressor import OUTPUTS, Regressor
from models.faces.wear import put_on, worn
from tests.models.faces.paper_faces import LIGHT, landmarks, write_paper_faces


@pytest.fixture(scope="module")
def faces():
    """Forty generated faces, uint8 (40, 128, 128, 3)."""
    with open_faces() as house:
        return house.decode(house.to_w(np.stack([z_of(seed, HOUSE) for seed in range(40)]), PSI))


def test_every_attribute_has_its_range(faces):
    found = measure(faces)
    assert tuple(found) == ATTRIBUTES
    assert all(values.shape == (40,) and values.dtype == np.float32 for values in found.values())
    assert all(((found[name] >= 0) & (found[name] <= 1)).all() for name in ("glasses", "smile", "woman"))
    assert ((found["age"] > 15) & (found["age"] < 80)).all()


def test_generated_faces_differ_in_what_is_seen(faces):
    found = measure(faces)
    assert 2 <= (found["glasses"] > 0.5).sum() <= 30 and (found["glasses"] < 0.1).sum() >= 10
    assert 5 <= (found["woman"] > 0.5).sum() <= 35
    assert np.ptp(found["smile"]) > 0.5 and np.ptp(found["age"]) > 8


def test_glasses_drawn_on_bare_faces_are_seen_and_half_a_pair_is_half_opaque(faces):
    bare = faces[measure(faces)["glasses"] < 0.1][:10]
    rng, points, hair = np.random.default_rng(3), landmarks(), np.zeros((128, 128), np.float32)
    pairs = [random_glasses(rng) for _ in bare]
    drawn = np.stack([draw_glasses(f.astype(np.float32), hair, points, p, LIGHT) for f, p in zip(bare, pairs)])
    solid = look(drawn.round().astype(np.uint8))
    ghost = look((0.5 * bare + 0.5 * drawn).round().astype(np.uint8))
    assert (solid["glasses"] > 0.9).mean() >= 0.9
    none, half, whole = (float(seen["opacity"].mean()) for seen in (look(bare), ghost, solid))
    assert none < 0.25 and whole > 0.85 and none + 0.15 < half < whole - 0.05
    wrong = np.abs(solid["colour"] - [pair.rgb for pair in pairs]).mean()
    assert wrong < np.abs(np.roll(solid["colour"], 1, 0) - [pair.rgb for pair in pairs]).mean()


def test_a_mirror_and_company_change_nothing(faces):
    found, mirrored, alone = measure(faces), measure(faces[:, :, ::-1]), measure(faces[7:8])
    assert np.abs(found["woman"] - mirrored["woman"]).mean() < 0.05
    for name in ATTRIBUTES:
        assert alone[name][0] == pytest.approx(found[name][7], abs=1e-3)


def test_no_faces_and_wrong_faces():
    assert measure(np.zeros((0, 128, 128, 3), np.uint8))["age"].shape == (0,)
    for wrong in (np.zeros((1, 64, 64, 3), np.uint8), np.zeros((1, 128, 128, 3), np.float32)):
        with pytest.raises(ValueError, match="uint8"):
            measure(wrong)


def test_wear_is_small_and_repeatable(tmp_path):
    image = write_paper_faces(tmp_path / "set", 1).images([0])[0]
    once, again, other = (worn(image, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert once.shape == image.shape and once.dtype == np.uint8
    assert (once == again).all() and (once != other).any()
    assert np.abs(once.astype(int) - image).mean() < 60


def test_drawn_opacity_is_the_share_of_the_change(tmp_path):
    morphs = write_paper_faces(tmp_path / "set", 12)
    bare = int(np.flatnonzero(morphs.labels["glasses"] == 0)[0])
    image, pair = morphs.images([bare])[0].astype(float), random_glasses(np.random.default_rng(0))
    none, half, full = (np.abs(put_on(morphs, bare, pair, share) - image).sum() for share in (0.0, 0.5, 1.0))
    assert none == 0 and half == pytest.approx(full / 2, rel=0.05) and full > 0


def test_frames_count_only_where_they_are_solid(tmp_path):
    morphs = write_paper_faces(tmp_path / "set", 8)
    truth = training.Truth(morphs, np.arange(8))
    raw = {name: torch.zeros(8, size) for name, size in OUTPUTS.items()}
    raw["colour"] = torch.logit(torch.from_numpy(truth.colour).clamp(1e-4, 1 - 1e-4))
    assert training.losses(raw, truth)["colour"] < 1e-3
    bare = int(np.flatnonzero(truth.glasses == 0)[0])
    raw["colour"][bare] = 5.0
    assert training.losses(raw, truth)["colour"] < 1e-3
    truth.wear(bare, random_glasses(np.random.default_rng(0)), opacity=0.9)
    assert truth.glasses[bare] == 1 and training.losses(raw, truth)["colour"] > 0.05


def test_training_writes_what_the_loader_reads(tmp_path):
    morphs = write_paper_faces(tmp_path / "set", 10)
    model = training.train(training.TrainConfig(batch=4, images=16), tmp_path / "set", tmp_path / "run")
    again = Regressor()
    again.load_state_dict(weights.load(tmp_path / "run" / "faces-attributes.safetensors"))
    assert sum(p.numel() for p in again.parameters()) < 1_000_000
    figures = training.judge(model, morphs)
    assert figures["faces"] == 10 and "10 held-out morphs" in training.as_markdown(figures)
