"""Train the locator: `python -m models.faces.train_locator --faces MORPHS --data DIR`.

Reads morphs rendered by `models.faces.data` (the training split) and photographs that show nobody; learns the heat map
by the focal loss of CenterNet (Zhou et al. 2019, equation 1; Law and Deng 2018) and the points by a Huber loss in units
of the distance between the pupils. Deterministic from `--seed` on one machine, resumable from `--out`.
"""

import argparse
import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models import weights
from models.faces.heatmap import STRIDE, Locator
from models.faces.scenes import SIDE, Actor, Scene, actor, compose, tiles
from models.faces.store import Morphs
from models.training import Ema, Run, add_settings, cosine, settings, to_tensor

# Pictures of the CC0 set that do show a face, painted or drawn.
WITH_FACES = ("egg-basket",)
CELLS = SIDE // STRIDE


@dataclass(frozen=True)
class TrainConfig:
    seed: int = 0
    batch: int = 32
    scenes: int = 40_000
    polish: int = 20_000  # scenes more, most of them second looks, at a lower rate
    actors: int = 6_000  # morphs to draw from
    learning_rate: float = 2e-3
    points: float = 4.0  # weight of the points' loss
    ema: float = 0.998
    keep_every: int = 4_000


def read_photographs(data: Path, held_out: bool) -> list[np.ndarray]:
    """CC0 photographs and flowers without anybody in them, RGB; every fourth, and the flowers of `val`, held out."""
    paths = [
        path
        for number, path in enumerate(sorted((data / "photos-cc0" / "full").glob("*.jpg")))
        if (number % 4 == 3) == held_out and not any(word in path.stem.lower() for word in WITH_FACES)
    ]
    rows = csv.DictReader((data / "flowers" / "captions.tsv").open(), delimiter="\t")
    flowers = [row["file"] for row in rows if row["keep"] == "1" and row["file"].startswith("val/") == held_out]
    paths += [data / "flowers" / name for name in flowers]
    pictures = (cv2.imread(str(path)) for path in paths)
    return [picture[..., ::-1] for picture in pictures if picture is not None and min(picture.shape[:2]) >= 200]


def read_actors(morphs: Morphs, count: int) -> list[Actor]:
    """Morphs spread over the set."""
    index = np.linspace(0, len(morphs) - 1, min(count, len(morphs))).astype(int)
    masks, images = morphs.masks(index), morphs.images(index)
    return [actor(*one) for one in zip(images, masks, morphs.landmarks[index], strict=True)]


@dataclass(frozen=True)
class Targets:
    """What a batch of scenes should give: `heat` (B, h, w) with ones at faces, `asked` (B, h, w) false where nothing
    is, `points` (B, 3, 2, h, w) offsets in pixels, `weight` (B, h, w) of the points, per pixel of pupil distance."""

    heat: Tensor
    asked: Tensor
    points: Tensor
    weight: Tensor


def targets(scenes: list[Scene]) -> Targets:
    """Gaussians as wide as a seventh of the pupil distance, and offsets wherever they are above a third."""
    cells = (np.arange(CELLS, dtype=np.float32) + 0.5) * STRIDE
    x, y = np.meshgrid(cells, cells)
    heat, weight = np.zeros((2, len(scenes), CELLS, CELLS), np.float32)
    asked = np.ones(heat.shape, bool)
    points = np.zeros((len(scenes), 3, 2, CELLS, CELLS), np.float32)
    for row, scene in enumerate(scenes):
        for cx, cy, radius in scene.unclear:
            asked[row] &= np.hypot(x - cx, y - cy) > radius
        for face in scene.faces:
            middle, span = face[:2].mean(0), float(np.hypot(*(face[1] - face[0])))
            sigma = max(span / 7, 0.6 * STRIDE)
            bump = np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / (2 * sigma**2))
            bump.flat[bump.argmax()] = 1.0
            mine = (bump > 0.33) & (bump > heat[row])
            weight[row][mine] = bump[mine] / span
            offsets = face[:, :, None, None] - np.stack([x, y])  # (3, 2, h, w)
            points[row][..., mine] = offsets[..., mine]
            heat[row] = np.maximum(heat[row], bump)
            asked[row] |= bump > 0.33
    return Targets(*(torch.from_numpy(array) for array in (heat, asked, points, weight)))


def heat_loss(logits: Tensor, wanted: Targets) -> Tensor:
    """Focal loss with softened negatives around each peak (alpha 2, beta 4), per face."""
    chance = torch.sigmoid(logits.float()).clamp(1e-5, 1 - 1e-5)
    peak = wanted.heat == 1
    found = ((1 - chance) ** 2 * -chance.log())[peak].sum()
    false = ((1 - wanted.heat) ** 4 * chance**2 * -(1 - chance).log())[~peak & wanted.asked].sum()
    return (found + false) / peak.sum().clamp_min(1)


def points_loss(offsets: Tensor, wanted: Targets) -> Tensor:
    """Huber distance in units of a tenth of the pupil distance, weighted by the heat."""
    apart = (offsets.float() - wanted.points) * wanted.weight[:, None, None]
    return (
        F.huber_loss(10 * apart, torch.zeros_like(apart), reduction="sum", delta=0.5)
        / wanted.heat.eq(1).sum().clamp_min(1)
        / 60
    )


def batches(
    config: TrainConfig, actors: list[Actor], photographs: list, start: int
) -> Iterator[tuple[Tensor, Targets]]:
    """Scenes from `start` on, the next batch made while this one is learnt from; seeded by its place alone."""

    def make(place: int) -> tuple[Tensor, Targets]:
        rng = np.random.default_rng((config.seed, place))
        closer = 0.6 if place >= config.scenes else 0.0
        scenes = [compose(actors, photographs, rng, closer) for _ in range(config.batch)]
        return to_tensor([scene.picture for scene in scenes]), targets(scenes)

    with ThreadPoolExecutor(1) as pool:
        places = range(start, config.scenes + config.polish, config.batch)
        following = pool.submit(make, start)
        for place in places:
            ready, following = following, pool.submit(make, place + config.batch)
            yield ready.result()


def schedule(config: TrainConfig, seen: int) -> float:
    """Learning rate factor: half a cosine, then for the polish another, less than half as high."""
    if seen < config.scenes:
        return cosine(seen / config.scenes)
    return 0.4 * cosine((seen - config.scenes) / config.polish)


def train(config: TrainConfig, faces: Path, data: Path, out: Path) -> Locator:
    """The averaged network, also written to `out` in half precision."""
    out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    rng = np.random.default_rng(config.seed)
    photographs = [tile for photo in read_photographs(data, held_out=False) for tile in tiles(photo, rng)]
    actors = read_actors(Morphs(faces), config.actors)
    torch.manual_seed(config.seed)  # construction only
    network = Locator().to(memory_format=torch.channels_last)
    averaged = Ema(network, config.ema)
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=1e-4)
    run = Run(out, {"network": network, "averaged": averaged.module, "optimiser": optimiser})
    for pictures, wanted in batches(config, actors, photographs, run.images):
        optimiser.param_groups[0]["lr"] = config.learning_rate * schedule(config, run.images)
        with torch.autocast("cpu", torch.bfloat16):
            logits, offsets = network(pictures)
        heat, points = heat_loss(logits, wanted), points_loss(offsets, wanted)
        optimiser.zero_grad(set_to_none=True)
        (heat + config.points * points).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimiser.step()
        averaged.update(network, run.images // config.batch)
        run.log.add(heat=heat, points=points)
        if run.saw(config.batch, config.scenes + config.polish, config.keep_every):
            about = {"scenes": str(run.images), "minutes": f"{run.minutes:.0f}", "seed": str(config.seed)}
            weights.save(out / "faces-locator.safetensors", averaged.module.state_dict(), about)
    return averaged.module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, help="morphs, rendered by models.faces.data")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, default=Path("runs/faces-locator"), help="for checkpoints and weights")
    add_settings(parser, TrainConfig())
    args = parser.parse_args()
    train(settings(args, TrainConfig()), args.faces, args.data, args.out)


if __name__ == "__main__":
    main()
