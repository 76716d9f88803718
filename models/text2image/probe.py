"""Linear probes (Alain and Bengio 2016, arXiv:1610.01644): what features and colours say of a picture, read by logistic
regression. Photographs are described by SqueezeNet's features, faces by those of the attribute regressor
(`models/faces/attributes.py`), which was never shown a generated face either. A few hundred labelled pictures will do.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.cache import default_cache
from models.faces import attributes
from models.perceptual import SqueezeNet
from models.training import to_tensor

PIECE = 50
_COLOURS = 448  # numbers of the colours at the end of a description; what is before them are features
_CHROMA = np.stack(np.meshgrid(np.linspace(-60, 60, 7), np.linspace(-60, 80, 8)), -1).reshape(-1, 2).astype(np.float32)
_LIGHTNESS = np.array([15, 40, 65, 90], np.float32)  # L of CIE Lab; above, a and b


@torch.inference_mode()
def describe(squeezenet: SqueezeNet, pictures: NDArray) -> NDArray:
    """Descriptions float32 (N, 1472) of pictures uint8 (N, H, W, 3)."""
    parts = []
    for piece in _pieces(pictures):
        (found,) = squeezenet.features(to_tensor(piece), ("fire9",))
        parts.append(np.concatenate([found.mean((2, 3)).numpy(), found.amax((2, 3)).numpy(), colours(piece)], 1))
    return np.sqrt(np.concatenate(parts))  # roots, or what fires rarely and strongly would drown the rest


@torch.inference_mode()
def describe_faces(squeezenet: SqueezeNet, pictures: NDArray) -> NDArray:
    """Descriptions float32 (N, 704) of aligned faces uint8 (N, 128, 128, 3); needs no SqueezeNet."""
    with default_cache().lease(attributes.KEY) as regressor:
        device = next(regressor.parameters()).device
        found = [regressor.features(to_tensor(piece, device)).float().cpu().numpy() for piece in _pieces(pictures)]
    return np.sqrt(np.concatenate([np.concatenate(found), colours(pictures)], 1).clip(0))


DESCRIPTIONS: dict[str, Callable[[SqueezeNet, NDArray], NDArray]] = {"photograph": describe, "face": describe_faces}


def _pieces(pictures: NDArray) -> list[NDArray]:
    return [pictures[start : start + PIECE] for start in range(0, len(pictures), PIECE)]


def colours(pictures: NDArray) -> NDArray:
    """Soft histograms of CIE Lab over the whole picture and over its middle: float32 (N, 448)."""
    parts = []
    for picture in pictures:
        lab = cv2.cvtColor(picture[::4, ::4].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        light = _shares(np.square(lab[..., :1] - _LIGHTNESS) / 16**2)  # (H/4, W/4, 4)
        chroma = _shares(np.square(lab[..., None, 1:] - _CHROMA).sum(-1) / (2 * 10**2))  # (H/4, W/4, 56)
        quarter = len(lab) // 4
        for rows in (slice(None), slice(quarter, -quarter)):
            parts.append(np.einsum("hwl,hwc->lc", light[rows, rows], chroma[rows, rows]).ravel())
    together = np.stack(parts).reshape(len(pictures), -1)
    return 2 * together / together.sum(1, keepdims=True)


def _shares(distance: NDArray) -> NDArray:
    weight = np.exp(-distance) + 1e-9
    return weight / weight.sum(-1, keepdims=True)


def fit(described: NDArray, labels: NDArray, sizes: Sequence[int], shrink: float) -> Tensor:
    """Weights (1 + D, sum of sizes): softmax regressions of labels (N, Q) from descriptions (N, D).

    Labels below 0 are not known. `shrink` pulls the weights to nothing, the more the fewer pictures there are.
    """
    middle, spread = _scale(described)
    x = torch.from_numpy((described - middle) / spread)
    weights = [_regress(x, torch.from_numpy(label), size, shrink) for label, size in zip(labels.T, sizes)]
    joined = torch.cat(weights, 1)
    scaled = joined[1:] / torch.from_numpy(spread)[:, None]
    return torch.cat([joined[:1] - torch.from_numpy(middle)[None] @ scaled, scaled])


def _scale(described: NDArray) -> tuple[NDArray, NDArray]:
    """Middle and spread of every number, so that each part of the description weighs as much as the others."""
    spread = described.std(0)
    parts = np.split(spread, [-_COLOURS])
    floored = [(part + 1e-3 * part.max(initial=0) + 1e-6) * np.sqrt(2 * len(part)) for part in parts]
    return described.mean(0), np.concatenate(floored).astype(np.float32)


def _regress(x: Tensor, label: Tensor, size: int, shrink: float) -> Tensor:
    known = label >= 0
    x, label = x[known], label[known]
    weight = torch.zeros(1 + x.shape[1], size, requires_grad=True)
    solver = torch.optim.LBFGS([weight], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        value = F.cross_entropy(x @ weight[1:] + weight[0], label) + shrink * weight[1:].square().sum() / len(x)
        value.backward()
        return value

    solver.step(loss)
    return weight.detach()


def read(weights: Tensor, described: NDArray) -> Tensor:
    """Outputs (N, sum of sizes) of a probe."""
    return weights[0] + torch.from_numpy(described) @ weights[1:]
