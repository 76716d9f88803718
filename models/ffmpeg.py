"""One run of ffmpeg that cannot hang, and what it lists of a file. Films are `models/video.py`'s business.

The program is the one that imageio-ffmpeg, and so moviepy, brings. ffprobe does not come with it; ffmpeg's own list of
packets (the muxer "framecrc") says as much, in a format made for programs.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO, TypeVar

from numpy.typing import NDArray

from models.errors import DISK_FULL, VernissageError

PATIENCE = 30.0  # seconds to wait for one word of ffmpeg
MOST_WORK = 600  # seconds of processor time that one run may take: a film can be small and hard to read for hours

STOPPED = "The film could not be finished: the program that reads and writes films was stopped. Please try again."
STOOD_STILL = "The film could not be finished: the machine is too busy or the film too hard to read. Please try again."

KILLED = -9  # by SIGKILL, which has no name on Windows
OUT_OF_TIME = 255  # how ffmpeg ends when a signal stops it, as the one at the end of its processor time does

_QUIET = ("-hide_banner", "-v", "error", "-nostdin")
Result = TypeVar("Result")


@dataclass
class Stream:
    """One stream of a file as ffmpeg's framecrc lists it. Times in seconds."""

    kind: str = ""
    codec: str = ""
    width: int = 0
    height: int = 0
    aspect: float = 1.0
    tick: float = 1.0
    packets: int = 0
    start: float = float("inf")
    end: float = 0.0

    def note(self, name: str, value: str) -> None:
        """A line of the list's head: "dimensions", "320x240"."""
        if name == "media_type":
            self.kind = value
        elif name == "codec_id":
            self.codec = value
        elif name == "dimensions":
            self.width, self.height = map(int, value.split("x"))
        elif name == "tb":
            self.tick = _ratio(value)
        elif name == "sar":
            self.aspect = _ratio(value) or 1.0

    def count(self, shown_at: int, lasts: int) -> None:
        """A packet's line."""
        self.packets += 1
        self.start = min(self.start, shown_at * self.tick)
        self.end = max(self.end, (shown_at + lasts) * self.tick)


def _ratio(text: str) -> float:
    above, _, below = text.partition("/")
    return int(above) / int(below) if int(below) else 0.0


class Ffmpeg:
    """One run of ffmpeg that cannot hang: whoever waits for it waits PATIENCE seconds at most, then it is killed."""

    def __init__(self, *arguments: str, reads: bool = False, writes: bool = False):
        from imageio_ffmpeg import get_ffmpeg_exe

        self.command = [get_ffmpeg_exe(), *_QUIET, "-timelimit", str(MOST_WORK), *arguments]
        self.pipes = dict(
            stdin=subprocess.PIPE if writes else subprocess.DEVNULL,
            stdout=subprocess.PIPE if reads else subprocess.DEVNULL,
        )
        self.gave_up, self.began = False, _worked()

    def __enter__(self) -> Ffmpeg:
        self.errors: IO[bytes] = tempfile.TemporaryFile()  # not a pipe: nobody has to empty it
        try:
            self.process = subprocess.Popen(self.command, stderr=self.errors, **self.pipes)
        except BaseException:
            self.errors.close()
            raise
        return self

    def __exit__(self, *about: object) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                _closed(pipe)
        self.process.wait()
        self.errors.close()

    def listed(self) -> list[Stream]:
        """The streams of a file: what it writes with `-f framecrc pipe:1`."""
        return self.waited(lambda: _listed(self.process.stdout))

    def read(self, size: int) -> bytes:
        """The next `size` bytes it writes; fewer when it has no more."""
        return self.waited(lambda: self.process.stdout.read(size))

    def waited(self, work: Callable[[], Result], allowed: float | None = None) -> Result:
        """What `work`, which waits for ffmpeg, returns."""
        watch = threading.Timer(PATIENCE if allowed is None else allowed, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            return work()
        finally:
            watch.cancel()

    def _give_up(self) -> None:
        self.gave_up = True
        self.process.kill()

    def fed(self, data: NDArray) -> None:
        """Hand it bytes; when it takes no more, say why."""
        try:
            self.waited(lambda: self.process.stdin.write(data.data))
        except OSError:
            self.end(VernissageError(STOPPED))
            raise VernissageError(STOPPED) from None

    def end(self, failure: Exception, allowed: float | None = None) -> None:
        """Wait for its end; raise `failure` when it was not a good one, unless the machine is to blame."""
        if self.process.stdin:
            self.waited(lambda: _closed(self.process.stdin))
        self.waited(self.process.wait, allowed)
        if self.gave_up or self._worked_too_long():
            raise VernissageError(STOOD_STILL)
        if self.said("No space left on device", "Disk quota exceeded"):
            raise VernissageError(DISK_FULL)
        if self.process.returncode < 0:
            raise VernissageError(STOPPED)
        if self.process.returncode:
            raise failure

    def _worked_too_long(self) -> bool:
        """Whether it was ended for its processor time. Asked to end it may not get to it before the kernel kills it, a
        second of that time later; whoever else kills it does so sooner."""
        killed = self.process.returncode == KILLED and _worked() - self.began >= MOST_WORK
        return killed or self.process.returncode == OUT_OF_TIME

    def said(self, *words: str) -> bool:
        """Whether any of these is among its complaints."""
        self.errors.seek(0)
        text = self.errors.read(1_000_000).decode("utf-8", "replace")
        return any(word in text for word in words)


def _worked() -> float:
    """Seconds of processor time of all processes that this one started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _closed(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:  # it had ended before it took all that was left for it
        pass


def _listed(lines: Iterable[bytes]) -> list[Stream]:
    """Read framecrc's format: heads as "#sar 0: 1/1", packets as "0, decoded at, shown at, duration, ..."."""
    streams: dict[int, Stream] = {}
    for line in lines:
        text = line.decode("ascii", "replace").strip()
        if text.startswith("#"):
            name, _, rest = text[1:].partition(" ")
            index, colon, value = rest.partition(": ")
            if colon and index.isdigit():
                streams.setdefault(int(index), Stream()).note(name, value)
            continue
        index, decoded_at, shown_at, lasts = (int(field) for field in text.split(",")[:4])
        unknown = abs(shown_at) > 2**62  # AVI names no time of showing
        streams[index].count(decoded_at if unknown else shown_at, lasts)
    return list(streams.values())
