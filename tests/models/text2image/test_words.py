"""The words of the house model are those of its captions: none missing, none idle."""

import numpy as np
import pytest

from models.text2image import words
from models.text2image.captions import caption, plain
from tests.models.text2image.some_facts import random_facts

DOMAINS = ("portrait", "fruit", "flower", "sketch", "scene")


@pytest.fixture(scope="module")
def captions() -> dict[str, list[tuple[dict, str]]]:
    """A few thousand captions of each domain with their facts."""
    rng = np.random.default_rng(0)
    made = {}
    for domain in DOMAINS:
        facts = [random_facts(domain, rng) for _ in range(4000)]
        made[domain] = [(each, caption(each, domain, rng)) for each in facts]
    return made


def test_captions_and_vocabulary_hold_the_same_words(captions):
    said = {word for made in captions.values() for _, text in made for word in words.split(text)}
    assert said - set(words.VOCABULARY) == set()
    assert set(words.VOCABULARY) - said == set()


def test_a_caption_is_short_enough_for_the_text_encoder(captions):
    assert max(len(words.split(text)) for made in captions.values() for _, text in made) <= 30


def test_the_same_facts_are_told_in_many_ways():
    rng = np.random.default_rng(1)
    for domain in DOMAINS:
        facts = random_facts(domain, rng)
        assert len({caption(facts, domain, rng) for _ in range(60)}) > 8, domain


def test_the_plain_caption_is_always_the_same():
    facts = {"kind": "apple", "colour": "dark red", "state": "whole", "stem": "yes", "backdrop": "white"}
    assert plain(facts, "fruit") == "a dark red apple with a stem on a white background"
    boats = {"style": "landscape", "objects": [{"thing": "boat", "count": 2, "colour": "orange"}], "land": "sea"}
    assert plain(boats | {"sky": "sunset", "lights": []}, "scene") == "two boats with orange sails on the sea at sunset"


def test_what_stands_left_is_never_said_to_stand_right():
    rng = np.random.default_rng(2)
    facts = {
        "style": "shapes",
        "objects": [{"shape": "star", "colour": "red", "count": 1}, {"shape": "ring", "colour": "blue", "count": 1}],
        "relation": "left",
        "paper": "white",
    }
    for _ in range(200):
        text = caption(facts, "scene", rng)
        star_first = text.index("star") < text.index("ring")
        assert not ("left" in text and not star_first), text
        assert not ("right" in text and star_first), text


def test_unknown_words_are_named_once_in_order():
    assert words.unknown("A robot, and a Robot on a crimson cat!") == ["robot", "crimson"]
    assert words.unknown("a close-up of a café") == ["cafe"]
    assert words.unknown("") == []
    for example in words.EXAMPLES:
        assert words.unknown(example) == [], example


def test_every_chip_is_a_word_the_model_knows():
    for group, chips in words.GROUPS.items():
        assert chips and set(chips) <= set(words.VOCABULARY), group


def test_a_combination_is_withheld_in_any_object_but_not_across_two():
    assert words.withheld("flower", {"kind": "rose", "petals": ["red", "orange"]})
    assert not words.withheld("flower", {"kind": "tulip", "petals": ["orange"]})
    assert words.withheld(
        "scene", {"objects": [{"shape": "ring", "colour": "red"}, {"shape": "star", "colour": "purple"}]}
    )
    assert not words.withheld(
        "scene", {"objects": [{"shape": "star", "colour": "red"}, {"shape": "ring", "colour": "purple"}]}
    )
