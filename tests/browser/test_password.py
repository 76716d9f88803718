"""With a password: the page asks for it in the browser, says when it is wrong, and opens when it is right."""

import pytest

from demos.gallery import build_gallery
from models.settings import Settings
from tests.security.house import open_house

pytestmark = pytest.mark.slow

WAIT = 20_000  # milliseconds


def test_the_page_asks_for_the_password_and_then_opens(browser, guest_package, monkeypatch):
    monkeypatch.syspath_prepend(str(guest_package))
    page = build_gallery(Settings(demos=("guest-room",)))
    context = browser.new_context()
    context.set_default_timeout(WAIT)
    with open_house(page, auth=(("teacher", "secret"),)) as client:
        visit = context.new_page()
        visit.goto(str(client.base_url))
        visit.get_by_text("Vernissage").wait_for()
        for password in ("wrong", "secret"):  # Gradio empties both fields after a mistake
            visit.get_by_label("username").fill("teacher")
            visit.get_by_label("password").fill(password)
            visit.get_by_role("button", name="Login").click()
            if password == "wrong":
                visit.get_by_text("Incorrect").wait_for()
        visit.get_by_role("heading", name="Every picture here").wait_for()
    context.close()
