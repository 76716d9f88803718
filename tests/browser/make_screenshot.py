"""Make the README's picture: ``python -m tests.browser.make_screenshot`` writes ``assets/screenshot.png``.

It opens the room a visitor enters first and waits until the pictures on its wall have stopped changing.
"""

import argparse
import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from tests.browser import harness

SIZE = {"width": 1280, "height": 800}
SCALE = 1.5
QUIET_SECONDS = 3
PATIENCE_SECONDS = 60


def take(address: str, query: str, executable: str) -> Image.Image:
    """A picture of one page, once it has been still for a while."""
    with harness.running_browser(executable) as browser:
        page = browser.new_context(viewport=SIZE, device_scale_factor=SCALE, reduced_motion="reduce").new_page()
        page.goto(address + query)
        page.locator("h1").filter(visible=True).first.wait_for()
        deadline, still_since, last = time.monotonic() + PATIENCE_SECONDS, time.monotonic(), b""
        while time.monotonic() < deadline and time.monotonic() - still_since < QUIET_SECONDS:
            page.wait_for_timeout(250)
            if (now := page.screenshot()) != last:
                last, still_since = now, time.monotonic()
        return Image.open(io.BytesIO(last))


def main() -> None:
    """Start the gallery, take its picture, save it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--query", default="?demo=sketch-to-photo", help="what to open; empty for the lobby")
    parser.add_argument("--output", type=Path, default=harness.ROOT / "assets" / "screenshot.png")
    arguments = parser.parse_args()
    executable = harness.find_chromium() or sys.exit("chromium is not installed: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, harness.running_gallery(Path(folder)) as address:
        picture = take(address, arguments.query, executable)
    picture.convert("RGB").save(arguments.output, optimize=True)
    print(f"{arguments.output}: {picture.width} x {picture.height}")


if __name__ == "__main__":
    main()
