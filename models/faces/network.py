"""The networks of the faces: a style generator on a linear base, and the encoder that inverts it.

The generator maps a style latent w to a picture: eigenfaces (Sirovich and Kirby 1987) give every face a rough start,
modulated convolutions and output skips (StyleGAN2, Karras et al. 2020, arXiv:1912.04958) add what a linear model
cannot, one resolution after the other. Both halves are trained as one autoencoder with a discriminator (VAE-GAN,
Larsen et al. 2016, arXiv:1512.09300). The same weights make half size and full size, so training grows (Karras et
al. 2018, arXiv:1710.10196).

Pictures are float (B, 3, H, W) in [-1, 1]; w is (B, latent).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BASE = 32  # pixels a side of the linear base
SKETCHED = 3  # the level of that size: from here on the convolutions see the linear face, to refine it
_GAIN = 2**0.5  # of an activation, so that it leaves the variance as it was


@dataclass(frozen=True)
class FacesConfig:
    """`widths` are the channels at 4, 8, 16 ... pixels, up to `size`."""

    latent: int = 160
    widths: tuple[int, ...] = (256, 256, 256, 128, 64, 32)
    encoder_widths: tuple[int, ...] = (32, 64, 128, 256, 256)

    @property
    def size(self) -> int:
        return 4 << (len(self.widths) - 1)


class Modulated(nn.Module):
    """A convolution whose input channels are scaled by the style, then demodulated (StyleGAN2, section 2.2)."""

    def __init__(self, channels: int, latent: int):
        super().__init__()
        # Demodulation makes the scale of the weights idle but for how far a step of the optimiser turns them.
        self.weight = nn.Parameter(0.1 * torch.randn(channels, channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.style = nn.Linear(latent, channels)
        self.register_buffer("settled", None, persistent=False)
        nn.init.normal_(self.style.weight, std=0.05)
        nn.init.ones_(self.style.bias)

    def settle(self) -> None:
        """Reckon once what only training changes: without it, a tenth of a face's time goes into these squares."""
        self.settled = self._squares().detach()

    def _squares(self) -> Tensor:
        return self.weight.float().square().sum((2, 3)).T.contiguous()  # (C, C)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.style(w).float()  # (B, C)
        squares = self._squares() if self.settled is None else self.settled
        # The gain of the activation is taken here, where it costs B * C products instead of one a pixel.
        spread = _GAIN * (style**2 @ squares + 1e-8).rsqrt()  # (B, C)
        x = F.conv2d(x * style[..., None, None].to(x.dtype), self.weight.to(x.dtype), padding=1)
        x = torch.addcmul(_GAIN * self.bias.to(x.dtype)[:, None, None], x, spread[..., None, None].to(x.dtype))
        return F.leaky_relu(x, 0.2)


class Level(nn.Module):
    """One resolution: twice the size (but for the first), two modulated convolutions, and its share of the picture."""

    def __init__(self, inside: int, outside: int, latent: int, side: int):
        super().__init__()
        # Faces are aligned, so what is where may be learned: StyleGAN's constant input, one at every resolution.
        self.place = nn.Parameter(0.5 * torch.randn(1, outside, side, side))
        self.narrow = nn.Conv2d(inside, outside, 1) if inside != outside else nn.Identity()
        if inside != outside:
            nn.init.normal_(self.narrow.weight, std=inside**-0.5)
        self.first = Modulated(outside, latent)
        self.second = Modulated(outside, latent)
        self.rgb = nn.Conv2d(outside, 3, 1)
        nn.init.zeros_(self.rgb.weight)  # a new resolution adds nothing on the day it is grown
        nn.init.zeros_(self.rgb.bias)

    def forward(self, x: Tensor, w: Tensor, sketch: Tensor | None = None) -> tuple[Tensor, Tensor]:
        x = self.narrow(x)
        x = _double(x) if x.shape[-1] < self.place.shape[-1] else x
        x = x + self.place.to(x.dtype)
        x = x if sketch is None else x + sketch
        x = (x + self.second(self.first(x, w), w)) * 0.5**0.5
        return x, self.rgb(x).float()


class FaceGenerator(nn.Module):
    """w to picture, at full size or at half of it (the first part of training)."""

    def __init__(self, config: FacesConfig = FacesConfig()):
        super().__init__()
        self.config = config
        widths, latent = config.widths, config.latent
        self.base = nn.Linear(latent, 3 * BASE * BASE)
        self.start = nn.Linear(latent, widths[0] * 16)
        nn.init.normal_(self.start.weight, std=latent**-0.5)
        self.levels = nn.ModuleList(
            Level(a, b, latent, 4 << depth) for depth, (a, b) in enumerate(zip((widths[0], *widths), widths))
        )
        self.refine = nn.Conv2d(3, widths[SKETCHED], 3, padding=1)

    def forward(self, w: Tensor, size: int | None = None) -> Tensor:
        return self.pyramid(w, size)[-1]

    def pyramid(self, w: Tensor, size: int | None = None) -> list[Tensor]:
        """The picture as it stands after each resolution: (B, 3, 4, 4), (B, 3, 8, 8) ... up to `size`."""
        base = self.base(w).unflatten(1, (3, BASE, BASE))
        bands = _bands(base.float())
        x = _activate(self.start(w)).unflatten(1, (-1, 4, 4)).contiguous(memory_format=torch.channels_last)
        pictures: list[Tensor] = []
        for depth, level in enumerate(self.levels):
            if (4 << depth) > (size or self.config.size):
                break
            x, rgb = level(x, w, self.refine(base) if depth == SKETCHED else None)
            if depth < len(bands):
                rgb = rgb + bands[depth]
            pictures.append(rgb + _double(pictures[-1]) if pictures else rgb)
        return pictures


def _bands(base: Tensor) -> list[Tensor]:
    """A Laplacian pyramid of the linear base, from 4 x 4 to 32 x 32: its levels add up to the base again."""
    sizes = [base]
    while sizes[0].shape[-1] > 4:
        sizes.insert(0, F.avg_pool2d(sizes[0], 2))
    return [sizes[0], *(fine - _double(coarse) for coarse, fine in zip(sizes, sizes[1:]))]


def _activate(x: Tensor) -> Tensor:
    """Leaky ReLU that leaves the variance as it was."""
    return F.leaky_relu(x, 0.2) * _GAIN


def _double(x: Tensor) -> Tensor:
    # Not "nearest": its blocks stay visible as a faint lattice on smooth skin.
    return F.interpolate(x, scale_factor=2, mode="bilinear")


class FaceEncoder(nn.Module):
    """Picture of `size` to the w that makes it again: mean and log variance, (B, latent) each."""

    def __init__(self, config: FacesConfig = FacesConfig()):
        super().__init__()
        self.linear = nn.Linear(3 * BASE * BASE, config.latent)
        widths = (3, *config.encoder_widths)
        self.downs = nn.ModuleList(Down(a, b) for a, b in zip(widths, widths[1:]))
        side = config.size >> len(config.encoder_widths)
        self.head = nn.Linear(widths[-1] * side * side, 2 * config.latent)
        nn.init.normal_(self.head.weight, std=1e-3)
        nn.init.zeros_(self.head.bias)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        linear = self.linear(F.adaptive_avg_pool2d(picture, BASE).flatten(1))
        x = picture
        for down in self.downs:
            x = down(x)
        mean, log_variance = self.head(x.flatten(1)).float().chunk(2, dim=1)
        return mean + linear.float(), (log_variance - 3).clamp(-9, 2)


class Down(nn.Module):
    """Half the size: a strided convolution, then a residual one."""

    def __init__(self, inside: int, outside: int):
        super().__init__()
        self.shrink = nn.Conv2d(inside, outside, 4, stride=2, padding=1)
        self.norm = nn.GroupNorm(outside // 16, outside)
        self.conv = nn.Conv2d(outside, outside, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(self.norm(self.shrink(x)), 0.2)
        return x + F.leaky_relu(self.conv(x), 0.2)
