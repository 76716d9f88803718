"""What materials look like: textures from noise, several looks each, uint8 (TEXTURE, TEXTURE, 3), RGB.

A texture shows `metres(name)` of the material from side to side, so that grain, pebbles and leaves have their size.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

TEXTURE = 256
_METRES = {"gravel": 0.45, "leaves": 0.7, "stone": 0.9, "wood": 0.6, "water": 0.8, "ceramic": 0.6, "cloth": 0.5}
_Y, _X = np.mgrid[0:TEXTURE, 0:TEXTURE].astype(np.float32) / TEXTURE


def metres(name: str) -> float:
    """How much of the material a texture shows."""
    return _METRES.get(name, 0.5)


def texture(name: str, rng: Generator) -> NDArray:
    """One look of a material, uint8 (TEXTURE, TEXTURE, 3)."""
    return np.clip(_LOOKS[name](rng), 0, 255).astype(np.uint8)


def hsv(h: float, s: float, v: float) -> NDArray:
    """A colour, RGB 0..255, from hue, saturation and value 0..1."""
    channels = np.abs((h * 6 + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1
    return 255 * v * (1 - s + s * channels.clip(0, 1))


def noise(rng: Generator, cells: tuple[float, float], octaves: int = 4, fade: float = 0.55) -> NDArray:
    """Smooth noise, float32 (TEXTURE, TEXTURE), 0..1; cells: bumps down and across in the coarsest octave."""
    total = np.zeros((TEXTURE, TEXTURE), np.float32)
    for octave in range(octaves):
        down, across = (int(min(max(count * 2**octave, 2), TEXTURE)) for count in cells)
        bumps = rng.standard_normal((down, across), np.float32)
        total += fade**octave * cv2.resize(bumps, (TEXTURE, TEXTURE), interpolation=cv2.INTER_CUBIC)
    low, high = np.percentile(total[::4, ::4], [1, 99])
    return ((total - low) / max(high - low, 1e-6)).clip(0, 1)


def between(a: NDArray, b: NDArray, share: NDArray) -> NDArray:
    """Colours from a to b (3,), float32 (H, W, 3). Channel by channel: numpy is slow over an axis as short as three."""
    share = share.astype(np.float32)
    return cv2.merge([share * np.float32(to - here) + np.float32(here) for here, to in zip(a, b)])


def scaled(picture: NDArray, factor: NDArray) -> NDArray:
    """A picture (H, W, 3) times a factor of each of its pixels (H, W), in the picture's own type."""
    depth = cv2.CV_8U if picture.dtype == np.uint8 else cv2.CV_32F
    return cv2.multiply(picture, cv2.merge([factor.astype(np.float32)] * 3), dtype=depth)


def brightened(picture: NDArray, by: NDArray) -> NDArray:
    """A picture (H, W, 3) and on top of it as much grey at each of its pixels (H, W), in the picture's own type."""
    depth = cv2.CV_8U if picture.dtype == np.uint8 else cv2.CV_32F
    return cv2.add(picture, cv2.merge([by.astype(np.float32)] * 3), dtype=depth)


def grain(picture: NDArray, rng: Generator, amount: float) -> NDArray:
    """The picture with fine noise."""
    return brightened(picture, amount * rng.standard_normal((TEXTURE, TEXTURE), np.float32))


def _wood(rng: Generator) -> NDArray:
    base = hsv(rng.uniform(0.045, 0.11), rng.uniform(0.3, 0.7), rng.uniform(0.35, 0.92))
    warp = noise(rng, (2, 3), 3)
    fibres = noise(rng, (3, 60), 3, 0.8)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (rng.uniform(5, 16) * _X + rng.uniform(1, 3) * warp))
    picture = between(base * rng.uniform(0.45, 0.7), base, 0.45 * rings + 0.55 * fibres)
    boards = rng.choice([0, 0, 2, 3, 5])
    if boards:
        edge = (_X * boards) % 1
        picture = scaled(picture, 0.85 + 0.3 * rng.random(boards)[(_X * boards).astype(int)])
        picture = scaled(picture, 1 - 0.65 * ((edge < 0.03) | (edge > 0.985)))
    for _ in range(rng.integers(0, 3)):  # knots
        far = np.hypot(_X - rng.random(), 0.6 * (_Y - rng.random())) / rng.uniform(0.02, 0.05)
        picture = scaled(picture, 1 - 0.6 * np.exp(-(far**2)))
    return picture


def _metal(rng: Generator) -> NDArray:
    tint = [(0.62, 0.65, 0.69), (0.84, 0.72, 0.42), (0.78, 0.5, 0.36), (0.32, 0.33, 0.36)]
    base = 255 * np.array(tint[rng.choice(4, p=[0.62, 0.17, 0.05, 0.16])]) * rng.uniform(0.75, 1.2)
    brushed = noise(rng, (90, 2), 3, 0.8)
    picture = between(base * 0.62, base * 1.12, 0.65 * brushed + 0.35 * noise(rng, (2, 2), 2))
    for _ in range(rng.integers(0, 3)):  # what is reflected
        band = np.exp(-(((_Y - rng.random()) / rng.uniform(0.02, 0.15)) ** 2))
        picture = brightened(picture, 255 * rng.uniform(0.1, 0.4) * band)
    if rng.random() < 0.3:
        rust = np.clip(noise(rng, (4, 4), 5, 0.7) * 2.2 - 1.2, 0, 1)
        picture = scaled(picture, 1 - rust) + between(np.zeros(3), hsv(0.05, 0.7, 0.45), rust)
    return picture


def _glass(rng: Generator) -> NDArray:
    base = hsv(rng.uniform(0.38, 0.6), rng.uniform(0.04, 0.35), rng.uniform(0.45, 0.9))
    picture = between(base * 0.65, base * 1.05, noise(rng, (2, 2), 3))
    slant = rng.uniform(-1.2, 1.2)
    for _ in range(rng.integers(2, 5)):
        streak = np.abs((_X + slant * _Y - rng.uniform(-0.5, 1.5)) / rng.uniform(0.01, 0.07)) < 1
        light = 255 * rng.uniform(0.1, 0.4) * cv2.GaussianBlur(streak.astype(np.float32), (0, 0), 2)
        picture = brightened(picture, light)
    return picture


def _ceramic(rng: Generator) -> NDArray:
    pale = rng.random() < 0.6
    base = hsv(rng.random(), rng.uniform(0, 0.12 if pale else 0.75), rng.uniform(0.75 if pale else 0.4, 1))
    picture = between(base * 0.93, base, noise(rng, (3, 3), 3))
    manner = rng.integers(3)
    if manner == 0:  # tiles
        count = rng.integers(2, 6)
        u, v = (_X * count) % 1, (_Y * count) % 1
        cell = (_Y * count).astype(int) * count + (_X * count).astype(int)
        picture = scaled(picture, rng.uniform(0.88, 1.05, count * count)[cell])
        joint = np.minimum.reduce([u, 1 - u, v, 1 - v]) < 0.03
        picture[joint] = 255 * rng.uniform(0.3, 0.85)
    elif manner == 1:  # glazed bands
        picture[np.abs(_Y % 0.5 - 0.25) < rng.uniform(0.02, 0.08)] = hsv(rng.random(), 0.7, rng.uniform(0.2, 0.7))
    else:
        picture[noise(rng, (40, 40), 2) > 0.92] *= 0.6  # speckled stoneware
    return picture


def _plastic(rng: Generator) -> NDArray:
    base = (
        hsv(rng.random(), rng.uniform(0.55, 1), rng.uniform(0.4, 1)) if rng.random() < 0.75 else hsv(0, 0, rng.random())
    )
    picture = between(base * 0.86, base, noise(rng, (2, 2), 2))
    if rng.random() < 0.4:
        ribs = rng.integers(4, 14)
        picture = scaled(picture, 1 - 0.25 * (np.abs((_X * ribs) % 1 - 0.5) < 0.12))
    return picture


def _stone(rng: Generator) -> NDArray:
    base = hsv(rng.uniform(0.03, 0.15), rng.uniform(0, 0.25), rng.uniform(0.35, 0.8))
    picture = between(base * 0.7, base * 1.1, noise(rng, (4, 4), 5, 0.7))
    speckle = noise(rng, (100, 100), 2)
    picture[speckle > 0.82] *= 1.35
    picture[speckle < 0.16] *= 0.55
    manner = rng.integers(4)
    if manner == 0:  # slabs or bricks
        rows, columns = rng.integers(2, 6), rng.integers(1, 4)
        row = (_Y * rows).astype(int)
        u, v = (_X * columns + 0.5 * (row % 2)) % 1, (_Y * rows) % 1
        if rng.random() < 0.5:
            picture *= np.array([1.25, 0.8, 0.66])
        picture[(np.abs(u - 0.5) > 0.475) | (v < 0.07)] = 255 * rng.uniform(0.25, 0.7)
    elif manner == 1:  # veins of marble
        vein = np.abs(noise(rng, (3, 3), 5, 0.6) - 0.5)
        picture = between(base * 0.5, hsv(0.1, 0.04, rng.uniform(0.3, 0.98)), (vein * 9).clip(0, 1))
    return picture


def _cardboard(rng: Generator) -> NDArray:
    base = hsv(rng.uniform(0.075, 0.1), rng.uniform(0.35, 0.52), rng.uniform(0.55, 0.82))
    picture = between(base * 0.9, base * 1.05, noise(rng, (3, 3), 4))
    picture = scaled(picture, 1 - 0.06 * (np.sin(2 * np.pi * 40 * _Y) > 0.6))  # what is corrugated shows through
    if rng.random() < 0.6:  # a strip of tape
        strip = np.abs(_X - rng.uniform(0.3, 0.7)) < rng.uniform(0.04, 0.08)
        picture[strip] = picture[strip] * 0.75 + hsv(0.1, 0.35, rng.uniform(0.5, 1)) * 0.3
    for _ in range(rng.integers(0, 4)):  # print
        top, left = rng.integers(20, TEXTURE - 60, 2)
        picture[top : top + rng.integers(4, 30), left : left + rng.integers(10, 50)] *= 0.35
    return grain(picture, rng, 4)


def _cloth(rng: Generator) -> NDArray:
    base, other = hsv(rng.random(), rng.uniform(0, 0.8), rng.uniform(0.2, 0.95)), hsv(rng.random(), 0.5, rng.random())
    folds = noise(rng, (3, 3), 2)
    picture = between(base * 0.6, base * 1.1, folds)
    weave = np.sin(2 * np.pi * 64 * _X) * np.sin(2 * np.pi * 64 * _Y)
    picture = scaled(picture, 1 + 0.12 * weave)
    manner = rng.integers(4)
    if manner:
        count = rng.integers(3, 10)
        lines = ((_X * count) % 1 < 0.3) if manner < 3 else np.zeros_like(_X, bool)
        lines = lines ^ ((_Y * count) % 1 < 0.3) if manner > 1 else lines
        picture[lines] = 0.5 * picture[lines] + 0.5 * other * (0.6 + 0.4 * folds[lines])[:, None]
    return picture


def _drum(rng: Generator) -> NDArray:
    coated = rng.random() < 0.7
    base = hsv(rng.uniform(0.08, 0.14), rng.uniform(0.02, 0.35), rng.uniform(0.75, 0.98)) if coated else hsv(0, 0, 0.25)
    picture = between(base * 0.88, base, noise(rng, (3, 3), 4))
    far = np.hypot(_X - 0.5, _Y - 0.5)
    picture = scaled(picture, 1 - 0.22 * np.exp(-((far / rng.uniform(0.1, 0.25)) ** 2)) * noise(rng, (6, 6), 3))  # worn
    if rng.random() < 0.3:
        picture[np.abs(far - rng.uniform(0.1, 0.3)) < 0.01] *= 0.5
    return picture


def _skin(rng: Generator) -> NDArray:
    base = skin(rng)
    return grain(between(base * 0.85, base * 1.05, noise(rng, (4, 4), 4)), rng, 3)


def skin(rng: Generator) -> NDArray:
    """A colour of skin, RGB 0..255, over the whole range that people have."""
    light = rng.uniform(0.25, 0.97)
    return hsv(rng.uniform(0.03, 0.075), np.clip(rng.uniform(0.28, 0.5) + 0.25 * (0.6 - light), 0.2, 0.65), light)


def pebbles(rng: Generator, count: int) -> tuple[NDArray, NDArray]:
    """Cells of scattered points: which cell, int (TEXTURE, TEXTURE), and how far inside it, 0..1."""
    side = 96
    spots = (np.stack(np.meshgrid(np.arange(count), np.arange(count)), -1) + rng.random((count, count, 2))) / count
    y, x = np.mgrid[0:side, 0:side] / side
    cell = np.stack([(y * count).astype(int), (x * count).astype(int)], -1)  # (side, side, 2)
    nearest = np.full((side, side, 2), 9.0)
    owner = np.zeros((side, side), int)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            row, column = (cell[..., 0] + dy).clip(0, count - 1), (cell[..., 1] + dx).clip(0, count - 1)
            spot = spots[row, column]
            far = np.hypot(x - spot[..., 0], y - spot[..., 1])
            closer = far < nearest[..., 0]
            owner = np.where(closer, row * count + column, owner)
            second = np.where(
                closer,
                nearest[..., 0],
                np.where(far > nearest[..., 0], np.minimum(far, nearest[..., 1]), nearest[..., 1]),
            )
            nearest = np.stack([np.minimum(far, nearest[..., 0]), second], -1)
    inside = ((nearest[..., 1] - nearest[..., 0]) * count * 1.5).clip(0, 1).astype(np.float32)
    size = (TEXTURE, TEXTURE)
    return cv2.resize(owner.astype(np.float32), size, interpolation=cv2.INTER_NEAREST).astype(int), cv2.resize(
        inside, size
    )


def _gravel(rng: Generator) -> NDArray:
    count = int(rng.integers(14, 30))
    owner, inside = pebbles(rng, count)
    base = hsv(rng.uniform(0.03, 0.14), rng.uniform(0.02, 0.3), rng.uniform(0.6, 1.2))
    shades = rng.uniform(0.45, 1.05, count * count)[owner] * (0.22 + 0.78 * inside)
    tints = 1 + 0.05 * rng.standard_normal((count * count, 3))[owner]
    return grain(scaled((base * tints).astype(np.float32), shades), rng, 5)


def _leaves(rng: Generator) -> NDArray:
    picture = grain(np.full((TEXTURE, TEXTURE, 3), hsv(0.08, 0.5, 0.2), np.float32), rng, 8)
    autumn = rng.random() < 0.7
    for _ in range(rng.integers(150, 280)):
        draw_leaf(
            picture, rng.uniform(0, TEXTURE, 2), rng.uniform(9, 26), rng.uniform(0, 2 * np.pi), leaf_colour(rng, autumn)
        )
    return picture


def leaf_colour(rng: Generator, autumn: bool = True) -> NDArray:
    """Of a fallen or a green leaf, RGB 0..255."""
    hue = rng.uniform(0.02, 0.16) if autumn else rng.uniform(0.14, 0.34)
    return hsv(hue, rng.uniform(0.45, 0.9), rng.uniform(0.25, 0.85))


def draw_leaf(picture: NDArray, at: NDArray, length: float, angle: float, colour: NDArray) -> None:
    """A pointed leaf with its rib, drawn in place; lengths in pixels."""
    s = np.linspace(0, 1, 7)
    wide = 0.36 * np.sin(np.pi * s) ** 0.8
    outline = np.concatenate([np.stack([s - 0.5, wide], 1), np.stack([s - 0.5, -wide], 1)[::-1]]) * length
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = np.rint((outline @ turn + at) * 16).astype(np.int32)
    cv2.fillPoly(picture, [points], colour.tolist(), cv2.LINE_AA, 4)
    cv2.line(picture, tuple(points[0]), tuple(points[6]), (0.6 * colour).tolist(), 1, cv2.LINE_AA, 4)


def _water(rng: Generator) -> NDArray:
    base = hsv(rng.uniform(0.42, 0.62), rng.uniform(0.15, 0.75), rng.uniform(0.25, 0.75))
    ripples = noise(rng, (9, 5), 3, 0.6)
    picture = between(base * 0.55, base * 1.15, ripples)
    glints = np.clip(noise(rng, (22, 9), 3) * 5 - 4, 0, 1)
    return brightened(picture, 200 * rng.uniform(0.1, 0.9) * glints)


_LOOKS: dict[str, Callable[[Generator], NDArray]] = {
    "wood": _wood,
    "metal": _metal,
    "glass": _glass,
    "ceramic": _ceramic,
    "plastic": _plastic,
    "stone": _stone,
    "cardboard": _cardboard,
    "cloth": _cloth,
    "drum": _drum,
    "hands": _skin,
    "gravel": _gravel,
    "leaves": _leaves,
    "water": _water,
}
