"""Class mode in a browser: the code on the wall is read as a camera reads it, on a projector and on a small phone."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from tests.browser import harness

ADDRESS = "http://192.168.178.42:7860"


@pytest.fixture(scope="module")
def gallery(guest_package, tmp_path_factory) -> Iterator[str]:
    """The address of the app in class mode, told where the class finds it."""
    folder = tmp_path_factory.mktemp("class")
    settings = {"VERNISSAGE_CLASSROOM": "1", "VERNISSAGE_ADDRESS": ADDRESS, "VERNISSAGE_DEMOS": "guest-room"}
    with harness.running_gallery(folder, PYTHONPATH=str(guest_package), **settings) as address:
        yield address


def read(page) -> str:
    """What a camera reads off the screen; "" where it finds no code."""
    pixels = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    return cv2.QRCodeDetector().detectAndDecode(pixels)[0]


def expect_code(page, address: str) -> None:
    for _ in range(40):  # what appears fades in
        if (found := read(page)) == address:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the code reads {found!r}")


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
def test_the_last_row_can_join(open_page, dark):
    page = open_page(dark=dark)
    expect_code(page, ADDRESS)
    address = page.locator(".v-board h1 + .v-address")
    assert address.inner_text() == "192.168.178.42:7860"
    assert address.evaluate("(line) => parseFloat(getComputedStyle(line).fontSize)") >= 48
    page.get_by_role("button", name="Show the code of One colour").click()
    expect_code(page, f"{ADDRESS}/?demo=guest-room")
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")


def test_a_link_is_copied_where_the_browser_gives_no_clipboard(open_page):
    page = open_page()
    page.evaluate("delete Navigator.prototype.clipboard")  # as a page over plain http finds it
    page.evaluate("document.addEventListener('copy', () => (window.kept = document.activeElement.value))")
    page.get_by_role("button", name="Copy the link to One colour").click()
    page.get_by_role("status").get_by_text("The link is on your clipboard.").wait_for()
    assert page.evaluate("window.kept") == f"{ADDRESS}/?demo=guest-room"
    # In a room too: the address bar of this machine says 127.0.0.1.
    page.get_by_role("tab", name="One colour", exact=True).click()
    page.wait_for_function("location.search.includes('demo=guest-room')")
    page.get_by_role("button", name="Copy a link to this").filter(visible=True).click()
    page.wait_for_function(f"window.kept.startsWith('{ADDRESS}/?demo=guest-room')")


def test_a_small_phone_passes_it_on(open_page):
    page = open_page(width=360, height=740, device_scale_factor=3)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    expect_code(page, ADDRESS)
    page.get_by_role("button", name="Show the code large").click()
    page.get_by_role("dialog").wait_for()
    expect_code(page, ADDRESS)
    page.get_by_role("button", name="Close").click()
    page.get_by_role("dialog").wait_for(state="hidden")
