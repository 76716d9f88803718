"""A SqueezeNet of the right shapes that has learnt nothing, for what trains with the real one beside it."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

_SQUEEZED = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))  # fire2 to fire9


def write(folder: Path) -> Path:
    """Write it where `--data` has the real one; returns the file."""
    chance = torch.Generator().manual_seed(0)

    def conv(out: int, into: int, size: int) -> Tensor:
        return torch.randn(out, into, size, size, generator=chance) * (2 / (into * size * size)) ** 0.5

    tensors, inside = {"conv1.weight": conv(96, 3, 7) / 40, "conv1.bias": torch.zeros(96)}, 96  # it sees 0..255
    for fire, (squeezed, wide) in enumerate(_SQUEEZED, 2):
        parts = {
            "squeeze1x1": (squeezed, inside, 1),
            "expand1x1": (wide, squeezed, 1),
            "expand3x3": (wide, squeezed, 3),
        }
        for name, shape in parts.items():
            tensors[f"fire{fire}.{name}.weight"] = conv(*shape)
            tensors[f"fire{fire}.{name}.bias"] = torch.zeros(shape[0])
        inside = 2 * wide
    path = folder / "perceptual" / "squeezenet10-imagenet.safetensors"
    path.parent.mkdir(parents=True)
    save_file(tensors, path)
    return path
