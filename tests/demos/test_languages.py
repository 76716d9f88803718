"""Languages: what the house says is said in German too, and a translation leaves open what its sentence does."""

import itertools
import re

import pytest

from demos import gallery
from demos.house import chooser, lobby, meter
from demos.house.discovery import discover
from demos.house.languages import dictionaries, languages
from demos.house.sentences import SORRY, TOO_LARGE
from demos.kit import ASSETS

BLANK = re.compile(r"\{\d\}")
GERMAN = dictionaries()["de"]
CHROME = [lobby.HEADLINE, lobby.WELCOME, lobby.CLOSED_TODAY, chooser.STAY, SORRY, TOO_LARGE, "Lobby", "About this work"]
FLOORS = ["Look inside", "How it was made", "More", "Models in memory", "For teachers", "Copy a link to this"]
SEED = ["Seed", "Keep this seed", "Surprise me"]
SPEAKING = (
    "arithmetic",
    "canvas",
    "classroom",
    "live",
    "sound",
    "style",
    "text",
    "walk",
)  # of assets; a new room may wait


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


def test_what_hangs_in_a_room_is_said_in_german():
    drawn = re.compile(r"<svg.*?</svg>", re.DOTALL)
    files = [file for folder in SPEAKING for file in (ASSETS / folder).glob("*.html")]
    pages = [drawn.sub("", file.read_text(encoding="utf-8")) for file in files]
    said = {text for page in pages for text in words_of(page) if re.search("[A-Za-z]", text)}
    assert said - GERMAN.keys() == set() and len(said) > 200


def test_every_sentence_of_a_script_is_said_in_german():
    """A sentence in quotes is a key of the dictionary; one in back quotes is, with what it leaves open as {0}, {1}."""
    files = [*ASSETS.glob("*.js"), *(file for folder in SPEAKING for file in (ASSETS / folder).glob("*.js"))]
    scripts = "\n".join(file.read_text(encoding="utf-8") for file in files)
    plain = re.findall(r'"([A-Z“][^"\n]* [^"\n]*\.)"', scripts)
    filled = re.findall(r"`((?:[A-Z“]|\$\{)[^`\n]* [^`\n]*\.)`", scripts)
    assert {*plain, *map(left_open, filled)} - GERMAN.keys() == set() and min(len(plain), len(filled)) > 20


def left_open(template: str) -> str:
    """`Step ${step} of ${steps}` as the dictionary writes it: "Step {0} of {1}"."""
    blanks = itertools.count()
    return re.sub(r"\$\{(?:[^{}]|\{[^{}]*\})*\}", lambda _: f"{{{next(blanks)}}}", template)


@pytest.mark.parametrize("code", dictionaries())
def test_sentences_leave_open_the_same(code):
    for english, other in dictionaries()[code].items():
        assert other.strip() and sorted(BLANK.findall(english)) == sorted(BLANK.findall(other)), english


def test_languages_reach_the_page():
    assert languages().translations_dict["de"]["Seed"] == "Startwert"
    assert languages().translations_dict["en"] == {}
