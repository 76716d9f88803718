"""Our own clips: rendered by `models.foley.examples`, watched by the model, their true sound kept for the game."""

import base64
import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from demos.house.pictures import webp_url
from demos.kit import ASSETS
from models.errors import BadInput

FOLDER = ASSETS / "examples" / "sound"
TILE = 256  # pixels of the long side of a small picture


@dataclass(frozen=True)
class Clip:
    """One of ours. film: a silent MP4; true_sound: the FLAC file that its contacts made; seen: what the model saw, by
    `models.foley.seen`, with the picture's size."""

    name: str
    words: str
    film: Path
    true_sound: Path
    seen: dict[str, Any]

    @property
    def seconds(self) -> float:
        return float(self.seen["seconds"])

    @property
    def frame(self) -> Path:
        """Its most telling frame, a picture."""
        return self.film.with_suffix(".webp")


@functools.cache
def shelf() -> dict[str, Clip]:
    """All of them by name, in the order of the wall."""
    listed = json.loads((FOLDER / "clips.json").read_text(encoding="utf-8"))
    return {one["name"]: _clip(one["name"], one["words"]) for one in listed}


def _clip(name: str, words: str) -> Clip:
    seen = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Clip(name, words, FOLDER / f"{name}.mp4", FOLDER / f"{name}.flac", seen)


def first() -> Clip:
    """The clip that hangs when the room opens."""
    return next(iter(shelf().values()))


def find(name: object) -> Clip:
    """The clip of a name that anyone may have sent; BadInput names those there are."""
    clip = shelf().get(str(name or ""))
    if clip is None:
        raise BadInput(
            f"There is no clip called {str(name)[:30]!r} here: choose {', '.join(shelf())}, or your own film."
        )
    return clip


def poster(clip: Clip) -> str:
    """The frame that stands until the film is there, as a data URL."""
    return _as_it_is(clip.frame)


@functools.lru_cache(maxsize=32)
def tile(file: Path) -> str:
    """A frame of a clip, small, as a data URL."""
    with Image.open(file) as picture:
        picture.thumbnail((TILE, TILE))
        return webp_url(picture.convert("RGB"), 80)


def told(clip: Clip) -> dict[str, Any]:
    """All that is known of a clip but the film itself."""
    pictures = {kind: _as_it_is(FOLDER / f"{clip.name}-{kind}.webp") for kind in ("motion", "where")}
    return {**clip.seen, **pictures, "poster": poster(clip)}


def film(clip: Clip) -> str:
    """The silent film as a data URL."""
    return _url("video/mp4", clip.film)


def _as_it_is(picture: Path) -> str:
    return _url("image/webp", picture)


def _url(kind: str, file: Path) -> str:
    return f"data:{kind};base64," + base64.b64encode(file.read_bytes()).decode("ascii")
