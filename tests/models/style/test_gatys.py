"""The slow original, on a tiny encoder drawn at random: it descends, tells its steps, can be stopped and chosen of."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from models import weights
from models.cache import ModelCache
from models.devices import Machine
from models.errors import BadInput, Stopped, WeightsDamaged
from models.style import engine, looks, losses
from models.style.descent import descend
from models.style.gatys import SHAPES, STARTS, STROKES, Descent, paint
from models.style.network import TINY, notes_of, tiny_painter

QUICK = Descent(side=64, steps=4)


def picture(seed: int, size: tuple[int, int] = (90, 70), cells: int = 9) -> Image.Image:
    blots = np.random.default_rng(seed).integers(0, 256, (cells, cells + 2, 3), dtype=np.uint8)
    return Image.fromarray(blots).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def painter():
    return tiny_painter()


@pytest.fixture
def cache(painter, tmp_path, monkeypatch):
    """A cache whose house painter is the tiny one."""
    monkeypatch.setattr(engine, "FILE", weights.save(tmp_path / "painter.safetensors", painter, notes_of(TINY)))
    return ModelCache(Machine("cpu", 10**9))


@pytest.fixture(scope="module")
def style(painter):
    return looks.of(painter.encoder, picture(5, cells=30), 64)


def test_it_descends_with_every_step_it_tells_of(cache, style):
    told = []
    result = paint(picture(1), style, QUICK, cache, told.append)
    assert [moment.step for moment in told] == [0, 1, 2, 3, 4] and {moment.of for moment in told} == {4}
    totals = [moment.total for moment in told]
    assert totals[-1] < 0.5 * totals[0] and all(b <= 1.02 * a for a, b in zip(totals, totals[1:]))
    assert told[0].content[2] < 1e-6 < told[-1].content[2], "it starts from the photo, and leaves it"
    assert all(told[-1].style[layer] < told[0].style[layer] for layer in QUICK.style_layers)
    assert (result.mode, result.size) == ("RGB", (64, 48)) and result.tobytes() == told[-1].picture.tobytes()


def test_from_noise_the_seed_decides_and_from_the_photo_it_does_not(cache, style):
    def run(**change) -> bytes:
        return paint(picture(1), style, replace(QUICK, steps=1, **change), cache).tobytes()

    assert run(start="noise", seed=3) == run(start="noise", seed=3) != run(start="noise", seed=4)
    assert run(seed=3) == run(seed=4)


def test_layers_are_chosen(cache, style):
    told = []
    for layers in (STROKES, SHAPES):
        paint(picture(1), style, replace(QUICK, style_layers=layers), cache, told.append)
    strokes, shapes = told[4], told[9]
    assert tuple(strokes.style) == STROKES and tuple(shapes.style) == SHAPES
    assert strokes.picture.tobytes() != shapes.picture.tobytes()
    only_content = []
    paint(picture(1), style, replace(QUICK, style_layers=(), start="noise"), cache, only_content.append)
    first, last = only_content[0], only_content[-1]
    assert last.style == {} and all(last.content[layer] < 0.8 * first.content[layer] for layer in (1, 2))


def test_a_start_has_the_content_that_suits_it_unless_it_is_chosen():
    assert (Descent().settled().content_layers, Descent().settled().content_weight) == STARTS["photo"]
    chosen = Descent(start="noise", content_layers=(3,), content_weight=0.0)
    assert chosen.settled() == chosen


def test_whole_areas_move_before_specks_do(cache, style):
    """Pixels by themselves would please the encoder with noise: neighbours are changed alike."""
    photo = picture(1, (64, 48))
    changed = np.subtract(paint(photo, style, QUICK, cache), photo, dtype=float)
    smooth = np.asarray([np.roll(changed, shift, axis) for shift in (1, -1) for axis in (0, 1)]).mean(0)
    assert np.corrcoef(changed.ravel(), smooth.ravel())[0, 1] > 0.7


def test_it_can_be_stopped(cache, style):
    told = []

    def stop(moment) -> None:
        told.append(moment.step)
        raise Stopped("This was called off.")

    with pytest.raises(Stopped):
        paint(picture(1), style, QUICK, cache, stop)
    assert told == [0] and not cache.stats().models[0].in_use


def test_the_shared_painter_is_left_as_it_was(cache, style):
    paint(picture(1), style, replace(QUICK, steps=1), cache)
    with cache.lease(engine.HOUSE) as painter:
        assert all(p.grad is None and not p.requires_grad for p in painter.parameters())


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"side": 4000}, "4000 pixels were asked for; 64 to 320"),
        ({"steps": 0}, "0 steps were asked for"),
        ({"start": "the moon"}, "starts from photo or noise, not from 'the moon'"),
        ({"style_layers": (7,)}, r"Layers go from 0 \(the finest\) to 3; \(7, 2\) were asked for"),
        ({"style_layers": (), "content_layers": ()}, "No layer was chosen"),
    ],
)
def test_bad_input_is_one_sentence(style, change, sentence):
    with pytest.raises(BadInput, match=sentence):
        paint(picture(1), style, replace(QUICK, **change))


def test_it_matches_the_features_of_any_network(style, painter):
    """The evaluation descends on SqueezeNet's features, with the same code."""
    pixels = looks.pixels(picture(1), (64, 48), painter.code_mean)

    def features(shown: torch.Tensor) -> list[torch.Tensor]:
        return painter.encoder(shown)[1:3]

    goal = [losses.look(map_) for map_ in features(looks.pixels(picture(5), (64, 48), pixels))]
    states = list(descend(features, pixels, goal, replace(QUICK, style_layers=(0, 1), content_layers=(1,))))
    assert states[-1].total < states[0].total and states[-1].passes > states[1].passes > 0
    assert states[-1].pixels.abs().max() <= 1


# ---------------------------------------------------------------- looks


def test_the_looks_in_the_box_are_those_of_the_paintings(painter, tmp_path, monkeypatch):
    paintings = {"great-wave": picture(5, (300, 200), 30), "kabuki": picture(6, (200, 900), 30)}
    monkeypatch.setattr(looks, "FILE", looks.write(painter.encoder, paintings, tmp_path / "looks.safetensors"))
    for side, asked in ((256, 192), (384, 384), (384, 1536)):
        kept, own = looks.of_style("great-wave", asked), looks.of(painter.encoder, paintings["great-wave"], side)
        for a, b in zip(kept, own, strict=True):
            for part, other in zip(a, b, strict=True):
                assert torch.allclose(part, other, rtol=2e-3, atol=2e-3 * float(other.abs().mean()))
    assert float(losses.style_loss(looks.of_style("kabuki"), looks.of_style("great-wave"))) > 0.001
    with pytest.raises(BadInput, match="no style called 'sunflowers'"):
        looks.of_style("sunflowers")


def test_missing_looks_are_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(looks, "FILE", tmp_path / "nothing.safetensors")
    with pytest.raises(WeightsDamaged, match="nothing.safetensors cannot be read"):
        looks.of_style("great-wave")


def test_a_mixture_is_between_its_styles(style, painter):
    other = looks.of(painter.encoder, picture(6), 64)
    between = looks.mixed([style, other], [1, 3])
    assert torch.allclose(between[2].gram, 0.25 * style[2].gram + 0.75 * other[2].gram)
    assert float(losses.style_loss(between, other)) < float(losses.style_loss(style, other))


def test_a_picture_of_the_visitor_is_seen_like_a_painting_of_the_box(cache, painter):
    seen, known = (
        looks.of_picture(picture(5, (300, 200)), 192, cache),
        looks.of(painter.encoder, picture(5, (300, 200)), 256),
    )
    assert all(torch.allclose(a.gram, b.gram, rtol=0.02, atol=1e-3) for a, b in zip(seen, known, strict=True))
