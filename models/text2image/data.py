"""The captioned set of the text-to-image model: pictures, and facts from which captions are drawn anew each time.

| domain | source | licence |
| --- | --- | --- |
| portrait | morphs of at least three people of the Face Research Lab London Set (`models/faces/data.py`) | CC BY 4.0 |
| fruit | Fruits-360 apples, cherries, tomatoes (Oltean), cut out and set on a background | CC BY-SA 4.0 |
| flower | TensorFlow flower_photos, captioned by eye | CC BY 2.0 per photo |
| sketch | Quick, Draw! (Google) and our own doodles, drawn again | CC BY 4.0 |
| scene | cut paper shapes and landscapes (ours), still lifes of the cut-out fruit | ours, CC BY-SA 4.0 |

    python -m models.text2image.data --data DIR --morphs DIR --out DIR

`--morphs` and `--out` hold the folders `train` and `held-out`. Training pictures hold no combination of
`models.text2image.words.UNSEEN`; held-out ones come of other people, varieties, photographs and drawings. Picture k
depends on the seed, the split, the domain and k alone.
"""

import argparse
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.faces.store import Morphs
from models.text2image import flowers, fruit, landscapes, portraits, shapes, sketches, still_life
from models.text2image.captions import caption, thorough
from models.text2image.words import withheld

SPLITS = ("train", "held-out")
COUNTS = {
    "train": {"portrait": 14_000, "fruit": 8_000, "flower": 6_000, "sketch": 5_000, "scene": 20_000},
    "held-out": {"portrait": 800, "fruit": 600, "flower": 500, "sketch": 500, "scene": 700},
}
DOMAINS = tuple(COUNTS["train"])
_SCENES = {"shapes": 0.42, "landscape": 0.3, "still life": 0.28}


@dataclass(frozen=True)
class Plan:
    """One domain of one split to render: sources and how many pictures at most."""

    domain: str
    split: str
    data: Path
    morphs: Path
    count: int
    seed: int = 0

    @property
    def held_out(self) -> bool:
        return self.split == "held-out"

    def rng(self, picture: int) -> Generator:
        return np.random.default_rng((self.seed, SPLITS.index(self.split), DOMAINS.index(self.domain), picture))

    def free(self, facts: dict) -> bool:
        """Whether this split may hold such a picture."""
        return self.held_out or not withheld(self.domain, facts)


Made = tuple[NDArray, dict, str]  # picture uint8 (S, S, 3), facts, source


def _portraits(plan: Plan) -> Iterator[Made]:
    morphs = Morphs(plan.morphs / plan.split)
    for row in range(len(morphs)):
        facts = portraits.facts(morphs, row)
        if plan.free(facts):
            yield morphs.images([row])[0], facts, f"morph {row}"


def _fruit(plan: Plan) -> Iterator[Made]:
    cutouts = fruit.read(plan.data, plan.held_out, 30 if plan.held_out else 110)
    looks = [tuple(one.facts[name] for name in ("kind", "colour", "state")) for one in cutouts]
    odds = np.array([looks.count(look) ** -0.5 for look in looks])  # green apples and withered ones are few
    for k in range(plan.count):
        rng = plan.rng(k)
        one = cutouts[rng.choice(len(cutouts), p=odds / odds.sum())]
        yield *fruit.picture(one, rng), one.variety


def _flowers(plan: Plan) -> Iterator[Made]:
    photos = flowers.read(plan.data, plan.held_out)
    for k, photo in enumerate(photos):
        yield flowers.whole(photo.pixels), photo.facts, photo.file
        rng = plan.rng(k)
        for _ in range(0 if plan.held_out else flowers.views(photo.facts) - 1):
            yield flowers.view(photo.pixels, rng), photo.facts, photo.file


def _sketches(plan: Plan) -> Iterator[Made]:
    drawings = sketches.read(plan.data, plan.held_out)
    # Subjects with hundreds of drawings are drawn more often than those with eight.
    odds = np.array([len(some) ** 0.35 for some in drawings.values()])
    for k in range(plan.count):
        rng = plan.rng(k)
        subject = str(rng.choice(list(drawings), p=odds / odds.sum()))
        facts = _drawn(plan, sketches.random_facts, subject, rng)
        some = drawings[subject]
        yield sketches.draw(facts, some[rng.integers(len(some))], rng), facts, subject


def _scenes(plan: Plan) -> Iterator[Made]:
    basket = still_life.basket(fruit.read(plan.data, plan.held_out, 30))
    for k in range(plan.count):
        rng = plan.rng(k)
        style = str(rng.choice(list(_SCENES), p=list(_SCENES.values())))
        if style == "still life":
            facts = _drawn(plan, still_life.random_facts, basket, rng)
            yield still_life.draw(facts, basket, rng), facts, style
        else:
            module = shapes if style == "shapes" else landscapes
            facts = _drawn(plan, module.random_facts, rng)
            yield module.draw(facts, rng), facts, style


def _drawn(plan: Plan, random_facts: Callable[..., dict], *given) -> dict:
    """Facts drawn until the split may hold them."""
    while not plan.free(facts := random_facts(*given)):
        pass
    return facts


_MAKERS = {"portrait": _portraits, "fruit": _fruit, "flower": _flowers, "sketch": _sketches, "scene": _scenes}


def render(plan: Plan, out: Path) -> int:
    """Render one domain into `out`: `DOMAIN.npy` and `DOMAIN.jsonl`. Returns how many pictures."""
    cv2.setNumThreads(1)
    pictures, lines = [], []
    for picture, facts, source in _MAKERS[plan.domain](plan):
        pictures.append(picture)
        lines.append(json.dumps({"domain": plan.domain, "facts": facts, "source": source}))
        if len(pictures) == plan.count:
            break
    out.mkdir(parents=True, exist_ok=True)
    with (out / f".{plan.domain}.part").open("wb") as file:
        np.save(file, np.stack(pictures))
    (out / f"{plan.domain}.jsonl").write_text("\n".join(lines) + "\n")
    os.replace(file.name, out / f"{plan.domain}.npy")  # whoever reads the old pictures goes on reading those
    return len(pictures)


class Captioned:
    """A rendered set. Pictures are read from disk as they are asked for; captions differ at each call.

    >>> captioned = Captioned(folder)
    >>> rows = [0, 5, 9]
    >>> captioned.images(rows)                                       # uint8 (3, 128, 128, 3), RGB
    >>> captioned.captions(rows, np.random.default_rng(0))           # ["a smiling woman with red glasses", ...]
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self._about: list[dict] = []
        self._pictures: list[NDArray] = []
        for domain in DOMAINS:
            path = self.folder / f"{domain}.npy"
            if path.exists():
                self._pictures.append(np.load(path, mmap_mode="r"))
                self._about += map(json.loads, path.with_suffix(".jsonl").read_text().splitlines())
        if not self._about:
            raise FileNotFoundError(f"{self.folder} holds no captioned pictures")
        self._starts = np.cumsum([0, *map(len, self._pictures)])
        self.domains: list[str] = [about["domain"] for about in self._about]

    def __len__(self) -> int:
        return len(self._about)

    def images(self, rows) -> NDArray:
        """Pictures uint8 (n, S, S, 3), RGB."""
        parts = np.searchsorted(self._starts, rows, side="right") - 1
        return np.stack([self._pictures[part][row - self._starts[part]] for part, row in zip(parts, rows, strict=True)])

    def facts(self, row: int) -> dict:
        return self._about[row]["facts"]

    def source(self, row: int) -> str:
        """The photograph's file, the fruit's variety, the morph's number or the scene's style."""
        return self._about[row]["source"]

    def captions(self, rows, rng: Generator, whole: float = 0.0) -> list[str]:
        """A caption for each row, drawn from its facts; a share `whole` of them leave nothing out."""
        ways = [thorough if rng.random() < whole else caption for _ in rows]
        return [way(self.facts(row), self.domains[row], rng) for way, row in zip(ways, rows)]


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Render the captioned set of the text-to-image model.")
    parser.add_argument("--data", type=Path, required=True, help="folder with fruits360, flowers and quickdraw")
    parser.add_argument("--morphs", type=Path, required=True, help="folder with the rendered morphs train and held-out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--domains", nargs="+", choices=DOMAINS, default=list(DOMAINS))
    parser.add_argument("--splits", nargs="+", choices=SPLITS, default=list(SPLITS))
    parser.add_argument("--share", type=float, default=1.0, help="of the usual number of pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args(arguments)
    plans = [
        Plan(domain, split, given.data, given.morphs, round(given.share * COUNTS[split][domain]), given.seed)
        for split in given.splits
        for domain in given.domains
    ]
    with ProcessPoolExecutor(given.workers, get_context("spawn")) as pool:
        made = pool.map(render, plans, [given.out / plan.split for plan in plans])
        for plan, count in zip(plans, made, strict=True):
            print(f"{count} pictures: {plan.split}, {plan.domain}", flush=True)


if __name__ == "__main__":
    main()
