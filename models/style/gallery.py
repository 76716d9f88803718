"""What paintings say of their styles, computed once: for many views of each, a code, and what the losses compare with.

Only training has it. A view is a square of a painting; some views of paintings outside the collection have their
colours exchanged, so that a hundred paintings teach more than a hundred palettes.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from models.perceptual import SqueezeNet
from models.style import collection, data, losses
from models.style.losses import STYLE_LAYERS, Look
from models.style.network import Painter
from models.training import to_tensor

SCALES = 2  # a picture and the same at half its size: strokes, and what strokes form
COLOURS = 1024  # of a view
_RECOLOURED = 0.25  # of views


class Style(NamedTuple):
    """Several styles, as a batch."""

    code: Tensor  # (B, code)
    looks: list[list[Look]]  # by scale, by layer
    colours: Tensor  # (B, COLOURS, 3)


def scales(pictures: Tensor) -> list[Tensor]:
    """Pictures (B, 3, H, W) at full size and at half of it."""
    return [F.avg_pool2d(pictures, 2**k) if k else pictures for k in range(SCALES)]


def some_colours(pictures: Tensor, places: Tensor) -> Tensor:
    """Colours (B, N, 3) of pictures (B, 3, H, W), softened a little, at N places in 0..1."""
    flat = F.avg_pool2d(pictures, 2).flatten(2).transpose(1, 2)  # (B, H/2*W/2, 3)
    return flat[:, (places * flat.shape[1]).long()]


class Gallery:
    """Views of paintings; `paintings` are the stems of their files' names, in order."""

    def __init__(
        self, paintings: dict[str, NDArray], each: int, painter: Painter, squeezenet: SqueezeNet, rng: Generator
    ):
        collected = {style.painting for style in collection.STYLES}
        self.paintings, self.each = tuple(paintings), each
        self.collected = np.array([stem in collected for stem in paintings])
        parts = []
        for stem, painting in paintings.items():
            recoloured = 0.0 if stem in collected else _RECOLOURED
            parts.append(_seen(data.views(rng, painting, each, recoloured), painter, squeezenet, rng))
        self.codes = torch.cat([part.code for part in parts])  # (V, code)
        self.mean_codes = self.codes.unflatten(0, (len(paintings), each)).mean(1)  # (P, code), of each painting
        self.colours = torch.cat([part.colours for part in parts])  # (V, COLOURS, 3)
        self._looks = [
            [Look(*map(torch.cat, zip(*layer))) for layer in zip(*at_scale)]
            for at_scale in zip(*(part.looks for part in parts))
        ]

    def draw(self, rng: Generator, count: int, collected: float) -> NDArray:
        """Numbers of views (count,), a share of them of the collection."""
        kinds = [np.flatnonzero(self.collected == kind) for kind in (True, False)]
        kinds = [kind if len(kind) else np.arange(len(self.paintings)) for kind in kinds]
        chosen = [rng.choice(kinds[0] if rng.random() < collected else kinds[1]) for _ in range(count)]
        return np.array(chosen) * self.each + rng.integers(self.each, size=count)

    def painting(self, views: NDArray) -> NDArray:
        """To which painting views belong."""
        return views // self.each

    def styles(self, views: NDArray, others: NDArray, weights: Tensor) -> Style:
        """The styles between views and others, weights (B,) being the first ones' share."""
        a, b = torch.from_numpy(views), torch.from_numpy(others)
        of_first = torch.linspace(0, 1, self.colours.shape[1] + 1)[:-1] < weights[:, None].cpu()  # (B, COLOURS)
        colours = torch.where(of_first[..., None].to(self.colours.device), self.colours[a], self.colours[b])
        looks = [[_between(layer, a, b, weights) for layer in at_scale] for at_scale in self._looks]
        code = torch.lerp(self.codes[b], self.codes[a], weights[:, None])
        return Style(code, looks, colours)


def _between(layer: Look, a: Tensor, b: Tensor, weights: Tensor) -> Look:
    """Looks (B, ...) in single precision, from those of all views."""
    shares = [weights.view(-1, *[1] * (part.dim() - 1)) for part in layer]
    return Look(*(torch.lerp(part[b].float(), part[a].float(), share) for part, share in zip(layer, shares)))


@torch.no_grad()
def _seen(views: NDArray, painter: Painter, squeezenet: SqueezeNet, rng: Generator) -> Style:
    """All about some views (N, VIEW, VIEW, 3); looks in half precision, which is plenty for what is compared."""
    device = painter.code_mean.device
    pictures = to_tensor(views, device.type)
    with torch.autocast(device.type, torch.bfloat16):
        maps = [squeezenet.features(picture, STYLE_LAYERS) for picture in scales(pictures)]
    looks = [[Look(*(part.bfloat16() for part in losses.look(layer))) for layer in at_scale] for at_scale in maps]
    places = torch.from_numpy(rng.random(COLOURS)).to(device)
    return Style(painter.code(pictures), looks, some_colours(pictures, places))
