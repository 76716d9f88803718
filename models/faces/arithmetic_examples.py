"""Choose the equations that hang in the arithmetic room: `python -m models.faces.arithmetic_examples`.

Nothing is picked by hand: of a pool of seeds, each term takes the faces that the regressor finds nearest to what the
term asks for. Run it again after the generator or the regressor has been trained anew.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.faces.arithmetic import portraits, read, solve
from models.faces.engine import ATTRIBUTES, SIDE
from models.faces.equation import MOST, Equation
from models.faces.equation_picture import DEMO, equation_picture, recipe
from models.media import picture_bytes

ASSETS = Path(__file__).resolve().parents[2] / "assets"
POOL = 512  # seeds 0 and up
SEED = 0  # of the noise around each sum
POSTERS = 3
SCALE = {"glasses": 0.3, "smile": 0.3, "age": 6.0, "woman": 0.3}  # so much off weighs alike
TRIES = 24
SKIN = 32.0  # grey levels; terms of one tone leave the sum's alone
STRIKING = 8.0  # what the frames' colour counts, in the same units
UNFIT = 1e6  # more than anything can be off
PLAIN = {"glasses": 0.0, "smile": 0.15, "age": 32.0, "woman": 0.0}
GLASSES, SMILE, OLD, YOUNG, WOMAN = {"glasses": 1.0}, {"smile": 1.0}, {"age": 70.0}, {"age": 20.0}, {"woman": 1.0}


@dataclass(frozen=True)
class Preset:
    """An equation to begin with: its terms as what makes them differ from a plain face (a man of 32, unsmiling).

    `striking`: the first term takes the most solid and colourful frames. Alone in its term, they are kept.
    """

    title: str
    equation: str
    wanted: tuple[Mapping[str, float], Mapping[str, float], Mapping[str, float]]
    faces: tuple[int, int, int] = (MOST, MOST, MOST)
    striking: bool = False


PRESETS = (
    Preset(
        "Frames",
        "man in these glasses − man + woman = woman in these glasses",
        (GLASSES, {}, WOMAN),
        faces=(1, MOST, MOST),
        striking=True,
    ),
    Preset("Glasses", "man with glasses − man + woman = woman with glasses", (GLASSES, {}, WOMAN)),
    Preset("Smile", "smiling woman − woman + man = smiling man", (SMILE | WOMAN, WOMAN, {})),
    Preset("Age", "older man − younger man + younger woman = older woman", (OLD, YOUNG, YOUNG | WOMAN)),
    Preset(
        "Woman and man",
        "woman − man + smiling man with glasses = smiling woman with glasses",
        (WOMAN, {}, GLASSES | SMILE),
    ),
)


def choose_best(preset: Preset, seen: Mapping[str, NDArray]) -> Equation:
    """Of the first equations of a preset, the one that holds best, the earlier one where two hold alike."""
    return max((choose(preset, seen, skip) for skip in range(TRIES)), key=merit)


def merit(equation: Equation) -> tuple[bool, float, float]:
    """How well an equation holds: whether the sum does in all attributes, which share of the grid does in glasses and
    woman or man, and how solid its glasses are, if it is to have any (else 0)."""
    from models.faces.attributes import look

    reading, grid = read(equation), look(solve(equation).grid)
    near = [abs(grid[name] - reading.expected[name]) < 0.25 for name in ("glasses", "woman")]
    solid = float(grid["opacity"].min()) if reading.expected["glasses"] > 0.5 else 0.0
    return all(reading.holds().values()), round(float(np.mean(near)), 2), round(solid, 1)


def choose(preset: Preset, seen: Mapping[str, NDArray], skip: int = 0) -> Equation:
    """The equation of a preset from faces as `survey` saw them; no face serves twice.

    `skip`: so many of the faces that suit the first term best are left out.
    """
    taken: set[int] = set()
    terms = []
    for place, wanted in enumerate(preset.wanted):
        target = PLAIN | wanted
        off = sum(((seen[name] - target[name]) / SCALE[name]) ** 2 for name in ATTRIBUTES)
        off += (((seen["skin"] - np.median(seen["skin"], axis=0)) / SKIN) ** 2).sum(1)
        off += UNFIT * sum(abs(seen[name] - target[name]) > 0.15 for name in ("glasses", "woman"))
        if preset.striking and place == 0:
            off += UNFIT * (seen["opacity"] < 0.85) - STRIKING * np.ptp(seen["colour"], axis=1) / 255
        ranked = [int(seed) for seed in np.argsort(off, kind="stable") if int(seed) not in taken]
        first = 0 if place else skip
        term = ranked[first : first + preset.faces[place]]
        taken |= set(term)
        terms.append(tuple(term))
    return Equation(*terms, SEED)


def survey(count: int = POOL) -> dict[str, NDArray]:
    """What the regressor sees in the first `count` seeds, attributes and frames by name, and "skin": RGB (N, 3)."""
    from models.faces.attributes import look

    pictures = np.concatenate([portraits(range(start, min(start + 32, count))) for start in range(0, count, 32)])
    return {**look(pictures), "skin": pictures[:, 70:92, 48:80].mean((1, 2))}


def make(assets: Path = ASSETS) -> list[Path]:
    """Write the presets, what the room opens with, and the posters; returns the files."""
    seen = survey()
    chosen = [choose_best(preset, seen) for preset in PRESETS]
    first = chosen[0]
    found = [
        {"title": preset.title, "equation": preset.equation, **equation.settings()}
        for preset, equation in zip(PRESETS, chosen, strict=True)
    ]
    folder = assets / "arithmetic"
    folder.mkdir(parents=True, exist_ok=True)
    about = {"seed": SEED, "presets": found, "reading": asdict(read(first))}
    (folder / "opening.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    opening_sheet(first).save(folder / "opening.webp", quality=90, method=6)
    return [folder / "opening.json", folder / "opening.webp", *_posters(chosen, assets / "examples")]


def opening_sheet(equation: Equation) -> Image.Image:
    """One row of squares: the exemplars in order, the three means, the nine faces. RGB, 128 pixels high."""
    worked = solve(equation)
    exemplars = portraits([exemplar for term in equation.terms for exemplar in term])
    return Image.fromarray(np.concatenate([*exemplars, *worked.means, *worked.grid], axis=1))


def read_opening(assets: Path = ASSETS) -> tuple[dict, list[Image.Image]]:
    """What `make` wrote: presets, seed and reading; and the squares of `opening_sheet`."""
    about = json.loads((assets / "arithmetic" / "opening.json").read_text(encoding="utf-8"))
    with Image.open(assets / "arithmetic" / "opening.webp") as sheet:
        sheet = sheet.convert("RGB")
    squares = [sheet.crop((x, 0, x + SIDE, SIDE)) for x in range(0, sheet.width, SIDE)]
    return about, squares


def _posters(chosen: list[Equation], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / (f"{DEMO}.png" if number == 1 else f"{DEMO}-{number}.png") for number in range(1, POSTERS + 1)]
    for file, equation in zip(files, chosen, strict=False):
        file.write_bytes(picture_bytes(equation_picture(equation), recipe(equation.settings(), equation.seed)))
    return files


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=Path, default=ASSETS)
    for path in make(parser.parse_args().assets):
        print(path)
