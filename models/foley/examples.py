"""Film what hangs in the room and in the lobby, and let the model watch it: `python -m models.foley.examples`.

Every clip is the simulator's: a silent film, and kept apart from it the sound of the same contacts, for the game. To be
run again whenever the network's weights change (then `--watch` is enough, which leaves the films as they are): what
hangs at first paint must be what the model makes.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import video
from models.foley import acoustics, camera, cochlea, data, keepsake, scene, seen, soundtrack, synthesis
from models.foley.engine import FPS
from models.foley.inside import Inside, look_inside
from models.foley.synthesis import Ask
from models.media import picture_bytes

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
SIDE = 480  # pixels: a film has as many of them as a square of this side, whatever its shape
SECONDS = 4.0
POSTER_SIDE, POSTER_GAP = 262, 10  # of the lobby's: four frames above, what is heard below
POSTER_SIZE = (1080, 554)  # 1.95 times as wide as high
_LAST_SEED = 400
_SHAPES = (1.3, 1.8)  # width over height
_INSIDE = (0.12, 0.88)  # of the frame, where hits lie


@dataclass(frozen=True)
class Take:
    """What is to be filmed: of all seeds from `seed` on, the first whose film shows so many hits well is taken."""

    name: str
    words: str
    act: str
    material: str
    seed: int = 0
    hits: tuple[int, int] = (4, 11)


# The first is one that the network hears well; it does not of all.
TAKES = (
    Take("hammer", "a hammer on metal", "hammer", "metal"),
    Take("clap", "clapping", "clap", "hands"),
    Take("pond", "balls into water", "ball", "water", hits=(2, 8)),
    Take("knuckles", "knuckles on wood", "knuckles", "wood"),
    Take("leaves", "steps through leaves", "steps", "leaves"),
    Take("drum", "a drum", "drumstick", "drum"),
    Take("ball", "balls on stone", "ball", "stone"),
    Take("bowls", "a spoon among bowls", "spoon", "ceramic"),
)
POSTERS = ("hammer", "clap", "pond")


def make(examples: Path = EXAMPLES, takes: Sequence[Take] = TAKES, posters: Sequence[str] = POSTERS) -> list[Path]:
    """Write every clip with its true sound and what the model saw, and the lobby's posters; returns the files."""
    folder = examples / "sound"
    folder.mkdir(parents=True, exist_ok=True)
    written = [path for take in takes for path in _clip(take, folder)]
    listed = folder / "clips.json"
    about = [{"name": take.name, "words": take.words} for take in takes]
    listed.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [*written, listed, *(_poster(name, number, examples) for number, name in enumerate(posters))]


def watch_again(
    examples: Path = EXAMPLES, takes: Sequence[Take] = TAKES, posters: Sequence[str] = POSTERS
) -> list[Path]:
    """The same for films that are there: only what the model says of them is written."""
    stems = [examples / "sound" / take.name for take in takes]
    written = [path for stem in stems for path in _seen(look_inside(stem.with_suffix(".mp4")), _size(stem), stem)]
    return [*written, *(_poster(name, number, examples) for number, name in enumerate(posters))]


def _size(stem: Path) -> tuple[int, int]:
    about = video.probe(stem.with_suffix(".mp4"))
    return about.width, about.height


def filmed(take: Take) -> tuple[data.Clip, float]:
    """The clip of a take, and its shape: the simulator presses films of any shape into a square."""
    for seed in range(take.seed, take.seed + _LAST_SEED):
        planned = scene.some_scene(_chance(seed).spawn(2)[0], SECONDS, SIDE, take.act, take.material)
        shape = float(planned.view.stretch[1] / planned.view.stretch[0])
        if _shows(planned, take) and _SHAPES[0] <= shape <= _SHAPES[1]:
            return data.render(_chance(seed), SECONDS, SIDE, take.act, take.material, camera.STILL), shape
    raise ValueError(f"no seed shows {take.words} with {take.hits[0]} to {take.hits[1]} hits")


def _chance(seed: int) -> np.random.Generator:
    return np.random.default_rng([2016, seed])


def _shows(planned: scene.Scene, take: Take) -> bool:
    where = planned.where()
    few, many = take.hits
    well = few <= len(where) <= many and bool(((where > _INSIDE[0]) & (where < _INSIDE[1])).all())
    return well and planned.contacts[-1].seconds < SECONDS - 0.4


def _clip(take: Take, folder: Path) -> list[Path]:
    """One clip's files: film, true sound, a frame, what was seen, and two pictures for the look inside."""
    clip, shape = filmed(take)
    frames = _in_shape(clip.frames, shape)
    film = folder / f"{take.name}.mp4"
    with video.Writer(film, FPS) as writer:
        for frame in frames:
            writer.write(frame)
    true = folder / f"{take.name}.flac"
    true.write_bytes(soundtrack.as_flac(acoustics.limited(synthesis.LEVEL * clip.sound)))
    still = film.with_suffix(".webp")
    shown = frames[min(round(_loudest(clip) * FPS), len(frames) - 1)]
    Image.fromarray(shown).save(still, quality=82, method=6)
    return [film, true, still, *_seen(look_inside(film), shown.shape[1::-1], folder / take.name)]


def _in_shape(frames: NDArray, shape: float) -> list[NDArray]:
    """Frames uint8 (T, S, S, 3) as wide as they were before they were pressed into a square."""
    size = (round(SIDE * shape**0.5 / 2) * 2, round(SIDE * shape**-0.5 / 2) * 2)
    return [np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS)) for frame in frames]


def _loudest(clip: data.Clip) -> float:
    """When the hardest hit is, in seconds."""
    return max(clip.strikes, key=lambda strike: strike.strength).seconds


def _seen(inside: Inside, size: tuple[int, int], stem: Path) -> list[Path]:
    """What the model says of a film of this width and height, and two pictures of it."""
    about = {**seen.numbers(inside), "width": size[0], "height": size[1]}
    stem.with_suffix(".json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    pictures = {
        stem.with_name(f"{stem.name}-motion.webp"): (seen.motion_sheet(inside.watched.motion), 55),
        stem.with_name(f"{stem.name}-where.webp"): (seen.attention(inside.where), 85),
    }
    for path, (picture, quality) in pictures.items():
        picture.save(path, quality=quality, method=6)
    return [stem.with_suffix(".json"), *pictures]


def _poster(name: str, number: int, examples: Path) -> Path:
    """Four frames of a clip above the cochleagram of the sound that the model gives it; a recipe is inside."""
    film = examples / "sound" / f"{name}.mp4"
    about = json.loads((examples / "sound" / f"{name}.json").read_text(encoding="utf-8"))
    hits = keepsake.from_text(about["hits"])
    sheet = Image.new("RGB", POSTER_SIZE, (255, 254, 251))
    frames = list(video.frames(film, FPS, SIDE, SECONDS))
    for place in range(4):
        frame = _middle(frames[round((place + 0.5) / 4 * (len(frames) - 1))])
        sheet.paste(frame, (place * (POSTER_SIDE + POSTER_GAP), 0))
    heard = cochlea.cochleagram(synthesis.sound(hits, about["seconds"], Ask()))
    below = (POSTER_SIZE[0] - 2, POSTER_SIZE[1] - POSTER_SIDE - POSTER_GAP)
    sheet.paste(seen.spectrum(heard).resize(below, Image.Resampling.BICUBIC), (0, POSTER_SIDE + POSTER_GAP))
    file = examples / (f"{keepsake.DEMO}.png" if number == 0 else f"{keepsake.DEMO}-{number + 1}.png")
    file.write_bytes(picture_bytes(sheet, keepsake.recipe(name, hits, Ask())))
    return file


def _middle(frame: NDArray) -> Image.Image:
    """The middle of a frame, POSTER_SIDE pixels square."""
    height, width = frame.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(frame[top : top + side, left : left + side])
    return square.resize((POSTER_SIDE, POSTER_SIDE), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=EXAMPLES)
    parser.add_argument("--watch", action="store_true", help="leave the films and let the model watch them again")
    args = parser.parse_args()
    for path in (watch_again if args.watch else make)(args.out):
        print(path)
