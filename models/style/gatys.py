"""Style transfer as it began: one picture, changed until it looks like both (Gatys, Ecker and Bethge, CVPR 2016).

No network is trained: the picture is. Its features are drawn to the photo's, the Gram matrices of its features to the
painting's, by L-BFGS as in the paper (section 3), here on our own encoder. It takes hundreds of passes forward and back
where the painter takes one forward, and it is the yardstick that the painter is held against.

Which layers carry style and which carry content is chosen: Gram matrices of the fine ones hold colours and strokes,
those of the coarse ones larger shapes (section 3.3 of the paper, figures 4 and 5).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from models.cache import ModelCache
from models.cluster import anywhere
from models.errors import BadInput

if TYPE_CHECKING:
    from models.style.losses import Look

# Where a descent may start from, with the content layers that suit it, and their weight: noise has its layout to find.
STARTS = {"photo": ((2,), 0.3), "noise": ((1, 2), 4.0)}
LAYERS = ("stride 1", "stride 2", "stride 4", "stride 8")  # of our encoder, fine to coarse
STROKES, SHAPES = (0, 1), (2, 3)  # two halves of the style layers, for a look at what each brings
SHORTEST, LONGEST = 64, 320  # pixels of the longer side
MOST_STEPS = 200


@dataclass(frozen=True)
class Descent:
    """How a picture is made. `side`: pixels of its longer side; layers by number, 0 the finest.

    Weights are of mean losses over the chosen layers, each in its own units (`losses.py`). Content layers and their
    weight are those that suit the start where none are given.
    """

    side: int = 224
    steps: int = 60
    style_layers: tuple[int, ...] = (0, 1, 2, 3)
    content_layers: tuple[int, ...] | None = None
    style_weight: float = 1.0
    content_weight: float | None = None
    smoothness: float = 0.5  # weight of total variation
    start: str = "photo"
    seed: int = 0  # of the noise it starts from

    def settled(self) -> "Descent":
        """The same with nothing left open."""
        layers, weight = STARTS[self.start]
        return replace(
            self,
            content_layers=layers if self.content_layers is None else self.content_layers,
            content_weight=weight if self.content_weight is None else self.content_weight,
        )


@dataclass(frozen=True)
class Moment:
    """Where a descent stands after the `step`-th step (0: before the first) of `of`: losses by layer, and in all."""

    step: int
    of: int
    picture: Image.Image
    content: dict[int, float]
    style: dict[int, float]
    total: float


@anywhere("style/painter")
def paint(
    photo: Image.Image,
    style: "Sequence[Look]",
    descent: Descent = Descent(),  # noqa: B008
    cache: ModelCache | None = None,
    on_step: Callable[[Moment], None] | None = None,
) -> Image.Image:
    """The photo in a style (what the encoder's layers say of it, see `looks.py`): RGB, about `descent.side`
    on its longer side.

    `on_step` hears every step, the beginning too, and ends the work by raising. Raises BadInput for what cannot be
    asked, the cache's errors when the model cannot be had.
    """
    check(descent)
    from models.style import looks
    from models.style.descent import descend
    from models.style.engine import open_painter
    from models.training import to_pictures

    with open_painter(cache) as painter:
        here = painter.code_mean
        pixels = looks.pixels(photo, looks.size(photo, descent.side / max(photo.size)), here)
        for state in descend(painter.encoder, pixels, looks.moved(style, here), descent):
            picture = Image.fromarray(to_pictures(state.pixels)[0])
            if on_step:
                on_step(Moment(state.step, descent.steps, picture, state.content, state.style, state.total))
    return picture


def check(descent: Descent) -> None:
    """BadInput for a descent that cannot be."""
    if not SHORTEST <= descent.side <= LONGEST:
        raise BadInput(f"{descent.side} pixels were asked for; {SHORTEST} to {LONGEST} are possible by optimisation.")
    if not 1 <= descent.steps <= MOST_STEPS:
        raise BadInput(f"{descent.steps} steps were asked for; 1 to {MOST_STEPS} are possible.")
    if descent.start not in STARTS:
        raise BadInput(f"A descent starts from {' or '.join(STARTS)}, not from {str(descent.start)[:40]!r}.")
    chosen = (*descent.style_layers, *descent.settled().content_layers)
    if not all(layer in range(len(LAYERS)) for layer in chosen):
        raise BadInput(f"Layers go from 0 (the finest) to {len(LAYERS) - 1}; {chosen} were asked for.")
    if not chosen:
        raise BadInput("No layer was chosen, so there is nothing to descend to: choose one for style or for content.")
