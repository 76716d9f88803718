"""axe-core finds nothing serious in the lobby and in a room; test_axe_rooms.py walks through all of them."""

import pytest

from tests.browser.axe import findings, unfold

ROOM = "?demo=sketch-to-photo"


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("address", ["", ROOM], ids=["lobby", "room"])
def test_nothing_serious(open_page, address, dark):
    page = open_page(address, dark=dark, width=360 if dark else 1280, reduced_motion="reduce")
    unfold(page)
    page.wait_for_timeout(500)
    assert "\n".join(map(str, findings(page))) == ""
