"""How far a set of pictures is from another: Fréchet, kernel and sliced Wasserstein distance. Evaluation only.

Feature sets are float (N, D); pictures float (N, 3, H, W) in [-1, 1]. Equal sets are 0 apart, but for sampling.
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.perceptual import SqueezeNet


@torch.inference_mode()
def pooled_features(squeezenet: SqueezeNet, pictures: Tensor, layer: str = "fire9") -> NDArray:
    """Spatially averaged SqueezeNet features, float64 (N, 512)."""
    parts = [squeezenet.features(part, (layer,))[0].mean((2, 3)) for part in pictures.split(50)]
    return torch.cat(parts).double().cpu().numpy()


def _shrunk_covariance(features: NDArray, towards_diagonal: float) -> NDArray:
    covariance = np.cov(features.T)
    shrunk = (1 - towards_diagonal) * covariance + towards_diagonal * np.diag(np.diag(covariance))
    return shrunk + 1e-6 * np.eye(len(shrunk))  # a feature that never fires would make the matrix singular


def frechet_distance(ours: NDArray, theirs: NDArray, shrink: float = 0.1) -> float:
    """Fréchet distance of two Gaussians fitted to features (Heusel et al. 2017, arXiv:1706.08500).

    The covariances are shrunk towards their diagonal, since sets of a few hundred pictures do not determine them.
    """
    a, b = (_shrunk_covariance(f, shrink) for f in (ours, theirs))
    between = ours.mean(0) - theirs.mean(0)
    values, vectors = np.linalg.eigh(a)
    root = vectors * np.sqrt(values.clip(0))  # a = root root^T, so ab has the eigenvalues of root^T b root
    overlap = np.sqrt(np.linalg.eigvalsh(root.T @ b @ root).clip(0)).sum()  # trace of the square root of ab
    return float(between @ between + np.trace(a) + np.trace(b) - 2 * overlap)


def kernel_distance(ours: NDArray, theirs: NDArray) -> float:
    """Squared maximum mean discrepancy with a cubic kernel, unbiased (KID, Binkowski et al. 2018, arXiv:1801.01401)."""
    scale = theirs.std() * np.sqrt(ours.shape[1])
    a, b = ours / scale, theirs / scale
    n, m = len(a), len(b)
    aa, bb, ab = ((x @ y.T + 1) ** 3 for x, y in ((a, a), (b, b), (a, b)))
    return float((aa.sum() - np.trace(aa)) / (n * (n - 1)) + (bb.sum() - np.trace(bb)) / (m * (m - 1)) - 2 * ab.mean())


def _laplacian(pictures: Tensor, levels: int = 3) -> list[Tensor]:
    pyramid = []
    for _ in range(levels - 1):
        small = F.avg_pool2d(pictures, 2)
        pyramid.append(pictures - F.interpolate(small, scale_factor=2, mode="bilinear"))
        pictures = small
    return [*pyramid, pictures]


def _patches(level: Tensor, each: int, generator: torch.Generator, size: int = 7) -> Tensor:
    windows = F.unfold(level, size, stride=2).transpose(1, 2)  # (N, L, 3*7*7)
    chosen = torch.randint(windows.shape[1], (len(windows), each), generator=generator)
    patches = windows.gather(1, chosen[..., None].expand(-1, -1, windows.shape[2])).flatten(0, 1)
    colours = patches.unflatten(1, (3, -1))
    return ((colours - colours.mean((0, 2), keepdim=True)) / colours.std((0, 2), keepdim=True)).flatten(1)


def sliced_wasserstein(ours: Tensor, theirs: Tensor, seed: int = 0, projections: int = 128, each: int = 32) -> float:
    """Sliced Wasserstein distance of Laplacian patches, mean over levels, times 1000 (Karras et al. 2018, section 5).

    Equally many pictures on both sides. Needs no network, so it cannot share one with the training loss.
    """
    distances = []
    for a, b in zip(_laplacian(ours), _laplacian(theirs)):
        generator = torch.Generator().manual_seed(seed)
        x, y = _patches(a, each, generator), _patches(b, each, generator)
        directions = F.normalize(torch.randn(x.shape[1], projections, generator=generator), dim=0)
        distances.append((torch.sort(x @ directions, 0).values - torch.sort(y @ directions, 0).values).abs().mean())
    return float(torch.stack(distances).mean() * 1000)
