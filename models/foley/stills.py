"""Single frames of very many scenes, for what things look like: `python -m models.foley.stills --out DIR --stills N`.

A clip shows one scene 150 times. The appearance branch learns nothing from being shown it again, and told 67 % of the
frames it had learnt from and 40 % of others: it wants scenes. Here each frame is of its own scene, taken about a hit,
by any camera, and compressed as films are; with it comes a map of what the ground and all that stands there is made of.
Half of the scenes are on a material drawn evenly, so that few are rare.
"""

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley import camera as cameras
from models.foley import scene as scenes
from models.foley.data import SECONDS, SIDE
from models.foley.engine import FPS
from models.foley.looks import MADE, Looks
from models.foley.materials import NAMES
from models.foley.network import STEP
from models.foley.scene_place import NOTHING

SHARD = 250  # stills
_EVEN = 0.5  # the share of scenes on a material drawn evenly


class Still(NamedTuple):
    """A frame uint8 (SIDE, SIDE, 3), yet uncompressed; where the hit is, 0..1; its material's index; what each place is
    made of, uint8 (MADE, MADE); how well it will be compressed, as H.264 counts it."""

    frame: NDArray
    place: tuple[float, float]
    material: int
    made: NDArray
    crf: int


def still(rng: Generator) -> Still:
    """A frame of a scene of its own, no further from a hit than a colour frame of `network.py` may be."""
    scene = None
    while not scene or not scene.contacts:
        material = str(rng.choice(scenes.STRUCK)) if rng.random() < _EVEN else None
        scene = scenes.some_scene(rng, SECONDS, SIDE, material=material)
    camera, which = cameras.some_camera(rng, SECONDS), int(rng.integers(len(scene.contacts)))
    contact, (x, y) = scene.contacts[which], scene.where()[which]
    seconds = float(np.clip(contact.seconds + rng.uniform(-STEP, STEP) / FPS, 0, SECONDS))
    canvas, made = scenes.picture(scene, seconds, camera.shutter / camera.fps)
    frame = next(cameras.film([canvas], camera, SECONDS, SIDE))
    made = cameras.framed(made, camera, SECONDS, MADE, NOTHING)
    return Still(frame, (float(x), float(y)), NAMES.index(contact.material), made, camera.crf)


def compressed(stills: Sequence[Still]) -> NDArray:
    """Their frames as a film leaves them, uint8 (N, SIDE, SIDE, 3): those of one quality go into one film, each as a
    picture of its own."""
    frames = np.stack([one.frame for one in stills])
    for crf in {one.crf for one in stills}:
        those = [k for k, one in enumerate(stills) if one.crf == crf]
        film = cameras.coded(frames[those], replace(cameras.STILL, crf=crf), SIDE, every=1)
        frames[those] = cameras.decoded(film, FPS, len(those) / FPS, SIDE, FPS)[: len(those)]
    return frames


# ---------------------------------------------------------------- on disk


def render_shard(out: Path, seed: int, first: int, count: int) -> Path:
    """Stills `first` .. `first + count`, in one file; nothing is done where it is there."""
    path = out / f"stills-{first:06d}.npz"
    if path.exists():
        return path
    cv2.setNumThreads(1)
    stills = [still(np.random.default_rng((seed, 0, number, 2))) for number in range(first, first + count)]
    told = (np.array([one[k] for one in stills]) for k in (1, 2, 3))
    part = path.with_suffix(".part.npz")
    Looks(compressed(stills), *told).save(part)
    os.replace(part, path)
    return path


def read(folder: Path) -> Looks:
    """All that were rendered into a folder. FileNotFoundError where there are none."""
    paths = sorted(folder.glob("stills-??????.npz"))
    if not paths:
        raise FileNotFoundError(f"{folder} holds no rendered stills")
    return Looks.joined([Looks.load(path) for path in paths])


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Render the single frames that the appearance learns from.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stills", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(given.workers, get_context("spawn")) as pool:
        jobs = [
            pool.submit(render_shard, given.out, given.seed, first, min(SHARD, given.stills - first))
            for first in range(0, given.stills, SHARD)
        ]
        for job in jobs:
            print(job.result().name, flush=True)


if __name__ == "__main__":
    main()
