"""A running gallery and a real browser, for the browser tests and for the script that makes the screenshot."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]  # no GPU played by software
SECONDS_TO_START = 60


def find_chromium() -> str | None:
    """The system's chromium, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def running_browser(executable: str) -> Iterator[Browser]:
    """Chromium, drawing with its software renderer so that it looks the same everywhere."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def running_gallery(folder: Path, root: Path = ROOT, **environment: str) -> Iterator[str]:
    """The address of the app in ``root``, started as a visitor starts it; log and files go to ``folder``."""
    port, log = _free_port(), folder / "log.txt"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VERNISSAGE_")}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port), "--offline"],
            cwd=root,
            env=inherited | {"GRADIO_TEMP_DIR": str(folder / "gradio"), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_open(port, process, log)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(20)


def contention(seconds: float = 0.2) -> float:
    """How many times longer than alone a busy loop takes here and now: 1.0 on an idle machine."""
    wall, used = time.perf_counter(), time.thread_time()
    while time.thread_time() - used < seconds:
        pass
    return max(1.0, (time.perf_counter() - wall) / seconds)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_open(port: int, process: subprocess.Popen, log: Path, seconds: float = SECONDS_TO_START) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the gallery did not open:\n{log.read_text()[-4000:]}")
