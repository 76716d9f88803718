"""What the room calls to have a film watched: a film in, its hits out.

A film is read frame by frame, and only what the network's branches say of each frame is kept, so a film of any size
needs little memory. Frames are pressed into a square, whatever their shape: a place of a map is that place of the film.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models import video
from models.cache import ModelCache, default_cache
from models.cluster import anywhere
from models.errors import BadInput
from models.foley.hits import Curves, Hit, pick
from models.registry import ModelSpec
from models.weights import WEIGHTS

if TYPE_CHECKING:
    from torch import Tensor

    from models.foley.network import Foley, Heads, Motion

HOUSE = "foley/hits"
FILE = WEIGHTS / "foley-hits.safetensors"
FPS = 30
LONGEST_SECONDS = 15.0
_SHORT_SIDE = 112  # pixels: what the appearance branch sees of a frame
_LONG_SIDE = 448  # pixels, of a frame however narrow
_PIECE = 60  # frames that go through the network at once, with REACH more on either side that are seen twice
_LUMA = (0.299, 0.587, 0.114)  # of red, green and blue
_SEEN_AS_WHITE = 8.0  # of a difference, in a sixteenth of the frame's contrast

OnFrame = Callable[[int, int], None]


@dataclass(frozen=True)
class Watched:
    """A film that was watched.

    onset: float32 (T,), 0..1 a frame; motion: uint8 (T, 64, 64), how much each place differs from the frame before, at
    half the size that the network is shown, the whole frame pressed into a square; fps: of both; seconds: how long the
    film is, as far as it was watched; note: "" or one sentence on what was left out.
    """

    hits: tuple[Hit, ...]
    onset: NDArray
    motion: NDArray
    fps: float
    seconds: float
    note: str


@anywhere(HOUSE, reads="film")
def watch(film: Path, cache: ModelCache | None = None, on_frame: OnFrame | None = None) -> Watched:
    """Watch the first LONGEST_SECONDS of a film.

    `on_frame` hears (frames seen, in all) and calls it off by raising. Raises BadInput for what is no film, the
    cache's errors when the network cannot be had, VernissageError when ffmpeg is killed or stands still.
    """
    with open_network(cache) as network:
        return watch_with(network, film, on_frame)


def watch_with(network: Foley, film: Path, on_frame: OnFrame | None = None) -> Watched:
    """The same by a network that is at hand."""
    eye, seconds, note = look_through(film, network, on_frame)
    curves = eye.curves()
    return Watched(pick(curves, network.picking), curves.onset, eye.moved(), FPS, seconds, note)


def look_through(film: Path, network: Foley, on_frame: OnFrame | None = None) -> tuple[Eye, float, str]:
    """Show a film to the network: the eye that has seen it, seconds, and the note of `Watched`."""
    about = video.probe(film)
    total, eye = video.counted(about, FPS, LONGEST_SECONDS), Eye(network)
    with closing(video.frames(film, FPS, side_of(about), LONGEST_SECONDS, about)) as reading:
        for frame in reading:
            eye.see(frame)
            if on_frame:
                on_frame(eye.count, max(total, eye.count))
    if not eye.count:
        raise BadInput(video.EMPTY_FILM)
    return eye, min(about.seconds, LONGEST_SECONDS), video.shortened(about, LONGEST_SECONDS)


def side_of(film: video.Probe) -> int:
    """Pixels of the long side at which a film is read, so that its short side is what the network sees."""
    stretch = max(film.width, film.height) / min(film.width, film.height)
    return min(math.ceil(_SHORT_SIDE * stretch), _LONG_SIDE)


def show(network: Foley, frames: Iterable[NDArray]) -> Eye:
    """An eye that has seen these frames, uint8 (H, W, 3) at FPS."""
    eye = Eye(network)
    for frame in frames:
        eye.see(frame)
    return eye


@contextmanager
def open_network(cache: ModelCache | None = None) -> Iterator[Foley]:
    """Lease the house network, in evaluation mode; others may hold it too, so nothing of it may be changed."""
    with (cache or default_cache()).lease(HOUSE) as network:
        yield network


def load_network(spec: ModelSpec) -> Foley:
    """Loader of the registry: the network, and how its peaks are to be picked."""
    return read_network(FILE)


def read_network(path: Path) -> Foley:
    """A network from its weights file, in evaluation mode."""
    import torch

    from models import weights
    from models.foley.hits import Picking
    from models.foley.network import Foley, config_of

    notes = weights.metadata(path)
    network = Foley(config_of(notes))
    network.load_state_dict(weights.load(path))
    network.picking = Picking.from_notes(notes)
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def save_network(network: Foley, path: Path = FILE, about: dict[str, str] | None = None) -> Path:
    """What `read_network` reads: weights in half precision; sizes, materials and picking in their notes."""
    from models import weights
    from models.foley.network import notes_of

    return weights.save(path, network, notes_of(network.config) | network.picking.to_notes() | (about or {}))


class Eye:
    """Sees frames in turn and keeps what the branches say of them, not the frames; asked at the end, it judges."""

    def __init__(self, network: Foley):
        self.network, self.count = network, 0
        self._grey: list[Tensor] = []  # the frames yet to be judged, and those before them within reach
        self._colour: list[Tensor] = []
        self._judged = 0  # frames
        self._motion: list[Motion] = []
        self._appearance: list[Tensor] = []
        self._moved: list[NDArray] = []

    def see(self, frame: NDArray) -> None:
        """The next frame, uint8 (H, W, 3)."""
        from models.foley.network import COLOUR, REACH, STEP

        self._grey.append(small_grey(frame, self.network))
        if self.count % STEP == 0:
            self._colour.append(_square(_tensor(frame, self.network).permute(2, 0, 1), COLOUR))  # (3, 112, 112)
        self.count += 1
        if self.count - self._judged == _PIECE + REACH:
            self._judge(_PIECE)

    def curves(self) -> Curves:
        """What the network says of every frame seen."""
        heads = self.heads()
        materials = (heads.materials / self.network.temperature).softmax(-1)
        told = (heads.onset.sigmoid(), heads.offset, heads.strength, materials)
        return Curves(*(each[0].cpu().numpy() for each in told), fps=FPS)

    def heads(self, appearance: bool = True) -> Heads:
        """The network's heads, the mean of the film and its mirror image; without appearance, as if it had seen grey
        frames alone."""
        import torch

        from models.foley.network import Heads

        with torch.inference_mode():
            motion = self.motion()
            seen = self._seen().expand(len(motion.features), -1, -1, -1, -1)
            heads = self.network.judge(motion, seen, torch.full((len(seen),), float(appearance)))
            return Heads(*(told.mean(0, keepdim=True) for told in vars(heads).values()))

    def motion(self) -> Motion:
        """What the motion branch says of every frame seen and, its places turned back, of its mirror image,
        (2, T, ...)."""
        import torch

        from models.foley.network import Motion

        self._judge(self.count - self._judged)
        features, where = (torch.cat(parts, 1) for parts in zip(*((m.features, m.where) for m in self._motion)))
        self._motion = [Motion(features, where)]
        return self._motion[0]

    def moved(self) -> NDArray[np.uint8]:
        """(T, 64, 64), as `Watched.motion`."""
        self._judge(self.count - self._judged)
        return np.concatenate(self._moved)

    def materials(self) -> Tensor:
        """Of which material each place is made, one frame in STEP: probabilities (K, M, 14, 14)."""
        self._judge(self.count - self._judged)
        return self.network.appearance.materials(self._seen())[0].exp()

    def _seen(self) -> Tensor:
        import torch

        return torch.cat(self._appearance)[None]  # (1, K, C + M, 14, 14)

    def _judge(self, count: int) -> None:
        """Let the branches see the next `count` frames, with as many around as they reach."""
        import torch
        import torch.nn.functional as F

        from models.foley.network import REACH, differences

        if not count:
            return
        before = min(REACH, self._judged)
        grey = torch.stack(self._grey)[None]  # (1, before + count + after, 128, 128)
        with torch.inference_mode():
            motion = self.network.motion(torch.cat([grey, grey.flip(-1)])).cropped(before, before + count)
            motion.where[1] = motion.where[1].flip(-1)
            self._motion.append(motion)
            if self._colour:
                self._appearance.append(self.network.appearance(torch.stack(self._colour)[None])[0])
            moved = differences(F.avg_pool2d(grey, 2))[0, before : before + count, 0].abs()  # (count, 64, 64)
        self._moved.append((moved / _SEEN_AS_WHITE * 255).clamp(0, 255).byte().cpu().numpy())
        self._colour, self._judged = [], self._judged + count
        self._grey = self._grey[max(0, before + count - REACH) :]


def small_grey(frame: NDArray, network: Foley) -> Tensor:
    """A frame, uint8 (H, W, 3), as the motion branch sees it: float (128, 128) in 0..1, where the network is."""
    from models.foley.network import GREY

    picture = _tensor(frame, network)
    return _square(picture @ picture.new_tensor(_LUMA), GREY)


def _tensor(frame: NDArray, network: Foley) -> Tensor:
    """uint8 (H, W, 3) to float (H, W, 3) in 0..1, where the network is."""
    import torch

    return torch.from_numpy(np.array(frame)).to(network.temperature).div(255)


def _square(picture: Tensor, side: int) -> Tensor:
    """float (H, W) or (3, H, W) pressed into a square, nothing cut off."""
    import torch.nn.functional as F

    planes = picture[None, None] if picture.ndim == 2 else picture[None]
    if planes.shape[2:] == (side, side):
        return picture
    shrunk = F.interpolate(planes, (side, side), mode="bilinear", antialias=True)[0]
    return shrunk[0] if picture.ndim == 2 else shrunk
