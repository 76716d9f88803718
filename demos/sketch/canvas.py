"""The easel: paper on the left, the photograph on the right, tools beneath, as one component of our own.

`gr.Sketchpad` opens without a tool and sends pixels; this one draws at once and sends strokes. Its page side is
`assets/canvas`: drawing.js (strokes and ink), hand.js (mouse, finger, pen, keyboard), trace.js (sketches on paper),
easel.js (all of it together); `assets/live/photographer.js` keeps orders and answers in step.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from demos.house.widget import Widget
from demos.kit import SEED_LIMIT
from models.sketch.engine import check_subject
from models.sketch.strokes import INK, drawing_from_text

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "canvas"
SCRIPTS = ("drawing.js", "hand.js", "trace.js", "../live/photographer.js", "easel.js")

# The first ink of each is the pen's; the others are colour hints, drawn a little broader.
INKS = {
    "fruit": (
        (INK, "Black ink"),
        ("#c8252c", "Red"),
        ("#8c1230", "Dark cherry"),
        ("#e2762f", "Orange"),
        ("#e3bd3c", "Yellow"),
        ("#8fb33a", "Light green"),
        ("#3f7a35", "Leaf green"),
        ("#6b4a2b", "Brown"),
    ),
    "flower": (
        (INK, "Black ink"),
        ("#d43a2f", "Red"),
        ("#e26a9a", "Pink"),
        ("#b5257a", "Magenta"),
        ("#8d6cc0", "Violet"),
        ("#e8833a", "Orange"),
        ("#f0c419", "Yellow"),
        ("#5c8a2e", "Leaf green"),
        ("#5b3a1e", "Brown"),
    ),
    "portrait": (
        (INK, "Black ink"),
        ("#f0c8a8", "Light skin"),
        ("#d9a27a", "Tanned skin"),
        ("#8f5d3b", "Dark skin"),
        ("#c9a25a", "Blond hair"),
        ("#7a4a25", "Brown hair"),
        ("#a8502a", "Red hair"),
        ("#8b8b8d", "Grey hair"),
        ("#b8504f", "Lips"),
    ),
}


class SketchFile(gr.Image):
    """A picture from a program, handed on as a path and unopened.

    `gr.Image` opens what it is given before any code of ours can say in a sentence that it is no picture.
    """

    def __init__(self, **options: Any):
        super().__init__(type="filepath", **options)

    def get_block_name(self) -> str:
        return "image"

    def get_config(self, cls: type | None = None) -> dict[str, Any]:
        return super().get_config(cls or gr.Image)  # the page reads the parameters of `gr.Image`, not ours

    def preprocess(self, payload: Any) -> str | None:
        return payload.path if payload else None


class Easel(Widget):
    """Paper, tools and photograph. Value: the drawing on the paper, as `drawing_to_text` writes it.

    Props the page listens to: `subject`, `seed`, `live` (the photograph follows the pen), `looking` (say when a
    drawing is settled: `submit`), `photo` (hang this one). `select`: another of the four takes was chosen.
    """

    def __init__(
        self,
        posters: Mapping[str, Mapping[str, Any]],
        subject: str,
        seed: int,
        server_functions: Sequence[Callable[..., Any]],
        **options: Any,
    ):
        """posters: by subject, the strokes (text form) and the photo (data URL) that hang when the room opens."""
        inks = {of: [{"color": color, "name": name} for color, name in pots] for of, pots in INKS.items()}
        setup = {"posters": posters, "inks": inks, "subject": subject, "seed": seed, "seeds": SEED_LIMIT}
        scripts = [(ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS]
        super().__init__(
            value=f"{subject}\n{posters[subject]['drawing']}",
            html_template=(ASSETS / "canvas.html").read_text(encoding="utf-8"),
            css_template=(ASSETS / "canvas.css").read_text(encoding="utf-8"),
            js_on_load="\n".join(['"use strict";', f"const SETUP = {json.dumps(setup)};", *scripts]),
            apply_default_css=False,
            server_functions=list(server_functions),
            **{"subject": subject, "seed": seed, "live": True, "looking": False, "photo": "", **options},
        )

    def accept_setting(self, raw: Any) -> str:
        """The drawing of a recipe that may come from anyone, checked; BadInput when it is none."""
        subject, _ = drawing_from_text(raw)
        check_subject(subject)
        return raw
