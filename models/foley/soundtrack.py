"""Sounds in and out: what a film says by itself, and a sound as a file that browsers and ffmpeg read."""

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import video
from models.errors import BadInput
from models.ffmpeg import Ffmpeg
from models.foley.materials import RATE


def own_sound(film: Path, seconds: float) -> NDArray[np.float32]:
    """The sound of a film's first seconds: float32 (N,) mono at RATE; silence where it has none or ends earlier."""
    count = round(seconds * RATE)
    whole = np.zeros(count, np.float32)
    if not video.probe(film).has_sound:
        return whole
    as_heard = ["-map", "0:a:0", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", str(RATE)]
    as_heard += ["-t", f"{seconds:.3f}"]  # what nobody reads would keep ffmpeg waiting
    with Ffmpeg(*video._reading(film, seconds=seconds), *as_heard, "-f", "f32le", "pipe:1", reads=True) as run:
        data = run.read(4 * count)
        run.end(BadInput(video.DAMAGED_FILM))
    heard = np.frombuffer(data[: len(data) // 4 * 4], "<f4")[:count]
    whole[: len(heard)] = np.nan_to_num(heard)
    return whole


def write_wav(sound: NDArray, path: Path) -> None:
    """A sound float (N,) in [-1, 1] at RATE as a WAV file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(_sixteen_bits(sound).tobytes())


def as_flac(sound: NDArray) -> bytes:
    """A sound float (N,) in [-1, 1] at RATE as a FLAC file: nothing is lost beyond 16 bits, a third of a WAV's size."""
    import soundfile  # comes with librosa

    file = io.BytesIO()
    soundfile.write(file, _sixteen_bits(sound), RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def from_flac(data: bytes) -> NDArray[np.float32]:
    """The sound float32 (N,) of a FLAC file of ours."""
    import soundfile

    sound, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    return sound


def _sixteen_bits(sound: NDArray) -> NDArray[np.int16]:
    return (np.asarray(sound) * 32768).round().clip(-32768, 32767).astype("<i2")
