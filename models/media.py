"""Pictures and films in and out: whatever a visitor uploads becomes plain RGB or one clear sentence, and whatever
they save carries its own recipe: in a text chunk of a PNG (specification, third edition, section 11.3.3), in the
comment of an MP4.
"""

from __future__ import annotations

import functools
import io
import json
import os
import re
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from models import mp4
from models.errors import BadInput

MAX_BYTES = 20 * 2**20
MAX_FILM_BYTES = 200 * 2**20
MAX_PIXELS = 40_000_000
RECIPE_KEY = "vernissage"
RECIPE_MAX_CHARS = 500_000
SEED_LIMIT = 2**53  # what JavaScript, and so a link or a page, can hold exactly

# Decoders that call other programs (EPS) or that no camera or phone writes are left out on purpose.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
NOT_A_PICTURE = "That file is not a picture we can read. Please choose a PNG, JPEG, WebP, GIF, TIFF or BMP."
DAMAGED = "That picture is damaged and stops half way. Please save it again and choose the new file."
NO_RECIPE = "That file carries no recipe. Only PNG pictures and MP4 films saved from this gallery do."
NOT_FOUND = "That file could not be found. Please choose it again."

PictureSource = str | os.PathLike | bytes | Image.Image | np.ndarray


# ---------------------------------------------------------------- reading


def read_picture(source: PictureSource, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Read any picture as RGB, upright, at its own size.

    source: a file's path or bytes, a PIL image, or an array (H, W), (H, W, 1|3|4), uint8 or uint16, or
    float in [0, 1]. Transparency goes over white, an animation gives its first frame, and 16-bit, palette
    and CMYK pictures become 8-bit RGB. The size is judged from the header, before anything is decoded.

    Raises BadInput for what is too large, damaged or no picture.
    """
    if isinstance(source, np.ndarray):
        return _over_white(_from_array(source, max_pixels))
    image = source if isinstance(source, Image.Image) else _open(source, max_bytes)
    _check_size(*image.size, max_pixels)
    try:
        if image.tell():  # not "n_frames": that reads an animation to its end, which may be a million frames away
            image.seek(0)
        image.load()
        return _over_white(_eight_bit(ImageOps.exif_transpose(image)))
    # Decoders raise whatever the damage makes them raise: struct.error, IndexError, SyntaxError, zlib.error.
    except Exception as error:
        raise BadInput(DAMAGED) from error


def _open(source: str | os.PathLike | bytes, max_bytes: int, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """Open a picture's header; the pixels stay undecoded."""
    try:
        size = len(source) if isinstance(source, bytes) else os.path.getsize(source)
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(NOT_FOUND) from error
    if size > max_bytes:
        raise BadInput(
            f"That file has {size / 2**20:.0f} MB; the gallery takes {max_bytes / 2**20:.0f} MB at most. "
            "Please choose a smaller picture."
        )
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        return Image.open(file, formats=_installed(formats))
    except Image.DecompressionBombError as error:
        raise BadInput(_too_many_pixels("more than 178", MAX_PIXELS)) from error
    except Exception as error:
        raise BadInput(NOT_A_PICTURE) from error


@functools.cache
def _installed(formats: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the formats that this build of Pillow reads: naming another (AVIF before 11.3) is a KeyError."""
    Image.init()
    return tuple(name for name in formats if name in Image.OPEN)


def _too_many_pixels(megapixels: str, max_pixels: int) -> str:
    return (
        f"That picture has {megapixels} megapixels; the gallery takes {max_pixels / 1e6:.0f} at most. "
        "Please choose a smaller one."
    )


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise BadInput(_too_many_pixels(f"{width * height / 1e6:.0f}", max_pixels))
    if width * height == 0:
        raise BadInput("That picture is empty. Please choose another.")


def _from_array(array: np.ndarray, max_pixels: int) -> Image.Image:
    """An array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) as a picture."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]  # (H, W)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise BadInput(NOT_A_PICTURE)
    _check_size(array.shape[1], array.shape[0], max_pixels)
    if array.dtype == np.uint16:
        array = array // 257
    elif array.dtype == bool or np.issubdtype(array.dtype, np.floating):
        array = np.nan_to_num(array.astype(np.float32)).clip(0, 1) * 255 + 0.5
    return Image.fromarray(np.ascontiguousarray(array.clip(0, 255).astype(np.uint8)))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Bring 16-bit, 32-bit and float grey down to 8 bits; PIL's own convert() would clip them to white."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))  # (H, W)
    top = float(values.max(initial=0.0))
    scale = 255.0 if top <= 1.0 and image.mode == "F" else 1.0 if top <= 255.0 else 255.0 / 65535.0
    return Image.fromarray((values * scale).clip(0, 255).astype(np.uint8))


def _over_white(image: Image.Image) -> Image.Image:
    """Any 8-bit mode to RGB, with transparency laid over white paper."""
    if not (image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info):
        return image.convert("RGB")
    image = image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


# ---------------------------------------------------------------- recipes


@dataclass(frozen=True)
class Recipe:
    """All it takes to make a result again: the demo, the model and its version, the seed, the settings."""

    demo: str
    model: str
    version: str
    seed: int
    settings: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The recipe as one line of ASCII JSON. Raises ValueError for settings that JSON cannot hold."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read a recipe that may come from anyone. Raises BadInput when it is not one of ours."""
        try:
            if len(text) > RECIPE_MAX_CHARS:
                raise ValueError("too long")
            recipe = cls(**json.loads(text, parse_constant=_no_constant))
            recipe._check()
        except (ValueError, TypeError, RecursionError) as error:
            raise BadInput("That recipe cannot be read. Please use a PNG or an MP4 saved from this gallery.") from error
        return recipe

    def _check(self) -> None:
        if not (isinstance(self.demo, str) and re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", self.demo)):
            raise ValueError("demo")
        if not all(isinstance(name, str) and len(name) <= 200 for name in (self.model, self.version)):
            raise ValueError("model or version")
        if type(self.seed) is not int or not 0 <= self.seed < SEED_LIMIT:
            raise ValueError("seed")
        if not isinstance(self.settings, dict):
            raise ValueError("settings")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def sign(image: Image.Image, recipe: Recipe) -> Image.Image:
    """A copy of the picture that keeps its recipe when a PNG writer that copies ``info`` saves it."""
    signed = image.copy()
    signed.info = {RECIPE_KEY: recipe.to_json()}
    return signed


def picture_bytes(image: Image.Image, recipe: Recipe) -> bytes:
    """The picture as a PNG file whose text chunk "vernissage" holds the recipe."""
    text = PngInfo()
    text.add_text(RECIPE_KEY, recipe.to_json())
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=text, compress_level=4)
    return file.getvalue()


def film_tags(recipe: Recipe) -> list[str]:
    """What makes ffmpeg write the recipe into an MP4: parameters for its command line."""
    return mp4.comment_tags(f"{RECIPE_KEY} {recipe.to_json()}")


def read_recipe(source: str | os.PathLike | bytes | Image.Image) -> Recipe:
    """The recipe inside a saved picture or film. Raises BadInput when there is none or it cannot be read."""
    film = None if isinstance(source, Image.Image) else _film(source)
    if film is not None:
        key, _, text = (mp4.comment_in(film) or "").partition(" ")
        text = text if key == RECIPE_KEY else None
    else:
        image = source if isinstance(source, Image.Image) else _open(source, MAX_BYTES, formats=("PNG",))
        text = image.info.get(RECIPE_KEY)
    if not isinstance(text, str):
        raise BadInput(NO_RECIPE)
    return Recipe.from_json(text)


def _film(source: str | os.PathLike | bytes) -> bytes | None:
    """The bytes of an MP4 file no larger than a film of ours may be; None for anything else."""
    try:
        if isinstance(source, bytes):
            return source if mp4.is_mp4(source) else None
        with open(source, "rb") as file:
            data = file.read(12)
            return data + file.read(MAX_FILM_BYTES) if mp4.is_mp4(data) else None
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(NOT_FOUND) from error
