"""Paint what hangs in the room and in the lobby: `python -m models.text2image.examples`.

Nothing is picked by hand: the prompts are those of `words.EXAMPLES`, the seeds the first ones. To be run again whenever
the house model's weights change: what hangs at first paint must be what the model makes.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from models.faces.contact import sheet
from models.media import picture_bytes
from models.text2image.engine import SIDE, Ask, paint
from models.text2image.keepsake import DEMO, recipe
from models.text2image.words import EXAMPLES

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SEED = 0
POSTERS = 3
POSTER_SIDE, POSTER_GAP = 256, 30  # four by two pictures: 1.95 times as wide as high


def make(assets: Path = ASSETS) -> list[Path]:
    """Write the first painting, the prompts to begin with and the lobby's posters; returns the files."""
    asks = [Ask(prompt, SEED) for prompt in EXAMPLES]
    paintings = [paint(ask) for ask in asks]
    return [
        *_first(asks[0], paintings[0], assets / "text"),
        *_examples(asks, [pictures[0] for pictures in paintings], assets / "text"),
        *_posters(asks, paintings, assets / "examples"),
    ]


def _first(ask: Ask, pictures: list[Image.Image], folder: Path) -> list[Path]:
    """The four pictures at first paint, each with its recipe."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("first-*.png"):
        old.unlink()
    files = [folder / f"first-{place + 1}.png" for place in range(len(pictures))]
    for place, (file, picture) in enumerate(zip(files, pictures, strict=True)):
        file.write_bytes(picture_bytes(picture, recipe(ask, place)))
    return files


def _examples(asks: list[Ask], pictures: list[Image.Image], folder: Path) -> list[Path]:
    """The prompts with their seeds, and one picture each in a row."""
    about = [{"prompt": ask.prompt, "seed": ask.seed} for ask in asks]
    (folder / "examples.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    row = sheet([np.asarray(picture) for picture in pictures], len(pictures), SIDE)
    row.save(folder / "examples.webp", quality=88, method=6)
    return [folder / "examples.json", folder / "examples.webp"]


def _posters(asks: list[Ask], paintings: list[list[Image.Image]], folder: Path) -> list[Path]:
    """Eight pictures a poster, two of each of four prompts; a poster carries the recipe of its first."""
    files = []
    for number in range(POSTERS):
        prompts = [(4 * number + k) % len(asks) for k in range(4)]
        pictures = [np.asarray(paintings[prompt][row]) for row in range(2) for prompt in prompts]
        file = folder / (f"{DEMO}.png" if number == 0 else f"{DEMO}-{number + 1}.png")
        poster = sheet(pictures, 4, POSTER_SIDE, POSTER_GAP)
        file.write_bytes(picture_bytes(poster, recipe(asks[prompts[0]])))
        files.append(file)
    return files


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=Path, default=ASSETS)
    for path in make(parser.parse_args().assets):
        print(path)
