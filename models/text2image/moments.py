"""Means and spreads of painted latents, held to those of real ones: what pleases a witness is overdone without.

Feature matching (Salimans et al. 2016, arXiv:1606.03498) with features that need no network: glaring pictures spread
wider, and what is drawn twice has more edges. Pairs have the same captions, so that on average nothing should be
between them; the average runs over many batches, kind by kind.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_MEMORY = 0.95  # of what was, at each batch


class Moments(nn.Module):
    """`apart`: how much more than real latents the painted ones have of each moment, (kinds, 4 C), a running mean."""

    apart: Tensor

    def __init__(self, kinds: Sequence[str], channels: int):
        super().__init__()
        self.kinds = tuple(kinds)
        self.register_buffer("apart", torch.zeros(len(self.kinds), 4 * channels))

    def forward(self, painted: Tensor, real: Tensor, kinds: Sequence[str]) -> Tensor:
        """The loss of pairs of latents (B, C, h, w), downhill of which `apart` grows smaller; updates `apart`."""
        more = moments(painted) - moments(real)  # (B, 4 C)
        losses = []
        for kind in sorted(set(kinds)):
            number = self.kinds.index(kind)
            mean = more[[place for place, one in enumerate(kinds) if one == kind]].mean(0)
            self.apart[number] = torch.lerp(mean.detach(), self.apart[number], _MEMORY)
            losses.append((self.apart[number].clone() * mean).sum())
        return torch.stack(losses).mean()


def moments(latents: Tensor) -> Tensor:
    """Of latents (B, C, h, w) each channel's mean, spread, and steps to the right and downwards: (B, 4 C)."""
    steps = [latents.diff(dim=dim).square().mean((2, 3)).add(1e-6).sqrt() for dim in (3, 2)]
    return torch.cat([latents.mean((2, 3)), latents.std((2, 3)), *steps], 1)
