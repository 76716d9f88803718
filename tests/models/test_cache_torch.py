"""The cache with real modules: built in many threads at once, they must come out whole."""

import threading
import time

import pytest
import torch
from torch import nn

from models.cache import ModelCache
from models.devices import Machine, measure
from models.registry import ModelSpec
from tests.models.fake_machine import finder

KEYS = [f"net{i}" for i in range(5)]


def build(spec: ModelSpec) -> nn.Module:
    """Named by the specs below: a small network, slowly enough that without the lock others would build meanwhile."""
    LOADS.append(spec.key)
    network = nn.Sequential()
    for _ in range(150):
        network.append(nn.Linear(16, 16))
        time.sleep(0.001)
    return network.eval()


def pretrained(spec: ModelSpec):
    """Named by the specs below: a pipeline from a folder, by diffusers' own hands."""
    from diffusers import DDPMPipeline

    LOADS.append(spec.key)
    return DDPMPipeline.from_pretrained(spec.hub_id, local_files_only=True)


LOADS: list[str] = []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A diffusion pipeline of a few thousand random weights, saved to disk."""
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    torch.manual_seed(0)
    unet = UNet2DModel(
        sample_size=8,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    )
    path = tmp_path_factory.mktemp("hub") / "tiny"
    DDPMPipeline(unet, DDPMScheduler(num_train_timesteps=10)).save_pretrained(path)
    return path


def make_specs(folder) -> list[ModelSpec]:
    nets = [
        ModelSpec(key, key, "test", "house", f"{__name__}:build", 170_000, 0, "CC0", "card", shared=True)
        for key in KEYS
    ]
    hub = ModelSpec("hub", "Hub", "test", "hub", f"{__name__}:pretrained", 80_000, 0, "CC0", "card", hub_id=str(folder))
    return [*nets, hub]


def test_six_models_from_thirty_threads_are_six_loads_and_nothing_on_meta(folder):
    specs = make_specs(folder)
    cache = ModelCache(Machine("cpu", 10**9), finder(*specs))
    LOADS.clear()
    start, faults = threading.Barrier(30), []

    def click(key: str) -> None:
        start.wait()
        try:
            with cache.lease(key) as model:
                parts = [model.unet] if key == "hub" else [model]
                tensors = [t for part in parts for t in (*part.parameters(), *part.buffers())]
                assert tensors and not any(t.is_meta for t in tensors)
                if key == "hub":
                    assert model(num_inference_steps=2, output_type="np").images.shape == (1, 8, 8, 3)
                else:
                    assert model(torch.ones(1, 16)).isfinite().all()
        except BaseException as error:
            faults.append((key, error))

    threads = [threading.Thread(target=click, args=(specs[i % 6].key,), daemon=True) for i in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert faults == []
    assert sorted(LOADS) == ["hub", *KEYS]
    assert not any(p.is_meta for p in nn.Linear(4, 4).parameters()), "the process was left broken"
    stats = cache.stats()
    assert stats.used == sum(row.bytes for row in stats.models) > 100_000


def test_measuring_counts_each_tensor_once_and_every_part_of_a_pipeline(folder):
    from diffusers import DDPMPipeline

    layer = nn.Linear(10, 10, bias=False)
    assert measure(nn.Sequential(layer, layer)) == 400
    assert measure(nn.BatchNorm1d(10)) == 4 * 40 + 8
    pipeline = DDPMPipeline.from_pretrained(folder, local_files_only=True)
    assert measure(pipeline) == measure(pipeline.unet) > 10_000
    with pytest.raises(RuntimeError, match="meta device"):
        measure(nn.Linear(2, 2, device="meta"))
