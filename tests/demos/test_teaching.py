"""The teacher's page: every link opens a room that is there, with settings that it takes."""

import re
from urllib.parse import parse_qsl

import gradio as gr
import pytest

from demos.house import links
from demos.house.discovery import discover
from demos.house.teaching import FOLDER, lessons

LINK = re.compile(r"\]\(\?(demo=[^)\s]+)\)")
MINUTES = re.compile(r"\*\*[^*]+\((\d+) minutes\)\.\*\*")


@pytest.fixture(scope="module")
def settings():
    """What links may set, by room, of every room that has lessons."""
    with gr.Blocks():
        return {room.slug: dict(room.build() or {}) for room in discover()[0] if (FOLDER / f"{room.slug}.md").exists()}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.md")), ids=lambda file: file.stem)
def test_three_lessons_of_5_to_20_minutes(file):
    minutes = [int(found) for found in MINUTES.findall(file.read_text(encoding="utf-8"))]
    assert len(minutes) == 3 and all(5 <= length <= 20 for length in minutes)


def test_links_open_the_very_settings(settings):
    for slug in settings:
        found = LINK.findall((FOLDER / f"{slug}.md").read_text(encoding="utf-8"))
        assert len(found) >= 3, slug
        for link in found:
            asked = dict(parse_qsl(link))
            assert asked.pop("demo") == slug
            values, refused = links.fit(settings[slug], links.Request(slug, asked))
            assert refused == [] and len(values) == len(asked), link


def test_rooms_without_lessons_are_left_out():
    rooms = discover()[0]
    assert lessons([]) == ""
    assert lessons(rooms[:1]).startswith(f"## {rooms[0].title}")
