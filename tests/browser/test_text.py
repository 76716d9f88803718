"""Text to image in a browser: a prompt typed, painted, stopped, kept, looked into, compared and handed on.

Every page opened here also asserts that nothing was logged as an error and that no request left the machine.
"""

import base64
import io
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from models.media import read_recipe
from tests.browser.visitor import drop

pytest.importorskip("demos.text_to_image", reason="the room opens with its weights")

ROOM = "?demo=text-to-image"
STUDIO = "#text .tx"
QUICK = {"prompt": "a red apple", "seed": 3, "steps": 2, "count": 2}


@pytest.fixture
def room(open_page):
    """``room(settings, ...)``: the room, once what its address asks for hangs."""

    def visit(settings: dict | None = None, **options):
        page = open_page(ROOM + (f"&{urlencode(settings)}" if settings else ""), **options)
        painted(page, 2 if settings else 1)
        return page

    return visit


def painted(page, times: int) -> None:
    """Wait until so many paintings have hung since the page was opened; the first came with it."""
    page.wait_for_function(
        f"(times) => Number(document.querySelector('{STUDIO}')?.dataset.paintings) >= times", arg=times, timeout=150_000
    )


def shown(page) -> list[str]:
    """The pictures on the wall, once each has faded in."""
    pictures = page.locator(".tx-wall img.tx-on")
    page.wait_for_function(
        "document.querySelectorAll('.tx-wall img.tx-on').length === document.querySelectorAll('.tx-wall figure').length"
    )
    return pictures.evaluate_all("(images) => images.map((image) => image.src)")


def recipes(page) -> list:
    return [read_recipe(base64.b64decode(url.partition(",")[2])) for url in shown(page)]


def prompt(page):
    return page.get_by_role("textbox", name="Prompt")


def note(page) -> str:
    return page.locator(".tx-note").inner_text()


def at(page, part: str) -> bool:
    """Wait until the address says so: it follows a moment after what was asked."""
    page.wait_for_function("(part) => location.search.includes(part)", arg=part)
    return True


def saved(page, name: str, place: int = 0) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).nth(place).click()
    return download.value.path().read_bytes()


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


# ---------------------------------------------------------------- painting


def test_four_finished_pictures_hang_at_first_paint(room):
    page = room()
    assert [how.seed for how in recipes(page)] == [0, 1, 2, 3]
    assert prompt(page).input_value() == recipes(page)[0].settings["prompt"]
    assert note(page) == "" and page.locator(".tx-visit").is_hidden()
    assert "seed 2" in page.locator(".tx-wall img.tx-on").nth(2).get_attribute("alt")


def test_enter_paints_step_by_step_and_the_address_follows(room):
    page = room({"steps": 10, "count": 1, "seed": 4})
    page.evaluate(
        """() => {
        const note = document.querySelector('.tx-note');
        window.seen = [];
        new MutationObserver(() => window.seen.push(note.innerText)).observe(note, {childList: true});
        }"""
    )
    prompt(page).fill("a green apple with a stem")
    prompt(page).press("Enter")
    painted(page, 3)
    assert recipes(page)[0].settings["prompt"] == "a green apple with a stem"
    assert at(page, "prompt=a+green+apple+with+a+stem") and at(page, "steps=10") and at(page, "seed=4")
    assert any("of 10" in words for words in page.evaluate("window.seen")), "the steps were told"
    first = shown(page)
    page.get_by_role("button", name="Surprise me").click()
    painted(page, 4)
    assert shown(page) != first and recipes(page)[0].settings["prompt"] == "a green apple with a stem"


def test_a_link_brings_every_setting_and_the_pictures(room):
    page = room({**QUICK, "guidance": 4.5, "negative_prompt": "green"})
    how = recipes(page)[0]
    assert len(shown(page)) == 2 and how.seed == 3 and how.settings["prompt"] == "a red apple"
    assert (how.settings["steps"], how.settings["guidance"], how.settings["negative_prompt"]) == (2, 4.5, "green")
    page.get_by_role("button", name="More", exact=True).click()
    assert page.locator(".tx-avoid input").input_value() == "green"
    assert page.locator(".tx-slider input[name=guidance]").input_value() == "4.5"


def test_a_slider_that_is_let_go_paints_anew(room):
    page = room(QUICK)
    page.get_by_role("button", name="More", exact=True).click()
    slider = page.locator(".tx-slider input[name=steps]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    painted(page, 3)
    assert recipes(page)[0].settings["steps"] == 3 and at(page, "steps=3")


def test_a_painting_can_be_stopped_and_what_hung_stays(room):
    page = room({**QUICK, "prompt": "a yellow sunflower"})
    before = shown(page)
    prompt(page).fill("a red tulip")
    page.evaluate("document.dispatchEvent(new CustomEvent('text:paint', {detail: {steps: 50, count: 9}}))")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Paint", exact=True).wait_for()
    assert shown(page) == before and prompt(page).input_value() == "a red tulip"
    page.evaluate("document.dispatchEvent(new CustomEvent('text:paint', {detail: {steps: 2, count: 1}}))")
    painted(page, 3)
    assert recipes(page)[0].settings["prompt"] == "a red tulip"


# ---------------------------------------------------------------- words


def test_unknown_words_are_marked_and_a_slip_is_put_right(room):
    page = room()
    prompt(page).fill("a red aple on a Blué background")
    assert page.locator(".tx-mirror mark").all_inner_texts() == ["aple"]
    assert "“aple”: not among the" in note(page)
    page.get_by_role("button", name="apple", exact=True).click()
    assert prompt(page).input_value() == "a red apple on a Blué background" and note(page) == ""
    prompt(page).fill("an astronaut rides a horse")
    assert page.locator(".tx-mirror mark").count() == 3


def test_words_it_knows_are_put_in_where_the_caret_was(room):
    page = room()
    prompt(page).fill("a apple")
    prompt(page).press("Home")
    prompt(page).press("ArrowRight")
    page.get_by_role("button", name="words it knows").click()
    page.get_by_role("button", name="colours").click()
    page.locator(".tx-chip", has_text="green").first.click()
    assert prompt(page).input_value() == "a green apple"


def test_what_cannot_be_painted_gets_one_sentence_and_nothing_is_lost(room):
    page = room()
    before = shown(page)
    for typed, sentence in (("   ", "no prompt yet"), ("red " * 2500, "10,000 characters")):
        prompt(page).fill(typed)
        page.get_by_role("button", name="Paint", exact=True).click()
        page.get_by_text(sentence).first.wait_for()
        page.get_by_role("button", name="Paint", exact=True).wait_for()
        assert prompt(page).input_value() == typed and shown(page) == before


def test_writing_it_cannot_read_is_kept_and_said(room):
    page = room()
    prompt(page).fill("🌻 تفاحة حمراء")
    page.evaluate("document.dispatchEvent(new CustomEvent('text:paint', {detail: {steps: 1, count: 1}}))")
    painted(page, 2)
    assert "knows none of these words" in note(page) and prompt(page).input_value() == "🌻 تفاحة حمراء"


# ---------------------------------------------------------------- taking home, coming back


def test_a_saved_picture_opens_again_as_the_first(room, open_page):
    page = room(QUICK)
    file = saved(page, "Save", 1)
    other = open_page()
    drop(other, file, "h1")
    painted(other, 2)
    assert recipes(other)[0].seed == 4 and prompt(other).input_value() == "a red apple"
    again = base64.b64decode(shown(other)[0].partition(",")[2])
    assert np.abs(pixels(again) - pixels(file)).max() <= 2


def test_the_visit_is_kept_and_brings_pictures_back_with_their_settings(room):
    page = room(QUICK)
    first = shown(page)
    prompt(page).fill("a yellow sunflower")
    prompt(page).press("Enter")
    painted(page, 3)
    tiles = page.locator(".tx-visit .tx-tile")
    assert tiles.count() == 2
    page.goto(page.url.partition("?")[0] + ROOM)
    painted(page, 1)
    tiles.nth(1).click()
    painted(page, 2)
    assert shown(page) == first and prompt(page).input_value() == "a red apple" and at(page, "seed=3")
    page.get_by_role("button", name="Forget it").click()
    assert page.locator(".tx-visit").is_hidden()


def test_an_example_is_one_click_away(room):
    page = room()
    page.locator(".tx-examples .tx-tile").nth(4).click()
    painted(page, 2)
    assert recipes(page)[0].settings["prompt"] == prompt(page).input_value() == "a green apple with a stem"


def test_a_picture_is_sent_to_a_room_that_takes_one(room):
    page = room()
    page.get_by_role("button", name="To One colour").nth(1).click()
    page.locator("#guest-ground img").wait_for()


# ---------------------------------------------------------------- looking inside, comparing


def test_every_word_can_be_followed_through_time(room):
    page = room({**QUICK, "steps": 4})
    page.get_by_role("button", name="Look inside", exact=True).click()
    page.locator(".ti-words").scroll_into_view_if_needed()
    tiles = page.locator(".ti-tiles button")
    tiles.nth(2).wait_for()
    assert [words.split("\n")[0] for words in tiles.all_inner_texts()] == ["a", "red", "apple"]
    tiles.nth(1).click()
    caption = page.locator(".ti-large figcaption")
    assert caption.inner_text() == "“red”, all 4 steps together"
    lit = page.locator(".ti-large canvas").evaluate("(canvas) => canvas.toDataURL()")
    page.get_by_label("Time: from the first step").fill("0")
    assert caption.inner_text() == "“red”, step 1 of 4"
    assert page.locator(".ti-large canvas").evaluate("(canvas) => canvas.toDataURL()") != lit
    page.locator(".ti-around").scroll_into_view_if_needed()
    page.locator(".ti-nearest button").first.wait_for()
    page.locator(".ti-stages img[data-of=refined][src]").wait_for()


def test_a_grid_compares_and_a_cell_paints_with_its_settings(room):
    page = room(QUICK)
    page.get_by_role("button", name="Compare in a grid").click()
    page.get_by_role("button", name="Seed against a word").click()
    page.wait_for_function("document.querySelector('.tg').dataset.grids === '1'", timeout=150_000)
    cells = page.locator(".tg-grid button")
    assert cells.count() == 16 and page.locator(".tg-left").all_inner_texts()[:2] == ["red", "yellow"]
    how = read_recipe(saved(page, "Save grid"))
    assert how.settings["grid"]["y"][0] == "word" and how.settings["grid"]["x"] == ["seed", [3, 4, 5, 6]]
    cells.nth(5).click()
    painted(page, 3)
    assert recipes(page)[0].settings["prompt"] == "a yellow apple" and recipes(page)[0].seed == 4


def test_a_grid_that_cannot_be_gets_a_sentence_and_one_under_way_can_be_stopped(room):
    page = room(QUICK)
    page.get_by_role("button", name="Compare in a grid").click()
    page.get_by_label("Values across").fill("1, lots")
    page.get_by_role("button", name="Make the grid").click()
    page.get_by_text("'lots' is no guidance").first.wait_for()
    page.get_by_label("Values across").fill("1, 2, 3, 4, 5, 6")
    page.get_by_label("Values down").fill("50, 49, 48")
    page.get_by_role("button", name="Make the grid").click()
    page.locator(".tg-body").get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped").first.wait_for()


# ---------------------------------------------------------------- small screens


def test_nothing_sticks_out_on_a_phone(room):
    page = room(width=360, height=740, dark=True, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="More", exact=True).tap()
    page.get_by_role("button", name="Compare in a grid").tap()
    page.get_by_role("button", name="Look inside", exact=True).tap()
    page.locator(".ti-words").scroll_into_view_if_needed()
    page.locator(".ti-tiles button").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.locator(".tx-examples .tx-tile").first.tap()
    painted(page, 2)
