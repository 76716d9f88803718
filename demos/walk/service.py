"""What the page of the latent walk asks the house while the hand moves, and once it rests. Free of Gradio."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demos.house.chooser import HOUSE
from demos.house.counter import Answer
from demos.house.pictures import png_url, webp_url
from demos.kit import SEED_LIMIT, whole_seed
from models.errors import BadInput
from models.faces import engine, walk, walk_inside
from models.faces.contact import sheet
from models.faces.film import MOST
from models.media import picture_bytes

LIVE_MODELS = {HOUSE: engine.HOUSE, engine.DCGAN: engine.DCGAN}
WALL = 12  # faces on the wall at a time
STRIP = 9  # frames of a filmstrip
FIELD = 5  # faces a side in the field between four
SMALL, TINY = 112, 80  # pixels of a face on the wall, and in a strip or the field


def face(order: dict) -> Answer:
    """The face at {seeds, t, down, path, psi, model} as a PNG with its recipe, for the hand that is still moving."""
    return faces([order])[0]


def faces(orders: Sequence[dict]) -> list[Answer]:
    """The same for several visitors, in one pass of each model they ask."""
    asked = [walk.Step(*read(order)) for order in orders]
    signed = zip(walk.faces_of(asked), asked)
    return [{"photo": png_url(picture_bytes(picture, walk.recipe(*step)))} for picture, step in signed]


def wall(request: dict) -> Answer:
    """The faces of {seeds}, one picture each."""
    seeds = request.get("seeds")
    if not isinstance(seeds, list) or not 0 < len(seeds) <= WALL:
        raise BadInput(f"A wall has 1 to {WALL} faces.")
    pictures = engine.faces_of([whole_seed(seed) for seed in seeds], _psi(request), _model(request))
    return {"faces": [webp_url(picture.resize((SMALL, SMALL), Image.Resampling.LANCZOS)) for picture in pictures]}


def strips(request: dict) -> Answer:
    """The walk from left to right of {seeds, down} on every path, a filmstrip each."""
    seeds, down = _seeds(request), walk.clamp(request.get("down", 0))
    made = walk_inside.strips(seeds, down, _psi(request), _model(request), STRIP)
    return {"strips": {path: webp_url(sheet(pictures, STRIP, TINY), 84) for path, pictures in made.items()}}


def field(request: dict) -> Answer:
    """The field among the four faces of {seeds} as one picture: FIELD x FIELD faces."""
    _, path, psi, model = read(request)
    shares = np.linspace(0, 1, FIELD)
    places = [walk.Place(_seeds(request), float(t), float(down)) for down in shares for t in shares]
    pictures = [np.asarray(picture) for picture in walk.faces_at(places, psi, path, model)]
    return {"field": webp_url(sheet(pictures, FIELD, TINY), 80)}


def stills(request: dict) -> Answer:
    """The faces at {places}, written as text: the keyframes of a film."""
    places = request.get("places")
    if not isinstance(places, list) or not 0 < len(places) <= MOST:
        raise BadInput(f"A film has {MOST} faces at most.")
    pictures = walk.faces_at(
        [walk.Place.from_text(text) for text in places], _psi(request), _path(request), _model(request)
    )
    return {"faces": [webp_url(picture.resize((SMALL, SMALL), Image.Resampling.LANCZOS)) for picture in pictures]}


def inside(order: dict) -> Answer:
    """The walk through {seeds, down} from within: cloud, paths and speeds, as plain lists for the page to draw."""
    place, _, psi, model = read(order)
    seen = walk_inside.look_inside(place.seeds, place.down, psi, model)
    return {
        "cloud": _plain(seen.cloud),
        "paths": {name: _plain(line) for name, line in seen.paths.items()},
        "speeds": {name: _plain(speed) for name, speed in seen.speeds.items()},
        "mapped": seen.mapped,
    }


def layers(order: dict) -> Answer:
    """What each resolution of the house generator adds to the face at {seeds, t, down, path, psi}."""
    place, path, psi, model = read(order)
    if model != engine.HOUSE:
        return {"layers": []}
    named = walk_inside.layers(place, psi, path)
    return {"layers": [{"name": name, "picture": webp_url(picture)} for name, picture in named]}


# ---------------------------------------------------------------- reading an order, which anyone may have sent


def read(order: dict) -> tuple[walk.Place, str, float, str]:
    """Where, on which path, how truncated, by which model; BadInput for what makes no sense."""
    place = walk.Place(_seeds(order), walk.clamp(order.get("t", 0)), walk.clamp(order.get("down", 0)))
    return place, _path(order), _psi(order), _model(order)


def _seeds(order: dict) -> tuple[int, int, int, int]:
    seeds = order.get("seeds")
    if not isinstance(seeds, list) or len(seeds) != 4:
        raise BadInput(f"A walk needs its faces: whole numbers from 0 to {SEED_LIMIT - 1}.")
    return tuple(whole_seed(seed) for seed in seeds)


def _path(order: dict) -> str:
    path = order.get("path")
    walk.check_path(path)
    return path


def _psi(order: dict) -> float:
    return walk.clamp(order.get("psi", engine.PSI))


def _model(order: dict) -> str:
    model = order.get("model", HOUSE)
    if not isinstance(model, str) or model not in LIVE_MODELS:
        raise BadInput("This model takes its time: ask it with the button under “Other models”.")
    return LIVE_MODELS[model]


def _plain(values: NDArray) -> list:
    return np.round(values.astype(float), 3).tolist()
