"""The painter: a photo's own code gives back the photo, sizes and statistics are what they say, noise matters."""

import pytest
import torch

from models.style.network import (
    TINY,
    Encoder,
    Painter,
    StyleConfig,
    config_of,
    from_opponent,
    moments,
    notes_of,
    opponent,
    pyramid,
    tiny_painter,
)


def picture(height: int, width: int, seed: int = 0, count: int = 1) -> torch.Tensor:
    """Smooth colours with a little grain, (count, 3, height, width) in [-1, 1]."""
    chance = torch.Generator().manual_seed(seed)
    rough = torch.randn(count, 3, 4, 4, generator=chance)
    smooth = torch.nn.functional.interpolate(rough, size=(height, width), mode="bicubic")
    return (0.4 * smooth + 0.05 * torch.randn(count, 3, height, width, generator=chance)).clamp(-1, 1)


def noise_maps(count: int) -> torch.Tensor:
    """For pictures of 32 px."""
    return torch.randn(count, TINY.noise, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def painter() -> Painter:
    return tiny_painter()


def fresh(**sizes) -> Painter:
    """A painter as training begins with it, but for its last layer, which is silent."""
    torch.manual_seed(0)
    painter = Painter(StyleConfig(**sizes) if sizes else TINY).eval()
    torch.nn.init.zeros_(painter.last.weight)
    return painter.requires_grad_(False)


def test_an_untrained_painter_gives_back_a_photo_in_its_own_style():
    photo = picture(64, 96)
    painter = fresh()
    painted, _ = painter(photo, painter.code(photo))
    assert (painted - photo).abs().max() < 1e-4


def test_an_untrained_painter_gives_a_photo_the_colours_of_the_painting():
    photo, painting = 0.5 * picture(64, 64, 1), picture(64, 64, 2) * 0.3 + 0.3
    painter = fresh()
    painted, _ = painter(photo, painter.code(painting))
    for ours, theirs in zip(moments(pyramid(opponent(painted))[2]), moments(pyramid(opponent(painting))[2])):
        assert (ours - theirs).abs().max() < 0.02


def test_colours_go_there_and_back():
    photo = picture(16, 16)
    assert (from_opponent(opponent(photo)) - photo).abs().max() < 1e-6
    assert opponent(torch.full((1, 3, 8, 8), 0.5))[:, 1:].abs().max() < 1e-6, "grey has no colour"


@pytest.mark.parametrize("height, width", [(16, 16), (24, 40), (64, 16)])
def test_any_multiple_of_eight_will_do(painter, height, width):
    photo = picture(height, width)
    painted, statistics = painter(photo, painter.code(photo))
    assert painted.shape == photo.shape and painted.abs().max() <= 1
    assert [mean.shape for mean, _ in statistics] == [deviation.shape for _, deviation in statistics]


def test_the_encoder_halves_at_every_level():
    maps = Encoder(TINY)(picture(32, 48))
    assert [tuple(m.shape[1:]) for m in maps] == [(4, 32, 48), (4, 16, 24), (8, 8, 12), (8, 4, 6)]
    assert all(m.min() >= 0 for m in maps)


def test_given_statistics_take_the_place_of_a_pictures_own(painter):
    photo, other = picture(32, 32, 1), 0.4 * picture(32, 32, 2)
    code = painter.code(picture(32, 32, 3))
    painted, own = painter(photo, code)
    again, used = painter(photo, code, statistics=own)
    assert torch.equal(painted, again) and all(a is b for x, y in zip(own, used) for a, b in zip(x, y))
    _, others = painter(other, code)
    assert (painter(photo, code, statistics=others)[0] - painted).abs().mean() > 1e-3


def test_pictures_of_a_batch_do_not_see_each_other(painter):
    photos, codes = picture(32, 32, 1, 2), painter.code(picture(32, 32, 2, 2))
    noise = noise_maps(2)
    together, _ = painter(photos, codes, noise)
    alone, _ = painter(photos[1:], codes[1:], noise[1:])
    assert (together[1:] - alone).abs().max() < 1e-5


def test_grain_is_fine_and_brushes_are_not(painter):
    photo, noise = picture(64, 64), torch.randn(1, TINY.noise, 16, 16, generator=torch.Generator().manual_seed(1))
    code, brushes, grain = painter.code(picture(64, 64, 5)), noise.clone(), noise.clone()
    brushes[:, TINY.brushes :], grain[:, : TINY.brushes] = 0, 0
    plain = painter(photo, code, 0 * noise)[0]
    for moved, fine in ((brushes, False), (grain, True)):
        change = painter(photo, code, moved)[0] - plain
        coarse = torch.nn.functional.avg_pool2d(change, 4)
        assert (coarse.std() < 0.4 * change.std()) == fine


def test_noise_and_style_change_the_painting(painter):
    photo, styles = picture(32, 32), painter.code(picture(32, 32, 5, 2))
    plain, _ = painter(photo, styles[:1])
    brushed, _ = painter(photo, styles[:1], noise_maps(1))
    other, _ = painter(photo, styles[1:])
    assert (plain - brushed).abs().mean() > 1e-4 and (plain - other).abs().mean() > 0.02


def test_the_house_painter_is_small():
    painter = Painter()
    assert sum(p.numel() for p in painter.parameters()) <= 8_000_000
    assert StyleConfig().code == painter.code(picture(64, 64)).shape[1]
    assert not any(p.requires_grad for p in painter.encoder.parameters()), "the encoder is taught beforehand"


def test_sizes_are_kept_with_the_weights():
    assert config_of(notes_of(TINY)) == TINY and config_of({}) == StyleConfig()
