"""Frames from around hits, of which `train_look.py` learns what things look like: where the hit is, what it is on, and
of what all else in the frame is made, where the simulator tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.foley.network import STEP
from models.foley.scene_place import NOTHING
from models.foley.views import Clip

MADE = 56  # places of a map of materials, each way


@dataclass(frozen=True)
class Looks:
    """Frames from around hits, uint8 (N, 112, 112, 3); where the hit is (N, 2), 0..1; what it is on (N,); of which of
    NAMES each place is made, uint8 (N, 56, 56), NOTHING where that is not told."""

    frames: np.ndarray
    places: np.ndarray
    materials: np.ndarray
    made: np.ndarray

    def save(self, path: Path) -> None:
        """Into an NPZ file."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Looks":
        """What `save` wrote."""
        with np.load(path) as file:
            return cls(**file)

    @classmethod
    def joined(cls, parts: Sequence["Looks"]) -> "Looks":
        """All of them."""
        return cls(*(np.concatenate(those) for those in zip(*(vars(part).values() for part in parts))))


def of_clips(clips: Sequence[Clip], numbers: Sequence[int], hits_a_clip: int, seed: int) -> Looks:
    """Of every clip some hits, and of each a frame no further from it than a colour frame of `network.py` may be."""
    frames, places, materials = [], [], []
    for number in numbers:
        clip, rng = clips[number], np.random.default_rng((seed, number))
        for hit in rng.permutation(len(clip.hits))[:hits_a_clip]:
            at = round(30 * clip.hits[hit][0]) + int(rng.integers(-STEP, STEP + 1))
            frames.append(clip.frames[min(max(at, 0), len(clip.frames) - 1)].copy())  # a view would keep all of them
            places.append((clip.strikes[hit].x, clip.strikes[hit].y))
            materials.append(clip.hits[hit][2])
    untold = np.full((len(frames), MADE, MADE), NOTHING, np.uint8)
    return Looks(np.stack(frames), np.array(places), np.array(materials), untold)
