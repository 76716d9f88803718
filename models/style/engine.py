"""What the style room calls: a photo and a style code in, a painting out.

The house model is the network of `network.py`: one pass, any style. Styles are codes: those of `collection.py`, the
code of any painting, mixtures of codes. Strength walks from the photo's own code, which paints the photo itself, to the
style's. Every weight comes through the shared cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.cache import ModelCache, default_cache
from models.cluster import anywhere
from models.errors import BadInput
from models.registry import ModelSpec
from models.style import collection
from models.weights import WEIGHTS

if TYPE_CHECKING:
    import torch

    from models.style.network import Painter

HOUSE = "style/painter"
FILE = WEIGHTS / "style-painter.safetensors"
LONGEST = 1536  # pixels of the long side
SHORTEST = 64  # pixels of the long side that may be asked for
PREVIEW = 384
SEED_LIMIT = 2**31  # seeds are whole numbers below this; the one after the last is 0
_SEEN = 512  # pixels of the long side of a photo whose own code is taken, and of the short side of a painting
_MOST_SEEN = 768  # pixels of the long side of a painting whose code is taken
_LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue: Y of YIQ


@dataclass(frozen=True)
class Ask:
    """How to paint. code: float32 (code,), of a style; strength: 0 (the photo) to 1; keep_colours: only brightness is
    the painting's; seed: moves the strokes; side: pixels of the painting's long side."""

    code: NDArray[np.float32]
    strength: float = 1.0
    keep_colours: bool = False
    seed: int = 0
    side: int = 512


def styles() -> tuple[collection.Style, ...]:
    """The collection, in the order of the wall."""
    return collection.STYLES


def code(slug: str) -> NDArray[np.float32]:
    """The code (code,) of one of `styles()`; BadInput names those there are."""
    collection.style(slug)
    return collection.codes()[slug].copy()


@anywhere(HOUSE)
def code_of(painting: Image.Image, cache: ModelCache | None = None) -> NDArray[np.float32]:
    """The code (code,) of any picture (RGB), as a style."""
    from models.style import tiles

    scale = min(_SEEN / min(painting.size), _MOST_SEEN / max(painting.size))
    with open_painter(cache) as painter, _inference():
        seen = tiles.padded(_tensor(_resized(painting, scale), painter))
        return painter.code(seen)[0].float().cpu().numpy()


def mix(codes: Sequence[NDArray], weights: Sequence[float]) -> NDArray[np.float32]:
    """The style between several: codes (code,), weighted; weights need not sum to 1. BadInput for no or wrong ones."""
    if not len(codes) or len(codes) != len(weights):
        raise BadInput(
            f"A mixture takes as many weights as styles: {len(weights)} weights came for {len(codes)} styles."
        )
    shares = np.array([float(weight) for weight in weights])
    if not np.isfinite(shares).all() or (shares < 0).any() or shares.sum() <= 0:
        raise BadInput("The weights of a mixture are numbers of 0 or more, and not all 0: please move one up.")
    return np.average(np.stack(codes), axis=0, weights=shares).astype(np.float32)


def check(ask: Ask) -> Ask:
    """The ask as it can be met: strength and side within their limits, the seed wrapped. BadInput for what is no number
    and for a code that is not one of the house model's."""
    strength, side = _number(ask.strength, "strength"), _number(ask.side, "size")
    seed = _number(ask.seed, "seed")
    code = np.asarray(ask.code, np.float32)
    if code.ndim != 1 or not np.isfinite(code).all():
        raise BadInput("That is no style: please choose one from the wall, or show a painting.")
    side = round(min(max(side, SHORTEST), LONGEST))
    return Ask(code, min(max(strength, 0.0), 1.0), bool(ask.keep_colours), int(seed) % SEED_LIMIT, side)


@anywhere(HOUSE)
def paint(
    photo: Image.Image,
    ask: Ask,
    on_tile: Callable[[int, int], None] | None = None,
    cache: ModelCache | None = None,
) -> Image.Image:
    """The photo (RGB) painted: RGB, of its shape, its long side `ask.side` px.

    `on_tile` hears (steps done, in all) and ends the work by raising. Raises BadInput for what cannot be asked (see
    `check`), the cache's errors when the model cannot be had.
    """
    from models.style import tiles

    ask = check(ask)
    canvas = _resized(photo.convert("RGB"), ask.side / max(photo.size))
    with open_painter(cache) as painter, _inference():
        picture = tiles.padded(_tensor(canvas, painter))  # (1, 3, H, W)
        style = walk(painter, picture, as_code(ask.code, painter), ask.strength)
        painted = tiles.paint(painter, picture, style, noise_of(painter, ask.seed, picture), on_tile)
    painting = _picture(painted[..., : canvas.height, : canvas.width])
    return in_the_colours_of(canvas, painting) if ask.keep_colours else painting


@contextmanager
def open_painter(cache: ModelCache | None = None) -> Iterator[Painter]:
    """Lease the house painter, in evaluation mode; others may hold it too, so nothing of it may be changed."""
    with (cache or default_cache()).lease(HOUSE) as painter:
        yield painter


def load_painter(spec: ModelSpec) -> Painter:
    """Loader of the registry: the painter with its encoder, in evaluation mode."""
    import torch

    from models import weights
    from models.style.network import Painter, config_of

    painter = Painter(config_of(weights.metadata(FILE)))
    painter.load_state_dict(weights.load(FILE))
    return painter.eval().requires_grad_(False).to(memory_format=torch.channels_last).settle()


def save_painter(painter: Painter, path: Path = FILE) -> Path:
    """What `load_painter` reads: weights in half precision, sizes in their notes."""
    from models import weights
    from models.style.network import notes_of

    return weights.save(path, painter, notes_of(painter.config))


def walk(painter: Painter, picture: torch.Tensor, style: torch.Tensor, strength: float) -> torch.Tensor:
    """The code (1, code) at `strength` on the way from a picture's own (1, 3, H, W) to a style's (1, code)."""
    import torch.nn.functional as F

    from models.style import tiles

    if strength >= 1:
        return style
    scale = _SEEN / max(picture.shape[2:])
    # A photo is looked at in one size, so that preview and print are painted alike.
    seen = F.interpolate(picture, scale_factor=scale, mode="bilinear", antialias=True) if scale < 1 else picture
    own = painter.code(tiles.padded(seen))  # (1, code)
    return own + strength * (style - own)


def noise_of(painter: Painter, seed: int, picture: torch.Tensor) -> torch.Tensor:
    """The brush of a seed: normal noise (1, maps, H/4, W/4) for a picture (1, 3, H, W), the same on any device."""
    import torch

    chance = torch.Generator().manual_seed(seed % SEED_LIMIT)
    height, width = (side // 4 for side in picture.shape[2:])
    return torch.randn(1, painter.config.noise, height, width, generator=chance).to(picture)


def in_the_colours_of(photo: Image.Image, painting: Image.Image) -> Image.Image:
    """The painting's brightness with the photo's colours, RGB (Gatys et al. 2016, arXiv:1606.05897, section 4.2).

    As there, the brightness is first brought to the photo's own mean and deviation.
    """
    own, painted = (np.asarray(picture, np.float32) for picture in (photo, painting))  # (H, W, 3)
    luminance, structure = own @ np.float32(_LUMINANCE), painted @ np.float32(_LUMINANCE)  # (H, W)
    scale = luminance.std() / max(float(structure.std()), 1.0)
    matched = (structure - structure.mean()) * scale + luminance.mean()
    return Image.fromarray((own + (matched - luminance)[..., None]).round().clip(0, 255).astype(np.uint8))


def as_code(code: NDArray, painter: Painter) -> torch.Tensor:
    """(1, code); BadInput where a code of another model was given, as from an old recipe."""
    import torch

    if len(code) != painter.config.code:
        raise BadInput(
            f"That style has {len(code)} numbers and this model's have {painter.config.code}: "
            "please choose the style again."
        )
    return torch.from_numpy(code)[None].to(painter.code_mean)


def _resized(picture: Image.Image, scale: float) -> Image.Image:
    """Bicubic, over all pixels that fall into one: torch takes 3 ms where Pillow takes 8."""
    import torch
    import torch.nn.functional as F

    width, height = (max(1, round(side * scale)) for side in picture.size)
    pixels = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None]  # (1, 3, H, W), channels last
    small = F.interpolate(pixels, (height, width), mode="bicubic", antialias=True)
    return Image.fromarray(small[0].permute(1, 2, 0).contiguous().numpy())


def _tensor(picture: Image.Image, painter: Painter) -> torch.Tensor:
    """RGB to float (1, 3, H, W) in [-1, 1], where the painter is, channels last in memory."""
    import torch

    pixels = torch.from_numpy(np.array(picture))[None].permute(0, 3, 1, 2)
    return pixels.to(painter.code_mean).div(127.5).sub(1).contiguous(memory_format=torch.channels_last)


def _picture(painting: torch.Tensor) -> Image.Image:
    """float (1, 3, H, W) in [-1, 1] to RGB."""
    pixels = ((painting[0].float() + 1) * 127.5).round().clamp(0, 255).byte()
    return Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy())


def _number(value: object, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(f"The {name} is not a number: please set it again.")
    return number


def _inference():
    import torch

    return torch.inference_mode()
