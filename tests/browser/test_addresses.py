"""The gallery's links and recipes in a browser: where they lead, what they bring along, and what cannot be read.

Every page opened here also asserts, when it closes, that nothing was logged as an error and that no request
left the machine (see ``open_page``).
"""

import base64
import io

import pytest
from PIL import Image

from models.media import Recipe, picture_bytes, read_recipe
from tests.browser.guest import RECIPE, expect_room, expect_seed, plain_png, selected, slugs, tab
from tests.browser.visitor import drop

NO_RECIPE = "carries no recipe"


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
