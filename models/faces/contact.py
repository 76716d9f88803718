"""Contact sheets: many small faces in one picture, for filmstrips, fields and posters."""

from collections.abc import Sequence

from numpy.typing import NDArray
from PIL import Image

WALL = (246, 244, 239)


def sheet(pictures: Sequence[NDArray], columns: int, side: int, gap: int = 0) -> Image.Image:
    """Pictures uint8 (H, W, 3) as one, RGB: `columns` a row, `side` pixels each, `gap` pixels of wall around each."""
    rows = -(-len(pictures) // columns)
    made = Image.new("RGB", (gap + columns * (side + gap), gap + rows * (side + gap)), WALL)
    for place, picture in enumerate(pictures):
        small = Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)
        made.paste(small, (gap + place % columns * (side + gap), gap + place // columns * (side + gap)))
    return made


def tiles(picture: Image.Image, columns: int) -> list[Image.Image]:
    """The pictures of a sheet of one row again."""
    side = picture.width // columns
    return [picture.crop((k * side, 0, (k + 1) * side, side)) for k in range(columns)]
