"""The engine on a tiny house folder: what a seed promises, what a step tells, what a look inside shows."""

import json
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from models.errors import BadInput, Stopped, WeightsDamaged
from models.text2image import engine
from models.text2image.engine import HOUSE, Ask, open_house, paint
from models.text2image.grid_xy import cells, grid_xy
from models.text2image.inside import look_inside
from models.text2image.neighbours import known_captions, neighbours
from models.text2image.stages import two_stages
from models.text2image.words import unknown

ASK = Ask("a green apple with a stem", seed=5, steps=4, count=2)
BARE = """
import json, sys, torch
from diffusers import DiffusionPipeline
pipeline = DiffusionPipeline.from_pretrained(sys.argv[1])
wish = json.loads(sys.argv[2])
pictures = pipeline(
    wish["prompt"], num_inference_steps=wish["steps"], guidance_scale=wish["guidance"],
    negative_prompt=wish["negative_prompt"], use_resolution_binning=False, clean_caption=False,
    num_images_per_prompt=wish["count"],
    generator=[torch.Generator().manual_seed(wish["seed"] + k) for k in range(wish["count"])],
).images
sys.stdout.buffer.write(b"".join(picture.tobytes() for picture in pictures))
"""


def alike(one, other) -> bool:
    """Whether two pictures are the same but for rounding, which differs with the shape of a batch."""
    return np.abs(np.subtract(one, other, dtype=int)).max() <= 1


def shows_something(picture) -> bool:
    return np.ptp(np.asarray(picture)) > 3


# ---------------------------------------------------------------- painting


def test_a_seed_is_a_picture_alone_or_among_others(house, cache):
    first, second = paint(ASK, cache=cache)
    assert (first.mode, first.size) == ("RGB", (32, 32)) and shows_something(first)
    assert not alike(first, second)
    again = paint(ASK, cache=cache)
    assert [picture.tobytes() for picture in again] == [first.tobytes(), second.tobytes()]
    alone = paint(Ask(ASK.prompt, 6, 4, count=1), cache=cache)[0]
    assert alike(alone, second), "picture k is that of seed + k"


@pytest.mark.parametrize(
    "change", [{"prompt": "a red tulip"}, {"guidance": 6.0}, {"negative_prompt": "a red tulip"}, {"steps": 7}]
)
def test_every_setting_has_its_effect(house, cache, change):
    from dataclasses import replace

    assert not alike(paint(ASK, cache=cache)[0], paint(replace(ASK, **change), cache=cache)[0])


def test_a_bare_pipeline_in_another_process_paints_the_same(tiny_house, cache, monkeypatch):
    path = engine.FOLDER if engine.FOLDER.is_dir() else tiny_house
    monkeypatch.setattr(engine, "FOLDER", path)
    ask = Ask("a smiling woman with round glasses", 11, steps=3, guidance=2.5, negative_prompt="a man", count=2)
    bare = subprocess.run(
        [sys.executable, "-c", BARE, str(path), json.dumps(ask.__dict__)], capture_output=True, check=True
    ).stdout
    ours = b"".join(picture.tobytes() for picture in paint(ask, cache=cache))
    assert len(bare) == len(ours)
    assert np.abs(np.subtract(*(np.frombuffer(pixels, np.uint8) for pixels in (bare, ours)), dtype=int)).max() <= 1


def test_each_step_shows_what_the_pictures_are_going_to_be(house, cache):
    heard = []
    finished = paint(ASK, cache=cache, on_step=heard.append)
    assert [(step.index, step.of) for step in heard] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert all(len(step.previews) == 2 and step.previews[0].size == (16, 16) for step in heard)
    far = [np.subtract(step.previews[0].resize((32, 32)), finished[0], dtype=float) for step in heard]
    assert np.abs(far[-1]).mean() < np.abs(far[0]).mean()


def test_one_step_is_enough_for_a_picture(house, cache):
    assert shows_something(paint(Ask("a red tulip", 1, steps=1, count=1), cache=cache)[0])


def test_whoever_raises_at_a_step_ends_the_work_and_the_model_is_free(house, cache):
    def stop(step):
        raise Stopped("This was called off.")

    with pytest.raises(Stopped):
        paint(ASK, cache=cache, on_step=stop)
    row = cache.stats().models[0]
    assert (row.key, row.in_use, row.loads) == (HOUSE, 0, 1)
    assert len(paint(ASK, cache=cache)) == 2


def test_many_at_once_share_one_model_and_get_what_they_would_alone(house, cache):
    asks = [Ask(prompt, 3, steps, count=1) for prompt in ("a red tulip", "a white daisy") for steps in (3, 5, 6)]
    expected = [paint(ask, cache=cache)[0] for ask in asks]
    found, errors = {}, []

    def visitor(number):
        try:
            if number % 2:
                look_inside(asks[number], cache=cache)
            found[number] = paint(asks[number], cache=cache)[0]
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=visitor, args=(number,)) for number in range(len(asks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert all(alike(found[number], expected[number]) for number in found) and len(found) == 6
    assert cache.stats().models[0].loads == 1


def test_a_folder_that_was_changed_is_refused_in_a_sentence(house, cache, tmp_path, monkeypatch):
    import shutil

    copy = shutil.copytree(house, tmp_path / "text2image")
    monkeypatch.setattr(engine, "FOLDER", copy)
    (copy / "scheduler" / "scheduler_config.json").write_text("{}")
    with pytest.raises(WeightsDamaged, match="fetch the project again"):
        paint(ASK, cache=cache)


# ---------------------------------------------------------------- looking inside


def test_inside_every_word_has_a_map_at_every_step(house, cache):
    inside = look_inside(Ask("A green apple, Zyxel!", 5, steps=4), cache=cache)
    assert inside.words == ["a", "green", "apple", "zyxel"], "as typed, unknown ones too"
    assert inside.maps.shape == (4, 4, 4, 4) and inside.maps.dtype == np.float32
    assert (inside.maps >= 0).all() and (inside.maps.sum(1) <= 1.001).all(), "shares of one attention"
    assert not np.allclose(inside.maps[:, 1], inside.maps[:, 2])
    assert alike(inside.finished, paint(Ask("A green apple, Zyxel!", 5, steps=4, count=1), cache=cache)[0])


def test_inside_the_latent_loses_its_noise(house, cache):
    inside = look_inside(ASK, cache=cache)
    assert inside.latents.shape == (5, 8, 4, 4) and len(inside.noisy) == 5 and len(inside.estimates) == 4
    assert 0.6 < inside.latents[0].std() < 1.4, "it begins as noise"
    with open_house(cache=cache) as pipeline, torch.inference_mode():
        decoded = pipeline.vae.decode(torch.from_numpy(inside.latents[-1:])).sample[0]
    pixels = ((decoded / 2 + 0.5).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    assert alike(pixels, inside.finished), "and ends as the picture's"


def test_inside_pictures_are_lit_where_a_word_is_looked_for(house, cache):
    inside = look_inside(ASK, cache=cache)
    over_all, at_first = inside.over(2), inside.over(2, step=0)
    assert over_all.size == at_first.size == (256, 256) and over_all.tobytes() != at_first.tobytes()
    assert inside.channels(0).size == (256, 128)


def test_looking_inside_leaves_no_trace_in_the_shared_model(house, cache):
    with open_house(cache=cache) as pipeline:
        before = dict(pipeline.transformer.attn_processors)
        look_inside(ASK, cache=cache)
        assert pipeline.transformer.attn_processors == before
        assert pipeline.scheduler.num_inference_steps is None, "nor does a run"


def test_only_the_house_model_can_be_looked_into(house, cache):
    with pytest.raises(BadInput, match="Only the house model"):
        look_inside(ASK, "text2image/klein-hub", cache)


# ---------------------------------------------------------------- neighbours


def test_a_known_caption_is_its_own_nearest_neighbour(house, cache):
    known = known_captions()
    caption, group = known[10]
    found = neighbours(caption, cache=cache)
    assert found.nearest[0] == (caption, pytest.approx(1, abs=1e-5))
    assert found.place == pytest.approx(found.points[10], abs=1e-4)
    assert found.points.shape == (len(known), 2) and found.groups[10] == group
    assert 0 < found.shown <= 1 and np.abs(found.points.mean(0)).max() < 1e-4


def test_all_known_captions_are_of_words_the_model_knows():
    assert [caption for caption, _ in known_captions() if unknown(caption)] == []
    assert len({caption for caption, _ in known_captions()}) == len(known_captions())


# ---------------------------------------------------------------- grids and stages


def test_a_grid_is_what_each_cell_alone_would_be(house, cache):
    heard = []
    rows = grid_xy(ASK, ("guidance", [1.0, 4.0, 8.0]), ("steps", [2, 3]), cache=cache, on_step=heard.append)
    assert [len(row) for row in rows] == [3, 3]
    assert alike(rows[1][2], paint(Ask(ASK.prompt, 5, 3, 8.0, count=1), cache=cache)[0])
    assert [step.index for step in heard] == list(range(1, 16)) and {step.of for step in heard} == {15}


def test_a_grid_over_words_puts_each_in_the_place_of_the_first():
    asked = cells(ASK, ("word", ["apple", "cherry"]), ("seed", [1, 2]))
    assert [[(ask.prompt, ask.seed) for ask in row] for row in asked] == [
        [("a green apple with a stem", seed), ("a green cherry with a stem", seed)] for seed in (1, 2)
    ]


@pytest.mark.parametrize(
    "x, y, sentence",
    [
        (("seed", [1]), ("seed", [2]), "Both sides of the grid change the seed"),
        (("mood", [1]), ("seed", [2]), "A grid cannot change 'mood'"),
        (("seed", []), ("steps", [2]), "0 values were given"),
        (("seed", range(99)), ("steps", [2]), "99 values were given"),
        (("seed", [1]), ("steps", [60]), "steps 60; 1 to 50 is possible"),
        (("guidance", [float("nan")]), ("steps", [2]), "guidance nan"),
        (("word", ["pear", "apple"]), ("steps", [2]), "The word 'pear' is not in the prompt"),
        (("word", [3]), ("steps", [2]), "needs words"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(x, y, sentence):
    with pytest.raises(BadInput, match=sentence):
        cells(ASK, x, y)


def test_the_second_stage_begins_with_the_first_one_s_picture(house, cache):
    stages = two_stages(Ask(ASK.prompt, 5, steps=10), cache=cache)
    assert stages.rough.size == (64, 64) and stages.refined.size == (32, 32)
    assert stages.steps == (2, 6), "of ten steps, those from 0.6 of the noise on"
    other = two_stages(Ask("a red tulip", 5, steps=10), cache=cache)
    assert not alike(stages.refined, other.refined)
