"""What a training step sees: windows cut out of clips, played at other speeds and frame rates, bent and discoloured.

Clips are rendered, and what is to be watched is filmed; whatever differs between the two without changing a hit is
varied here, anew for each view: mirror, zoom, shape (the room presses all films into a square), light, colour,
sharpness, grain, frames held as in sources of 12 to 25 a second, cuts. Time is never reversed: a hit backwards is none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Protocol

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from models.foley.engine import FPS
from models.foley.network import COLOUR, GREY, PLACES, STEP

RATES = (12, 15, 20, 24, 25)  # frames a second of sources that hold frames when they are played at 30
WIDTH = 0.6  # frames: the deviation of the bump that an onset is told as
NEAR = 1.5  # frames around a hit that are asked for its offset, strength and material
SPREAD = 0.25  # of half the picture: how near to a hit attention is near enough
BLIND = 2  # frames at the ends of a view of which nothing is asked
_NEAREST = 0.85  # of a clip's width or height is seen at least: what is struck must stay in the picture
_GREYS = ((0.299, 0.587, 0.114), (0.33, 0.33, 0.34), (0.6, 0.3, 0.1), (0.1, 0.3, 0.6))  # of red, green and blue

ClipHit = tuple[float, float, int]  # seconds, strength, material's index


class Place(Protocol):
    """Where in the frame something was struck: x across and y down, 0..1."""

    x: float
    y: float


class Clip(Protocol):
    """As `data.Clip`. frames: uint8 (T, 112, 112, 3) at 30 a second, though the source had `fps`; hits: in the order of
    time, strikes: the same with their places; sound: float32 (N,) mono at RATE; feints: seconds when something moved as
    if to strike; acts: what goes on."""

    frames: NDArray
    fps: float
    hits: Sequence[ClipHit]
    strikes: Sequence[Place]
    sound: NDArray
    feints: Sequence[float]
    acts: Sequence[str]


@dataclass(frozen=True)
class ViewConfig:
    """How far views differ from their clips. Shares are of views; the rest are the most, or factors up and down."""

    frames: int = 64
    speed: float = 1.2
    held: float = 0.35  # share, of those whose source is not slow itself, that are played at one of RATES
    cut: float = 0.08  # share that goes on in another clip
    zoom: float = 1.2
    shape: float = 1.25  # of width to height
    turn: float = 8.0  # degrees
    shift: float = 0.12  # of half the width
    light: float = 1.6  # exposure and gamma
    colour: float = 1.15  # gains of red, green and blue
    blurred: float = 0.25
    flicker: float = 0.2
    grain: float = 0.05


@dataclass(frozen=True)
class Source:
    """A window of a clip, yet unbent: grey uint8 (T, 112, 112), colour uint8 (K, 112, 112, 3), held (T,): the number
    of the source frame that each frame shows; hits with their times in frames, and places: float (hits, 2), 0..1; bend:
    where its pixels will be taken from, an affine map (2, 3) in the coordinates of `affine_grid`."""

    grey: NDArray
    colour: NDArray
    held: NDArray
    hits: Sequence[ClipHit]
    places: NDArray
    bend: NDArray


@dataclass(frozen=True)
class Targets:
    """What is asked of each frame, all (B, T): onset 0..1; of the hit nearest to it, offset in frames, strength 0..1
    and material's index; near: 0..1, how much these three count; asked: 0 or 1, whether any of it does. place:
    (B, T, 2), that hit's place in the view, x and y, -1..1 where it is within."""

    onset: Tensor
    offset: Tensor
    strength: Tensor
    material: Tensor
    near: Tensor
    asked: Tensor
    place: Tensor

    def to(self, device: str) -> "Targets":
        return Targets(*(each.to(device) for each in vars(self).values()))


def source(clip: Clip, other: Callable[[], Clip], rng: Generator, config: ViewConfig) -> Source:
    """A window somewhere in a clip, now and then cut to the other one in its midst."""
    bend = _bend(rng, config)
    first = _window(clip, rng, config, bend)
    if rng.random() >= config.cut:
        return first
    then, at = _window(other(), rng, config, bend), int(rng.integers(config.frames // 4, 3 * config.frames // 4))
    early, late = ([(hit[0] < at - 0.5) == first_half for hit in of.hits] for of, first_half in ((first, 1), (then, 0)))
    turned = -(-at // STEP)  # the first colour frame after the cut
    return Source(
        np.concatenate([first.grey[:at], then.grey[at:]]),
        np.concatenate([first.colour[:turned], then.colour[turned:]]),
        np.concatenate([first.held[:at], then.held[at:] + first.held[at - 1] + 1]),
        [*compress(first.hits, early), *compress(then.hits, late)],
        np.concatenate([first.places[early], then.places[late]]),
        bend,
    )


def _window(clip: Clip, rng: Generator, config: ViewConfig, bend: NDArray) -> Source:
    speed = np.exp(rng.uniform(-1, 1) * np.log(config.speed))
    count, lasts = len(clip.frames), speed * config.frames
    start = rng.uniform(min(0, count - lasts), max(0, count - lasts))  # frames of the clip
    shown = np.arange(config.frames, dtype=float)
    if clip.fps == FPS and rng.random() < config.held:
        shown = held_times(config.frames, float(rng.choice(RATES)), rng.random())
    numbers = np.round(start + speed * shown).astype(int)  # (T,)
    held = np.cumsum(np.diff(numbers, prepend=numbers[0]) != 0)
    frames = clip.frames[numbers.clip(0, count - 1)]
    hits = [((seconds * FPS - start) / speed, strength, material) for seconds, strength, material in clip.hits]
    places = np.array([(of.x, of.y) for of in clip.strikes]).reshape(-1, 2)
    return Source(_greyed(frames, rng), frames[::STEP], held, hits, places, bend)


def held_times(frames: int, rate: float, phase: float) -> NDArray:
    """When that was filmed what each frame at 30 a second shows, in such frames, where the source has `rate` a second.

    Rounded to the nearest, as ffmpeg's filter "fps" does. phase: 0..1, where the first frame falls between two."""
    number = np.ceil((np.arange(frames) + 0.5) * rate / FPS + phase) - 1  # of the source's frame, (T,)
    return (number - phase) * FPS / rate


def _greyed(frames: NDArray, rng: Generator) -> NDArray:
    """uint8 (T, H, W, 3) to (T, H, W), as one of several films would see the colours."""
    weights = rng.dirichlet(2 * np.array(_GREYS[int(rng.integers(len(_GREYS)))]) + 0.2)
    rows = frames.reshape(len(frames), -1, 3)  # (T, H*W, 3)
    return cv2.transform(rows, weights[None]).reshape(frames.shape[:3])  # (T, H, W), rounded


def targets(views: Sequence[Source]) -> Targets:
    """What is asked of views."""
    each = [_targets(view, len(view.grey)) for view in views]
    return Targets(*(torch.from_numpy(np.stack(parts)) for parts in zip(*each)))


def _targets(view: Source, frames: int) -> tuple[NDArray, ...]:
    here = np.arange(frames)
    asked = (here >= BLIND) & (here < frames - BLIND)
    # A hit far away stands for none, so that every frame has a nearest one.
    times, strengths, materials = (np.array(column) for column in zip(*view.hits, (-1e3, 0.0, 0)))
    away = times[None] - here[:, None]  # (T, hits + 1)
    nearest = np.abs(away).argmin(1)  # (T,)
    offset = away[here, nearest]
    onset = np.exp(-0.5 * np.square(offset / WIDTH))
    near = np.where(np.abs(offset) <= NEAR, np.exp(-0.5 * np.square(offset)), 0) * asked
    place = _placed(np.concatenate([view.places, [[0.5, 0.5]]]), view.bend)[nearest]  # (T, 2)
    parts = (onset, offset, strengths[nearest], materials[nearest], near, asked, place)
    return tuple(part.astype(np.int64 if part is parts[3] else np.float32) for part in parts)


def _placed(places: NDArray, bend: NDArray) -> NDArray:
    """Where places (N, 2) of a clip, 0..1, are in its view, -1..1 where they are within."""
    return np.linalg.solve(bend[:, :2], (2 * places - 1 - bend[:, 2]).T).T


def bent(
    views: Sequence[Source], rng: Generator, config: ViewConfig, device: str, in_colour: bool = True
) -> tuple[Tensor, Tensor | None]:
    """What the network is shown of views: grey float (B, T, 128, 128) and colour float (B, K, 3, 112, 112), in 0..1, or
    None where no colour is wanted."""
    count = len(views)
    grey = torch.from_numpy(np.stack([_small(view) for view in views])).to(device).float().div(255)  # (B, T, 128, 128)
    soft = torch.from_numpy(rng.random(count) < config.blurred).to(device)
    grey[soft] = _softened(grey[soft])
    gain, gamma = (_drawn(_factors(rng, config.light, count), device)[:, None, None, None] for _ in range(2))
    tint = _drawn(_factors(rng, config.colour, (count, 1, 3, 1, 1)), device)
    grey = gain * grey.clamp_min(1e-4) ** gamma * _flicker(views, rng, config, device)
    grey = (grey + _grain(views, rng, config, device)).clamp(0, 1)
    if not in_colour:
        return grey, None
    colour = torch.from_numpy(np.stack([view.colour for view in views])).to(device).float().div(255)
    shape, bends = colour.shape[:2], _drawn(np.stack([view.bend for view in views]), device)
    colour = _warped(colour.permute(0, 1, 4, 2, 3).flatten(1, 2), bends, COLOUR)  # (B, K*3, 112, 112)
    return grey, ((gain * colour.clamp_min(1e-4) ** gamma).unflatten(1, (shape[1], 3)) * tint).clamp(0, 1)


def bent_frames(
    frames: NDArray, places: NDArray, made: NDArray, rng: Generator, config: ViewConfig, device: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Single colour frames uint8 (B, 112, 112, 3), of each a place (B, 2), 0..1, and a map (B, H, W): bent and
    discoloured as views are, float (B, 3, 112, 112) in 0..1; the places in them (B, 2), -1..1 where they are within;
    and of the map what lies in the middle of each of the places that the appearance tells, (B, 14, 14)."""
    bends = [_bend(rng, config) for _ in frames]
    colour = torch.from_numpy(frames).to(device).permute(0, 3, 1, 2).float().div(255)  # (B, 3, 112, 112)
    colour = _warped(colour, _drawn(np.stack(bends), device), COLOUR)
    there = _warped(_drawn(made[:, None], device), _drawn(np.stack(bends), device), COLOUR // 8, "nearest")[:, 0].long()
    shape = (len(frames), 1, 1, 1)
    gain, gamma = (_drawn(_factors(rng, config.light, shape), device) for _ in range(2))
    tint = _drawn(_factors(rng, config.colour, (len(frames), 3, 1, 1)), device)
    soft = _drawn(rng.random(shape) < config.blurred, device)
    colour = torch.lerp(colour, _softened(colour), soft)
    inside = [_placed(place[None], bend)[0] for place, bend in zip(places, bends)]
    return (tint * gain * colour.clamp_min(1e-4) ** gamma).clamp(0, 1), _drawn(np.stack(inside), device), there


def about(places: Tensor) -> Tensor:
    """Places (..., 2), -1..1, as bumps over the places of an attention map, (..., 8, 8), 1 at most."""
    centres = (torch.arange(PLACES, device=places.device) + 0.5) * 2 / PLACES - 1  # (8,)
    x, y = (torch.exp(-0.5 * ((places[..., k, None] - centres) / SPREAD).square()) for k in (0, 1))
    return y[..., None] * x[..., None, :]


def _bend(rng: Generator, config: ViewConfig) -> NDArray:
    """A way to bend a view, (2, 3)."""
    zoom, shape = _factors(rng, config.zoom, 1), _factors(rng, config.shape, 1) ** 0.5
    scale = np.concatenate([zoom * shape, zoom / shape])  # of width and height; above 1 the clip becomes smaller
    scale *= max(1.0, _NEAREST / scale.min()) * np.array([rng.choice([-1, 1]), 1])
    angle = np.deg2rad(rng.uniform(-config.turn, config.turn))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn * scale, rng.uniform(-config.shift, config.shift, 2)])


def _small(view: Source) -> NDArray:
    """Its grey frames bent, uint8 (T, 128, 128): nearly at their own size, so that no pixel is left out."""
    side = view.grey.shape[1]
    # From the coordinates of `affine_grid`, -1..1 from edge to edge, to pixels.
    turn = view.bend[:, :2] * side / GREY
    shift = (view.bend[:, 2] + 1) * side / 2 - 0.5 - turn.sum(1) * (GREY - 1) / 2
    how = dict(flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT)
    matrix = np.column_stack([turn, shift])
    return np.stack([cv2.warpAffine(frame, matrix, (GREY, GREY), **how) for frame in view.grey])


def _warped(pictures: Tensor, bends: Tensor, side: int, between: str = "bilinear") -> Tensor:
    """(B, C, H, W) by the maps (B, 2, 3) to (B, C, side, side); what lies outside is what lies inside, mirrored."""
    grid = F.affine_grid(bends, [len(bends), 1, side, side], align_corners=False)
    return F.grid_sample(pictures, grid, between, padding_mode="reflection", align_corners=False)


def _softened(pictures: Tensor) -> Tensor:
    """(B, C, H, W) as if filmed with half the pixels."""
    return F.interpolate(F.avg_pool2d(pictures, 2), scale_factor=2, mode="bilinear")


def _flicker(views: Sequence[Source], rng: Generator, config: ViewConfig, device: str) -> Tensor:
    """The light of each source frame, (B, T, 1, 1) about 1: lamps that flicker, cameras that adapt."""
    light = []
    for view in views:
        steps = rng.normal(0, 0.03, view.held[-1] + 1) * (rng.random() < config.flicker)
        light.append(np.exp(steps + 0.5 * np.roll(steps, 1))[view.held])
    return _drawn(np.stack(light), device)[:, :, None, None]


def _grain(views: Sequence[Source], rng: Generator, config: ViewConfig, device: str) -> Tensor:
    """Noise (B, T, 128, 128), the same in frames that are held."""
    noise = []
    for view in views:
        deviation = config.grain * rng.random() ** 2
        fresh = rng.standard_normal((2 * GREY, 2 * GREY), np.float32) * np.float32(deviation)
        places = rng.integers(0, GREY + 1, (view.held[-1] + 1, 2))  # as good as drawn anew, and quicker
        noise.append(np.stack([fresh[y : y + GREY, x : x + GREY] for y, x in places[view.held].tolist()]))
    return torch.from_numpy(np.stack(noise)).to(device)


def _factors(rng: Generator, most: float, shape: int | tuple[int, ...]) -> NDArray:
    """Between 1 / most and most, evenly on a scale of octaves."""
    return np.exp(rng.uniform(-1, 1, shape) * np.log(most))


def _drawn(values: NDArray, device: str) -> Tensor:
    return torch.from_numpy(values.astype(np.float32)).to(device)
