"""The yardsticks of style transfer: each tells good from bad where we know which is which."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from models import weights
from models.cache import ModelCache
from models.devices import Machine
from models.style import (
    collection,
    engine,
    evaluate,
    figures,
    judge_bench,
    judge_control,
    judge_fidelity,
    judge_losses,
    judge_style,
    looks,
    tiles,
    train_looks,
)
from models.style.judge_bench import Bench, Model, at
from models.style.network import TINY, notes_of, tiny_painter
from tests.models.style.studio import blots, furnish

FEW = evaluate.Counts(
    judge_losses.Effort(pairs=1, seeds=2, steps=1),
    judge_fidelity.Effort(photos=2, seeds=2, gatys=1, steps=1),
    judge_style.TeachConfig(crops=32, batch=16),
    pairs=2,
    tiled=1,
    films=1,
    timed_at=(64,),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return furnish(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for module in (judge_bench, judge_losses, judge_fidelity, judge_control):
        monkeypatch.setattr(module, "SIDE", 96)
    monkeypatch.setattr(judge_bench, "STROKES_AT", 96)
    monkeypatch.setattr(judge_losses, "_INVERSION", 8)
    monkeypatch.setattr(judge_control, "_SEAM", (192, 160))
    monkeypatch.setattr(tiles, "TILE", 128)


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """The model in the box is a tiny painter with weights drawn at random, its codes those of the styles' numbers."""
    about = notes_of(TINY) | {"images": "1200", "minutes": "3"}
    monkeypatch.setattr(engine, "FILE", weights.save(tmp_path / "painter.safetensors", tiny_painter(), about))
    chance = np.random.default_rng(0)
    codes = {slug: chance.standard_normal(TINY.code).astype(np.float32) for slug in collection.slugs()}
    monkeypatch.setattr(collection, "CODES", collection.save_codes(codes, tmp_path / "codes.safetensors"))
    return Model(ModelCache(Machine("cpu", 10**9)))


@pytest.fixture
def bench(folder, shipped):
    return Bench.of(folder, folder, shipped)


@dataclass
class Slider:
    """A model that dissolves a photo into the painting, as far as `way` of the strength says; a code is its number."""

    paintings: list
    way: Callable[[float], float]
    wall: dict = field(default_factory=dict)

    def code_of(self, painting):
        return np.array([next(k for k, known in enumerate(self.paintings) if known is painting)])

    def paint(self, photo, ask):
        own = at(photo, ask.side)
        painting = Image.fromarray(self.paintings[int(ask.code[0])]).resize(own.shape[1::-1])
        painted = own + self.way(ask.strength) * (np.asarray(painting, float) - own)
        brush = np.random.default_rng(ask.seed).normal(0, 3, own.shape) if ask.seed else 0
        return (painted + brush).clip(0, 255).astype(np.uint8)


@pytest.fixture
def slid(bench):
    """The same pictures, with a model whose strength we know."""

    def make(way=lambda strength: strength):
        model = Slider([*bench.unseen.values(), *bench.wall.values()], way)
        model.wall = {slug: model.code_of(painting) for slug, painting in bench.wall.items()}
        return replace(bench, model=model)

    return make


# ---------------------------------------------------------------- the bench


def test_what_is_judged_by_was_held_out(bench):
    assert {kind: len(pictures) for kind, pictures in bench.photos.items()} == {
        "photographs": 1,
        "flowers": 1,
        "faces": 4,
    }
    assert len(bench.unseen) == 12 and not set(bench.unseen) & {style.painting for style in collection.STYLES}
    assert tuple(bench.wall) == collection.slugs()
    pairs = bench.pairs("unseen", 14)
    assert len({id(pair.painting) for pair in pairs[:12]}) == 12
    assert all(a.painting is b.painting for a, b in zip(pairs, bench.pairs("unseen", 14)))
    assert not np.array_equal(pairs[0].code, pairs[1].code)


def test_every_style_of_the_wall_gets_its_looks(folder, shipped, tmp_path, monkeypatch):
    monkeypatch.setattr(looks, "FILE", train_looks.write(folder, tmp_path / "looks.safetensors", shipped.cache))
    for slug in collection.slugs():
        assert [look.gram.shape[1] for look in looks.of_style(slug)] == list(TINY.encoder_widths)


# ---------------------------------------------------------------- losses and makers


def test_the_photo_has_no_content_loss_and_the_painting_no_style_loss(bench):
    photo, painting = at(bench.some_photos(1)[0], 96), bench.unseen["artic_28560"]
    style = bench.looks(painting)
    assert bench.apart(photo, photo, style)["content"] < 1e-5 < bench.apart(photo, photo, style)["style"]
    itself = at(painting, 96, short=True)
    assert bench.apart(itself, itself, style)["style"] < 1e-5
    both = judge_losses.summed({"content": 0.8, "style": 0.5})["sum"]
    assert both == pytest.approx(0.5 + 0.8 * judge_losses.CONTENT_WEIGHT)


def test_colours_are_moved_to_the_painting_s_and_no_further():
    photo, painting = (np.asarray(blots(90, 70, seed), float) for seed in (1, 2))
    photo, painting = ((picture * 0.3 + 90).astype(np.uint8) for picture in (photo, painting))
    moved = judge_losses.moved_colours(photo, painting).reshape(-1, 3)
    assert np.allclose(moved.mean(0), painting.reshape(-1, 3).mean(0), atol=1)
    assert np.allclose(np.cov(moved.T), np.cov(painting.reshape(-1, 3).T), rtol=0.1, atol=5)
    assert np.abs(judge_losses.moved_colours(photo, photo) - photo.astype(int)).max() <= 1


def test_adain_needs_no_training_and_depends_on_its_random_encoder_alone():
    photo, painting = (np.asarray(blots(64, 48, seed)) for seed in (1, 2))
    first, again, other = (judge_losses.untrained_adain(photo, painting, seed) for seed in (0, 0, 1))
    assert first.shape == photo.shape and np.array_equal(first, again) and not np.array_equal(first, other)
    own = judge_losses.untrained_adain(photo, photo)
    assert np.abs(own - photo.astype(int)).mean() < np.abs(first - photo.astype(int)).mean()


def test_every_maker_is_judged_and_the_descent_is_the_measure(bench):
    found = judge_losses.judge(bench, judge_losses.Effort(pairs=1, seeds=2, steps=3))
    for lot in found.values():
        makers = lot["makers"]
        assert set(makers) == {"photo", "colours", "AdaIN, untrained", "painter", "Gatys"}
        assert makers["Gatys"]["ratio"] == {"mean": 1.0, "deviation": 0.0}
        assert (
            makers["Gatys"]["sum"]["mean"] < makers["photo"]["sum"]["mean"]
            and makers["photo"]["content"]["mean"] < 1e-5
        )
        sums = [total for _, total in lot["curve"]]
        assert len(sums) == 4 and sums[-1] < sums[0] == pytest.approx(makers["photo"]["sum"]["mean"], rel=0.01)


def test_a_descent_matches_the_painter_when_it_first_comes_as_low():
    curve = [
        judge_losses.Timed(SimpleNamespace(step=k, passes=5 * k, total=total), 2.0 * k)
        for k, total in enumerate((9, 4, 2, 1))
    ]
    assert judge_losses._matched([(curve, 3.0)]) == {"never": 0, "step": 2, "passes": 10, "seconds": 4.0}
    assert judge_losses._matched([(curve, 0.5)]) == {"never": 1, "step": None, "passes": None, "seconds": None}


# ---------------------------------------------------------------- which style is this?


def textures() -> dict[str, np.ndarray]:
    """Three paintings that nobody could confuse: stripes, dots, washes."""
    y, x = np.mgrid[:300, :400]
    noise = np.random.default_rng(0).normal(0, 12, (300, 400, 3))
    stripes = np.where(x // 6 % 2, 220, 40)[..., None] * np.array([1, 0.4, 0.3])
    dots = np.where((x % 16 - 8) ** 2 + (y % 16 - 8) ** 2 < 20, 30, 230)[..., None] * np.array([0.3, 0.6, 1])
    washes = np.asarray(blots(400, 300, 3), float) * 0.5 + 60
    kinds = {"stripes": stripes, "dots": dots, "washes": washes}
    return {name: (picture + noise).clip(0, 255).astype(np.uint8) for name, picture in kinds.items()}


@pytest.fixture(scope="module")
def taught():
    return judge_style.teach(textures(), config=judge_style.TeachConfig(crops=480, batch=16))


def test_the_judge_learns_styles_from_one_part_and_knows_them_in_another(taught):
    bench = SimpleNamespace(wall=textures())
    found = judge_fidelity.ceiling(bench, taught)
    assert found["together"] == 1 and found["a crop"] > 0.9
    ends = [
        round(400 * share)
        for part in (judge_style.TAUGHT[0], judge_style.KEPT, judge_style.TAUGHT[1])
        for share in part
    ]
    assert ends == sorted(ends), "no pixel is in two of them"
    assert judge_style.part(textures()["dots"], *judge_style.KEPT).shape == (300, 88, 3)


def test_a_judge_of_the_brush_sees_neither_colour_nor_light():
    picture = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    seen = judge_style.in_grey(picture)
    assert torch.allclose(seen, judge_style.in_grey(picture.flip(1)), atol=1e-5)
    assert torch.allclose(seen, judge_style.in_grey(0.6 * picture + 0.2), atol=0.1)
    assert not torch.allclose(seen, judge_style.in_grey(picture.flip(3)), atol=0.1)


def test_a_kept_judge_says_the_same_and_knows_its_styles(taught, tmp_path):
    path, picture = tmp_path / "judge.safetensors", textures()["dots"]
    judge_style.save(taught, list(textures()), path)
    again = judge_style.chances(judge_style.load(path, tuple(textures())), picture)
    assert np.allclose(again, judge_style.chances(taught, picture), atol=0.05)
    with pytest.raises(ValueError, match="knows 3 other styles than the wall's 2"):
        judge_style.load(path, ("stripes", "dots"))


def test_right_is_counted_among_one_and_three():
    said = [(0, np.array([4.0, 3, 2, 1])), (2, np.array([4.0, 3, 2, 1])), (3, np.array([4.0, 3, 2, 1]))]
    assert judge_fidelity.top(said) == {"top1": pytest.approx(1 / 3), "top3": pytest.approx(2 / 3)}


def test_a_painter_that_paints_what_is_asked_is_told_from_one_that_does_not(bench, taught, monkeypatch):
    monkeypatch.setattr(judge_fidelity, "_by_gatys", lambda *_: [])
    wall = textures()

    def painter(right: bool):
        codes = {slug: np.array([k if right else (k + 1) % 3]) for k, slug in enumerate(wall)}
        shown = list(wall.values())
        return SimpleNamespace(wall=codes, paint=lambda photo, ask: at(shown[int(ask.code[0])], 200))

    good, bad = (
        judge_fidelity.fidelity(replace(bench, model=painter(right), wall=wall), [taught], FEW.fidelity)
        for right in (True, False)
    )
    assert good["pictures"]["painter"] == 6
    good, bad = (found["judged"]["picture"] for found in (good, bad))
    assert good["right"]["painter"]["top1"] == 1 and bad["right"]["painter"]["top1"] == 0
    assert good["confused"] == [] and len(bad["confused"]) == 3


# ---------------------------------------------------------------- controls


def test_strength_that_does_what_it_says_is_told_from_one_that_does_not(slid, monkeypatch):
    def apart(_bench, picture, photo, painting):  # dissolving is no style to a network; to the eye of a pixel it is
        shown = Image.fromarray(painting).resize(picture.shape[1::-1])
        return {"content": 0.0, "style": float(np.abs(picture - np.asarray(shown, float)).mean())}

    monkeypatch.setattr(Bench, "apart", apart)
    monkeypatch.setattr(Bench, "looks", lambda _bench, painting: painting)
    rising = judge_control.strength(slid(), 4)
    assert rising["falling"] == rising["steps_falling"] == 1 and rising["psnr_at_0"]["mean"] > 100
    assert rising["style"][0]["mean"] == pytest.approx(1) and rising["style"][-1]["mean"] < 0.8
    stuck = judge_control.strength(slid(lambda strength: 0.7), 4)
    assert stuck["falling"] == 0 and stuck["psnr_at_0"]["mean"] < 40


def test_seeds_are_measured_against_styles(slid):
    found = judge_control.seeds(slid(), 2)
    assert found["again"]["mean"] == 0 < found["seeds"]["mean"] < found["styles"]["mean"]


def test_perceptual_distance_grows_with_what_is_done_to_a_picture(bench):
    picture = np.asarray(blots(96, 80, 1))
    noise = np.random.default_rng(0).normal(0, 1, picture.shape)
    worse = [(picture + amount * noise).clip(0, 255).astype(np.uint8) for amount in (0, 4, 16, 64)]
    apart = [judge_control.perceptual(bench.squeezenet, picture, one) for one in worse]
    assert apart[0] == 0 and apart == sorted(apart) and apart[-1] < 2
    assert judge_control.perceptual(bench.squeezenet, worse[-1], picture) == pytest.approx(apart[-1], rel=1e-4)


def test_seams_are_seen_where_there_are_some(bench, monkeypatch):
    found = judge_control.seams(bench, 1)
    assert found["largest"]["mean"] < 1
    monkeypatch.setattr(tiles, "RIM", 0)
    broken = judge_control.seams(bench, 1)
    assert broken["at_edges"]["mean"] > 2 * broken["mean"]["mean"] > 20 * found["mean"]["mean"]


def test_time_is_measured_with_one_thread_and_with_all(bench):
    before = torch.get_num_threads()
    found = judge_control.speed(bench, (64,), runs=1)
    assert "1" in found["seconds"] and all(took["64"] > 0 for took in found["seconds"].values())
    assert torch.get_num_threads() == before and 1_000 < found["parameters"] < 100_000


# ---------------------------------------------------------------- all of it


def test_everything_is_judged_written_down_and_put_into_the_card(bench, tmp_path, monkeypatch):
    sheets, bench = {}, replace(bench, wall=dict(list(bench.wall.items())[:3]))
    monkeypatch.setattr(judge_control.os, "cpu_count", lambda: 1)
    found = evaluate.evaluate(bench, FEW, judges=tmp_path, save=sheets.__setitem__)
    assert set(found) == {"about", "seconds", "losses", "fidelity", "strength", "seeds", "seams", "flicker", "speed"}
    assert set(sheets) == {"makers-unseen", "makers-wall", "fidelity", "strength"}
    assert all(isinstance(sheet, Image.Image) for sheet in sheets.values())
    assert len(list(tmp_path.glob("style-judge-*"))) == 2
    kept = json.loads(json.dumps(found))
    assert kept == found, "all of it is plain data"
    card = tmp_path / "card.md"
    card.write_text(f"before\n{figures._BEGIN}\nold\n{figures._END}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(figures, "CARD", card)
    figures.write_card(found)
    text = card.read_text(encoding="utf-8")
    assert text.startswith("before") and text.endswith("after\n") and "old" not in text
    assert "The painter saw 1,200 pictures in 3 minutes" in text
    assert all(
        len(set(row.count("|") for row in table.splitlines())) == 1 for table in text.split("\n\n") if table[0] == "|"
    )


def test_parts_judged_before_are_kept_for_the_very_same_weights_alone(tmp_path):
    path = tmp_path / "figures.json"
    path.write_text(json.dumps({"about": {"images": "1"}, "seconds": {"seams": 2}, "seams": 3}))
    again = {"about": {"images": "1"}, "seconds": {"speed": 4}, "speed": 5}
    assert evaluate.joined(path, again) == again | {"seams": 3, "seconds": {"seams": 2, "speed": 4}}
    assert evaluate.joined(path, again | {"about": {}}) == again | {"about": {}}
