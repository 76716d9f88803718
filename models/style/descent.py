"""The descent of `gatys.py`: pixels changed by L-BFGS until some features say of them what they should.

Nocedal 1980; with the strong Wolfe line search, since plain steps overshoot where a layer's style is far away.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.style import losses
from models.style.gatys import Descent
from models.style.losses import Look

ITERATIONS = 4  # of L-BFGS in a step: each costs a pass forward and back or two, and a step one more
_MEMORY = 12  # gradients that L-BFGS remembers
_OVERFLOW = 10.0  # weight of what reaches beyond black and white

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
        goal = Goal(features, photo, style, descent)
        pixels = goal.beginning().requires_grad_()
        solver = torch.optim.LBFGS(
            [pixels], max_iter=ITERATIONS, history_size=_MEMORY, line_search_fn="strong_wolfe", tolerance_change=0.0
        )

    def closure() -> Tensor:
        solver.zero_grad()
        loss = goal.loss(pixels)
        loss.backward()
        return loss

    yield goal.state(0, pixels)
    for step in range(1, descent.steps + 1):
        with torch.inference_mode(False), torch.enable_grad():
            solver.step(closure)
        yield goal.state(step, pixels)


class Goal:
    """What a descent is after: the photo's features in some layers, the style's looks in others."""

    def __init__(self, features: Features, photo: Tensor, style: Sequence[Look], descent: Descent):
        self.features, self.photo, self.style, self.descent, self.passes = features, photo, style, descent, 0
        with torch.no_grad():
            found = features(photo)
        self.content = {layer: found[layer] for layer in descent.content_layers}

    def beginning(self) -> Tensor:
        """What is changed, (1, 3, H, W): the photo, or noise around middle grey."""
        if self.descent.start == "photo":
            return self.photo.clone(memory_format=torch.contiguous_format)  # L-BFGS lays pixels out in a row
        chance = torch.Generator().manual_seed(self.descent.seed)
        return 0.3 * torch.randn(self.photo.shape, generator=chance).to(self.photo)

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
