"""A painting with its doors open: Gram matrices side by side, losses layer by layer, the style let in part by part.

What a style is to Gatys et al. 2016 are the Gram matrices of an encoder's features: how much each pair of channels
fires together, wherever that is. Here they are of the photo, the painting and the result, reduced to the channels that
say most, in the same order in all three, so that one sees the first become the second. The parts of the painter that a
style talks to (Dumoulin et al. 2017) can be given the painting's style one by one, the rest the photo's own.
"""

import copy
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.cache import ModelCache
from models.cluster import anywhere
from models.errors import BadInput
from models.style import looks
from models.style.engine import HOUSE, PREVIEW, Ask
from models.style.gatys import LAYERS

if TYPE_CHECKING:
    from torch import Tensor

    from models.style.losses import Look
    from models.style.network import Painter

CHANNELS = 24  # of a layer are shown, or all where it has fewer
MAPS = 8  # feature maps of a layer are shown
PARTS = {
    "palette": "the colours of the underpainting",
    "detail": "how much of the photo's fine detail stays",
    "shapes": "layers at an eighth of the size: broad shapes and flows",
    "strokes": "layers at a quarter of the size: brush strokes",
    "touch": "the last layers, at full size: grain and edges",
}
_HEAT = np.array([(28, 27, 26), (104, 43, 46), (186, 84, 45), (235, 164, 83), (253, 243, 222)], np.float32)


@dataclass(frozen=True)
class Layer:
    """One layer of the encoder.

    channels: the numbers of those shown, like beside like, most of all layers' have 24; grams: float32 (C, C) of
    "photo", "painting" and "result", 0 to 1 on one scale (the roots of the products, the largest of all three 1);
    content and style: losses of the result; content is how far the layout has moved (2: nothing left), style how far
    the painting still is (`losses.py`); style_before: how far the photo was; maps: the feature maps (MAPS, h, w) of
    "photo" and "result" that fire most, 0 to 1 on one scale a channel.
    """

    name: str
    channels: list[int]
    grams: dict[str, NDArray[np.float32]]
    content: float
    style: float
    style_before: float
    maps: dict[str, NDArray[np.float32]]

    def heat(self, whose: str, side: int = 192) -> Image.Image:
        """A Gram matrix as a picture: RGB, from charcoal (never together) to cream."""
        level = self.grams[whose] * (len(_HEAT) - 1)  # (C, C)
        below = level.astype(int).clip(0, len(_HEAT) - 2)
        share = (level - below)[..., None]
        colours = _HEAT[below] * (1 - share) + _HEAT[below + 1] * share  # (C, C, 3)
        return Image.fromarray(colours.round().astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)


@anywhere(HOUSE)
def look_inside(
    photo: Image.Image, result: Image.Image, style: "Sequence[Look]", cache: ModelCache | None = None
) -> list[Layer]:
    """What the encoder sees in a photo and in what was made of it, beside a style (`looks.py`): its layers, fine to
    coarse.

    Both pictures are RGB and are seen at the result's size, `PREVIEW` px on the longer side at most.
    """
    import torch

    from models.style import losses
    from models.style.engine import open_painter

    with open_painter(cache) as painter, torch.inference_mode():
        here, size, found = painter.code_mean, _size(result), []
        own, made = (painter.encoder(looks.pixels(picture, size, here)) for picture in (photo, result))
        for name, before, after, painting in zip(LAYERS, own, made, looks.moved(style, here)):
            said = {"photo": losses.look(before), "painting": painting, "result": losses.look(after)}
            grams, channels = _reduced({whose: look.gram[0] for whose, look in said.items()})
            style_before, left = (float(losses.style_loss([said[whose]], [painting])) for whose in ("photo", "result"))
            content = float(losses.content_loss(after, before))
            found.append(Layer(name, channels, grams, content, left, style_before, _maps(before[0], after[0])))
    return found


@anywhere(HOUSE)
def paint_parts(photo: Image.Image, ask: Ask, parts: Collection[str], cache: ModelCache | None = None) -> Image.Image:
    """The photo painted with only some `PARTS` of the painter told of the style, the rest of the photo's own: RGB.

    At most `PREVIEW` px on the longer side; of the ask's wishes, code and seed count. BadInput for unknown parts.
    """
    if unknown := sorted(set(parts) - set(PARTS)):
        raise BadInput(f"The painter has no part called {str(unknown[0])[:40]!r}; it has {', '.join(PARTS)}.")
    import torch

    from models.style.engine import noise_of, open_painter
    from models.training import to_pictures

    with open_painter(cache) as painter, torch.inference_mode():
        pixels, own, theirs = _codes(painter, photo, ask)
        told = told_in_part(painter, own, theirs, parts)
        code = torch.cat([(theirs if "palette" in parts else own)[:, :6], own[:, 6:]], 1)
        painted, _ = told(pixels, code, noise_of(painter, ask.seed, pixels))
    return Image.fromarray(to_pictures(painted)[0])


def told_in_part(painter: "Painter", own: "Tensor", theirs: "Tensor", parts: Collection[str]) -> "Painter":
    """A shell of a painter, over the very same weights, that always hears `theirs` in these parts and `own` elsewhere.

    own and theirs: codes (1, code). The painter is shared between threads, so nothing is put into it.
    """
    both = zip(parts_of(painter), painter._style(own), painter._style(theirs), strict=True)
    mixture = [new if part in parts else old for part, old, new in both]
    shell = copy.copy(painter)
    shell._style = lambda _code: mixture
    return shell


def parts_of(painter: "Painter") -> list[str]:
    """To which of `PARTS` each scale and shift belongs, in the order of `painter.sizes`."""
    blocks, deep = (4 * len(layers) for layers in (painter.blocks, painter.deep))
    return ["palette", "detail", *["strokes"] * blocks, *["shapes"] * deep, *["touch"] * 4]


@anywhere(HOUSE)
def asked(photo: Image.Image, ask: Ask, cache: ModelCache | None = None) -> dict[str, float]:
    """How much a style asks of each part: how far its scales and shifts are from the photo's own, root mean square."""
    import torch

    from models.style.engine import open_painter

    with open_painter(cache) as painter, torch.inference_mode():
        _, own, theirs = _codes(painter, photo, ask)
        apart = [(a - b).flatten() for a, b in zip(painter._style(own), painter._style(theirs))]
        lots = {part: [x for x, of in zip(apart, parts_of(painter)) if of == part] for part in PARTS}
    return {part: float(torch.cat(lot).square().mean().sqrt()) for part, lot in lots.items()}


def _codes(painter: "Painter", photo: Image.Image, ask: Ask) -> "tuple[Tensor, Tensor, Tensor]":
    """The photo (1, 3, H, W) at preview size, its own code (1, code) and that of the ask."""
    import torch

    from models.style.engine import check, walk

    ask, here = check(ask), painter.code_mean
    pixels = looks.pixels(photo, _size(photo, min(ask.side, PREVIEW)), here)
    theirs = torch.from_numpy(ask.code)[None].to(here)
    return pixels, walk(painter, pixels, theirs, 0.0), theirs


def _reduced(grams: "dict[str, Tensor]") -> tuple[dict[str, NDArray[np.float32]], list[int]]:
    """Gram matrices (C, C) reduced to the channels that fire most in any of them, alike ones side by side."""
    whole = {which: np.sqrt(gram.float().cpu().numpy().clip(0)) for which, gram in grams.items()}
    loudness = sum(np.square(root.diagonal()) / max(np.square(root.diagonal()).sum(), 1e-12) for root in whole.values())
    loudest = np.sort(np.argsort(-loudness, kind="stable")[:CHANNELS])
    order = loudest[_alike(whole["painting"][np.ix_(loudest, loudest)])]
    shown = {which: root[np.ix_(order, order)] for which, root in whole.items()}
    largest = max(max(float(root.max()) for root in shown.values()), 1e-12)
    return {which: (root / largest).astype(np.float32) for which, root in shown.items()}, order.tolist()


def _alike(root: NDArray) -> NDArray:
    """An order in which channels that fire together are neighbours: along the second eigenvector of their likeness
    (spectral seriation, Atkins, Boman and Hendrickson 1998)."""
    power = np.square(root)
    strength = np.sqrt(power.diagonal().clip(1e-12))
    likeness = power / strength[:, None] / strength  # cosine, (C, C)
    laplacian = np.diag(likeness.sum(1)) - likeness
    _, vectors = np.linalg.eigh(laplacian)
    second = vectors[:, min(1, len(root) - 1)]
    return np.argsort(second * np.sign(second[np.abs(second).argmax()]), kind="stable")


def _maps(own: "Tensor", made: "Tensor") -> dict[str, NDArray[np.float32]]:
    """The channels of (C, h, w) that vary most over the result, of both pictures: (MAPS, h, w)."""
    chosen = made.float().var((1, 2)).topk(min(MAPS, len(made))).indices
    pair = [features[chosen].float().cpu().numpy() for features in (own, made)]
    largest = np.maximum(*(features.max((1, 2), keepdims=True) for features in pair)).clip(1e-12)
    return {which: (features / largest).astype(np.float32) for which, features in zip(("photo", "result"), pair)}


def _size(picture: Image.Image, longest: int = PREVIEW) -> tuple[int, int]:
    """Width and height near the picture's own, the longer one about `longest` px at most."""
    return looks.size(picture, min(1.0, longest / max(picture.size)))
