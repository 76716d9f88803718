"""Face arithmetic in a browser: faces by click, drag, finger and key, and what becomes of them.

Every page opened here also asserts that nothing was logged as an error and that no request left the machine.
"""

import base64
import io
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from models.media import read_recipe
from tests.browser.visitor import at_widths, drop

ROOM = "?demo=face-arithmetic"
BOARD = "#arithmetic .fa"
SUM = "#arithmetic .fa-sum img.fa-on"


@pytest.fixture
def room(open_page):
    """``room(query, ...)``: the room with its equation worked out and its wall hung."""

    def visit(query: str = "", **options):
        page = open_page(ROOM + query, **options)
        page.locator(SUM).wait_for()
        page.locator(".fa-tile img[src]").nth(15).wait_for(state="attached")
        settled(page)
        return page

    return visit


def settled(page) -> None:
    """Wait until sum, bars and address belong to the faces that are in the terms now."""
    page.wait_for_function(f"document.querySelector('{BOARD}').dataset.settled === 'true'")


def term(page, name: str):
    return page.locator(f".fa-term[data-term={name}]")


def exemplars(page, name: str):
    return term(page, name).locator("button.fa-slot")


def tile(page, seed: int):
    return page.get_by_role("button", name=f"Face {seed}", exact=True)


def shown(page, selector: str = SUM) -> str:
    return page.locator(selector).get_attribute("src")


def at(page, part: str) -> bool:
    """Wait until the address says so: it follows a moment after the room has settled."""
    page.wait_for_function("(part) => location.search.replaceAll('%2C', ',').includes(part)", arg=part)
    return True


def saved(page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    return download.value.path().read_bytes()


def note(page) -> str:
    return page.locator(".fa-note").inner_text()


# ---------------------------------------------------------------- choosing faces


def test_a_finished_equation_hangs_at_first_paint(room):
    page = room()
    assert "the sum in the middle" in page.locator(SUM).get_attribute("alt")
    assert [exemplars(page, name).count() for name in ("plus", "minus", "add")] == [1, 3, 3]
    assert [page.locator(f".fa-{sign}").get_attribute("aria-label") for sign in ("minus", "plus", "equals")] == [
        "minus",
        "plus",
        "equals",
    ]
    assert page.locator(".fa-verdict").inner_text() and note(page) == ""


def test_a_click_takes_a_face_out_and_another_puts_one_in(room):
    page = room("&plus=1,2,3&minus=4&add=6")
    before = shown(page)
    exemplars(page, "plus").first.click()
    tile(page, 5).click()
    settled(page)
    assert shown(page) != before and at(page, "plus=2,3,5&")
    tile(page, 6).click()
    settled(page)
    assert at(page, "plus=3,5,6&"), "a full term lets its first face go"
    assert exemplars(page, "plus").count() == 3


def test_a_face_can_be_dragged_into_a_term_and_on_into_another(room):
    page = room("&plus=1&minus=2&add=3")
    tile(page, 9).drag_to(term(page, "minus").locator(".fa-mean"))
    settled(page)
    assert at(page, "minus=2,9")
    exemplars(page, "minus").nth(1).drag_to(term(page, "add").locator(".fa-mean"))
    settled(page)
    assert at(page, "minus=2&add=3,9")


def test_the_keyboard_alone_makes_an_equation(room):
    page = room("&plus=1&minus=2&add=3")
    exemplars(page, "minus").first.focus()
    page.keyboard.press("Delete")
    assert "second term is empty" in note(page)
    page.locator(".fa-invite").wait_for()
    page.keyboard.press("Enter")  # the focus is on the emptied term: choose for it
    tile(page, 0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settled(page)
    assert at(page, "minus=1") and note(page) == ""


def test_a_finger_chooses_a_term_and_taps_a_face(room):
    page = room("&plus=1&minus=2&add=3", width=390, height=800, has_touch=True, is_mobile=True)
    before = shown(page)
    term(page, "add").locator(".fa-mean").tap()
    assert "third term" in page.locator(".fa-hint").inner_text()
    tile(page, 2).tap()
    settled(page)
    assert at(page, "add=3,2") and shown(page) != before


def test_presets_and_more_faces(room):
    page = room()
    before = shown(page)
    page.get_by_role("button", name="Smile", exact=True).click()
    settled(page)
    assert shown(page) != before and at(page, "plus=")
    page.get_by_role("button", name="More faces").click()
    tile(page, 16).locator("img[src]").wait_for()
    page.get_by_label("The wall begins with this seed").fill("abc")
    page.keyboard.press("Enter")
    assert "whole number" in note(page) and tile(page, 16).is_visible()
    page.get_by_label("The wall begins with this seed").fill("4000")
    page.keyboard.press("Enter")
    tile(page, 4000).locator("img[src]").wait_for()


def test_the_seed_changes_the_faces_around_the_sum(room):
    page = room()
    before = shown(page)
    page.get_by_label("Seed of the eight faces around the sum").fill("77")
    page.keyboard.press("Enter")
    settled(page)
    assert shown(page) != before and at(page, "seed=77")


# ---------------------------------------------------------------- turning one face


def test_sliders_turn_the_sum_or_a_chosen_face(room):
    page = room()
    turned = "#arithmetic .fa-turned img.fa-on"
    before = shown(page, turned)
    page.get_by_label("Smile", exact=True).focus()
    for _ in range(15):
        page.keyboard.press("ArrowRight")
    settled(page)
    assert shown(page, turned) != before and at(page, "smile=1.5")
    term(page, "face").locator(".fa-mean").click()
    tile(page, 3).click()
    settled(page)
    assert at(page, "face=3")
    assert read_recipe(saved(page, "Save face")).settings["smile"] == 1.5


# ---------------------------------------------------------------- links, recipes, photos


def test_a_link_opens_the_equation_and_says_what_it_clamped(room):
    page = room("&" + urlencode({"plus": "1,2,3,4", "minus": "5", "add": "x", "seed": "7", "age": "9"}))
    page.wait_for_function(f"document.querySelector('{BOARD} output[for=fa-age]').textContent.startsWith('+3')")
    settled(page)
    assert exemplars(page, "plus").count() == 3 and exemplars(page, "minus").count() == 1
    assert exemplars(page, "add").count() == 3, "what was no seed changed nothing"
    assert "was taken" in page.locator("#v-note").inner_text() and at(page, "age=3")


def test_a_saved_equation_brings_everything_back(room, open_page):
    page = room("&plus=1,2&minus=3&add=4&seed=6")
    page.wait_for_function(f"document.querySelector('{BOARD} .fa-seed').value === '6'")
    settled(page)
    file = saved(page, "Save equation")
    width, height = Image.open(io.BytesIO(file)).size
    assert width > 1.8 * height
    other = open_page()
    drop(other, file)
    other.locator(SUM).wait_for()
    other.wait_for_function(f"document.querySelector('{BOARD} .fa-seed').value === '6'")
    settled(other)
    assert [exemplars(other, name).count() for name in ("plus", "minus", "add")] == [2, 1, 1]
    assert page.get_by_role("button", name="Take face 4 out of the third term").count() == 1


def studio_photo(page) -> bytes:
    """A generated face, large, with air around it: what a phone would have taken of somebody who is nobody."""
    face = Image.open(io.BytesIO(base64.b64decode(shown(page, ".fa-tile img >> nth=5").partition(",")[2])))
    photo = Image.new("RGB", (900, 1000), face.convert("RGB").getpixel((3, 3)))
    photo.paste(face.resize((640, 640), Image.Resampling.BICUBIC), (130, 200))
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=95)
    return file.getvalue()


def test_a_photo_becomes_a_face_on_the_wall_and_others_get_a_sentence(room):
    page = room()
    chooser = page.get_by_label("From a photo: find its nearest face")
    chooser.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    page.get_by_text("not a picture we can read").wait_for()
    blank = io.BytesIO()
    Image.fromarray(np.full((3000, 4000, 3), 120, np.uint8)).save(blank, "PNG")
    chooser.set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": blank.getvalue()})
    page.locator(".toast-body").get_by_text("face").first.wait_for()
    page.locator(".fa-finding").wait_for(state="hidden")
    chooser.set_input_files({"name": "c.jpg", "mimeType": "image/jpeg", "buffer": studio_photo(page)})
    page.locator(".fa-found").wait_for(timeout=90_000)
    settled(page)
    assert page.get_by_text("stays on this machine").first.is_visible()
    page.get_by_role("button", name="The face of your photo", exact=True).click()
    settled(page)
    terms = read_recipe(saved(page, "Save faces")).settings["plus"].split(",")
    assert len(terms) == 2 and terms[-1].startswith("w") and len(terms[-1]) < 2000


# ---------------------------------------------------------------- looking, screens


def test_look_inside_follows_the_equation(room):
    page = room("&plus=1&minus=2&add=3")
    page.get_by_role("button", name="Look inside").click()
    drawing = page.locator(".fa-inside svg")
    drawing.wait_for()
    before = drawing.get_attribute("aria-label")
    tile(page, 8).click()
    page.wait_for_function(
        "(before) => document.querySelector('.fa-inside svg').getAttribute('aria-label') !== before", arg=before
    )
    assert page.locator(".fa-inside img").count() == 3


def test_no_sideways_scroll_and_one_axis(room):
    page = room()
    for width in at_widths(page, 2560, 1280, 768, 360):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [page.locator(selector).bounding_box() for selector in (".fa-minus", ".fa-equals", ".fa-sum .fa-glass")]
        minus, equals, total = boxes
        if width == 360:
            assert equals["y"] > minus["y"] + 100 and total["width"] > 260
        else:
            middle = total["y"] + total["height"] / 2
            assert abs(minus["y"] + minus["height"] / 2 - middle) < 3 and equals["x"] > minus["x"]
