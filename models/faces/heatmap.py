"""The network that looks for faces: one heat map of places between two eyes, and where the pupils and the mouth are.

Objects as points (Zhou, Wang and Krähenbühl 2019, arXiv:1904.07850): a face is the peak it leaves in a heat map, and
what else is to be known of it is regressed at that peak. A small U-Net carries the view of the whole head back to a
quarter of the picture's size. Fully convolutional, so it reads pictures of any size.
"""

import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 4  # pixels a cell of the heat map stands for
POINTS = 3  # left pupil, right pupil (of the picture), middle of the mouth
REACH = 16.0  # pixels: the unit of the regressed offsets


def _conv(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class Block(nn.Module):
    """A residual pair of convolutions."""

    def __init__(self, channels: int):
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))


class Locator(nn.Module):
    """Pictures (B, 3, H, W) in [-1, 1], H and W multiples of 16, to logits (B, H/4, W/4) and points
    (B, 3, 2, H/4, W/4): offsets (x, y) in pixels from the cell's middle."""

    def __init__(self, widths: tuple[int, int, int, int] = (24, 48, 64, 128)):
        super().__init__()
        half, quarter, eighth, sixteenth = widths
        self.stem = nn.Sequential(_conv(3, half, 2), _conv(half, quarter, 2), Block(quarter))
        self.down8 = nn.Sequential(_conv(quarter, eighth, 2), Block(eighth))
        self.down16 = nn.Sequential(_conv(eighth, sixteenth, 2), Block(sixteenth), Block(sixteenth))
        self.narrow8 = nn.Conv2d(sixteenth, eighth, 1)
        self.up8 = _conv(eighth, eighth)
        self.narrow4 = nn.Conv2d(eighth, quarter, 1)
        self.up4 = Block(quarter)
        self.head = nn.Conv2d(quarter, 1 + 2 * POINTS, 1)
        nn.init.constant_(self.head.bias[0], -4.0)  # faces are rare: begin by seeing none

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        quarter = self.stem(pictures)  # (B, 48, H/4, W/4)
        eighth = self.down8(quarter)  # (B, 64, H/8, W/8)
        x = F.interpolate(self.narrow8(self.down16(eighth)), scale_factor=2.0, mode="bilinear")
        x = F.interpolate(self.narrow4(self.up8(x + eighth)), scale_factor=2.0, mode="bilinear")
        x = self.head(self.up4(x + quarter))  # (B, 7, H/4, W/4)
        return x[:, 0], x[:, 1:].unflatten(1, (POINTS, 2)) * REACH
