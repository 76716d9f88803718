"""The networks of sketch-to-photo: a U-Net generator, its patch discriminator, the encoder of a photo's take.

pix2pix (Isola et al. 2017, arXiv:1611.07004) with the latent of BicycleGAN (Zhu et al. 2017, arXiv:1711.11586), so
that one drawing has many photographs, and the input and output skips of StyleGAN2 (Karras et al. 2020), so that the
same weights train at half size first and grow without changing what they compute.

Pictures are float (B, 3, H, W) in [-1, 1]: drawings on white paper, photographs, alike. The latent z is (B, latent).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


@dataclass(frozen=True)
class SketchConfig:
    """Widths from the finest level (size px) to the coarsest, each at half the size of the one before."""

    size: int = 128
    latent: int = 16
    widths: tuple[int, ...] = (32, 64, 128, 256, 256, 256)


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(channels // 16, channels)


class Modulated(nn.Module):
    """Convolution, then group norm whose scale and shift come from the latent (AdaIN, Huang and Belongie 2017)."""

    def __init__(self, channels: int, latent: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.GroupNorm(channels // 16, channels, affine=False)
        self.style = nn.Linear(latent, 2 * channels)
        nn.init.normal_(self.style.weight, std=0.05)
        nn.init.zeros_(self.style.bias)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scale, shift = self.style(w)[..., None, None].chunk(2, dim=1)  # (B, C, 1, 1) each
        return F.leaky_relu(self.norm(self.conv(x)) * (1 + scale) + shift, 0.2)


class Down(nn.Module):
    """Half the size: a strided convolution and a residual one."""

    def __init__(self, inside: int, outside: int):
        super().__init__()
        self.shrink = nn.Conv2d(inside, outside, 3, stride=2, padding=1)
        self.norm = _norm(outside)
        self.conv = nn.Conv2d(outside, outside, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(self.norm(self.shrink(x)), 0.2)  # (B, outside, H/2, W/2)
        return x + F.leaky_relu(self.conv(x), 0.2)


class Up(nn.Module):
    """Twice the size, the encoder's features of that size added, then two modulated convolutions."""

    def __init__(self, inside: int, outside: int, latent: int):
        super().__init__()
        self.narrow = nn.Conv2d(inside, outside, 1)
        self.skip = nn.Conv2d(outside, outside, 1)
        self.first = Modulated(outside, latent)
        self.second = Modulated(outside, latent)

    def forward(self, x: Tensor, skip: Tensor, w: Tensor) -> Tensor:
        # Not "nearest": its blocks stay visible as a faint lattice on smooth skin.
        x = F.interpolate(self.narrow(x), scale_factor=2, mode="bilinear")  # (B, outside, 2H, 2W)
        return self.second(self.first(x + self.skip(skip), w), w)


class Generator(nn.Module):
    """Drawing and latent to photograph. `sketch` may be `size` px or half of it (the first half of training)."""

    def __init__(self, config: SketchConfig = SketchConfig()):
        super().__init__()
        self.config = config
        widths, latent = config.widths, config.latent
        self.mapping = nn.Sequential(nn.Linear(latent, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2))
        self.stem_full = nn.Conv2d(3, widths[0], 3, padding=1)
        self.stem_half = nn.Conv2d(3, widths[1], 3, padding=1)
        self.downs = nn.ModuleList(Down(a, b) for a, b in zip(widths, widths[1:]))
        self.grow_in = nn.Conv2d(widths[1], widths[1], 1)
        self.bottom = Modulated(widths[-1], 128)
        self.ups = nn.ModuleList(Up(a, b, 128) for a, b in zip(widths[:0:-1], widths[-2::-1]))
        self.rgb_half = nn.Conv2d(widths[1], 3, 3, padding=1)
        self.rgb_full = nn.Conv2d(widths[0], 3, 3, padding=1)
        for grown in (self.grow_in, self.rgb_full):  # nothing changes on the day the network grows
            nn.init.zeros_(grown.weight)
            nn.init.zeros_(grown.bias)

    def encode(self, sketch: Tensor) -> list[Tensor]:
        """The skip pyramid, finest first: the features the decoder will be handed at each size."""
        full = sketch.shape[-1] == self.config.size
        half = F.avg_pool2d(sketch, 2) if full else sketch
        x = F.leaky_relu(self.stem_half(half), 0.2)  # (B, widths[1], size/2, size/2)
        pyramid = []
        if full:
            pyramid.append(F.leaky_relu(self.stem_full(sketch), 0.2))  # (B, widths[0], size, size)
            x = x + self.grow_in(self.downs[0](pyramid[0]))
        pyramid.append(x)
        for down in self.downs[1:]:
            pyramid.append(down(pyramid[-1]))
        return pyramid

    def forward(self, sketch: Tensor, z: Tensor) -> Tensor:
        return self.decode(self.encode(sketch), z)

    def decode(self, pyramid: list[Tensor], z: Tensor) -> Tensor:
        w = self.mapping(z)  # (B, 128)
        x = pyramid[-1] + self.bottom(pyramid[-1], w)
        skips = pyramid[-2::-1]
        half = len(self.ups) - 1
        for up, skip in zip(self.ups[:half], skips):
            x = up(x, skip, w)
        rgb = self.rgb_half(x)  # (B, 3, size/2, size/2)
        if len(skips) > half:
            x = self.ups[half](x, skips[half], w)
            rgb = F.interpolate(rgb, scale_factor=2, mode="bilinear") + self.rgb_full(x)  # (B, 3, size, size)
        return torch.tanh(rgb)


class Discriminator(nn.Module):
    """Patch discriminator (Isola et al. 2017, section 3.2.2): is this patch a photograph of this drawing?

    Returns logits (B, 1, H/8, W/8), positive for real; each sees a patch of 54 pixels. `size/2` px inputs work too.
    """

    def __init__(self, widths: tuple[int, ...] = (48, 96, 192, 192)):
        super().__init__()
        layers: list[nn.Module] = []
        inside = 6
        for width, stride in zip(widths, (2, 2, 2, 1)):
            layers += [spectral_norm(nn.Conv2d(inside, width, 4 if stride == 2 else 3, stride, 1)), nn.LeakyReLU(0.2)]
            inside = width
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(inside, 1, 3, padding=1)))

    def forward(self, sketch: Tensor, photo: Tensor) -> Tensor:
        return self.layers(torch.cat([sketch, photo], dim=1))


class TakeEncoder(nn.Module):
    """Photograph to the latent that would make it again: mean and log variance, (B, latent) each. Training only."""

    def __init__(self, latent: int = 16, widths: tuple[int, ...] = (32, 64, 128, 192)):
        super().__init__()
        layers: list[nn.Module] = []
        inside = 3
        for width in widths:
            layers += [nn.Conv2d(inside, width, 4, 2, 1), _norm(width), nn.LeakyReLU(0.2)]
            inside = width
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(inside, 2 * latent)

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        photo = F.interpolate(photo, size=64, mode="area")
        mean, log_variance = self.head(self.layers(photo).mean((2, 3))).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 4)
