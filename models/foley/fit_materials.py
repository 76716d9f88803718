"""Fit the modal model of `strike.py` to measured modes: the statistics that `assets/sound/modes.json` keeps.

    python -m models.foley.fit_materials --data ../shared/data/impact-sounds --out assets/sound/modes.json

The tables are those of ThreeDWorld's PyImpact (threedworld-mit/tdw, 2020, BSD 2-clause; Traer, Cusimano and McDermott
2019): frequency, onset power and decay time of the modes of struck objects, 14 materials. Only what follows is kept:

    frequency   f_k = low * k ** growth                       k = 1 .. count
    level       tilt * log2(f_k / low) + N(0, tilt_spread)    decibels
    decay       T60 = decay * (f / 1 kHz) ** -decay_slope * exp(N(0, decay_spread))    seconds

The tables of one material often repeat each other from size to size, so pitch against size is not fitted: `strike.py`
takes it from similarity, frequency falling as length grows.
"""

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SOURCE = "Modes measured for PyImpact of ThreeDWorld, Massachusetts Institute of Technology, 2020"
LICENCE = "BSD 2-clause"
TABLES = {
    "wood": ("wood_hard", "wood_medium", "wood_soft"),
    "metal": ("metal",),
    "glass": ("glass",),
    "ceramic": ("ceramic",),
    "plastic": ("plastic_hard", "plastc_hard"),  # one of the files is misspelt
    "stone": ("stone",),
    "cardboard": ("cardboard",),
    "cloth": ("fabric",),
}
_SINGLE = 10  # modes of a table of one object; longer ones pool many objects, and tell of decay alone
_LONGEST = 3.0  # seconds: what is said to ring longer is hum in the recording
# Octaves of pitch between things of one size: one object tells of none, objects of many sizes tell of too many.
_SPREAD = (0.35, 0.5)


@dataclass(frozen=True)
class Table:
    """The modes of one object, lowest first: frequency (Hz), level (dB) and T60 (s), each (K,)."""

    frequency: NDArray
    level: NDArray
    decay: NDArray

    @property
    def single(self) -> bool:
        """Whether it is of one object."""
        return len(self.frequency) == _SINGLE


def read(folder: Path, names: tuple[str, ...]) -> list[Table]:
    """The different tables of these materials; those that repeat another one are left out."""
    found = {}
    for path in sorted(folder.glob("*_mm.json")):
        if re.sub(r"_\d_mm\.json$", "", path.name) in names:
            table = json.loads(path.read_text())
            frequency, level, decay = (np.array(table[key]) for key in ("cf", "op", "rt"))
            order = np.argsort(frequency)
            found[frequency.tobytes()] = Table(frequency[order], level[order], decay[order])
    if not found:
        raise FileNotFoundError(f"{folder} holds no modes of {' or '.join(names)}")
    return list(found.values())


def fit(tables: list[Table]) -> dict[str, float]:
    """The statistics of one material, as the heading of this file names them."""
    return _pitch([table for table in tables if table.single]) | _decay(tables)


def _pitch(tables: list[Table]) -> dict[str, float]:
    steps = np.log(np.arange(1, _SINGLE + 1))  # (K,)
    lows = np.log2([table.frequency[0] for table in tables])
    above = [np.log(table.frequency / table.frequency[0]) for table in tables]
    growths = [(steps @ one) / (steps @ steps) for one in above]
    lines = [np.polyfit(one / np.log(2), table.level, 1) for one, table in zip(above, tables)]
    left = [table.level - np.polyval(line, one / np.log(2)) for table, one, line in zip(tables, above, lines)]
    return {
        "low": 2 ** lows.mean(),
        "low_spread": np.clip(lows.std(), *_SPREAD),
        "growth": np.mean(growths),
        "growth_spread": max(0.08, np.std(growths)),
        "tilt": np.mean([slope for slope, _ in lines]),
        "tilt_spread": np.concatenate(left).std(),
    }


def _decay(tables: list[Table]) -> dict[str, float]:
    """A line through log decay against log frequency; each table weighs the same, however long it is."""
    frequency, decay = (np.concatenate([getattr(table, key) for table in tables]) for key in ("frequency", "decay"))
    weight = np.concatenate([np.full(len(table.frequency), len(table.frequency) ** -0.5) for table in tables])
    kept = decay < _LONGEST
    x, y, weight = np.log(frequency[kept] / 1000), np.log(decay[kept]), weight[kept]
    slope, height = np.polyfit(x, y, 1, w=weight)
    spread = np.sqrt(np.average((y - height - slope * x) ** 2, weights=weight**2))
    return {"decay": np.exp(height), "decay_slope": max(0.0, -slope), "decay_spread": spread}


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Fit the modal model to measured modes.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with tdw_modes")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file that materials.py reads")
    given = parser.parse_args(arguments)
    fitted = {name: fit(read(given.data / "tdw_modes", names)) for name, names in TABLES.items()}
    rounded = {name: {key: round(float(x), 3) for key, x in one.items()} for name, one in fitted.items()}
    given.out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"source": SOURCE, "licence": LICENCE, "materials": rounded}, indent=2)
    given.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
