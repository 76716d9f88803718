"""Tiles: the same painting as in one piece, whatever the tile, with steps that can be heard and stopped."""

import pytest
import torch

from models.style import tiles
from models.style.network import STRIDE, TINY, tiny_painter


@pytest.fixture(scope="module")
def painter():
    return tiny_painter()


@pytest.fixture(scope="module")
def scene(painter):
    chance = torch.Generator().manual_seed(0)
    photo = torch.rand(1, 3, 112, 136, generator=chance) * 1.6 - 0.8
    noise = torch.randn(1, TINY.noise, 28, 34, generator=chance)
    return photo, painter.code(photo.flip(3) * 0.5), noise


@pytest.mark.parametrize("tile", [24, 40, 96])
def test_tiles_have_no_seams(painter, scene, tile):
    whole, _ = painter(*scene)
    tiled = tiles.paint(painter, *scene, tile=tile)
    assert (whole - tiled).abs().max() < 1e-4


def test_every_step_is_told(painter, scene):
    heard = []
    tiles.paint(painter, *scene, on_tile=lambda *at: heard.append(at), tile=64)
    assert [done for done, _ in heard] == list(range(1, 14)) and {of for _, of in heard} == {13}


def test_a_listener_can_stop_the_work(painter, scene):
    def stop(done: int, of: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        tiles.paint(painter, *scene, on_tile=stop, tile=64)


@pytest.mark.parametrize("height, width", [(1, 1), (1, 300), (17, 16), (50, 33), (64, 64)])
def test_padding_makes_any_picture_fit(height, width):
    photo = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))
    fits = tiles.padded(photo)
    assert all(side % STRIDE == 0 and side >= 16 for side in fits.shape[2:])
    assert torch.equal(fits[..., :height, :width], photo)
    assert all(side < max(16, given + STRIDE) + 1 for side, given in zip(fits.shape[2:], (height, width)))
