"""Pictures inside the page: as data URLs, so that no request is needed and nothing of the disk is to be seen."""

import base64
import io

from PIL import Image


def png_url(png: bytes) -> str:
    """The bytes of a PNG file, recipe and all, as a data URL."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def webp_url(picture: Image.Image, quality: int = 88) -> str:
    """A picture that is only looked at, as a small WebP data URL."""
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=quality)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")
