"""The judges: what a perfect network and a blind one get, and that figures become a card."""

import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.foley import baselines, evaluate, figures, judge_films, judge_held_out, scores
from models.foley.baselines import Peaks, Usual
from models.foley.engine import save_network
from models.foley.evaluate import Bench, Counts
from models.foley.hits import Curves, Hit, Picking
from models.foley.materials import NAMES, RATE
from models.foley.network import tiny
from tests.models.foley.knocks import knocks, written
from tests.models.foley.test_hits import curves

TIMES = st.lists(st.floats(0, 3), max_size=6).map(sorted)


@settings(deadline=None)
@given(TIMES, TIMES)
def test_pairs_are_as_many_as_there_can_be(found, true):
    made = scores.pairs(found, true, 0.1)
    assert len({i for i, _ in made}) == len({j for _, j in made}) == len(made)
    assert all(abs(found[i] - true[j]) <= 0.1 + 1e-6 for i, j in made)
    near = [(i, j) for i, a in enumerate(found) for j, b in enumerate(true) if abs(a - b) <= 0.1]
    for chosen in combinations(near, min(len(made) + 1, 4)):
        distinct = len({i for i, _ in chosen}) == len({j for _, j in chosen}) == len(chosen)
        assert not distinct or len(chosen) <= len(made)


def test_f1_counts_misses_and_inventions():
    told = scores.count([[0.1, 0.5], [1.0]], [[0.12, 0.9], []], 0.05)
    assert (told.matched, told.found, told.true) == (1, 3, 2)
    assert told.f1 == pytest.approx(2 / 5) and scores.count([[]], [[]], 0.1).f1 == 1


def test_the_picking_that_fits_is_chosen():
    low = [curves([0.5, 1.0], height=0.3), curves([0.7], height=0.3)]
    picking = scores.chosen(low, [[0.5, 1.0], [0.7]])
    assert picking.threshold <= 0.4


def test_hits_agree_as_far_as_makes_the_truth_likelier():
    """Where one in four looks like something else that it is not, they agree; where it is that, they do not."""
    told = curves([0.5, 1.0, 1.5, 2.0])
    first = np.arange(len(told.materials))[:, None] < 22
    odd = replace(told, materials=np.where(first, [[0.2, 0.7, 0.1]], told.materials))
    struck = [(at, 0.5, 0) for at in (0.5, 1.0, 1.5, 2.0)]
    assert scores.agreeing([odd], [struck], Picking()).agreement == max(scores.AGREEMENTS)
    sure = replace(told, materials=np.where(first, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]))
    assert scores.agreeing([sure], [[(0.5, 0.5, 1), *struck[1:]]], Picking()).agreement == 0


def test_loudness_and_centroid_are_heard_at_hits():
    time = np.arange(RATE) / RATE
    ring = [np.exp(-20 * time) * np.sin(2 * np.pi * hertz * time) for hertz in (300, 3000)]
    sound = np.concatenate([np.zeros(RATE // 2), 0.8 * ring[0], 0.2 * ring[1]]).astype(np.float32)
    none, low, high = scores.heard(sound, [0.1, 0.5, 1.5])
    assert low[0] > high[0] > 0.1 and high[1] > low[1] + 5
    assert none[0] < 0.3 * high[0] and scores.heard(sound, []).shape == (0, 2)


def test_movement_is_a_peak_where_the_block_is_fastest():
    still, moving = knocks(0, 1.0, 9.0), knocks(0, 2.0, 0.5)
    assert baselines.movement(moving.frames).mean() > 2 * baselines.movement(still.frames).mean()
    assert baselines.movement(moving.frames).shape == (60,)
    setting = baselines.tuned([baselines.movement(moving.frames)], [[hit[0] for hit in moving.hits]])
    found = [at for at, _ in baselines.peaks(baselines.movement(moving.frames), setting)]
    assert scores.count([found], [[hit[0] for hit in moving.hits]], 0.1).f1 > 0.5


def test_baselines_give_hits_that_can_be_struck():
    usual = Usual(np.array([0.1, 0.5, 0.9]), np.array([3, 3, 3]), len(NAMES))
    rng = np.random.default_rng(0)
    hits = baselines.at_random(9, 2.0, usual, rng)
    assert len(hits) == 9 and all(hit.materials[3] == 1 and 0 <= hit.seconds <= 2 for hit in hits)
    moving = np.zeros(60)
    moving[[10, 30, 50]] = 1, 3, 2
    hits = baselines.from_movement(moving, Peaks(0.5, 3, 0), usual, rng)
    assert [hit.seconds for hit in hits] == pytest.approx([9.5 / 30, 29.5 / 30, 49.5 / 30])
    assert hits[0].strength < hits[2].strength < hits[1].strength


def seen(clip, told: Curves) -> judge_held_out.Seen:
    hidden = replace(told, materials=np.full_like(told.materials, 1 / len(NAMES)))
    blind = judge_held_out.see(tiny(), clip)
    return replace(blind, curves=told, hidden=hidden)


def perfect(clip) -> Curves:
    """What a network would say that knows it all."""
    told = curves([hit[0] for hit in clip.hits], len(clip.frames), clip.hits[0][1])
    return replace(told, materials=np.tile(np.eye(len(NAMES))[clip.hits[0][2]], (len(clip.frames), 1)))


@pytest.fixture(scope="module")
def films():
    return [knocks(seed) for seed in range(5)]


@pytest.fixture(scope="module")
def network():
    network = tiny()
    network.picking = Picking()
    return network


def struck(hits, seconds):
    """As `synthesis.sound`: a tone a hit, higher from material to material."""
    sound = np.zeros(round(seconds * RATE), np.float32)
    for hit in hits:
        first = min(round(hit.seconds * RATE), len(sound) - 1)
        time = np.arange(len(sound) - first) / RATE
        hertz = 300 * (1 + int(np.argmax(hit.materials)))
        sound[first:] += hit.strength * np.exp(-30 * time) * np.sin(2 * np.pi * hertz * time)
    return sound


def test_who_knows_it_all_is_right(films, network):
    told = [seen(clip, perfect(clip)) for clip in films]
    known = judge_held_out.known(films)
    onsets = judge_held_out.onsets(told, network, known)["makers"]
    assert onsets["network"]["1 frame"] == 1 and onsets["network"]["ms"] < 0.1 < onsets["without offsets"]["ms"]
    assert onsets["random times"]["0.1 s"] < 0.8 and onsets["random times"]["deviation"]["0.1 s"] > 0
    materials = judge_held_out.materials(told, network)
    assert materials["right"] == 1 > materials["appearance hidden"] and materials["confused"] == []
    assert judge_held_out.strength(told, network)["r"] > 0.999
    sounds = judge_held_out.sounds(told, network, known, struck)
    for maker in ("network", "true hits, struck anew"):
        assert sounds[maker]["loudness r"] > 0.99 and sounds[maker]["centroid r"] > 0.99
    assert sounds["random times"]["loudness r"] < 0.9 and sounds["network"]["loudness error"] < 0.01


def test_who_sees_nothing_is_wrong(films, network):
    blind = [seen(clip, replace(perfect(clip), onset=np.zeros(len(clip.frames)))) for clip in films]
    told = judge_held_out.onsets(blind, network, judge_held_out.known(films))["makers"]["network"]
    assert told["0.1 s"] == told["recall"] == 0
    assert judge_held_out.materials(blind, network)["right"] == 0
    assert judge_held_out.sounds(blind, network, judge_held_out.known(films), struck)["network"]["centroid r"] == 0


def test_quick_hits_are_counted_apart(network):
    fast = knocks(0, 2.0, 0.09)
    told = judge_held_out.quick([seen(fast, perfect(fast))], [[Hit(at, 0.5, (1.0,)) for at, _, _ in fast.hits[::2]]])
    assert told["hits"] == len(fast.hits) and told["recall"] == pytest.approx(0.5, abs=0.05)


@pytest.fixture
def bench(films, tmp_path):
    path = save_network(tiny(), tmp_path / "foley-hits.safetensors", {"views": "10", "minutes": "1", "clips": "5"})
    return Bench(path, films * 5, films, struck, Counts(3, 3, 1, 1))


def test_everything_is_judged_and_becomes_a_card(bench, tmp_path, monkeypatch, films):
    folder = tmp_path / "films" / NAMES[0]
    folder.mkdir(parents=True)
    spoken(folder / "knocks.mp4", films[0])
    monkeypatch.setattr(judge_held_out, "RATES", (12, 30))
    monkeypatch.setattr(evaluate, "LONGEST_SECONDS", 2.5)
    figures_found = evaluate.evaluate(replace(bench, films=tmp_path / "films"))
    assert set(evaluate.parts(replace(bench, films=folder))) < figures_found.keys()
    json.dumps(figures_found)
    card = tmp_path / "card.md"
    card.write_text(f"Words.\n\n{figures._BEGIN}\nFORMER\n{figures._END}\n\nMore.\n")
    monkeypatch.setattr(figures, "CARD", card)
    figures.write_card(figures_found)
    text = card.read_text()
    assert text.startswith("Words.") and text.endswith("More.\n") and "FORMER" not in text
    for words in ("this model", "random times, as many", "F1 at 1 frame", "centroid", "real films", "on 10 views"):
        assert words in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert all(a.count("|") == b.count("|") for a, b in zip(lines, lines[1:]) if b.startswith("| ---"))


def spoken(path, clip) -> None:
    """A clip as a film with its own sound."""
    from models import video
    from models.foley import soundtrack

    silent = written(path.with_name("silent.mp4"), clip.frames)
    soundtrack.write_wav(clip.sound * 0.9, path.with_suffix(".wav"))
    video.join(silent, path.with_suffix(".wav"), path, 2.0)
    silent.unlink()
    path.with_suffix(".wav").unlink()


def test_real_films_are_judged_by_their_own_sound(tmp_path, films, network):
    folder = tmp_path / "drum"
    folder.mkdir()
    clip = knocks(1, 2.0, 0.4)
    spoken(folder / "a.mp4", clip)
    told = judge_films.films(tmp_path, network, judge_held_out.known(films), struck)
    assert told["films"] == 1 and abs(told["hits"] - len(clip.hits)) <= 1
    assert set(told["makers"]) == {"network", "frame difference", "random times"}
    with pytest.raises(SystemExit, match="no film"):
        judge_films.films(tmp_path / "nowhere", network, judge_held_out.known(films), struck)


def test_onsets_are_heard_where_they_are():
    clip = knocks(1, 2.0, 0.4)
    times = [hit[0] for hit in clip.hits]
    assert scores.count([judge_films.onsets(clip.sound)], [times], 0.05).f1 > 0.8


def test_other_parts_of_the_same_weights_are_kept(tmp_path):
    path = tmp_path / "figures.json"
    path.write_text(json.dumps({"about": {"views": "1"}, "onsets": 1, "seconds": {"onsets": 2}}))
    told = evaluate.joined(path, {"about": {"views": "1"}, "rates": 3, "seconds": {"rates": 1}})
    assert told["onsets"] == 1 and told["seconds"] == {"onsets": 2, "rates": 1}
    assert "onsets" not in evaluate.joined(path, {"about": {"views": "2"}, "seconds": {}})


def test_the_card_is_there_with_its_place_for_figures():
    text = figures.CARD.read_text()
    assert figures._BEGIN in text and figures._END in text
    assert figures.as_markdown({"about": {"parameters": 1_000_000}, "seconds": {}}) == "1.00 million parameters."
