"""A witness tells the attributes that a picture shows, while the generator trains.

The auxiliary classifier of Odena et al. 2017 (AC-GAN, arXiv:1610.09585) on the features that the perceptual loss has
computed already. It learns from the labels of training faces; what it is for is faces drawn, walked or summed: they
are to show what their w says, glasses or none and never a ghost of them, so that a sum of faces holds.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.faces.engine import ATTRIBUTES

_CHANNELS = 256 + 512  # of the last two of models.losses.PERCEPTUAL_LAYERS
_GLASSES = ATTRIBUTES.index("glasses")


class Witness(nn.Module):
    """Features of PERCEPTUAL_LAYERS to (B, 4), as ATTRIBUTES: glasses as a logit, others in standard deviations."""

    def __init__(self, width: int = 64, side: int = 5):
        super().__init__()
        self.side = side
        self.narrow = nn.Conv2d(_CHANNELS, width, 1)
        self.compare = nn.Conv2d(width, width, 3, padding=1)
        self.tell = nn.Linear(width * side * side, len(ATTRIBUTES))

    def forward(self, features: list[Tensor]) -> Tensor:
        coarse = [F.normalize(f.float(), dim=1) * 8 for f in features[-2:]]
        x = F.leaky_relu(self.narrow(torch.cat(coarse, dim=1)), 0.2)
        x = F.leaky_relu(self.compare(x), 0.2)
        return self.tell(F.adaptive_avg_pool2d(x, self.side).flatten(1)).float()


def contradiction(told: Tensor, attributes: Tensor, worn_above: float) -> Tensor:
    """How far what was told (B, 4) is from the attributes (B, 4), these in standard deviations.

    worn_above: where glasses, in standard deviations, begin to count as worn.
    """
    worn = (attributes[:, _GLASSES] > worn_above).float()
    others = [k for k in range(len(ATTRIBUTES)) if k != _GLASSES]
    glasses = F.binary_cross_entropy_with_logits(told[:, _GLASSES], worn)
    return glasses + F.mse_loss(told[:, others], attributes[:, others])


def unmixed(directions: Tensor, shown: Callable[[Tensor], Tensor], w: Tensor, turn: float = 2.0) -> Tensor:
    """Directions (4, D) mixed anew, so that each moves its own attribute and no other, as far as the witness can see.

    shown: from w (N, D) to attributes (N, 4), in units in which one is as much as another; w: faces (N, D) to turn,
    by `turn` standard deviations both ways. Each moves its own as far as before.
    """
    moves = torch.stack([(shown(w + turn * row) - shown(w - turn * row)).mean(0) for row in directions])  # (4, 4)
    return moves.diag()[:, None] * torch.linalg.solve(moves, directions)
