"""axe-core finds nothing serious in any room, wide and narrow, by day and by night, with every floor unfolded."""

import pytest

from tests.browser.axe import findings, rooms, unfold

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_serious_in_any_room(open_page, width, dark):
    found = []
    for room in ["lobby", *rooms(open_page())]:
        page = open_page("" if room == "lobby" else f"?demo={room}", width=width, dark=dark, reduced_motion="reduce")
        page.locator(f"#room-{room}").wait_for()
        page.wait_for_timeout(2000)  # a room hangs its first works
        unfold(page)
        page.wait_for_timeout(3000)  # the floors fill
        found += [f"{room}: {finding}" for finding in findings(page)]
        page.context.close()
    assert "\n".join(found) == ""
