"""Films in and out, for every room: what a visitor uploads becomes frames or one clear sentence, and frames become an
MP4 that every browser plays.

One ffmpeg each way, the one that comes with moviepy. Nothing of a film's own claims is trusted: its kind is told from
its first bytes and ffmpeg is held to it (a playlist could make it read other files), sizes are judged from the packets
before a frame is decoded, and a run of ffmpeg that stands still is ended. Rotation, sample aspect and variable frame
rates are ffmpeg's business, so that frames come upright, square in their pixels, and evenly in time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import ffmpeg
from models.errors import BadInput, VernissageError
from models.ffmpeg import STOPPED, Ffmpeg, Stream
from models.media import MAX_FILM_BYTES, NOT_FOUND, Recipe, film_tags

MAX_FRAME_PIXELS = 36_000_000  # 8K
MAX_SECONDS = 3600.0
MAX_FRAMES = 216_000  # an hour at 60 frames a second

NOT_A_FILM = "That file is not a film we can read. Please choose an MP4, MOV, WebM, MKV, AVI or GIF."
DAMAGED_FILM = "That film is damaged or stops half way. Please save it again and choose the new file."
NO_SOUND = "That file holds no sound. Please choose another."
NO_PICTURES = "That file holds no moving pictures, only sound. Please choose a film."
EMPTY_FILM = "That film holds not a single picture. Please choose another."

_COPIED_PICTURES = ("h264", "hevc", "vp9", "av1")  # what browsers play from an MP4
_COPIED_SOUNDS = ("aac", "mp3", "opus")
_CUT_SHORT = ("partial file", "ended prematurely")  # what demuxers say of a file that stops half way
# 4:2:0 because many browsers refuse anything else, which wants even sides; colours as a screen of today takes them.
_FOR_BROWSERS = "crop=trunc(iw/2)*2:trunc(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
_H264 = ("-vf", _FOR_BROWSERS, "-c:v", "libx264", "-preset", "fast", "-crf", "18", "-threads", "2")
_H264 += ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")
# The index comes first, so that it plays while it loads; where a phone was when it filmed is nobody's business.
_MP4 = ("-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+faststart", "-f", "mp4")

Source = str | os.PathLike


# ---------------------------------------------------------------- what a file is


@dataclass(frozen=True)
class Probe:
    """What a film is: its length, and the size (pixels) of its frames once upright, with square pixels.

    fps: frames a second, the mean where the rate varies. codec, sound: ffmpeg's names; sound is None for a silent film.
    """

    seconds: float
    frames: int
    width: int
    height: int
    fps: float
    codec: str
    sound: str | None

    @property
    def has_sound(self) -> bool:
        return self.sound is not None


def probe(
    path: Source,
    max_bytes: int = MAX_FILM_BYTES,
    max_pixels: int = MAX_FRAME_PIXELS,
    max_seconds: float = MAX_SECONDS,
    max_frames: int = MAX_FRAMES,
) -> Probe:
    """Look at a film: its packets are counted first, and only if they are few and small enough one frame is decoded.

    Raises BadInput for what is too large, too long, of too many pictures, damaged, without pictures, or no film at all.
    """
    streams = _packets(path, max_bytes)
    picture = next((stream for stream in streams if stream.kind == "video"), None)
    if picture is None:
        raise BadInput(NO_PICTURES if streams else DAMAGED_FILM)
    if picture.packets == 0:
        raise BadInput(EMPTY_FILM)
    if picture.width * picture.height > max_pixels:
        raise BadInput(
            f"That film has frames of {picture.width * picture.height / 1e6:.0f} megapixels; the gallery takes "
            f"{max_pixels / 1e6:.0f} at most. Please choose a smaller one."
        )
    if picture.end > max_seconds:
        raise BadInput(
            f"That film lasts {_spoken(picture.end)}; the gallery takes {_spoken(max_seconds)} at most. "
            "Please cut out the part you mean."
        )
    if picture.packets > max_frames:
        raise BadInput(
            f"That film has {picture.packets:,} pictures; the gallery takes {max_frames:,} at most. "
            "Please cut out the part you mean."
        )
    width, height = _upright(path)
    seconds = max(picture.end - picture.start, 1e-3)
    sound = next((stream.codec for stream in streams if stream.kind == "audio"), None)
    return Probe(picture.end, picture.packets, width, height, picture.packets / seconds, picture.codec, sound)


def shortened(film: Probe, most_seconds: float) -> str:
    """One sentence on what was left out when only the first `most_seconds` are used, "" when nothing was."""
    if film.seconds <= most_seconds + 0.1:
        return ""
    return f"The film lasts {_spoken(film.seconds)}; its first {most_seconds:g} seconds were used."


def fitted(film: Probe, longest_side: int) -> tuple[int, int]:
    """Width and height, both even, of a film's frames at most `longest_side` long: never enlarged."""
    scale = min(1.0, longest_side / max(film.width, film.height))
    return tuple(max(2, round(side * scale / 2) * 2) for side in (film.width, film.height))


def counted(film: Probe, fps: float, most_seconds: float) -> int:
    """How many frames `frames` will give, or nearly."""
    return max(1, round(min(film.seconds, most_seconds) * fps))


def _spoken(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _packets(path: Source, max_bytes: int) -> list[Stream]:
    """The first video and audio stream of a file, every picture counted, nothing decoded."""
    what = [*_reading(path, max_bytes), "-map", "0:V:0?", "-map", "0:a:0?", "-c", "copy"]
    with Ffmpeg(*what, "-f", "framecrc", "pipe:1", reads=True) as run:
        streams = run.listed()
        run.end(BadInput(DAMAGED_FILM))
        if run.said(*_CUT_SHORT):
            raise BadInput(DAMAGED_FILM)
    return streams


def _upright(path: Source) -> tuple[int, int]:
    """Width and height of a film's first frame as it is meant to be seen: this decodes one."""
    what = [*_reading(path), "-map", "0:V:0", "-frames:v", "1", "-f", "framecrc", "pipe:1"]
    with Ffmpeg(*what, reads=True) as run:
        streams = run.listed()
        run.end(BadInput(DAMAGED_FILM))
    if not streams or not streams[0].packets:
        raise BadInput(DAMAGED_FILM)
    first = streams[0]
    return max(1, round(first.width * first.aspect)), first.height


# ---------------------------------------------------------------- reading


def frames(
    path: Source, fps: float, longest_side: int, most_seconds: float, film: Probe | None = None
) -> Iterator[NDArray]:
    """The frames of a film's first `most_seconds`, evenly in time: uint8 (H, W, 3), H and W as `fitted` says.

    film: what `probe` has said of it already. Frames are read as they are asked for; a film of any length needs
    the memory of one. Raises BadInput like `probe`, VernissageError when ffmpeg is killed or stands still.
    """
    film = film or probe(path)
    width, height = fitted(film, longest_side)
    # start_time: a film whose pictures begin after its sound begins with its first picture, standing.
    evenly = f"fps={fps}:start_time=0,scale={width}:{height},setsar=1"
    what = [*_reading(path, seconds=most_seconds), "-map", "0:V:0", "-vf", evenly, "-pix_fmt", "rgb24"]
    size = 3 * width * height
    with Ffmpeg(*what, "-f", "rawvideo", "pipe:1", reads=True) as run:
        while len(data := run.read(size)) == size:
            yield np.frombuffer(data, np.uint8).reshape(height, width, 3)
        run.end(BadInput(DAMAGED_FILM))


def _reading(path: Source, max_bytes: int = MAX_FILM_BYTES, seconds: float | None = None) -> list[str]:
    """What makes ffmpeg read this very file and nothing else, as the kind of file its first bytes say it is."""
    kind = _kind(path, max_bytes)
    # Upright and square is how we want it; a decoder must not set out on a frame larger than we would take.
    what = ["-protocol_whitelist", "file", "-max_pixels", str(MAX_FRAME_PIXELS), "-f", kind]
    what += ["-t", f"{seconds:.3f}"] if seconds is not None else []
    return [*what, "-i", f"file:{Path(path).resolve()}"]


def _kind(path: Source, max_bytes: int) -> str:
    """ffmpeg's name for the kind of a file, told from its first bytes; BadInput when it is too large or no film."""
    try:
        if not Path(path).is_file():  # a pipe or a device would keep us waiting
            raise BadInput(NOT_FOUND)
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            head = file.read(16)
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(NOT_FOUND) from error
    if size > max_bytes:
        raise BadInput(
            f"That film has {size / 2**20:.0f} MB; the gallery takes {max_bytes / 2**20:.0f} MB at most. "
            "Please choose a shorter or smaller one."
        )
    kind = _sniffed(head)
    if kind is None:
        raise BadInput(NOT_A_FILM)
    return kind


def _sniffed(head: bytes) -> str | None:
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF"):
        return {b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12])
    return "gif" if head.startswith((b"GIF87a", b"GIF89a")) else None


# ---------------------------------------------------------------- writing


class Writer:
    """Frames into an MP4 (H.264, 4:2:0, index first) that appears at `out` whole or not at all.

        with Writer(Path("film.mp4"), fps=25, sound=source, recipe=recipe) as film:
            for frame in made:
                film.write(frame)            # uint8 (H, W, 3), all alike; an odd last row or column is cut off

    sound: a file whose sound the film gets, cut to its length, copied as it is where browsers can play it. What is
    half written lies in a folder beside `out` that goes whatever happens; an error inside the block leaves no film.
    Raises VernissageError when ffmpeg is killed, stands still or finds the disk full.
    """

    def __init__(self, out: Source, fps: float, sound: Source | None = None, recipe: Recipe | None = None):
        self.out, self.fps, self.sound, self.recipe = Path(out), fps, sound, recipe
        self.count = 0
        self._run: Ffmpeg | None = None

    def __enter__(self) -> Writer:
        self._folder = _beside(self.out)
        return self

    def write(self, frame: NDArray) -> None:
        """The next frame, uint8 (H, W, 3)."""
        if self._run is None:
            self._begin(*frame.shape[1::-1])
        if frame.shape != self._shape:
            raise ValueError(f"a frame of {frame.shape} in a film of {self._shape}")
        self._run.fed(np.ascontiguousarray(frame, np.uint8))
        self.count += 1

    def _begin(self, width: int, height: int) -> None:
        self._shape = (height, width, 3)
        raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(self.fps), "-i", "pipe:0"]
        self._run = Ffmpeg(*raw, *_H264, *_MP4, *_tags(self.recipe), self._silent, writes=True).__enter__()

    @property
    def _silent(self) -> str:
        return str(Path(self._folder.name) / "silent.mp4")

    def __exit__(self, kind: type[BaseException] | None, *about: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            if self._run:
                self._run.__exit__()
            self._folder.cleanup()

    def _finish(self) -> None:
        if self._run is None:
            raise ValueError("a film needs at least one frame")
        self._run.end(VernissageError(STOPPED))
        if self.sound is not None and _codec(self.sound, "audio"):
            join(self._silent, self.sound, self.out, self.count / self.fps, self.recipe)
        else:
            os.replace(self._silent, self.out)


def join(picture: Source, sound: Source, out: Source, seconds: float, recipe: Recipe | None = None) -> None:
    """Give one file's pictures another's sound (a film's or a WAV's), both cut to `seconds`, as an MP4 at `out`.

    Both streams are copied untouched where browsers play them from an MP4, and coded anew (H.264, AAC) where not.
    Raises BadInput for what cannot be read, VernissageError when ffmpeg is killed, stands still or finds the disk full.
    """
    seen, heard = _codec(picture, "video"), _codec(sound, "audio")
    if seen is None or heard is None:
        raise BadInput(NO_PICTURES if seen is None else NO_SOUND)
    pictures = ("-c:v", "copy") if seen in _COPIED_PICTURES else _H264
    sounds = ("-c:a", "copy") if heard in _COPIED_SOUNDS else ("-c:a", "aac", "-b:a", "192k")
    inputs = [*_reading(picture), *_reading(sound)]
    maps = ["-map", "0:V:0", "-map", "1:a:0", "-t", f"{seconds:.3f}"]
    with _beside(Path(out)) as folder:
        whole = str(Path(folder) / "whole.mp4")
        with Ffmpeg(*inputs, *maps, *pictures, *sounds, *_MP4, *_tags(recipe), whole) as run:
            run.end(BadInput(DAMAGED_FILM), allowed=10 * ffmpeg.PATIENCE)
        os.replace(whole, out)


def _codec(path: Source, kind: str) -> str | None:
    """The codec of a file's "video" or "audio", None where there is none."""
    return next((stream.codec for stream in _packets(path, MAX_FILM_BYTES) if stream.kind == kind), None)


def _tags(recipe: Recipe | None) -> list[str]:
    return film_tags(recipe) if recipe else []


def _beside(out: Path) -> tempfile.TemporaryDirectory:
    """A folder of its own on the disk of `out`, so that what is done can be moved there in an instant."""
    return tempfile.TemporaryDirectory(prefix=".film-", dir=out.parent, ignore_cleanup_errors=True)
