"""Make the pictures that hang in the face rooms and in the lobby: `python -m models.faces.examples`.

To be run again whenever the generator's weights change: what hangs at first paint must be what the model makes.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.faces import arithmetic_examples, engine, walk_inside
from models.faces.contact import sheet
from models.faces.walk import DEMO as WALK
from models.faces.walk import Place, decode, faces_at, recipe
from models.media import picture_bytes

ASSETS = Path(__file__).resolve().parents[2] / "assets"
EXAMPLES, OPENING = ASSETS / "examples", ASSETS / "walk"

# Where the room opens, among the first dozen seeds; and the four corners of each poster's field.
FIRST = Place.between(3, 8, 0.5)
FIELDS = ((3, 8, 5, 10), (1, 7, 4, 11), (2, 6, 9, 0))
WALL_FACES, WALL_SIDE = 12, 112
STRIP_FACES, STRIP_SIDE = 9, 80
POSTER_SIDE, POSTER_GAP = 256, 30  # four by two faces: 1.95 times as wide as high


def make_walk(examples: Path = EXAMPLES, opening: Path = OPENING) -> list[Path]:
    """The latent walk: lobby posters, and what hangs when its room opens."""
    written = []
    for number, seeds in enumerate(FIELDS, start=1):
        places = [Place(seeds, t, down) for down in (0.0, 1.0) for t in (0.0, 1 / 3, 2 / 3, 1.0)]
        pictures = [np.asarray(picture) for picture in faces_at(places)]
        poster = sheet(pictures, 4, POSTER_SIDE, POSTER_GAP)
        file = examples / (f"{WALK}.png" if number == 1 else f"{WALK}-{number}.png")
        file.write_bytes(picture_bytes(poster, recipe(Place(seeds, 0.5, 0.5), "w", engine.PSI)))
        written.append(file)
    opening.mkdir(parents=True, exist_ok=True)
    (opening / "first.png").write_bytes(picture_bytes(faces_at([FIRST])[0], recipe(FIRST, "w", engine.PSI)))
    with engine.open_faces() as faces:
        wall = decode(faces, [Place.between(seed, seed) for seed in range(WALL_FACES)], engine.PSI, "w")
    sheet(wall, WALL_FACES, WALL_SIDE).save(opening / "wall.webp", quality=86)
    for path, frames in walk_inside.strips(FIRST.seeds, 0.0, engine.PSI, engine.HOUSE, STRIP_FACES).items():
        sheet(frames, STRIP_FACES, STRIP_SIDE).save(opening / f"{path}.webp", quality=84)
    return [*written, *sorted(opening.glob("*.webp")), opening / "first.png"]


MAKERS: tuple[Callable[[], list[Path]], ...] = (make_walk, arithmetic_examples.make)

if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    for maker in MAKERS:
        for path in maker():
            print(path)
