"""The first impression: what axe-core, the Tab key, a finger, a printer and a German find in the lobby and in a room.

One room stands for all; test_axe_rooms.py walks through the others.
"""

from tests.browser.axe import findings, unfold
from tests.browser.visitor import printed_pages, small_targets, stops

ROOM = "?demo=sketch-to-photo"
FLOOR_FILLS = 500  # milliseconds


def test_the_lobby_is_for_everyone(open_page):
    page = open_page(reduced_motion="reduce")
    found = stops(page)
    assert [stop for stop in found if not (stop.name and stop.seen)] == []
    order = ["Vernissage", "Open a recipe", "Lobby", "For teachers", "Models in memory"]
    assert [stop.name for stop in found if stop.name in order] == order
    unfold(page)
    page.wait_for_timeout(FLOOR_FILLS)
    assert "\n".join(map(str, findings(page))) == ""


def test_a_room_is_for_everyone_with_a_phone_at_night(open_page):
    page = open_page(ROOM, width=360, dark=True, reduced_motion="reduce", has_touch=True, is_mobile=True)
    unfold(page)
    page.wait_for_timeout(FLOOR_FILLS)
    assert small_targets(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert "\n".join(map(str, findings(page))) == ""


def test_a_room_prints_on_one_page_in_english_where_no_other_language_fits(open_page):
    page = open_page(ROOM, dark=True, locale="fi-FI")
    page.get_by_role("heading", name="Sketch to photo").first.wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.locator("#easel img.sk-on").first.wait_for()
    assert printed_pages(page) == 1
    page.emulate_media(media="print")
    assert page.get_by_role("tab").filter(visible=True).count() == 0
    assert page.locator(".v-label").filter(visible=True).count() == 1
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_german_browser_is_spoken_to_in_german(open_page):
    page = open_page(ROOM, locale="de-DE")
    page.get_by_role("heading", name="Von der Skizze zum Foto", exact=True).first.wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    page.wait_for_function("document.title === 'Von der Skizze zum Foto · Vernissage'")
    for name in ("Hineinsehen", "Modelle im Speicher", "Überraschung", "Radierer", "Wie es entstand"):
        page.get_by_role("button", name=name).first.wait_for()
    page.get_by_label("Startwert", exact=True).filter(visible=True).first.wait_for()
    assert page.get_by_role("application").get_attribute("aria-label").startswith("Zeichenpapier")
    # What is said later is said in German as well, with what it leaves open filled in.
    page.get_by_role("button", name="Aufnahme 1 von 4, Startwert").wait_for()
    page.evaluate("vernissage.chooseRecipe(new File(['none'], 'none.txt'))")
    page.get_by_text("Diese Datei trägt kein Rezept.").wait_for()
    # Cards are English, and say so to a screen reader.
    page.get_by_role("button", name="Wie es entstand").click()
    page.locator(".v-card-text [lang=en]").get_by_role("heading", name="Figures").first.wait_for()
    page.get_by_role("tab", name="Foyer").click()
    page.get_by_role("heading", name="Jedes Bild hier entsteht vor Ihren Augen.").wait_for()
