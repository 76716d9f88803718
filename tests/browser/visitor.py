"""What a visitor's hands do and meet: files dropped, stops of the Tab key, the size of what a finger is to hit."""

import base64
import re
from collections.abc import Iterator
from typing import NamedTuple

from playwright.sync_api import Page

FINGER = 44  # CSS pixels
MOST_STOPS = 300

# A control in the middle of a sentence, one inside a larger one that does the same, Gradio's own sliders and tool
# tips: none of them is measured. What is scrolled out of its strip is reached by scrolling.
SMALL = """(finger) => {
  const own = 'button, select, textarea, a[href], input:not([type=hidden], [type=file], [id^=range_id])';
  return [...document.querySelectorAll(own)].filter((element) => element.checkVisibility({visibilityProperty: true}))
    .filter((element) => !element.closest('p, .icon-button-wrapper, .toast-wrap, .head, [data-testid=markdown]'))
    .map((element) => [element, (element.closest('label') ?? element).getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && (box.width < finger - 0.5 || box.height < finger - 0.5))
    .map(([element, box]) => `${element.tagName}.${element.className} ${(element.ariaLabel || element.innerText || '')
      .slice(0, 40)}: ${Math.round(box.width)} x ${Math.round(box.height)}`);
}"""

# The caret marks a text field well enough.
STOP = """() => {
  const element = document.activeElement;
  const been = (window.stopsOfTheTabKey ??= new Set());
  if (!element || element === document.body || been.has(element)) return null; // the end, or the beginning again
  been.add(element);
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const name = element.ariaLabel || element.labels?.[0]?.innerText || element.innerText || element.title || '';
  return [name.trim(), element.matches('textarea') || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2)];
}"""

DROP = """([data, name, type, onto]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, {type}));
  const options = {bubbles: true, cancelable: true, dataTransfer: transfer};
  const target = document.querySelector(onto);
  target.dispatchEvent(new DragEvent("dragover", options));
  target.dispatchEvent(new DragEvent("drop", options));
}"""


class Stop(NamedTuple):
    """Where the Tab key stopped: what it is called there, and whether it can be seen."""

    name: str
    seen: bool


def drop(page: Page, data: bytes, onto: str = "body", name: str = "saved.png", kind: str = "image/png") -> None:
    """Drop a file on what this selector finds."""
    page.evaluate(DROP, [base64.b64encode(data).decode(), name, kind, onto])


def small_targets(page: Page) -> list[str]:
    """Our own controls that are smaller than a fingertip, each with its size."""
    return page.evaluate(SMALL, FINGER)


def stops(page: Page) -> list[Stop]:
    """Every stop of the Tab key from the top of the page to its end."""
    found = []
    page.evaluate("document.activeElement.blur(), window.scrollTo(0, 0), (window.stopsOfTheTabKey = new Set())")
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return found
        found.append(Stop(*stop))
    raise AssertionError(f"after {MOST_STOPS} steps the Tab key is still at {found[-1].name}")


def at_widths(page: Page, *widths: int) -> Iterator[int]:
    """Each of these widths, once the page has settled in it, and by turns by day and by night."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 860})
        page.evaluate("vernissage.switchLight()")
        page.wait_for_timeout(250)
        yield width


def printed_pages(page: Page) -> int:
    """How many sheets of A4 the page would be printed on."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", print_background=True)))
