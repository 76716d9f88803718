"""SqueezeNet 1.0 (Iandola et al. 2016, arXiv:1602.07360) as training loss and yardstick; it never ships.

Weights: `perceptual/squeezenet10-imagenet.safetensors` of the training data (BSD 2-clause, Deep Compression release).
Pictures are float (B, 3, H, W) in [-1, 1], at least 64 px a side.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

LAYERS = ("conv1", "fire2", "fire3", "fire4", "fire5", "fire6", "fire7", "fire8", "fire9")
_POOL_BEFORE = {"fire2", "fire5", "fire9"}


class SqueezeNet(nn.Module):
    """The frozen feature network: `features(x, names)` gives the activations of the named layers, in order."""

    def __init__(self, path: Path):
        super().__init__()
        for name, tensor in load_file(path).items():
            self.register_buffer(name.replace(".", "_"), tensor.float())
        self.register_buffer("mean", torch.tensor([123.0, 117.0, 104.0]).view(1, 3, 1, 1))

    def _conv(self, x: Tensor, name: str, **options: int) -> Tensor:
        weight, bias = getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias")
        return F.relu(F.conv2d(x, weight.to(x.dtype), bias.to(x.dtype), **options))

    def _fire(self, x: Tensor, name: str) -> Tensor:
        squeezed = self._conv(x, f"{name}_squeeze1x1")
        wide = self._conv(squeezed, f"{name}_expand1x1"), self._conv(squeezed, f"{name}_expand3x3", padding=1)
        return torch.cat(wide, dim=1)

    def features(self, images: Tensor, names: tuple[str, ...]) -> list[Tensor]:
        x = (images + 1) * 127.5 - self.mean
        found = {}
        for name in LAYERS[: max(LAYERS.index(n) for n in names) + 1]:
            if name in _POOL_BEFORE:
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            x = self._conv(x, name, stride=2) if name == "conv1" else self._fire(x, name)
            found[name] = x
        return [found[name] for name in names]


def perceptual_distance(ours: list[Tensor], theirs: list[Tensor]) -> Tensor:
    """Mean absolute difference of activations, each layer in units of its own spread (Johnson et al. 2016): (B,)."""
    total = 0.0
    for a, b in zip(ours, theirs):
        a, b = a.float(), b.float()
        total = total + (a - b).abs().mean((1, 2, 3)) / b.std().clamp_min(1e-3)
    return total / len(ours)
