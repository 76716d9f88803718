"""What every judgement of style transfer needs at hand: what was held out, the painter that ships, a feature network.

Held out are photographs, flowers and faces, of which none was painted in training, and a dozen paintings whose style
the painter never learnt. The wall is the paintings of the collection, which it did.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.cache import ModelCache
from models.faces.bench import mean_and_spread
from models.perceptual import SqueezeNet
from models.style import collection, data, engine, losses
from models.style.engine import Ask
from models.style.gallery import SCALES, scales
from models.style.losses import CONTENT_LAYER, STYLE_LAYERS, Look
from models.style.network import Painter
from models.training import to_pictures, to_tensor

SIDE = 256  # pixels of the long side of what is painted, but where a judgement is of size
STROKES_AT = 384  # pixels of the short side of a painting that is painted after: as training sees them on average
STYLE_MAPS = tuple(range(SCALES * len(STYLE_LAYERS)))  # of `Bench.features`
CONTENT_MAP = STYLE_LAYERS.index(CONTENT_LAYER)
PERCEPTUAL = Path("perceptual") / "squeezenet10-imagenet.safetensors"


@dataclass(frozen=True)
class Model:
    """The painter that ships, as the judgements see it: pictures are uint8 (H, W, 3)."""

    cache: ModelCache | None = None

    def open(self) -> AbstractContextManager[Painter]:
        """The network itself."""
        return engine.open_painter(self.cache)

    def paint(self, photo: NDArray, ask: Ask) -> NDArray:
        return np.asarray(engine.paint(Image.fromarray(photo), ask, cache=self.cache))

    def code_of(self, painting: NDArray) -> NDArray:
        """(code,)"""
        return engine.code_of(Image.fromarray(painting), self.cache)

    @cached_property
    def wall(self) -> dict[str, NDArray]:
        """The codes (code,) of the collection, by slug."""
        return {style.slug: engine.code(style.slug) for style in engine.styles()}


@dataclass(frozen=True)
class Pair:
    """A held-out photo, and a painting to paint it after: pictures uint8 (H, W, 3), the style's code (code,)."""

    photo: NDArray
    painting: NDArray
    code: NDArray


@dataclass(frozen=True)
class Bench:
    """Photos by kind; paintings by stem, those never seen and those of the wall by slug."""

    model: Model
    squeezenet: SqueezeNet
    photos: dict[str, list[NDArray]]
    unseen: dict[str, NDArray]
    wall: dict[str, NDArray]
    _codes: dict[str, NDArray] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, data_folder: Path, morphs: Path, model: Model) -> "Bench":
        """The held-out pictures of the training data."""
        learnt = data.paintings(data_folder)
        return cls(
            model,
            SqueezeNet(data_folder / PERCEPTUAL),
            data.to_paint(data_folder, morphs, held_out=True),
            data.paintings(data_folder, held_out=True),
            {style.slug: learnt[style.painting] for style in collection.STYLES},
        )

    def some_photos(self, count: int, seed: int = 0) -> list[NDArray]:
        """So many held-out photos; the kinds take turns."""
        rng = np.random.default_rng(seed)
        shuffled = [[kind[k] for k in rng.permutation(len(kind))] for kind in self.photos.values()]
        turns = chain.from_iterable(zip(*[_repeated(kind, count) for kind in shuffled]))
        return list(turns)[:count]

    def pairs(self, lot: str, count: int, seed: int = 0) -> list[Pair]:
        """Held-out photos with paintings of a lot, "unseen" or "wall"; none comes twice before each has come once."""
        paintings = self.unseen if lot == "unseen" else self.wall
        names = list(paintings)
        order = np.random.default_rng(seed).permutation(len(names))
        chosen = [names[k] for k in _repeated(order, count)[:count]]
        photos = self.some_photos(count, seed)
        return [Pair(photo, paintings[name], self._code(lot, name)) for photo, name in zip(photos, chosen)]

    def painted(self, pair: Pair, seed: int = 0, strength: float = 1.0) -> NDArray:
        """What the model makes of a pair, its long side `SIDE` px."""
        return self.model.paint(pair.photo, Ask(pair.code, strength=strength, seed=seed, side=SIDE))

    def features(self, pixels: Tensor) -> list[Tensor]:
        """What the losses read of (B, 3, H, W), as in training: SqueezeNet's maps at full size, then at half of it."""
        return [found for picture in scales(pixels) for found in self.squeezenet.features(picture, STYLE_LAYERS)]

    @torch.no_grad()
    def looks(self, painting: NDArray) -> list[Look]:
        """What those features say of a painting's style, (1, ...) a map."""
        return [losses.look(found) for found in self.features(to_tensor([at(painting, STROKES_AT, short=True)]))]

    @torch.no_grad()
    def apart(self, picture: NDArray, photo: NDArray, style: Sequence[Look]) -> dict[str, float]:
        """Content and style loss of a picture, as the painter was trained by, against a photo of its size."""
        ours, own = (self.features(to_tensor([shown])) for shown in (picture, photo))
        return {
            "content": float(losses.content_loss(ours[CONTENT_MAP], own[CONTENT_MAP])),
            "style": float(losses.style_loss([losses.look(found) for found in ours], style)),
        }

    def _code(self, lot: str, name: str) -> NDArray:
        if lot == "wall":
            return self.model.wall[name]
        if name not in self._codes:
            self._codes[name] = self.model.code_of(self.unseen[name])
        return self._codes[name]


def at(picture: NDArray, side: int, short: bool = False) -> NDArray:
    """A picture (H, W, 3) with its long, or short, side at `side` pixels."""
    scale = side / (min if short else max)(picture.shape[:2])
    height, width = (max(1, round(length * scale)) for length in picture.shape[:2])
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))


def square(picture: NDArray, side: int = 160) -> NDArray:
    """The middle of a picture as a square of `side` pixels, for a sheet."""
    short = at(picture, side, short=True)
    top, left = ((length - side) // 2 for length in short.shape[:2])
    return short[top : top + side, left : left + side]


def over(values: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Mean and deviation of each figure."""
    return {name: mean_and_spread([value[name] for value in values]) for name in values[0]}


def as_picture(pixels: Tensor) -> NDArray:
    """(1, 3, H, W) in [-1, 1] to uint8 (H, W, 3)."""
    return to_pictures(pixels)[0]


def _repeated(values: Sequence, count: int) -> list:
    return [values[k % len(values)] for k in range(count)]
