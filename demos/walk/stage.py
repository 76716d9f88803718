"""The stage of the latent walk: a large face, the way to it, a wall of seeds, three filmstrips, as one component.

Its page side is `assets/walk`: stage.js (what is shown), choose.js (faces and paths), ground.js (the ways to walk),
arrival.js (words, links, first paint). `assets/live` keeps orders and answers in step: photographer.js while the hand
moves, standing.js once it rests.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from demos.house.pictures import png_url, webp_url
from demos.house.widget import Widget
from demos.kit import ASSETS, SEED_LIMIT
from demos.walk.service import FIELD, LIVE_MODELS, STRIP, WALL
from models.faces.contact import tiles
from models.faces.walk import PATHS
from models.media import read_recipe

FOLDER = ASSETS / "walk"
SCRIPTS = ("../live/photographer.js", "../live/standing.js", "stage.js", "choose.js", "ground.js", "arrival.js")
PATH_WORDS = {
    "w": ("Straight in w", "through the space the network arranged for itself: even steps, whole faces"),
    "z-sphere": ("Around the sphere of z", "where nearly all random numbers lie: every face a likely one"),
    "z-straight": ("Straight through z", "past the middle, where few faces are: half way, everybody looks alike"),
}
REMARKS = {
    "faces/dcgan": "The DCGAN of 2016 paints 64 pixels a side, and has no w: two paths through z are left.",
}


class Stage(Widget):
    """Two or four faces and the way between them.

    Props the page listens to: the settings by name (`seed_a` ... `way`), `model`, `photo` (hang this one).
    `select`: the visitor has come to rest; the settings are in the element's `data-state`.
    """

    def __init__(self, settings: Mapping[str, Any], server_functions: Sequence[Callable[..., Any]], **options: Any):
        setup = {
            "settings": dict(settings),
            "opening": opening(FOLDER),
            "paths": [{"name": name, "title": PATH_WORDS[name][0], "words": PATH_WORDS[name][1]} for name in PATHS],
            "live": list(LIVE_MODELS),
            "remarks": REMARKS,
            "seeds": SEED_LIMIT,
            "wall": WALL,
            "strip": STRIP,
            "field": FIELD,
        }
        super().__init__(
            html_template=(FOLDER / "stage.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "stage.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, setup),
            apply_default_css=False,
            server_functions=list(server_functions),
            **{"model": "house", "photo": "", **settings, **options},
        )


def scripts(names: Sequence[str], setup: Mapping[str, Any]) -> str:
    """Scripts of `assets/walk` as one, with what they need to know as SETUP."""
    files = [(FOLDER / name).read_text(encoding="utf-8") for name in names]
    return "\n".join(['"use strict";', f"const SETUP = {json.dumps(setup)};", *files])


@cache  # Gradio makes a part anew for every visitor whose settings it fills in
def opening(folder: Path) -> Mapping[str, Any]:
    """What hangs at first paint, made by the model that ships: the face, the wall, the filmstrips."""
    with Image.open(folder / "wall.webp") as wall:
        faces = [webp_url(tile) for tile in tiles(wall.convert("RGB"), WALL)]
    return {
        "photo": png_url((folder / "first.png").read_bytes()),
        "faces": faces,
        "strips": {path: _file_url(folder / f"{path}.webp") for path in PATHS},
    }


def first_settings() -> dict[str, Any]:
    """The settings of the face that hangs at first paint, from its own recipe, and the other two corners."""
    how = read_recipe(FOLDER / "first.png").settings
    names = ("seed_a", "seed_b", "t", "path", "psi", "way")
    return {name: how[name] for name in names} | {"seed_c": 5, "seed_d": 10, "down": 0.5}


def _file_url(file: Path) -> str:
    with Image.open(file) as picture:
        return webp_url(picture.convert("RGB"))
