"""What an order sounds like, and what the room shows of it."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from demos.sound import clips, game, inside, service
from models.errors import BadInput
from models.foley import keepsake, synthesis
from models.foley.synthesis import BACKENDS, Ask
from tests.demos.sound.pieces import HITS, ORDER, heard, of_url

# ---------------------------------------------------------------- sound


def test_an_order_becomes_the_sound_of_its_hits(house):
    made = heard(service.sound(ORDER)["sound"])
    expected = synthesis.sound(keepsake.from_text(HITS), 2.0, Ask(room=0.2, seed=5))
    assert made == pytest.approx(expected, abs=2e-5)
    for change in ({"backend": "exemplar"}, {"material": "glass"}, {"room": 0.9}, {"volume": 0.4}, {"seed": 6}):
        assert not np.allclose(heard(service.sound({**ORDER, **change})["sound"]), made, atol=1e-3), change


def test_what_many_listen_to_is_made_once_and_the_films_own_sound_is_no_part_of_it(house):
    first = service.sound(ORDER)
    before = service.heard.cache_info().hits
    assert service.sound({**ORDER, "original": 0.7}) == first
    assert service.heard.cache_info().hits == before + 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hits": "?"}, "cannot be read"),
        ({"hits": None}, "cannot be read"),
        ({"hits": "*".join(["1_1_wood"] * 400)}, "300 are possible"),
        ({"seconds": 0}, "at most 15 seconds"),
        ({"seconds": "2"}, "at most 15 seconds"),
        ({"seconds": 600}, "at most 15 seconds"),
        ({"backend": "magic"}, "magic"),
        ({"material": "cheese"}, "cheese"),
        ({"room": "hall"}, "room is not a number"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_asked_gets_a_sentence(house, change, sentence):
    with pytest.raises(BadInput, match=sentence):
        service.sound({**ORDER, **change})


def test_an_order_that_is_no_json_gets_a_sentence():
    for order in ("{", None, "[" * 100_000):
        with pytest.raises(BadInput, match="cannot be read"):
            service.parse(order)
    assert service.parse("[1]") == {}


# ---------------------------------------------------------------- which one is real


def test_a_round_has_two_sounds_alike_in_all_but_what_made_them(house):
    question = game.play({"visit": "a", "backend": "exemplar"})
    first, second = map(heard, question["sounds"])
    assert len(first) == len(second) and of_url(question["film"])[4:8] == b"ftyp"
    if second.any() and first.any():
        assert np.sqrt(np.square(first).mean()) == pytest.approx(np.sqrt(np.square(second).mean()), rel=0.25)
    assert set(question) == {"token", "sounds", "seconds", "name", "words", "film", "poster"}, "no hint is sent"
    others = {game.play({"visit": "a", "last": question["name"]})["name"] for _ in range(4)}
    assert question["name"] not in others


def test_the_true_sound_is_the_one_of_the_contacts(house):
    clip = clips.find("knock")
    real, made = game.sounds(clip, Ask(room=0))
    true = heard("," + base64.b64encode(clip.true_sound.read_bytes()).decode())
    assert np.corrcoef(real, true)[0, 1] > 0.99 and (not made.any() or abs(np.corrcoef(real, made)[0, 1]) < 0.9)


def test_answers_make_a_score_for_the_visit_and_for_everybody(house):
    for visit in ("a", "a", "b"):
        question = game.play({"visit": visit})
        told = game.answer({"token": question["token"], "first": True, "visit": visit})
        assert told["found"] is told["real_first"]
    assert told["visit"]["rounds"] == 1 and told["everybody"]["rounds"] == told["against"]["modal"]["rounds"] == 3
    with pytest.raises(BadInput, match="over"):
        game.answer({"token": question["token"], "first": False})
    assert game.score({"visit": "a"})["visit"]["rounds"] == 2
    assert game.reset({"visit": "a"})["everybody"]["rounds"] == 0
    with pytest.raises(BadInput, match="magic"):
        game.play({"backend": "magic"})


# ---------------------------------------------------------------- looking inside


@pytest.mark.parametrize("backend", [*BACKENDS[:-1], pytest.param(BACKENDS[-1], marks=pytest.mark.slow)])
def test_the_expected_cochleagram_lies_beside_the_produced_one(house, backend):
    told = inside.spectra({**ORDER, "backend": backend})
    pictures = [Image.open(io.BytesIO(of_url(told[name]))) for name in ("expected", "produced")]
    assert pictures[0].size == pictures[1].size == (180, 120) and told["low"] < told["high"]
    bright = [np.asarray(one.convert("L"), float).mean(0) for one in pictures]
    assert bright[0][:25].max() < 40 and np.corrcoef(*bright)[0, 1] > 0.6


def test_modes_are_told_hit_by_hit(house):
    wood, metal, water = inside.modes(ORDER)["hits"]
    assert [one["material"] for one in (wood, metal, water)] == ["wood", "metal", "water"] and water["modes"] == []
    gains = [gain for _, _, gain in metal["modes"]]
    assert gains == sorted(gains, reverse=True) and all(20 < hertz < 20_000 for hertz, _, _ in metal["modes"])
    longest = [max(lasts for _, lasts, _ in one["modes"]) for one in (wood, metal)]
    assert longest[0] < longest[1]


def test_why_a_hit_was_seen(house):
    (why,) = service.explained(clips.find("knock").film, 0.5)
    assert len(why["map"]) == 64 and all(0 <= share <= 1 for share in why["map"])
    for at in (None, -1, 99, "x"):
        with pytest.raises(BadInput, match="no such hit"):
            next(service.explained(clips.find("knock").film, at))
