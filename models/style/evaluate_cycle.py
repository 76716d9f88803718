"""Judge unpaired translation on held-out varieties: `python -m models.style.evaluate_cycle --data DIR --out DIR`.

What a cycle must not lose, what a translation must be taken for, and what must stay as it is. Beside it two baselines:
nothing at all (the identity, whose cycle is perfect), and moving each picture's colours to the mean and deviation of
the other domain's (Reinhard et al. 2001). Who judges kinds is a small network taught on the training varieties' own
pictures; what it gets right of real held-out ones is the most a translation can reach. `--out` keeps the pictures and
the judge; `--cards` writes the figures into the model's card.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models import weights
from models.metrics import frechet_distance, pooled_features, sliced_wasserstein
from models.perceptual import SqueezeNet, perceptual_distance
from models.style.cycle import DIRECTIONS, framed, keys
from models.style.cycle_data import DOMAINS, kept
from models.style.cycle_network import Translator
from models.text2image import judge
from models.text2image.classifiers import TeachConfig, teach_network
from models.text2image.questions import Table
from models.training import grid, to_pictures, to_tensor

CARD = Path(__file__).resolve().parents[2] / "assets" / "cards" / "style-cycle.md"
_BEGIN, _END = "<!-- figures: written by models.style.evaluate_cycle -->", "<!-- end of figures -->"
_LAYERS = ("conv1", "fire3", "fire5", "fire9")
_RIM = 6  # pixels along the edge of a picture, where there is ground in nearly all
_PIECE = 48  # pictures in one pass

Translate = Callable[[NDArray, str], NDArray]  # uint8 (N, 128, 128, 3) and the domain they shall be of, to the same


@dataclass(frozen=True)
class Counts:
    """How much is looked at; by default as much as two cores take three minutes for."""

    pictures: int = 400  # a domain, held out
    lessons: int = 1500  # a domain, of the training varieties
    views: int = 16_000  # pictures the judge of kinds sees


QUICK = Counts(pictures=24, lessons=40, views=1280)


@dataclass(frozen=True)
class Bench:
    """Held-out pictures and lessons by domain, who judges, and a feature network."""

    held_out: dict[str, NDArray]
    lessons: dict[str, NDArray]
    kinds: judge.Judge
    squeezenet: SqueezeNet

    @staticmethod
    def of(data: Path, out: Path, counts: Counts) -> "Bench":
        """Render, or read what an earlier run has left in `out`, and teach the judge if there is none."""
        squeezenet = SqueezeNet(data / "perceptual" / "squeezenet10-imagenet.safetensors")
        # Seed 1: the lessons are the varieties, and not the very pictures, that the translators were trained on.
        held_out, lessons = (
            {d: kept(out / f"{name}-{d}.npy", data, d, name == "held-out", count, seed=1) for d in DOMAINS}
            for name, count in (("held-out", counts.pictures), ("lessons", counts.lessons))
        )
        path = out / "judge-kinds.safetensors"
        if not path.exists():
            judge.save(taught(lessons, squeezenet, counts.views), path)
        return Bench(held_out, lessons, judge.load(path, squeezenet), squeezenet)

    def taken_for(self, pictures: NDArray, domain: str) -> float:
        """The share of pictures that the judge takes for one domain's."""
        return float(np.mean([kind == domain for kind in self.kinds.answer(pictures)["kind"]]))

    def features(self, pictures: NDArray) -> NDArray:
        return pooled_features(self.squeezenet, to_tensor(pictures))


def taught(lessons: dict[str, NDArray], squeezenet: SqueezeNet, views: int) -> judge.Judge:
    """A judge that tells the domains apart: a residual network, taught on all lessons."""
    told = [{"kind": domain} for domain, pictures in lessons.items() for _ in pictures]
    table = Table.of(told)
    state = teach_network(np.concatenate(list(lessons.values())), table.labels(told), table, TeachConfig(views=views))
    return judge.Judge(table, [state], squeezenet)


# ---------------------------------------------------------------- translators and baselines


def networks(folder: Path) -> dict[str, Translator]:
    """The translators of a folder of weights, by the domain they lead to."""
    found = {}
    for direction in DIRECTIONS:
        translator = Translator()
        translator.load_state_dict(weights.load(folder / f"{keys(direction)[0].replace('/', '-')}.safetensors"))
        found[direction.removeprefix("to-")] = translator.eval().requires_grad_(False)
    return found


def by_network(found: dict[str, Translator]) -> Translate:
    @torch.inference_mode()
    def translate(pictures: NDArray, target: str) -> NDArray:
        pieces = to_tensor(pictures).split(_PIECE)
        return np.concatenate([to_pictures(found[target](piece)) for piece in pieces])

    return translate


def nothing(pictures: NDArray, target: str) -> NDArray:
    """The identity."""
    return pictures


def by_colours(lessons: dict[str, NDArray]) -> Translate:
    """Each picture's colours moved to the mean and deviation that the other domain's pictures have on average."""
    known = {domain: _colours(pictures) for domain, pictures in lessons.items()}

    def translate(pictures: NDArray, target: str) -> NDArray:
        mean, deviation = known[target]
        own = pictures.reshape(len(pictures), -1, 3).astype(np.float32)  # (N, H*W, 3)
        centre, spread = own.mean(1, keepdims=True), own.std(1, keepdims=True)
        moved = (own - centre) / np.maximum(spread, 1) * deviation + mean
        return moved.round().clip(0, 255).astype(np.uint8).reshape(pictures.shape)

    return translate


def _colours(pictures: NDArray) -> tuple[NDArray, NDArray]:
    """Mean and deviation of a picture's colours, on average over pictures: float32 (3,) each."""
    flat = pictures.reshape(len(pictures), -1, 3).astype(np.float32)
    return flat.mean((0, 1)), flat.std(1).mean(0)


# ---------------------------------------------------------------- figures


def judged(bench: Bench, translate: Translate) -> dict[str, dict[str, float]]:
    """The figures of each direction, by the domain it leads to."""
    return {target: _judged(bench, translate, target) for target in DOMAINS}


def _judged(bench: Bench, translate: Translate, target: str) -> dict[str, float]:
    source = next(domain for domain in DOMAINS if domain != target)
    pictures, real = np.asarray(bench.held_out[source]), np.asarray(bench.held_out[target])
    made = translate(pictures, target)
    back = translate(made, source)
    reference, half = real[::2], len(real[::2])
    return {
        "taken_for_target": bench.taken_for(made, target),
        "back_taken_for_source": bench.taken_for(back, source),
        "cycle_levels": _levels(pictures, back),
        "cycle_features": _apart(bench.squeezenet, pictures, back),
        "changed_levels": _levels(pictures, made),
        "changed_features": _apart(bench.squeezenet, pictures, made),
        "ground_levels": _levels(*(np.concatenate([p[:, :_RIM], p[:, -_RIM:]], 1) for p in (pictures, made))),
        "identity_levels": _levels(real, translate(real, target)),
        "frechet": frechet_distance(bench.features(made[:half]), bench.features(reference)),
        "sliced_wasserstein": sliced_wasserstein(to_tensor(made[:half]), to_tensor(reference)),
    }


def floor(bench: Bench) -> dict[str, dict[str, float]]:
    """What real held-out pictures reach: the judge's own hits, and the distance of one half of them from the other."""
    found = {}
    for target in DOMAINS:
        real = np.asarray(bench.held_out[target])
        reference, other = real[::2], real[1::2]
        both = [to_tensor(part[: len(other)]) for part in (other, reference)]
        found[target] = {
            "taken_for_target": bench.taken_for(real, target),
            "frechet": frechet_distance(bench.features(other), bench.features(reference)),
            "sliced_wasserstein": sliced_wasserstein(*both),
        }
    return found


def _levels(before: NDArray, after: NDArray) -> float:
    """Mean absolute difference, in 0..255."""
    return float(np.abs(before.astype(np.int16) - after).mean())


@torch.inference_mode()
def _apart(squeezenet: SqueezeNet, before: NDArray, after: NDArray) -> float:
    """Mean distance of features, each layer in units of its own spread."""

    def features(pictures: NDArray) -> list[Tensor]:
        parts = [squeezenet.features(piece, _LAYERS) for piece in to_tensor(pictures).split(_PIECE)]
        return [torch.cat(layer) for layer in zip(*parts)]

    return float(perceptual_distance(features(after), features(before)).mean())


def found_in(bench: Bench, data: Path) -> dict[str, float]:
    """How often a fruit is found where there is one, and where there is none: photographs of landscapes and flowers."""
    fruit = [Image.fromarray(picture) for pictures in bench.held_out.values() for picture in pictures]
    files = [*sorted((data / "photos-cc0").rglob("*.jpg")), *sorted((data / "flowers" / "val").rglob("*.jpg"))[::5]]
    shares = {"fruit": [framed(picture)[1] for picture in fruit]}
    others = [framed(Image.open(file).convert("RGB"))[1] for file in files]
    return {name: float(np.mean(hits)) for name, hits in (shares | ({"others": others} if others else {})).items()}


def milliseconds(translator: Translator, runs: int = 20) -> float:
    """What one picture of 128 px takes, the fastest of `runs`."""
    picture, took = torch.zeros(1, 3, 128, 128), []
    with torch.inference_mode():
        for _ in range(runs):
            began = time.perf_counter()
            translator(picture)
            took.append(time.perf_counter() - began)
    return 1000 * min(took)


def evaluate(folder: Path, bench: Bench, data: Path) -> dict:
    """All figures of the translators in `folder`, and of the baselines."""
    found = networks(folder)
    makers = {"network": by_network(found), "colours": by_colours(bench.lessons), "nothing": nothing}
    return {
        "about": weights.metadata(folder / "style-cycle-tomato.safetensors"),
        "pictures": len(bench.held_out["apple"]),
        "parameters": sum(p.numel() for p in found["tomato"].parameters()),
        "milliseconds": milliseconds(found["tomato"]),
        "threads": torch.get_num_threads(),
        "found": found_in(bench, data),
        "real": floor(bench),
        **{name: judged(bench, translate) for name, translate in makers.items()},
    }


def sheet(bench: Bench, translate: Translate, rows: int = 10) -> Image.Image:
    """Held-out fruit, never hand-picked: apple, as a tomato, and back; tomato, as an apple, and back."""
    columns = []
    for source, target in (DOMAINS, DOMAINS[::-1]):
        pictures = np.asarray(bench.held_out[source])
        shown = pictures[np.linspace(0, len(pictures) - 1, rows).astype(int)]
        made = translate(shown, target)
        columns += [shown, made, translate(made, source)]
    return grid([[column[row] for column in columns] for row in range(rows)])


# ---------------------------------------------------------------- the card


def as_markdown(figures: dict) -> str:
    """The figures as tables of the card."""
    lots = ("network", "colours", "nothing", "real")
    names = {
        "taken_for_target": ("taken for the target, by a judge of kinds", "{:.0%}"),
        "back_taken_for_source": ("taken for what it was, once back", "{:.0%}"),
        "frechet": ("Fréchet distance to the target, SqueezeNet fire9", "{:,.0f}"),
        "sliced_wasserstein": ("sliced Wasserstein distance to the target, x1000", "{:.1f}"),
        "cycle_levels": ("cycle error, L1 in levels of 255", "{:.1f}"),
        "cycle_features": ("cycle error, in SqueezeNet's features", "{:.2f}"),
        "changed_levels": ("moved by the translation, L1 in levels", "{:.1f}"),
        "changed_features": ("moved by the translation, in features", "{:.2f}"),
        "ground_levels": ("moved at the picture's edge, where the ground is, in levels", "{:.1f}"),
        "identity_levels": ("moved when it is of the target already, in levels", "{:.1f}"),
    }
    titles = ("this CycleGAN", "colours moved (Reinhard)", "nothing done", "real held-out pictures")
    tables = []
    for target in reversed(DOMAINS):
        rows = [f"| to {target} | {' | '.join(titles)} |", "| --- " * 5 + "|"]
        for key, (name, form) in names.items():
            cells = [form.format(figures[lot][target][key]) if key in figures[lot][target] else "" for lot in lots]
            rows.append(f"| {name} | {' | '.join(cells)} |")
        tables.append("\n".join(rows))
    return "\n\n".join([*tables, _sentences(figures)])


def _sentences(figures: dict) -> str:
    about, found = figures["about"], figures["found"]
    device = {"cpu": "two shared CPU cores", "cuda": "one GPU"}[about["device"]]
    others = (
        f", and a fruit that is not there in {found['others']:.0%} of other photographs" if "others" in found else ""
    )
    return (
        f"{figures['pictures']} held-out pictures a domain. The features are those that trained it, so the Fréchet "
        "distance flatters; the judge of kinds and the sliced Wasserstein distance share nothing with it. "
        f"In the photo, the fruit is found in {found['fruit']:.0%} of held-out pictures{others}. One translation takes "
        f"{figures['milliseconds']:.0f} ms ({figures['threads']} threads); {figures['parameters'] / 1e6:.1f} M "
        f"parameters a direction. Trained on {int(about['images']):,} pairs that are none, "
        f"in {about['minutes']} minutes on {device}."
    )


def write_card(figures: dict) -> None:
    """Write the tables between the marks of the card."""
    before, rest = CARD.read_text(encoding="utf-8").split(_BEGIN)
    CARD.write_text(f"{before}{_BEGIN}\n{as_markdown(figures)}\n{_END}{rest.split(_END)[1]}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/cycle-judge"), help="for pictures, judge and sheet")
    parser.add_argument("--weights", type=Path, default=weights.WEIGHTS, help="folder of the weights to judge")
    parser.add_argument("--quick", action="store_true", help="very few pictures, to see whether it all runs")
    parser.add_argument("--cards", action="store_true", help="write the figures into the model's card")
    args = parser.parse_args()
    bench = Bench.of(args.data, args.out, QUICK if args.quick else Counts())
    figures = evaluate(args.weights, bench, args.data)
    (args.out / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(json.dumps(figures, indent=1))
    sheet(bench, by_network(networks(args.weights))).save(args.out / "sheet.png")
    if args.cards:
        write_card(figures)


if __name__ == "__main__":
    main()
