"""Weights come back as they were published, or not at all."""

import hashlib
import json

import pytest
import torch

from models import weights
from models.errors import WeightsDamaged


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    return module, weights.save(tmp_path / "sketch-fruit.safetensors", module, {"subject": "fruit", "seed": 7})


def test_a_round_trip_keeps_values_names_and_notes(saved):
    module, path = saved
    loaded = weights.load(path)
    assert loaded.keys() == module.state_dict().keys()
    for name, tensor in module.state_dict().items():
        assert loaded[name].dtype == (torch.float32 if tensor.is_floating_point() else tensor.dtype)
        torch.testing.assert_close(loaded[name], tensor, rtol=1e-3, atol=1e-4)
    assert weights.metadata(path) == {"subject": "fruit", "seed": "7"}
    module.load_state_dict(loaded)


def test_the_file_is_half_precision_and_listed(saved):
    module, path = saved
    floats = sum(t.numel() for t in module.state_dict().values() if t.is_floating_point())
    assert path.stat().st_size < 2 * floats + 1000
    listed = json.loads((path.parent / weights.SUMS).read_text())
    assert listed == {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}


def test_saving_another_keeps_the_first_listed(saved):
    _, path = saved
    other = weights.save(path.with_name("sketch-flower.safetensors"), {"x": torch.zeros(2)})
    assert weights.load(path) and weights.load(other)
    assert sorted(p.name for p in path.parent.iterdir()) == sorted([path.name, other.name, weights.SUMS])


def test_one_flipped_bit_is_noticed(saved):
    _, path = saved
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsDamaged, match="sketch-fruit.safetensors is not the one that was published; fetch"):
        weights.load(path)


def test_a_file_cut_short_a_missing_one_and_an_unlisted_one_are_named(saved):
    _, path = saved
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(WeightsDamaged, match="not the one"):
        weights.metadata(path)
    with pytest.raises(WeightsDamaged, match="gone.safetensors cannot be read"):
        weights.load(path.with_name("gone.safetensors"))
    (path.parent / weights.SUMS).write_text("{}")
    with pytest.raises(WeightsDamaged, match="is not listed"):
        weights.load(path)
    (path.parent / weights.SUMS).write_text("{")
    with pytest.raises(WeightsDamaged, match="SHA256SUMS.json cannot be read"):
        weights.load(path)


def test_what_ships_is_listed_whole_and_small():
    files = sorted(weights.WEIGHTS.glob("*.safetensors"))
    for path in files:
        assert weights.load(path)
        assert path.stat().st_size <= 16_000_000
