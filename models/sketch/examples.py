"""Make the finished pairs that hang in the room and in the lobby: `python -m models.sketch.examples`.

Each subject's photograph is saved with its recipe, drawing included, so the room opens it like any visitor's file.
"""

import argparse
from pathlib import Path

from models.media import picture_bytes
from models.sketch.doodles import doodle
from models.sketch.engine import SUBJECTS, takes
from models.sketch.keepsake import DEMO, recipe, side_by_side
from models.sketch.strokes import rasterise

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
CHOSEN = {
    "fruit": (0, 2),
    "flower": (108, 83),
    "portrait": (100, 1),
}  # seeds of the drawing and of the photograph


def make(folder: Path = EXAMPLES) -> list[Path]:
    """Write `sketch-<subject>.png` and the lobby's pairs `sketch-to-photo.png`, `-2`, `-3`; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, subject in enumerate(SUBJECTS, start=1):
        drawing_seed, seed = CHOSEN[subject]
        strokes = doodle(subject, drawing_seed)
        drawing = rasterise(strokes, 512)
        photo = takes(drawing, subject, [seed])[0]
        how = recipe(subject, seed, strokes)
        pair = f"{DEMO}.png" if number == 1 else f"{DEMO}-{number}.png"
        for name, picture in ((f"sketch-{subject}.png", photo), (pair, side_by_side(drawing, photo))):
            (folder / name).write_bytes(picture_bytes(picture, how))
            written.append(folder / name)
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=EXAMPLES)
    for path in make(parser.parse_args().out):
        print(path)
