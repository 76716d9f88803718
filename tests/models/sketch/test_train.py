"""Training: a stopped run goes on where it was and ends as an unbroken one; what it writes is what the engine reads."""

import numpy as np
import pytest
import torch

from models import training as resumable
from models import weights
from models.sketch import train as training
from models.sketch.data import Example
from models.sketch.evaluate import read_generator
from models.sketch.hand import Line
from tests.models import fake_squeezenet

TINY = training.TrainConfig(batch=2, half_images=16, full_images=4, warm_images=4, keep_every=8)


def _squares(count=24):
    rng = np.random.default_rng(0)
    made = []
    for index in range(count):
        photo, inside = np.full((128, 128, 3), 255, np.uint8), np.zeros((128, 128), bool)
        low, high = rng.integers(20, 50), rng.integers(70, 110)
        inside[low:high, low:high] = True
        photo[inside] = rng.integers(0, 255, 3)
        corners = np.array([[low, low], [high, low], [high, high], [low, high]]) / 128
        made.append(Example(photo, inside, [Line(np.repeat(corners, 4, axis=0), closed=True)], str(index % 3)))
    return made


@pytest.fixture
def data(tmp_path, monkeypatch):
    fake_squeezenet.write(tmp_path)
    monkeypatch.setattr(training, "load", lambda subject, data: (_squares(), _squares(12)))
    return tmp_path


class _Stopped(Exception):
    pass


def test_a_stopped_run_ends_as_an_unbroken_one(data, monkeypatch):
    training.train(TINY, data, data / "whole", "cpu")
    keep = resumable.save_checkpoint

    def stop_after_the_first(path, state):
        keep(path, state)
        raise _Stopped

    monkeypatch.setattr(resumable, "save_checkpoint", stop_after_the_first)
    with pytest.raises(_Stopped):
        training.train(TINY, data, data / "broken", "cpu")
    monkeypatch.setattr(resumable, "save_checkpoint", keep)
    training.train(TINY, data, data / "broken", "cpu")

    whole, broken = (weights.load(data / run / "sketch-fruit.safetensors") for run in ("whole", "broken"))
    assert whole.keys() == broken.keys()
    for name in whole:
        assert torch.allclose(whole[name], broken[name], atol=2e-3), name


def test_what_is_written_can_be_read_and_is_small(data):
    training.train(TINY, data, data / "run", "cpu")
    path = data / "run" / "sketch-fruit.safetensors"
    generator = read_generator(path)
    assert generator.prior.shape == (training.BANK, 16)
    assert path.stat().st_size <= 16_000_000
    assert weights.metadata(path)["images"] == "20"
    assert (data / "run" / "samples-0000020.png").exists()
    assert (data / "run" / "log.jsonl").exists()


def test_the_l1_baseline_asks_for_no_features(data, monkeypatch):
    config = training.TrainConfig(batch=2, half_images=4, full_images=0, adversarial=0, perceptual=0, latent=0)
    monkeypatch.setattr(
        training.SqueezeNet, "features", lambda *_: pytest.fail("the baseline used the feature network")
    )
    training.train(config, data, data / "baseline", "cpu")
