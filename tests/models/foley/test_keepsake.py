"""Hits as text, and the recipe that brings a sound back."""

import numpy as np
import pytest

from models import registry
from models.errors import BadInput
from models.foley import keepsake
from models.foley.engine import HOUSE
from models.foley.hits import Hit
from models.foley.keepsake import from_text, opened, recipe, rounded, to_text
from models.foley.materials import NAMES
from models.foley.synthesis import Ask, sound
from models.media import Recipe


def some_hits(count: int, seed: int, spread: float) -> list[Hit]:
    chance = np.random.default_rng(seed)
    shares = chance.dirichlet(np.full(len(NAMES), spread), count)
    times, strengths = np.sort(chance.uniform(0, 15, count)), chance.random(count)
    return [Hit(float(at), float(how), tuple(share.tolist())) for at, how, share in zip(times, strengths, shares)]


@pytest.mark.parametrize("spread", [0.03, 0.3, 3.0, 100.0])
def test_what_was_written_is_read_and_written_the_same_again(spread):
    hits = some_hits(30, 1, spread)
    text = to_text(hits)
    read = from_text(text)
    assert to_text(read) == text and rounded(read) == read
    for before, after in zip(hits, read, strict=True):
        assert after.seconds == pytest.approx(before.seconds, abs=1e-4)
        assert after.strength == pytest.approx(before.strength, abs=1e-3)
        assert after.materials == pytest.approx(before.materials, abs=0.011) and sum(after.materials) == pytest.approx(
            1
        )


def test_text_is_short_fit_for_a_link_and_in_any_order():
    from urllib.parse import quote

    text = "1.2_0.5_metal*0.5333_0.82_wood71-stone29"
    hits = from_text(text)
    assert [hit.seconds for hit in hits] == [0.5333, 1.2] and hits[1].materials[NAMES.index("metal")] == 1
    assert quote(text, safe="*") == text and from_text("") == () and to_text(()) == ""


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "wood",
        "1.2_0.5_",
        "1.2_0.5_cheese",
        "1.2_0.5_wood0",
        "16_0.5_wood",
        "-1_0.5_wood",
        "1_1.5_wood",
        "nan_0.5_wood",
        "1_0.5_wood*",
        "1_0.5_wood71-",
        "x" * 70_000,
    ],
)
def test_what_is_no_hits_gets_a_sentence(text):
    with pytest.raises(BadInput, match="cannot be read"):
        from_text(text)


def test_more_hits_than_can_be_are_told_apart_from_damage():
    with pytest.raises(BadInput, match="300 are possible"):
        from_text("*".join(["1_0.5_wood"] * 301))
    with pytest.raises(BadInput, match="300 are possible"):
        to_text(some_hits(301, 0, 1))
    assert len(to_text(some_hits(300, 0, 100))) < keepsake.LONGEST_TEXT


def test_a_recipe_brings_back_the_very_same_sound():
    hits, ask = rounded(some_hits(5, 2, 0.3)), Ask("exemplar", "glass", 0.5, 0.7, 12, 0.25)
    how = recipe("drum", hits, ask)
    assert (how.demo, how.model, how.seed) == ("video-sound", HOUSE, 12) and how.settings["clip"] == "drum"
    again, asked = opened(Recipe.from_json(how.to_json()))
    assert again == hits and asked == ask
    assert (sound(again, 2.0, asked) == sound(hits, 2.0, ask)).all()
    assert recipe("", (), Ask(), "foley/stable-audio-hub", prompt="rain").settings["prompt"] == "rain"
    assert registry.get(HOUSE).version == how.version


@pytest.mark.parametrize(
    "settings", [{}, {"hits": "?"}, {"hits": "", "backend": "magic"}, {"hits": "", "room": "x"}, {"hits": 3}]
)
def test_a_recipe_of_another_room_or_of_no_sense_is_none(settings):
    assert opened(Recipe("video-sound", HOUSE, "1", 0, settings)) is None
    assert opened(Recipe("style-transfer", "style/painter", "1", 0, {"hits": ""})) is None
