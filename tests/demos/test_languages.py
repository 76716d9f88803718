"""Languages: what the house says is said in German too, and a translation leaves open what its sentence does."""

import re

import pytest

from demos import gallery
from demos.house import chooser, lobby, meter
from demos.house.discovery import discover
from demos.house.languages import dictionaries, languages
from demos.house.sentences import SORRY

BLANK = re.compile(r"\{\d\}")
GERMAN = dictionaries()["de"]
CHROME = [lobby.HEADLINE, lobby.WELCOME, lobby.CLOSED_TODAY, chooser.STAY, SORRY, "Lobby", "About this work"]
FLOORS = ["Look inside", "How it was made", "More", "Models in memory", "For teachers", "Copy a link to this"]
SEED = ["Seed", "Keep this seed", "Surprise me"]


def words_of(markup: str) -> set[str]:
    """What a piece of HTML says: its text, and the names and titles of what is in it."""
    spoken = re.findall(r'(?:aria-label|title)="([^"]+)"', markup)
    return {" ".join(text.split()) for text in [*spoken, *re.split(r"<[^>]+>", markup)]} - {""}


def test_the_house_speaks_german():
    said = {*CHROME, *FLOORS, *SEED, *meter.COLUMNS, *words_of(meter.NOTHING_YET)}
    said |= words_of(gallery.HEADER) | words_of(gallery.FOOTER)
    assert said - GERMAN.keys() == set()


def test_rooms_that_speak_german_say_all_of_it_in_german():
    """A new room may begin in English; one that has a German name keeps up with its own words."""
    speaking = [room for room in discover()[0] if room.title in GERMAN]
    assert len(speaking) >= 5
    for room in speaking:
        said = {room.tagline, room.label.title, room.label.medium, room.label.licence, room.label.try_this}
        assert said <= GERMAN.keys(), room.slug


@pytest.mark.parametrize("code", dictionaries())
def test_sentences_leave_open_the_same(code):
    for english, other in dictionaries()[code].items():
        assert other.strip() and sorted(BLANK.findall(english)) == sorted(BLANK.findall(other)), english


def test_languages_reach_the_page():
    assert languages().translations_dict["de"]["Seed"] == "Startwert"
    assert languages().translations_dict["en"] == {}
