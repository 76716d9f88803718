"""The training set of the faces: landmark morphs of the London set, rendered and labelled.

Every face blends at least three volunteers of the Face Research Lab London Set (DeBruine and Jones 2017, CC BY 4.0,
doi:10.6084/m9.figshare.5047666), none with more than half of the likeness, after Galton's composites (1878) and the
transforms of Rowland and Perrett (1995). Glasses, smile, light, backdrop, hair tone and years are ours, so the
labels are exact. Held-out faces are made of other people than training faces.

    python -m models.faces.data --data DIR --out DIR --count 5000 --side 128 --workers 2

Face i depends on the seed, the split, the size and i alone: not on the number of workers, nor on where a run was
stopped.
"""

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from models.faces.recipe import CATEGORIES, SPLITS, labels, random_recipe, split_people
from models.faces.render import Face, Studio
from models.faces.store import SHARD, VERSION, Morphs, shard_length, shard_path, write_shard
from models.faces.volunteers import Cast, read_cast

WORKING_SIDE = {128: 256, 256: 384}  # faces are made larger than they are kept
_maker: "Maker | None" = None  # one a worker process: what an executor's initialiser can set


class Maker:
    """Makes the faces of one split of one seed."""

    def __init__(self, cast: Cast, split: str, seed: int, side: int):
        self.people = split_people(cast, split)
        self.studio = Studio(cast, split_people(cast, "train"))
        self.split, self.seed, self.side = split, seed, side

    def face(self, index: int) -> tuple[Face, dict[str, np.ndarray]]:
        """Face number `index` and its labels."""
        rng = np.random.default_rng((self.seed, SPLITS.index(self.split), index))
        recipe = random_recipe(self.studio.cast, self.people, rng)
        return self.studio.render(recipe, self.side), labels(self.studio.cast, recipe)

    def about(self, count: int) -> dict:
        """What `set.json` says."""
        cast = self.studio.cast
        return {
            "version": VERSION,
            "seed": self.seed,
            "split": self.split,
            "side": self.side,
            "count": count,
            "volunteers": [person.name for person in cast.people],
            "people": [cast.people[index].name for index in self.people],
            "categories": {name: list(values) for name, values in CATEGORIES.items()},
            "source": "Face Research Lab London Set, CC BY 4.0, doi:10.6084/m9.figshare.5047666",
        }


def make_set(maker: Maker, out: Path, count: int, workers: int = 1) -> Morphs:
    """Render faces 0..count-1 into `out`, keeping what is already there. Raises ValueError if another set is."""
    out.mkdir(parents=True, exist_ok=True)
    about = maker.about(count)
    _refuse_other_set(out / "set.json", about)
    (out / "set.json").write_text(json.dumps(about, indent=1))
    lengths = {number: min(SHARD, count - number * SHARD) for number in range(-(-count // SHARD))}
    missing = [number for number, length in lengths.items() if shard_length(shard_path(out, number)) < length]
    jobs = [(str(out), number, lengths[number]) for number in missing]
    with tqdm(total=count, initial=count - sum(job[2] for job in jobs), unit="face") as bar:
        if workers <= 1:
            _enter(maker)
            for job in jobs:
                bar.update(_make_shard(job))
        else:
            with ProcessPoolExecutor(
                workers, get_context("fork" if os.name == "posix" else "spawn"), initializer=_enter, initargs=(maker,)
            ) as pool:
                for made in pool.map(_make_shard, jobs):
                    bar.update(made)
    return Morphs(out)


def _refuse_other_set(path: Path, about: dict) -> None:
    """A folder holds one set; only its count may change."""
    if not path.exists():
        return
    found = json.loads(path.read_text())
    for key in ("version", "seed", "split", "side", "volunteers"):
        if found[key] != about[key]:
            raise ValueError(
                f"{path.parent} holds a set with {key} {found[key]!r}, not {about[key]!r}: choose another folder"
            )


def _enter(maker: Maker) -> None:
    """Give a worker its maker."""
    global _maker
    cv2.setNumThreads(1)
    _maker = maker


def _make_shard(job: tuple[str, int, int]) -> int:
    """Render and write one archive; returns how many faces."""
    out, number, length = job
    made = [_maker.face(number * SHARD + row) for row in range(length)]
    write_shard(shard_path(Path(out), number), [face for face, _ in made], [label for _, label in made])
    return length


def contact_sheet(morphs: Morphs, path: Path, count: int = 96, columns: int = 12) -> None:
    """The first faces of a set, side by side in one picture."""
    images = morphs.images(range(min(count, len(morphs)) // columns * columns))
    rows = [np.hstack(images[start : start + columns]) for start in range(0, len(images), columns)]
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Render labelled morphs of the London set.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the London set")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--side", "--size", type=int, choices=sorted(WORKING_SIDE), default=128)
    parser.add_argument("--split", choices=SPLITS, default="train")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--sheet", type=Path, help="also write a contact sheet here (PNG)")
    given = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    maker = Maker(read_cast(given.data, WORKING_SIDE[given.side]), given.split, given.seed, given.side)
    morphs = make_set(maker, given.out, given.count, given.workers)
    if given.sheet:
        contact_sheet(morphs, given.sheet)


if __name__ == "__main__":
    main()
