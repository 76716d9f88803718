"""The first impression: what axe-core, the Tab key, a finger, a printer and a German find in the lobby and in a room.

One room stands for all; test_axe_rooms.py walks through the others.
"""

import pytest

from tests.browser.axe import findings, unfold
from tests.browser.visitor import printed_pages, small_targets, stops

ROOM = "?demo=sketch-to-photo"


@pytest.mark.parametrize(("address", "width", "dark"), [("", 1280, False), (ROOM, 360, True)], ids=["lobby", "room"])
def test_nothing_serious(open_page, address, width, dark):
    page = open_page(address, width=width, dark=dark, reduced_motion="reduce")
    unfold(page)
    page.wait_for_timeout(500)
    assert "\n".join(map(str, findings(page))) == ""


def test_the_tab_key_walks_through_the_lobby(open_page):
    found = stops(open_page())
    names = [stop.name for stop in found]
    assert [stop for stop in found if not (stop.name and stop.seen)] == []
    order = ["Vernissage", "Open a recipe", "Lobby", "For teachers", "Models in memory"]
    assert [name for name in names if name in order] == order


def test_a_finger_finds_everything(open_page):
    page = open_page(ROOM, width=360, has_touch=True, is_mobile=True)
    unfold(page)
    assert small_targets(page) == []


def test_a_room_prints_on_one_page(open_page):
    page = open_page(ROOM, dark=True)
    page.wait_for_timeout(1000)  # the first picture hangs
    assert printed_pages(page) == 1
    page.emulate_media(media="print")
    assert page.get_by_role("tab").filter(visible=True).count() == 0
    assert page.locator(".v-label").filter(visible=True).count() == 1
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


# ---------------------------------------------------------------- in German


def test_a_german_browser_is_spoken_to_in_german(open_page):
    page = open_page(ROOM, locale="de-DE")
    page.get_by_role("heading", name="Von der Skizze zum Foto", exact=True).first.wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    assert page.title() == "Von der Skizze zum Foto · Vernissage"
    for name in ("Hineinsehen", "Wie es entstand", "Modelle im Speicher", "Überraschung", "Radierer"):
        assert page.get_by_role("button", name=name).first.is_visible(), name
    assert page.get_by_label("Startwert", exact=True).first.is_visible()
    assert page.get_by_role("application").get_attribute("aria-label").startswith("Zeichenpapier")
    # What is said later is said in German as well, with what it leaves open filled in.
    assert page.get_by_role("button", name="Aufnahme 1 von 4, Startwert").count() == 1
    page.evaluate("vernissage.chooseRecipe(new File(['none'], 'none.txt'))")
    page.get_by_text("Diese Datei trägt kein Rezept.").wait_for()
    page.get_by_role("tab", name="Foyer").click()
    page.get_by_role("heading", name="Jedes Bild hier entsteht vor Ihren Augen.").wait_for()


def test_cards_stay_english_and_say_so(open_page):
    page = open_page(ROOM, locale="de")
    page.get_by_role("button", name="Wie es entstand").click()
    card = page.locator(".v-card-text").filter(visible=True).locator("[lang=en]").first
    card.get_by_role("heading", name="Figures").wait_for()


def test_other_browsers_are_spoken_to_in_english(open_page):
    page = open_page(locale="fi-FI")
    page.get_by_role("heading", name="Every picture here").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
