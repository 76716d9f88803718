"""The networks of unpaired translation: CycleGAN (Zhu et al. 2017, arXiv:1703.10593), one translator a direction.

A translator adds a change to the picture it is given and begins by adding none, so that an untrained cycle is perfect
already and training only has to learn what tells the two domains apart. It works on blocks of 2 x 2 pixels, folded
into channels, and comes back to single pixels for a last touch only: that level is the dearest.

Pictures are float (B, 3, H, W) in [-1, 1], H and W multiples of 8 and at least 16.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

FOLD = 2  # pixels a side that are folded into channels


@dataclass(frozen=True)
class CycleConfig:
    """Widths at H/2, H/4 and H/8, residual blocks at H/8, and the width of the last touch at H."""

    widths: tuple[int, int, int] = (32, 64, 128)
    blocks: int = 4
    touch: int = 16  # channels at H


class Residual(nn.Module):
    """Two convolutions that add to what is there. Normalised inside alone, so that the stream keeps its colours."""

    def __init__(self, channels: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(channels // 16, channels),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"),
            nn.GroupNorm(channels // 16, channels),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Translator(nn.Module):
    """G or F of the paper: pictures of one domain to pictures of the other; also `change`, what was added to them."""

    def __init__(self, config: CycleConfig = CycleConfig()):
        super().__init__()
        fine, middle, coarse = config.widths
        folded = 3 * FOLD**2
        self.stem = nn.Conv2d(folded, fine, 3, padding=1, padding_mode="reflect")
        self.shrink = nn.Conv2d(fine, middle, 3, 2, 1)
        self.shrink_more = nn.Conv2d(middle, coarse, 3, 2, 1)
        self.body = nn.Sequential(*(Residual(coarse) for _ in range(config.blocks)))
        self.narrow = nn.Conv2d(coarse, middle, 1)
        self.grow = Residual(middle)
        self.narrow_more = nn.Conv2d(middle, fine, 1)
        self.grow_more = Residual(fine)
        self.narrow_most = nn.Conv2d(fine, config.touch, 1)
        self.touch = nn.Conv2d(config.touch + 3, config.touch, 3, padding=1, padding_mode="reflect")
        self.to_change = nn.Conv2d(config.touch, 3, 3, padding=1, padding_mode="reflect")
        nn.init.zeros_(self.to_change.weight)
        nn.init.zeros_(self.to_change.bias)

    def change(self, pictures: Tensor) -> Tensor:
        """What is added to pictures (B, 3, H, W): the same shape, 0 where they are left as they are."""
        x = F.pixel_unshuffle(pictures, FOLD)  # (B, 12, H/2, W/2)
        fine = F.leaky_relu(self.stem(x), 0.2)  # (B, widths[0], H/2, W/2)
        middle = F.leaky_relu(self.shrink(fine), 0.2)  # (B, widths[1], H/4, W/4)
        x = self.body(F.leaky_relu(self.shrink_more(middle), 0.2))  # (B, widths[2], H/8, W/8)
        x = self.grow(middle + _twice(self.narrow(x)))  # (B, widths[1], H/4, W/4)
        x = self.grow_more(fine + _twice(self.narrow_more(x)))  # (B, widths[0], H/2, W/2)
        # Not unfolded from channels: the places of a fold, learnt apart, would show as a lattice.
        x = torch.cat([_twice(self.narrow_most(F.leaky_relu(x, 0.2))), pictures], 1)  # (B, touch + 3, H, W)
        return self.to_change(F.leaky_relu(self.touch(x), 0.2))  # (B, 3, H, W)

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures + self.change(pictures)


def _twice(x: Tensor) -> Tensor:
    # Not "nearest", whose blocks stay visible on smooth skin.
    return F.interpolate(x, scale_factor=2, mode="bilinear")


class PatchCritic(nn.Module):
    """Patch discriminator (section 4): is this patch a picture of the domain? Logits (B, 1, H/8, W/8), real above 0."""

    def __init__(self, widths: tuple[int, ...] = (32, 64, 128, 128)):
        super().__init__()
        layers: list[nn.Module] = []
        inside = 3
        for width, stride in zip(widths, (2, 2, 2, 1)):
            layers += [spectral_norm(nn.Conv2d(inside, width, 4 if stride == 2 else 3, stride, 1)), nn.LeakyReLU(0.2)]
            inside = width
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(inside, 1, 3, padding=1)))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.layers(pictures)
