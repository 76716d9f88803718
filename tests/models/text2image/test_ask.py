"""Whatever is asked, it is met, clamped with a sentence, or refused in one."""

import math
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BadInput
from models.text2image.ask import MOST_GUIDANCE, MOST_PICTURES, MOST_STEPS, READS, SEED_LIMIT, Ask, check

FINE = Ask("a red cherry", 7)


def test_a_good_wish_is_met_as_it_is():
    assert check(FINE) == (FINE, [])


@pytest.mark.parametrize("nothing", ["", "   ", "\n\t", "\x00\x07", "\u202e", None])
def test_an_empty_prompt_is_refused_with_an_example(nothing):
    with pytest.raises(BadInput, match="The prompt is empty: say in a few words what to paint"):
        check(Ask(nothing, 7))


def test_ten_thousand_characters_are_refused_with_both_numbers():
    with pytest.raises(BadInput, match="10,000 characters; 600 are possible"):
        check(Ask("a" * 10_000, 7))
    with pytest.raises(BadInput, match="negative prompt has 601 characters"):
        check(Ask("a red cherry", 7, negative_prompt="b" * 601))


def test_control_characters_are_left_out_and_it_is_said():
    met, said = check(Ask("a red\x07 \u202echerry\ud800\nwith a stem", 7))
    assert met.prompt == "a red cherry with a stem"
    assert said == ["Control characters in the prompt were left out."]


@pytest.mark.parametrize("prompt", ["🍒 👩‍🦰", "كرز أحمر", "דובדבן אדום", "樱桃"])
def test_writing_the_model_cannot_read_is_kept_whole_and_it_is_said(prompt):
    met, said = check(Ask(prompt, 7))
    assert met.prompt == prompt, "the joiner in an emoji of several is part of it"
    assert len(said) == 1 and "knows none of these words" in said[0]
    assert check(Ask(prompt, 7), model="text2image/klein-hub")[1] == [], "that is of the house model alone"


def test_words_beyond_what_the_model_reads_are_named():
    assert check(Ask("red " * READS, 7))[1] == []
    assert check(Ask("red " * (READS + 1), 7))[1] == [
        f"The house model reads the first {READS} words of a prompt; the rest was left out."
    ]


@pytest.mark.parametrize(
    "field, value, taken",
    [
        ("steps", 0, 1),
        ("steps", 10_000, MOST_STEPS),
        ("steps", -3, 1),
        ("steps", 10**400, MOST_STEPS),
        ("count", 1000, MOST_PICTURES),
        ("count", 0, 1),
        ("guidance", 99.0, MOST_GUIDANCE),
        ("guidance", -1.0, 1.0),
        ("guidance", math.inf, MOST_GUIDANCE),
        ("guidance", math.nan, Ask.guidance),
        ("guidance", "loud", Ask.guidance),
        ("steps", None, Ask.steps),
        ("seed", SEED_LIMIT + 5, 5),
        ("seed", -1, SEED_LIMIT - 1),
        ("seed", math.nan, 0),
    ],
)
def test_a_number_out_of_range_is_clamped_and_one_sentence_says_so(field, value, taken):
    met, said = check(Ask(**{"prompt": "a red cherry", "seed": 7} | {field: value}))
    assert getattr(met, field) == taken
    assert len(said) == 1 and "taken" in said[0] and len(said[0]) < 160


def test_seeds_of_the_pictures_follow_one_another_and_begin_again_at_the_end():
    assert Ask("a", SEED_LIMIT - 2, count=4).seeds() == [SEED_LIMIT - 2, SEED_LIMIT - 1, 0, 1]


ANYTHING = st.one_of(st.none(), st.text(max_size=20), st.integers(), st.floats(), st.booleans())


@settings(deadline=None)  # of a busy machine nothing is to be learned here
@given(st.text(max_size=700), ANYTHING, ANYTHING, ANYTHING, st.text(max_size=50), ANYTHING)
def test_nothing_gets_through_unmet(prompt, seed, steps, guidance, negative, count):
    try:
        met, said = check(Ask(prompt, seed, steps, guidance, negative, count))
    except BadInput as refusal:
        assert str(refusal)
        return
    assert check(met) == (met, check(met)[1]), "what was met once is met again unchanged"
    assert 1 <= met.steps <= MOST_STEPS and 1 <= met.count <= MOST_PICTURES and 1 <= met.guidance <= MOST_GUIDANCE
    assert [type(value) for value in astuple(met)] == [str, int, int, float, str, int]
    assert all(sentence.endswith(".") for sentence in said)
