"""The CycleGAN's pictures, training and judgement, on a made-up orchard: resumable, readable, and able to fail."""

import numpy as np
import pytest
import torch

from models import training as resumable
from models import weights
from models.style import cycle_data, evaluate_cycle, train_cycle
from models.style.cycle_data import DOMAINS
from models.style.train_cycle import Pool, TrainConfig
from tests.models.style.orchard import APPLES, plant
from tests.models.style.studio import furnish

TINY = TrainConfig(batch=2, half_images=4, full_images=2, pictures=6, pool=3, identity_every=2, keep_every=4)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return plant(furnish(tmp_path_factory.mktemp("data")))


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(train_cycle, "HELD_OUT", 2)


# ---------------------------------------------------------------- pictures


def test_held_out_varieties_are_held_out(data):
    train, held_out = (cycle_data.varieties(data, "apple", split) for split in (False, True))
    assert [folder.name for folder in train] == [APPLES[0]] and [folder.name for folder in held_out] == [APPLES[1]]


def test_pictures_are_the_domains_and_depend_on_their_number_alone(data):
    apples, tomatoes = (cycle_data.pictures(data, domain, False, 6) for domain in DOMAINS)
    assert apples.shape == (6, 128, 128, 3) and apples.dtype == np.uint8
    middle = (slice(None), slice(56, 76), slice(50, 70))
    assert apples[middle][..., 1].mean() > 100 > 80 > tomatoes[middle][..., 1].mean()
    assert np.array_equal(cycle_data.pictures(data, "apple", False, 3), apples[:3])
    assert not np.array_equal(cycle_data.pictures(data, "apple", False, 3, seed=1), apples[:3])


def test_pictures_are_rendered_once(data, tmp_path, monkeypatch):
    first = cycle_data.kept(tmp_path / "apple.npy", data, "apple", True, 3)
    monkeypatch.setattr(cycle_data, "pictures", lambda *_: pytest.fail("rendered again"))
    assert np.array_equal(cycle_data.kept(tmp_path / "apple.npy", data, "apple", True, 3), first)


# ---------------------------------------------------------------- training


def test_a_pool_gives_back_what_it_was_shown_and_forgets_another_size():
    chance, pool = torch.Generator().manual_seed(0), Pool(4, 8)
    first = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 8, 8)
    assert torch.equal(pool.swap(first, chance), first)
    shown = pool.swap(first + 10, chance)[:, 0, 0, 0]
    assert set(shown.tolist()) <= {0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0}
    assert (shown < 4).any() and (shown >= 10).any()
    small = torch.full((2, 3, 4, 4), 7.0)
    assert torch.equal(pool.swap(small, chance), small) and int(pool.filled) == 2


class _Stopped(Exception):
    pass


def test_a_stopped_run_ends_as_an_unbroken_one(data, tmp_path, monkeypatch):
    train_cycle.train(TINY, data, tmp_path / "whole", "cpu")
    keep = resumable.save_checkpoint

    def stop_after_the_first(path, state):
        keep(path, state)
        raise _Stopped

    monkeypatch.setattr(resumable, "save_checkpoint", stop_after_the_first)
    with pytest.raises(_Stopped):
        train_cycle.train(TINY, data, tmp_path / "broken", "cpu")
    monkeypatch.setattr(resumable, "save_checkpoint", keep)
    train_cycle.train(TINY, data, tmp_path / "broken", "cpu")
    for target in DOMAINS:
        name = f"style-cycle-{target}.safetensors"
        whole, broken = (weights.load(tmp_path / run / name) for run in ("whole", "broken"))
        assert whole.keys() == broken.keys()
        assert all(torch.allclose(whole[part], broken[part], atol=2e-3) for part in whole), target
    assert weights.metadata(tmp_path / "whole" / name)["images"] == "6"
    assert (tmp_path / "whole" / name).stat().st_size <= 8_000_000
    assert (tmp_path / "whole" / "samples-0000006.png").exists()


def test_it_learns_which_way_is_which(data, tmp_path):
    """After a few steps, apples are redder and tomatoes less so; the files are named by where they lead."""
    config = TrainConfig(batch=2, half_images=96, full_images=0, pictures=12, pool=8, keep_every=96, cycle=1.0)
    train_cycle.train(config, data, tmp_path, "cpu")
    translate = evaluate_cycle.by_network(evaluate_cycle.networks(tmp_path))
    for target, sign in (("tomato", 1), ("apple", -1)):
        source = next(domain for domain in DOMAINS if domain != target)
        pictures = cycle_data.pictures(data, source, True, 8)
        assert sign * (redness(translate(pictures, target)) - redness(pictures)) > 3, target


def redness(pictures):
    """How much more red than green there is in the middle."""
    middle = pictures[:, 50:80, 45:75].astype(int)
    return (middle[..., 0] - middle[..., 1]).mean()


# ---------------------------------------------------------------- judgement


@pytest.fixture(scope="module")
def bench(data, tmp_path_factory):
    return evaluate_cycle.Bench.of(data, tmp_path_factory.mktemp("judge"), evaluate_cycle.QUICK)


def test_doing_nothing_has_a_perfect_cycle_and_is_no_translation(bench):
    kept = ("cycle_levels", "cycle_features", "ground_levels", "changed_levels", "identity_levels")
    for found in evaluate_cycle.judged(bench, evaluate_cycle.nothing).values():
        assert [found[name] for name in kept] == [0] * len(kept)


def test_the_other_domain_itself_would_pass_for_a_translation(bench):
    real = evaluate_cycle.floor(bench)

    def ideal(pictures, target):
        return np.asarray(bench.held_out[target])[: len(pictures)]

    for target, found in evaluate_cycle.judged(bench, ideal).items():
        plain = evaluate_cycle.judged(bench, evaluate_cycle.nothing)[target]
        assert found["taken_for_target"] == real[target]["taken_for_target"] > plain["taken_for_target"]
        assert found["frechet"] < plain["frechet"] and found["sliced_wasserstein"] < plain["sliced_wasserstein"]
        assert found["changed_levels"] > 3 and found["ground_levels"] > 1


def test_moved_colours_are_those_of_the_other_domain(bench):
    moved = evaluate_cycle.by_colours(bench.lessons)(bench.held_out["apple"], "tomato")
    lots = bench.held_out["apple"], moved, bench.lessons["tomato"]
    apples, ours, theirs = (evaluate_cycle._colours(lot)[0] for lot in lots)
    assert np.abs(ours - theirs).max() < 0.5 * np.abs(apples - theirs).max()


def test_the_card_takes_the_figures(bench, data, tmp_path, monkeypatch):
    train_cycle.export(train_cycle.Trainer(TINY, data, "cpu"), tmp_path, 3.0, 6)
    figures = evaluate_cycle.evaluate(tmp_path, bench, data)
    card = tmp_path / "card.md"
    card.write_text(evaluate_cycle.CARD.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(evaluate_cycle, "CARD", card)
    evaluate_cycle.write_card(figures)
    text = card.read_text(encoding="utf-8")
    assert text.count("| to tomato |") == text.count("| to apple |") == 1
    assert "in 3 minutes on two shared CPU cores" in text and "## Known failures" in text
    assert figures["network"]["apple"]["cycle_levels"] == 0, "an untrained network changes nothing"
