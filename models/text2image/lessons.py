"""Fresh labelled pictures to teach the judges with, made from what neither the generator nor the held-out set holds.

Scenes of another seed, drawings of Quick, Draw! that nobody was shown, doodles of other seeds, morphs of another seed,
fruit as it looks between two views of the set (of varieties that are trained on, so that the held-out ones are as new
to a judge as to the generator), and photographs of flowers that were rejected for training.
Withheld combinations (`words.UNSEEN`) are among them, so a judge knows what the generator was never shown.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.faces.store import Morphs
from models.text2image import flowers, fruit, landscapes, portraits, shapes, sketches, still_life
from models.text2image.paper import SIDE
from models.text2image.questions import answers

SEED = 4711  # of no set
DRAWN = slice(330, -50)  # of the bitmaps: those before are trained on, those after are held out
FIRST_DOODLE = 200_000  # seed; those of the sets are below
EACH = 120  # drawings of a subject
SHOWN, TURNS = 130, 20  # views of a variety in the set (`fruit.read`), and in lessons
SUBJECTS = tuple(sorted({*sketches.BITMAPS, *sketches.DOODLES}))  # of the others there are two drawings to judge by


@dataclass(frozen=True)
class Lessons:
    """Pictures uint8 (N, 128, 128, 3), and the answers known of each."""

    pictures: NDArray
    told: list[dict[str, str]]


def scenes(data: Path, count: int) -> Lessons:
    """Cut paper, landscapes and still lifes, a third each."""
    basket = still_life.basket(fruit.read(data, held_out=True, most=40))

    def one(rng: Generator) -> tuple[NDArray, dict]:
        style = int(rng.integers(3))
        if style == 2:
            facts = still_life.random_facts(basket, rng)
            return still_life.draw(facts, basket, rng), facts
        facts = (shapes, landscapes)[style].random_facts(rng)
        return (shapes, landscapes)[style].draw(facts, rng), facts

    return _made("scene", one, count)


def drawings(data: Path, count: int) -> Lessons:
    """Sketches of SUBJECTS, drawn with every tool."""
    known = {subject: _drawn(data, subject) for subject in SUBJECTS}

    def one(rng: Generator) -> tuple[NDArray, dict]:
        facts = sketches.random_facts(str(rng.choice(SUBJECTS)), rng)
        choice = known[facts["subject"]]
        return sketches.draw(facts, choice[rng.integers(len(choice))], rng), facts

    return _made("sketch", one, count)


def _drawn(data: Path, subject: str) -> list[sketches.Drawing]:
    found = []
    if subject in sketches.BITMAPS:
        bitmaps = np.load(data / "quickdraw" / f"{subject}.npz")["drawings"][DRAWN]
        found += [sketches.traced(bitmap) for bitmap in bitmaps[:EACH]]
    if subject in sketches.DOODLES:
        found += [sketches.doodle(subject, seed) for seed in range(FIRST_DOODLE, FIRST_DOODLE + EACH)]
    return [drawing for drawing in found if drawing]


def faces(morphs: Path, count: int) -> Lessons:
    """Morphs of the training volunteers that no generator saw."""
    fresh = Morphs(morphs)
    rows = range(min(count, len(fresh)))
    return Lessons(fresh.images(rows), [answers(portraits.facts(fresh, row), "portrait") for row in rows])


def fruits(data: Path, count: int) -> Lessons:
    """Single fruit of the training varieties, in views between those that the set shows."""
    cutouts = []
    for folder in sorted((data / "fruits360").glob("*/*")):
        if folder.name in fruit.HELD_OUT or folder.name in fruit.LEFT_OUT:
            continue
        views = sorted(folder.glob("*.jpg"))
        others = sorted(set(range(len(views))) - {round(k) for k in np.linspace(0, len(views) - 1, SHOWN)})
        picked = others[:: max(1, len(others) // TURNS)]
        cutouts += [found for found in (fruit.cut(views[k]) for k in picked) if found]

    def one(rng: Generator) -> tuple[NDArray, dict]:
        return fruit.picture(cutouts[rng.integers(len(cutouts))], rng)

    return _made("fruit", one, count)


def rejected_flowers(data: Path) -> Lessons:
    """Photographs that were too busy to learn to paint from (`keep` is 0 in captions.tsv), but not to judge by."""
    with (data / "flowers" / "captions.tsv").open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["keep"] == "0"]
    paths = [data / "flowers" / row["file"] for row in rows]
    photos = [cv2.resize(cv2.imread(str(path)), (SIDE, SIDE), interpolation=cv2.INTER_AREA) for path in paths]
    told = [answers(flowers.facts(row), "flower") for row in rows]
    return Lessons(np.stack(photos)[..., ::-1], told)


def _made(domain: str, one: Callable[[Generator], tuple[NDArray, dict]], count: int) -> Lessons:
    pictures, told = [], []
    for number in range(count):
        picture, facts = one(np.random.default_rng((SEED, number)))
        pictures.append(picture)
        told.append(answers(facts, domain))
    return Lessons(np.stack(pictures), told)
