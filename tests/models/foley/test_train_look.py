"""The appearance learns from single frames what a hit is on, and what it has learnt stays while the rest learns."""

import numpy as np
import pytest
import torch

from models import training, weights
from models.foley import train_look
from models.foley.looks import MADE, Looks, of_clips
from models.foley.network import SIZES, TINY, tiny
from models.foley.train import Start, TrainConfig, Trainer
from models.foley.train_look import FILE, LookConfig
from models.foley.views import ViewConfig, about, bent_frames
from tests.models.foley.knocks import knocks

CONFIG = LookConfig(frames=48, batch=12, keep_every=24)


@pytest.fixture(scope="module")
def clips():
    return [knocks(seed, 1.5) for seed in range(24)]


def test_frames_are_from_around_their_hits(clips):
    seen = of_clips(clips, range(24), CONFIG.hits_a_clip, 0)
    assert seen.frames.shape[1:] == (112, 112, 3) and len(seen.frames) == len(seen.places) == len(seen.materials)
    assert {hit[2] for clip in clips for hit in clip.hits} == set(seen.materials.tolist())
    assert (np.bincount(seen.materials) <= 24 * CONFIG.hits_a_clip).all()


def test_places_move_with_what_is_there():
    """A white spot is where its place says, and where the map has it, however the frame is bent."""
    frames, places = np.zeros((16, 112, 112, 3), np.uint8), np.tile([[0.4, 0.6]], (16, 1))
    frames[:, 64:71, 41:48] = 255
    made = np.zeros((16, MADE, MADE), np.uint8)
    made[:, 30:38, 18:27] = 9
    plain = ViewConfig(light=1.0, colour=1.0, blurred=0.0)
    seen, inside, there = bent_frames(frames, places, made, np.random.default_rng(0), plain, "cpu")
    assert there.shape == (16, 14, 14) and set(there.unique().tolist()) == {0, 9}
    for picture, map_, (x, y) in zip(seen[:, 0], there, inside.tolist()):
        down, across = (9 == map_).nonzero().float().mean(0).tolist()
        assert np.hypot(across + 0.5 - 7 * (x + 1), down + 0.5 - 7 * (y + 1)) < 0.8
        rows, columns = torch.nonzero(picture > 0.5, as_tuple=True)
        near = torch.hypot(columns + 0.5 - 56 * (x + 1), rows + 0.5 - 56 * (y + 1))
        assert near.min() < 4


def test_a_bump_is_about_its_place():
    bump = about(torch.tensor([[-1.0, 1.0], [0.125, 0.125]]))
    assert bump.shape == (2, 8, 8) and bump[0].argmax() == 7 * 8 and bump[1].argmax() == 4 * 8 + 4
    assert bump[1].max() == pytest.approx(1)


def test_a_stopped_run_goes_on_and_what_was_learnt_stays(clips, tmp_path):
    train_look.train(CONFIG, TINY, clips, tmp_path, "cpu")
    assert weights.metadata(tmp_path / FILE)["frames"] == "48"
    before = weights.load(tmp_path / FILE)
    train_look.train(LookConfig(frames=72, batch=12, keep_every=24), TINY, clips, tmp_path, "cpu")
    assert any((before[name] != of).any() for name, of in weights.load(tmp_path / FILE).items())
    trainer = Trainer(TrainConfig(views=12, batch=4, frames=18), Start(TINY, look=tmp_path / FILE), clips, "cpu")
    taught = {name: of.clone() for name, of in trainer.network.appearance.state_dict().items()}
    for views in (0, 4):  # the first moves nothing: the rate begins at none
        trainer.step(views, *trainer.sources(views), training.Log(tmp_path / "log.jsonl"))
    for name, of in trainer.network.appearance.state_dict().items():
        assert torch.equal(of, taught[name]) is not name.startswith("tell"), name


def test_stills_are_learnt_from_instead_of_clips_and_it_goes_on_from_weights(clips, tmp_path):
    stills = of_clips(clips, range(3), 2, 0)
    stills.save(tmp_path / "stills-000000.npz")
    seen, kept = train_look.gathered(clips, tmp_path, CONFIG, tmp_path)
    assert (seen.frames == stills.frames).all() and (seen.materials == stills.materials).all()
    alone, also_kept = train_look.gathered(clips, None, CONFIG, tmp_path)
    assert len(alone.frames) > len(stills.frames) and (kept.frames == also_kept.frames).all()
    first = weights.save(tmp_path / "first.safetensors", tiny(3), {})
    trainer = train_look.Trainer(CONFIG, TINY, seen, "cpu", first)
    of_it, whole = trainer.network.appearance.state_dict(), weights.load(first)
    assert all(torch.equal(of, whole[f"appearance.{name}"]) for name, of in of_it.items())


def test_it_learns_what_a_hit_is_on(clips, tmp_path):
    config = LookConfig(frames=100_000, batch=32, ema=0.8)
    seen: Looks = of_clips(clips, range(24), config.hits_a_clip, 0)
    trainer, log = train_look.Trainer(config, SIZES["usual"], seen, "cpu"), training.Log(tmp_path / "log.jsonl")
    trainer.view = ViewConfig(light=1.05, colour=1.02, blurred=0.0)
    for step in range(30):
        trainer.step(32 * step, log)
    commonest = np.bincount(seen.materials).max() / len(seen.materials)
    assert trainer.right(seen) > 2 * commonest
