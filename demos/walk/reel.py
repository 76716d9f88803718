"""The film's row of faces: its page side is `assets/walk/reel.js`."""

from collections.abc import Callable, Sequence
from typing import Any

from demos.house.widget import Widget
from demos.walk.stage import FOLDER, opening, scripts
from models.errors import BadInput
from models.faces.engine import PSI, SIDE
from models.faces.film import FEWEST, LONGEST_FILM, MOST
from models.faces.film import SIDE as FILM_SIDE
from models.faces.walk import Place

SCRIPTS = ("../live/standing.js", "reel.js")
SEPARATOR = ";"


class Reel(Widget):
    """Keyframes in a row. Value: their places as text, one after the other, parted by semicolons.

    Prop the page listens to: `seconds` (from face to face).
    """

    def __init__(
        self, seeds: Sequence[int], seconds: float, server_functions: Sequence[Callable[..., Any]], **options: Any
    ):
        """seeds: the faces the row begins with, of those that hang on the wall at first paint."""
        faces = opening(FOLDER)["faces"]
        setup = {
            "seeds": list(seeds),
            "faces": [faces[seed] for seed in seeds],
            "path": "w",
            "psi": PSI,
            "fewest": FEWEST,
            "most": MOST,
            "longest": LONGEST_FILM,
            "seconds": seconds,
            "sides": f"{FILM_SIDE} pixels a side, enlarged from {SIDE}",
        }
        super().__init__(
            value=SEPARATOR.join(map(str, seeds)),
            html_template=(FOLDER / "reel.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "reel.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, setup),
            apply_default_css=False,
            server_functions=list(server_functions),
            seconds=seconds,
            **options,
        )

    def accept_setting(self, raw: Any) -> str:
        """The keyframes of a recipe that may come from anyone, checked; BadInput when they are none."""
        if not isinstance(raw, list) or not 0 < len(raw) <= MOST:
            raise BadInput(f"A film has {FEWEST} to {MOST} faces.")
        return SEPARATOR.join(Place.from_text(text).to_text() for text in raw)


def places_of(keyframes: str | None) -> list[Place]:
    """The row's value as places; BadInput for what is none."""
    return [Place.from_text(text) for text in (keyframes or "").split(SEPARATOR) if text]
