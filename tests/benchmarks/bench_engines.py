"""How fast each engine is, beside the papers' own networks: `python tests/benchmarks/bench_engines.py [--only faces]`.

One line a result. GFLOP: of its convolutions and matrix products, as torch counts what runs. Limit: what these would
take at the rates at which this machine convolves and multiplies in single precision, measured before and after each
result; then how many times that the result takes (the goal is 1.5), and the share of the convolution rate it reaches.
In bfloat16, where results are reckoned in it, the limit is about half. First: the very first result of a new process,
torch imported, nothing else, weights read, checked and built.

On a machine with other things to do, `--alone` says more: one thread, and the time its processor worked for it.

What stays above the goal, and where torch.profiler finds its time:
- the encoder of faces, both DCGANs and pix2pix's U-Net: layers of 1 to 8 pixels a side read millions of weights for a
  few operations each, so memory is the limit; of our DCGAN, operations are 0.5 of 4 milliseconds, and looking up the
  model, enlarging and Python are as much as the network. Folding its batch norms, and those of the network that
  watches films, gained 3 %, and was left out.
- words: four pictures are within it; a single one's layers of 128 tokens leave more to Python and to what lies between
  products. Not in bfloat16: see `models.devices.swift`. Compilation needs a C compiler, which a visitor's machine
  seldom has.
- a painting: at full size three colours leave most of a processor's lanes empty, folded or not.
- apple to tomato: convolutions are 47 % of the time; cutting out the fruit, enlarging each change and showing three
  pictures, the rest.
- sound: the motion is watched twice, as filmed and in the mirror, at 128 pixels, where differences between frames and
  batch norms move much memory for little arithmetic.
"""

import argparse
import functools
import gc
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch  # noqa: E402

from models.devices import multiplies_bfloat16  # noqa: E402
from tests.benchmarks.meter import HALF, SINGLE, Rates, Work, rates, seconds_of, work_of  # noqa: E402
from tests.benchmarks.results import RESULTS, Result  # noqa: E402

GOAL = 1.5


@dataclass(frozen=True)
class Line:
    """One measured result; seconds, and Rates in its own precision where that is bfloat16."""

    name: str
    work: Work
    seconds: float
    first: float | None
    single: Rates
    half: Rates | None

    @property
    def times(self) -> float:
        """How many times what its operations allow in single precision."""
        return self.seconds / self.single.seconds(self.work)

    def __str__(self) -> str:
        share = self.work.gflop * 1e9 / self.seconds / self.single.convolutions
        of_half = f"{self.seconds / self.half.seconds(self.work):.2f}" if self.half else ""
        first = f"{self.first:.2f} s" if self.first is not None else ""
        return (
            f"| {self.name} | {self.work.gflop:.2f} | {_spoken(self.seconds)} | "
            f"{_spoken(self.single.seconds(self.work))} | {self.times:.2f} | {of_half} | {share:.0%} | {first} |"
        )


HEAD = (
    "| result | GFLOP | time | limit | times the limit | in bfloat16 | share of rate | first |\n"
    "| --- | --: | --: | --: | --: | --: | --: | --: |"
)


def measure(result: Result, seconds: float, alone: bool) -> Line:
    first = None if alone or not result.asked else first_of(result)
    clock = time.thread_time if alone else time.perf_counter
    timed = functools.partial(seconds_of, seconds=seconds / 8, clock=clock)
    run = result.make()
    work = work_of(run)
    before = rates(SINGLE, timed)
    taken = timed(run, seconds=seconds, warm=True)
    single = _between(before, rates(SINGLE, timed))
    half = rates(HALF, timed) if result.swift and multiplies_bfloat16() else None
    return Line(result.name, work, taken, first, single, half)


def first_of(result: Result) -> float:
    """Seconds to the first result of a process of its own."""
    script = [sys.executable, __file__, "--first", result.name]
    return float(subprocess.run(script, capture_output=True, text=True, check=True).stdout.split()[-1])


def say_first(name: str) -> None:
    began = time.perf_counter()  # torch is here by now, with the modules of this benchmark
    next(result for result in RESULTS if result.name == name).make()()
    print(time.perf_counter() - began)


def _between(one: Rates, other: Rates) -> Rates:
    return Rates((one.convolutions + other.convolutions) / 2, (one.products + other.products) / 2)


def _spoken(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 10 else f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="results whose name has this in it")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each result is repeated")
    parser.add_argument("--alone", action="store_true", help="one thread, and its own time")
    parser.add_argument("--first", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.first:
        return say_first(asked.first)
    if asked.alone:
        torch.set_num_threads(1)
    print(HEAD, flush=True)
    lines = []
    for result in RESULTS:
        if asked.only in result.name:
            lines.append(measure(result, asked.seconds, asked.alone))
            print(lines[-1], flush=True)
            gc.collect()  # the large ones go before the next is built
    if not lines:
        parser.error(f"no result has {asked.only!r} in its name: {', '.join(result.name for result in RESULTS)}")
    report(lines)


def report(lines: list[Line]) -> None:
    own = {result.name for result in RESULTS if not result.paper}
    rate = sorted(line.single.convolutions for line in lines)[len(lines) // 2] / 1e9
    product = sorted(line.single.products for line in lines)[len(lines) // 2] / 1e9
    above = [f"{line.name} ({line.times:.2f})" for line in lines if line.name in own and line.times > GOAL]
    print(f"\nThis machine convolves at {rate:.0f} GFLOP/s and multiplies matrices at {product:.0f} GFLOP/s.")
    print(f"Above {GOAL} times the limit: {', '.join(above) or 'none of ours'}.")


if __name__ == "__main__":
    main()
