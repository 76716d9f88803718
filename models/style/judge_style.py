"""Is it recognisable? Small networks say which painting of the wall a picture was painted after.

They are taught on crops of the paintings themselves and never see a painted photo; what they reach on a part of each
painting that they were not taught with is the ceiling. They have weights of their own, from nothing, and so share no
feature with the losses that the painter was trained by. Means and deviations over places are all their last layer reads
(texture, not objects: Gatys et al. 2015, arXiv:1505.07376).

A palette alone gives many a painting away. So there are two: one sees pictures as they are, one in grey, all equally
bright and contrasty, and has nothing but the brush to go by.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from models import weights
from models.faces.regressor import Residual
from models.training import cosine, to_tensor

CROP = 96  # pixels
TAUGHT = (0.0, 0.375), (0.625, 1.0)  # shares of a painting's long side: the outer parts are taught,
KEPT = (0.39, 0.61)  # the middle is kept to judge by
KINDS = ("picture", "brush")  # what a judge sees: everything, or grey alone
LOOKS = 16  # crops of a picture that are judged together
ZOOM = (0.4, 1.0)  # of a painting 512 px high: the strokes of a painted photo may be of any of these sizes


@dataclass(frozen=True)
class TeachConfig:
    """How the judge is taught: some minutes on two cores."""

    seed: int = 0
    crops: int = 40_000
    batch: int = 64
    learning_rate: float = 3e-3
    decay: float = 0.05


class Judge(nn.Module):
    """Crops float (B, 3, CROP, CROP) in [-1, 1] to one number a style, (B, styles); `kind` is one of `KINDS`."""

    def __init__(self, styles: int, kind: str = KINDS[0], widths: tuple[int, ...] = (24, 48, 96, 128)):
        super().__init__()
        self.kind = kind
        layers: list[nn.Module] = []
        for depth, (inside, width) in enumerate(zip((3, *widths), widths)):
            layers += [nn.Conv2d(inside, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            if depth:
                layers.append(Residual(width))
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(2 * widths[-1], styles)

    def forward(self, crops: Tensor) -> Tensor:
        x = self.layers(crops if self.kind == "picture" else in_grey(crops))  # (B, C, CROP / 16, CROP / 16)
        moments = torch.cat([x.mean((2, 3)), (x.var((2, 3)) + 1e-4).sqrt()], 1)  # (B, 2 C)
        return self.head(F.dropout(moments, 0.3, self.training))


def in_grey(crops: Tensor) -> Tensor:
    """Crops (B, 3, H, W) without their colours, of mean 0 and deviation 1 each."""
    grey = crops.mean(1, keepdim=True)  # (B, 1, H, W)
    centred = grey - grey.mean((2, 3), keepdim=True)
    spread = centred.square().mean((2, 3), keepdim=True).sqrt()  # (B, 1, 1, 1)
    return (centred / (spread + 0.02)).expand_as(crops)


def teach(paintings: dict[str, NDArray], kind: str = KINDS[0], config: TeachConfig = TeachConfig()) -> Judge:  # noqa: B008
    """A judge of these paintings, by slug; it sees the outer parts of each alone."""
    taught = [[part(painting, *share) for share in TAUGHT] for painting in paintings.values()]
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(config.seed)  # weights and dropout
        judge = Judge(len(taught), kind).to(memory_format=torch.channels_last)
        optimiser = torch.optim.AdamW(judge.parameters(), config.learning_rate, weight_decay=config.decay)
        for seen in range(0, config.crops, config.batch):
            rng = np.random.default_rng((config.seed, seen))
            labels = rng.integers(len(taught), size=config.batch)
            sides = rng.integers(len(TAUGHT), size=config.batch)
            crops = np.stack([worn(rng, crop(rng, taught[label][side])) for label, side in zip(labels, sides)])
            optimiser.param_groups[0]["lr"] = config.learning_rate * cosine(seen / config.crops)
            with torch.autocast("cpu", torch.bfloat16):
                outputs = judge(to_tensor(crops))
            loss = F.cross_entropy(outputs.float(), torch.from_numpy(labels), label_smoothing=0.1)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
    return judge.eval().requires_grad_(False)


def part(painting: NDArray, start: float, end: float) -> NDArray:
    """A painting (H, W, 3) from one share of its longer side to another."""
    length = max(painting.shape[:2])
    rows = slice(round(start * length), round(end * length))
    return painting[rows] if painting.shape[0] >= painting.shape[1] else painting[:, rows]


def crop(rng: Generator, picture: NDArray, zoom: tuple[float, float] = ZOOM) -> NDArray:
    """A square of a picture, (CROP, CROP, 3), seen smaller by a random factor."""
    span = min(round(CROP / rng.uniform(*zoom)), *picture.shape[:2])
    top, left = (int(rng.integers(length - span + 1)) for length in picture.shape[:2])
    seen = picture[top : top + span, left : left + span]
    return cv2.resize(seen, (CROP, CROP), interpolation=cv2.INTER_AREA if span > CROP else cv2.INTER_CUBIC)


def worn(rng: Generator, seen: NDArray) -> NDArray:
    """A crop as a network might have made it: mirrored, blurred or tinted a little."""
    seen = seen[:, ::-1] if rng.random() < 0.5 else seen
    if rng.random() < 0.5:
        seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.3, 1.2))
    tinted = seen * rng.normal(1, 0.05, 3) + rng.normal(0, 6)
    return np.clip(tinted, 0, 255).astype(np.uint8)


@torch.inference_mode()
def chances(judge: Judge, picture: NDArray, zoom: tuple[float, float] = (1.0, 1.0), seed: int = 0) -> NDArray:
    """Log-probabilities of `LOOKS` crops of a picture, (LOOKS, styles)."""
    rng = np.random.default_rng(seed)
    crops = np.stack([crop(rng, picture, zoom) for _ in range(LOOKS)])
    return judge(to_tensor(crops)).log_softmax(1).numpy()


def save(judge: Judge, slugs: Sequence[str], path: Path) -> None:
    weights.save(path, judge, {"slugs": json.dumps(list(slugs)), "kind": judge.kind})


def load(path: Path, slugs: Sequence[str]) -> Judge:
    """A judge that was kept; ValueError when it was taught other styles."""
    about = weights.metadata(path)
    if (known := json.loads(about["slugs"])) != list(slugs):
        raise ValueError(f"{path.name} knows {len(known)} other styles than the wall's {len(slugs)}: teach it anew")
    judge = Judge(len(known), about["kind"]).to(memory_format=torch.channels_last)
    judge.load_state_dict(weights.load(path))
    return judge.eval().requires_grad_(False)
