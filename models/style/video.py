"""A short film, painted frame by frame, that does not flicker and needs no optical flow.

Painted each by itself, frames of one scene come out a little different every time: the instance norms see other means
and deviations as soon as anything moves. So the statistics of a frame are blended with those of the frames before
(exponentially, over STEADY seconds), the brush (the noise) is the same all through, and where the film itself stands
still the painting settles on the one before. A cut of the film starts all this anew.
"""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import video
from models.cache import ModelCache
from models.cluster import anywhere
from models.media import Recipe
from models.style import engine
from models.style.engine import Ask

if TYPE_CHECKING:
    from torch import Tensor

    from models.style.network import Painter, Statistics

SECONDS = 10.0  # of a film that are painted
SIDE = 480  # pixels of the long side, at most
FPS = 15.0  # frames a second, at most
STEADY = 0.7  # seconds over which statistics are blended
STILL = 3.0  # of 255: where the film, blurred, changes by less, it stands still
_LOOK_EVERY = 3  # frames: statistics change slowly, and taking them costs a second pass of the trunk
_SETTLED = 0.75  # how much of the painting before stays where nothing at all changes
_CUT = 40.0  # of 255: a film that changes by more from frame to frame has been cut
_BLUR = 5  # pixels: below, a change is grain


@dataclass(frozen=True)
class FilmReport:
    """What became of a film. rate: frames painted a second; flicker: as `flicker_of` has it; note: what was cut."""

    frames: int
    seconds: float
    width: int
    height: int
    fps: float
    rate: float
    flicker: float
    note: str


@anywhere(engine.HOUSE, reads="source", writes="out")
def paint_film(
    source: Path,
    out: Path,
    ask: Ask,
    cache: ModelCache | None = None,
    on_frame: Callable[[int, int], None] | None = None,
    recipe: Recipe | None = None,
) -> FilmReport:
    """Paint the first SECONDS of a film, at most SIDE px and FPS frames a second, with its sound: an MP4 at `out`.

    `on_frame` hears (frames painted, in all) and ends the work by raising; then there is no file at `out`. Raises
    BadInput for what is no film or cannot be asked, the cache's errors when the model cannot be had, VernissageError
    when ffmpeg is killed or the disk is full.
    """
    ask = engine.check(ask)
    film = video.probe(source)
    fps = min(film.fps, FPS)
    count, began, meter = video.counted(film, fps, SECONDS), time.monotonic(), Meter()
    hand = SteadyHand(ask, fps, cache)
    reading = video.frames(source, fps, min(ask.side, SIDE), SECONDS, film)
    with closing(reading), video.Writer(out, fps, sound=source, recipe=recipe) as writer:
        for frame in reading:
            painted = hand.paint(frame)
            meter.add(frame, painted)
            writer.write(painted)
            if on_frame:
                on_frame(writer.count, max(count, writer.count))
    height, width = painted.shape[:2]
    rate = writer.count / max(time.monotonic() - began, 1e-6)
    note = video.shortened(film, SECONDS)
    return FilmReport(writer.count, writer.count / fps, width, height, fps, rate, meter.flicker, note)


def flicker_of(
    source: Path, ask: Ask, seconds: float = SECONDS, cache: ModelCache | None = None
) -> tuple[float, float, float]:
    """How much a film flickers once painted, how much painted frame by frame, and how much by itself: mean change of a
    channel, in 0..255, from one frame to the next where the film stands still."""
    ask, film = engine.check(ask), video.probe(source)
    fps = min(film.fps, FPS)
    hands = SteadyHand(ask, fps, cache), SteadyHand(ask, fps, cache, steady=False)
    meters = Meter(), Meter(), Meter()
    with closing(video.frames(source, fps, min(ask.side, SIDE), seconds, film)) as reading:
        for frame in reading:
            for picture, meter in zip((*(hand.paint(frame) for hand in hands), frame), meters):
                meter.add(frame, picture)
    steady, alone, film = (meter.flicker for meter in meters)
    return steady, alone, film


@dataclass
class SteadyHand:
    """Paints frames of one size in turn, remembering the last. `steady=False`: as if each were alone."""

    ask: Ask
    fps: float
    cache: ModelCache | None = None
    steady: bool = True
    _seen: int = 0  # frames since the last cut
    _frame: NDArray | None = None
    _painted: NDArray | None = None
    _manner: "tuple[Tensor, Statistics] | None" = field(default=None, repr=False)  # code and statistics in use

    def paint(self, frame: NDArray) -> NDArray:
        """A frame uint8 (H, W, 3), painted: the same shape."""
        change = None if self._frame is None or not self.steady else changed(self._frame, frame)
        if change is None or change.mean() > _CUT:
            self._seen, change = 0, None
        painted = self._brushed(frame).astype(np.float32)
        if change is not None:
            stays = _SETTLED * np.exp(-np.square(change / STILL))[..., None]  # (H, W, 1)
            painted += stays * (self._painted - painted)
        self._seen, self._frame, self._painted = self._seen + 1, frame, painted
        return painted.round().astype(np.uint8)

    def _brushed(self, frame: NDArray) -> NDArray:
        """The frame in the style: uint8 (H, W, 3). A lease for each, so that nobody waits for the whole film to end."""
        import torch

        from models.style import tiles
        from models.training import to_pictures, to_tensor

        height, width = frame.shape[:2]
        with engine.open_painter(self.cache) as painter, torch.inference_mode():
            picture = tiles.padded(to_tensor([frame], painter.code_mean.device))  # (1, 3, h, w)
            noise = engine.noise_of(painter, self.ask.seed, picture)
            seen = painter.look(picture)
            if self._seen % _LOOK_EVERY == 0 or not self.steady:
                self._look(painter, picture, seen, noise)
            code, statistics = self._manner
            plan, _ = painter.plan(seen, code, noise, statistics)
            made = to_pictures(painter.render(picture, plan)[..., :height, :width])[0]  # (H, W, 3)
        if not self.ask.keep_colours:
            return made
        return np.asarray(engine.in_the_colours_of(Image.fromarray(frame), Image.fromarray(made)))

    def _look(self, painter: "Painter", picture: "Tensor", seen: "Tensor", noise: "Tensor") -> None:
        """Take the code and the statistics of a frame, and blend them into those in use."""
        style = engine.as_code(self.ask.code, painter)
        code = engine.walk(painter, picture, style, self.ask.strength)
        _, own = painter.plan(seen, code, noise)
        if self._seen == 0:
            self._manner = code, own
            return
        share = 1 - np.exp(-_LOOK_EVERY / (self.fps * STEADY))
        before, used = self._manner
        blended = [tuple(old.lerp(new, share) for old, new in zip(*pair)) for pair in zip(used, own)]
        self._manner = before.lerp(code, share), blended


@dataclass
class Meter:
    """Flicker: the mean change of a painting's channels, in 0..255, where the film it is of stands still."""

    _before: tuple[NDArray, NDArray] | None = None
    _sum: float = 0.0
    _count: int = 0

    def add(self, frame: NDArray, painted: NDArray) -> None:
        """The next frame and its painting, uint8 (H, W, 3) both."""
        if self._before is not None:
            still = changed(self._before[0], frame) < STILL  # (H, W)
            self._sum += float(np.abs(painted.astype(np.float32) - self._before[1])[still].sum())
            self._count += 3 * int(still.sum())
        self._before = frame, painted

    @property
    def flicker(self) -> float:
        """0 where nothing of the film stood still."""
        return self._sum / max(self._count, 1)


def changed(before: NDArray, after: NDArray) -> NDArray:
    """How far a film changes at each place, grain left out: float32 (H, W) in 0..255, of uint8 (H, W, 3) both."""
    import torch
    import torch.nn.functional as F

    change = torch.from_numpy(after.astype(np.float32) - before).permute(2, 0, 1)[None]  # (1, 3, H, W)
    blurred = F.avg_pool2d(change, _BLUR, 1, _BLUR // 2, count_include_pad=False)
    # The largest nearby: what stands still beside something that moves may be about to move.
    return F.max_pool2d(blurred.abs().amax(1, keepdim=True), _BLUR, 1, _BLUR // 2)[0, 0].numpy()
