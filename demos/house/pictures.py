"""Pictures inside the page: as data URLs, so that no request is needed and nothing of the disk is to be seen."""

import base64
import binascii
import io
from typing import Any

from PIL import Image

from models.errors import BadInput
from models.media import MAX_BYTES, NOT_A_PICTURE, read_picture


def png_url(png: bytes) -> str:
    """The bytes of a PNG file, recipe and all, as a data URL."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def webp_url(picture: Image.Image, quality: int = 88) -> str:
    """A picture that is only looked at, as a small WebP data URL."""
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=quality)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def picture_in(data_url: Any) -> Image.Image:
    """The picture in a data URL that may come from anyone, as RGB. Raises BadInput."""
    if not isinstance(data_url, str) or len(data_url) > 4 / 3 * MAX_BYTES:
        raise BadInput(NOT_A_PICTURE)
    try:
        return read_picture(base64.b64decode(data_url.partition(",")[2], validate=True))
    except (ValueError, binascii.Error) as error:
        raise BadInput(NOT_A_PICTURE) from error
