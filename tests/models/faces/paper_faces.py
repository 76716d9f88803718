"""A small labelled set of faces cut from paper, stored as rendered morphs are: for code that reads whole sets."""

import json
from pathlib import Path

import numpy as np

from models.faces.glasses import draw_glasses, random_glasses
from models.faces.light import Light
from models.faces.recipe import CATEGORIES, NUMBERS
from models.faces.render import Face
from models.faces.store import SHARD, Morphs, shard_path, write_shard
from tests.models.faces import studio

LIGHT = Light(0.0, 0.4, 0.3, 1.0, 0.0)


def landmarks() -> np.ndarray:
    """The drawn head's landmarks in the generator's frame, float32 (189, 2)."""
    from models.faces import landmarks as lm

    points = studio.draw_landmarks(1.0, 1.0)
    return lm.transform(lm.to_frame(points), points).astype(np.float32)


def paper_face(rng: np.random.Generator) -> tuple[Face, dict]:
    """An oval with eyes on a coloured wall, half of them with drawn glasses, and its labels."""
    points = landmarks()
    y, x = np.mgrid[:128, :128] / 128
    image = np.empty((128, 128, 3), np.float32)
    image[:] = rng.uniform(40, 220, 3)
    image[((x - 0.5) / 0.25) ** 2 + ((y - 0.55) / 0.33) ** 2 < 1] = rng.uniform(90, 230, 3)
    for pupil in points[:2]:
        image[np.hypot(x - pupil[0], y - pupil[1]) < 0.02] = 30
    pair = random_glasses(rng) if rng.random() < 0.5 else None
    if pair:
        image = draw_glasses(image, np.zeros((128, 128), np.float32), points, pair, LIGHT)
    image = np.clip(image, 0, 255).astype(np.uint8)
    numbers = {name: np.float32(rng.random()) for name in NUMBERS}
    numbers |= {"glasses": np.float32(pair is not None), "age": np.float32(rng.uniform(20, 60))}
    chosen = {
        "frame_shape": np.int8(CATEGORIES["frame_shape"].index(pair.shape) if pair else -1),
        "frame_rgb": np.array(pair.rgb if pair else (0, 0, 0), np.float32),
    }
    nothing = np.zeros((128, 128), np.uint8)
    return Face(image, points, nothing, nothing), numbers | chosen


def write_paper_faces(folder: Path, count: int, seed: int = 0) -> Morphs:
    """Write and open a set of `count` faces."""
    folder.mkdir(parents=True)
    about = {"count": count, "side": 128, "people": ["001", "002"], "seed": seed}
    (folder / "set.json").write_text(json.dumps(about))
    rng = np.random.default_rng(seed)
    for number in range(-(-count // SHARD)):
        made = [paper_face(rng) for _ in range(min(SHARD, count - number * SHARD))]
        write_shard(shard_path(folder, number), [face for face, _ in made], [label for _, label in made])
    return Morphs(folder)
