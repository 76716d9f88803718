"""A wider network begins with what a narrower one knows."""

from dataclasses import replace

import pytest
import torch

from models import weights
from models.foley import grow
from models.foley.network import TINY, Foley, FoleyConfig, config_of, notes_of, tiny

WIDER = replace(TINY, motion=(12, 10, 16))
FRAMES = 20


@pytest.fixture(scope="module")
def grey():
    return torch.rand(1, FRAMES, 128, 128, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def wider():
    network = Foley(WIDER)
    network.load_state_dict(grow.grown(tiny().state_dict(), TINY, WIDER))
    return network.eval()


@torch.inference_mode()
def test_it_looks_where_it_did_and_sees_there_what_it_saw(wider, grey):
    before, after = tiny().motion(grey), wider.motion(grey)
    assert torch.allclose(after.where, before.where, atol=1e-6)
    seen, more = (motion.features.unflatten(2, (TINY.maps + 1, -1)) for motion in (before, after))
    assert torch.allclose(more[..., : TINY.motion[-1]], seen, atol=1e-5)
    assert more[..., TINY.motion[-1] :].std() > 0


def test_what_is_new_can_learn(wider, grey):
    wider.judge(wider.motion(grey), None).onset.square().mean().backward()
    for name, parameter in wider.motion.named_parameters():
        assert parameter.grad is not None, name
    assert wider.motion.blocks[0].space[0].weight.grad[: TINY.motion[-1], TINY.motion[-1] :].abs().sum() > 0


def test_the_command_writes_weights_of_todays_sizes(tmp_path, monkeypatch):
    known = replace(FoleyConfig(), motion=(8, 8, 8))
    begin, out = tmp_path / "begin.safetensors", tmp_path / "out.safetensors"
    weights.save(begin, Foley(known).state_dict(), notes_of(known) | {"views": "7"})
    monkeypatch.setattr("sys.argv", ["grow", "--begin", str(begin), "--out", str(out)])
    grow.main()
    notes = weights.metadata(out)
    assert config_of(notes) == FoleyConfig() and notes["views"] == "7"
    Foley(FoleyConfig()).load_state_dict(weights.load(out))
