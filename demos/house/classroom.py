"""Class mode: the lobby says, large enough for the last row, where to open the gallery, and shows the code to scan.

Nobody is asked for a name and nobody is listed. Every room has its own address, to copy or to show on the wall.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import gradio as gr
import segno

from demos.house.address import addresses, only_here
from demos.house.widget import Widget
from demos.kit import ASSETS, Demo
from models.settings import Settings

LOOK = ASSETS / "classroom" / "classroom.css"
SCRIPT = ASSETS / "classroom" / "classroom.js"

HEADLINE = "Open this on your phone or laptop"
HOW = "Scan the code, or type the address. Nothing to install, and nobody is asked for a name."
SAME_NETWORK = "Your device has to be on the same network as this one."
ONLY_HERE = (
    "Only this machine can open that address. Start with <code>--host 0.0.0.0</code>, or say with "
    "<code>--address</code> where it can be reached."
)
QUIET_ZONE = 4  # modules of white around a code: what ISO/IEC 18004 asks for


def hang_board(page: gr.Blocks, rooms: Sequence[Demo], settings: Settings) -> gr.HTML:
    """The board above the lobby's cards, and a poster for each room, kept folded until it is shown."""
    board = Widget(
        board_html(rooms, addresses(settings)),
        js_on_load=SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="v-board",
    )
    if settings.share:  # the public address is known only once the gallery is open

        def with_public_address() -> str:
            return board_html(rooms, addresses(settings, page.share_url))

        page.load(with_public_address, None, board, queue=False, show_progress="hidden", api_visibility="private")
    return board


def board_html(rooms: Sequence[Demo], reachable: Sequence[str]) -> str:
    """The board as HTML. ``reachable``: addresses as ``addresses`` gives them, one at least."""
    first, *others = reachable
    posters = [_poster("lobby", HEADLINE, first)]
    posters += [_poster(room.slug, room.title, f"{first}/?demo={room.slug}") for room in rooms]
    return (
        '<section class="v-board" aria-label="How to join">'
        f'<div class="v-board-words"><h1>{HEADLINE}</h1>{_address(first)}{_or(others)}'
        f"<p>{HOW}</p><p>{_condition(first)}</p></div>"
        f'<button type="button" class="v-board-code v-frame" data-show="lobby" '
        f'aria-label="Show the code large">{code(first)}</button></section>{"".join(posters)}'
    )


def pass_on(room: Demo) -> str:
    """What stands beneath a room's card in class mode: its address to copy, or to show on the wall."""
    slug, title = room.slug, html.escape(room.title)
    return (
        '<p class="v-pass-on">'
        f'<button type="button" data-copy="{slug}" aria-label="Copy the link to {title}">Copy the link</button>'
        f'<button type="button" data-show="{slug}" aria-label="Show the code of {title}">Show its code</button></p>'
    )


def code(address: str) -> str:
    """A QR code as SVG, black on white by day and by night: many cameras read no other."""
    drawn = segno.make(address, error="m", micro=False)
    svg = drawn.svg_inline(border=QUIET_ZONE, omitsize=True, dark="#1f1d1b", light="#ffffff", svgclass="v-code")
    return svg.replace("<svg ", f'<svg role="img" aria-label="QR code for {html.escape(address)}" ', 1)


def _poster(slug: str, title: str, address: str) -> str:
    """A sheet that fills the wall: a title, a code, an address."""
    name = html.escape(title)
    return (
        f'<dialog class="v-poster" data-poster="{slug}" data-address="{html.escape(address)}" aria-label="{name}">'
        f'<h2>{name}</h2><span class="v-frame">{code(address)}</span>{_address(address)}'
        '<button type="button" class="v-poster-close" data-close aria-label="Close">&times;</button></dialog>'
    )


def _address(address: str) -> str:
    """An address to be typed off the wall: what every browser adds by itself is left out; lines break where it may."""
    host, room = re.fullmatch(r"https?://([^?]*?)(/\?.*)?", address).groups()
    parts = "".join(f"<span>{html.escape(part)}</span>" for part in (host, room) if part)
    return f'<a class="v-address" href="{html.escape(address)}">{parts}</a>'


def _or(others: Sequence[str]) -> str:
    if not others:
        return ""
    return f'<p class="v-or">If that does not open: {" or ".join(_address(other) for other in others)}</p>'


def _condition(address: str) -> str:
    if only_here(address):
        return ONLY_HERE
    return "" if address.startswith("https://") else SAME_NETWORK
