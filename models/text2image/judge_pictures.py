"""Do they look like the real ones, and are they any of them? Distances by domain, and the nearest training picture.

Yardsticks: Heusel et al. 2017 (arXiv:1706.08500) on SqueezeNet features; Karras et al. 2018 (arXiv:1710.10196, section
5); the nearest training picture in a feature space, as in Somepalli et al. 2023 (arXiv:2212.03860).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from models.faces.bench import Eigenfaces, mean_and_spread
from models.metrics import frechet_distance, sliced_wasserstein
from models.text2image.bench import PIECE, Bench
from models.training import grid, to_tensor

COMPONENTS = 160  # of the eigenpictures
QUANTILES = (0.0, 0.01, 0.05, 0.5)
USUAL_NEIGHBOURS, MOST_NEIGHBOURS = 1200, {"flower": 4000}  # training pictures compared with; of flowers, all
MANY_SOURCES = 500  # a domain with fewer is turntable views of a few fruits, or drawings made again and again
WORST = 16  # pairs on a sheet
_CROP = 6  # pixels a training picture is cropped by, when we ask whether a copy would be found


def distances(bench: Bench, seeds: int = 2) -> dict[str, dict]:
    """Each domain's generated pictures, and their baselines, against one half of its held-out pictures.

    The other half of them is the floor. The house model paints captions of the very pictures it is compared with.
    """
    return {domain: _distances(bench, domain, seeds) for domain in bench.domains}


def _distances(bench: Bench, domain: str, seeds: int) -> dict:
    other, reference = bench.halves(domain)
    n, half = len(reference), bench.held_out.images(other)
    learnt = bench.train.images(bench.rows(bench.train, domain, seeds * n, seed=1))
    lots = {
        "house": [bench.painted(domain, seed) for seed in range(seeds)],
        "training pictures": [learnt[k * n : (k + 1) * n] for k in range(max(1, len(learnt) // n))],
        "autoencoder": [bench.through_autoencoder(half)],
        "eigenpictures": [Eigenfaces.of(learnt, min(COMPONENTS, len(learnt) - 1)).draw(n, seed=0)],
        "held-out, other half": [half],
    }
    theirs = bench.held_out.images(reference)
    features = bench.features(theirs)
    found = {name: [_against(bench, lot, theirs, features) for lot in sets] for name, sets in lots.items()}
    return {"pictures": n} | {
        name: {key: mean_and_spread([value[key] for value in values]) for key in values[0]}
        for name, values in found.items()
    }


def _against(bench: Bench, ours: NDArray, theirs: NDArray, features: NDArray) -> dict[str, float]:
    n = min(len(ours), len(theirs))
    return {
        "frechet": frechet_distance(bench.features(ours), features),
        "sliced_wasserstein": sliced_wasserstein(to_tensor(ours[:n]), to_tensor(theirs[:n])),
    }


@torch.inference_mode()
def likeness(bench: Bench, pictures: NDArray) -> NDArray:
    """Unit vectors (N, 16 * 768), near for the same picture even if it was cropped or coded.

    fire5 and fire9 on a 4 x 4 grid, each place normalised on its own: where things are counts as much as what they are.
    """
    parts = []
    for start in range(0, len(pictures), PIECE):
        shown = to_tensor(pictures[start : start + PIECE])
        found = bench.squeezenet.features(shown, ("fire5", "fire9"))
        places = [F.normalize(F.adaptive_avg_pool2d(layer, 4), dim=1).flatten(1) for layer in found]
        parts.append(F.normalize(torch.cat(places, 1), dim=1).half())
    return torch.cat(parts).numpy()


@dataclass(frozen=True)
class Gallery:
    """Training pictures of one domain: their rows (T,) and likenesses (T, D)."""

    bench: Bench
    rows: NDArray
    likenesses: NDArray

    @staticmethod
    def of(bench: Bench, domain: str) -> "Gallery":
        every = np.flatnonzero(np.asarray(bench.train.domains) == domain)
        first = {bench.train.source(int(row)): row for row in every[::-1]}  # of a photograph's views, the whole one
        known = np.array(sorted(first.values())) if len(first) > MANY_SOURCES else every
        most = min(MOST_NEIGHBOURS.get(domain, USUAL_NEIGHBOURS), 60 * bench.count)  # few, where a run is a trial
        rows = np.random.default_rng(3).permutation(known)[:most]
        return Gallery(bench, rows, likeness(bench, bench.train.images(rows)))

    def nearest(self, pictures: NDArray) -> tuple[NDArray, NDArray]:
        """Distance (N,) of pictures, as they are or mirrored, to the nearest training picture, and its row (N,)."""
        both = [likeness(self.bench, shown) for shown in (pictures, pictures[:, :, ::-1])]
        known = torch.from_numpy(self.likenesses).float()
        alike = torch.stack([torch.from_numpy(ours).float() @ known.T for ours in both]).amax(0)  # (N, T)
        value, place = alike.max(1)
        return np.sqrt((2 - 2 * value.numpy()).clip(0)), self.rows[place.numpy()]


def nearest(bench: Bench, save: Callable[[str, Image.Image], None] | None = None) -> dict[str, dict]:
    """How near generated pictures come to one they learnt from, beside how near held-out ones do.

    A picture is near to one it may have been copied from if it is nearer to it than all but one in twenty held-out
    pictures are to any: not all, as some photographs are there twice. "copies_found": of training pictures that were
    cropped and put through the autoencoder, how many are so near to their own original: what the yardstick is worth.
    `save` is given a sheet of each domain's nearest pairs, generated above, training picture below.
    """
    return {domain: _nearest(bench, domain, save) for domain in bench.domains}


def _nearest(bench: Bench, domain: str, save: Callable[[str, Image.Image], None] | None) -> dict:
    gallery, n = Gallery.of(bench, domain), bench.count
    held = bench.halves(domain)[1]
    pictures = bench.painted(domain, 0)
    ours, whose = gallery.nearest(pictures)
    theirs, _ = gallery.nearest(bench.held_out.images(held))
    copied = gallery.rows[:n]
    copies = _cropped(bench.through_autoencoder(bench.train.images(copied)))
    again, originals = gallery.nearest(copies)
    near = np.quantile(theirs, 0.05)
    if save:
        worst = np.argsort(ours)[:WORST]
        save(f"nearest-{domain}", grid([list(pictures[worst]), list(bench.train.images(whose[worst]))]))
    return {
        "pictures": len(pictures),
        "compared_with": len(gallery.rows),
        "quantiles": list(QUANTILES),
        "generated": np.quantile(ours, QUANTILES).tolist(),
        "held_out": np.quantile(theirs, QUANTILES).tolist(),
        "copies": np.quantile(again, QUANTILES).tolist(),
        "near": float((ours < near).mean()),
        "copies_found": float(((originals == copied) & (again < near)).mean()),
    }


def _cropped(pictures: NDArray) -> NDArray:
    inner = (slice(None), slice(_CROP, -_CROP), slice(_CROP, -_CROP))
    side = pictures.shape[1]
    return np.stack([np.asarray(Image.fromarray(picture).resize((side, side))) for picture in pictures[inner]])
