"""The house in a browser: arriving, walking about, errors, the meter, day and night, small screens.

Every page opened here also asserts, when it closes, that nothing was logged as an error and that no request
left the machine (see ``open_page``).
"""

import pytest

from tests.browser.guest import expect_room, expect_seed, slugs
from tests.browser.harness import contention

# ---------------------------------------------------------------- arriving


def test_first_paint_is_quick(open_page):
    """Within two seconds of opening, the best of a few; longer only where other work holds the processor."""
    times = []
    for _ in range(5):
        before = contention()
        page = open_page(fresh=True)
        times.append(page.evaluate("performance.now()"))
        page.context.close()  # or its own work would count as that of others
        if times[-1] < 2000 * max(before, contention()):  # which may begin in between
            return
    pytest.fail(f"the lobby took {[round(time) for time in times]} ms to appear")


def test_lobby_has_a_card_for_every_room(open_page):
    page = open_page()
    titles = page.locator('[role="tab"]').all_inner_texts()
    assert titles[0] == "Lobby" and "One colour" in titles
    for title in titles[1:]:
        card = page.get_by_role("link", name=title).first
        assert card.is_visible() and len(card.inner_text().splitlines()) >= 3


def test_every_room_is_in_sight_from_every_other_one(open_page):
    """Its whole name, not behind dots; on a phone in a strip, where the open one has moved into sight."""
    in_sight = """(tab) => {
      const box = tab.getBoundingClientRect();
      return tab.scrollWidth <= tab.clientWidth + 1 && box.left >= 0 && box.right <= innerWidth;
    }"""
    page = open_page()
    tabs = page.get_by_role("tab")
    assert tabs.count() == 1 + len(slugs(page)) and all(tab.evaluate(in_sight) for tab in tabs.all())
    phone = open_page(width=360, has_touch=True, is_mobile=True, reduced_motion="reduce")
    last = phone.get_by_role("tab").last
    assert phone.get_by_role("tab").count() == tabs.count() and not last.evaluate(in_sight)
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    last.tap()
    phone.wait_for_function(f"(tab) => ({in_sight})(tab)", arg=last.element_handle())


def test_posters_are_seen(open_page):
    page = open_page()
    for picture in page.locator(".v-pictures img:first-child").all():
        assert picture.evaluate("(image) => image.naturalWidth") > 0
        assert picture.get_attribute("alt")


def test_rooms_that_fail_are_closed_and_the_others_open(open_page):
    page = open_page()
    closed = page.locator(".v-closed").all_inner_texts()
    assert len(closed) == 2 and all("closed today" in text for text in closed)
    assert page.get_by_label("Half built").count() == 0
    assert "/" not in "".join(closed) and "Error" not in "".join(closed)


def test_keyboard_enters_a_room(open_page):
    page = open_page()
    page.get_by_role("link", name="One colour").focus()
    page.keyboard.press("Enter")
    expect_room(page)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(("choice", "sentence"), [("empty", "nothing to paint"), ("broken", "went wrong")])
def test_a_failure_is_one_sentence_and_the_picture_stays(open_page, choice, sentence):
    page = open_page("?demo=guest-room&hue=green")
    picture = page.locator("#guest-picture img")
    picture.wait_for()
    before = picture.get_attribute("src")
    page.get_by_role("radio", name=choice).check()
    page.get_by_text(sentence).first.wait_for()
    assert picture.is_visible() and picture.get_attribute("src") == before
    assert "Traceback" not in page.content() and "/secret/path" not in page.content()


def test_surprise_me_changes_the_seed_unless_it_is_kept(open_page):
    page = open_page("?demo=guest-room")
    expect_seed(page, 3)
    page.get_by_label("Keep this seed").check()
    button = page.get_by_role("button", name="Surprise me")
    page.wait_for_function(
        "[...document.querySelectorAll('button')].find((b) => b.innerText === 'Surprise me').disabled"
    )
    page.get_by_label("Keep this seed").uncheck()
    button.click()
    page.wait_for_function("!/seed=3(&|$)/.test(location.search) && /seed=/.test(location.search)")


# ---------------------------------------------------------------- the meter


def test_the_cache_meter_opens(open_page):
    page = open_page()
    page.get_by_role("button", name="Models in memory").click()
    reading = page.locator("#v-meter-reading")
    reading.wait_for()
    assert "model" in reading.inner_text().lower()


def test_the_meter_asks_only_while_it_is_open(open_page):
    page = open_page()
    # The page asks once by itself, on arrival, whether its address wants anything.
    page.wait_for_function("performance.getEntriesByType('resource').some((e) => e.name.includes('queue/join'))")
    asked = []
    page.on("request", lambda request: request.method == "POST" and asked.append(request.url))
    page.wait_for_timeout(3000)  # it reads every two seconds
    assert asked == []
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_role("button", name="Models in memory").click()
    page.wait_for_timeout(2500 * contention())
    page.wait_for_timeout(2500 * (contention() - 1))  # which may have begun in between
    assert len(asked) >= 2


# ---------------------------------------------------------------- day and night, large and small


def wall_brightness(page) -> float:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]) / 3


def test_day_and_night(open_page):
    assert wall_brightness(open_page()) > 200
    page = open_page(dark=True)
    assert wall_brightness(page) < 60
    page.get_by_role("button", name="Day or night").click()
    page.wait_for_function("!document.body.classList.contains('dark')")
    # Another page of the same visitor: leaving one in the middle of its first question makes Gradio complain.
    again = page.context.new_page()
    again.goto(page.url)
    again.get_by_role("heading", name="Every picture here").wait_for()
    again.wait_for_function("!document.body.classList.contains('dark')")


@pytest.mark.slow  # each room's own tests ask it of the narrowest screen
@pytest.mark.parametrize("width", [360, 768, 1280, 3840])
def test_nothing_scrolls_sideways(open_page, width):
    page = open_page(width=width)
    for slug in ["lobby", *slugs(page)]:
        page = open_page(f"?demo={slug}" if slug != "lobby" else "", width=width)
        page.locator(f"#room-{slug}").wait_for()
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, slug


def test_reduced_motion_is_respected(open_page):
    page = open_page(reduced_motion="reduce")
    moving = page.evaluate(
        "document.getAnimations().filter((a) => a.playState === 'running').map((a) => a.animationName)"
    )
    assert moving == []


def test_focus_is_visible(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2


def test_gradio_stays_in_the_background(open_page):
    page = open_page()
    assert page.get_by_text("Built with Gradio").count() == 0
    icon = page.request.get(page.url + "favicon.ico")
    assert icon.ok and b"<svg" in icon.body()
