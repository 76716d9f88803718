"""What was seen of a film, as a page is told it and the examples keep it: a few numbers and two small pictures."""

from string import ascii_lowercase
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.foley import cochlea, keepsake
from models.foley.inside import Inside

COLUMNS = 30  # frames side by side on the sheet of motion
_BAND = 3  # pixels of a band of a cochleagram
# From silence to the loudest: where, and red, green and blue.
_HUES = (
    (0.0, (24, 22, 26)),
    (0.35, (92, 32, 48)),
    (0.65, (190, 70, 46)),
    (0.88, (240, 170, 110)),
    (1.0, (255, 246, 226)),
)


def numbers(inside: Inside) -> dict[str, Any]:
    """Hits as text, the onset curve with what a peak of it has to reach, and what things are taken for, one picture in
    `every` frames. JSON holds it all."""
    watched = inside.watched
    return {
        "hits": keepsake.to_text(watched.hits),
        "seconds": round(watched.seconds, 4),
        "fps": watched.fps,
        "onset": [round(float(height), 3) for height in watched.onset],
        "threshold": round(inside.threshold, 3),
        "made": taken_for(inside.made),
        "every": inside.every,
        "note": watched.note,
    }


def taken_for(made: NDArray) -> str:
    """Probabilities (K, M, 14, 14) as a letter a place, row by row: the likeliest of MATERIALS, in their order; a
    capital where it is likelier than all others together."""
    likeliest, sure = made.argmax(1).ravel(), made.max(1).ravel() > 0.5
    return "".join(ascii_lowercase[one].upper() if so else ascii_lowercase[one] for one, so in zip(likeliest, sure))


def motion_sheet(motion: NDArray) -> Image.Image:
    """Frames of motion uint8 (T, S, S) row by row, COLUMNS side by side: grey."""
    count, side = motion.shape[:2]
    rows = -(-count // COLUMNS)
    sheet = np.zeros((rows * COLUMNS, side, side), np.uint8)
    sheet[:count] = motion
    tiles = sheet.reshape(rows, COLUMNS, side, side).swapaxes(1, 2)  # (R, S, C, S)
    return Image.fromarray(tiles.reshape(rows * side, COLUMNS * side))


def attention(where: NDArray) -> Image.Image:
    """Shares of attention float (T, 8, 8), a frame a row, its 64 places side by side: grey, white where most is."""
    flat = where.reshape(len(where), -1)  # (T, 64)
    return Image.fromarray((255 * flat / np.maximum(flat.max(1, keepdims=True), 1e-9)).round().astype(np.uint8))


def spectrum(cochleagram: NDArray, most: float | None = None) -> Image.Image:
    """A cochleagram (T, BANDS) as a picture, a frame a pixel across, low bands at the bottom; `most` is brightest."""
    grey = cochlea.picture(cochleagram, most)  # (BANDS, T)
    places, colours = zip(*_HUES)
    shades = np.stack([np.interp(np.arange(256) / 255, places, channel) for channel in zip(*colours)], 1)  # (256, 3)
    return Image.fromarray(np.repeat(shades.round().astype(np.uint8)[grey], _BAND, 0))
