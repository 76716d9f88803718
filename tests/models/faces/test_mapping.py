"""The mapping's last layers: readings of w get the distributions that faces have, and the gaps between kinds stay."""

import torch

from models.faces.mapping import Mapping, Marginals, interpolate, match_marginals


def faces_of_two_kinds(count: int = 4000) -> torch.Tensor:
    """w (N, 8): the first number is near -1 or near 1, as glasses are, the others are normal."""
    chance = torch.Generator().manual_seed(0)
    w = torch.randn(count, 8, generator=chance)
    w[:, 0] = 0.1 * w[:, 0] + torch.where(torch.rand(count, generator=chance) < 0.3, 1.0, -1.0)
    return w


def matched() -> Mapping:
    mapping = Mapping(8)
    match_marginals(mapping, faces_of_two_kinds(), torch.eye(4, 8), torch.eye(4, 8))
    return mapping


def test_layers_that_were_not_matched_change_nothing():
    w = 3 * torch.randn(20, 8)
    assert torch.allclose(Marginals(8)(w), w, atol=1e-6)


def test_a_function_of_knots_goes_through_them_and_straight_on():
    here, there = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.0, 3.0, 4.0])
    x = torch.tensor([-2.0, 0.0, 0.5, 1.0, 1.5, 2.0, 5.0])
    assert interpolate(x, here, there).tolist() == [-2.0, 0.0, 1.5, 3.0, 3.5, 4.0, 7.0]


def test_faces_drawn_are_of_one_kind_or_the_other():
    z = torch.randn(4000, 8, generator=torch.Generator().manual_seed(1))
    before, after = (mapping(z)[:, 0].detach() for mapping in (Mapping(8), matched()))
    between = [(w.abs() < 0.6).float().mean() for w in (before, after)]
    assert between[0] > 0.3 and between[1] < 0.06
    assert abs((after > 0).float().mean() - 0.3) < 0.03


def test_matched_layers_have_an_inverse():
    z = torch.randn(200, 8, generator=torch.Generator().manual_seed(2))
    mapping = matched().double()
    assert torch.allclose(mapping.inverse(mapping(z.double())), z.double(), atol=1e-4)
