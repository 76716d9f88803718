"""Fixtures of the browser tests: one browser a session, one gallery a file, one new visitor a page."""

import os
from collections.abc import Iterator

import pytest

from tests.browser import harness

PASSED_ON_TO = "sketch-to-photo,guest-room"  # rooms that pictures of others are sent to
# Asked for by the browser itself, whatever the page does.
NOT_THE_PAGE = ("data:", "blob:", "chrome:", "about:")


@pytest.fixture(scope="module")
def gallery(request, guest_package, tmp_path_factory) -> Iterator[str]:
    """The address of the running app, with a guest's rooms beside our own.

    A file about one room says so in ROOM, an address like "?demo=latent-walk": only that room and those that pictures
    are sent to are open then, since every room costs each page half a second.
    """
    own = getattr(request.module, "ROOM", "").removeprefix("?demo=")
    environment = {"VERNISSAGE_DEMOS": f"{own},{PASSED_ON_TO}"} if own else {}
    folder = tmp_path_factory.mktemp("server")
    with harness.running_gallery(folder, PYTHONPATH=str(guest_package), **environment) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """Chromium. Missing is a reason to skip on somebody's desk, and a failure where the tests must count."""
    executable = harness.find_chromium()
    if executable is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "chromium is not installed: apt-get install chromium"
        )
    with harness.running_browser(executable) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def home(browser, gallery):
    """Where a test's first visitor comes from, and a call to forget that visit. The gallery's scripts stay, as they do
    with whoever comes back: to read them anew takes a second of every page."""
    context = browser.new_context()
    storage = context.new_cdp_session(context.new_page())

    def forget() -> None:
        for page in context.pages[1:]:
            page.close()
        storage.send("Storage.clearDataForOrigin", {"origin": gallery.rstrip("/"), "storageTypes": "all"})

    yield context, forget
    context.close()


@pytest.fixture
def open_page(browser, home, gallery):
    """``open_page(query, width=..., dark=...)``: a new visitor; a ``fresh`` one has never read the gallery's scripts.
    None may log an error or reach another host."""
    contexts, complaints = [], []
    kept, forget = home
    heard = {
        "console": lambda message: message.type == "error" and complaints.append(message.text),
        "weberror": lambda failed: complaints.append(failed.error.stack or str(failed.error)),
        "request": lambda request: leaves(request.url) and complaints.append(request.url),
    }

    def visit(
        query: str = "", width: int = 1280, height: int = 860, dark: bool = False, fresh: bool = False, **options
    ):
        context = browser.new_context(**options) if fresh or options or kept in contexts else kept
        contexts.append(context)
        context.set_default_timeout(20_000)
        for event, listener in heard.items():
            context.on(event, listener)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto(gallery + query)
        page.locator("h1").filter(visible=True).first.wait_for()
        return page

    def leaves(url: str) -> bool:
        return not url.startswith((gallery, *NOT_THE_PAGE))

    yield visit
    for context in contexts:
        if context is not kept:
            context.close()
    if kept in contexts:
        forget()
        for event, listener in heard.items():
            kept.remove_listener(event, listener)
    assert complaints == []
