"""Distances between sets of pictures: nothing between equals, more the further apart, order does not matter."""

import numpy as np
import pytest
import torch

from models.metrics import frechet_distance, kernel_distance, sliced_wasserstein


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(size=(400, 32))


def test_frechet_distance_is_the_closed_form_of_two_gaussians(features):
    shifted = features + 2.0
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(features, shifted) == pytest.approx(32 * 4.0, rel=1e-6)
    assert frechet_distance(features, shifted) == pytest.approx(frechet_distance(shifted, features))
    wider = features * 3
    between = features.mean(0) - wider.mean(0)
    spread = np.trace(np.cov(features.T)) * (3 - 1) ** 2
    assert frechet_distance(features, wider) == pytest.approx(between @ between + spread, rel=1e-4)


def test_a_feature_that_never_fires_does_no_harm(features):
    features[:, 3] = 0
    assert np.isfinite(frechet_distance(features, features[::-1] + 0.1))


def test_kernel_distance_grows_with_the_shift_and_is_about_nothing_between_halves(features):
    halves = kernel_distance(features[:200], features[200:])
    near, far = (kernel_distance(features + shift, features) for shift in (0.3, 1.0))
    assert abs(halves) < 0.02 < near < far


def test_sliced_wasserstein_tells_noise_from_smooth_pictures():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(24, 3, 64, 64, generator=generator)
    smooth = torch.nn.functional.interpolate(noise[..., ::8, ::8], size=64, mode="bilinear")
    same = sliced_wasserstein(noise[:12], noise[12:])
    assert same < 0.9 * sliced_wasserstein(noise[:12], smooth[:12])
