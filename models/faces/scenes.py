"""Scenes to learn to find faces in: morphs put into photographs at random, as visitors' pictures might show them.

Faces come with their matte from `models.faces.store`; what is behind them are openly licensed photographs that
show nobody. Size, place, rotation, a hint of a turned head, clothes, hats, sunglasses, hands in front, light, blur,
noise and compression are random. Everything is drawn from the generator that is passed in.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from models.faces import landmarks as lm
from models.faces.locate import LOOK as SIDE  # of a scene, pixels
from models.faces.locate import MIDDLE as NEAR_MIDDLE
from models.faces.locate import SPAN as NEAR_SPAN

_MORPH = 128  # of a morph, pixels
SMALLEST, LARGEST = 7.0, 28.0  # pixels between the pupils of a face that must be found
_BELOW, _BESIDE = 72, 32  # pixels added to a morph for clothes and shoulders


@dataclass(frozen=True)
class Actor:
    """A morph ready to be placed: `rgba` uint8 (128, 128, 4), points (3, 2) in its pixels: pupils and mouth."""

    rgba: np.ndarray
    points: np.ndarray


@dataclass(frozen=True)
class Scene:
    """`picture` uint8 (96, 96, 3); `faces` float32 (N, 3, 2): pupils and mouth of those to be found, in pixels;
    `unclear` float32 (M, 3): circles (x, y, radius) where nothing is asked."""

    picture: np.ndarray
    faces: np.ndarray
    unclear: np.ndarray


def actor(image: np.ndarray, alpha: np.ndarray, landmarks: np.ndarray) -> Actor:
    """A morph (128, 128, 3) with its matte (128, 128) and landmarks (189, 2) in units of the side."""
    marks = landmarks.astype(np.float32) * len(image)
    mouth = marks[list(lm.MOUTH_CORNERS)].mean(0)
    return Actor(np.dstack([image, alpha]), np.stack([marks[lm.LEFT_PUPIL], marks[lm.RIGHT_PUPIL], mouth]))


def compose(actors: list[Actor], backgrounds: list[np.ndarray], rng: np.random.Generator, closer: float = 0.0) -> Scene:
    """A scene of none to three faces, or of something that only resembles one; a share `closer` are second looks."""
    if rng.random() < closer:
        return _second_look(actors[rng.integers(len(actors))], backgrounds, rng)
    kind = rng.random()
    if kind < 0.22:  # one face before its own backdrop, as in a studio, and as the gallery's own faces are
        return _studio(actors[rng.integers(len(actors))], rng)
    picture = background(backgrounds, rng)
    faces: list[np.ndarray] = []
    unclear: list[tuple[float, float, float]] = []
    count = int(rng.choice([0, 1, 2, 3], p=[0.24, 0.58, 0.12, 0.06]))
    for _ in range(count):
        one = actors[rng.integers(len(actors))]
        span = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
        if rng.random() < 0.06:
            span = float(rng.uniform(50, 100))  # so large that only a part is seen: nothing to find at this size
        picture, points = place(picture, dressed(one, backgrounds, rng), span, rng)
        middle = points[:2].mean(0)
        if span > LARGEST or not (0 < middle[0] < SIDE and 0 < middle[1] < SIDE):
            unclear.append((*middle, span if span > LARGEST else 2 * span))
            continue
        faces = [other for other in faces if np.hypot(*(other[:2].mean(0) - middle)) > 2.2 * span]
        faces.append(points)
    if rng.random() < 0.2:
        picture = _lookalike(picture, actors[rng.integers(len(actors))], backgrounds, faces, rng)
    return _finish(picture, faces, unclear, rng)


def tiles(photo: np.ndarray, rng: np.random.Generator, side: int = 224) -> list[np.ndarray]:
    """A photograph as squares (side, side, 3) to take backgrounds from: whole, and some of its details."""
    scale = side / min(photo.shape[:2])
    whole = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    found = [whole[:side, :side], whole[-side:, -side:]]
    for _ in range(4 if scale < 0.7 else 0):
        top, left = (int(rng.integers(extent - side + 1)) for extent in photo.shape[:2])
        found.append(photo[top : top + side, left : left + side])
    return found


def background(photographs: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """A part of a photograph (or, at times, a plain wall), uint8 (96, 96, 3)."""
    if rng.random() < 0.08:
        wall = np.linspace(rng.uniform(0, 255, 3), rng.uniform(0, 255, 3), SIDE)[:, None]
        return np.broadcast_to(wall, (SIDE, SIDE, 3)).astype(np.uint8).copy()
    photo = photographs[rng.integers(len(photographs))]
    side = int(min(photo.shape[:2]) * rng.uniform(0.4, 1))
    top, left = (int(rng.integers(extent - side + 1)) for extent in photo.shape[:2])
    part = photo[top : top + side, left : left + side]
    part = cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR)
    return part[:, ::-1] if rng.random() < 0.5 else part


def dressed(one: Actor, photographs: list[np.ndarray], rng: np.random.Generator) -> Actor:
    """The morph with clothes below, and at times with something on or before the face."""
    rgba = cv2.copyMakeBorder(one.rgba, 0, _BELOW, 0, 0, cv2.BORDER_REPLICATE)
    rgba = cv2.copyMakeBorder(rgba, 0, 0, _BESIDE, _BESIDE, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    points = one.points + [_BESIDE, 0]
    height, width = rgba.shape[:2]
    neck, slope = _MORPH * rng.uniform(0.97, 1.12), _MORPH * rng.uniform(0.02, 0.3)
    shirt = np.array([[width / 2 - 20, neck], [width / 2 + 20, neck], [width, neck + slope], [width, height],
                      [0, height], [0, neck + slope]])  # fmt: skip
    _fill(rgba, shirt, photographs, rng)
    if rng.random() < 0.08:  # a hat or a headscarf
        brim = _MORPH * rng.uniform(0.30, 0.41)
        half = _MORPH * rng.uniform(0.26, 0.45)
        hat = np.array([[width / 2 - half, brim], [width / 2 + half, brim], [width / 2 + half * rng.uniform(0.4, 1), 0],
                        [width / 2 - half * rng.uniform(0.4, 1), 0]])  # fmt: skip
        _fill(rgba, hat, photographs, rng)
    if rng.random() < 0.06:  # sunglasses
        shade = tuple(int(v) for v in rng.uniform(5, 60, 3)) + (255,)
        axes = tuple(int(v) for v in _MORPH * rng.uniform((0.085, 0.055), (0.115, 0.085)))
        for pupil in points[:2]:
            cv2.ellipse(rgba, tuple(int(v) for v in pupil + [0, 2]), axes, 0, 0, 360, shade, -1, cv2.LINE_AA)
    if rng.random() < 0.10:  # a hand, a cup, a scarf
        centre = points.mean(0) + rng.normal(0, 0.22 * _MORPH, 2)
        angles = np.linspace(0, 2 * np.pi, 9)[:-1]
        radius = _MORPH * rng.uniform(0.06, 0.18) * rng.uniform(0.7, 1.3, 8)
        _fill(rgba, centre + radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1), photographs, rng)
    return Actor(rgba, points.astype(np.float32))


def _fill(rgba: np.ndarray, outline: np.ndarray, photographs: list[np.ndarray], rng: np.random.Generator) -> None:
    """Cover a polygon with cloth: a plain colour, or a part of a photograph."""
    mask = np.zeros(rgba.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 255, cv2.LINE_AA)
    if rng.random() < 0.6:
        cloth = np.broadcast_to(rng.uniform(0, 255, 3), (*mask.shape, 3)).astype(np.float32)
    else:
        cloth = cv2.resize(background(photographs, rng), mask.shape[::-1]).astype(np.float32)
    weight = mask[..., None].astype(np.float32) / 255
    rgba[..., :3] = rgba[..., :3] * (1 - weight) + cloth * weight
    rgba[..., 3] = np.maximum(rgba[..., 3], mask)


def _pose(
    points: np.ndarray, span: float, rng: np.random.Generator, size: tuple[int, int] = (SIDE, SIDE), near: bool = False
) -> tuple[np.ndarray, float]:
    """A random affine (2, 3) that brings the pupils `span` pixels apart in a scene, and -1 if it mirrors, else 1.

    Anywhere and turned, or (`near`) almost upright and almost where the second look wants it.
    """
    angle = np.radians(np.clip(rng.normal(0, 4 if near else 13), -32, 32))
    # A turned head is narrower, a nodding one shorter. Most of those that are looked at again are neither.
    wide = 1 - abs(rng.normal(0, 0.05)) if near else rng.uniform(0.8, 1.04)
    tall = rng.normal(1, 0.02) if near else rng.uniform(0.93, 1.07)
    mirrored = rng.choice([-1, 1])
    scale = span / np.hypot(*(points[1] - points[0])) / wide
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * turn @ np.diag([wide * mirrored, tall])
    middle = points[:2].mean(0)
    target = NEAR_MIDDLE * size + rng.normal(0, 2.5, 2) if near else rng.uniform(-0.02, 1.02, 2) * size
    return np.hstack([linear, (target - linear @ middle)[:, None]]), mirrored


def place(
    picture: np.ndarray, one: Actor, span: float, rng: np.random.Generator, near: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """A picture (H, W, 3) with the actor somewhere in it, and its points (3, 2) there, pupils from left to right."""
    size = picture.shape[1::-1]
    matrix, mirrored = _pose(one.points, span, rng, size, near)
    bend = rng.normal(0, 0.08 if near else 0.16)  # a turned head: one half of the face is narrower than the other
    rgba, points = _bend(one.rgba, one.points, bend)
    layer = _warp(rgba, matrix, cv2.BORDER_CONSTANT, size)
    weight = layer[..., 3:].astype(np.float32) / 255
    bright = rng.uniform(0.6, 1.25)
    picture = picture * (1 - weight) + np.clip(layer[..., :3] * bright, 0, 255) * weight
    points = lm.transform(matrix, points)
    return picture.astype(np.uint8), (points[[1, 0, 2]] if mirrored < 0 else points).astype(np.float32)


def _bend(rgba: np.ndarray, points: np.ndarray, amount: float) -> tuple[np.ndarray, np.ndarray]:
    """Move the middle of the face sideways by a parabola, in units of half its width; the outline stays."""
    width = rgba.shape[1]
    middle, half = width / 2, 0.3 * _MORPH
    x = np.arange(width, dtype=np.float32)
    near = np.clip(1 - ((x - middle) / half) ** 2, 0, 1)
    source = x - amount * 0.4 * half * near
    rows = np.arange(len(rgba), dtype=np.float32)
    bent = cv2.remap(rgba, *np.meshgrid(source, rows), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved = points.copy()
    moved[:, 0] = np.interp(points[:, 0], source, x)  # where a column of the source went
    return bent, moved


def _warp(picture: np.ndarray, matrix: np.ndarray, border: int, size: tuple[int, int] = (SIDE, SIDE)) -> np.ndarray:
    """Warp into a scene by an affine in pixels whose corner is (0, 0); shrunk first where it must shrink."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    shrink = min(1.0, 1.4 * scale)
    if shrink < 1:
        less = [max(1, round(extent * shrink)) for extent in picture.shape[1::-1]]
        factors = np.array(less) / picture.shape[1::-1]
        picture = cv2.resize(picture, less, interpolation=cv2.INTER_AREA)
        matrix = np.hstack([matrix[:, :2] / factors, matrix[:, 2:]])
    # cv2 counts from the middle of the first pixel, we from its corner
    shift = matrix[:, 2] + matrix[:, :2].sum(1) * 0.5 - 0.5
    exact = np.hstack([matrix[:, :2], shift[:, None]])
    return cv2.warpAffine(picture, exact, size, flags=cv2.INTER_LINEAR, borderMode=border)


def _second_look(one: Actor, backgrounds: list[np.ndarray], rng: np.random.Generator) -> Scene:
    """One face as the locator sees it when it looks again."""
    span = NEAR_SPAN * float(np.exp(rng.normal(0, 0.09)))
    if rng.random() < 0.5:
        return _studio(one, rng, span, near=True)
    picture, points = place(background(backgrounds, rng), dressed(one, backgrounds, rng), span, rng, near=True)
    return _finish(picture, [points], [], rng)


def _studio(one: Actor, rng: np.random.Generator, span: float = 0.0, near: bool = False) -> Scene:
    """A morph as it is, before its backdrop, which goes on beyond the frame; `span` 0 takes a random size."""
    span = span or float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
    matrix, mirrored = _pose(one.points, span, rng, near=near)
    image, points = _bend(one.rgba[..., :3], one.points, rng.normal(0, 0.06 if near else 0.12))
    picture = _warp(np.ascontiguousarray(image), matrix, cv2.BORDER_REPLICATE)
    points = lm.transform(matrix, points)
    faces = [(points[[1, 0, 2]] if mirrored < 0 else points).astype(np.float32)]
    return _finish(picture, faces, [], rng)


def _lookalike(
    picture: np.ndarray, one: Actor, photographs: list[np.ndarray], faces: list[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Something that is no face, away from those there are: a head without features, shuffled, or upside down."""
    rgba, kind = one.rgba.copy(), rng.integers(3)
    if kind == 0:
        rgba[..., :3] = cv2.resize(background(photographs, rng), (_MORPH, _MORPH))
    elif kind == 1:
        tiles = rgba[..., :3].reshape(4, 32, 4, 32, 3).swapaxes(1, 2).reshape(16, 32, 32, 3)
        tiles = tiles[rng.permutation(16)]
        rgba[..., :3] = tiles.reshape(4, 4, 32, 32, 3).swapaxes(1, 2).reshape(_MORPH, _MORPH, 3)
    else:
        rgba = rgba[::-1].copy()
    for _ in range(4):
        span = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
        matrix, _ = _pose(one.points, span, rng)
        middle = matrix @ [_MORPH / 2, _MORPH / 2, 1]
        if all(np.hypot(*(face[:2].mean(0) - middle)) > 3 * span + 40 for face in faces):
            layer = _warp(rgba, matrix, cv2.BORDER_CONSTANT)
            weight = layer[..., 3:].astype(np.float32) / 255
            return (picture * (1 - weight) + layer[..., :3] * weight).astype(np.uint8)
    return picture


def _finish(picture: np.ndarray, faces: list[np.ndarray], unclear: list, rng: np.random.Generator) -> Scene:
    """The whole scene as a camera might give it."""
    found = np.array(faces, np.float32).reshape(-1, 3, 2)
    return Scene(photographed(picture, rng), found, np.array(unclear, np.float32).reshape(-1, 3))


def photographed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random light, colour, blur, noise and compression on a picture, uint8 (H, W, 3)."""
    x = picture.astype(np.float32) / 255
    if rng.random() < 0.5:  # light from one side
        slope = rng.normal(0, 0.35, 2)
        rows, columns = (np.linspace(-1, 1, extent, dtype=np.float32) for extent in x.shape[:2])
        x = x * np.exp(slope[0] * rows[:, None] + slope[1] * columns)[..., None].astype(np.float32)
    x = np.clip(x, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.3)))
    x = (x - 0.5) * np.float32(rng.uniform(0.55, 1.25)) + np.float32(0.5 + rng.normal(0, 0.08))
    x = x * np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    grey = x.mean(-1, keepdims=True)
    x = grey + (x - grey) * np.float32(0.0 if rng.random() < 0.12 else rng.uniform(0.4, 1.4))
    if rng.random() < 0.4:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.3, 1.3))
    if rng.random() < 0.5:
        x = x + rng.uniform(0, 0.05) * rng.standard_normal(x.shape, dtype=np.float32)
    x = np.clip(x * 255, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))]
        x = cv2.imdecode(cv2.imencode(".jpg", x, quality)[1], cv2.IMREAD_COLOR)
    return x
