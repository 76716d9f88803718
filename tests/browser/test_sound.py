"""Sound for silent video in a browser: the film and its hits, edited by every hand; films brought and taken home.

Every page opened here also asserts that nothing was logged as an error and that no request left the machine.
"""

import re
from urllib.parse import urlencode

import pytest

from models.media import read_recipe

ROOM = "?demo=video-sound"
STAGE = "#sound .so"
LONG = 150_000  # milliseconds
# How often the film is sent somewhere else than to its beginning, as at the end of each round.
COUNT_JUMPS = """() => {
  window.jumps = 0;
  const film = document.querySelector(".so-picture");
  film.addEventListener("seeking", () => { window.jumps += film.currentTime > 0.1; });
}"""


@pytest.fixture
def room(open_page):
    """``room(settings, ...)``: the room, once its first sound is there and what its address asks for is heard."""

    def visit(settings: dict | None = None, **options):
        page = open_page(ROOM + (f"&{urlencode(settings, safe='*')}" if settings else ""), **options)
        page.wait_for_function(f"Number(document.querySelector('{STAGE}')?.dataset.sounds) > 0", timeout=LONG)
        page.wait_for_function("document.querySelector('.so-picture').readyState >= 2", timeout=LONG)
        settled(page)
        return page

    return visit


def settled(page) -> None:
    """Wait until what is heard is what is asked."""
    page.wait_for_timeout(120)
    page.wait_for_function(f"document.querySelector('{STAGE}').dataset.settled === 'true'", timeout=LONG)


def asked(page) -> dict:
    names = ["clip", "hits", "material", "backend", "room", "volume", "original", "seed"]
    return dict(zip(names, page.evaluate(f"document.querySelector('{STAGE}').settings()"), strict=True))


def sounds(page) -> int:
    return int(page.locator(STAGE).get_attribute("data-sounds"))


def hits(page) -> list[list[float]]:
    text = page.evaluate(f"document.querySelector('{STAGE}').art.order.hits")
    return [[float(part) for part in word.split("_")[:2]] for word in text.split("*")] if text else []


def pins(page):
    return page.locator(".so-pin")


def test_the_first_clip_plays_with_its_sound_and_takes_another_without_losing_its_place(room):
    page = room()
    assert page.locator(".so-picture").get_attribute("aria-label").startswith("The film: ")
    assert pins(page).count() == len(hits(page)) and page.locator(".toast-body").count() == 0
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("document.querySelector('.so').player.place > 0.6")
    page.evaluate(COUNT_JUMPS)
    page.get_by_role("radio", name="Exemplar").click()
    page.wait_for_function(f"Number(document.querySelector('{STAGE}').dataset.sounds) > 1", timeout=LONG)
    player = page.evaluate(
        "(({playing, sound, source}) => ({playing, same: source?.source.buffer === sound}))"
        "(document.querySelector('.so').player)"
    )
    assert player == {"playing": True, "same": True} and page.evaluate("window.jumps") == 0
    settled(page)
    assert asked(page)["backend"] == "exemplar" and "backend=exemplar" in page.url


def test_hits_are_added_moved_and_removed_by_mouse(room):
    page = room({"hits": "1_0.8_wood*2_0.5_metal"})
    assert hits(page) == [[1, 0.8], [2, 0.5]] and asked(page)["hits"]
    before = sounds(page)
    box = page.locator(".so-line").bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 40)
    settled(page)
    assert len(hits(page)) == 3 and sounds(page) > before and hits(page)[2][1] > 0.6
    pin = pins(page).nth(0).bounding_box()
    page.mouse.move(pin["x"] + 9, pin["y"] + 9)
    page.mouse.down()
    page.mouse.move(pin["x"] + 49, pin["y"] + 40, steps=5)
    page.mouse.up()
    settled(page)
    moved = hits(page)[0]
    assert moved[0] > 1.05 and moved[1] < 0.7 and hits(page)[1] == [2, 0.5]
    page.get_by_role("button", name="Remove", exact=True).click()
    settled(page)
    assert len(hits(page)) == 2
    for _ in range(3):
        page.get_by_role("button", name="Undo").click()
    settled(page)
    assert hits(page) == [[1, 0.8], [2, 0.5]]


def test_hits_are_edited_with_the_keyboard_and_told_to_screen_readers(room):
    page = room({"hits": "1_0.8_wood*2_0.5_metal"})
    first = page.get_by_role("slider", name="Hit 1 of 2")
    assert first.get_attribute("aria-valuetext") == "1 seconds, strength 80 %, Wood"
    first.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    settled(page)
    assert hits(page)[0] == [1.1, 0.75] and page.locator(".so-which").inner_text() == "Hit 1 of 2"
    page.keyboard.press("Delete")
    settled(page)
    assert hits(page) == [[2, 0.5]]
    page.get_by_role("slider", name="Place in the film").focus()
    page.keyboard.press("PageUp")
    page.locator(".so-line").focus()
    page.keyboard.press("a")
    settled(page)
    assert len(hits(page)) == 2 and hits(page)[0][0] == pytest.approx(1, abs=0.1)


def test_materials_are_chosen_for_one_hit_or_all_and_sound_follows_within_half_a_second(room):
    page = room({"hits": "1_0.8_wood70-stone30*2_0.5_metal"})
    wood = page.locator('[data-material="wood"]')
    assert "35 %" in wood.inner_text()
    pins(page).nth(1).click()
    page.locator('[data-material="glass"]').click()
    settled(page)
    assert "2_0.5_glass" in asked(page)["hits"] and asked(page)["material"] == ""
    page.get_by_role("button", name="All hits").click()
    page.locator('[data-material="drum"]').click()
    settled(page)
    assert asked(page)["material"] == "drum" and "material=drum" in page.url
    assert int(page.locator(STAGE).get_attribute("data-took")) < 2000, (
        "half a second on a machine that has nothing else"
    )


def test_what_is_no_film_gets_one_sentence_and_what_hung_stays(room, tmp_path):
    page = room()
    before = asked(page)
    file = tmp_path / "x.mp4"
    for data, sentence in ((b"", "empty"), (b"0" * 21 * 2**20, "21 MB"), (b"no film at all", "not a film")):
        file.write_bytes(data)
        page.get_by_label("A film of your own").set_input_files(file)
        page.locator(".so-note, .toast-body").filter(has_text=sentence).first.wait_for(timeout=LONG)
        page.wait_for_function(f"!document.querySelector('{STAGE}').hasAttribute('data-busy')", timeout=LONG)
        assert asked(page) == before


def test_a_saved_film_is_brought_back_with_its_hits(room, tmp_path):
    page = room({"hits": "1_0.8_wood*2_0.5_metal", "material": "stone", "seed": 9})
    with page.expect_download(timeout=LONG) as download:
        page.get_by_role("button", name="Save film").click()
    saved = tmp_path / "saved.mp4"
    download.value.save_as(saved)
    assert read_recipe(saved).settings["hits"] == "1_0.8_wood*2_0.5_metal"
    page.get_by_label("A film of your own").set_input_files(saved)
    page.wait_for_function(f"document.querySelector('{STAGE}').art?.film.own === true", timeout=LONG)
    settled(page)
    now = asked(page)
    assert (now["clip"], now["material"], now["seed"]) == ("", "stone", 9) and hits(page) == [[1, 0.8], [2, 0.5]]
    assert page.get_by_text("Its own sound").is_visible()


def test_the_game_keeps_its_scores_and_the_inside_follows_in_german_too(room):
    page = room({"hits": "1.25_0.8_metal*2_0.5_metal"}, locale="de-DE")
    assert pins(page).first.get_attribute("aria-valuetext").endswith("Metall")
    page.get_by_role("radio", name="Erkannt: bei jedem Schlag das wahrscheinlichste").wait_for()
    page.locator("#sound-game").scroll_into_view_if_needed()
    page.wait_for_function("Number(document.querySelector('.sg').dataset.rounds) > 0", timeout=LONG)
    for name in ("Den ersten hören", "Den zweiten hören"):
        page.get_by_role("button", name=name).click()
    page.get_by_role("button", name="Der erste ist echt").click()
    page.locator('.sg [data-of="visit"]', has_text="von 1 gefunden").wait_for()
    page.get_by_role("button", name="Den Stand aller neu beginnen").click()
    page.get_by_role("button", name="Wirklich? Noch ein Druck, und alle Antworten sind vergessen").click()
    page.locator('.sg [data-of="everybody"]', has_text="noch keine Runde").wait_for()
    page.get_by_role("button", name="Hineinsehen", exact=True).click()
    page.locator(".si-key").scroll_into_view_if_needed()
    page.wait_for_function("Number(document.querySelector('.si').dataset.made) > 0", timeout=LONG)
    page.locator(".si-spectrum").first.scroll_into_view_if_needed()
    page.wait_for_function("Number(document.querySelector('.si').dataset.spectra) > 0", timeout=LONG)
    page.locator(".si-modes").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.si').dataset.modes !== undefined", timeout=LONG)
    assert page.locator(".si-curve polyline").count() == 1
    said = page.locator(".si-struck").inner_text()
    assert re.search(r"Hier der Schlag bei 1,25 s, auf Metall: \d+ Eigenschwingungen, die lauteste bei \d+ Hz", said)


def test_a_film_from_the_camera_is_watched(browser, gallery):
    context = browser.new_context(permissions=["camera", "microphone"])
    page = context.new_page()
    # A camera of this test's own: a white bar that swings.
    page.add_init_script(
        """navigator.mediaDevices.getUserMedia = async () => {
          const canvas = Object.assign(document.createElement("canvas"), {width: 160, height: 120});
          const pen = canvas.getContext("2d");
          setInterval(() => {
            pen.fillStyle = "#303030"; pen.fillRect(0, 0, 160, 120);
            pen.fillStyle = "#ffffff"; pen.fillRect(60, 60 + 40 * Math.sin(performance.now() / 120), 40, 16);
          }, 30);
          return canvas.captureStream(20);
        }"""
    )
    page.goto(gallery + ROOM)
    page.get_by_role("button", name="Camera").click()
    page.get_by_role("button", name="Record").click()
    page.locator(".so-left", has_text="13 s left").wait_for(timeout=LONG)
    page.locator('[data-do="record"]').click()
    page.wait_for_function(f"document.querySelector('{STAGE}').art?.film.own === true", timeout=LONG)
    settled(page)
    assert page.locator(".so-camera").is_hidden() and asked(page)["clip"] == ""
    assert 0.5 < page.evaluate(f"document.querySelector('{STAGE}').art.film.seconds") <= 15
    context.close()


def test_nothing_sticks_out_on_a_phone_and_a_finger_edits(room):
    phone = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True}
    page = room({"hits": "1_0.8_wood*2_0.5_metal"}, dark=True, **phone)
    page.locator(".so-line").tap(position={"x": 300, "y": 60})
    settled(page)
    assert len(hits(page)) == 3 and page.locator(".so-tune button").first.is_visible()
    page.get_by_role("button", name="Look inside", exact=True).tap()
    page.locator(".si-modes").scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
