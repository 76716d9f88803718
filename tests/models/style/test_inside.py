"""The look inside, with a tiny painter drawn at random: what it shows is of the very run, and adds up."""

import numpy as np
import pytest
import torch
from PIL import Image

from models import weights
from models.cache import ModelCache
from models.devices import Machine
from models.errors import BadInput
from models.style import engine, looks, losses
from models.style.engine import Ask
from models.style.inside import CHANNELS, MAPS, PARTS, asked, look_inside, paint_parts, parts_of
from models.style.network import Painter, StyleConfig, notes_of

SIZES = StyleConfig((4, 8, 16, 32), 8, 8, 2, 1, (8, 4), 16)


def picture(seed: int, size: tuple[int, int] = (96, 72), cells: int = 9) -> Image.Image:
    blots = np.random.default_rng(seed).integers(0, 256, (cells, cells + 2, 3), dtype=np.uint8)
    return Image.fromarray(blots).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def painter():
    torch.manual_seed(0)
    painter = Painter(SIZES)
    torch.nn.init.normal_(painter.mapping[-1].weight, std=0.2)  # or every style would be painted alike
    return painter.eval().requires_grad_(False)


@pytest.fixture
def cache(painter, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "FILE", weights.save(tmp_path / "painter.safetensors", painter, notes_of(SIZES)))
    return ModelCache(Machine("cpu", 10**9))


@pytest.fixture
def ask(painter):
    code = painter.code(looks.pixels(picture(5, cells=30), (96, 72), painter.code_mean))
    return Ask(code[0].numpy(), side=96)


def test_the_result_s_own_matrices_and_losses_are_shown(cache, painter):
    photo, result, painting = picture(1), picture(2), picture(5, cells=30)
    layers = look_inside(photo, result, looks.of(painter.encoder, painting, 72), cache)
    assert [layer.name for layer in layers] == ["stride 1", "stride 2", "stride 4", "stride 8"]
    last, channels = layers[-1], layers[-1].channels
    features = painter.encoder(looks.pixels(result, (96, 72), painter.code_mean))[-1]
    whole = losses.gram(features)[0].numpy()[np.ix_(channels, channels)]
    shown = last.grams["result"]
    assert np.allclose(np.square(shown) / np.square(shown).max(), whole / whole.max(), atol=5e-3)
    assert len(set(channels)) == CHANNELS and set(channels) != set(range(CHANNELS)), "the loudest of 32, not the first"
    assert (
        max(gram.max() for gram in last.grams.values()) == pytest.approx(1)
        and min(map(np.min, last.grams.values())) >= 0
    )
    own = looks.of(painter.encoder, result, 72)[-1]
    theirs = looks.of(painter.encoder, painting, 72)[-1]
    assert last.style == pytest.approx(float(losses.style_loss([own], [theirs])), rel=0.05)
    assert all(len(layer.maps["photo"]) == min(MAPS, layer.maps["result"].shape[0]) for layer in layers)
    assert last.heat("painting", 120).size == (120, 120)


def test_a_picture_that_is_the_painting_has_its_matrices_and_no_style_left_to_gain(cache, painter):
    painting = picture(5, (384, 256), cells=30)
    layers = look_inside(picture(1, (384, 256)), painting, looks.of(painter.encoder, painting, 256), cache)
    assert all(layer.style < 1e-3 < layer.style_before for layer in layers)
    assert all(np.allclose(layer.grams["result"], layer.grams["painting"], atol=0.01) for layer in layers)
    untouched = look_inside(painting, painting, looks.of(painter.encoder, picture(6), 256), cache)
    assert all(layer.content < 1e-6 and layer.style == layer.style_before for layer in untouched)


def test_channels_that_fire_together_stand_together(cache, painter):
    layers = look_inside(picture(1), picture(2), looks.of(painter.encoder, picture(5, cells=30), 72), cache)
    gram = layers[-1].grams["painting"] ** 2
    strength = np.sqrt(gram.diagonal())
    likeness = gram / strength[:, None] / strength
    beside = np.mean([likeness[k, k + 1] for k in range(len(likeness) - 1)])
    assert beside > likeness[~np.eye(len(likeness), dtype=bool)].mean()


def test_all_parts_are_the_painting_none_is_the_photo_s_own_and_each_changes_it(cache, ask):
    photo = picture(1)
    every, none = paint_parts(photo, ask, PARTS, cache), paint_parts(photo, ask, (), cache)
    assert np.abs(np.subtract(every, engine.paint(photo, ask, cache=cache), dtype=int)).max() <= 1
    own = engine.paint(photo, Ask(ask.code, strength=0.0, side=96), cache=cache)
    assert np.abs(np.subtract(none, own, dtype=int)).max() <= 1
    alone = [paint_parts(photo, ask, (part,), cache).tobytes() for part in PARTS]
    assert len({none.tobytes(), every.tobytes(), *alone}) == len(PARTS) + 2
    assert paint_parts(photo, ask, ("palette", "strokes"), cache).tobytes() not in alone


def test_every_part_of_the_painter_belongs_somewhere(cache, painter, ask):
    assert len(parts_of(painter)) == len(painter.sizes) and set(parts_of(painter)) == set(PARTS)
    told = asked(picture(1), ask, cache)
    assert list(told) == list(PARTS) and all(value > 0 for value in told.values())


def test_the_shared_painter_is_left_as_it_was(cache, ask):
    before = engine.paint(picture(1), ask, cache=cache)
    paint_parts(picture(1), ask, ("touch",), cache)
    assert engine.paint(picture(1), ask, cache=cache).tobytes() == before.tobytes()


def test_unknown_parts_are_one_sentence(cache, ask):
    with pytest.raises(BadInput, match="no part called 'frame'; it has palette, detail"):
        paint_parts(picture(1), ask, ("frame",), cache)
