"""A grid of pictures as a teaching tool: one setting changes across, another down. Page side: `assets/text/grid.js`."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Any

from PIL import Image

from demos.house.steps import in_steps
from demos.house.widget import Widget
from demos.kit import SEED_LIMIT, whole_seed
from demos.text.service import read
from demos.text.studio import FOLDER, scripts
from models.errors import BadInput
from models.media import picture_bytes
from models.text2image import words
from models.text2image.engine import Step
from models.text2image.grid_xy import AXES, MOST_ALONG, Axis, batches, cells, grid_xy
from models.text2image.keepsake import grid_picture, grid_recipe

LONGEST = 200  # characters of one side's values

# Words that stand in for each other in a prompt: the grid offers the others beside the one that is there.
KIN = (
    ("red", "yellow", "green", "blue", "purple", "white", "pink", "black"),
    tuple(words.FRAMES),
    tuple(words.MOODS),
    ("young", "older"),
    tuple(words.PEOPLE),
    tuple(words.TOOLS),
    tuple(words.FRUIT),
    tuple(words.FLOWERS),
    tuple(words.SHAPES),
    tuple(words.SKETCHED),
)


def side(given: Any) -> Axis:
    """One side of a grid, [what it changes, values as text or as a list], from anyone; BadInput for what is none."""
    if not isinstance(given, list) or len(given) != 2 or given[0] not in AXES:
        raise BadInput(f"A side of the grid changes one of {', '.join(AXES)}.")
    name, values = given
    texts = values[:LONGEST].split(",") if isinstance(values, str) else values if isinstance(values, list) else []
    found = [text for text in (str(value).strip() for value in texts[: MOST_ALONG + 1]) if text]
    return name, found if name == "word" else [_number(text, name) for text in found]


def _number(text: str, name: str) -> float | int:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or (name != "guidance" and not number.is_integer()):
        raise BadInput(f"{text[:20]!r} is no {name}: write numbers parted by commas.")
    if name == "seed":
        return whole_seed(number)
    return int(number) if number.is_integer() else number


def made(order: Mapping[str, Any]) -> Iterator[tuple[Step, dict[int, Image.Image]] | tuple[dict, bytes]]:
    """Make the grid of {prompt, seed, ..., x, y} with the house model.

    Yields each step with what the cells under work look like, by number row by row; at last all cells, finished, and
    the whole as a PNG file with its recipe.
    """
    ask, _, _ = read({**order, "count": 1, "model": None})
    x, y = side(order.get("x")), side(order.get("y"))
    flat = [cell for row in cells(ask, x, y) for cell in row]
    # The run tells how many steps all its passes have taken: this is the pass that each of them belongs to.
    passes = [batch for batch in batches(flat) for _ in range(flat[batch[0]].steps)]
    with closing(in_steps(partial(grid_xy, ask, x, y))) as steps:
        for news in steps:
            if isinstance(news, tuple):
                step = news[0]
                yield step, dict(zip(passes[step.index - 1], step.previews, strict=False))
            else:
                finished = dict(enumerate(picture for row in news for picture in row))
                yield finished, picture_bytes(grid_picture(news, x, y), grid_recipe(ask, x, y))


class Grid(Widget):
    """Two sides and their values. Value: both sides of a recipe's grid as JSON. Events: `submit` (make the order in the
    page's `.tg` element), `stop`. Prop the page listens to: `news` of the grid under way."""

    def __init__(self, **options: Any):
        super().__init__(
            value="",
            html_template=(FOLDER / "grid.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "grid.css").read_text(encoding="utf-8"),
            js_on_load=scripts(("grid.js",), {"kin": KIN, "most": MOST_ALONG, "seeds": SEED_LIMIT}),
            apply_default_css=False,
            **{"news": None, **options},
        )

    def accept_setting(self, raw: Any) -> str:
        """Both sides of a recipe that may come from anyone, checked; BadInput when they are none."""
        if not isinstance(raw, dict):
            raise BadInput("A grid has two sides.")
        return json.dumps({name: list(side(raw.get(name))) for name in ("x", "y")})
