"""Losses: nothing to say of equals, and each hears what it is for and not what it is not for."""

import torch

from models.style import losses


def maps(seed: int = 0, count: int = 2) -> torch.Tensor:
    return torch.rand(count, 6, 12, 12, generator=torch.Generator().manual_seed(seed)) ** 2


def test_a_look_is_what_its_features_say():
    features = maps()
    found = losses.look(features)
    flat = features.flatten(2)
    assert torch.allclose(found.mean, flat.mean(2)) and torch.allclose(
        found.deviation, flat.std(2, correction=0), atol=1e-3
    )
    expected = torch.einsum("bcn,bdn->bcd", flat, flat) / flat.shape[2]
    assert torch.allclose(found.gram, expected, atol=1e-6)


def test_equals_have_no_loss():
    features, colours = maps(), maps(1)[:, :3].flatten(2).transpose(1, 2)
    found = losses.look(features)
    assert losses.style_loss([found], [found]).abs().max() < 1e-9
    assert losses.content_loss(features, features).abs().max() < 1e-9
    assert losses.colour_loss(colours, colours).abs().max() < 1e-9


def test_style_does_not_ask_where_things_are():
    features = maps()
    places = torch.randperm(144, generator=torch.Generator().manual_seed(0))
    moved = features.flatten(2)[..., places].unflatten(2, (12, 12))
    assert losses.style_loss([losses.look(moved)], [losses.look(features)]).max() < 1e-9
    assert losses.content_loss(moved, features).min() > 1


def test_content_does_not_ask_for_colours():
    features = maps()
    assert losses.content_loss(features * 3 + 1, features).max() < 0.02
    assert losses.style_loss([losses.look(features * 3 + 1)], [losses.look(features)]).min() > 1


def test_style_is_the_same_share_of_a_pale_and_a_loud_painting():
    ours, theirs = maps(1), maps(2)
    one = losses.style_loss([losses.look(ours)], [losses.look(theirs)])
    ten = losses.style_loss([losses.look(10 * ours)], [losses.look(10 * theirs)])
    assert torch.allclose(one, ten, rtol=1e-3)


def test_a_mixture_lies_between():
    looks = [losses.look(maps(seed)) for seed in (1, 2)]
    half = losses.mixed(looks, (0.5, 0.5))
    assert losses.gram_loss(half, looks[0]).max() < losses.gram_loss(looks[1], looks[0]).min()


def test_colours_cost_how_far_they_move():
    colours = torch.rand(1, 200, 3, generator=torch.Generator().manual_seed(0)) - 0.5
    near, far = (
        losses.colour_loss(colours + step, colours, torch.Generator().manual_seed(0), 200) for step in (0.1, 0.3)
    )
    assert 0.05 < float(near) < 0.12 and torch.allclose(far, 3 * near, rtol=1e-3)


def test_only_what_reaches_beyond_overflows():
    pictures = torch.tensor([0.5, -1.0, 1.5]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    assert torch.isclose(losses.overflow(pictures), torch.tensor(0.5 / 3))
    assert losses.total_variation(pictures).abs().max() < 1e-9
