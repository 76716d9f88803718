"""The set that the network which watches films learns from: clips rendered with the hits that are heard in them.

    python -m models.foley.data --out DIR --clips 20000 --seed 0 --workers 16
    python -m models.foley.data --out DIR --clips 600 --held-out

Picture and sound come from the same contacts: when, how fast, on what. Clip k depends on seed, split and k alone.
A shard is a zip file of MP4 films, each with a JSON file that says what is struck in it; sounds are made from that when
they are asked for. Shards that are there are not rendered again. Everything is our own: no recording, no photograph.
"""

import argparse
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley import camera as cameras
from models.foley import scene as scenes
from models.foley.engine import FPS
from models.foley.materials import MATERIALS, NAMES, RATE
from models.foley.strike import body, hit

SIDE = 112  # pixels of a frame's side
SECONDS = 5.0
SHARD = 50  # clips
SPLITS = ("train", "held-out")


class ClipHit(NamedTuple):
    """When (s), how hard (0..1), and the material's index in MATERIALS."""

    seconds: float
    strength: float
    material: int


@dataclass(frozen=True)
class Strike:
    """All that is known of one hit: size 0..1 and seed of what is struck; x, y: where in the frame, 0..1."""

    seconds: float
    strength: float
    material: str
    size: float
    seed: int
    x: float
    y: float


@dataclass(frozen=True)
class Clip:
    """One film of FPS frames a second as it is watched, though its source had `fps`, and what is struck in it.

    acts: what goes on; feints: seconds when something moved as if to hit and did not; film: an MP4 file.
    """

    film: bytes
    side: int
    fps: float
    seconds: float
    strikes: tuple[Strike, ...]
    acts: tuple[str, ...]
    feints: tuple[float, ...]

    @cached_property
    def frames(self) -> NDArray:
        """uint8 (T, side, side, 3), FPS a second, T = seconds * FPS."""
        seen = cameras.decoded(self.film, FPS, self.seconds, self.side, self.fps)
        count = round(self.seconds * FPS)
        return np.concatenate([seen, np.repeat(seen[-1:], max(0, count - len(seen)), axis=0)])[:count]

    @property
    def hits(self) -> tuple[ClipHit, ...]:
        """In the order of time."""
        return tuple(ClipHit(one.seconds, one.strength, NAMES.index(one.material)) for one in self.strikes)

    @cached_property
    def sound(self) -> NDArray:
        """float32 (seconds * RATE,), mono: each hit begins at the sample of its contact. No room, no noise."""
        sound = np.zeros(round(self.seconds * RATE), np.float32)
        for number, one in enumerate(self.strikes):
            of = MATERIALS[NAMES.index(one.material)]
            modes = body(of, np.random.default_rng(one.seed), one.size)
            struck = hit(of, modes, one.strength, np.random.default_rng((one.seed, number)), one.size).sound
            first = round(one.seconds * RATE)
            sound[first : first + len(struck)] += struck[: len(sound) - first]
        return sound

    def about(self) -> str:
        """All but the film, as JSON."""
        fields = asdict(self)
        del fields["film"]
        return json.dumps(fields)

    @classmethod
    def read(cls, film: bytes, about: str | bytes) -> "Clip":
        """What `about` wrote, and the film."""
        fields = json.loads(about)
        strikes = tuple(Strike(**one) for one in fields.pop("strikes"))
        return cls(film, strikes=strikes, **{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})


def render(
    rng: Generator,
    seconds: float = SECONDS,
    side: int = SIDE,
    act: str | None = None,
    material: str | None = None,
    camera: cameras.Camera | None = None,
) -> Clip:
    """One clip of any act, or of one of `scene_acts.ACTS` or `scene_tools.TOOLS`, on any material, by any camera."""
    scene_rng, camera_rng = rng.spawn(2)
    scene = scenes.some_scene(scene_rng, seconds, side, act, material)
    camera = camera or cameras.some_camera(camera_rng, seconds)
    frames = cameras.film(scenes.pictures(scene, camera.fps, camera.shutter), camera, seconds, side)
    film = cameras.coded(frames, camera, side)
    strikes = tuple(
        Strike(c.seconds, round(c.strength, 4), c.material, round(c.size, 4), c.seed, float(x), float(y))
        for c, (x, y) in zip(scene.contacts, scene.where().round(4))
    )
    return Clip(film, side, camera.fps, seconds, strikes, scene.names, scene.feints)


# ---------------------------------------------------------------- on disk


def render_shard(out: Path, split: str, seed: int, first: int, count: int) -> Path:
    """Clips `first` .. `first + count` of a split, in one file; nothing is done where it is there."""
    path = out / f"shard-{first:06d}.zip"
    if path.exists():
        return path
    cv2.setNumThreads(1)
    part = path.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as file:
        for number in range(first, first + count):
            clip = render(np.random.default_rng((seed, SPLITS.index(split), number)), _length(seed, split, number))
            file.writestr(f"{number:06d}.mp4", clip.film)
            file.writestr(f"{number:06d}.json", clip.about())
    os.replace(part, path)
    return path


def _length(seed: int, split: str, number: int) -> float:
    """Seconds of a clip: four to six."""
    return float(
        np.random.default_rng((seed, SPLITS.index(split), number, 1)).choice([4.0, 5.0, 6.0], p=[0.3, 0.5, 0.2])
    )


class Clips(Sequence):
    """A rendered set, in the order of its numbers. Films stay on disk until they are asked for.

    >>> clips = Clips(folder)
    >>> clip = clips[3]
    >>> clip.frames, clip.hits, clip.sound                # uint8 (T, 112, 112, 3), ((seconds, strength, material), ...)
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self._places: list[tuple[Path, str]] = []
        for path in sorted(self.folder.glob("shard-*.zip")):
            with zipfile.ZipFile(path) as file:
                self._places += [(path, name[:-4]) for name in sorted(file.namelist()) if name.endswith(".mp4")]
        if not self._places:
            raise FileNotFoundError(f"{self.folder} holds no rendered clips")

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, row: int) -> Clip:
        path, name = self._places[row]
        with zipfile.ZipFile(path) as file:
            return Clip.read(file.read(f"{name}.mp4"), file.read(f"{name}.json"))

    def __iter__(self) -> Iterator[Clip]:
        return (self[row] for row in range(len(self)))


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Render the clips that the network which hears hits learns from.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clips", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--held-out", action="store_true", help="clips that training never sees")
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    split = SPLITS[given.held_out]
    firsts = range(0, given.clips, SHARD)
    with ProcessPoolExecutor(given.workers, get_context("spawn")) as pool:
        jobs = [
            pool.submit(render_shard, given.out, split, given.seed, first, min(SHARD, given.clips - first))
            for first in firsts
        ]
        for job in jobs:
            print(job.result().name, flush=True)


if __name__ == "__main__":
    main()
