"""Whether the judges of `judge_style.py` name the style that a photo was painted in; the same of the yardsticks."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.style.judge_bench import SIDE, Bench, Pair, as_picture, at, square
from models.style.judge_losses import descent, moved_colours
from models.style.judge_style import KEPT, ZOOM, Judge, chances, part
from models.training import grid


@dataclass(frozen=True)
class Effort:
    """How much is painted: photos in every style, seeds, and pairs that Gatys paints, in steps."""

    photos: int = 6
    seeds: int = 3
    gatys: int = 4
    steps: int = 40


def fidelity(
    bench: Bench, judges: Sequence[Judge], effort: Effort, save: Callable[[str, Image.Image], None] | None = None
) -> dict[str, object]:
    """Share of pictures whose style is named right, first of all or among three: the painter's, with its baselines.

    By what the judge sees. "colours": photos with the painting's colours alone; "Gatys": a few by optimisation;
    "ceiling": the parts of the paintings that the judge was not taught with, crops by themselves and as many of them
    together as make a picture; "deviation": between seeds.
    """
    lots = {"colours": _by_colours(bench, effort), "painter": _by_painter(bench, effort)}
    lots["Gatys"] = _by_gatys(bench, effort)
    if save:
        save("fidelity", _sheet(bench, bench.some_photos(1, seed=1)[0]))
    return {
        "styles": len(bench.wall),
        "pictures": {name: len(lot) for name, lot in lots.items()},
        "judged": {judge.kind: _judged(bench, judge, lots, effort) for judge in judges},
    }


Painted = list[tuple[int, NDArray]]  # the number of a style on the wall, and a picture in it


def _judged(bench: Bench, judge: Judge, lots: dict[str, Painted], effort: Effort) -> dict[str, object]:
    said = {name: [(place, chances(judge, shown).mean(0)) for place, shown in lot] for name, lot in lots.items()}
    by_seed = [said["painter"][seed :: effort.seeds] for seed in range(effort.seeds)]
    return {
        "right": {name: top(lot) for name, lot in said.items() if lot},
        "ceiling": ceiling(bench, judge),
        "deviation": float(np.std([top(lot)["top1"] for lot in by_seed if lot])),
        "confused": _most_confused(said["painter"], list(bench.wall)),
    }


def ceiling(bench: Bench, judge: Judge) -> dict[str, float]:
    """What the judge makes of the kept parts of the paintings."""
    single, together = [], []
    for place, painting in enumerate(bench.wall.values()):
        said = chances(judge, part(painting, *KEPT), ZOOM)
        single += [(place, one) for one in said]
        together.append((place, said.mean(0)))
    return {"a crop": top(single)["top1"], "together": top(together)["top1"]}


def top(judged: Sequence[tuple[int, NDArray]]) -> dict[str, float]:
    """Share of pictures whose style has the highest, or one of the three highest, of their (styles,) chances."""
    ranks = [int((said > said[place]).sum()) for place, said in judged]
    return {f"top{k}": float(np.mean([rank < k for rank in ranks])) for k in (1, 3)}


def _pairs(bench: Bench, photos: Sequence[NDArray]) -> list[tuple[int, Pair]]:
    """Every style with every photo, the photos in turns."""
    wall = list(enumerate(bench.wall.items()))
    return [(k, Pair(photo, painting, bench.model.wall[slug])) for k, (slug, painting) in wall for photo in photos]


def _by_colours(bench: Bench, effort: Effort) -> Painted:
    pairs = _pairs(bench, bench.some_photos(effort.photos, seed=1))
    return [(place, moved_colours(at(pair.photo, SIDE), pair.painting)) for place, pair in pairs]


def _by_painter(bench: Bench, effort: Effort) -> Painted:
    """Seeds take turns, so that picture k was painted with seed k modulo `effort.seeds`."""
    pairs = _pairs(bench, bench.some_photos(effort.photos, seed=1))
    return [(place, bench.painted(pair, number % effort.seeds)) for number, (place, pair) in enumerate(pairs)]


def _by_gatys(bench: Bench, effort: Effort) -> Painted:
    """Some pairs, drawn from all, by optimisation."""
    pairs = _pairs(bench, bench.some_photos(effort.photos, seed=1))
    chosen = np.random.default_rng(1).permutation(len(pairs))[: effort.gatys]
    ended = [(pairs[k][0], descent(bench, pairs[k][1], effort.steps)[-1]) for k in chosen]
    return [(place, as_picture(last.state.pixels)) for place, last in ended]


def _most_confused(said: Sequence[tuple[int, NDArray]], slugs: Sequence[str], most: int = 6) -> list[list]:
    """Styles that were taken for others most often: [asked, taken for, how often]."""
    wrong = Counter((slugs[place], slugs[chance.argmax()]) for place, chance in said if chance.argmax() != place)
    return [[asked, taken, count] for (asked, taken), count in wrong.most_common(most)]


def _sheet(bench: Bench, photo: NDArray, columns: int = 8) -> Image.Image:
    """One photo in every style of the wall, each beside the painting."""
    pairs = [Pair(photo, painting, bench.model.wall[slug]) for slug, painting in bench.wall.items()]
    squares = [square(picture) for pair in pairs for picture in (pair.painting, bench.painted(pair))]
    squares += [np.full_like(squares[0], 255)] * (-len(squares) % columns)
    return grid([squares[k : k + columns] for k in range(0, len(squares), columns)])
