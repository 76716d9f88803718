"""The file of `looks.py`: `python -m models.style.train_looks --data DIR`, a minute, once the encoder has changed."""

import argparse
from pathlib import Path

from PIL import Image

from models.cache import ModelCache
from models.style import collection, data, looks
from models.style.engine import open_painter


def write(folder: Path, path: Path = looks.FILE, cache: ModelCache | None = None) -> Path:
    """Keep what the encoder in the box says of every painting of the wall; `folder` is that of the training data."""
    known = data.paintings(folder)
    paintings = {style.slug: Image.fromarray(known[style.painting]) for style in collection.STYLES}
    with open_painter(cache) as painter:
        return looks.write(painter.encoder, paintings, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    print(write(parser.parse_args().data))


if __name__ == "__main__":
    main()
