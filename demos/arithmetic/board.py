"""The board: the equation, the wall of faces, the bars and the sliders, as one component of our own.

Its page side is `assets/arithmetic`: board.js (the state, orders and answers), terms.js (faces into terms), wall.js
(seeds and photos), bars.js (measured attributes), sliders.js (one face, turned), start.js (the first hanging).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from demos.arithmetic.words import captions, verdict
from demos.house.pictures import webp_url
from demos.house.widget import Widget
from demos.kit import SEED_LIMIT
from models.faces.arithmetic import Reading, three_by_three
from models.faces.arithmetic_examples import read_opening
from models.faces.engine import FURTHEST
from models.faces.equation import MOST, TERMS

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "arithmetic"
SCRIPTS = ("../live/photographer.js", "board.js", "bars.js", "terms.js", "wall.js", "sliders.js", "start.js")
WALL = 16  # faces at a time


@dataclass(frozen=True)
class Attribute:
    """An attribute on the page: what its bars mean, the ends of its scale, and what the sliders' ends are called."""

    name: str
    label: str
    meaning: str
    less: str
    more: str
    unit: str = "share"
    low: float = 0.0
    high: float = 1.0


SHOWN = (
    Attribute("glasses", "Glasses", "probability", "without", "with"),
    Attribute("smile", "Smile", "0 to 100 %", "serious", "smiling"),
    Attribute("age", "Age", "years", "younger", "older", "years", 15.0, 70.0),
    Attribute("woman", "Woman", "probability", "man", "woman"),
)


def opening() -> dict[str, Any]:
    """What hangs when the room opens: presets, and the first of them worked out, pictures as data URLs."""
    about, squares = read_opening()
    first = about["presets"][0]
    seeds = [seed for term in TERMS for seed in first[term].split(",")]
    pictures = {seed: webp_url(square) for seed, square in zip(seeds, squares, strict=False)}
    means, grid = squares[len(seeds) : -9], np.stack([np.asarray(square) for square in squares[-9:]])
    reading = Reading(tuple(about["reading"]["terms"]), about["reading"]["result"], about["reading"]["expected"])
    return {
        "presets": about["presets"],
        "seed": about["seed"],
        "opening": {
            "pictures": pictures,
            "means": [webp_url(mean) for mean in means],
            "grid": webp_url(three_by_three(grid)),
            "reading": read_out(reading),
        },
    }


def read_out(reading: Reading) -> dict[str, Any]:
    """A reading as the page shows it, with its words."""
    return {**vars(reading), "holds": reading.holds(), "words": captions(reading), "verdict": verdict(reading)}


class Board(Widget):
    """Value: the equation that looking inside is about, as JSON. Events: `select` (the settings changed; the page's
    `.fa` element gives them as `settings()`), `submit` (look at this), `upload` (a photo in `.fa`'s `photo`), `stop`.

    Props the page listens to: `asked` (settings from outside), `looking` (say when the equation has settled), `news`
    (of a photo: {step: [done, total]}, or {face, picture, crop}, or nothing when there is none).
    """

    def __init__(self, hanging: dict[str, Any], server_functions: Sequence[Callable[..., Any]], **options: Any):
        """hanging: what `opening` gives."""
        setup = {
            **hanging,
            "attributes": [vars(attribute) for attribute in SHOWN],
            "most": MOST,
            "reach": FURTHEST,
            "seeds": SEED_LIMIT,
            "wall": WALL,
        }
        scripts = [(ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS]
        super().__init__(
            value="",
            html_template=(ASSETS / "board.html").read_text(encoding="utf-8"),
            css_template=(ASSETS / "board.css").read_text(encoding="utf-8"),
            js_on_load="\n".join(['"use strict";', f"const SETUP = {json.dumps(setup)};", *scripts]),
            apply_default_css=False,
            server_functions=list(server_functions),
            # Gradio makes the component anew, with what changed among the options, whenever an event updates it.
            **{"asked": None, "looking": False, "news": None, **options},
        )
