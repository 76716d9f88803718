"""A run: who comes, where each request goes, and what is made of it afterwards."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from tests.load import browsers
from tests.load.house import House, Page, pages
from tests.load.tally import Tally
from tests.load.visitors import Painter, Programmer, Prompter, Reckoner, Sketcher, Uploader, Visitor, Walker

CROWD = (Walker, Sketcher, Reckoner, Painter, Prompter, Walker, Sketcher, Reckoner, Uploader)  # and a program

PNG = "data:image/png"

# What each kind of order is in our page: a component and its server function.
WAYS = {
    "walk": ("walk", "face"),
    "walk, strips": ("walk", "strips"),
    "sketch": ("easel", "photo"),
    "sketch, takes": ("easel", "takes"),
    "arithmetic": ("arithmetic", "solve"),
    "arithmetic, turn": ("arithmetic", "turn"),
    "arithmetic, bars": ("arithmetic", "read"),
    "style": ("style", "paint"),
    "own photo": ("style", "paint"),
    "style, sharp": ("style", "sharpen"),
    "receive": ("style", "receive"),
}


async def ours(page: Page, room: str, order: dict) -> dict:
    """Ask our gallery, as its own page does."""
    if room != "prompt":
        return await page.ask(*WAYS[room], order)
    hand = ("hand", "number")
    told = await page.submit("text", {"id": 1, **{name: value for name, value in order.items() if name not in hand}})
    # The last word may come as a change of the one before: whatever its form, it holds the finished pictures.
    return {"pictures": list(dict.fromkeys(url for said in told for url in _seen(said) if url.startswith(PNG)))}


async def plain(page: Page, room: str, order: dict) -> dict:
    """Ask the plain way: a handler a room, its answer a file to fetch, without a recipe."""
    files = (await page.call(room.replace(", ", "_"), order))[0]
    several = isinstance(files, list)
    fetched = [await page.fetch(one["image"]) for one in files] if several else [await page.fetch(files)]
    return {"unsigned": True, **({"pictures": fetched} if several else {"photo": fetched[0]})}


async def come(house: House, count: int, seconds: float, in_browsers: int = 0, warm: bool = False) -> Tally:
    """A crowd in our gallery for so long; in_browsers: how many of them have a real one.

    warm: a teacher has been through the rooms before, so that every model is there when the class comes.
    """
    tally, programs = Tally(), count // 10
    async with pages(house, count - programs - in_browsers) as all_pages:
        if warm:
            await _all(house, _crowd(all_pages[: len(CROWD)], ours, Tally(), beside=True), 1)
            house.memory.clear()
        visitors: list[Any] = _crowd(all_pages, partial(ours), tally, beside=True)
        visitors += [Programmer(number, house.address, tally) for number in range(programs)]
        visitors += [browsers.Browsing(number, house.address, tally) for number in range(in_browsers)]
        await _all(house, visitors, seconds)
    return tally


async def come_plainly(house: House, count: int, seconds: float, asking: Any) -> Tally:
    """The same crowd on pages that ask for nothing but pictures: `asking` is `ours` or `plain`."""
    tally = Tally()
    async with pages(house, count) as all_pages:
        await _all(house, _crowd(all_pages, asking, tally, beside=False, without=Uploader), seconds)
    return tally


def _crowd(all_pages: Sequence[Page], asking: Any, tally: Tally, beside: bool, without: type | None = None) -> list:
    kinds: list[type[Visitor]] = [kind for kind in CROWD if kind is not without]
    return [
        kinds[number % len(kinds)](number, partial(asking, page), tally, beside=beside)
        for number, page in enumerate(all_pages)
    ]


async def _all(house: House, visitors: Sequence[Any], seconds: float) -> None:
    watch = asyncio.create_task(house.watch())
    try:
        await asyncio.gather(*(visitor.visit(seconds) for visitor in visitors))
    finally:
        watch.cancel()


# ---------------------------------------------------------------- looking at the pictures afterwards


def judge(tally: Tally) -> int:
    """Make the samples again, each alone and in this process: how many. What differs is counted as wrong."""
    compared = 0
    for name, again in _again().items():
        room = tally.rooms[name]
        for order, answer in room.samples:
            pairs = list(zip(_seen(answer), _seen(again(order)), strict=True))
            compared += 1
            if not pairs or any(not alike(one, other) for one, other in pairs):
                room.wrong.append(f"another picture than alone for {str(order)[:120]}")
    return compared


def alike(one: str, other: str) -> bool:
    """Whether two pictures of the page are the same: a PNG within one grey level, a WebP on average."""
    if one == other:
        return True
    seen, again = (np.asarray(Image.open(io.BytesIO(_bytes(url))), int) for url in (one, other))
    apart = np.abs(seen - again) if seen.shape == again.shape else np.array([255])
    return apart.max() <= 1 if one.startswith(PNG) else apart.mean() <= 1


def _seen(answer: Any) -> list[str]:
    """The pictures of an answer, in order."""
    if isinstance(answer, str):
        return [answer] if answer.startswith("data:image") else []
    parts = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ()
    return [url for part in parts for url in _seen(part)]


def _bytes(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


def _again() -> dict[str, Any]:
    """By room, what makes an order's answer without a page or a crowd."""
    from demos import face_arithmetic, sketch_to_photo
    from demos.house.pictures import png_url
    from demos.style import photos
    from demos.style import service as style
    from demos.text import service as text
    from demos.walk import service as walk

    def arithmetic(order: dict) -> dict:
        return face_arithmetic.turn(order) if order.get("turned") else face_arithmetic.solve(order)

    def own_photo(order: dict) -> dict:
        photos.MEMORY.keep(photos.file_in("data:image/jpeg;base64," + base64.b64encode(order["sent"]).decode("ascii")))
        return style.paint(order)

    def prompt(order: dict) -> list[str]:
        *_, pictures = text.painted(text.read(order)[0])
        return [png_url(picture) for picture in pictures]

    return {
        "walk": walk.face,
        "sketch": sketch_to_photo.photo,
        "arithmetic": arithmetic,
        "style": style.paint,
        "own photo": own_photo,
        "prompt": prompt,
    }
