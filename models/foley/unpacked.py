"""Clips decoded once, for training: a window of a clip then costs its pixels and not a run of ffmpeg, which had taken
a third of every step.

    clips = Unpacked(folder)  # as data.Clips of that folder, which grows by 5.6 MB for a clip of five seconds
"""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.foley.data import Clip, Clips


class Unpacked(Clips):
    """The same clips; what one shows is kept in `folder/frames` when it is first asked for, and mapped from there."""

    def __init__(self, folder: Path | str):
        super().__init__(folder)
        (self.folder / "frames").mkdir(exist_ok=True)

    def __getitem__(self, row: int) -> Clip:
        clip = super().__getitem__(row)
        vars(clip)["frames"] = self._frames(row, clip)  # where its cached property would keep them
        return clip

    def _frames(self, row: int, clip: Clip) -> NDArray:
        path = self.folder / "frames" / f"{row:06d}.npy"
        if not path.exists():
            part = path.with_suffix(f".{os.getpid()}.npy")
            np.save(part, clip.frames)
            os.replace(part, path)
        return np.load(path, mmap_mode="r")
