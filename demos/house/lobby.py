"""The lobby: who we are in two lines, and a card for each room: picture, title, medium, one sentence."""

from __future__ import annotations

import base64
import functools
import html
import io
import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from demos.house.discovery import Closed
from demos.kit import Demo

log = logging.getLogger(__name__)

POSTER_SIDE = 880  # pixels: sharp on a phone with a dense screen, and about 50 kB as WebP
MAX_POSTERS = 4

HEADLINE = "Every picture here is made while you watch."
WELCOME = "On this machine, by small models that came in the box. Walk in, try everything, take home what you like."
CLOSED_TODAY = "This room is closed today. The others are open."
NOTHING_HANGS = "No room is open. Start the gallery without <code>--demos</code> to see them all."


def lobby_html(
    rooms: Sequence[Demo], closed: Sequence[Closed] = (), beneath: Callable[[Demo], str] | None = None
) -> str:
    """The lobby as HTML: the welcome, then the cards. A single room hangs large, with its label beside it.

    ``beneath``: what stands under each card, as in class mode, where a board of its own does the welcoming.
    """
    cards = [f"<div>{_card(room)}{beneath(room)}</div>" if beneath else _card(room) for room in rooms]
    cards += [_closed_card(room) for room in closed]
    grid = "v-cards v-single" if len(cards) == 1 else "v-cards"
    welcome = "" if beneath else f'<div class="v-welcome"><h1>{HEADLINE}</h1><p>{WELCOME}</p></div>'
    return f'{welcome}<div class="{grid}">{"".join(cards) or f"<p>{NOTHING_HANGS}</p>"}</div>'


def room_heading(room: Demo) -> str:
    """The title and the one sentence above a room's works."""
    return (
        f'<header class="v-room-heading"><h1>{html.escape(room.title)}</h1><p>{html.escape(room.tagline)}</p></header>'
    )


def _card(room: Demo) -> str:
    title, tagline, medium = (html.escape(text) for text in (room.title, room.tagline, room.label.medium))
    return (
        f'<a class="v-card" href="?demo={room.slug}" data-room="{room.slug}">'
        f'<span class="v-frame">{_pictures(room)}</span>'
        f'<span class="v-caption"><strong>{title}</strong><em>{medium}</em><span>{tagline}</span></span></a>'
    )


def _closed_card(room: Closed) -> str:
    return (
        '<div class="v-card v-closed"><span class="v-frame"><span class="v-blank"></span></span>'
        f'<span class="v-caption"><strong>{html.escape(_readable(room.name))}</strong>'
        f"<span>{html.escape(f'{CLOSED_TODAY} {room.sentence}'.strip())}</span></span></div>"
    )


def _readable(name: str) -> str:
    """A module's name or a slug as a title: "sketch_to_photo" -> "Sketch to photo"."""
    return re.sub(r"[_-]+", " ", name).strip().capitalize()


def _pictures(room: Demo) -> str:
    """The poster and its companions; with several, the style sheet fades from one to the next."""
    pictures = [uri for path in poster_files(room.poster) if (uri := _data_uri(path, _stamp(path)))]
    if not pictures:
        return '<span class="v-blank"></span>'
    alt = html.escape(f"From the room {room.title}")
    images = "".join(
        f'<img src="{uri}" alt="{alt if place == 0 else ""}" style="--place:{place}" draggable="false">'
        for place, uri in enumerate(pictures)
    )
    count = len(pictures)
    return f'<span class="v-pictures" data-count="{count}" style="--count:{count}">{images}</span>'


def poster_files(poster: Path) -> list[Path]:
    """The poster and the pictures that take turns with it: poster.png, poster-2.png, poster-3.png ..."""
    more = (poster.with_name(f"{poster.stem}-{number}{poster.suffix}") for number in range(2, MAX_POSTERS + 1))
    return [path for path in (poster, *more) if path.is_file()]


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns


@functools.lru_cache(maxsize=64)
def _data_uri(path: Path, stamp: int) -> str | None:
    """The picture as a small WebP inside the page: no extra request, nothing of the disk to be seen."""
    try:
        with Image.open(path) as image:
            image = image.convert("RGB")
            image.thumbnail((POSTER_SIDE, POSTER_SIDE), Image.Resampling.LANCZOS)
            file = io.BytesIO()
            image.save(file, "WEBP", quality=84)
    except OSError as error:
        log.warning("The poster %s cannot be shown: %s", path.name, error)
        return None
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")
