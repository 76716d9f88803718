"""Unpaired translation as the room calls it: the fruit is found, both ways are gone, sizes and refusals hold."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models import registry, weights
from models.cache import ModelCache
from models.errors import BadInput
from models.style import cycle
from models.style.cycle import DIRECTIONS, NO_FRUIT, framed, keys, translate
from models.style.cycle_network import PatchCritic, Translator
from tests.models.style.orchard import drawn

SHIPPED = [weights.WEIGHTS / f"{keys(direction)[0].replace('/', '-')}.safetensors" for direction in DIRECTIONS]
shipped = pytest.mark.skipif(not all(path.is_file() for path in SHIPPED), reason="the CycleGAN is not trained yet")


def random_translator(seed: int) -> Translator:
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        translator = Translator()
        torch.nn.init.normal_(translator.to_change.weight, std=0.02)
        return translator.eval().requires_grad_(False)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> ModelCache:
    """Translators drawn at random in the place of the box's own."""
    from models.devices import this_machine
    from models.settings import Settings

    monkeypatch.setattr(cycle, "WEIGHTS", tmp_path / "weights")
    for seed, path in enumerate(SHIPPED):
        weights.save(tmp_path / "weights" / path.name, random_translator(seed))
    return ModelCache(this_machine(Settings()))


def photo(kind: str = "Apple", width: int = 300, height: int = 200, ground: tuple = (150, 170, 200)) -> Image.Image:
    """A fruit of 100 px somewhere in a photo."""
    canvas = np.full((height, width, 3), ground, np.uint8)
    canvas[height - 120 : height - 20, 30:130] = drawn(kind, 0, 100, ground)
    return Image.fromarray(canvas)


# ---------------------------------------------------------------- the network


def test_an_untrained_translator_changes_nothing():
    pictures = torch.rand(2, 3, 64, 64) * 2 - 1
    assert torch.equal(Translator()(pictures), pictures)


@pytest.mark.parametrize("height, width", [(128, 128), (64, 64), (16, 24)])
def test_a_translation_has_the_shape_of_its_picture(height, width):
    assert random_translator(0)(torch.zeros(1, 3, height, width)).shape == (1, 3, height, width)


def test_networks_are_small():
    assert sum(p.numel() for p in Translator().parameters()) <= 3_000_000
    assert PatchCritic()(torch.zeros(2, 3, 128, 128)).shape == (2, 1, 16, 16)


# ---------------------------------------------------------------- the call


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_there_and_back_are_shown_in_one_size(cache, direction):
    made = translate(photo(), direction, cache)
    assert {picture.size for picture in (made.seen, made.result, made.back, made.change)} == {made.seen.size}
    assert all(picture.mode == "RGB" for picture in (made.seen, made.result, made.back, made.change))
    assert made.result.tobytes() != made.seen.tobytes() and made.note == ""
    assert translate(photo(), direction, cache).result.tobytes() == made.result.tobytes()


def test_the_result_is_what_the_networks_say(cache):
    """At their own size, nothing is between the picture and the networks but rounding."""
    picture = Image.fromarray(drawn("Apple", 0, 128, (220, 220, 230)))
    made = translate(picture, "to-tomato", cache)
    there, again = (random_translator(seed) for seed in (0, 1))
    for network in (there, again):  # as their weights are kept, in half precision
        network.half().float()
    seen = torch.from_numpy(np.array(made.seen)).permute(2, 0, 1)[None].float() / 127.5 - 1
    if made.seen.size == (128, 128):
        result = there(seen).clamp(-1, 1)
        expected = ((result[0].permute(1, 2, 0).numpy() + 1) * 127.5).round()
        assert np.abs(np.asarray(made.result) - expected).max() <= 1
        expected = ((again(result).clamp(-1, 1)[0].permute(1, 2, 0).numpy() + 1) * 127.5).round()
        assert np.abs(np.asarray(made.back) - expected).max() <= 1
    assert made.seen.size == (128, 128)


def test_directions_are_not_the_same(cache):
    one, other = (translate(photo(), direction, cache) for direction in DIRECTIONS)
    assert one.result.tobytes() != other.result.tobytes()
    assert keys("to-tomato") == keys("to-apple")[::-1]


@pytest.mark.parametrize("direction", ["", "to-banana", None, 3, "x" * 1000])
def test_an_unknown_direction_is_a_sentence(direction):
    with pytest.raises(BadInput, match="choose to-tomato or to-apple"):
        translate(photo(), direction)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2000, 3), (3000, 2000), (129, 127)])
def test_photos_of_any_shape_are_taken(cache, size):
    made = translate(Image.new("RGB", size, (10, 200, 90)), "to-apple", cache)
    assert cycle.SIDE <= made.result.width == made.result.height <= cycle.LONGEST
    assert made.note == NO_FRUIT


# ---------------------------------------------------------------- finding the fruit


@pytest.mark.parametrize("ground", [(255, 255, 255), (150, 170, 200), (246, 224, 170), (60, 60, 66)])
@pytest.mark.parametrize("kind", ["Apple", "Tomato"])
def test_the_fruit_is_found_wherever_it_lies(kind, ground):
    seen, found = framed(photo(kind, 400, 260, ground))
    assert found and seen.width == seen.height <= 140
    inside = np.abs(np.asarray(seen, int) - ground).sum(-1) > 90
    rows, columns = np.nonzero(inside.any(1))[0], np.nonzero(inside.any(0))[0]
    assert max(np.ptp(rows), np.ptp(columns)) > 0.7 * seen.width, "it fills its square"
    assert 0 < rows[0] and rows[-1] < seen.height - 1 and 0 < columns[0] and columns[-1] < seen.width - 1


def test_a_shadow_is_not_taken_for_the_fruit():
    y, x = np.mgrid[:200, :300]
    shade = np.exp(-(((x - 150) / 130.0) ** 2 + ((y - 185) / 30.0) ** 2))
    canvas = (np.full((200, 300, 3), 225.0) * (1 - 0.35 * shade[..., None])).astype(np.uint8)
    fruit = drawn("Tomato", 0, 100)
    where = fruit.min(-1) < 235
    canvas[80:180, 100:200][where] = fruit[where]
    seen, found = framed(Image.fromarray(canvas))
    assert found and seen.width < 130


def test_no_fruit_is_seen_in_noise_in_a_gradient_or_in_nothing():
    chance = np.random.default_rng(0)
    noise = chance.integers(0, 255, (90, 120, 3), dtype=np.uint8)
    slope = np.repeat(np.linspace(0, 255, 120).astype(np.uint8)[None, :, None], 90, 0).repeat(3, 2)
    for array in (noise, slope, np.full((90, 120, 3), 77, np.uint8)):
        seen, found = framed(Image.fromarray(array))
        assert not found and seen.size == (128, 128)


def test_a_fruit_at_the_edge_is_framed_with_more_of_the_same_ground():
    canvas = np.full((120, 200, 3), (240, 240, 244), np.uint8)
    canvas[10:110, 96:196] = drawn("Tomato", 0, 100, (240, 240, 244))
    seen, found = framed(Image.fromarray(canvas))
    assert found
    assert np.abs(np.asarray(seen, int)[:, -1] - (240, 240, 244)).max() < 12


# ---------------------------------------------------------------- what ships


def test_the_registry_knows_both():
    family = registry.family("style-cycle")
    assert [spec.key for spec in family] == [keys(direction)[0] for direction in DIRECTIONS]
    assert all((Path(__file__).resolve().parents[3] / spec.card).is_file() for spec in family)


@shipped
def test_what_ships_is_small_and_turns_an_apple_red():
    assert sum(path.stat().st_size for path in SHIPPED) <= 16_000_000
    made = translate(Image.fromarray(drawn("Apple", 0, 128)), "to-tomato")
    before, after = (np.asarray(picture, float)[50:90, 45:85].mean((0, 1)) for picture in (made.seen, made.result))
    assert after[0] - after[1] > before[0] - before[1] + 30
    assert np.abs(np.asarray(made.back, float) - np.asarray(made.seen)).mean() < 15
