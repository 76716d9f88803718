"""The network with its doors open, on a visitor's own film: its curves, where it looked, what it takes things for, what
each branch says, and what made it think of a hit.

Where it looked are the attention maps of the motion branch. What made it think of a hit is asked by holding one part of
the picture after the other still, and seeing how much of the onset goes: occlusion, as in Zeiler and Fergus 2014
(arXiv:1311.2901, section 4.2), but in time, since a patch without a hit looks like one that keeps still.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models import video
from models.cache import ModelCache
from models.cluster import anywhere
from models.errors import BadInput
from models.foley.engine import (
    FPS,
    HOUSE,
    LONGEST_SECONDS,
    OnFrame,
    Watched,
    look_through,
    open_network,
    side_of,
    small_grey,
)
from models.foley.hits import Curves, Hit, pick

if TYPE_CHECKING:
    from torch import Tensor

    from models.foley.network import Foley

_AROUND = 12  # frames before and after a hit that are seen when asking why
_STILL = 5  # frames before and after it that are held still
_PATCH = 32  # pixels of 128 that are held still, each way, at steps of half of it
_BATCH = 8  # patches at once


@dataclass(frozen=True)
class Opinion:
    """What a hit is made of, by motion alone and with the appearance: probabilities in the order of `MATERIALS`."""

    motion: tuple[float, ...]
    both: tuple[float, ...]


@dataclass(frozen=True)
class Inside:
    """A film that was watched, as `engine.watch` has it, and what went on meanwhile.

    curves: of every frame; where: float32 (T, 8, 8), the share of attention that each place got from the maps that look
    for hits, sum 1 a frame; made: float32 (K, M, 14, 14), of one frame in `every` how likely each place is of each of
    MATERIALS; opinions: of each of the hits; threshold: what a peak of the onset curve has to reach.
    """

    watched: Watched
    curves: Curves
    where: NDArray
    made: NDArray
    every: int
    opinions: tuple[Opinion, ...]
    threshold: float

    def place(self, seconds: float) -> tuple[float, float]:
        """Where most attention is at a time: (x, y) as shares of the film's width and height, 0..1."""
        frame = min(max(round(seconds * FPS), 0), len(self.where) - 1)
        row, column = np.unravel_index(int(self.where[frame].argmax()), self.where.shape[1:])
        return (column + 0.5) / self.where.shape[2], (row + 0.5) / self.where.shape[1]


@dataclass(frozen=True)
class Why:
    """What made the network think of a hit.

    onset: the peak of the onset curve there, 0..1; without: float32 (8, 8), the peak if that part of the picture had
    stood still; frames: uint8 (N, 128, 128), what it saw around the hit, in grey; middle: the hit's place among them.
    """

    onset: float
    without: NDArray
    frames: NDArray
    middle: int

    @property
    def missed(self) -> NDArray:
        """How much of the onset goes with each part: float32 (8, 8), 0..1."""
        return ((self.onset - self.without) / max(self.onset, 1e-6)).clip(0, 1).astype(np.float32)


@anywhere(HOUSE, reads="film")
def look_inside(film: Path, cache: ModelCache | None = None, on_frame: OnFrame | None = None) -> Inside:
    """Watch a film with the doors open. `on_frame` and errors as in `engine.watch`."""
    from models.foley.network import STEP

    with open_network(cache) as network:
        eye, seconds, note = look_through(film, network, on_frame)
        curves = eye.curves()
        hits = pick(curves, network.picking)
        watched = Watched(hits, curves.onset, eye.moved(), FPS, seconds, note)
        where = eye.motion().looked_at(network.config.guided)[0].cpu().numpy()  # (T, 8, 8)
        made = eye.materials().cpu().numpy()
        alone = (eye.heads(appearance=False).materials[0] / network.temperature).softmax(-1).cpu().numpy()  # (T, M)
        opinions = _opinions(hits, alone)
        return Inside(watched, curves, where, made, STEP, opinions, network.picking.threshold)


def _opinions(hits: Sequence[Hit], alone: NDArray) -> tuple[Opinion, ...]:
    frames = [min(round(hit.seconds * FPS), len(alone) - 1) for hit in hits]
    return tuple(Opinion(tuple(alone[frame].tolist()), hit.materials) for frame, hit in zip(frames, hits))


@anywhere(HOUSE, reads="film")
def why(film: Path, seconds: float, cache: ModelCache | None = None) -> Why:
    """What in a film made the network think of a hit at this time, or nearly. Errors as in `engine.watch`."""
    with open_network(cache) as network:
        frames, middle = _grey_around(film, seconds, network)
        return _why(network, frames, middle)


def _grey_around(film: Path, seconds: float, network: "Foley") -> "tuple[Tensor, int]":
    """The frames around a time, float (N, 128, 128), as the motion branch sees them, and which of them is nearest."""
    import torch

    about = video.probe(film)
    at = min(max(0, round(seconds * FPS)), video.counted(about, FPS, LONGEST_SECONDS) - 1)
    first, last = max(0, at - _AROUND), at + _AROUND + 1
    seen = []
    with closing(video.frames(film, FPS, side_of(about), LONGEST_SECONDS, about)) as reading:
        for number, frame in enumerate(reading):
            if first <= number < last:
                seen.append(small_grey(frame, network))
            if number >= last:
                break
    if not seen:
        raise BadInput(video.EMPTY_FILM)
    return torch.stack(seen), min(at - first, len(seen) - 1)


def _why(network: "Foley", grey: "Tensor", middle: int) -> Why:
    import torch

    still = [_held_still(grey, middle, top, left) for top, left in _patches(grey.shape[-1])]
    with torch.inference_mode():
        peaks = [_peak(network, torch.stack(still[at : at + _BATCH]), middle) for at in range(0, len(still), _BATCH)]
        onset = float(_peak(network, grey[None], middle))
    side = int(len(still) ** 0.5)
    without = torch.cat(peaks).reshape(side, side).cpu().numpy()
    return Why(onset, without, (grey * 255).round().byte().cpu().numpy(), middle)


def _patches(side: int) -> list[tuple[int, int]]:
    """Top left corners of patches centred on the 8 x 8 places, those at the edges hanging over."""
    starts = range(-_PATCH // 4, side - _PATCH // 4, _PATCH // 2)
    return [(top, left) for top in starts for left in starts]


def _held_still(grey: "Tensor", middle: int, top: int, left: int) -> "Tensor":
    """The frames (N, 128, 128), a patch of which is, around the hit, what it is on average."""
    frames = slice(max(0, middle - _STILL), middle + _STILL + 1)
    rows, columns = (slice(max(0, start), start + _PATCH) for start in (top, left))
    changed = grey.clone()
    changed[frames, rows, columns] = grey[frames, rows, columns].mean(0)
    return changed


def _peak(network: "Foley", grey: "Tensor", middle: int) -> "Tensor":
    """The highest onset within a frame of the middle, (B,), of (B, N, 128, 128)."""
    told = network.trunk(network.motion(grey).features)  # (B, N, told)
    onset = network.hit(told)[..., 0].sigmoid()  # (B, N)
    return onset[:, max(0, middle - 1) : middle + 2].amax(1)
