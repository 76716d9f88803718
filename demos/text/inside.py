"""Looking inside one picture: where each word looks, the latent losing its noise, two stages, the prompt's neighbours.

The house sends numbers and small pictures; `assets/text/inside.js` draws them.
"""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demos.house.counter import SIDELINE, Answer, always
from demos.house.pictures import webp_url
from demos.house.widget import Widget
from demos.text.service import read
from demos.text.studio import FOLDER, scripts

SCRIPTS = ("../live/standing.js", "../live/drawing.js", "light.js", "inside.js", "around.js")
MOMENTS = 17  # of a long run are shown, the first and the last among them
SHEET_SIDE = 48  # pixels of a channel of the latent


def look(order: Mapping[str, Any]) -> Answer:
    """The first picture of {prompt, seed, ...} from within: attention of every word and the latent, over time."""
    from models.text2image.inside import look_inside

    ask, model, _ = read(order)
    seen = look_inside(ask, model)
    count = len(seen.maps)
    shown = np.unique(np.linspace(0, count - 1, min(count, MOMENTS)).round().astype(int)).tolist()
    return {
        "words": seen.words,
        "steps": count,
        "moments": [{"step": k + 1, **_moment(seen, k)} for k in shown],
        "finished": webp_url(seen.finished),
    }


def _moment(seen: Any, step: int) -> dict[str, Any]:
    """What stands after one step; the latent is the one that the step was given."""
    return {
        "maps": _packed(seen.maps[step]),
        "peak": float(seen.maps[step].max()),
        "share": np.round(seen.maps[step].mean((1, 2)).astype(float), 4).tolist(),
        "noisy": webp_url(seen.noisy[step], 82),
        "estimate": webp_url(seen.estimates[step], 82),
        "channels": webp_url(seen.channels(step, SHEET_SIDE), 70),
    }


def _packed(maps: NDArray) -> str:
    """Maps (W, 16, 16) as bytes in base64, 255 being the largest value among them."""
    scaled = maps / max(float(maps.max()), 1e-9) * 255
    return base64.b64encode(scaled.round().astype(np.uint8).tobytes()).decode("ascii")


def around(order: Mapping[str, Any]) -> Answer:
    """The {prompt} in the text encoder's space among captions the model was taught."""
    from models.text2image.neighbours import neighbours

    ask, model, _ = read(order)
    found = neighbours(ask.prompt, model)
    return {
        "captions": found.captions,
        "groups": found.groups,
        "points": np.round(found.points.astype(float), 3).tolist(),
        "place": np.round(found.place.astype(float), 3).tolist(),
        "nearest": [[caption, round(similar, 3)] for caption, similar in found.nearest],
        "shown": found.shown,
    }


def stages(order: Mapping[str, Any]) -> Answer:
    """The first picture of an order in two stages, rough and refined."""
    from models.text2image.stages import two_stages

    ask, model, _ = read(order)
    made = two_stages(ask, model)
    return {
        "rough": webp_url(made.rough, 92),
        "begun": webp_url(made.begun),
        "refined": webp_url(made.refined),
        "steps": made.steps,
    }


class Inside(Widget):
    """It follows the picture that is chosen in the studio, and asks by itself once it can be seen."""

    def __init__(self, **options: Any):
        super().__init__(
            html_template=(FOLDER / "inside.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "inside.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, {}),
            apply_default_css=False,
            server_functions=[SIDELINE.serve(function, always) for function in (look, around, stages)],
            **options,
        )
