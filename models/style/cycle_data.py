"""Two domains without pairs: apples and tomatoes of Fruits-360, cut out and set on plain grounds of every colour.

| domain | training varieties | held out | licence |
| --- | --- | --- | --- |
| apple | 18, whole and sound | Apple Braeburn 1, Apple 14, Apple Golden 3 | CC BY-SA 4.0, Mihai Oltean |
| tomato | 11, ripe, red to yellow | Tomato 5, Tomato Cherry Orange 1, Tomato Heart 1 | CC BY-SA 4.0, Mihai Oltean |

Why these: photographs against museum landscapes would be 74 against some sixty, by thirty hands; daisies against
sunflowers a few hundred each, in gardens. Here are thousands of views, and a ground that has to stay as it is, since
both domains lie on the same ones.
"""

from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.sketch.fruit import HELD_OUT
from models.text2image import fruit
from models.text2image.paper import FINE, PAPERS, near, photograph, sheet

DOMAINS = ("apple", "tomato")
LEFT_OUT = (*fruit.WITHERED, *fruit.EATEN, *fruit.LEFT_OUT, "Apple 5", "Apple 22", "Tomato 9")  # plum, cherry, rot
LEFT_OUT += ("Tomato 11", "Tomato Maroon 2", "Tomato Cherry Maroon 1")  # green and nearly black ones
EVENNESS = {"apple": 0.6, "tomato": 0.0}  # how far colours that are few are made up for: few apples are green
_WHITE = 0.4  # share of pictures on white, half of it without a shadow, as a cut-out
_GROUNDS = tuple(name for name in PAPERS if name not in ("white", "black"))


def varieties(data: Path, domain: str, held_out: bool) -> list[Path]:
    """The folders of a domain's varieties, those held out or those trained on."""
    folders = sorted((data / "fruits360" / domain.capitalize()).iterdir())
    return [folder for folder in folders if folder.name not in LEFT_OUT and (folder.name in HELD_OUT) == held_out]


def cutouts(data: Path, domain: str, held_out: bool, most: int) -> list[fruit.Cutout]:
    """Up to `most` views of each variety, cut out."""
    found = []
    for folder in varieties(data, domain, held_out):
        views = sorted(folder.glob("*.jpg"))
        picked = sorted({round(k) for k in np.linspace(0, len(views) - 1, most)})
        found += [one for one in (fruit.cut(views[k]) for k in picked) if one]
    return found


def picture(one: fruit.Cutout, rng: Generator) -> NDArray:
    """A fruit on a plain ground, in the middle or nearly: uint8 (128, 128, 3)."""
    pure = rng.random() < 0.5 * _WHITE
    ground = "white" if rng.random() < 0.5 * _WHITE / (1 - 0.5 * _WHITE) else str(rng.choice(_GROUNDS))
    canvas = np.full((FINE, FINE, 3), 255, np.float32) if pure else sheet(near(PAPERS[ground], rng, 9), rng)
    kept = rng.uniform(0.74, 1.0)
    at = 0.5 + rng.uniform(-1, 1, 2) * (1 - kept) * 0.3
    shadow = 0.0 if pure else rng.uniform(0.25, 0.5)
    fruit.set_on(canvas, one, at, kept, rng.normal(0, 0.1), bool(rng.random() < 0.5), shadow)
    return photograph(canvas)


def pictures(data: Path, domain: str, held_out: bool, count: int, seed: int = 0, most: int = 60) -> NDArray:
    """`count` pictures of a domain, uint8 (N, 128, 128, 3). Picture k depends on these arguments and on k alone."""
    known = cutouts(data, domain, held_out, most)
    colours = [one.facts["colour"] for one in known]
    odds = np.array([colours.count(colour) ** -EVENNESS[domain] for colour in colours])
    made = []
    for k in range(count):
        rng = np.random.default_rng((seed, DOMAINS.index(domain), held_out, k))
        made.append(picture(known[rng.choice(len(known), p=odds / odds.sum())], rng))
    return np.stack(made)


def kept(path: Path, data: Path, domain: str, held_out: bool, count: int, seed: int = 0) -> NDArray:
    """`pictures`, rendered once and then read from `path` (an .npy file)."""
    if path.exists() and len(found := np.load(path, mmap_mode="r")) == count:
        return found
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, pictures(data, domain, held_out, count, seed))
    return np.load(path, mmap_mode="r")
