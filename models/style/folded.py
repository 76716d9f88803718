"""The painter's strokes at half the size: the same numbers, without the maps that cost most and say nothing new.

At full size, enlarging 48 channels and reflecting their edges takes longer than convolving them, and a convolution to
three channels leaves most of a processor's lanes empty. So both are folded (Shi et al. 2016, arXiv:1609.05158): a
convolution over what was enlarged twice is one over what was not, with four times the channels out, one for each place
of 2 x 2 pixels; and on such folds the last convolution works too, until twelve channels unfold to a picture.

Folds have channel, row and column as their channels, in the order of `torch.nn.functional.pixel_shuffle`.
"""

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from models.style.network import Painter, Plan

# What each of three rows adds to the three that a kernel meets in the enlarged map, [even or odd row][row][met].
_MET = (
    ((0.75, 0.25, 0.0), (0.25, 0.75, 0.75), (0.0, 0.0, 0.25)),
    ((0.25, 0.0, 0.0), (0.75, 0.75, 0.25), (0.0, 0.25, 0.75)),
)


class FoldedStrokes(nn.Module):
    """`Painter.strokes` for a painter whose weights stay as they are; without gradients."""

    def __init__(self, painter: "Painter"):
        super().__init__()
        half, whole = painter.decoder
        self.register_buffer("to_half", _enlarging(half.weight), persistent=False)
        self.register_buffer("to_whole", _enlarging(whole.weight), persistent=False)
        self.register_buffer("to_picture", _folding(painter.last.weight), persistent=False)

    def forward(self, painter: "Painter", plan: "Plan") -> Tensor:
        half, whole = painter.decoder
        grains = (None, None) if plan.grain is None else plan.grain.split((4, 16), 1)  # folded twice and four times
        x = F.pixel_shuffle(_enlarged(plan.trunk, half, self.to_half), 2)  # (B, C, H/2, W/2)
        if grains[0] is not None:
            x = _with_grain(x, F.pixel_shuffle(grains[0], 2), painter.grain[0].weight[:, :, 0, 0])
        x = _touched(x, *plan.decoder[0])
        x = _enlarged(x, whole, self.to_whole)  # (B, 4 * C, H/2, W/2), folded from here on
        if grains[1] is not None:
            fold = F.pixel_unshuffle(F.pixel_shuffle(grains[1], 4), 2)  # (B, 4, H/2, W/2)
            x = _with_grain(x, fold, torch.kron(painter.grain[1].weight[:, :, 0, 0], torch.eye(4).to(x)))
        x = _touched(x, *(part.repeat_interleave(4, 1) for part in plan.decoder[1]))
        x = F.conv2d(_reflected(x), self.to_picture, painter.last.bias.repeat_interleave(4))  # (B, 12, H/2, W/2)
        return F.pixel_shuffle(x, 2)


def double(x: Tensor) -> Tensor:
    """(B, C, H, W) to (B, C, 2 H, 2 W)."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _with_grain(x: Tensor, grain: Tensor, weight: Tensor) -> Tensor:
    """x (B, C, H, W), channels last in memory, with grain (B, K, H, W) added by weight (C, K). One product in place: a
    convolution of so few channels takes 20 times as long, nearly all of it to bring its answer into x's order."""
    pixels = x.permute(0, 2, 3, 1).flatten(0, 2)  # (B * H * W, C)
    pixels.addmm_(grain.permute(0, 2, 3, 1).flatten(0, 2), weight.T)
    return pixels.unflatten(0, (len(x), *x.shape[2:])).permute(0, 3, 1, 2)


def _touched(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return F.leaky_relu(torch.addcmul(shift, x, 1 + scale), 0.2, inplace=True)


def _enlarging(weight: Tensor) -> Tensor:
    """Of a 3 x 3 convolution over what is enlarged twice, that over what is not, folded: (4 * out, in, 3, 3)."""
    met = weight.new_tensor(_MET)  # (2, 3, 3)
    folded = torch.einsum("yap,xbq,oipq->oyxiab", met, met, weight).flatten(0, 2)
    return folded.contiguous(memory_format=torch.channels_last)


def _folding(weight: Tensor) -> Tensor:
    """Of a 5 x 5 convolution, that from folds to folds: (4 * out, 4 * in, 3, 3)."""
    place = weight.new_zeros(2, 5, 3, 2)  # of a row met from the even or odd row: which fold, which row of it
    for row in range(2):
        for met in range(5):
            fold, within = divmod(row + met, 2)
            place[row, met, fold, within] = 1
    folded = torch.einsum("ypae,xqbf,oipq->oyxiefab", place, place, weight)
    return folded.flatten(3, 5).flatten(0, 2).contiguous(memory_format=torch.channels_last)


def _enlarged(x: Tensor, layer: nn.Conv2d, weight: Tensor) -> Tensor:
    """`layer` over x (B, C, h, w) enlarged twice, folded: (B, 4 * out, h, w)."""
    y = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), weight, layer.bias.repeat_interleave(4))
    # At the outermost rows and columns a kernel meets what was reflected after it had been enlarged.
    folds = y.unflatten(1, (-1, 2, 2))  # (B, out, 2, 2, h, w)
    for edge in (0, -1):
        two = slice(0, 2) if edge == 0 else slice(-2, None)
        row = layer(double(x[:, :, two]))[:, :, edge]  # (B, out, 2 * w)
        folds[:, :, edge, :, edge] = row.unflatten(2, (-1, 2)).mT
        column = layer(double(x[:, :, :, two]))[..., edge]  # (B, out, 2 * h)
        folds[:, :, :, edge, :, edge] = column.unflatten(2, (-1, 2)).mT
    return y


def _reflected(x: Tensor) -> Tensor:
    """Folds (B, 4 * C, h, w) with the two pixels around them that reflection would give, themselves folds."""
    padded = F.pad(x, (1, 1, 1, 1), mode="reflect")  # right for the outer pixel of each fold, the inner follows
    folds = padded.unflatten(1, (-1, 2, 2))  # (B, C, 2, 2, h + 2, w + 2)
    for edge, inner, within in ((0, 1, 1), (-1, -2, 0)):
        folds[:, :, within, :, edge] = folds[:, :, within, :, inner].clone()
        folds[:, :, :, within, :, edge] = folds[:, :, :, within, :, inner].clone()
    return padded
