"""Any photograph, any painting, one pass: a conditional style transfer network.

The plan is Johnson et al. 2016 (arXiv:1603.08155): a trunk of residual blocks at a quarter of the size. Style enters by
conditional instance normalisation (Dumoulin et al. 2017, arXiv:1610.07629) whose scales and shifts are predicted from
the painting (Ghiasi et al. 2017, arXiv:1705.06830): from the means and deviations of an encoder's features (Huang and
Belongie 2017, arXiv:1703.06868).

What is ours: the network paints over an underpainting, the photograph in the painting's colours (Reinhard et al. 2001),
so that a photo's own code gives back the photo from the first step of training, and a style decides how much of
the photo's fine detail stays. Only the trunk has instance norms: everything before and after is local, so tiles that
share one trunk have no seams.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.style.folded import FoldedStrokes, double

STRIDE = 8  # sides of a picture are multiples of this
NORM_FLOOR = 1e-4  # variance added in instance norms: the noise of a plain sky is not blown up to a pattern
_MOST_CONTRAST = 2.5  # times the photo's own that an underpainting may have
_GRAINS = (4, 16)  # maps at a quarter of the size that unfold to one at half and to one at full size
# Brightness, warm against cold, green against magenta: an orthonormal basis in which colours are nearly uncorrelated.
_OPPONENT = ((3**-0.5,) * 3, (2**-0.5, 0.0, -(2**-0.5)), (6**-0.5, -2 * 6**-0.5, 6**-0.5))

Statistics = list[tuple[Tensor, Tensor]]  # of each instance norm: means and deviations, (B, C, 1, 1) each


@dataclass(frozen=True)
class StyleConfig:
    """Sizes: channels of the encoder at strides 1, 2, 4, 8; of the trunk at stride 4 and 8; of the decoder at 2, 1."""

    encoder_widths: tuple[int, ...] = (16, 32, 64, 128)
    width: int = 64
    deep_width: int = 128
    blocks: int = 3  # at stride 4, the first before and the others after those at stride 8
    deep_blocks: int = 3
    decoder_widths: tuple[int, int] = (48, 16)
    mapping: int = 160  # width of the layers that turn a code into scales and shifts
    brushes: int = 2  # maps of noise that move the strokes

    @property
    def noise(self) -> int:
        """Maps of noise, at a quarter of the size: the brushes, then the grains of half and of full size, folded."""
        return self.brushes + sum(_GRAINS)

    @property
    def code(self) -> int:
        """Length of a style code: mean and deviation of 3 colours and of every channel of the encoder."""
        return 6 + 2 * sum(self.encoder_widths)


TINY = StyleConfig((4, 4, 8, 8), 8, 8, 2, 1, (8, 4), 16)


def notes_of(config: StyleConfig) -> dict[str, str]:
    """The sizes as a note to keep with the weights."""
    return {"config": json.dumps(asdict(config))}


def config_of(notes: Mapping[str, str]) -> StyleConfig:
    """The sizes that `notes_of` wrote down; the usual ones where there is no note."""
    kept = json.loads(notes.get("config", "{}"))
    return StyleConfig(**{name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()})


def tiny_painter(seed: int = 0) -> "Painter":
    """The same network, small enough to run in an instant, with weights drawn at random: for tests."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        painter = Painter(TINY)
        nn.init.normal_(painter.mapping[-1].weight, std=0.2)  # or every style would be painted alike
        for layer in painter.grain:
            nn.init.normal_(layer.weight, std=0.2)
        return painter.eval().requires_grad_(False)


class Plan(NamedTuple):
    """A picture before it is rendered; a tile of it is a slice of the maps."""

    trunk: Tensor  # (B, width, H/4, W/4)
    colours: Tensor  # (B, 3, H/4, W/4), opponent, already the painting's
    detail: Tensor  # (B, 6, 1, 1): how much of the photo's detail stays, two octaves of three colours
    decoder: list[tuple[Tensor, Tensor]]  # scale and shift of each level, (B, C, 1, 1)
    grain: Tensor | None  # (B, 20, H/4, W/4), noise for the decoder


def conv(inside: int, outside: int, size: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inside, outside, size, stride, size // 2, padding_mode="reflect")


def opponent(pictures: Tensor) -> Tensor:
    """(B, 3, H, W), RGB to opponent colours."""
    return _turned(pictures, pictures.new_tensor(_OPPONENT))


def from_opponent(colours: Tensor) -> Tensor:
    """(B, 3, H, W), opponent colours to RGB: the basis is orthonormal, so its transpose is its inverse."""
    return _turned(colours, colours.new_tensor(_OPPONENT).T)


def _turned(colours: Tensor, basis: Tensor) -> Tensor:
    # Colours in half precision would show as bands.
    with torch.autocast(colours.device.type, enabled=False):
        return (basis @ colours.flatten(2)).unflatten(2, colours.shape[2:])  # (B, 3, H, W)


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each channel of (B, C, H, W), in single precision: (B, C, 1, 1) each."""
    features = features.float()
    mean = features.mean((2, 3), keepdim=True)
    # torch.var_mean takes five times as long over channels that lie last in memory.
    variance = (features - mean).square().mean((2, 3), keepdim=True)
    return mean, (variance + NORM_FLOOR).sqrt()


def pyramid(pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A Laplacian pyramid (Burt and Adelson 1983): fine (B, 3, H, W), medium at a half and colours at a quarter."""
    half = F.avg_pool2d(pictures, 2)
    quarter = F.avg_pool2d(half, 2)
    return pictures - double(half), half - double(quarter), quarter


class Encoder(nn.Module):
    """What is seen in a picture, at four sizes: taught by SqueezeNet's features (`train_encoder.py`), plain layers."""

    def __init__(self, config: StyleConfig = StyleConfig()):
        super().__init__()
        first, *widths = config.encoder_widths
        self.first = conv(3, first, 5)
        before = (first, *widths)
        self.down = nn.ModuleList(conv(inside, outside, stride=2) for inside, outside in zip(before, widths))
        self.on = nn.ModuleList(conv(width, width) for width in widths)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, pictures: Tensor, levels: int = 4) -> list[Tensor]:
        """pictures (B, 3, H, W) in [-1, 1] -> feature maps, none below 0, at strides 1, 2, 4, 8; the first `levels`."""
        found = [F.relu(self.first(pictures))]  # (B, C, H, W)
        for down, on in zip(self.down[: levels - 1], self.on):
            found.append(F.relu(on(F.relu(down(found[-1])))))  # half the size
        return found


class Block(nn.Module):
    """A residual block whose normalised middle and whose result are scaled and shifted by the style."""

    def __init__(self, width: int, noise: int):
        super().__init__()
        self.before, self.after = conv(width, width), conv(width, width)
        self.chance = nn.Conv2d(noise, width, 1, bias=False)
        nn.init.normal_(self.chance.weight, std=0.1)
        with torch.no_grad():
            self.after.weight *= 0.3  # residuals begin quietly

    def forward(self, x: Tensor, style: list[Tensor], noise: Tensor | None, norm: "Norm") -> Tensor:
        """x and the result (B, C, h, w); style: scale and shift twice, (B, C, 1, 1) each, 0 is plain."""
        scale, shift, last_scale, last_shift = style
        middle = norm(self.before(x)) * (1 + scale) + shift
        if noise is not None:
            middle = middle + self.chance(noise)
        return x + self.after(F.relu(middle)) * (1 + last_scale) + last_shift


class Norm:
    """The instance norms of one pass: each uses its own statistics or the given ones, and all are remembered."""

    def __init__(self, given: Statistics | None):
        self.given, self.used = list(given) if given else None, []

    def __call__(self, x: Tensor) -> Tensor:
        mean, deviation = self.given[len(self.used)] if self.given else moments(x)
        self.used.append((mean, deviation))
        return (x - mean.to(x.dtype)) / deviation.to(x.dtype)


class Painter(nn.Module):
    """The style transfer network; `plan` then `render` is what `forward` does, for those who paint in tiles."""

    def __init__(self, config: StyleConfig = StyleConfig()):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config).requires_grad_(False)
        width, deep = config.width, config.deep_width
        self.first = conv(63 + config.encoder_widths[2], width)
        self.blocks = nn.ModuleList(Block(width, config.brushes) for _ in range(config.blocks))
        self.down, self.up = conv(width, deep, stride=2), conv(deep, width)
        self.deep = nn.ModuleList(Block(deep, config.brushes) for _ in range(config.deep_blocks))
        half, whole = config.decoder_widths
        self.decoder = nn.ModuleList([conv(width, half), conv(half, whole)])
        # Out of a smooth trunk no fine texture can come but a lattice, so each level is given noise of its own size.
        self.grain = nn.ModuleList(nn.Conv2d(1, width, 1, bias=False) for width in config.decoder_widths)
        self.last = conv(whole, 3, 5)
        self.folded: FoldedStrokes | None = None
        self.sizes = [6, 6, *[width] * 4 * config.blocks, *[deep] * 4 * config.deep_blocks, half, half, whole, whole]
        self.mapping = nn.Sequential(
            nn.Linear(config.code, config.mapping), nn.SiLU(),
            nn.Linear(config.mapping, config.mapping), nn.SiLU(),
            nn.Linear(config.mapping, sum(self.sizes)),
        )  # fmt: skip
        self.register_buffer("code_mean", torch.zeros(config.code))
        self.register_buffer("code_deviation", torch.ones(config.code))
        with torch.no_grad():
            for layer in self.grain:
                nn.init.zeros_(layer.weight)
            self.up.weight *= 0.3
            self.last.weight *= 0.2
            nn.init.zeros_(self.last.bias)
            nn.init.zeros_(self.mapping[-1].weight)  # conditional norms begin as plain ones
            nn.init.zeros_(self.mapping[-1].bias)

    def code(self, pictures: Tensor) -> Tensor:
        """Styles (B, code) of pictures (B, 3, H, W) in [-1, 1], sides multiples of 8: means and deviations of colours
        and features. A weighted mean of codes is a mixture of styles."""
        maps = [opponent(pyramid(pictures)[2]), *self.encoder(pictures)]
        return torch.cat([moment.flatten(1) for features in maps for moment in moments(features)], 1)  # (B, code)

    def forward(
        self, pictures: Tensor, code: Tensor, noise: Tensor | None = None, statistics: Statistics | None = None
    ) -> tuple[Tensor, Statistics]:
        """Photographs (B, 3, H, W) in [-1, 1], sides multiples of 8 and at least 16, in the styles `code` (B, code).

        noise: normal, (B, config.noise, H/4, W/4); none is a brush without a bristle. statistics: used in the place of
        the pictures' own. Returns paintings (B, 3, H, W) in [-1, 1] and the statistics used.
        """
        plan, used = self.plan(self.look(pictures), code, noise, statistics)
        return self.render(pictures, plan).clamp(-1, 1), used

    def look(self, pictures: Tensor) -> Tensor:
        """What the trunk is told of pictures (B, 3, H, W): colours and detail, features: (B, 63 + C, H/4, W/4)."""
        fine, medium, quarter = pyramid(pictures)
        maps = opponent(quarter), F.pixel_unshuffle(medium, 2), F.pixel_unshuffle(fine, 4)  # 3, 12, 48 channels
        return torch.cat([*maps, self.encoder(pictures, levels=3)[2]], 1)

    def plan(
        self, seen: Tensor, code: Tensor, noise: Tensor | None = None, statistics: Statistics | None = None
    ) -> tuple[Plan, Statistics]:
        """Everything that needs the whole picture. seen: from `look`; the others as in `forward`."""
        norm = Norm(statistics)
        plain, style = norm(seen[:, :3]), self._style(code)
        deviation = norm.used[0][1]
        detail = seen[:, 3:63] / deviation[:, :1].to(seen.dtype)
        x = self.first(torch.cat([plain, detail, norm(seen[:, 63:])], 1))  # (B, width, h, w)
        target_mean, target_deviation = self._colours(code, style[0])
        colours = plain * torch.minimum(target_deviation, _MOST_CONTRAST * deviation) + target_mean
        contrast = (target_deviation / deviation).clamp(max=_MOST_CONTRAST)  # (B, 3, 1, 1)
        kept = 2 * torch.sigmoid(style[1]) * contrast.repeat(1, 2, 1, 1)  # (B, 6, 1, 1)
        brush, grain = (None, None) if noise is None else noise.split([self.config.brushes, sum(_GRAINS)], 1)
        x = self._trunk(x, style[2:], brush, norm)
        *_, half_scale, half_shift, scale, shift = style
        return Plan(x, colours, kept, [(half_scale, half_shift), (scale, shift)], grain), norm.used

    def render(self, pictures: Tensor, plan: Plan) -> Tensor:
        """Paintings (B, 3, H, W), a little beyond [-1, 1] at times, of a plan and the pictures it was made of."""
        return self.underpainting(pictures, plan) + self.strokes(plan)

    def underpainting(self, pictures: Tensor, plan: Plan) -> Tensor:
        """The pictures (B, 3, H, W) in the painting's colours, with what the style keeps of their detail."""
        fine, medium, _ = pyramid(pictures)
        under = double(plan.colours) + opponent(medium) * plan.detail[:, 3:]  # (B, 3, H/2, W/2)
        return from_opponent(double(under) + opponent(fine) * plan.detail[:, :3])  # (B, 3, H, W)

    def settle(self) -> "Painter":
        """Paint faster from now on; the weights have to stay as they are."""
        self.folded = FoldedStrokes(self)
        return self

    def strokes(self, plan: Plan) -> Tensor:
        """What is painted over it, (B, 3, H, W)."""
        if self.folded is not None and not torch.is_grad_enabled():
            return self.folded(self, plan)
        x, grains = plan.trunk, (None, None) if plan.grain is None else plan.grain.split(_GRAINS, 1)
        for layer, (scale, shift), told, grain in zip(self.decoder, plan.decoder, self.grain, grains):
            x = layer(double(x))  # twice the size
            if grain is not None:
                x = x + told(F.pixel_shuffle(grain, math.isqrt(grain.shape[1])))  # (B, 1, h, w) -> (B, C, h, w)
            # Leaky, or a few hundred steps in which strokes do not pay yet silence every channel for good.
            x = F.leaky_relu(x * (1 + scale) + shift, 0.2)
        return self.last(x)

    def _style(self, code: Tensor) -> list[Tensor]:
        """A code (B, code) as scales, shifts and the like, (B, C, 1, 1) each; all 0 from an untrained network."""
        told = self.mapping((code - self.code_mean) / self.code_deviation)
        return [part[:, :, None, None] for part in told.split(self.sizes, 1)]

    def _colours(self, code: Tensor, correction: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation (B, 3, 1, 1) of a painting's colours: its own, as the code says, corrected a little."""
        mean, deviation = code[:, :6, None, None].split(3, 1)
        return mean + 0.3 * correction[:, :3], deviation * (0.3 * correction[:, 3:]).exp()

    def _trunk(self, x: Tensor, style: list[Tensor], noise: Tensor | None, norm: Norm) -> Tensor:
        """x and the result (B, width, h, w)."""
        styles = [style[4 * k : 4 * k + 4] for k in range(len(self.blocks) + len(self.deep))]
        coarse = None if noise is None else 2 * F.avg_pool2d(noise, 2)  # (B, noise, h/2, w/2), as lively as before
        first, *others = self.blocks
        x = first(x, styles[0], noise, norm)
        deep = F.relu(self.down(x))  # (B, deep_width, h/2, w/2)
        for block, of_style in zip(self.deep, styles[len(self.blocks) :]):
            deep = block(deep, of_style, coarse, norm)
        x = x + double(self.up(deep))
        for block, of_style in zip(others, styles[1:]):
            x = block(x, of_style, noise, norm)
        return norm(x)
