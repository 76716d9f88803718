"""The networks: sizes, and the promise that growing changes nothing on the first day."""

import pytest
import torch
import torch.nn.functional as F

from models.sketch.network import Discriminator, Generator, SketchConfig, TakeEncoder


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    return Generator().eval()


def test_at_most_eight_million_parameters_each(generator):
    for network in (generator, Discriminator()):
        assert sum(p.numel() for p in network.parameters()) <= 8_000_000


def test_growing_to_full_size_keeps_what_half_size_made(generator):
    sketch, z = torch.rand(2, 3, 128, 128) * 2 - 1, torch.randn(2, SketchConfig().latent)
    with torch.inference_mode():
        half = generator(F.avg_pool2d(sketch, 2), z)
        full = generator(sketch, z)
    assert half.shape == (2, 3, 64, 64) and full.shape == (2, 3, 128, 128)
    grown = torch.tanh(F.interpolate(torch.atanh(half), scale_factor=2, mode="bilinear"))
    assert torch.allclose(full, grown, atol=1e-4)


def test_pyramid_halves_from_the_drawing_to_four_pixels(generator):
    with torch.inference_mode():
        pyramid = generator.encode(torch.zeros(1, 3, 128, 128))
    assert [level.shape[-1] for level in pyramid] == [128, 64, 32, 16, 8, 4]
    assert [level.shape[1] for level in pyramid] == list(SketchConfig().widths)


def test_discriminator_sees_patches_of_both_sizes():
    critic = Discriminator().eval()
    for side in (64, 128):
        picture = torch.zeros(2, 3, side, side)
        assert critic(picture, picture).shape == (2, 1, side // 8, side // 8)


def test_discriminator_patch_is_fifty_four_pixels_wide():
    critic = Discriminator().eval()
    picture = torch.zeros(1, 3, 128, 128, requires_grad=True)
    critic(picture.detach(), picture)[0, 0, 8, 8].backward()
    touched = picture.grad.abs().sum((0, 1)).sum(0).nonzero()
    assert int(touched.max() - touched.min()) + 1 == 54


def test_take_encoder_gives_mean_and_bounded_log_variance():
    mean, log_variance = TakeEncoder()(torch.rand(3, 3, 128, 128) * 2 - 1)
    assert mean.shape == log_variance.shape == (3, 16)
    assert log_variance.min() >= -8 and log_variance.max() <= 4
