"""Does each control do what it says, and at what cost? Strength, seeds, tiles, time."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.faces.bench import mean_and_spread
from models.perceptual import SqueezeNet
from models.style import tiles
from models.style.engine import Ask, noise_of
from models.style.judge_bench import SIDE, Bench, Pair, at, square
from models.training import grid, to_tensor

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
_COMPARED = ("conv1", "fire2", "fire4", "fire6", "fire8")  # one layer a stride or so, as LPIPS has them
_SEAM = 1024, 768  # pixels of a picture that is painted whole and in tiles


def strength(bench: Bench, count: int = 12, save: Callable[[str, Image.Image], None] | None = None) -> dict:
    """Losses at several strengths, unseen paintings and the wall taking turns, and what strength 0 keeps of the photo.

    "falling": share of pairs whose style loss falls at every step of strength; "steps_falling": share of all steps.
    """
    curves, kept, rows = [], [], []
    for pair in _both(bench, count):
        photo, style = at(pair.photo, SIDE), bench.looks(pair.painting)
        made = [bench.painted(pair, strength=share) for share in STRENGTHS]
        curves.append([bench.apart(picture, photo, style) for picture in made])
        kept.append(fidelity_to_the_photo(made[0], photo))
        rows.append([square(picture) for picture in (photo, *made)])
    if save:
        save("strength", grid(rows[:8]))
    style = np.array([[value["style"] for value in curve] for curve in curves])  # (pairs, strengths)
    falls = np.diff(style) < 0
    return {
        "pairs": count,
        "strengths": list(STRENGTHS),
        "style": [mean_and_spread(column.tolist()) for column in (style / style[:, :1]).T],
        "content": [float(np.mean([curve[k]["content"] for curve in curves])) for k in range(len(STRENGTHS))],
        "falling": float(falls.all(1).mean()),
        "steps_falling": float(falls.mean()),
        "psnr_at_0": mean_and_spread(kept),
    }


def fidelity_to_the_photo(picture: NDArray, photo: NDArray) -> float:
    """Peak signal-to-noise ratio in dB of two pictures, uint8 (H, W, 3)."""
    error = np.square(picture.astype(float) - photo.astype(float)).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-6)))


def seeds(bench: Bench, count: int = 12, each: int = 3) -> dict:
    """How different paintings of one photo are: LPIPS-like distances between seeds, and between styles at one seed.

    "again": the same seed twice; "noise": the photo with noise of one level in 255 on it, for scale.
    """
    found: dict[str, list[float]] = {"again": [], "seeds": [], "styles": [], "noise": []}
    pairs = _both(bench, count)
    for pair, other in zip(pairs, [*pairs[1:], pairs[0]]):
        made = [bench.painted(pair, seed) for seed in range(each)]
        found["again"].append(perceptual(bench.squeezenet, made[0], bench.painted(pair, 0)))
        found["seeds"] += [perceptual(bench.squeezenet, made[0], one) for one in made[1:]]
        in_another = bench.model.paint(pair.photo, Ask(other.code, side=SIDE))
        found["styles"].append(perceptual(bench.squeezenet, made[0], in_another))
        photo = at(pair.photo, SIDE)
        noisy = photo + np.random.default_rng(0).normal(0, 1, photo.shape)
        found["noise"].append(perceptual(bench.squeezenet, photo, noisy.round().clip(0, 255).astype(np.uint8)))
    return {name: mean_and_spread(values) for name, values in found.items()} | {"pairs": count}


@torch.no_grad()
def perceptual(squeezenet: SqueezeNet, one: NDArray, other: NDArray) -> float:
    """LPIPS without its learnt weights (Zhang et al. 2018, arXiv:1801.03924, section 3): features scaled to length 1 at
    every place, their squared distance averaged over places and layers: 0 equal, 2 nothing in common."""
    a, b = (squeezenet.features(to_tensor([picture]), _COMPARED) for picture in (one, other))
    apart = [(F.normalize(x) - F.normalize(y)).square().sum(1).mean() for x, y in zip(a, b)]
    return float(torch.stack(apart).mean())


@torch.inference_mode()
def seams(bench: Bench, count: int = 4) -> dict:
    """A picture painted whole and in tiles: differences in levels of 256, all over and next to where tiles meet.

    "sharpness": how much more neighbouring pixels differ across an edge between tiles than elsewhere (1: no more).
    """
    found = []
    with bench.model.open() as painter:
        for pair in bench.pairs("wall", count, seed=3):
            photo = np.asarray(Image.fromarray(pair.photo).resize(_SEAM, Image.Resampling.LANCZOS))
            pixels, code = to_tensor([photo]).to(painter.code_mean), torch.from_numpy(pair.code)[None]
            noise = noise_of(painter, 0, pixels)
            whole, _ = painter(pixels, code.to(pixels), noise)
            tiled = tiles.paint(painter, pixels, code.to(pixels), noise, tile=tiles.TILE // 2)
            found.append(_seam(whole.cpu(), tiled.cpu(), tiles.TILE // 2))
    return {name: mean_and_spread([value[name] for value in found]) for name in found[0]} | {"pictures": count}


def _seam(whole: Tensor, tiled: Tensor, tile: int) -> dict[str, float]:
    """Of two paintings (1, 3, H, W) in [-1, 1]."""
    apart = (whole - tiled).abs() * 127.5
    columns = torch.arange(tile, whole.shape[3], tile)
    beside = torch.cat([apart[..., columns - 1], apart[..., columns]])
    across = (tiled[..., 1:] - tiled[..., :-1]).abs()  # difference k is of pixels k and k + 1
    return {
        "mean": float(apart.mean()),
        "largest": float(apart.max()),
        "at_edges": float(beside.mean()),
        "sharpness": float(across[..., columns - 1].mean() / across.mean()),
    }


def speed(bench: Bench, sides: Sequence[int], runs: int = 3) -> dict:
    """Seconds a 4 by 3 painting takes, the fastest of `runs` after one more, by number of threads and long side."""
    photo, code = bench.some_photos(1)[0], next(iter(bench.model.wall.values()))
    found, cores = {}, os.cpu_count() or 1
    for count in sorted({*(few for few in (1, 2, 4, 8) if few < cores), cores}):
        with threads(count):
            found[str(count)] = {str(side): _seconds(bench, photo, Ask(code, side=side), runs) for side in sides}
    with bench.model.open() as painter:
        return {"seconds": found, "parameters": sum(parameter.numel() for parameter in painter.parameters())}


@contextmanager
def threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _seconds(bench: Bench, photo: NDArray, ask: Ask, runs: int) -> float:
    shaped = np.asarray(Image.fromarray(photo).resize((ask.side, ask.side * 3 // 4), Image.Resampling.LANCZOS))
    took = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        bench.model.paint(shaped, ask)
        took.append(time.perf_counter() - began)
    return min(took[1:])


def _both(bench: Bench, count: int) -> list[Pair]:
    """Pairs of unseen paintings and of the wall in turns."""
    lots = bench.pairs("unseen", -(-count // 2), seed=4), bench.pairs("wall", -(-count // 2), seed=5)
    return [pair for both in zip(*lots) for pair in both][:count]
