"""The witness: what it tells apart, and directions that it has unmixed."""

import torch

from models.faces.engine import ATTRIBUTES
from models.faces.witness import Witness, contradiction, unmixed


def test_a_witness_that_tells_the_truth_contradicts_nothing():
    attributes = torch.tensor([[1.4, 0.2, -1.0, 0.5], [-0.7, 1.0, 0.3, -0.5]])
    told = attributes.clone()
    told[:, 0] = torch.tensor([20.0, -20.0])  # logits: surely worn, surely not
    assert contradiction(told, attributes, worn_above=0.3) < 1e-6
    assert contradiction(-told, attributes, worn_above=0.3) > 20


def test_half_a_pair_contradicts_whatever_w_says():
    attributes = torch.tensor([[1.4, 0.0, 0.0, 0.0], [-0.7, 0.0, 0.0, 0.0]])
    assert contradiction(torch.zeros(2, 4), attributes, worn_above=0.3) > 0.6


def test_pictures_of_either_size_are_told_of():
    witness = Witness()
    for side in (7, 15):
        features = [torch.rand(2, 96, 31, 31), torch.rand(2, 128, 31, 31), torch.rand(2, 256, side, side)]
        assert witness([*features, torch.rand(2, 512, side, side)]).shape == (2, len(ATTRIBUTES))


def test_unmixed_directions_move_one_attribute_each():
    chance = torch.Generator().manual_seed(1)
    effect, w = torch.randn(16, 4, generator=chance), torch.randn(32, 16, generator=chance)
    mixed = torch.linalg.pinv(effect) + 0.2 * torch.randn(4, 16, generator=chance)
    directions = unmixed(mixed, lambda w: w @ effect, w)
    moves = directions @ effect
    assert torch.allclose(moves, torch.diag((mixed @ effect).diag()), atol=1e-4)
