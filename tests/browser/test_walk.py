"""The latent walk in a browser: every way to walk, and what becomes of it.

Every page opened here also asserts that nothing was logged as an error and that no request left the machine.
"""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from models.media import read_recipe
from tests.browser.visitor import at_widths, drop

ROOM = "?demo=latent-walk"
STAGE = "#walk .wk"
SHOWN = "#walk .wk-picture img.wk-on"
PATIENCE = 90_000  # milliseconds: two cores, and whatever else runs on them

LISTEN = """() => {
  window.hung = [];
  document.querySelector("#walk .wk").addEventListener("face", ({detail}) => window.hung.push(detail.order));
}"""


@pytest.fixture
def room(open_page):
    """``room(query, ...)``: the room at rest, with everything about its walk on the wall."""

    def visit(query: str = "", **options):
        page = open_page(ROOM + query, **options)
        page.locator(SHOWN).wait_for()
        settled(page)
        return page

    return visit


def settled(page) -> None:
    """Wait until face, strips and settings belong to where the walk is now."""
    page.wait_for_function(f"document.querySelector('{STAGE}').dataset.settled === 'true'", timeout=PATIENCE)


def now(page) -> dict:
    """What the stage says it shows: the order of its large face."""
    return page.evaluate(f"document.querySelector('{STAGE}').walk.order")


def saved(page) -> bytes:
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="Save picture").click()
    return download.value.path().read_bytes()


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def drag(page, selector: str, *points: tuple[float, float]) -> None:
    """Press, move and lift the mouse, points in shares of an element's size."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for point in at[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


# ---------------------------------------------------------------- walking


def test_a_walk_hangs_at_first_paint_without_asking_the_model(open_page):
    asked = []
    page = open_page(ROOM)
    page.on("request", lambda request: "component_server" in request.url and asked.append(request.url))
    page.locator(SHOWN).wait_for()
    strips = page.locator(".wk-strip img")
    assert strips.count() == 3 and all(strip.evaluate("(image) => image.naturalWidth > 500") for strip in strips.all())
    assert "seed 3 to seed 8" in page.locator(SHOWN).get_attribute("alt")
    assert page.locator(".wk-wall img.wk-on").count() == 12
    assert len(asked) <= 1, "the large face alone may be made afresh"


def test_dragging_the_slider_walks_and_no_stale_face_stays(room):
    page = room()
    page.evaluate(LISTEN)
    drag(page, "#walk .wk-t", (0.5, 0.5), (0.95, 0.5), (0.2, 0.5), (0.8, 0.5))
    settled(page)
    hung, here = page.evaluate("window.hung"), now(page)
    assert len(hung) >= 2 and hung[-1] == here and here["t"] == pytest.approx(0.8, abs=0.04)
    assert (
        read_recipe(base64.b64decode(page.locator(SHOWN).get_attribute("src").split(",")[1])).settings["t"] == here["t"]
    )
    page.wait_for_function("(text) => location.search.includes(text)", arg=f"t={here['t']:g}")


def test_the_last_of_many_changes_wins(room):
    page = room()
    page.evaluate(LISTEN)
    for seed in (1, 2, 4, 5, 6):
        page.locator(".wk-wall button").nth(seed).press("b")
    settled(page)
    assert now(page)["seeds"][1] == 6 and page.evaluate("window.hung").pop()["seeds"][1] == 6
    assert all(order["seeds"][1] != 8 for order in page.evaluate("window.hung"))


def test_the_keyboard_alone_walks_and_picks(room):
    page = room()
    page.locator(".wk-t").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    settled(page)
    assert now(page)["t"] == pytest.approx(0.005)
    page.locator(".wk-wall button").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")  # to A, which waits for a face
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")  # to B, the next place
    settled(page)
    assert now(page)["seeds"] == [1, 2, 1, 2]
    page.locator(".wk-path").first.focus()
    page.keyboard.press("ArrowDown")
    settled(page)
    assert now(page)["path"] == "z-sphere"
    page.wait_for_function("location.search.includes('path=z-sphere')")


def test_the_field_takes_mouse_keys_and_touch(room):
    page = room("&way=four", width=390, height=800, has_touch=True, is_mobile=True)
    page.locator(".wk-map.wk-on").wait_for(timeout=PATIENCE)
    drag(page, ".wk-pad", (0.1, 0.1), (0.9, 0.5))
    settled(page)
    assert (now(page)["t"], now(page)["down"]) == pytest.approx((1, 0.5), abs=0.03)
    page.locator(".wk-pad").focus()
    page.keyboard.press("Shift+ArrowLeft")
    settled(page)
    assert now(page)["t"] == pytest.approx(0.9, abs=0.03)
    box, scrolled = page.locator(".wk-pad").bounding_box(), page.evaluate("scrollY")
    finger = page.context.new_cdp_session(page)
    places = [{"x": box["x"] + box["width"] * u, "y": box["y"] + box["height"] * u} for u in (0.9, 0.6, 0.3)]
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": places[:1]})
    for place in places[1:]:
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settled(page)
    assert (now(page)["t"], now(page)["down"]) == pytest.approx((0.25, 0.25), abs=0.03)
    assert page.evaluate("scrollY") == scrolled


def test_it_walks_by_itself_until_it_is_stopped(room):
    page = room()
    page.evaluate(LISTEN)
    press(page, "Walk there and back")
    page.wait_for_function("window.hung.length > 3", timeout=PATIENCE)
    press(page, "Walk there and back")
    settled(page)
    still = now(page)["t"]
    page.wait_for_timeout(400)
    assert now(page)["t"] == still and len({order["t"] for order in page.evaluate("window.hung")}) > 2


def test_surprises_and_more_faces(room):
    page = room()
    before = now(page)["seeds"]
    press(page, "Surprise me")
    press(page, "More faces")
    settled(page)
    assert not set(now(page)["seeds"]) & set(before)
    assert page.locator(".wk-wall").inner_text().split() == [str(seed) for seed in range(12, 24)]
    assert page.locator(".wk-wall img.wk-on").count() == 12


def test_a_seed_that_is_none_is_refused_in_a_sentence(room):
    page = room()
    field = page.get_by_role("spinbutton", name="Seed of A")
    field.fill("-4")
    field.press("Enter")
    page.get_by_text("A seed is a whole number").wait_for()
    assert field.input_value() == "3" and now(page)["seeds"][0] == 3


def test_the_model_of_2016_says_that_it_has_no_w(room):
    page = room()
    page.get_by_role("button", name="Other models").click()
    page.get_by_role("radio", name="DCGAN, as in 2016").check()
    page.get_by_text("has no w").wait_for()
    settled(page)
    assert now(page)["model"] == "faces/dcgan"
    assert page.locator(".wk-path").filter(visible=True).count() == 2
    assert read_recipe(saved(page)).model == "faces/dcgan"


# ---------------------------------------------------------------- links and recipes


def test_a_link_restores_the_walk_and_says_what_it_brought_back(room):
    page = room("&seed_a=5&seed_b=9&t=0.25&path=z-straight&psi=0.5")
    assert now(page) == {
        "seeds": [5, 9, 5, 9],
        "t": 0.25,
        "down": 0,
        "path": "z-straight",
        "psi": 0.5,
        "model": "house",
    }
    page = room("&t=7&psi=none")
    assert now(page)["t"] == 1 and now(page)["psi"] == 0.7


def test_a_saved_face_opens_again(room, open_page):
    page = room("&way=four&seed_a=5&seed_c=2&t=0.3&down=0.8&path=z-sphere")
    file = saved(page)
    other = open_page()  # another visitor, still in the lobby
    drop(other, file)
    other.locator(SHOWN).wait_for()
    other.wait_for_function(f"document.querySelector('{STAGE}').walk?.order.down === 0.8", timeout=PATIENCE)
    settled(other)
    assert now(other) == now(page)
    assert np.abs(pixels(saved(other)) - pixels(file)).max() <= 2


def test_a_tab_switch_keeps_the_walk(room):
    page = room("&t=0.3")
    page.get_by_role("tab", name="Lobby", exact=True).click()
    page.locator(STAGE).wait_for(state="hidden")
    page.get_by_role("tab", name="The latent walk", exact=True).click()
    page.locator(STAGE).wait_for()
    assert now(page)["t"] == 0.3


# ---------------------------------------------------------------- the film


def shortest(page) -> None:
    """Two faces, half a second each: a film that is made quickly."""
    page.get_by_role("button", name="Face 3 of 3: remove").click()
    box = page.locator("#film-seconds input[type=number]")
    box.fill("0.5")
    box.press("Enter")
    page.get_by_text("a loop of 1 second").wait_for()


def test_a_film_is_made_and_a_dropped_film_opens_its_row(room, open_page):
    page = room("&t=0.5")
    press(page, "Face 2 of 3: earlier")
    shortest(page)
    press(page, "Make the film")
    page.locator("#film video").wait_for(timeout=PATIENCE)
    film = page.request.get(page.locator("#film video").get_attribute("src")).body()
    assert read_recipe(film).settings["keyframes"] == ["8", "3"]
    page.wait_for_function("document.querySelector('#make-film').innerText === 'Make the film'")

    other = open_page()
    drop(other, film, name="film.mp4", kind="video/mp4")
    other.get_by_text("2 faces, then back to the first: a loop of 1 second").wait_for(timeout=PATIENCE)
    settled(other)
    assert now(other)["seeds"][0] == 8, "the stage shows the film's first face"


def test_a_film_can_be_called_off_and_made_again(room):
    page = room()
    press(page, "Make the film")
    page.get_by_role("button", name="Frame").wait_for(timeout=PATIENCE)
    page.get_by_role("button", name="Stop", exact=True).click()
    make = page.get_by_role("button", name="Make the film")
    make.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(700)
    assert make.is_enabled() and page.locator("#film video").count() == 0
    shortest(page)
    make.click()
    page.locator("#film video").wait_for(timeout=PATIENCE)


def test_the_row_keeps_faces_and_says_when_they_are_too_few(room):
    page = room("&t=0.4")
    press(page, "Keep for the film")
    page.get_by_text("4 faces, then back").wait_for()
    for k in (4, 3, 2):
        page.locator(".rl-face").nth(k - 1).press("Delete")
    page.get_by_text("needs 2 faces at least").wait_for()
    press(page, "Make the film")
    page.get_by_text("A film needs 2 faces to walk between").first.wait_for(timeout=PATIENCE)


# ---------------------------------------------------------------- looking, screens


def test_look_inside_follows_the_walk(room):
    page = room("&t=0.2")
    page.get_by_role("button", name="Look inside").click()
    page.locator(".in-here[cx]").wait_for(timeout=PATIENCE)
    page.locator(".in-layers img").nth(5).wait_for(timeout=PATIENCE)
    assert page.locator(".in-map polyline").count() == page.locator(".in-speed polyline").count() == 3
    before = page.locator(".in-here").get_attribute("cx")
    page.set_viewport_size({"width": 1280, "height": 400})  # out of sight, too
    page.locator(".wk-t").focus()
    page.keyboard.press("End")
    page.wait_for_function("(before) => document.querySelector('.in-here').getAttribute('cx') !== before", arg=before)


@pytest.mark.parametrize("way", ["two", "four"])
def test_nothing_scrolls_sideways_and_the_face_hangs_large(open_page, way):
    page = open_page(f"{ROOM}&way={way}")
    page.locator(SHOWN).wait_for()
    page.wait_for_function("(way) => document.querySelector('#walk .wk').dataset.way === way", arg=way)
    for width in at_widths(page, 1280, 360):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        frame = page.locator(".wk-frame").bounding_box()
        assert frame["width"] == pytest.approx(frame["height"], abs=2) and frame["width"] >= 0.28 * width
