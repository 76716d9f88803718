"""The studio: the prompt, the pictures painted from it, settings, prompts to begin with, the visit: one component.

Its page side is `assets/text`: studio.js (what is asked, what hangs, the painting), prompt.js (typing, words it knows),
settings.js (seed, steps, guidance), visit.js (examples and history), start.js (the first hanging).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from demos.house.counter import SIDELINE
from demos.house.pictures import png_url, webp_url
from demos.house.widget import Widget
from demos.kit import ASSETS, SEED_LIMIT
from demos.text.service import warm
from models.faces.contact import tiles
from models.media import read_recipe
from models.text2image import words
from models.text2image.ask import MOST_GUIDANCE, MOST_PICTURES, MOST_STEPS

FOLDER = ASSETS / "text"
SCRIPTS = ("studio.js", "prompt.js", "settings.js", "visit.js", "start.js")
SETTINGS = ("prompt", "seed", "steps", "guidance", "negative_prompt", "count")  # in this order on the page too

SLIDERS = (
    {
        "name": "steps",
        "label": "Steps",
        "low": 1,
        "high": MOST_STEPS,
        "step": 1,
        "words": "How often the noise is looked at anew. Few are quick and soft.",
    },
    {
        "name": "guidance",
        "label": "Guidance",
        "low": 1,
        "high": MOST_GUIDANCE,
        "step": 0.5,
        "words": "How firmly the prompt leads. 1 lets the picture drift; too much makes it garish.",
    },
    {
        "name": "count",
        "label": "Pictures",
        "low": 1,
        "high": MOST_PICTURES,
        "step": 1,
        "words": "Each has the seed after the one before it.",
    },
)


def opening(folder: Path = FOLDER) -> dict[str, Any]:
    """What hangs when the room opens: the first painting with its settings, and the prompts to begin with."""
    files = sorted(folder.glob("first-*.png"))
    how = read_recipe(files[0])
    settings = {**how.settings, "seed": how.seed}
    about = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
    with Image.open(folder / "examples.webp") as strip:
        small = tiles(strip.convert("RGB"), len(about))
    return {
        "first": {
            "settings": {name: settings[name] for name in SETTINGS},
            "pictures": [png_url(file.read_bytes()) for file in files],
        },
        "examples": [{**example, "picture": webp_url(picture)} for example, picture in zip(about, small, strict=True)],
    }


def scripts(names: tuple[str, ...], setup: Mapping[str, Any]) -> str:
    """Scripts of `assets/text` as one, with what they need to know as SETUP."""
    files = [(FOLDER / name).read_text(encoding="utf-8") for name in names]
    return "\n".join(['"use strict";', f"const SETUP = {json.dumps(setup)};", *files])


class Studio(Widget):
    """The works of the room. Events: `submit` (paint the order in the page's `.tx` element), `stop`, `select` (the
    settings changed; the element gives them as `settings()`).

    Props the page listens to: `asked` (settings from outside), `model`, `news` of the painting under way.
    """

    def __init__(self, hanging: Mapping[str, Any], usual: Mapping[str, Mapping[str, Any]], **options: Any):
        """hanging: what `opening` gives. usual: settings that suit a model, by its name in the chooser."""
        setup = {
            **hanging,
            "usual": usual,
            "words": [word for word in words.VOCABULARY if word.isalnum()],
            "groups": {name: list(group) for name, group in words.GROUPS.items()},
            "sliders": SLIDERS,
            "seeds": SEED_LIMIT,
        }
        super().__init__(
            html_template=(FOLDER / "studio.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "studio.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, setup),
            apply_default_css=False,
            server_functions=[SIDELINE.serve(warm)],
            **{"asked": None, "model": "house", "news": None, **options},
        )
