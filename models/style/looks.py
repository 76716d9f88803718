"""What our encoder's layers say of a painting: all that Gatys et al. 2016 take from it, and no picture.

A painting of the collection comes as its Gram matrices and moments in half precision, seen at two sizes, since strokes
have to be as large in pixels as those of the picture they are compared with (`train_looks.py` makes the file).
"""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from models.cache import ModelCache
from models.cluster import anywhere
from models.style import collection
from models.weights import WEIGHTS

if TYPE_CHECKING:
    import torch

    from models.style.losses import Look
    from models.style.network import Encoder

FILE = WEIGHTS / "style-looks.safetensors"
SIDES = (256, 384)  # pixels of the shorter side of a painting; the larger is as training sees them on average
_MOST_LONG = 1.5  # times `side`: a scroll is seen smaller, as in `engine.code_of`


def of_style(slug: str, side: int = SIDES[-1]) -> "list[Look]":
    """A painting of the collection, each layer's look (1, ...), fine to coarse; `side`: of the picture it is for.

    BadInput for an unknown slug, WeightsDamaged where the file is missing or not what was published.
    """
    collection.style(slug)
    stored, name = _read(FILE, FILE.stat().st_mtime_ns if FILE.is_file() else 0), f"{slug}.{_nearest(side)}"
    layers = sum(key.startswith(f"{name}.") and key.endswith(".size") for key in stored)
    return [_unpacked(stored, f"{name}.{layer}") for layer in range(layers)]


@anywhere("style/painter")
def of_picture(painting: Image.Image, side: int = SIDES[-1], cache: ModelCache | None = None) -> "list[Look]":
    """Any picture (RGB) as a painting, each layer's look (1, ...) in main memory; `side` as in `of_style`."""
    from models.style.engine import open_painter

    with open_painter(cache) as painter:
        return of(painter.encoder, painting, _nearest(side))


def mixed(styles: "Sequence[Sequence[Look]]", weights: Sequence[float]) -> "list[Look]":
    """The style between several, layer by layer; weights sum to more than 0."""
    from models.style import losses

    shares = np.asarray(weights, float) / np.sum(weights)
    return [losses.mixed(layer, shares.tolist()) for layer in zip(*styles)]


def of(encoder: "Encoder", painting: Image.Image, side: int) -> "list[Look]":
    """What an encoder's layers say of a painting whose shorter side is `side` pixels: (1, ...) each, in main memory."""
    import torch

    from models.style import losses

    scale = min(side / min(painting.size), _MOST_LONG * side / max(painting.size))
    with torch.no_grad():
        shown = pixels(painting, size(painting, scale), like=encoder.first.weight)  # (1, 3, H, W)
        looks = [losses.look(features) for features in encoder(shown)]
    return [losses.Look(*(part.cpu() for part in look)) for look in looks]


def size(picture: Image.Image, scale: float) -> tuple[int, int]:
    """Width and height of a picture at `scale`, rounded to multiples of the encoder's coarsest stride."""
    width, height = (max(16, round(length * scale / 8) * 8) for length in picture.size)
    return width, height


def pixels(picture: Image.Image, size: tuple[int, int], like: "torch.Tensor") -> "torch.Tensor":
    """A picture as (1, 3, H, W) in [-1, 1], where `like` is."""
    from models.training import to_tensor

    return to_tensor([np.asarray(picture.convert("RGB").resize(size, Image.Resampling.LANCZOS))]).to(like)


def moved(style: "Sequence[Look]", like: "torch.Tensor") -> "list[Look]":
    """The looks on the device where `like` is."""
    from models.style.losses import Look

    return [Look(*(part.to(like.device) for part in look)) for look in style]


def write(encoder: "Encoder", paintings: Mapping[str, Image.Image], path: Path) -> Path:
    """Keep the looks of paintings, by slug, at every size."""
    from models import weights

    tensors: dict[str, torch.Tensor] = {}
    for slug, painting in paintings.items():
        for side in SIDES:
            for layer, look in enumerate(of(encoder, painting, side)):
                tensors |= _packed(look, f"{slug}.{side}.{layer}")
    return weights.save(path, tensors)


def _nearest(side: int) -> int:
    return min(SIDES, key=lambda known: abs(known - side))


def _packed(look: "Look", name: str) -> "dict[str, torch.Tensor]":
    """A look as what half precision holds: in units of its own size, and of the symmetric matrix one half."""
    import torch

    size = look.gram.diagonal(dim1=1, dim2=2).mean().clamp_min(1e-12).sqrt()
    rows, columns = torch.tril_indices(*look.gram.shape[1:])
    return {
        f"{name}.size": size.reshape(1),
        f"{name}.moments": torch.cat([look.mean, look.deviation]) / size,  # (2, C)
        f"{name}.gram": look.gram[0, rows, columns] / size.square(),  # (C * (C + 1) / 2,)
    }


def _unpacked(stored: "dict[str, torch.Tensor]", name: str) -> "Look":
    import torch

    from models.style.losses import Look

    size, moments = stored[f"{name}.size"], stored[f"{name}.moments"]
    channels = moments.shape[1]
    rows, columns = torch.tril_indices(channels, channels)
    gram = torch.zeros(1, channels, channels)
    gram[0, rows, columns] = gram[0, columns, rows] = stored[f"{name}.gram"] * size.square()
    return Look(moments[:1] * size, moments[1:] * size, gram)


@functools.lru_cache(maxsize=2)
def _read(path: Path, _changed: int) -> "dict[str, torch.Tensor]":
    from models import weights

    return weights.load(path)
