"""The hub's faces, proven with a tiny checkpoint of the same classes and the network off."""

import shutil

import numpy as np
import pytest
import torch

from models import hub, registry
from models.cache import ModelCache
from models.devices import Machine
from models.errors import LoadFailed, NeedsDownload, Stopped
from models.faces.engine import HUB, faces_of, open_faces, z_of
from models.settings import Settings

REPOSITORY = "models--google--ddpm-celebahq-256"
COMMIT = "0" * 40


def tiny_pipeline(side: int = 256):
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    torch.manual_seed(0)
    unet = UNet2DModel(
        sample_size=side,
        block_out_channels=(4, 4, 8),
        layers_per_block=1,
        norm_num_groups=2,
        attention_head_dim=4,
        down_block_types=("DownBlock2D", "DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D", "UpBlock2D"),
        add_attention=False,
    )
    return DDPMPipeline(unet, DDPMScheduler())


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """The pipeline's own classes with a few thousand random weights, laid out as the hub's cache does."""
    root = tmp_path_factory.mktemp("hub")
    tiny_pipeline().save_pretrained(root / REPOSITORY / "snapshots" / COMMIT)
    (root / REPOSITORY / "refs").mkdir()
    (root / REPOSITORY / "refs" / "main").write_text(COMMIT)
    return root


@pytest.fixture
def snapshot(checkpoint, tmp_path, monkeypatch):
    """The checkpoint in a hub cache of this test's own."""
    shutil.copytree(checkpoint, tmp_path / "hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("models.faces.hub.STEPS", 2)
    return tmp_path / "hub" / REPOSITORY / "snapshots" / COMMIT


@pytest.fixture
def cache():
    return ModelCache(Machine("cpu", 20 * 10**9))


def at_the_top(snapshot, pickled: bool) -> None:
    """Lay a checkpoint out as the repositories of 2022 are: every part at the top."""
    for path in [*(snapshot / "unet").iterdir(), *(snapshot / "scheduler").iterdir()]:
        path.rename(snapshot / path.name)
    shutil.rmtree(snapshot / "unet")
    shutil.rmtree(snapshot / "scheduler")
    if pickled:
        from safetensors.torch import load_file

        weights = snapshot / "diffusion_pytorch_model.safetensors"
        torch.save(load_file(weights), weights.with_suffix(".bin"))
        weights.unlink()


def test_a_seed_becomes_a_face_the_same_one_each_time(snapshot, cache):
    first, again, other = (faces_of([seed], model=HUB, cache=cache)[0] for seed in (3, 3, 4))
    assert (first.mode, first.size) == ("RGB", (256, 256))
    assert first.tobytes() == again.tobytes() != other.tobytes()
    row = cache.stats().models[0]
    assert (row.key, row.loads) == (HUB, 1) and 10_000 < row.bytes < 1_000_000


def test_noise_is_the_latent_and_stays_of_unit_strength(snapshot, cache):
    z = np.stack([z_of(seed, HUB) for seed in (1, 2)])
    with open_faces(HUB, cache) as faces:
        assert not faces.mapped and (faces.to_w(z, psi=0.5) == z).all() and (faces.to_z(z) == z).all()
        middle = z.mean(0, keepdims=True)  # weaker than either: between two faces, not a grey one
        assert (faces.decode(middle) == faces.decode(2**0.5 * middle)).mean() > 0.99


def test_it_tells_its_steps_and_can_be_stopped(snapshot, cache):
    told = []
    z = np.stack([z_of(seed, HUB) for seed in (1, 2)])
    with open_faces(HUB, cache) as faces:
        faces.decode(z, on_step=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def stop(done, total):
        raise Stopped("This was called off.")

    with pytest.raises(Stopped), open_faces(HUB, cache) as faces:
        faces.decode(z, on_step=stop)
    assert not cache.stats().models[0].in_use


@pytest.mark.parametrize("pickled", [False, True])
def test_a_repository_of_2022_has_its_parts_at_the_top(snapshot, cache, pickled):
    as_now = faces_of([3], model=HUB, cache=cache)[0]
    at_the_top(snapshot, pickled)
    assert hub.consent(HUB, Settings()).on_disk
    as_then = faces_of([3], model=HUB, cache=ModelCache(Machine("cpu", 20 * 10**9)))[0]
    assert np.abs(np.subtract(as_now, as_then, dtype=int)).max() <= 2, "memory lies otherwise, so sums round otherwise"


@pytest.mark.parametrize("lost", ["diffusion_pytorch_model.safetensors", "config.json", "scheduler_config.json"])
def test_a_download_of_one_that_broke_off_is_not_here(snapshot, lost):
    at_the_top(snapshot, pickled=False)
    (snapshot / lost).unlink()
    assert not hub.consent(HUB, Settings()).on_disk


def test_pickled_tensors_are_fetched_only_where_there_is_nothing_else(snapshot, tmp_path, monkeypatch):
    at_the_top(snapshot, pickled=True)
    whole, asked = snapshot.rename(tmp_path / "whole"), []
    snapshot.mkdir()

    def fetch(repository, revision, allow_patterns):
        from fnmatch import fnmatch

        asked.append([path.name for path in whole.iterdir() if any(fnmatch(path.name, p) for p in allow_patterns)])
        for name in asked[-1]:
            shutil.copy(whole / name, snapshot / name)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    assert hub.download(HUB, Settings()) == snapshot
    assert sorted(asked[0]) == ["config.json", "model_index.json", "scheduler_config.json"]
    assert asked[1] == ["diffusion_pytorch_model.bin"]


def test_a_checkpoint_of_another_size_is_refused_in_a_sentence(snapshot, cache):
    tiny_pipeline(side=64).save_pretrained(snapshot)
    with pytest.raises(LoadFailed, match="256 pixels, but this checkpoint makes 64"), cache.lease(HUB):
        pass


def test_what_is_not_here_says_its_size_and_licence(tmp_path, monkeypatch, cache):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    with pytest.raises(NeedsDownload, match=r"455 MB, licence Apache-2\.0.*gallery is offline"), cache.lease(HUB):
        pass
    assert registry.get(HUB).download_bytes == hub.consent(HUB, Settings()).download_bytes
