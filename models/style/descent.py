"""The descent of `gatys.py`: a picture changed by L-BFGS until some features say of it what they should.

Nocedal 1980; with the strong Wolfe line search, since plain steps overshoot where a layer's style is far away. What is
changed is a pyramid, not pixels: a network that halves its maps by strides is easily pleased by specks that nobody
would call a style, and steps that move whole areas lead away from them (Olah et al. 2017, "Feature Visualization",
distill.pub/2017/feature-visualization, on preconditioning).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.style import losses
from models.style.gatys import Descent
from models.style.losses import Look

ITERATIONS = 4  # of L-BFGS in a step: each costs a pass forward and back or two, and a step one more
_MEMORY = 12  # gradients that L-BFGS remembers
_OVERFLOW = 10.0  # weight of what reaches beyond black and white
_LEVELS, _STRONGER = 4, 1.5  # of the pyramid: each level is half as large, and as much stronger
_NOISE = 0.01  # deviation of every level of a picture that starts from noise

Features = Callable[[Tensor], list[Tensor]]


@dataclass(frozen=True)
class State:
    """As `gatys.Moment`, in tensors: pixels (1, 3, H, W) in [-1, 1]; `passes`: forward and back, so far."""

    step: int
    passes: int
    pixels: Tensor
    content: dict[int, float]
    style: dict[int, float]
    total: float


def descend(features: Features, photo: Tensor, style: Sequence[Look], descent: Descent) -> Iterator[State]:
    """The beginning, then every step of a descent that matches `features`, any network's, to a photo's and a style's.

    photo: (1, 3, H, W) in [-1, 1]; style: a look (1, ...) for each of the feature maps.
    """
    with torch.inference_mode(False), torch.enable_grad():
        goal, canvas = Goal(features, photo, style, descent), Canvas(photo, descent)
        solver = torch.optim.LBFGS(
            canvas.levels,
            max_iter=ITERATIONS,
            history_size=_MEMORY,
            line_search_fn="strong_wolfe",
            tolerance_change=0.0,
        )

    def closure() -> Tensor:
        solver.zero_grad()
        loss = goal.loss(canvas.pixels())
        loss.backward()
        return loss

    yield goal.state(0, canvas.pixels())
    for step in range(1, descent.steps + 1):
        with torch.inference_mode(False), torch.enable_grad():
            solver.step(closure)
        yield goal.state(step, canvas.pixels())


class Canvas:
    """What is changed: a ground, the photo or grey, and levels (1, 3, h, w) added to it, each half as large."""

    def __init__(self, photo: Tensor, descent: Descent):
        chance = torch.Generator().manual_seed(descent.seed)
        sizes = [[max(1, side >> level) for side in photo.shape[2:]] for level in range(_LEVELS)]
        noise = _NOISE if descent.start == "noise" else 0.0
        self.ground = torch.zeros_like(photo) if noise else photo
        drawn = [noise * torch.randn(1, 3, *size, generator=chance) for size in sizes]
        self.levels = [level.to(photo.device).requires_grad_() for level in drawn]

    def pixels(self) -> Tensor:
        """The picture, (1, 3, H, W), at times beyond [-1, 1]."""
        finest, *coarser = self.levels
        picture = self.ground + finest
        for number, level in enumerate(coarser, 1):
            whole = F.interpolate(level, size=picture.shape[2:], mode="bicubic", align_corners=False)  # (1, 3, H, W)
            picture = picture + _STRONGER**number * whole
        return picture


class Goal:
    """What a descent is after: the photo's features in some layers, the style's looks in others."""

    def __init__(self, features: Features, photo: Tensor, style: Sequence[Look], descent: Descent):
        self.features, self.style, self.descent, self.passes = features, style, descent.settled(), 0
        with torch.no_grad():
            found = features(photo)
        self.content = {layer: found[layer] for layer in self.descent.content_layers}

    def parts(self, pixels: Tensor) -> tuple[dict[int, Tensor], dict[int, Tensor]]:
        """Content and style losses of a picture, by layer."""
        found = self.features(pixels)
        content = {layer: losses.content_loss(found[layer], own)[0] for layer, own in self.content.items()}
        looks = {layer: (losses.look(found[layer]), self.style[layer]) for layer in self.descent.style_layers}
        return content, {layer: losses.style_loss([ours], [theirs])[0] for layer, (ours, theirs) in looks.items()}

    def loss(self, pixels: Tensor) -> Tensor:
        """What is made small, one number."""
        self.passes += 1
        content, style = self.parts(pixels)
        plain = self.descent.smoothness * losses.total_variation(pixels)[0] + _OVERFLOW * losses.overflow(pixels)[0]
        return plain + self._weighed(content, style)

    def state(self, step: int, pixels: Tensor) -> State:
        """Where a picture stands; judged as it is shown, without what reaches beyond black and white."""
        with torch.no_grad():
            shown = pixels.detach().clamp(-1, 1)
            content, style = self.parts(shown)
            total = float(self._weighed(content, style))
        content, style = ({layer: float(loss) for layer, loss in part.items()} for part in (content, style))
        return State(step, self.passes, shown, content, style, total)

    def _weighed(self, content: dict[int, Tensor], style: dict[int, Tensor]) -> Tensor:
        weights = (self.descent.content_weight, content), (self.descent.style_weight, style)
        return sum(weight * sum(part.values()) / len(part) for weight, part in weights if part)
