"""Train the attribute regressor: `python -m models.faces.train_attributes --data DIR --held-out DIR`.

`--data` is a set of morphs rendered with another seed than the generator's, so that judge and judged share no picture;
`--held-out` is made of other volunteers. The figures on held-out morphs go into the model's card with `--card`.
Deterministic from `--seed` on one machine; a few minutes on one CPU core, so it does not resume.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models import weights
from models.faces.engine import ATTRIBUTES
from models.faces.glasses import SHAPES
from models.faces.regressor import AGE_MEAN, AGE_SPREAD, OUTPUTS, Regressor, in_units
from models.faces.store import Morphs
from models.faces.wear import put_on, random_pair, worn
from models.training import Log, add_settings, cosine, settings, to_tensor

CARD = Path(__file__).resolve().parents[2] / "assets" / "cards" / "faces-attributes.md"
_BEGIN, _END = "<!-- figures: written by models.faces.train_attributes -->", "<!-- end of figures -->"
_WEIGHTS = {"glasses": 1.0, "smile": 2.0, "age": 0.5, "woman": 1.0, "opacity": 2.0, "colour": 3.0, "shape": 0.5}


@dataclass(frozen=True)
class TrainConfig:
    seed: int = 0
    batch: int = 64
    images: int = 90_000  # seen in all, each time worn differently
    learning_rate: float = 2e-3
    decay: float = 0.02  # of the weights
    draw: float = 0.25  # share of bare faces that get glasses


class Truth:
    """What is true of a batch: each output's target, and where frames are solid enough to have a colour and shape."""

    def __init__(self, morphs: Morphs, indices: NDArray):
        labels = {name: morphs.labels[name][indices].astype(np.float32) for name in ATTRIBUTES}
        self.glasses, self.smile, self.woman = (labels[name] for name in ("glasses", "smile", "woman"))
        self.age = (labels["age"] - AGE_MEAN) / AGE_SPREAD
        self.opacity = self.glasses.copy()
        self.colour = morphs.labels["frame_rgb"][indices] / 255  # (B, 3)
        self.shape = morphs.labels["frame_shape"][indices].astype(np.int64)

    def wear(self, row: int, pair, opacity: float) -> None:
        """Note that face `row` was given glasses: seen as such from two fifths of full opacity."""
        self.glasses[row] = np.clip((opacity - 0.2) / 0.4, 0, 1)
        self.opacity[row], self.colour[row] = opacity, np.array(pair.rgb) / 255
        self.shape[row] = SHAPES.index(pair.shape)


def batch_of(morphs: Morphs, config: TrainConfig, rng: np.random.Generator) -> tuple[NDArray, Truth]:
    """Worn pictures uint8 (B, 128, 128, 3), and what is true of them."""
    indices = rng.choice(len(morphs), config.batch, replace=False)
    truth, pictures = Truth(morphs, indices), []
    for row, index in enumerate(indices):
        if truth.glasses[row] or rng.random() > config.draw:
            image = morphs.images([index])[0]
        else:
            pair, opacity = random_pair(rng)
            image = put_on(morphs, int(index), pair, opacity)
            truth.wear(row, pair, opacity)
        pictures.append(worn(image, rng))
    return np.stack(pictures), truth


def losses(raw: dict[str, Tensor], truth: Truth) -> dict[str, Tensor]:
    """One loss an output; frames count only where they are mostly solid."""
    target = {name: torch.from_numpy(value) for name, value in vars(truth).items()}
    solid = target["opacity"] > 0.6
    colour = (raw["colour"].sigmoid() - target["colour"]).abs().mean(1)
    shape = F.cross_entropy(raw["shape"], target["shape"].clamp_min(0), reduction="none")
    return {
        "glasses": F.binary_cross_entropy_with_logits(raw["glasses"][:, 0], target["glasses"]),
        "woman": F.binary_cross_entropy_with_logits(raw["woman"][:, 0], target["woman"]),
        "smile": (raw["smile"][:, 0].sigmoid() - target["smile"]).abs().mean(),
        "age": F.smooth_l1_loss(raw["age"][:, 0], target["age"]),
        "opacity": (raw["opacity"][:, 0].sigmoid() - target["opacity"]).abs().mean(),
        "colour": (colour * solid).sum() / solid.sum().clamp_min(1),
        "shape": (shape * solid).sum() / solid.sum().clamp_min(1),
    }


def train(config: TrainConfig, data: Path, out: Path) -> Regressor:
    """Train and write `faces-attributes.safetensors` and the loss curve under `out`."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.seed)  # construction and dropout
    morphs, model, log = Morphs(data), Regressor().to(memory_format=torch.channels_last), Log(out / "log.jsonl")
    optimiser = torch.optim.AdamW(model.parameters(), config.learning_rate, weight_decay=config.decay)
    began = time.monotonic()
    for images in range(0, config.images, config.batch):
        pictures, truth = batch_of(morphs, config, np.random.default_rng((config.seed, images)))
        optimiser.param_groups[0]["lr"] = config.learning_rate * cosine(images / config.images)
        with torch.autocast("cpu", torch.bfloat16):
            raw = {name: value.float() for name, value in model(to_tensor(pictures)).items()}
        parts = losses(raw, truth)
        optimiser.zero_grad(set_to_none=True)
        sum(_WEIGHTS[name] * part for name, part in parts.items()).backward()
        optimiser.step()
        log.add(**parts)
        if images // config.batch % 50 == 49:
            log.write(images + config.batch)
    refit_opacity(model.eval(), morphs, config.seed)
    about = {"images": str(config.images), "minutes": f"{(time.monotonic() - began) / 60:.0f}", "device": "cpu"}
    weights.save(out / "faces-attributes.safetensors", model.state_dict(), about)
    return model


def refit_opacity(model: Regressor, morphs: Morphs, seed: int, count: int = 3000) -> None:
    """Fit the opacity's row of the last layer anew, by logistic regression on ghosts, solid pairs and bare faces.

    The network's own reading is one of two minds, since nearly all it saw was solid or bare; half of what is read here
    is half-transparent.
    """
    rng, pictures, opacity = np.random.default_rng((seed, 1)), [], []
    for index in rng.permutation(len(morphs))[:count]:
        image, share = morphs.images([index])[0], float(morphs.labels["glasses"][index])
        if not share and rng.random() < 0.8:
            share = float(rng.random())
            image = put_on(morphs, int(index), random_pair(rng)[0], share)
        pictures.append(worn(image, rng))
        opacity.append(share)
    with torch.inference_mode():
        pieces = [pictures[start : start + 64] for start in range(0, len(pictures), 64)]
        seen = torch.cat([model.features(to_tensor(piece)) for piece in pieces]).clone()
    row = list(OUTPUTS).index("opacity")  # every output before it is one number
    middle, spread = seen.mean(0), seen.std(0) + 1e-3
    weight = torch.zeros(seen.shape[1] + 1, requires_grad=True)
    solver = torch.optim.LBFGS([weight], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        logits = (seen - middle) / spread @ weight[:-1] + weight[-1]
        value = F.binary_cross_entropy_with_logits(logits, torch.tensor(opacity)) + 1e-3 * weight[:-1].square().sum()
        value.backward()
        return value

    solver.step(loss)
    with torch.no_grad():
        model.head.weight[row] = weight[:-1] / spread
        model.head.bias[row] = weight[-1] - (middle / spread) @ weight[:-1]


@torch.inference_mode()
def judge(model: Regressor, held_out: Morphs) -> dict[str, float]:
    """Figures on morphs of other volunteers, and what one would get by always saying the mean."""
    order = np.arange(len(held_out))
    parts = [in_units(model(to_tensor(held_out.images(order[i : i + 64])))) for i in range(0, len(order), 64)]
    found = {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}
    truth, worn_ = held_out.labels, held_out.labels["glasses"] > 0.5
    pure = np.abs(truth["woman"] - 0.5) > 0.3
    colour, shape = truth["frame_rgb"][worn_], truth["frame_shape"][worn_]
    return {
        "faces": len(order),
        "woman_right": _share((found["woman"] > 0.5) == (truth["woman"] > 0.5), pure),
        "glasses_right": _share((found["glasses"] > 0.5) == worn_),
        "glasses_sure": _share(found["glasses"] > 0.9, worn_),
        "bare_sure": _share(found["glasses"] < 0.1, ~worn_),
        "smile_error": _error(found["smile"], truth["smile"]),
        "smile_error_of_the_mean": _error(truth["smile"].mean(), truth["smile"]),
        "smile_correlation": float(np.corrcoef(found["smile"], truth["smile"])[0, 1]),
        "age_error": _error(found["age"], truth["age"]),
        "age_error_of_the_mean": _error(truth["age"].mean(), truth["age"]),
        "age_correlation": float(np.corrcoef(found["age"], truth["age"])[0, 1]),
        "colour_error": _error(found["colour"][worn_], colour),
        "colour_error_of_the_mean": _error(colour.mean(0), colour),
        "shape_right": _share(found["shape"].argmax(1)[worn_] == shape),
        "shape_right_of_the_commonest": float(np.bincount(shape).max() / len(shape)),
        "ghost_opacity_error": ghost_error(model, held_out),
    }


@torch.inference_mode()
def ghost_error(model: Regressor, morphs: Morphs, count: int = 300) -> float:
    """Mean error of the opacity read from glasses drawn half-transparently, opacity uniform in 0..1."""
    rng, bare = np.random.default_rng(5), np.flatnonzero(morphs.labels["glasses"] < 0.5)[:count]
    opacity = rng.random(len(bare)).astype(np.float32)
    drawn = [put_on(morphs, int(i), random_pair(rng)[0], float(o)) for i, o in zip(bare, opacity, strict=True)]
    return _error(in_units(model(to_tensor(drawn)))["opacity"].numpy(), opacity)


def _share(right: NDArray, where: NDArray | slice = slice(None)) -> float:
    return float(right[where].mean())


def _error(found: NDArray | float, truth: NDArray) -> float:
    return float(np.abs(found - truth).mean())


def as_markdown(figures: dict[str, float]) -> str:
    """The figures as the table of the model's card."""
    f = figures
    rows = [
        f"| on {f['faces']:,} held-out morphs | this model | always the mean, or the commonest |",
        "| --- | --- | --- |",
        f"| Woman or man, mixed faces left out | {f['woman_right']:.1%} right | |",
        f"| Glasses or none | {f['glasses_right']:.2%} right | |",
        f"| Glasses, 0.9 sure | {f['glasses_sure']:.1%} of those worn, {f['bare_sure']:.1%} of bare faces | |",
        f"| Smile, 0 to 1: mean error | {f['smile_error']:.3f} (correlation {f['smile_correlation']:.3f}) "
        f"| {f['smile_error_of_the_mean']:.3f} |",
        f"| Age: mean error in years | {f['age_error']:.1f} (correlation {f['age_correlation']:.2f}) "
        f"| {f['age_error_of_the_mean']:.1f} |",
        f"| Frame colour: mean error of RGB | {f['colour_error']:.1f} | {f['colour_error_of_the_mean']:.1f} |",
        f"| Frame shape, one of five | {f['shape_right']:.1%} right | {f['shape_right_of_the_commonest']:.1%} |",
        f"| Opacity of half-transparent frames, 0 to 1: mean error | {f['ghost_opacity_error']:.3f} | 0.250 |",
    ]
    return "\n".join(rows)


def write_card(figures: dict[str, float]) -> None:
    before, rest = CARD.read_text(encoding="utf-8").split(_BEGIN)
    CARD.write_text(f"{before}{_BEGIN}\n{as_markdown(figures)}\n{_END}{rest.split(_END)[1]}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="morphs of the training volunteers, another seed")
    parser.add_argument("--held-out", type=Path, required=True, help="morphs of other volunteers")
    parser.add_argument("--out", type=Path, default=Path("runs/faces-attributes"), help="for weights and the log")
    parser.add_argument("--card", action="store_true", help="write the figures into the model's card")
    add_settings(parser, TrainConfig())
    args = parser.parse_args()
    figures = judge(train(settings(args, TrainConfig()), args.data, args.out), Morphs(args.held_out))
    print(json.dumps(figures, indent=1))
    if args.card:
        write_card(figures)


if __name__ == "__main__":
    main()
