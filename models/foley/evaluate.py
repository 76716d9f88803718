"""Judge the network that watches: `python -m models.foley.evaluate --train DIR --held-out DIR`, a quarter of an hour on
two cores.

Judged is the network that ships (or `--weights FILE`) on held-out simulation (`judge_held_out.py`), and with `--clips
DIR` on a folder of real films with sound (`judge_films.py`). Baselines are tuned on the clips that training kept for
validation. `--json FILE` keeps the figures, `--cards` writes them into the card, `--only PART ...` judges some parts,
`--quick` tries it all out.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from models import weights
from models.foley import engine, judge_films, judge_held_out
from models.foley.engine import LONGEST_SECONDS, read_network
from models.foley.figures import write_card
from models.foley.judge_held_out import Known, Seen, Sounded
from models.foley.network import Foley
from models.foley.train import VALIDATION
from models.foley.views import Clip


@dataclass(frozen=True)
class Counts:
    """How many clips are judged."""

    held_out: int = 400
    validation: int = 150
    rates: int = 150  # of which those filmed at 30 a second
    lengths: int = 40


QUICK = Counts(8, 8, 3, 2)


@dataclass(frozen=True)
class Bench:
    """What is judged, and by what: clips are read and watched when they are first asked for."""

    weights: Path
    training: Sequence[Clip]
    clips: Sequence[Clip]
    sounded: Sounded
    counts: Counts = Counts()
    films: Path | None = None

    @cached_property
    def network(self) -> Foley:
        return read_network(self.weights)

    @cached_property
    def seen(self) -> list[Seen]:
        return [judge_held_out.see(self.network, clip) for clip in self.some(self.counts.held_out)]

    @cached_property
    def known(self) -> Known:
        numbers = range(0, len(self.training), VALIDATION)[: self.counts.validation]
        return judge_held_out.known([self.training[number] for number in numbers])

    def some(self, count: int) -> list[Clip]:
        """The first held-out clips."""
        return [self.clips[number] for number in range(min(count, len(self.clips)))]


def parts(bench: Bench) -> dict[str, Callable[[], dict]]:
    """The judgements by name."""
    held_out, network, counts = judge_held_out, bench.network, bench.counts
    found = {
        "onsets": lambda: held_out.onsets(bench.seen, network, bench.known),
        "materials": lambda: held_out.materials(bench.seen, network),
        "places": lambda: held_out.places(bench.seen),
        "strength": lambda: held_out.strength(bench.seen, network),
        "sounds": lambda: held_out.sounds(bench.seen, network, bench.known, bench.sounded),
        "rates": lambda: held_out.rates(network, bench.some(counts.rates)),
        "lengths": lambda: held_out.lengths(network, bench.some(counts.lengths), LONGEST_SECONDS),
        "speed": lambda: judge_films.speed(bench.weights, bench.some(5), bench.sounded),
    }
    if bench.films:
        found["films"] = lambda: judge_films.films(bench.films, network, bench.known, bench.sounded)
    return found


def evaluate(bench: Bench, only: set[str] | None = None) -> dict:
    """All figures, or those named in `only`; `seconds` says what each took."""
    about = weights.metadata(bench.weights)
    about |= {"parameters": sum(parameter.numel() for parameter in bench.network.parameters())}
    figures: dict = {"about": about, "seconds": {}}
    for name, work in parts(bench).items():
        if only and name not in only:
            continue
        began = time.monotonic()
        figures[name] = work()
        figures["seconds"][name] = round(time.monotonic() - began, 1)
        print(json.dumps({name: figures[name], "seconds": figures["seconds"][name]}), flush=True)
    return figures


def joined(path: Path, figures: dict) -> dict:
    """The figures, and those of parts judged before with the very same weights, kept in a file."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if before.get("about") != figures["about"]:
        return figures
    return before | figures | {"seconds": before["seconds"] | figures["seconds"]}


def main() -> None:
    from models.foley.data import Clips
    from models.foley.synthesis import Ask, sound

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True, help="the clips that were trained on")
    parser.add_argument("--held-out", type=Path, required=True, help="what models.foley.data rendered to be held out")
    parser.add_argument("--clips", type=Path, help="a folder of real films with sound, in folders named by material")
    parser.add_argument("--weights", type=Path, default=engine.FILE)
    parser.add_argument("--only", nargs="+", metavar="PART", help="onsets, materials, strength, sounds, rates, ...")
    parser.add_argument("--quick", action="store_true", help="very few clips, to see whether it all runs")
    parser.add_argument("--json", type=Path, help="write the figures here; those of other parts in it are kept")
    parser.add_argument("--cards", action="store_true", help="write the figures into the card")
    args = parser.parse_args()
    sounded, counts = partial(sound, ask=Ask()), QUICK if args.quick else Counts()
    bench = Bench(args.weights, Clips(args.train), Clips(args.held_out), sounded, counts, args.clips)
    figures = evaluate(bench, set(args.only or ()))
    if args.json:
        figures = joined(args.json, figures)
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if args.cards:
        write_card(figures)


if __name__ == "__main__":
    main()
