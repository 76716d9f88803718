"""Training on made-up clips: views are what they come from, a stopped run ends as an unbroken one, and it learns."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from models import training, weights
from models.foley import choosing, train, views
from models.foley.engine import read_network, show
from models.foley.network import STEP, TINY
from models.foley.train import Start, TrainConfig, Trainer
from models.foley.views import ViewConfig
from tests.models.foley.knocks import FPS, knocks

CONFIG = TrainConfig(views=12, batch=4, frames=18, keep_every=8, validated=2)
PLAIN = ViewConfig(40, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def clips():
    return [knocks(seed, 1.5) for seed in range(6)]


def no_other():
    raise AssertionError("no other clip is needed")


# ---------------------------------------------------------------- views


def test_hits_stay_with_their_frames(clips):
    """Whatever the speed, the block is lowest where a hit is said to be."""
    rng, config = np.random.default_rng(0), ViewConfig(frames=40, cut=0.0, held=0.0)
    for _ in range(20):
        view = views.source(knocks(2, 3.0, 0.5), no_other, rng, config)
        bright = (view.grey > 140).any(2)  # (T, H)
        lowest = np.where(bright.any(1), bright.shape[1] - 1 - bright[:, ::-1].argmax(1), 0).astype(float)
        for at, _, _ in view.hits:
            if 2 < at < 37:
                near = slice(max(0, round(at) - 4), round(at) + 5)
                assert abs(near.start + lowest[near].argmax() - at) <= 1.1


def test_what_is_held_is_what_ffmpeg_would_show(tmp_path):
    """Frames of a source of 12 a second, as our own reading gives them and as views hold them."""
    from models import video
    from tests.models.foley.knocks import written

    steps = np.repeat(np.arange(24, dtype=np.uint8)[:, None, None, None] * 10, 3, 3)
    film = written(tmp_path / "steps.mp4", np.tile(steps, (1, 32, 32, 1)), fps=12)
    shown = [round(float(frame.mean()) / 10) for frame in video.frames(film, 30, 32, 15)]
    held = np.round(views.held_times(60, 12, 0.0) * 12 / 30).astype(int).clip(0)
    assert len(shown) == pytest.approx(60, abs=1)
    assert np.abs(np.subtract(shown[:55], held[:55])).max() <= 1 and np.mean(shown[:55] != held[:55]) < 0.05


def test_held_frames_are_really_the_same(clips):
    rng, config = np.random.default_rng(1), ViewConfig(frames=30, held=1.0, cut=0.0, flicker=1.0)
    source = views.source(clips[0], no_other, rng, config)
    grey, _ = views.bent([source], rng, config, "cpu")
    same = np.diff(source.held) == 0
    changed = (grey[0, 1:] - grey[0, :-1]).abs().amax((1, 2)).numpy()
    assert same.sum() > 3 and changed[same].max() < 1e-5 < changed[~same].min()


def test_a_cut_keeps_each_half_s_own_hits():
    config = ViewConfig(frames=40, cut=1.0, held=0.0, speed=1.0)
    busy, still = knocks(3, 2.0, 0.1), knocks(4, 2.0, 5.0)
    for seed in range(5):
        view = views.source(busy, lambda: still, np.random.default_rng(seed), config)
        late = [at for at, _, _ in view.hits if at > 31]
        assert len(view.grey) == 40 and len(view.colour) == -(-40 // STEP) and len(late) <= 1
        assert sum(0 <= at < 10 for at, _, _ in view.hits) >= 2


def test_short_clips_are_held_at_their_ends():
    view = views.source(knocks(0, 0.5), no_other, np.random.default_rng(0), ViewConfig(frames=64, cut=0.0))
    assert view.grey.shape == (64, 112, 112) and (view.grey[-1] == view.grey[-2]).all()


def test_targets_are_bumps_with_their_offsets():
    hits = [(10.3, 0.7, 4), (13.0, 0.2, 2)]
    places, bend = np.array([[0.5, 0.5], [0.75, 0.5]]), np.array([[-0.5, 0, 0.1], [0, 1, 0]])  # mirrored, enlarged
    source = views.Source(np.zeros((20, 2, 2)), np.zeros((4, 2, 2, 3)), np.arange(20), hits, places, bend)
    asked = views.targets([source])
    assert asked.onset[0].argmax() == 13 and asked.onset[0, 13] == 1 and 0.8 < asked.onset[0, 10] < 1
    assert asked.offset[0, [9, 10, 11, 13]].tolist() == pytest.approx([1.3, 0.3, -0.7, 0.0], abs=1e-5)
    assert asked.material[0, [10, 11, 12]].tolist() == [4, 4, 2] and asked.strength[0, 10] == pytest.approx(0.7)
    assert asked.near[0, 5] == 0 < asked.near[0, 11] < asked.near[0, 10]
    assert asked.asked[0].tolist() == [0, 0] + [1] * 16 + [0, 0]
    assert asked.onset[0, :7].max() < 1e-6
    assert asked.place[0, 10].tolist() == pytest.approx([0.2, 0]) and asked.place[0, 13, 0] == pytest.approx(-0.8)


def test_plain_views_are_their_clips(clips):
    rng = np.random.default_rng(0)
    source = views.source(clips[0], no_other, rng, PLAIN)
    grey, colour = views.bent([source], rng, PLAIN, "cpu")
    assert grey.shape == (1, 40, 128, 128) and colour.shape == (1, 7, 3, 112, 112)
    shrunk = [Image.fromarray(frame).resize((128, 128), Image.Resampling.BILINEAR) for frame in source.grey]
    seen, made = np.stack([np.asarray(frame) for frame in shrunk]), 255 * grey[0].numpy()
    assert min(np.abs(made - seen).mean(), np.abs(made[..., ::-1] - seen).mean()) < 3  # mirrored or not


def test_what_is_struck_is_where_it_is_said_to_be():
    """The block's foot, at a hit, is at the place that the maps are shown."""
    clip, config = knocks(5, 3.0, 0.5), ViewConfig(frames=40, cut=0.0, held=0.0, grain=0.0, flicker=0.0, light=1.05)
    for seed in range(8):
        rng = np.random.default_rng(seed)
        source = views.source(clip, no_other, rng, config)
        grey, _ = views.bent([source], rng, config, "cpu")
        asked = views.targets([source])
        frame = int((asked.onset * asked.asked)[0].argmax())
        column, row = ((asked.place[0, frame] + 1) * 64).tolist()
        bright = (grey[0, frame] > 0.8 * grey[0, frame].max()).numpy()
        rows, columns = np.nonzero(bright)
        near = np.hypot(rows - row, columns - column)
        assert near.min() < 8 and bright.sum() > 80


def test_views_are_never_played_backwards(clips):
    for seed in range(10):
        source = views.source(clips[0], no_other, np.random.default_rng(seed), ViewConfig(frames=30, cut=0.0))
        assert (np.diff(source.held) >= 0).all()


# ---------------------------------------------------------------- training


class _Stopped(Exception):
    pass


def test_a_stopped_run_ends_as_an_unbroken_one_and_can_watch(clips, tmp_path, monkeypatch):
    def run(name):
        train.train(CONFIG, Start(TINY), clips, tmp_path / name, "cpu")

    run("whole")
    keep = training.save_checkpoint

    def stop(path, state):
        keep(path, state)
        raise _Stopped

    with monkeypatch.context() as patch:
        patch.setattr(training, "save_checkpoint", stop)
        with pytest.raises(_Stopped):
            run("broken")
    run("broken")
    ours, theirs = (weights.load(tmp_path / name / "foley-hits.safetensors") for name in ("whole", "broken"))
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], atol=2e-3, rtol=1e-2, msg=name)
    network = read_network(tmp_path / "whole" / "foley-hits.safetensors")
    assert network.config == TINY and show(network, clips[0].frames).curves().onset.shape == (45,)
    notes = weights.metadata(tmp_path / "whole" / "foley-hits.safetensors")
    assert (notes["views"], notes["clips"]) == ("12", "6")
    assert (tmp_path / "whole" / "samples-0000012.png").is_file()
    told = json.loads((tmp_path / "whole" / "validation.jsonl").read_text().splitlines()[-1])
    assert {"f1_1 frame", "f1_0.1 s", "material", "material_hidden", "threshold"} <= told.keys()
    logged = json.loads((tmp_path / "whole" / "log.jsonl").read_text().splitlines()[-1])
    branches = [logged[f"gradient_{part}"] for part in ("motion", "appearance", "trunk")]
    assert min(branches) > 0 and logged["onset_of_constant"] > 0


def test_clips_kept_for_validation_are_not_trained_on(clips):
    trainer = Trainer(CONFIG, Start(TINY), clips * 7, "cpu")
    assert 0 not in trainer.numbers and 20 not in trainer.numbers and len(trainer.numbers) == 39


def test_it_goes_on_from_weights_and_blind_leaves_what_it_knows_of_materials(clips, tmp_path):
    train.train(CONFIG, Start(TINY), clips, tmp_path / "first", "cpu")
    file = tmp_path / "first" / "foley-hits.safetensors"
    train.train(CONFIG, Start(begin=file, blind=True), clips, tmp_path / "then", "cpu")
    then = tmp_path / "then" / "foley-hits.safetensors"
    before, after = weights.load(file), weights.load(then)
    still = ("appearance.", "mix.", "material.")
    for name in before:
        same = name == "temperature" or torch.equal(before[name], after[name])
        assert same or not name.startswith(still), name
    assert any(not torch.equal(before[name], after[name]) for name in before if name.startswith("motion."))
    assert weights.metadata(then)["views"] == "24", "those before count too"


def test_it_learns_when_something_lands(tmp_path):
    """After some steps the onset of clips never seen is told much better than by a constant."""
    config = TrainConfig(views=100_000, batch=6, frames=40, learning_rate=6e-3, hidden=0.0)
    trainer = Trainer(config, Start(TINY), [knocks(seed, 2.0) for seed in range(12)], "cpu")
    trainer.view, log = PLAIN, training.Log(tmp_path / "log.jsonl")
    for step in range(60):
        trainer.step(6 * (400 + step), *trainer.sources(6 * step), log)
    log.sums, log.counts = {}, {}
    for step in range(4):
        trainer.step(6 * (400 + step), *trainer.sources(6 * (100 + step)), log)
    assert float(log.sums["onset"]) < 0.75 * float(log.sums["onset_of_constant"])


def test_temperature_is_that_of_the_best_probabilities():
    chance = torch.Generator().manual_seed(0)
    logits = torch.randn(4000, 5, generator=chance)
    answers = torch.multinomial((logits / 2).softmax(1), 1, generator=chance)[:, 0]
    assert choosing.calibrated(logits, answers) == pytest.approx(2, rel=0.1)
    assert choosing.calibrated(logits[:0], answers[:0]) == 1.0


def test_materials_are_read_at_hits():
    logits = torch.arange(60.0).reshape(30, 2)
    told, answers = choosing.at_hits([logits], [[(0.2, 0.5, 1), (5.0, 0.5, 0)]])
    assert told.tolist() == [[12.0, 13.0], [58.0, 59.0]] and answers.tolist() == [1, 0]
    assert FPS * 0.2 == 6
