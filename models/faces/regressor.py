"""The network of `attributes.py`: a small residual regressor (He et al. 2016, arXiv:1512.03385) of 0.7 M parameters."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

AGE_MEAN, AGE_SPREAD = 35.0, 10.0  # years: the unit the network counts age in
OUTPUTS = {"glasses": 1, "smile": 1, "age": 1, "woman": 1, "opacity": 1, "colour": 3, "shape": 5}  # numbers each


class Residual(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.layers(x))


class Regressor(nn.Module):
    """Pictures float (B, 3, 128, 128) in [-1, 1] to raw outputs, a dict of (B, n) by the names of `OUTPUTS`."""

    def __init__(self, widths: tuple[int, ...] = (24, 32, 64, 96, 128)):
        super().__init__()
        layers: list[nn.Module] = []
        inside = 3
        for depth, width in enumerate(widths):
            layers += [nn.Conv2d(inside, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            if depth > 1:  # from 16 px on; finer levels would cost more than all others together
                layers.append(Residual(width))
            inside = width
        self.layers = nn.Sequential(*layers)  # (B, 128, 4, 4)
        self.head = nn.Linear(2 * inside, sum(OUTPUTS.values()))

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        x = F.dropout(self.features(pictures), 0.2, self.training)
        parts = self.head(x).split(list(OUTPUTS.values()), 1)
        return dict(zip(OUTPUTS, parts, strict=True))

    def features(self, pictures: Tensor) -> Tensor:
        """What the last layer reads from, (B, 256)."""
        x = self.layers(pictures)
        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)


def in_units(raw: dict[str, Tensor]) -> dict[str, Tensor]:
    """Raw outputs as what they mean; numbers (B,), "colour" (B, 3) as RGB in 0..255, "shape" (B, 5) probabilities."""
    found = {name: raw[name][:, 0].sigmoid() for name in ("glasses", "smile", "woman", "opacity")}
    found["age"] = AGE_MEAN + AGE_SPREAD * raw["age"][:, 0]
    found["colour"] = 255 * raw["colour"].sigmoid()
    found["shape"] = raw["shape"].softmax(1)
    return found
