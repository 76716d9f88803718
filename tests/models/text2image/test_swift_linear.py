"""Linear layers by oneDNN give what torch's own give, and step aside where they cannot be used."""

import copy

import pytest
import torch
from diffusers.models.activations import GELU
from torch import nn

from models.text2image.swift_linear import by_onednn


@pytest.fixture
def networks():
    """A feed-forward network, and the same by oneDNN."""
    torch.manual_seed(0)
    plain = nn.Sequential(GELU(24, 96, approximate="tanh"), nn.Linear(96, 24, bias=False))
    fast = copy.deepcopy(plain)
    by_onednn(fast)
    return plain, fast


@pytest.mark.parametrize("shape", [(24,), (1, 24), (2, 7, 24), (3, 0, 24)])
def test_the_same_comes_out(networks, shape):
    plain, fast = networks
    x = torch.randn(shape)
    with torch.inference_mode():
        assert torch.allclose(fast(x), plain(x), atol=1e-5)
        assert torch.allclose(fast(x), plain(x), atol=1e-5), "with the weights laid out before"


def test_what_learns_learns_as_before(networks):
    plain, fast = networks
    x = torch.randn(5, 24)
    for network in networks:
        network(x).square().sum().backward()
    assert torch.equal(fast[0].proj.weight.grad, plain[0].proj.weight.grad)


def test_half_precision_is_left_to_torch(networks):
    plain, fast = (network.bfloat16() for network in networks)
    x = torch.randn(5, 24, dtype=torch.bfloat16)
    with torch.inference_mode():
        assert torch.equal(fast(x), plain(x))


def test_a_copy_lays_out_weights_of_its_own(networks):
    plain, fast = networks
    x = torch.randn(5, 24)
    with torch.inference_mode():
        fast(x)
        other = copy.deepcopy(fast)
        other[1].weight.zero_()
        assert other(x).abs().max() == 0
        assert torch.allclose(fast(x), plain(x), atol=1e-5)


def test_weights_are_saved_under_the_same_names(networks):
    plain, fast = networks
    assert fast.state_dict().keys() == plain.state_dict().keys()
