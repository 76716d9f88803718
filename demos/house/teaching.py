"""The teacher's page: lessons for every open room that has some, folded away at the lobby's foot.

A room's lessons are ``assets/teaching/<slug>.md``; their links open the very settings they speak of.
"""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from demos.kit import ASSETS, Demo

FOLDER = ASSETS / "teaching"
INTRODUCTION = (
    "Lessons of 5 to 20 minutes, three for a room. A link opens the room with the very settings it speaks of; what a "
    "class makes and saves opens again when it is dropped onto this page. Nothing leaves this machine."
)


def teaching_page(rooms: Sequence[Demo]) -> None:
    """Hang the lessons of these rooms, in their order; nothing when there are none."""
    if text := lessons(rooms):
        with gr.Accordion("For teachers", open=False, elem_id="v-teaching", elem_classes="v-floor v-card-text"):
            gr.Markdown(f"{INTRODUCTION}\n\n{text}")


def lessons(rooms: Sequence[Demo]) -> str:
    """The lessons as Markdown, under the rooms' titles; empty when no room has any."""
    files = [(room.title, FOLDER / f"{room.slug}.md") for room in rooms]
    return "\n\n".join(f"## {title}\n\n{file.read_text(encoding='utf-8')}" for title, file in files if file.is_file())
