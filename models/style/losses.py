"""What makes a picture a good painting of a photo: content, style, colours, in units that do not depend on the layer.

Content (Gatys et al. 2016, arXiv:1505.07376 and CVPR 2016): what is where, compared after instance normalisation, so
that a change of palette costs nothing. Style: the Gram matrices of features (ibid.) and their means and deviations (Li
et al. 2017, arXiv:1701.01036), both relative to their own size, so that no layer needs a weight and a pale painting
counts as much as a loud one. Colours: how far the palette has to be moved (sliced Wasserstein distance, Rabin
et al. 2012).

Features are maps (B, C, h, w), never below 0, of SqueezeNet (`STYLE_LAYERS`, `CONTENT_LAYER`) or of our encoder.
Every loss is one number a picture, (B,), in single precision.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

STYLE_LAYERS = ("conv1", "fire3", "fire5", "fire7")  # of SqueezeNet: strides 2, 4, 8, 8
CONTENT_LAYER = "fire5"


class Look(NamedTuple):
    """What one layer says of a style."""

    mean: Tensor  # (B, C)
    deviation: Tensor  # (B, C)
    gram: Tensor  # (B, C, C)

    def row(self, k: int) -> "Look":
        """The k-th picture's, (1, ...)."""
        return Look(*(part[k : k + 1] for part in self))


def gram(features: Tensor) -> Tensor:
    """Gram matrices (B, C, C) of (B, C, h, w): products of channels, averaged over positions."""
    flat = features.float().flatten(2)  # (B, C, h*w)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def look(features: Tensor) -> Look:
    """Mean, deviation and Gram matrix of features (B, C, h, w)."""
    products = gram(features)
    mean = features.float().mean((2, 3))
    variance = (products.diagonal(dim1=1, dim2=2) - mean.square()).clamp_min(0)
    return Look(mean, (variance + 1e-6).sqrt(), products)


def mixed(looks: Sequence[Look], weights: Sequence[float]) -> Look:
    """The style between several: Gram matrices and moments, weighted."""
    return Look(*(sum(w * part for w, part in zip(weights, parts)) for parts in zip(*looks)))


def gram_loss(ours: Look, theirs: Look) -> Tensor:
    """Squared distance of Gram matrices over their mean square: 0 equal, 2 nothing in common.

    Bounded as in Cheng et al. 2021 (arXiv:2104.10064), or a picture that has gone astray would drown all others.
    """
    apart = (ours.gram - theirs.gram).square().sum((1, 2))
    return _bounded(apart, ours.gram.square().sum((1, 2)) + theirs.gram.square().sum((1, 2)))


def moment_loss(ours: Look, theirs: Look) -> Tensor:
    """Squared distance of means and deviations over their mean square: 0 equal, 2 nothing in common."""
    apart = (ours.mean - theirs.mean).square() + (ours.deviation - theirs.deviation).square()  # (B, C)
    size = sum(look.mean.square() + look.deviation.square() for look in (ours, theirs))
    return _bounded(apart.sum(1), size.sum(1))


def _bounded(apart: Tensor, size: Tensor) -> Tensor:
    return 2 * apart / size.clamp_min(1e-6)


def style_loss(ours: Sequence[Look], theirs: Sequence[Look]) -> Tensor:
    """Gram and moment losses, summed; mean over the layers: 0 equal, 4 nothing in common."""
    return sum(gram_loss(a, b) + moment_loss(a, b) for a, b in zip(ours, theirs)) / len(ours)


def normalised(features: Tensor) -> Tensor:
    """Features (B, C, h, w) with mean 0 and deviation 1 in every channel that says anything."""
    features = features.float()
    centred = features - features.mean((2, 3), keepdim=True)
    spread = centred.square().mean((2, 3), keepdim=True)  # (B, C, 1, 1)
    return centred / (spread + 0.01 * spread.mean(1, keepdim=True) + 1e-6).sqrt()


def content_loss(ours: Tensor, theirs: Tensor) -> Tensor:
    """Mean squared distance of normalised features (B, C, h, w): 0 the same layout, 2 an unrelated one."""
    return (normalised(ours) - normalised(theirs)).square().mean((1, 2, 3))


def colour_loss(ours: Tensor, theirs: Tensor, generator: torch.Generator | None = None, directions: int = 12) -> Tensor:
    """How far colours have to move to become the painting's: sets (B, N, 3) in [-1, 1], mean distance per channel."""
    axes = torch.randn(3, directions, generator=generator).to(ours.device)
    axes = F.normalize(axes, dim=0)
    a, b = ((colours.float() @ axes).sort(1).values for colours in (ours, theirs))  # (B, N, directions)
    return (a - b).abs().mean((1, 2))


def total_variation(pictures: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels of (B, 3, H, W)."""
    down = (pictures[:, :, 1:] - pictures[:, :, :-1]).abs().mean((1, 2, 3))
    across = (pictures[..., 1:] - pictures[..., :-1]).abs().mean((1, 2, 3))
    return (down + across).float()


def overflow(pictures: Tensor) -> Tensor:
    """How far pictures (B, 3, H, W) reach beyond [-1, 1], where gradients of clamped pixels would end."""
    return F.relu(pictures.float().abs() - 1).mean((1, 2, 3))
