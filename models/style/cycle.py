"""Apples to tomatoes and back: what the style room calls for unpaired translation.

CycleGAN (Zhu et al. 2017, arXiv:1703.10593): two networks (`cycle_network.py`), each the way back of the other, that
never saw an apple and a tomato which belong together. They know one fruit on a plain ground, 128 pixels large, so the
fruit is looked for in the photo first. What they add is enlarged to the photo's own size: detail stays the photo's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.cache import ModelCache, default_cache
from models.cluster import anywhere
from models.errors import BadInput
from models.registry import ModelSpec
from models.weights import WEIGHTS

if TYPE_CHECKING:
    import torch

    from models.style.cycle_network import Translator

DIRECTIONS = ("to-tomato", "to-apple")
SIDE = 128  # pixels that the networks see
LONGEST = 512  # pixels of a result
NO_FRUIT = (
    "These two networks know one apple or one tomato on a plain ground, and nothing else; in this photo they could not "
    "make out one, so they worked on all of it as if it were."
)
_SEARCHED = 160  # pixels of the long side of the photo in which a fruit is looked for
_RIM = 0.04  # of the photo's sides: what lies there is the ground
_PLAIN = 26.0  # of 255: three quarters of the rim of a plain ground are no further from its colour than this
_APART = 34.0  # of 255: what is further from it is no ground
_SHADE = 0.2  # how much a difference of brightness counts, beside one of colour: a shadow is ground too
# What apples and tomatoes have in common, measured on held-out ones and on photographs of landscapes and flowers:
_AREA = (0.02, 0.8)  # of the photo
_FILLED = (0.45, 0.93)  # of the box around it: round
_LONGISH = 2.0  # times as long as wide, at most
_ON_RIM = 0.12  # of the rim, at most
_WARM = 0.12  # how much less blue it is than red or green, of the whole
_AROUND = 1.18  # sides of the square cut out, in those of the fruit: as in training


@dataclass(frozen=True)
class Translation:
    """A fruit, what became of it, and back again: RGB squares of one size, SIDE to LONGEST pixels.

    change: what the first network added, on middle grey. note: a sentence for the visitor where no fruit was found,
    else "".
    """

    seen: Image.Image
    result: Image.Image
    back: Image.Image
    change: Image.Image
    note: str


@anywhere("style/cycle-tomato")
def translate(photo: Image.Image, direction: str, cache: ModelCache | None = None) -> Translation:
    """The fruit of a photo (RGB) as one of the other kind, and that translated back.

    direction: one of DIRECTIONS, BadInput for another; the cache's errors when the models cannot be had.
    """
    there, again = keys(direction)
    seen, found = framed(photo.convert("RGB"))
    small = _tensor(seen.resize((SIDE, SIDE), Image.Resampling.BOX if seen.width > SIDE else Image.Resampling.BICUBIC))
    changes, cache = [], cache or default_cache()
    for key in (there, again):
        with cache.lease(key) as translator:
            changes.append(_change(translator, small))
        small = small + changes[-1]
    result, back = _added(seen, changes[0]), _added(seen, changes[0] + changes[1])
    change = _added(Image.new("RGB", seen.size, (128, 128, 128)), 0.5 * changes[0])
    return Translation(seen, result, back, change, "" if found else NO_FRUIT)


def keys(direction: str) -> tuple[str, str]:
    """The registry's keys of the network of a direction, and of that of the way back; BadInput for another."""
    if direction not in DIRECTIONS:
        raise BadInput(f"There is no direction called {str(direction)[:40]!r}: choose {' or '.join(DIRECTIONS)}.")
    named = [f"style/cycle-{name.removeprefix('to-')}" for name in DIRECTIONS]
    return (named[0], named[1]) if direction == DIRECTIONS[0] else (named[1], named[0])


def load_translator(spec: ModelSpec) -> Translator:
    """Loader of the registry: a translator in evaluation mode."""
    import torch

    from models import weights
    from models.style.cycle_network import Translator

    translator = Translator()
    translator.load_state_dict(weights.load(WEIGHTS / f"{spec.key.replace('/', '-')}.safetensors"))
    return translator.eval().requires_grad_(False).to(memory_format=torch.channels_last)


# ---------------------------------------------------------------- finding the fruit


def framed(photo: Image.Image) -> tuple[Image.Image, bool]:
    """The square of a photo that holds its fruit, SIDE to LONGEST pixels; all of it, and False, where none is found.

    A square that reaches beyond the photo is filled up with the photo's own edge.
    """
    box = _fruit(photo)
    width, height = photo.size
    x, y, side = box or (width / 2, height / 2, max(width, height))
    pixels = int(np.clip(round(side), SIDE, LONGEST))
    return _square(photo, x - side / 2, y - side / 2, side, pixels), box is not None


def _fruit(photo: Image.Image) -> tuple[float, float, float] | None:
    """Centre x, y and side, in pixels, of the square around the one thing on a plain ground; None where there is none.

    The ground is the colour of the photo's rim.
    """
    scale = min(1.0, _SEARCHED / max(photo.size))
    size = tuple(max(8, round(side * scale)) for side in photo.size)
    small = np.asarray(photo.resize(size, Image.Resampling.BOX), np.float32)  # (h, w, 3)
    rim = np.zeros(small.shape[:2], bool)
    wide = max(1, round(_RIM * min(size)))
    rim[:wide] = rim[-wide:] = rim[:, :wide] = rim[:, -wide:] = True
    away = _differences(small, np.median(small[rim], axis=0))  # (h, w)
    if np.quantile(away[rim], 0.75) > _PLAIN:
        return None
    mask = away > _APART
    rows, columns = _extent(mask, 1), _extent(mask, 0)
    if rows is None or columns is None or mask[rim].mean() > _ON_RIM or not _fruity(small, mask, rows, columns):
        return None
    to_photo = np.array(photo.size) / size
    centre = np.array([sum(columns), sum(rows)]) / 2 * to_photo
    long = max((columns[1] - columns[0]) * to_photo[0], (rows[1] - rows[0]) * to_photo[1])
    return float(centre[0]), float(centre[1]), float(long * _AROUND)


def _fruity(picture: NDArray, mask: NDArray, rows: tuple[int, int], columns: tuple[int, int]) -> bool:
    """Whether what a mask (h, w) covers of (h, w, 3), in a box, has the size, the form and the colours of a fruit."""
    height, width = rows[1] - rows[0], columns[1] - columns[0]
    filled = mask[slice(*rows), slice(*columns)].mean()
    red, green, blue = np.median(picture[mask], axis=0)
    warm = (max(red, green) - blue) / max(red, green, blue, 1.0)
    sized = _AREA[0] < mask.mean() < _AREA[1] and _FILLED[0] < filled < _FILLED[1]
    return bool(sized and max(height, width) < _LONGISH * min(height, width) and warm > _WARM)


def _differences(picture: NDArray, colour: NDArray) -> NDArray:
    """How far each pixel of (h, w, 3) is from a colour (3,), in 0..255 or so; less for its brightness: (h, w)."""
    apart = picture - colour
    bright = apart.mean(-1, keepdims=True)
    return np.sqrt(np.square(apart - bright).sum(-1) + 3 * np.square(_SHADE * bright[..., 0]))


def _extent(mask: NDArray, axis: int) -> tuple[int, int] | None:
    """From where to where a mask (h, w) reaches across the other axis, its stalk included; None for specks alone."""
    lines = mask.sum(axis)
    (filled,) = np.nonzero(lines > 0.03 * mask.shape[axis])
    if not filled.size:
        return None
    first, last = int(filled[0]), int(filled[-1])
    while first > 0 and lines[first - 1]:
        first -= 1
    while last + 1 < len(lines) and lines[last + 1]:
        last += 1
    return first, last + 1


def _square(photo: Image.Image, left: float, top: float, side: float, pixels: int) -> Image.Image:
    """A square of a photo, `side` of its pixels wide, as `pixels` pixels; beyond its edge, the edge goes on."""
    scale = pixels / side
    shown = photo.resize(
        tuple(max(1, round(length * scale)) for length in photo.size), Image.Resampling.LANCZOS, reducing_gap=2.0
    )
    across, down = (np.arange(pixels) + round(start * scale) for start in (left, top))
    array = np.asarray(shown)
    rows, columns = (np.clip(at, 0, length - 1) for at, length in zip((down, across), array.shape))
    return Image.fromarray(array[rows[:, None], columns])  # (pixels, pixels, 3)


# ---------------------------------------------------------------- pictures and tensors


def _change(translator: Translator, small: torch.Tensor) -> torch.Tensor:
    """What a translator adds to (1, 3, SIDE, SIDE), so that nothing leaves [-1, 1]; in main memory."""
    import torch

    parameter = next(translator.parameters())
    with torch.inference_mode():
        change = translator.change(small.to(parameter)).to(small)
    return (small + change).clamp(-1, 1) - small


def _tensor(picture: Image.Image) -> torch.Tensor:
    """RGB to float (1, 3, H, W) in [-1, 1]."""
    import torch

    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1


def _added(picture: Image.Image, change: torch.Tensor) -> Image.Image:
    """A square picture with a change (1, 3, SIDE, SIDE) added, enlarged to its size."""
    import torch.nn.functional as F

    if picture.width != SIDE:
        # With antialiasing, axis by axis: a third of the time.
        change = F.interpolate(change, size=picture.size, mode="bicubic", antialias=True)  # (1, 3, H, W)
    pixels = ((_tensor(picture) + change + 1) * 127.5).round().clamp(0, 255).byte()
    return Image.fromarray(pixels[0].permute(1, 2, 0).numpy())
