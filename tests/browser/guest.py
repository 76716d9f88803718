"""The guest room, which only tests open, and what visitors do in it and on their way there."""

import io

from PIL import Image

from models.media import Recipe

RECIPE = Recipe("guest-room", "guest", "1", 1234, {"hue": "blue", "size": 192})


def plain_png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


def tab(page, name: str):
    return page.get_by_role("tab", name=name, exact=True)


def selected(page) -> str:
    return page.locator('[role="tab"][aria-selected="true"]').first.inner_text()


def slugs(page) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('a.v-card')].map((card) => card.dataset.room)")


def expect_room(page, title: str = "One colour") -> None:
    page.locator(".v-room-heading h1", has_text=title).filter(visible=True).wait_for()


def expect_seed(page, seed: int) -> None:
    page.wait_for_function(
        "(seed) => [...document.querySelectorAll('input[type=number]')]"
        ".some((input) => input.checkVisibility() && input.value === String(seed))",
        arg=seed,
    )
