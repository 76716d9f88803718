"""Paint what hangs in the room and in the lobby: `python -m models.style.examples`.

The photos to begin with are this project's own: landscapes of `scenery.py`, and what its other rooms make. To be run
again whenever the painter's weights change: what hangs at first paint must be what the model makes.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from models.faces.contact import sheet
from models.media import picture_bytes
from models.style import engine
from models.style.engine import Ask
from models.style.keepsake import DEMO, recipe
from models.style.scenery import scene

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
FIRST_SIDE = 768  # pixels of the painting at first paint: of the first photo, in the first style
TILE = 192  # pixels of a style's tile
ENLARGED = 512  # pixels of a picture that another room made smaller
_LANCZOS = Image.Resampling.LANCZOS
POSTERS = ("lake", "portrait", "evening")  # the photos of the lobby's posters
POSTER_SIDE, POSTER_GAP = 256, 30  # four by two pictures: 1.95 times as wide as high


@dataclass(frozen=True)
class Photo:
    """One of ours: its name, what it shows, who made it, and how."""

    name: str
    words: str
    credit: str
    make: Callable[[], Image.Image]


def _landscape(hour: str, seed: int) -> Callable[[], Image.Image]:
    return lambda: Image.fromarray(scene(hour, seed))


def _face(seed: int) -> Image.Image:
    from models.faces.engine import faces_of

    return _enlarged(faces_of([seed])[0])


def _from_sketch(subject: str, drawing: int, seed: int) -> Image.Image:
    from models.sketch.doodles import doodle
    from models.sketch.engine import sketch_to_photo
    from models.sketch.strokes import rasterise

    return _enlarged(sketch_to_photo(rasterise(doodle(subject, drawing), 512), subject, seed))


def _village(seed: int) -> Image.Image:
    from models.text2image import landscapes

    rng = np.random.default_rng(seed)
    facts = {"style": "landscape", "land": "hills", "sky": "sunset", "lights": ["sun"]}
    facts["objects"] = [{"thing": "house", "count": 2, "colour": "white"}, {"thing": "tree", "count": 2}]
    return _enlarged(Image.fromarray(landscapes.draw(facts, rng)))


def _enlarged(picture: Image.Image) -> Image.Image:
    return picture.resize((ENLARGED, ENLARGED), _LANCZOS)


_OURS, _SKETCHED = "drawn by this project", "made by this project's sketch to photo"
PHOTOS = (
    Photo("lake", "a mountain lake at noon", _OURS, _landscape("noon", 1)),
    Photo("portrait", "somebody who never was", "made by this project's faces", lambda: _face(8)),
    Photo("flower", "a flower from a sketch", _SKETCHED, lambda: _from_sketch("flower", 108, 83)),
    Photo("evening", "a lake in the evening", _OURS, _landscape("evening", 2)),
    Photo("fruit", "fruit from a sketch", _SKETCHED, lambda: _from_sketch("fruit", 0, 2)),
    Photo("village", "houses of cut paper", _OURS, lambda: _village(4)),
)


def make(examples: Path = EXAMPLES) -> list[Path]:
    """Write the photos, a tile of every style, the first painting, and the lobby's posters; returns the files."""
    folder = examples / "style"
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {photo.name: photo.make() for photo in PHOTOS}
    return [*_photos(pictures, folder), *_first(pictures, folder), *_posters(pictures, examples)]


def _photos(pictures: dict[str, Image.Image], folder: Path) -> list[Path]:
    about = []
    for photo in PHOTOS:
        file = f"photo-{photo.name}.jpg"
        pictures[photo.name].save(folder / file, quality=92, subsampling=0)
        about.append({"name": photo.name, "file": file, "words": photo.words, "credit": photo.credit})
    (folder / "photos.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [folder / "photos.json", *(folder / one["file"] for one in about)]


def _first(pictures: dict[str, Image.Image], folder: Path) -> list[Path]:
    """The painting at first paint with its recipe, and a row of tiles: the first photo in every style."""
    name, slugs = PHOTOS[0].name, [style.slug for style in engine.styles()]
    painting = engine.paint(pictures[name], Ask(engine.code(slugs[0]), side=FIRST_SIDE))
    (folder / "first.png").write_bytes(picture_bytes(painting, recipe(name, slugs[0])))
    tiles = [np.asarray(_painted(pictures[name], slug, TILE)) for slug in slugs]
    sheet(tiles, len(tiles), TILE).save(folder / "tiles.webp", quality=88, method=6)
    return [folder / "first.png", folder / "tiles.webp"]


def _posters(pictures: dict[str, Image.Image], folder: Path) -> list[Path]:
    """Eight styles of one photo a poster, no style twice; a poster carries the recipe of its first picture."""
    files, slugs = [], [style.slug for style in engine.styles()]
    for number, name in enumerate(POSTERS):
        hung = slugs[number :: len(POSTERS)][:8]
        paintings = [np.asarray(_painted(pictures[name], slug, POSTER_SIDE)) for slug in hung]
        file = folder / (f"{DEMO}.png" if number == 0 else f"{DEMO}-{number + 1}.png")
        file.write_bytes(picture_bytes(sheet(paintings, 4, POSTER_SIDE, POSTER_GAP), recipe(name, hung[0])))
        files.append(file)
    return files


def _painted(photo: Image.Image, slug: str, side: int) -> Image.Image:
    """The middle of a photo in a style, `side` pixels square; painted twice as large, for finer strokes."""
    short = min(photo.size)
    left, top = ((length - short) // 2 for length in photo.size)
    middle = photo.crop((left, top, left + short, top + short))
    return engine.paint(_enlarged(middle), Ask(engine.code(slug), side=2 * side)).resize((side, side), _LANCZOS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=EXAMPLES)
    for path in make(parser.parse_args().out):
        print(path)
