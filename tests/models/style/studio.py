"""A made-up training folder for the tests: a few drawn photographs, flowers, faces, paintings, and a SqueezeNet of the
right shapes that has learnt nothing."""

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

from models.style import collection, data
from tests.models import fake_squeezenet


def blots(width: int, height: int, seed: int) -> Image.Image:
    """Soft blots of colour, RGB."""
    chance = np.random.default_rng(seed)
    rough = Image.fromarray(chance.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return rough.resize((width, height), Image.Resampling.BICUBIC)


def furnish(folder: Path) -> Path:
    """Write the folder that `--data` and `--morphs` name; returns it."""
    for split, photo in (("train", "hills"), ("held-out", data.HELD_OUT_PHOTOGRAPHS[0])):
        _save(folder / "photos-cc0" / "full" / f"{photo}.jpg", 200, 140)
        _morphs(folder / split)
    _save(folder / "photos-cc0" / "full" / "temp2.jpg", 200, 140)
    _flowers(folder / "flowers")
    for style in collection.STYLES:
        _save(folder / "paintings" / "full" / f"{style.painting}.jpg", 150, 120)
    for stem in (*data.HELD_OUT_PAINTINGS, "nga_42504", "metmuseum_823660"):
        _save(folder / "paintings" / "full" / f"{stem}.jpg", 150, 120)
    fake_squeezenet.write(folder)
    return folder


def _save(path: Path, width: int, height: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    blots(width, height, len(path.stem)).save(path, quality=95)


def _flowers(folder: Path) -> None:
    rows = [("train/daisy/one.jpg", 1), ("train/daisy/two.jpg", 0), ("val/roses/three.jpg", 1)]
    for name, _ in rows:
        _save(folder / name, 96, 96)
    with (folder / "captions.tsv").open("w", newline="") as file:
        csv.writer(file, delimiter="\t").writerows([("file", "keep"), *rows])


def _morphs(folder: Path) -> None:
    folder.mkdir(parents=True)
    faces = np.stack([np.asarray(blots(96, 96, seed)) for seed in range(4)])
    np.savez(folder / "faces-00000.npz", images=faces, landmarks=np.zeros((4, 189, 2), np.float16))
    (folder / "set.json").write_text(json.dumps({"side": 96, "count": 4, "shards": 1}))
