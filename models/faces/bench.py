"""What every judgement of the faces needs at hand: the models, the morphs nobody trained on, and a feature network."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.faces.attributes import look
from models.faces.engine import DCGAN, HOUSE, PSI, SIDE, Faces, HouseFaces, z_of
from models.faces.store import Morphs
from models.perceptual import SqueezeNet
from models.training import to_tensor

PIECE = 50  # pictures in one pass


@dataclass(frozen=True)
class Drawn:
    """Generated faces: the seeds, their style latents w (N, D) and pictures uint8 (N, 128, 128, 3)."""

    seeds: NDArray
    w: NDArray
    pictures: NDArray

    @cached_property
    def seen(self) -> dict[str, NDArray]:
        """What the regressor tells of them."""
        return look(self.pictures)


class Bench:
    """Leased models and loaded pictures; `count` is how many pictures a side of a distance has."""

    def __init__(self, house: HouseFaces, dcgan: Faces, data: Path, morphs: Path, count: int):
        self.house, self.dcgan, self.data, self.morphs, self.count = house, dcgan, data, morphs, count
        self.train, self.fresh, self.held_out = (Morphs(morphs / name) for name in ("train", "fresh", "held-out"))
        self.squeezenet = SqueezeNet(data / "perceptual" / "squeezenet10-imagenet.safetensors")
        self._drawn: dict[tuple[float, int], Drawn] = {}

    def draw(self, psi: float = PSI, block: int = 0) -> Drawn:
        """`count` faces of the house model, seeds `block * count` and on; remembered."""
        if (psi, block) not in self._drawn:
            seeds = np.arange(self.count) + block * self.count
            w = self.house.to_w(np.stack([z_of(seed, HOUSE) for seed in seeds]), psi)
            self._drawn[psi, block] = Drawn(seeds, w, self.house.decode(w))
        return self._drawn[psi, block]

    def draw_historical(self, psi: float = 1.0) -> Drawn:
        """`count` faces of the DCGAN."""
        z = np.stack([z_of(seed, DCGAN) for seed in range(self.count)])
        return Drawn(np.arange(self.count), z, self.dcgan.decode(self.dcgan.to_w(z, psi)))

    @torch.inference_mode()
    def paint(self, faces: Faces, w: NDArray) -> Tensor:
        """Faces float (N, 3, 128, 128) in about [-1, 1], not rounded to 256 levels as `decode` does."""
        network = faces.network.generator if faces.mapped else faces.network
        device = next(network.parameters()).device
        made = torch.cat([network(part.to(device)).float().cpu() for part in torch.from_numpy(w).float().split(PIECE)])
        return made if made.shape[-1] == SIDE else F.interpolate(made, size=SIDE, mode="bicubic")

    def features(self, pictures: NDArray) -> NDArray:
        """Spatially averaged fire9 features, float64 (N, 512), of uint8 (N, 128, 128, 3)."""
        from models.metrics import pooled_features

        parts = [pictures[start : start + 200] for start in range(0, len(pictures), 200)]
        return np.concatenate([pooled_features(self.squeezenet, to_tensor(part)) for part in parts])


@dataclass(frozen=True)
class Eigenfaces:
    """A Gaussian in pixels: mean (P,), axes (K, P) scaled by their standard deviations. The oldest face generator."""

    mean: NDArray
    axes: NDArray

    @staticmethod
    def of(pictures: NDArray, count: int) -> "Eigenfaces":
        """The first `count` principal components of uint8 (N, H, W, 3), N > count (Sirovich and Kirby 1987)."""
        flat = pictures.reshape(len(pictures), -1).astype(np.float32)
        mean = flat.mean(0)
        flat -= mean
        values, vectors = np.linalg.eigh(flat @ flat.T)  # (N,), (N, N)
        kept = np.flatnonzero(values > 1e-5 * values[-1])[-count:]  # beyond, rounding errors are all there is
        return Eigenfaces(mean, (vectors[:, kept].T @ flat) / np.sqrt(len(flat)))

    def draw(self, count: int, seed: int) -> NDArray:
        """Random faces, uint8 (N, 128, 128, 3)."""
        amounts = np.random.default_rng(seed).standard_normal((count, len(self.axes))).astype(np.float32)
        return self._pictures(amounts)

    def project(self, pictures: NDArray) -> NDArray:
        """The nearest faces that the axes can make, uint8 like the pictures."""
        flat = pictures.reshape(len(pictures), -1).astype(np.float32) - self.mean
        return self._pictures(flat @ (self.axes / np.square(self.axes).sum(1, keepdims=True)).T)

    def _pictures(self, amounts: NDArray) -> NDArray:
        flat = self.mean + amounts @ self.axes
        return flat.round().clip(0, 255).astype(np.uint8).reshape(-1, SIDE, SIDE, 3)


def mean_and_spread(values: list[float]) -> dict[str, float]:
    """Mean and standard deviation over seeds."""
    return {"mean": float(np.mean(values)), "deviation": float(np.std(values))}
