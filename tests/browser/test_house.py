"""The house in a browser: arriving, walking about, links, recipes, the meter, day and night, small screens.

Every page opened here also asserts, when it closes, that nothing was logged as an error and that no request
left the machine (see ``open_page``).
"""

import base64
import io

import pytest
from PIL import Image

from models.media import Recipe, picture_bytes, read_recipe
from tests.browser.harness import contention

RECIPE = Recipe("guest-room", "guest", "1", 1234, {"hue": "blue", "size": 192})
NO_RECIPE = "carries no recipe"

DROP = """([data, x, y]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "saved.png", {type: "image/png"}));
  const options = {bubbles: true, cancelable: true, dataTransfer: transfer};
  const target = document.elementFromPoint(x, y);
  target.dispatchEvent(new DragEvent("dragover", options));
  target.dispatchEvent(new DragEvent("drop", options));
}"""


def drop(page, data: bytes, x: int = 300, y: int = 400) -> None:
    page.evaluate(DROP, [base64.b64encode(data).decode(), x, y])


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


# ---------------------------------------------------------------- addresses


def test_every_room_has_its_own_link(open_page):
    """Here the first and the last; the tests of every other room arrive by its link."""
    page = open_page()
    links = page.evaluate("[...document.querySelectorAll('a.v-card')].map((card) => card.getAttribute('href'))")
    assert links == [f"?demo={slug}" for slug in slugs(page)]
    for link in (links[0], links[-1]):
        page = open_page(link)
        page.locator(".v-room-heading h1").filter(visible=True).wait_for()
        assert page.locator(f"#room-{link.removeprefix('?demo=')}").is_visible()


def test_walking_changes_the_address_without_a_reload(open_page):
    page = open_page()
    page.evaluate("window.stillHere = true")
    tab(page, "One colour").click()
    expect_room(page)
    page.wait_for_function("location.search.includes('demo=guest-room') && document.title.startsWith('One colour')")
    page.go_back()
    page.get_by_role("heading", name="Every picture here").wait_for()
    assert "demo=" not in page.url and page.evaluate("window.stillHere")
    page.go_forward()
    expect_room(page)
    page.get_by_role("link", name="Vernissage").click()
    page.get_by_role("heading", name="Every picture here").wait_for()
    assert page.evaluate("window.stillHere")


def test_a_late_answer_fetches_nobody_back(open_page):
    page, held = open_page("?demo=guest-room&seed=77"), []
    expect_seed(page, 77)
    tab(page, "Lobby").click()
    page.get_by_role("heading", name="Every picture here").wait_for()
    page.evaluate("""() => {
      const told = vernissage.answered;
      vernissage.answered = () => { told(); window.answered = true; };
    }""")
    page.route("**/queue/join*", lambda question: held.append(question))
    page.go_back()
    expect_room(page)
    tab(page, "Lobby").click()
    page.get_by_role("heading", name="Every picture here").wait_for()
    for question in held:
        question.continue_()
    page.wait_for_function("window.answered")
    page.wait_for_timeout(300)  # in which a tab would open
    assert held and selected(page) == "Lobby"


def test_a_link_carries_settings(open_page):
    page = open_page("?demo=guest-room&hue=green&size=256&seed=77")
    expect_seed(page, 77)
    assert page.get_by_label("green").is_checked()
    page.locator("#guest-picture img").wait_for()
    page.wait_for_function("document.querySelector('#guest-picture img').naturalWidth === 256")


def test_settings_that_change_together_ask_once(open_page):
    """Opened by a link, the room never asks for a picture of half the link's settings."""
    page, asked = open_page("?demo=guest-room"), []
    expect_room(page)
    page.on("request", lambda request: "queue/join" in request.url and asked.append(request.post_data_json["data"]))
    recipe = Recipe("guest-room", "guest", "1", 77, {"hue": "green", "size": 256})
    drop(page, picture_bytes(Image.new("RGB", (8, 8)), recipe))
    page.wait_for_function("document.querySelector('#guest-picture img')?.naturalWidth === 256")
    assert [data for data in asked if len(data) == 3] == [["green", 256, 77]]


def test_the_address_follows_the_settings(open_page):
    page = open_page("?demo=guest-room")
    expect_room(page)
    page.get_by_label("blue").check()
    page.wait_for_function("location.search.includes('hue=blue') && location.search.includes('seed=3')")
    again = open_page(page.url.partition("?")[1] + page.url.partition("?")[2])
    again.wait_for_function("document.querySelector('input[value=blue]')?.checked")


@pytest.mark.parametrize(
    "query",
    [
        "?demo=guest-room&seed=<img src=x onerror=alert(1)>&hue=purple&size=1e999",
        "?demo=guest-room&seed=NaN&seed=2&__proto__=1&hue=",
    ],
)
def test_hostile_settings_leave_the_room_as_it_was(open_page, query):
    page = open_page(query)
    expect_room(page)
    page.get_by_text("did not fit").first.wait_for()
    assert page.get_by_label("red").is_checked()


def test_an_unknown_room_says_so(open_page):
    page = open_page("?demo=no-such-room")
    page.get_by_text("No room of that name").first.wait_for()
    assert selected(page) == "Lobby"


# ---------------------------------------------------------------- recipes


def test_a_dropped_recipe_opens_its_room(open_page):
    page = open_page()
    drop(page, picture_bytes(Image.new("RGB", (8, 8)), RECIPE))
    expect_room(page)
    expect_seed(page, 1234)
    assert page.get_by_label("blue").is_checked()
    page.wait_for_function("location.search.includes('demo=guest-room')")


def test_a_question_without_an_answer_is_asked_again(open_page):
    page, lost = open_page("?demo=guest-room"), []
    expect_room(page)
    page.wait_for_timeout(1000)  # the page's own first questions are another matter

    def lose_the_first(route):
        if "recipe" in (route.request.post_data or "") and not lost:
            lost.append(route.request.url)
            return route.fulfill(json={"event_id": "nobody-answers-this"})
        return route.continue_()

    page.route("**/queue/join*", lose_the_first)
    drop(page, picture_bytes(Image.new("RGB", (8, 8)), RECIPE))
    expect_seed(page, 1234)
    assert lost


def picture_of_seed(page, seed, seconds=20):
    """The guest room's picture as a visitor would save it, once the one of this seed hangs."""
    for _ in range(4 * seconds):
        saved = page.request.get(page.locator("#guest-picture img").get_attribute("src")).body()
        if read_recipe(saved).seed == seed:
            return saved
        page.wait_for_timeout(250)
    raise AssertionError(f"no picture of seed {seed} appeared")


def test_a_result_opens_again_from_its_own_file(open_page):
    """What the page itself shows, fetched as a visitor would save it, brings its settings back."""
    page = open_page("?demo=guest-room&hue=green&seed=42")
    expect_seed(page, 42)
    page.locator("#guest-picture img").wait_for()
    saved = picture_of_seed(page, 42)
    other = open_page()
    drop(other, saved)
    expect_seed(other, 42)
    assert other.get_by_label("green").is_checked()


def test_the_button_opens_recipes_too(open_page, tmp_path):
    path = tmp_path / "saved.png"
    path.write_bytes(picture_bytes(Image.new("RGB", (8, 8)), RECIPE))
    page = open_page()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a recipe").click()
    chooser.value.set_files(path)
    expect_seed(page, 1234)


def test_a_picture_without_a_recipe_says_so(open_page):
    page = open_page()
    drop(page, plain_png())
    page.get_by_text(NO_RECIPE).wait_for()
    assert selected(page) == "Lobby"


def test_a_forged_recipe_says_so(open_page):
    from PIL.PngImagePlugin import PngInfo

    text, file = PngInfo(), io.BytesIO()
    text.add_text("vernissage", '{"demo": "guest-room", "seed": "<script>"}')
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=text)
    page = open_page()
    drop(page, file.getvalue())
    page.get_by_text("recipe cannot be read").first.wait_for()


# ---------------------------------------------------------------- pictures from room to room


def test_a_picture_goes_to_a_room_that_takes_one(open_page):
    page = open_page()
    takers = page.evaluate("vernissage.takers")
    assert {"slug": "guest-room", "title": "One colour"} in takers and "sketch-to-photo" not in str(takers)
    url = "data:image/png;base64," + base64.b64encode(plain_png()).decode()
    page.evaluate("(url) => vernissage.hand('guest-room', url)", url)
    expect_room(page)
    page.locator("#guest-ground img").wait_for()


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
