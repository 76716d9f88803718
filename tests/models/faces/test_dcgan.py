"""The DCGAN: the paper's shapes, faces that depend on z alone, and a training that resumes where it was."""

import numpy as np
import pytest
import torch

from models import weights
from models.cache import default_cache
from models.faces import train_dcgan as training
from models.faces.dcgan import Discriminator, Generator
from models.faces.engine import DCGAN, faces_of, open_faces, z_of
from tests.models.faces.paper_faces import write_paper_faces

TINY = training.TrainConfig(batch=4, images=16, keep_every=8)


def test_shapes_are_the_papers():
    generator, z = Generator(), torch.randn(2, 100)
    sizes = []
    for layer in generator.layers:
        if isinstance(layer, torch.nn.ConvTranspose2d):
            layer.register_forward_hook(lambda module, given, made: sizes.append(tuple(made.shape[1:])))
    pictures = generator(z)
    assert sizes == [(256, 4, 4), (128, 8, 8), (64, 16, 16), (32, 32, 32), (3, 64, 64)]
    assert pictures.abs().max() <= 1 and Discriminator()(pictures).shape == (2,)
    assert float(generator.layers[0].weight.std().detach()) == pytest.approx(0.02, rel=0.05)


def test_a_face_depends_on_its_z_alone():
    with default_cache().lease(DCGAN) as model:
        assert model.latent == len(z_of(0, DCGAN)) == 100
        z = torch.from_numpy(np.stack([z_of(seed, DCGAN) for seed in range(8)]))
        together, alone = model(z), model(z[5:6])
    assert together.shape == (8, 3, 64, 64)
    assert torch.allclose(together[5:6], alone, atol=1e-4)


def test_the_engine_shows_it_large():
    faces = faces_of([1, 2], psi=1.0, model=DCGAN)
    assert [face.size for face in faces] == [(128, 128)] * 2
    assert np.abs(np.asarray(faces[0]).astype(int) - np.asarray(faces[1])).mean() > 5
    with open_faces(DCGAN) as model:
        assert not model.mapped


class _Stopped(Exception):
    pass


def test_a_stopped_run_ends_as_an_unbroken_one(tmp_path, monkeypatch):
    write_paper_faces(tmp_path / "set", 12)
    training.train(TINY, tmp_path / "set", tmp_path / "whole", "cpu")
    export = training.export

    def stop(*given):
        raise _Stopped

    monkeypatch.setattr(training, "export", stop)
    with pytest.raises(_Stopped):
        training.train(TINY, tmp_path / "set", tmp_path / "broken", "cpu")
    monkeypatch.setattr(training, "export", export)
    training.train(TINY, tmp_path / "set", tmp_path / "broken", "cpu")
    whole, broken = (weights.load(tmp_path / run / "faces-dcgan.safetensors") for run in ("whole", "broken"))
    for name in whole:
        assert torch.allclose(whole[name].float(), broken[name].float(), atol=2e-3), name
    assert weights.metadata(tmp_path / "broken" / "faces-dcgan.safetensors")["images"] == "16"
