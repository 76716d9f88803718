"""How near a painting comes to photo and painting, beside the slow original and what needs no training.

The losses are those the painter was trained by (`losses.py` on SqueezeNet's features), so Gatys et al. 2016, who make
just these small for one picture, are the best there is; Johnson et al. 2016 (arXiv:1603.08155, figure 5) ask the same.

| maker | what it is |
| --- | --- |
| photo | nothing done |
| colours | the photo's colours with the painting's mean and covariance (Pitié and Kokaram 2007), nothing else |
| AdaIN, untrained | Huang and Belongie 2017 on our encoder with random weights: its coarsest features get the painting's means and deviations; no decoder, the picture that has them is found by descent from the photo |
| painter | one pass of the network that ships |
| Gatys | the losses themselves, made small by L-BFGS from the photo |
"""  # noqa: E501

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.faces.bench import mean_and_spread
from models.style import losses
from models.style.descent import State, descend
from models.style.gatys import Descent
from models.style.judge_bench import CONTENT_MAP, SIDE, STYLE_MAPS, Bench, Pair, as_picture, at, over, square
from models.style.network import Encoder
from models.style.train import TrainConfig
from models.training import grid, to_tensor

LOTS = ("unseen", "wall")
CONTENT_WEIGHT = TrainConfig.content / TrainConfig.style  # beside the style loss, in the sum that makers are judged by
_INVERSION = 60  # iterations that find the picture of some features


@dataclass(frozen=True)
class Effort:
    """How much is made: pairs a lot, seeds of the painter, steps of Gatys until there is nothing more to gain."""

    pairs: int = 12
    seeds: int = 3
    steps: int = 75


def judge(bench: Bench, effort: Effort, save: Callable[[str, Image.Image], None] | None = None) -> dict[str, dict]:
    """Of each lot of paintings: every maker's losses, and their sum as a multiple of Gatys' (mean, deviation of pairs).

    "matched": when the descent has come as far as the painter does at once, in steps of four iterations and in seconds
    ("never" counts those pairs where it stays behind). `save` is given a sheet of each lot.
    """
    return {lot: _judge(bench, lot, effort, save) for lot in LOTS}


def _judge(bench: Bench, lot: str, effort: Effort, save: Callable[[str, Image.Image], None] | None) -> dict:
    found: dict[str, list[dict[str, float]]] = {}
    curves, rows, by_seed = [], [], []
    for pair in bench.pairs(lot, effort.pairs):
        photo, style = at(pair.photo, SIDE), bench.looks(pair.painting)
        curve = descent(bench, pair, effort.steps)
        tries = [bench.painted(pair, seed) for seed in range(effort.seeds)]
        made = {
            "photo": photo,
            "colours": moved_colours(photo, pair.painting),
            "AdaIN, untrained": untrained_adain(photo, at(pair.painting, SIDE), seed=len(rows)),
            "painter": tries[0],
            "Gatys": as_picture(curve[-1].state.pixels),
        }
        judged = {name: summed(bench.apart(picture, photo, style)) for name, picture in made.items()}
        by_seed.append([summed(bench.apart(other, photo, style))["sum"] for other in tries])
        for name, value in judged.items():
            found.setdefault(name, []).append(value | {"ratio": value["sum"] / judged["Gatys"]["sum"]})
        curves.append((curve, judged["painter"]["sum"]))
        rows.append([square(picture) for picture in (photo, pair.painting, *list(made.values())[1:])])
    if save:
        save(f"makers-{lot}", grid(rows))
    return {
        "pairs": effort.pairs,
        "makers": {name: over(values) | {"median": _median(values)} for name, values in found.items()},
        "seeds": mean_and_spread(np.mean(by_seed, 0).tolist()),
        "matched": _matched(curves),
        "curve": _curve([curve for curve, _ in curves]),
    }


def _median(values: list[dict[str, float]]) -> float:
    """Of the ratios, which a dark painting, in whose units losses count, can blow up."""
    return float(np.median([value["ratio"] for value in values]))


@dataclass(frozen=True)
class Timed:
    """A state of a descent and the seconds it took to come there."""

    state: State
    seconds: float


def descent(bench: Bench, pair: Pair, steps: int) -> list[Timed]:
    """Every state of Gatys' descent for a pair, on the features that the painter was trained by."""
    plan = Descent(
        steps=steps,
        style_layers=STYLE_MAPS,
        content_layers=(CONTENT_MAP,),
        content_weight=CONTENT_WEIGHT,
        smoothness=0.0,
    )
    photo, style = to_tensor([at(pair.photo, SIDE)]), bench.looks(pair.painting)
    began, found = time.monotonic(), []
    for state in descend(bench.features, photo, style, plan):
        found.append(Timed(state, time.monotonic() - began))
    return found


def summed(value: dict[str, float]) -> dict[str, float]:
    return value | {"sum": value["style"] + CONTENT_WEIGHT * value["content"]}


def moved_colours(photo: NDArray, painting: NDArray) -> NDArray:
    """A photo, uint8 (H, W, 3), its colours moved along the shortest way to the painting's mean and covariance."""
    own, theirs = (picture.reshape(-1, 3).astype(np.float64) for picture in (photo, painting))
    a, b = (np.cov(colours.T) + np.eye(3) for colours in (own, theirs))
    root = _root(a)
    between = np.linalg.inv(root) @ _root(root @ b @ root) @ np.linalg.inv(root)  # symmetric, between a b' = b
    moved = (own - own.mean(0)) @ between + theirs.mean(0)
    return moved.round().clip(0, 255).astype(np.uint8).reshape(photo.shape)


def untrained_adain(photo: NDArray, painting: NDArray, seed: int = 0) -> NDArray:
    """The photo after AdaIN in the coarsest features of an encoder with random weights, uint8 as it came."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        encoder = Encoder().eval().requires_grad_(False)
    pixels = to_tensor([photo]).contiguous()
    with torch.no_grad():
        theirs = losses.look(encoder(to_tensor([painting]))[-1])
        plain = losses.normalised(encoder(pixels)[-1])  # (1, C, h, w)
        goal = plain * theirs.deviation[..., None, None] + theirs.mean[..., None, None]
    return as_picture(_inverted(lambda x: encoder(x)[-1], goal, pixels))


def _inverted(features: Callable[[Tensor], Tensor], goal: Tensor, start: Tensor) -> Tensor:
    """Pixels (1, 3, H, W) in [-1, 1], near where they start, that have these features (Mahendran and Vedaldi 2015)."""
    pixels = start.clone().requires_grad_()
    solver = torch.optim.LBFGS([pixels], max_iter=_INVERSION, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        miss = (features(pixels) - goal).square().mean() / goal.square().mean()
        loss = miss + 0.05 * losses.total_variation(pixels)[0] + 10 * losses.overflow(pixels)[0]
        loss.backward()
        return loss

    solver.step(closure)
    return pixels.detach().clamp(-1, 1)


def _root(matrix: NDArray) -> NDArray:
    """The symmetric root of a positive symmetric matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(values.clip(0)) @ vectors.T


def _matched(curves: list[tuple[list[Timed], float]]) -> dict:
    """When descents first come as low as the painter; medians over those that ever do."""
    first = [next((timed for timed in curve if timed.state.total <= goal), None) for curve, goal in curves]
    there = [timed for timed in first if timed]
    return {
        "never": len(first) - len(there),
        "step": float(np.median([timed.state.step for timed in there])) if there else None,
        "passes": float(np.median([timed.state.passes for timed in there])) if there else None,
        "seconds": float(np.median([timed.seconds for timed in there])) if there else None,
    }


def _curve(curves: list[list[Timed]]) -> list[list[float]]:
    """Passes forward and back, and the mean of the sums after as many, at every step of the descents."""
    together = zip(*curves)
    return [
        [float(np.mean([timed.state.passes for timed in row])), float(np.mean([timed.state.total for timed in row]))]
        for row in together
    ]
