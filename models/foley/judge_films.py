"""Real films with their own sound, judged by the onsets that librosa hears in it; and how long a film takes."""

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from models import video
from models.foley import baselines, engine, scores, soundtrack
from models.foley.engine import FPS, LONGEST_SECONDS
from models.foley.hits import Hit, pick
from models.foley.judge_held_out import Known, Seen, Sounded, at_random, likeness, timed
from models.foley.materials import NAMES, RATE
from models.foley.network import Foley
from models.foley.views import Clip

ENDINGS = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v")
_HOP = 256  # samples
_FILM_SIDES = (640, 480)  # pixels of the film that is timed


def films(folder: Path, network: Foley, known: Known, sounded: Sounded) -> dict:
    """F1 against librosa's onsets, loudness and centroid beside the film's own sound, film by film and together.

    A film in a folder named like a material is taken to be of that material.
    """
    found, seen, each = [], [], {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS):
        of, hits = _watched(path, network)
        found.append(hits)
        seen.append(of)
        each[str(path.relative_to(folder))] = timed([_times(hits)], [of.times]) | {"hits": len(of.hits)}
        each[str(path.relative_to(folder))] |= _material(path.parent.name, hits)
    if not seen:
        raise SystemExit(f"there is no film in {folder}")
    true = [of.times for of in seen]
    moved = [[at for at, _ in baselines.peaks(of.movement, known.peaks)] for of in seen]
    makers = {"network": timed([_times(hits) for hits in found], true), "frame difference": timed(moved, true)}
    makers["random times"] = at_random(seen, [len(hits) for hits in found], known.usual)
    heard = [scores.heard(of.sound, of.times) for of in seen]
    made = [scores.heard(sounded(hits, of.seconds), of.times) for hits, of in zip(found, seen)]
    sound = likeness(np.concatenate(made), np.concatenate(heard)) if sum(map(len, heard)) else {}
    return {"films": len(seen), "hits": sum(map(len, true)), "makers": makers, "sound": sound, "each": each}


def _watched(path: Path, network: Foley) -> tuple[Seen, tuple[Hit, ...]]:
    """A film as a clip whose true hits are the onsets of its sound."""
    eye, seconds, _ = engine.look_through(path, network)
    curves = eye.curves()
    sound = soundtrack.own_sound(path, seconds)
    moving = baselines.movement(np.stack(list(video.frames(path, FPS, 112, LONGEST_SECONDS))))
    hits = [(at, 0.5, 0) for at in onsets(sound)]
    seen = Seen(hits, np.zeros((len(hits), 2)), (), "", seconds, moving, sound, curves, curves, np.zeros((1, 8, 8)))
    return seen, pick(curves, network.picking)


def onsets(sound: NDArray) -> list[float]:
    """When something begins to sound in float (N,) at RATE, as librosa hears it (spectral flux, its own settings)."""
    import librosa

    found = librosa.onset.onset_detect(y=np.asarray(sound, np.float32), sr=RATE, hop_length=_HOP, units="time")
    return [float(at) for at in found]


def _material(name: str, hits: Sequence[Hit]) -> dict:
    if name not in NAMES or not hits:
        return {}
    return {"material": float(np.mean([int(np.argmax(hit.materials)) == NAMES.index(name) for hit in hits]))}


def speed(weights: Path, clips: Sequence[Clip], sounded: Sounded, repeats: int = 3) -> dict:
    """Seconds from a film of 5 s, 640 x 480, to the film with sound, everything included: at first, with the weights
    yet to be loaded, and again (the median), with the parts of that."""
    import torch

    from models.foley import synthesis

    with TemporaryDirectory() as folder:
        film, runs = _five_seconds(clips, Path(folder) / "film.mp4"), []
        began = time.monotonic()
        network = engine.read_network(weights)
        loaded = time.monotonic() - began
        for _ in range(repeats + 1):
            began = time.monotonic()
            watched = engine.watch_with(network, film)
            seen = time.monotonic()
            sound = sounded(watched.hits, watched.seconds)
            struck = time.monotonic()
            synthesis.join(film, sound, watched.seconds, Path(folder) / "out.mp4")
            runs.append((seen - began, struck - seen, time.monotonic() - struck))
    again = np.median(runs[1:], 0)
    parts = dict(zip(("watched", "struck", "written"), again.tolist()))
    return {"threads": torch.get_num_threads(), "first": loaded + sum(runs[0]), "again": float(again.sum())} | parts


def _five_seconds(clips: Sequence[Clip], path: Path) -> Path:
    """Clips one after the other, enlarged, for five seconds."""
    from PIL import Image

    frames = (frame for clip in clips for frame in clip.frames)
    with video.Writer(path, FPS) as writer:
        for _, frame in zip(range(5 * FPS), frames):
            writer.write(np.asarray(Image.fromarray(frame).resize(_FILM_SIDES, Image.Resampling.BICUBIC)))
    return path


def _times(hits: Sequence[Hit]) -> list[float]:
    return [hit.seconds for hit in hits]
