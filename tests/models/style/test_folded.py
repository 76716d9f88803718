"""Folded strokes are the strokes, and what they are folded from may still be taught."""

import pytest
import torch

from models.style.network import TINY, tiny_painter


@pytest.mark.parametrize("height, width", [(16, 16), (24, 40), (64, 16)])
@pytest.mark.parametrize("noisy", [True, False])
def test_settled_it_paints_the_same(height, width, noisy):
    chance = torch.Generator().manual_seed(1)
    pictures = torch.rand(2, 3, height, width, generator=chance) * 2 - 1
    code = torch.randn(2, TINY.code, generator=chance).abs()
    painter = tiny_painter()
    noise = torch.randn(2, TINY.noise, height // 4, width // 4, generator=chance) if noisy else None
    with torch.inference_mode():
        slowly, _ = painter(pictures, code, noise)
        swiftly, _ = painter.settle()(pictures, code, noise)
    assert slowly.std() > 0.1 and (slowly - swiftly).abs().max() < 1e-5


def test_what_is_descended_on_goes_the_long_way():
    painter = tiny_painter().settle()
    pictures, code = torch.rand(1, 3, 16, 16), torch.rand(1, TINY.code)
    weight = painter.last.weight.requires_grad_(True)
    painting, _ = painter(pictures, code)
    (gradient,) = torch.autograd.grad(painting.sum(), weight)
    assert gradient.abs().max() > 0


def test_the_folds_are_no_weights_of_their_own():
    assert tiny_painter().settle().state_dict().keys() == tiny_painter().state_dict().keys()
