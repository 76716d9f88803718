"""The stage: the film, the line of its hits, and everything that decides how they sound: one component.

Its page side is `assets/sound`: player.js (picture and sound in step), stage.js (what is asked, what is heard), line.js
(the hits, edited), materials.js (the menu), films.js (ours, upload, camera), settings.js (room, volume, links), keep.js
(the film to take home, the large model), start.js (the first clip). `assets/live` keeps orders and answers in step.
"""

import json
from collections.abc import Mapping
from typing import Any

from demos.house.counter import LIVE, SIDELINE, always
from demos.house.widget import Widget
from demos.kit import ASSETS, SEED_LIMIT
from demos.sound import clips, service
from models.foley import synthesis
from models.foley.engine import LONGEST_SECONDS
from models.foley.keepsake import DEMO
from models.foley.materials import MATERIALS
from models.foley.synthesis import BACKENDS, Ask

FOLDER = ASSETS / "sound"
UPLOAD_BYTES = 20 * 2**20  # what the gallery takes, see `demos/gallery.py`
SCRIPTS = (
    "../live/standing.js",
    "player.js",
    "stage.js",
    "line.js",
    "materials.js",
    "films.js",
    "settings.js",
    "keep.js",
    "start.js",
)
SETTINGS = ("clip", "hits", "material", "backend", "room", "volume", "original", "seed")  # so on the page too
WAYS = {
    "modal": "Struck anew: a sum of decaying modes, exact to the sample",
    "exemplar": "Looked up: the nearest hit of a bank, as in the paper",
    "griffin-lim": "Inverted: a predicted cochleagram, phases by Griffin and Lim, the paper’s other way",
}


def opening() -> dict[str, Any]:
    """What hangs when the room opens: the first clip with all that is known of it, and a small picture of the rest."""
    first = clips.first()
    wall = [{"name": clip.name, "words": clip.words, "tile": clips.tile(clip.frame)} for clip in clips.shelf().values()]
    return {"first": first_settings(), "clip": clips.told(first), "clips": wall}


def first_settings() -> dict[str, Any]:
    """What the room opens with, by the names of its settings: the first clip, and the hits that the model found."""
    numbers = {name: getattr(Ask, name) for name in ("backend", "room", "volume", "original", "seed")}
    return {"clip": clips.first().name, "hits": "", "material": "", **numbers}


def scripts(names: tuple[str, ...], setup: Mapping[str, Any]) -> str:
    """Scripts of `assets/sound` as one, with what they need to know as SETUP."""
    files = [(FOLDER / name).read_text(encoding="utf-8") for name in names]
    return "\n".join(['"use strict";', f"const SETUP = {json.dumps(setup)};", *files])


class Stage(Widget):
    """The works of the room. Events: `submit` (long work: the order in the page's `.so` element, the visitor's film its
    `source`), `stop`, `select` (the settings changed; the element gives them as `settings()`).

    Props the page listens to: `asked` (settings from outside), `model`, `news` of the work under way, `file` (the film
    to take home).
    """

    def __init__(self, hanging: Mapping[str, Any], **options: Any):
        """hanging: what `opening` gives."""
        setup = {
            **hanging,
            "materials": [{"name": one.name, "title": one.title, "kind": one.kind} for one in MATERIALS],
            "backends": [{"name": name, "words": WAYS[name]} for name in BACKENDS],
            "names": SETTINGS,
            "seeds": SEED_LIMIT,
            "mostBytes": UPLOAD_BYTES,
            "longest": LONGEST_SECONDS,
            "mostHits": synthesis.MOST_HITS,
            "slug": DEMO,
        }
        super().__init__(
            html_template=(FOLDER / "stage.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "stage.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, setup),
            apply_default_css=False,
            server_functions=[
                LIVE.serve(service.sound, always),
                *map(LIVE.serve, (service.clip, service.words)),
                SIDELINE.serve(service.warm),
            ],
            **{"asked": None, "model": "house", "news": None, "file": None, **options},
        )
