"""What the tests of the style-transfer room share: an order, and pictures."""

import base64
import io

import numpy as np
from PIL import Image

from demos.style import mixing
from models.style.network import TINY

OWN = mixing.own_text(np.linspace(-1, 1, TINY.code, dtype=np.float32))
ORDER = {"photo": "pond", "style": "great-wave", "strength": 0.8, "keep_colours": False, "seed": 5, "side": 256}
MIX = "great-wave,kabuki,jungle,madhubani@0.25,0.6"


def blots(width: int = 120, height: int = 80, seed: int = 0) -> Image.Image:
    """Blurred blots of colour."""
    small = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def data_url(picture: Image.Image, kind: str = "PNG", **options) -> str:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return f"data:image/{kind.lower()};base64," + base64.b64encode(file.getvalue()).decode()


def shown(url: str) -> Image.Image:
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
        return picture.convert("RGB")


def apart(a: Image.Image, b: Image.Image) -> float:
    assert a.size == b.size
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())
