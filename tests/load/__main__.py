"""Thirty visitors for five minutes: `python -m tests.load`; beside the plain way: `python -m tests.load --compare`.

Server and visitors share the machine. Everything stays on it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.load import crowd
from tests.load.house import House, opened
from tests.load.tally import LIVE, Tally, seconds_of, table

MB = 2**20


def main() -> int:
    """Run, print what was seen; 1 when anything was not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--browsers", type=int, default=2, help="how many of them have a real browser")
    parser.add_argument("--compare", action="store_true", help="ours and the plain way, for half of the time each")
    chosen = parser.parse_args()
    if chosen.compare:
        return compare(chosen.visitors, chosen.minutes)
    tally, house = under_load(chosen.visitors, 60 * chosen.minutes, chosen.browsers)
    print(report(tally, house, chosen.minutes))
    return 1 if tally.errors() or tally.wrong() else 0


def under_load(visitors: int, seconds: float, in_browsers: int) -> tuple[Tally, House]:
    """A crowd in a fresh gallery; samples of its pictures are compared with what the engines make alone."""
    with tempfile.TemporaryDirectory(prefix="vernissage-load-") as folder, opened(Path(folder)) as house:
        tally = asyncio.run(crowd.come(house, visitors, seconds, in_browsers))
    print(f"{crowd.judge(tally)} pictures were made again, alone, and compared.")
    return tally, house


def report(tally: Tally, house: House, minutes: float) -> str:
    """What a run has shown, as text."""
    live = seconds_of(tally.rooms, LIVE)
    end, (_, files, stored) = house.memory[-1][0], house.stored[-1]
    lines = [
        table(tally, minutes),
        f"{tally.pictures()} pictures, {tally.pictures() / minutes / 60:.1f} a second; "
        f"live rooms: p95 {live.percentile(0.95):.2f} s",
        f"processor: {house.used / 60 / minutes:.2f} cores of {os.cpu_count()} for the gallery, the rest for visitors "
        f"and others; {1000 * house.used / max(tally.pictures(), 1):.0f} ms a picture",
        f"memory: {house.memory_at(60) / MB:.0f} MB after a minute, {house.memory_at(end) / MB:.0f} MB at the end "
        f"({house.growth():+.1%}); each half minute "
        + ", ".join(f"{house.memory_at(at) / MB:.0f}" for at in range(30, int(end) + 1, 30)),
        f"temporary files: {files}, {stored / MB:.1f} MB",
        *(f"error: {what} ({count} times)" for what, count in tally.errors().items()),
        *(f"wrong: {what}" for what in tally.wrong()),
    ]
    return "\n".join(lines)


def compare(visitors: int, minutes: float) -> int:
    """The same crowd in our gallery and on pages of the plain way, one after the other."""
    ways = {"ours": ("app", crowd.ours), "plain": ("tests.load.plain", crowd.plain)}
    tallies: dict[str, Tally] = {}
    for name, (module, asking) in ways.items():
        with tempfile.TemporaryDirectory(prefix="vernissage-load-") as folder, opened(Path(folder), module) as house:
            tallies[name] = asyncio.run(crowd.come_plainly(house, visitors, 30 * minutes, asking))
        print(f"{name}\n{report(tallies[name], house, minutes / 2)}\n", flush=True)
    rate = {name: tally.pictures() for name, tally in tallies.items()}
    p95 = {name: seconds_of(tally.rooms, LIVE).percentile(0.95) for name, tally in tallies.items()}
    print(
        f"ours against the plain way: {rate['ours'] / max(rate['plain'], 1):.2f} times the pictures a second, "
        f"p95 of the live rooms {p95['ours']:.2f} s against {p95['plain']:.2f} s "
        f"({p95['plain'] / max(p95['ours'], 1e-9):.2f} times)"
    )
    return 1 if any(tally.errors() for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
