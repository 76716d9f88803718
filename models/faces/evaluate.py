"""Judge the faces: `python -m models.faces.evaluate --data DIR --morphs DIR`, a few minutes on one CPU core.

`--data` is the folder of the training data (for SqueezeNet and the London set), `--morphs` holds three rendered sets:
train/, held-out/ (other volunteers) and fresh/ (the training volunteers, another seed: what the attribute regressor
learnt from and the generator never saw). Every figure stands beside its floor or its baseline. What is judged are the
weights that ship. `--json FILE` keeps the figures, `--cards` writes them into the models' cards, `--quick` tries it
all out on a tenth of the pictures.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

from models import weights
from models.faces import judge_control, judge_people, judge_pictures
from models.faces.bench import Bench
from models.faces.engine import DCGAN, HOUSE, open_faces
from models.faces.figures import write_cards

COUNT, QUICK = 1000, 100  # pictures a side of a distance


def parts(bench: Bench, share: float) -> dict[str, Callable[[], dict]]:
    """The judgements by name, each with its number of trials scaled by `share`."""

    def some(count: int) -> int:
        return max(4, round(count * share))

    return {
        "distances": lambda: judge_pictures.distances(bench),
        "path_lengths": lambda: judge_pictures.path_lengths(bench, some(100)),
        "arithmetic": lambda: judge_control.arithmetic(bench, some(200)),
        "frames_kept": lambda: judge_control.frames_kept(bench, some(200)),
        "ghosts": lambda: judge_control.ghosts(bench, some(40)),
        "disentanglement": lambda: judge_control.disentanglement(bench, some(60)),
        "privacy": lambda: judge_people.privacy(bench),
        "inversion": lambda: judge_people.inversion(bench, some(200)),
    }


def evaluate(data: Path, morphs: Path, count: int = COUNT, only: set[str] | None = None) -> dict:
    """All figures, or those named in `only`; `cpu_seconds` says what each took."""
    figures: dict = {"count": count, "cpu_seconds": {}}
    for name in ("generator", "dcgan", "attributes"):
        figures[f"{name}_training"] = weights.metadata(weights.WEIGHTS / f"faces-{name}.safetensors")
    with open_faces(HOUSE) as house, open_faces(DCGAN) as dcgan:
        bench = Bench(house, dcgan, data, morphs, count)
        for name, judge in parts(bench, count / COUNT).items():
            if only and name not in only:
                continue
            began = time.process_time()
            figures[name] = judge()
            figures["cpu_seconds"][name] = round(time.process_time() - began, 1)
            print(json.dumps({name: figures[name], "cpu_seconds": figures["cpu_seconds"][name]}), flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--morphs", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} pictures a side instead of {COUNT}")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="judge these alone: distances, arithmetic, ...")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--cards", action="store_true", help="write the figures into the cards")
    args = parser.parse_args()
    figures = evaluate(args.data, args.morphs, QUICK if args.quick else COUNT, set(args.only or ()))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if args.cards:
        write_cards(figures)


if __name__ == "__main__":
    main()
