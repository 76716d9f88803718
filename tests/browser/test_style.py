"""Style transfer in a browser: photos brought and chosen, styles picked and mixed, compared, taken home, looked into.

Every page opened here also asserts that nothing was logged as an error and that no request left the machine.
"""

import base64
import io
import re
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from models.media import read_recipe
from tests.browser.visitor import drop

pytest.importorskip("demos.style_transfer", reason="the room opens with its weights")

ROOM = "?demo=style-transfer"
STUDIO = "#style .st"

PASTE = """(data) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "pasted.png", {type: "image/png"}));
  document.dispatchEvent(new ClipboardEvent("paste", {bubbles: true, cancelable: true, clipboardData}));
}"""


@pytest.fixture
def room(open_page):
    """``room(settings, ...)``: the room, once what its address asks for hangs sharp."""

    def visit(settings: dict | None = None, **options):
        page = open_page(ROOM + (f"&{urlencode(settings)}" if settings else ""), **options)
        page.locator(f"{STUDIO} .st-painted.st-on").wait_for()
        for name, value in (settings or {}).items():
            page.wait_for_function(
                "([place, value]) => String(document.querySelector('#style .st').settings()[place]) === value",
                arg=[["photo", "style", "strength", "keep_colours", "seed"].index(name), str(value)],
            )
        settled(page)
        return page

    return visit


def settled(page) -> None:
    """Wait until what hangs is the sharp picture of what is asked now."""
    page.wait_for_function(f"document.querySelector('{STUDIO}').dataset.settled === 'true'", timeout=150_000)


def blots(width: int = 240, height: int = 160, seed: int = 0) -> bytes:
    small = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def as_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def hangs(page) -> str:
    """What hangs now, once it has faded in."""
    settled(page)
    return page.locator(".st-painted.st-on").get_attribute("src")


def style(page, slug: str):
    return page.locator(f'.st-wall .st-tile[data-style="{slug}"]')


def photo(page, place: int):
    return page.locator(".st-strip .st-tile[data-photo]").nth(place)


def shape(page) -> float:
    """Width of the photo, in its heights."""
    return page.locator(".st-photo").evaluate("(image) => image.naturalWidth / image.naturalHeight")


def asked(page) -> list:
    return page.evaluate(f"document.querySelector('{STUDIO}').settings()")


def note(page) -> str:
    return page.locator(".st-note").inner_text()


def at(page, part: str) -> bool:
    """Wait until the address says so: it follows a moment after what was asked."""
    page.wait_for_function("(part) => location.search.includes(part)", arg=part)
    return True


def saved(page) -> bytes:
    with page.expect_download(timeout=150_000) as download:
        page.locator(STUDIO).get_by_role("button", name="Save picture").click()
    return download.value.path().read_bytes()


# ---------------------------------------------------------------- photos and styles


def test_a_painting_hangs_at_first_paint_with_its_wall_and_its_names(room):
    page = room()
    assert page.locator(".st-painted.st-on").evaluate("(image) => image.naturalWidth") >= 512
    assert "painted after" in page.locator(".st-painted.st-on").get_attribute("alt")
    assert page.locator(".st-wall button.st-tile").count() >= 24
    link = page.locator(".st-title a")
    assert link.get_attribute("href").startswith("https://") and link.inner_text()
    assert note(page) == "" and page.locator(".toast-body").count() == 0


def test_a_style_is_one_click_away_and_the_address_follows(room):
    page = room()
    before, other = hangs(page), style(page, "kabuki")
    other.click()
    assert hangs(page) != before and other.get_attribute("aria-pressed") == "true"
    assert "Sharaku" in page.locator(".st-title").inner_text() and at(page, "style=kabuki")
    assert page.locator(STUDIO).get_attribute("data-side") == "768"


def test_the_wall_is_walked_with_the_keyboard(room):
    page = room()
    first = page.locator('.st-wall .st-tile[tabindex="0"]')
    first.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    last_but_one = page.locator(".st-wall button.st-tile").nth(-2)
    assert last_but_one.get_attribute("aria-pressed") == "true"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.dataset.style") not in (None, asked(page)[1])


def test_another_photo_is_seen_at_once_and_then_painted_and_nothing_moves(room):
    page = room()
    place = "(wall) => wall.getBoundingClientRect().top + scrollY"
    wall = page.locator(".st-wall").evaluate(place)
    photo(page, 1).click()
    hangs(page)
    assert photo(page, 1).get_attribute("aria-pressed") == "true" and asked(page)[0]
    assert page.locator(".st-wall").evaluate(place) == wall
    ratio = page.locator(".st-glass").evaluate("(glass) => glass.clientWidth / glass.clientHeight")
    assert ratio == pytest.approx(shape(page), rel=0.02)


def test_strength_colours_and_seed_change_the_picture(room):
    page = room()
    before = hangs(page)
    slider = page.get_by_role("slider", name="Strength")
    slider.focus()
    page.keyboard.press("Home")
    assert hangs(page) != before and at(page, "strength=0")
    page.keyboard.press("End")
    settled(page)
    page.get_by_label("Keep the photo’s colours").check()
    kept = hangs(page)
    assert kept != before and at(page, "keep_colours=true")
    page.locator(STUDIO).get_by_role("button", name="Surprise me").click()
    assert hangs(page) != kept and asked(page)[4] != 0
    page.get_by_label("Seed: it moves the strokes").fill("many")
    page.keyboard.press("Enter")
    page.get_by_text("A seed is a whole number").wait_for()


def test_a_link_brings_every_setting(room):
    page = room({"style": "jungle", "strength": 0.5, "keep_colours": "true", "seed": 12})
    assert asked(page)[1:] == ["jungle", 0.5, True, 12]
    assert page.get_by_label("Keep the photo’s colours").is_checked()
    assert page.locator(".st-strength output").inner_text() == "50 %"


# ---------------------------------------------------------------- comparing


def test_the_line_between_before_and_after_follows_keys_and_mouse(room):
    page = room()
    line = page.get_by_role("slider", name="Before and after")
    line.focus()
    page.keyboard.press("End")
    assert line.get_attribute("aria-valuetext") == "all photo"
    box = line.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 60, steps=5)
    page.mouse.up()
    assert 28 <= int(line.input_value()) <= 32
    cut = page.locator(".st-painted.st-on").evaluate("(image) => getComputedStyle(image).clipPath")
    assert cut == f"inset(0px 0px 0px {line.input_value()}%)"


# ---------------------------------------------------------------- mixing


def test_four_styles_are_mixed_on_a_pad_with_mouse_and_keys(room):
    page = room()
    page.get_by_role("button", name="Mix four").click()
    first = hangs(page)
    pad = page.locator(".st-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"], steps=6)
    page.mouse.up()
    assert hangs(page) != first and pad.bounding_box() == box, "the pad stays under the hand"
    assert "81 %" in page.locator(".st-corner").nth(1).inner_text()
    pad.focus()
    page.keyboard.press("Shift+ArrowDown")
    settled(page)
    assert asked(page)[1].endswith("@0.9,0.3") and "%" in page.locator(".st-title").inner_text()


def test_a_corner_takes_a_style_and_one_style_alone_comes_back(room):
    page = room()
    page.get_by_role("button", name="Mix four").click()
    page.locator(".st-corner").nth(2).click()
    style(page, "jungle").click()
    settled(page)
    assert asked(page)[1].split("@")[0].split(",")[2] == "jungle" and at(page, "jungle")
    page.get_by_role("button", name="One style alone").click()
    settled(page)
    assert "@" not in asked(page)[1] and page.locator(".st-mix").is_hidden()


def test_a_mix_comes_with_a_link(room):
    page = room({"style": "jungle,kabuki,great-wave,madhubani@0.25,0.5"})
    assert page.locator(".st-mix").is_visible()
    assert "Rousseau 38 %" in page.locator(".st-title").inner_text()


# ---------------------------------------------------------------- what visitors bring


def test_a_photo_is_dropped_pasted_and_chosen(room):
    page = room()
    for seed, bring in enumerate(
        (
            lambda data: drop(page, data, ".st-cut"),
            lambda data: page.evaluate(PASTE, as_text(data)),
            lambda data: page.get_by_label("A photo of your own").set_input_files(
                {"name": "c.png", "mimeType": "image/png", "buffer": data}
            ),
        )
    ):
        before = page.locator(".st-photo").get_attribute("src")
        bring(blots(seed=seed))
        page.wait_for_function("(before) => document.querySelector('.st-photo').src !== before", arg=before)
        settled(page)
    assert asked(page)[0] == "" and page.locator(".st-with").is_visible()
    assert page.locator(".st-strip .st-tile[data-photo^=own-]").count() == 3


def test_a_painting_of_ones_own_is_a_style_at_once(room):
    page = room()
    before = hangs(page)
    drop(page, blots(300, 300, 5), ".st-wall", "my garden.png")
    page.locator(".st-wall .st-tile[aria-pressed=true]", has_text="my garden").wait_for()
    assert hangs(page) != before and "my garden" in page.locator(".st-title").inner_text()
    assert asked(page)[1].startswith("own.") and at(page, "own.")
    page.reload()
    page.wait_for_function(f"document.querySelector('{STUDIO}')?.settings()[1].startsWith('own.')")
    page.locator(".st-wall .st-tile", has_text="A visitor’s painting").wait_for()


def test_what_cannot_be_painted_gets_one_sentence_and_what_hung_stays(room, tmp_path):
    page = room()
    before, file = hangs(page), tmp_path / "x.png"
    refused = ((b"no picture", "not a picture"), (blots(1, 1), "1 × 1 pixels"), (b"0" * 21 * 2**20, "21 MB"))
    for data, sentence in refused:
        file.write_bytes(data)
        page.get_by_label("A photo of your own").set_input_files(file)
        page.locator(".st-note", has_text=sentence).wait_for()
        assert hangs(page) == before


def test_a_photo_is_taken_with_the_camera(browser, gallery):
    context = browser.new_context(permissions=["camera"])
    page = context.new_page()
    # A camera of this test's own: a canvas that is all blue.
    page.add_init_script(
        """navigator.mediaDevices.getUserMedia = async () => {
          const canvas = Object.assign(document.createElement("canvas"), {width: 320, height: 240});
          const pen = canvas.getContext("2d");
          setInterval(() => { pen.fillStyle = "#2040c0"; pen.fillRect(0, 0, 320, 240); }, 30);
          return canvas.captureStream(20);
        }"""
    )
    page.goto(gallery + ROOM)
    page.get_by_role("button", name="Camera").click()
    page.get_by_role("button", name="Take the photo").click()
    page.locator(".st-strip .st-tile[data-photo^=own-]").wait_for()
    settled(page)
    assert shape(page) == pytest.approx(4 / 3)
    assert page.locator(".st-camera").is_hidden()
    context.close()


# ---------------------------------------------------------------- taking home, coming back


def test_a_saved_picture_opens_again_with_the_visitors_photo(room, open_page):
    page = room({"style": "jungle", "seed": 9})
    drop(page, blots(640, 480, 2), ".st-cut")
    page.locator(".st-strip .st-tile[data-photo^=own-]").wait_for()
    settled(page)
    file = saved(page)
    assert (how := read_recipe(file)).seed == 9 and how.settings["own"].startswith("data:image/jpeg")
    with Image.open(io.BytesIO(file)) as picture:
        assert max(picture.size) == 768
    other = open_page()
    drop(other, file, "h1")
    other.locator(".st-strip .st-tile[data-photo^=own-][aria-pressed=true]").wait_for()
    settled(other)
    assert asked(other)[1:] == ["jungle", 1, False, 9] and hangs(other) == hangs(page)


def test_the_photo_can_be_left_out_of_the_file(room):
    page = room()
    drop(page, blots(), ".st-cut")
    page.get_by_label("with my photo inside").uncheck()
    settled(page)
    assert "own" not in read_recipe(saved(page)).settings


def test_a_full_size_picture_can_be_stopped(room):
    page = room()
    before = hangs(page)
    page.locator(STUDIO).get_by_role("button", name="Save picture").click()
    page.locator(STUDIO).get_by_role("button", name="Stop").click()
    page.locator(STUDIO).get_by_role("button", name="Save picture").wait_for()
    assert hangs(page) == before


def test_pictures_go_from_room_to_room(room):
    page = room()
    page.locator(STUDIO).get_by_role("button", name="To One colour").click()
    page.locator("#guest-ground img").wait_for()
    page.evaluate("(url) => vernissage.hand('style-transfer', url)", f"data:image/png;base64,{as_text(blots())}")
    page.locator(".st-strip .st-tile[data-photo^=own-][aria-pressed=true]").wait_for()
    settled(page)


# ---------------------------------------------------------------- beneath


def test_a_fruit_goes_there_and_back(room):
    page = room()
    page.locator("#style-turn").scroll_into_view_if_needed()
    page.wait_for_function("Number(document.querySelector('.su').dataset.turns) === 1", timeout=150_000)
    page.get_by_role("radio", name="Tomato to apple").click()
    page.wait_for_function("Number(document.querySelector('.su').dataset.turns) === 2", timeout=150_000)
    assert page.locator(".su [data-name=to]").inner_text() == "As apple"
    assert all(page.locator(f".su [data-of={name}]").get_attribute("alt") for name in ("seen", "result", "back"))


def test_a_file_that_is_no_film_gets_a_sentence(room):
    page = room()
    file = {"name": "x.mp4", "mimeType": "video/mp4", "buffer": b"no film"}
    page.get_by_label("A film to paint").set_input_files(file)
    page.get_by_role("button", name="Paint the film").click()
    page.locator(".toast-body", has_text="film").wait_for(timeout=60_000)
    page.get_by_role("button", name="Paint the film").wait_for()


def test_inside_are_gram_matrices_parts_and_a_descent_that_can_be_stopped(room):
    page = room()
    page.get_by_role("button", name="Look inside", exact=True).click()
    page.locator(".sn-gram").scroll_into_view_if_needed()
    page.locator(".sn-tabs button").first.wait_for(timeout=150_000)
    before = page.locator(".sn-gram [data-of=result]").get_attribute("src")
    page.locator(".sn-tabs button").nth(3).click()
    assert page.locator(".sn-gram [data-of=result]").get_attribute("src") != before
    assert "Style loss" in page.locator(".sn-numbers").inner_text()
    page.locator(".sn-parts").scroll_into_view_if_needed()
    page.get_by_role("button", name="Colours alone").click()
    page.wait_for_function("document.querySelector('.sn').dataset.told === 'palette'", timeout=150_000)
    assert page.locator(".sn-parts figcaption").inner_text() == "The style is heard in: palette."
    page.get_by_role("button", name="Begin the descent").click()
    page.locator(".sn-step", has_text=re.compile(r"Step \d+ of")).wait_for(timeout=150_000)  # a step can be quick
    page.locator(".sn-gatys").get_by_role("button", name="Stop").click()
    page.locator(".sn-step", has_text="Stopped").wait_for()
    assert page.locator(".sn-curves polyline").count() == 2


def test_nothing_sticks_out_on_a_phone(room):
    page = room(width=360, height=740, dark=True, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Mix four").tap()
    settled(page)
    page.get_by_role("button", name="Look inside", exact=True).tap()
    page.locator(".sn-gram").scroll_into_view_if_needed()
    page.locator(".sn-tabs button").first.wait_for(timeout=150_000)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    style(page, "kabuki").tap()
    settled(page)
    assert "kabuki" in asked(page)[1]
