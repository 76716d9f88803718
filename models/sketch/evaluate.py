"""Judge sketch-to-photo on held-out drawings: `python -m models.sketch.evaluate --subject fruit --data DIR`.

Held out are whole varieties of fruit, the validation files of the flowers, and portraits of people who are in no
training face. Every figure stands beside its floor (two halves of the real held-out pictures) and the L1-only U-Net
of the same size (`python -m models.sketch.train --adversarial 0 --perceptual 0 --latent 0 --divergence 1`), if its
weights are given with `--baseline`. With `--card` the figures are written into the model's card.
"""

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import weights
from models.metrics import frechet_distance, kernel_distance, pooled_features, sliced_wasserstein
from models.perceptual import SqueezeNet
from models.sketch.data import SUBJECTS, load, pair
from models.sketch.engine import latent
from models.sketch.network import Generator
from models.training import to_pictures, to_tensor

CARDS = Path(__file__).resolve().parents[2] / "assets" / "cards"
_BEGIN, _END = "<!-- figures: written by models.sketch.evaluate -->", "<!-- end of figures -->"


def read_generator(path: Path) -> Generator:
    """A trained generator with its prior, from a weights file listed beside its checksum."""
    state = weights.load(path)
    prior = state.pop("prior")
    generator = Generator().eval().requires_grad_(False)
    generator.load_state_dict(state)
    generator.register_buffer("prior", prior, persistent=False)
    return generator.to(memory_format=torch.channels_last)


@torch.inference_mode()
def produce(generator: Generator, sketches: Tensor, seeds: NDArray) -> Tensor:
    """Photographs (N, 3, S, S) of the drawings, each from its own seed."""
    z = torch.stack([latent(generator.prior, int(seed)) for seed in seeds])
    return torch.cat([generator(s, part) for s, part in zip(sketches.split(32), z.split(32))])


def interior(drawing: NDArray) -> NDArray | None:
    """What a drawn outline (S, S, 3) encloses, ink included to its middle: bool (S, S), or None where it is open."""
    side = drawing.shape[0]
    ink = (drawing.min(axis=2) < 200).astype(np.uint8)
    closed = cv2.morphologyEx(
        cv2.copyMakeBorder(ink, 8, 8, 8, 8, cv2.BORDER_CONSTANT), cv2.MORPH_CLOSE, np.ones((7, 7))
    )
    outside = closed.copy()
    cv2.floodFill(outside, None, (0, 0), 2)
    enclosed = (outside != 2)[8 : 8 + side, 8 : 8 + side]
    within = enclosed & (ink == 0)
    if within.mean() < 0.03:
        return None
    pen = max(1, round(ink.sum() / max(1.0, float(cv2.Canny(ink * 255, 50, 150).astype(bool).sum()))))
    return cv2.erode(enclosed.astype(np.uint8), np.ones((pen, pen))) > 0


def overlap(drawings: NDArray, photos: NDArray) -> tuple[float, float]:
    """Mean intersection over union of drawn interiors and objects on white, and the share of closed drawings."""
    scores = []
    for drawing, photo in zip(drawings, photos):
        drawn = interior(drawing)
        if drawn is None:
            continue
        made = photo.min(axis=2) < 235
        scores.append((drawn & made).sum() / (drawn | made).sum())
    return float(np.mean(scores)), len(scores) / len(drawings)


def colour_spread(takes: list[Tensor], inside: NDArray) -> float:
    """Mean distance in CIE Lab between the mean object colours of different takes of one drawing."""
    means, some = [], inside.any(axis=(1, 2))
    inside = inside[some]
    for batch in takes:
        batch = batch[torch.from_numpy(some)]
        lab = np.stack([cv2.cvtColor(p, cv2.COLOR_RGB2LAB).astype(np.float32) for p in to_pictures(batch)])
        lab[..., 0] *= 100 / 255
        means.append(np.stack([picture[mask].mean(0) for picture, mask in zip(lab, inside)]))
    distances = [np.linalg.norm(a - b, axis=1).mean() for i, a in enumerate(means) for b in means[i + 1 :]]
    return float(np.mean(distances))


def hint_distances(made: Tensor, photos: Tensor, inside: NDArray, coloured: NDArray) -> tuple[float, float]:
    """Distance in CIE Lab between the object's mean colour and its photograph's: (drawn with colours, in black).

    Every drawing has a random take, so only the drawn colours can tell.
    """
    both = (colour_spread([made[which], photos[which]], inside[which]) for which in (coloured, ~coloured))
    return tuple(both)


def distances(squeezenet: SqueezeNet, ours: Tensor, theirs: Tensor) -> dict[str, float]:
    ours, theirs = ours[: len(theirs)], theirs[: len(ours)]
    a, b = (pooled_features(squeezenet, x) for x in (ours, theirs))
    return {
        "frechet": frechet_distance(a, b),
        "kernel": kernel_distance(a, b) * 1000,
        "sliced_wasserstein": sliced_wasserstein(ours, theirs),
    }


def seconds_a_photo(generator: Generator, sketch: Tensor, runs: int = 20) -> float:
    produce(generator, sketch[:1], np.zeros(1))
    began = time.perf_counter()
    for run in range(runs):
        produce(generator, sketch[:1], np.array([run]))
    return (time.perf_counter() - began) / runs


def evaluate(subject: str, data: Path, folder: Path, baseline: Path | None, count: int = 800) -> dict:
    """All figures of one subject; `count` drawings at most, each held-out photograph in one half only."""
    _, held_out = load(subject, data)
    rng = np.random.default_rng(11)
    order = rng.permutation(len(held_out))[:count]
    pairs = [pair(held_out, subject, rng, int(i)) for i in order]
    drawings, photos = np.stack([p[0] for p in pairs]), np.stack([p[1].photo for p in pairs])
    inside = np.stack([p[1].inside for p in pairs])
    half = len(pairs) // 2
    sketches, real = to_tensor(drawings), to_tensor(photos)
    plain = np.array([not (hand.colour or hand.scribbles) for _, _, hand in pairs])
    squeezenet = SqueezeNet(data / "perceptual" / "squeezenet10-imagenet.safetensors")
    generator = read_generator(folder / f"sketch-{subject}.safetensors")
    repeats = [produce(generator, sketches, 1000 * r + np.arange(len(pairs))) for r in range(4)]
    per_seed = [distances(squeezenet, made[:half], real[half:]) for made in repeats[:3]]
    figures = {
        "training": weights.metadata(folder / f"sketch-{subject}.safetensors"),
        "held_out_photographs": len(held_out),
        "drawings": len(pairs),
        "floor": distances(squeezenet, real[:half], real[half:]),
        "model": {k: [round(f(d[k] for d in per_seed), 3) for f in (_mean, _deviation)] for k in per_seed[0]},
        "take_colour_distance": colour_spread([r[plain] for r in repeats], inside[plain]),
        "real_colour_distance": colour_spread(
            [real[plain], real[plain].roll(7, 0)], inside[plain] & np.roll(inside[plain], 7, 0)
        ),
        "hint_distance": hint_distances(repeats[0], real, inside, ~plain),
        "milliseconds": 1000 * seconds_a_photo(generator, sketches),
    }
    if subject == "fruit":
        figures["overlap"], figures["closed_drawings"] = overlap(drawings, to_pictures(repeats[0]))
        figures["real_overlap"], _ = overlap(drawings, photos)
    if baseline:
        made = produce(read_generator(baseline), sketches, np.arange(len(pairs)))
        figures["baseline_training"] = weights.metadata(baseline)
        figures["baseline"] = distances(squeezenet, made[:half], real[half:])
        if subject == "fruit":
            figures["baseline_overlap"], _ = overlap(drawings, to_pictures(made))
    return figures


def _mean(values) -> float:
    return float(np.mean(list(values)))


def _deviation(values) -> float:
    return float(np.std(list(values)))


def as_markdown(figures: dict) -> str:
    """The figures as the table of the model's card."""
    base, floor = figures.get("baseline"), figures["floor"]
    rows = [
        "| on held-out drawings | this model | L1-only U-Net, same size | real pictures, split in half |",
        "| --- | --- | --- | --- |",
    ]
    names = {
        "frechet": "Fréchet distance, SqueezeNet fire9, covariance shrunk 0.1",
        "kernel": "Kernel distance, the same features, x1000",
        "sliced_wasserstein": "Sliced Wasserstein distance, Laplacian patches, x1000",
    }
    for key, name in names.items():
        mean, deviation = figures["model"][key]
        other = f"{base[key]:.1f}" if base else "not trained"
        rows.append(f"| {name} | {mean:.1f} ± {deviation:.1f} (3 seeds) | {other} | {floor[key]:.1f} |")
    if "overlap" in figures:
        other = f"{figures['baseline_overlap']:.3f}" if base else "not trained"
        rows.append(
            f"| Outline faithfulness: IoU of drawn interior and fruit "
            f"({figures['closed_drawings']:.0%} of drawings enclose one) "
            f"| {figures['overlap']:.3f} | {other} | {figures['real_overlap']:.3f} (the photograph drawn from) |"
        )
    rows.append(
        f"| Colour distance (CIE Lab) between takes of one black drawing | {figures['take_colour_distance']:.1f} | 0 "
        f"| {figures['real_colour_distance']:.1f} (between two photographs) |"
    )
    coloured, black = figures["hint_distance"]
    rows.append(
        f"| Colour hints: distance (CIE Lab) to the photograph's colour, any take | {coloured:.1f} drawn in colour, "
        f"{black:.1f} in black | | 0 |"
    )
    rows.append(f"| Milliseconds a photo, two cores | {figures['milliseconds']:.0f} | the same | |")
    note = (
        f"{_training(figures['training'])} {_training(figures.get('baseline_training'), 'The L1-only U-Net')}"
        f"{_contest(figures['training'], figures.get('baseline_training'))}\n\n"
        f"{figures['drawings']} drawings of {figures['held_out_photographs']} held-out photographs; "
        "smaller is better, but for faithfulness and takes."
    )
    return "\n".join([*rows, "", note])


def _training(about: dict | None, name: str = "This model") -> str:
    if not about:
        return ""
    device = {"cpu": "two CPU cores", "cuda": "one GPU"}[about["device"]]
    return f"{name} saw {int(about['images']):,} drawings in {about['minutes']} minutes on {device}."


def _contest(ours: dict, theirs: dict | None) -> str:
    if not theirs or int(theirs["images"]) >= int(ours["images"]):
        return ""
    return " It saw fewer, so a part of what lies between the two is time and not the losses."


def write_card(subject: str, figures: dict) -> None:
    path = CARDS / f"sketch-{subject}.md"
    before, rest = path.read_text().split(_BEGIN)
    after = rest.split(_END)[1]
    path.write_text(f"{before}{_BEGIN}\n{as_markdown(figures)}\n{_END}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subject", choices=SUBJECTS, default="fruit")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=weights.WEIGHTS, help="folder of the weights to judge")
    parser.add_argument("--baseline", type=Path, help="weights file of an L1-only U-Net")
    parser.add_argument("--card", action="store_true", help="write the figures into the model's card")
    args = parser.parse_args()
    figures = evaluate(args.subject, args.data, args.weights, args.baseline)
    print(json.dumps(figures, indent=2))
    if args.card:
        write_card(args.subject, figures)


if __name__ == "__main__":
    main()
