"""The studio: the picture with its photo beneath, walls of styles and photos, strength, a pad: one component.

Its page side is `assets/style`: studio.js (what is asked, what hangs), compare.js (before and after), styles.js (the
wall), mix.js (the pad), photos.js (upload, drop, paste, camera), settings.js (strength, colours, seed, links), keep.js
(the picture to take home), start.js (the first hanging). `assets/live` keeps orders and answers in step.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from demos.house.counter import LIVE, SIDELINE
from demos.house.pictures import webp_url
from demos.house.widget import Widget
from demos.kit import ASSETS, SEED_LIMIT
from demos.style import mixing, photos, service
from models.faces.contact import tiles
from models.media import MAX_BYTES, read_recipe
from models.style import engine
from models.style.keepsake import DEMO

FOLDER = ASSETS / "style"
SCRIPTS = (
    "../live/photographer.js",
    "../live/standing.js",
    "studio.js",
    "compare.js",
    "styles.js",
    "mix.js",
    "photos.js",
    "settings.js",
    "keep.js",
    "start.js",
)
SETTINGS = ("photo", "style", "strength", "keep_colours", "seed")  # in this order on the page too
SMALL = 112  # pixels of a photo's tile
SHOWN = 768  # pixels of the long side of what hangs at first paint


def opening(folder: Path = photos.FOLDER) -> dict[str, Any]:
    """What hangs when the room opens: the first painting with its settings, the photos, a tile for every style."""
    how = read_recipe(folder / "first.png")
    settings = {**how.settings, "seed": how.seed}
    with Image.open(folder / "first.png") as picture:
        first = service.small(picture.convert("RGB"), SHOWN)
    return {
        "first": {"settings": {name: settings[name] for name in SETTINGS}, "picture": webp_url(first, 90)},
        "photos": [_photo(name, name == settings["photo"]) for name in photos.shelf()],
        "styles": _styles(folder),
    }


def _photo(name: str, opened: bool) -> dict[str, Any]:
    """A photo's tile; of the one that hangs first, the whole as well."""
    photo = photos.shelf()[name]
    picture = photos.find(name)
    told = {"name": name, "words": photo.words, "credit": photo.credit}
    told["tile"] = webp_url(service.square(picture).resize((SMALL, SMALL), Image.Resampling.LANCZOS), 84)
    return {**told, **service.photo({"name": name})} if opened else told


def _styles(folder: Path) -> list[dict[str, Any]]:
    with Image.open(folder / "tiles.webp") as row:
        small = tiles(row.convert("RGB"), len(engine.styles()))
    return [{**vars(style), "tile": webp_url(tile, 86)} for style, tile in zip(engine.styles(), small, strict=True)]


def _far_apart(slugs: list[str]) -> list[str]:
    """Styles for the corners of the pad, from all over the wall, where those of one hand hang side by side."""
    return [slugs[k * len(slugs) // mixing.CORNERS] for k in range(mixing.CORNERS)]


def scripts(names: tuple[str, ...], setup: Mapping[str, Any]) -> str:
    """Scripts of `assets/style` as one, with what they need to know as SETUP."""
    files = [(FOLDER / name).read_text(encoding="utf-8") for name in names]
    return "\n".join(['"use strict";', f"const SETUP = {json.dumps(setup)};", *files])


class Studio(Widget):
    """The works of the room. Value: a visitor's photo from outside, as a data URL. Events: `submit` (paint the order in
    the page's `.st` element), `stop`, `select` (the settings changed; the element gives them as `settings()`).

    Props the page listens to: `asked` (settings from outside), `model`, `news` of the picture under way.
    """

    def __init__(self, hanging: Mapping[str, Any], **options: Any):
        """hanging: what `opening` gives."""
        setup = {
            **hanging,
            "corners": _far_apart([style["slug"] for style in hanging["styles"]]),
            "sides": service.SIDES,
            "own": photos.OWN,
            "ownStyle": mixing.OWN,
            "seeds": SEED_LIMIT,
            "mostBytes": MAX_BYTES,
            "slug": DEMO,
        }
        brought = (service.photo, service.receive, service.painting, service.warm)
        super().__init__(
            value="",
            html_template=(FOLDER / "studio.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "studio.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, setup),
            apply_default_css=False,
            # One at a time: eight in a pass take as long as eight passes (bench_batches.py).
            server_functions=[
                LIVE.serve(service.paint, service.ours),
                *(SIDELINE.serve(function, service.ours) for function in (service.sharpen, service.tile)),
                *map(SIDELINE.serve, brought),
            ],
            **{"asked": None, "model": "house", "news": None, **options},
        )

    def accept_picture(self, picture: Image.Image) -> str:
        """A picture from another room, as the value that shows it."""
        return photos.as_url(photos.as_file(picture))

    def accept_setting(self, raw: Any) -> str:
        """The photo of a recipe that may come from anyone, checked; BadInput when it is none."""
        return photos.as_url(photos.file_in(raw))
