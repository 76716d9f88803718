"""Every room by axe-core, by the Tab key, by finger and on paper, wide and narrow, by day and by night."""

import pytest

from tests.browser.axe import findings, rooms, unfold
from tests.browser.visitor import printed_pages, small_targets, stops

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

SETTLED = 2500  # milliseconds in which a room hangs its first works, or a floor fills


def walk(open_page, **options):
    """Each room, and a new visitor's page on which it is open and all its floors are."""
    for room in ["lobby", *rooms(open_page())]:
        page = open_page("" if room == "lobby" else f"?demo={room}", reduced_motion="reduce", **options)
        page.locator(f"#room-{room}").wait_for()
        page.wait_for_timeout(SETTLED)
        unfold(page)
        page.wait_for_timeout(SETTLED)
        yield room, page
        page.context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_serious_in_any_room(open_page, width, dark):
    found = [
        f"{room}: {finding}" for room, page in walk(open_page, width=width, dark=dark) for finding in findings(page)
    ]
    assert "\n".join(found) == ""


def test_a_finger_finds_everything_and_nothing_scrolls_sideways(open_page):
    small, wide = [], []
    for room, page in walk(open_page, width=360, has_touch=True, is_mobile=True):
        small += [f"{room}: {target}" for target in small_targets(page)]
        wide += [room] * (page.evaluate("document.documentElement.scrollWidth") > 360)
    assert ("\n".join(small), wide) == ("", [])


def test_the_tab_key_walks_through_every_room(open_page):
    lost = [
        f"{room}: {stop}" for room, page in walk(open_page) for stop in stops(page) if not (stop.name and stop.seen)
    ]
    assert "\n".join(lost) == ""


def test_every_room_prints_on_one_page(open_page):
    sheets = {room: printed_pages(page) for room, page in walk(open_page, dark=True) if room != "lobby"}
    assert sheets == dict.fromkeys(sheets, 1)
