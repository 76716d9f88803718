"""Do they look like the morphs? Fréchet and sliced Wasserstein distances, and how evenly a latent walk moves.

Yardsticks: Heusel et al. 2017 (arXiv:1706.08500) on SqueezeNet features, Karras et al. 2018 (arXiv:1710.10196,
section 5), and perceptual path length, Karras et al. 2019 (arXiv:1812.04948, section 4.1).
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.faces.bench import PIECE, Bench, Eigenfaces, mean_and_spread
from models.faces.engine import DCGAN, HOUSE, PSI, Faces, z_of
from models.metrics import frechet_distance, sliced_wasserstein
from models.perceptual import SqueezeNet
from models.training import to_tensor

SLICED = 250  # pictures a side of the sliced Wasserstein distance: their patches take much memory
COMPONENTS = 160  # of the eigenfaces: as many numbers as the house model's latent
STEP = 1e-3  # of the path, between the two pictures whose distance is taken
_LAYERS = ("conv1", "fire3", "fire5", "fire8")


def distances(bench: Bench, blocks: int = 2) -> dict:
    """Each kind of face against held-out morphs (other volunteers) and fresh ones (the training volunteers)."""
    n = bench.count
    held = bench.held_out.images(range(min(2 * n, len(bench.held_out))))
    half, references = (
        held[: len(held) // 2],
        {"held_out": held[len(held) // 2 :], "fresh": bench.fresh.images(range(n))},
    )
    eigenfaces = Eigenfaces.of(bench.train.images(range(min(2 * n, len(bench.train)))), min(COMPONENTS, n))
    sets = {
        "house, psi 1": [bench.draw(1.0, block).pictures for block in range(blocks)],
        "house, psi 0.7": [bench.draw(PSI, block).pictures for block in range(blocks)],
        "DCGAN": [bench.draw_historical().pictures],
        "eigenfaces, Gaussian": [eigenfaces.draw(n, seed=0)],
        "fresh morphs": [bench.fresh.images(range(n, 2 * n))],
        "held-out morphs, other half": [half],
    }
    theirs = {name: (pictures, bench.features(pictures)) for name, pictures in references.items()}
    return {name: _against(bench, pictures, theirs) for name, pictures in sets.items()}


def _against(bench: Bench, sets: list[NDArray], theirs: dict[str, tuple[NDArray, NDArray]]) -> dict:
    ours = [(pictures, bench.features(pictures)) for pictures in sets]
    return {
        name: {
            "frechet": mean_and_spread([frechet_distance(mine, features) for _, mine in ours]),
            "frechet_unshrunk": mean_and_spread([frechet_distance(mine, features, 0.0) for _, mine in ours]),
            "sliced_wasserstein": mean_and_spread([_sliced(mine, pictures) for mine, _ in ours]),
        }
        for name, (pictures, features) in theirs.items()
    }


def _sliced(ours: NDArray, theirs: NDArray) -> float:
    n = min(SLICED, len(ours), len(theirs))
    return sliced_wasserstein(to_tensor(ours[:n]), to_tensor(theirs[:n]))


def path_lengths(bench: Bench, count: int = 200) -> dict[str, float]:
    """Perceptual path length of the house model in z and in w, and of the DCGAN in z: mean squared speed."""
    rng = np.random.default_rng(21)
    t = rng.random((count, 1)).astype(np.float32)
    ends = {
        model: [np.stack([z_of(seed, model) for seed in range(start, start + count)]) for start in (0, count)]
        for model in (HOUSE, DCGAN)
    }
    a, b = ends[HOUSE]
    even_a, even_b = (bench.house.to_even(bench.house.to_w(end)) for end in (a, b))
    in_w = [bench.house.from_even(even_a + (even_b - even_a) * (t + step)) for step in (0, STEP)]
    in_z = [bench.house.to_w(sphere(a, b, t + step)) for step in (0, STEP)]
    historical = [sphere(*ends[DCGAN], t + step) for step in (0, STEP)]
    return {
        "house, z": _squared_speed(bench, bench.house, *in_z),
        "house, w": _squared_speed(bench, bench.house, *in_w),
        "DCGAN, z": _squared_speed(bench, bench.dcgan, *historical),
    }


def sphere(a: NDArray, b: NDArray, t: NDArray) -> NDArray:
    """Spherical interpolation of rows (N, D) at t (N, 1) (White 2016, arXiv:1609.04468)."""
    cosine = (a * b).sum(1, keepdims=True) / np.linalg.norm(a, axis=1, keepdims=True)
    angle = np.arccos(cosine / np.linalg.norm(b, axis=1, keepdims=True))
    return ((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)).astype(np.float32)


@torch.inference_mode()
def _squared_speed(bench: Bench, faces: Faces, here: NDArray, there: NDArray) -> float:
    values = []
    for start in range(0, len(here), PIECE):
        a, b = (bench.paint(faces, w[start : start + PIECE]) for w in (here, there))
        values.append(perceptual_square(bench.squeezenet, a, b))
    return float(torch.cat(values).mean() / STEP**2)


def perceptual_square(squeezenet: SqueezeNet, ours: Tensor, theirs: Tensor) -> Tensor:
    """Squared distance of activations normalised over channels, summed over layers (LPIPS, unweighted): (B,)."""
    pairs = zip(squeezenet.features(ours, _LAYERS), squeezenet.features(theirs, _LAYERS))
    return sum((F.normalize(a, dim=1) - F.normalize(b, dim=1)).square().sum(1).mean((1, 2)) for a, b in pairs)
