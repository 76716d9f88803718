"""axe-core over a page of the gallery: everything unfolded, a plain wall behind, serious and critical findings only."""

from collections.abc import Iterator
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
# What Gradio's own markup brings and nothing of ours can change: (rule, selector of the element) -> the reason.
OUT_OF_REACH = {
    ("aria-prohibited-attr", ".empty[aria-label='Empty value']"): "Gradio names the empty place of a picture on a div",
}
# axe-core reads no colour through a gradient, and says so instead of judging: the lamp above the wall becomes its own
# dimmest colour by day and its brightest by night, where words are hardest to read.
PLAIN_WALL = (
    "body, gradio-app { background: #f6f4ef !important } body.dark, .dark gradio-app { background: #35312d !important }"
)


@dataclass(frozen=True)
class Finding:
    """What axe-core holds against one element."""

    rule: str
    element: str
    html: str
    why: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.element}\n    {self.html[:200]}\n    {self.why}"


def findings(page: Page) -> list[Finding]:
    """The serious and critical findings on the page as it stands, less what is out of reach."""
    page.add_style_tag(content=PLAIN_WALL)
    results = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [found for found in _read(results) if not _out_of_reach(page, found)]


def _read(violations: list[dict]) -> Iterator[Finding]:
    for violation in violations:
        for node in violation["nodes"]:
            if node["impact"] in GRAVE:
                why = (node["failureSummary"] or "").partition("\n")[2].strip()
                yield Finding(violation["id"], str(node["target"][-1]), node["html"], why)


def _out_of_reach(page: Page, found: Finding) -> bool:
    element = page.locator(found.element).first
    return any(
        found.rule == rule and element.evaluate("(element, selector) => element.matches(selector)", selector)
        for rule, selector in OUT_OF_REACH
    )


def unfold(page: Page) -> None:
    """Open every folded floor of the room that is seen."""
    page.evaluate(
        "[...document.querySelectorAll('button.label-wrap:not(.open)')]"
        ".filter((floor) => floor.checkVisibility()).forEach((floor) => floor.click())"
    )


def rooms(page: Page) -> list[str]:
    """The address of every open room, from the lobby."""
    return page.evaluate("[...document.querySelectorAll('a.v-card')].map((card) => card.dataset.room)")
