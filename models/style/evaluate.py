"""Judge style transfer: `python -m models.style.evaluate --data DIR --morphs DIR`, about half an hour on two cores.

Judged is the painter that ships, on photos, flowers and faces that were held out (`judge_bench.py`), every figure
beside its yardstick: Gatys et al. 2016 at convergence, AdaIN without training, the palette alone, the photo.

`--json FILE` keeps the figures, `--cards` writes them into the card, `--sheets DIR` keeps pictures to look at, `--only
PART ...` judges some parts, `--quick` tries it all out. `--judges DIR` keeps what the judges have learnt.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from models import weights
from models.style import engine, judge_control, judge_fidelity, judge_film, judge_losses, judge_style
from models.style.figures import write_card
from models.style.judge_bench import Bench, Model

Save = Callable[[str, Image.Image], None]


@dataclass(frozen=True)
class Counts:
    """How much is made and taught; by default what two cores do in about half an hour."""

    losses: judge_losses.Effort = judge_losses.Effort()
    fidelity: judge_fidelity.Effort = judge_fidelity.Effort()
    teaching: judge_style.TeachConfig = judge_style.TeachConfig()
    pairs: int = 16  # of strength and seeds
    tiled: int = 4  # pictures
    films: int = 4
    timed_at: tuple[int, ...] = (256, 512, 1024, 1536)  # pixels of the long side


QUICK = Counts(
    judge_losses.Effort(pairs=1, seeds=2, steps=2),
    judge_fidelity.Effort(photos=1, seeds=1, gatys=1, steps=1),
    judge_style.TeachConfig(crops=128),
    pairs=2,
    tiled=1,
    films=1,
    timed_at=(256, 512),
)


def parts(bench: Bench, counts: Counts, judges: Path | None, save: Save | None) -> dict[str, Callable[[], object]]:
    """The judgements by name."""

    def fidelity() -> dict:
        known = [_judge(bench, kind, counts, judges) for kind in judge_style.KINDS]
        return judge_fidelity.fidelity(bench, known, counts.fidelity, save)

    return {
        "losses": partial(judge_losses.judge, bench, counts.losses, save),
        "fidelity": fidelity,
        "strength": partial(judge_control.strength, bench, counts.pairs, save),
        "seeds": partial(judge_control.seeds, bench, counts.pairs),
        "seams": partial(judge_control.seams, bench, counts.tiled),
        "flicker": partial(judge_film.flicker, bench, counts.films),
        "speed": partial(judge_control.speed, bench, counts.timed_at),
    }


def _judge(bench: Bench, kind: str, counts: Counts, folder: Path | None) -> judge_style.Judge:
    """A judge of styles, from a folder where it is there, else taught, and kept there."""
    path = folder / f"style-judge-{kind}.safetensors" if folder else None
    if path and path.is_file():
        return judge_style.load(path, tuple(bench.wall))
    taught = judge_style.teach(bench.wall, kind, counts.teaching)
    if path:
        judge_style.save(taught, tuple(bench.wall), path)
    return taught


def evaluate(
    bench: Bench, counts: Counts, only: set[str] | None = None, judges: Path | None = None, save: Save | None = None
) -> dict:
    """All figures, or those named in `only`; `seconds` says what each took."""
    figures: dict = {"about": weights.metadata(engine.FILE), "seconds": {}}
    for name, work in parts(bench, counts, judges, save).items():
        if only and name not in only:
            continue
        began = time.monotonic()
        figures[name] = work()
        figures["seconds"][name] = round(time.monotonic() - began, 1)
        print(json.dumps({name: figures[name], "seconds": figures["seconds"][name]}), flush=True)
    return figures


def _save_in(sheets: Path, name: str, sheet: Image.Image) -> None:
    sheets.mkdir(parents=True, exist_ok=True)
    sheet.save(sheets / f"{name}.png")


def joined(path: Path, figures: dict) -> dict:
    """The figures, and those of parts judged before with the very same weights, kept in a file."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if before.get("about") != figures["about"]:
        return figures
    return before | figures | {"seconds": before["seconds"] | figures["seconds"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--morphs", type=Path, required=True, help="what models.faces.data wrote: train/, held-out/")
    names = "losses, fidelity, strength, seeds, seams, flicker, speed"
    parser.add_argument("--only", nargs="+", metavar="PART", help=names)
    parser.add_argument("--quick", action="store_true", help="very few pictures, to see whether it all runs")
    parser.add_argument("--judges", type=Path, help="folder where the judges of styles are kept, and read from")
    parser.add_argument("--sheets", type=Path, help="write sheets of pictures here")
    parser.add_argument("--json", type=Path, help="write the figures here; those of other parts in it are kept")
    parser.add_argument("--cards", action="store_true", help="write the figures into the card")
    args = parser.parse_args()
    bench = Bench.of(args.data, args.morphs, Model())
    save = partial(_save_in, args.sheets) if args.sheets else None
    counts = QUICK if args.quick else Counts()
    figures = evaluate(bench, counts, set(args.only or ()), args.judges, save)
    if args.json:
        figures = joined(args.json, figures)
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if args.cards:
        write_card(figures)


if __name__ == "__main__":
    main()
