"""A running gallery and a real browser: Debian's chromium, driven by Playwright."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
]
SECONDS_TO_START = 60
# Asked for by the browser itself, whatever the page does.
NOT_THE_PAGE = ("data:", "blob:", "chrome:", "about:")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_open(port: int, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the gallery did not open:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def gallery(guest_package, tmp_path_factory) -> Iterator[str]:
    """The address of the app, started as a visitor starts it, with a guest's rooms beside our own."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    log = folder / "log.txt"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VERNISSAGE_")}
    environment |= {"PYTHONPATH": str(guest_package), "GRADIO_TEMP_DIR": str(folder / "gradio")}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port), "--offline"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_open(port, process, log)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def browser():
    """Chromium. Missing is a reason to skip on somebody's desk, and a failure where the tests must count."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "chromium is not installed: apt-get install chromium"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, gallery):
    """``open_page(query, width=..., dark=...)``: a new visitor. None may log an error or reach another host."""
    contexts, complaints = [], []

    def visit(query: str = "", width: int = 1280, height: int = 860, dark: bool = False, **options):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: leaves(request.url) and complaints.append(request.url))
        page.goto(gallery + query)
        page.locator("h1").filter(visible=True).first.wait_for()
        return page

    def leaves(url: str) -> bool:
        return not url.startswith((gallery, *NOT_THE_PAGE))

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []
