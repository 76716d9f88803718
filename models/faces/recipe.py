"""Random recipes for faces, and the labels that follow from them exactly.

Rules of the mixture, so that no volunteer is ever shown: three donors at least, each with a real part, none with
more than half of the likeness (`Mixture.shares`). Donors of a training face are never donors of a held-out one
(`split_people`).
"""

import numpy as np

from models.faces.blend import REGIONS, Mixture
from models.faces.glasses import COLOURS, SHAPES, random_glasses
from models.faces.light import BACKDROPS, Light, Tone
from models.faces.render import Recipe
from models.faces.volunteers import Cast

MAX_SHARE = 0.5
MIN_SHARE = 0.06
HELD_OUT = 0.18  # of the women and of the men
SPLITS = ("train", "held-out")
NUMBERS = (
    "woman",
    "age",
    "smile",
    "glasses",
    "light_azimuth",
    "light_elevation",
    "light_strength",
    "light_warmth",
    "exposure",
    "hair_lightness",
    "hair_warmth",
    "hair_grey",
    "years_added",
    "frame_thickness",
)
CATEGORIES = {"frame_shape": SHAPES, "frame_colour": tuple(COLOURS), "backdrop": tuple(BACKDROPS)}


def split_people(cast: Cast, split: str) -> list[int]:
    """Indices of the volunteers a split may use: every so-many-th woman and man, by age, is held out."""
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}, not one of {SPLITS}")
    held: set[int] = set()
    for woman in (True, False):
        group = sorted(
            (person.age, person.name, index) for index, person in enumerate(cast.people) if person.woman == woman
        )
        count = round(HELD_OUT * len(group))
        if count:
            middle = (np.arange(count) + 0.5) * len(group) / count
            held |= {group[int(place)][2] for place in middle}
    return [index for index in range(len(cast.people)) if (index in held) == (split == "held-out")]


def random_mixture(cast: Cast, people: list[int], rng: np.random.Generator) -> Mixture:
    """Three to five donors, mostly all women or all men, weights drawn until nobody dominates."""
    if len(people) < 3:
        raise ValueError(f"a face needs three volunteers at least, there are {len(people)}")
    kind = rng.random()
    pool = [index for index in people if kind >= 0.88 or cast.people[index].woman == (kind < 0.44)]
    pool = pool if len(pool) >= 3 else people
    count = min(int(rng.choice([3, 3, 4, 5])), len(pool))
    while True:
        donors = tuple(int(index) for index in rng.choice(pool, count, replace=False))
        fringes = np.array([cast.people[donor].fringe for donor in donors])
        if fringes[1:].any():  # a fringe is a hair donor's: averaged into others it doubles their brows
            continue
        regions = _regional(count, rng)
        smiles = np.array([cast.people[donor].teeth for donor in donors])
        if smiles.any():
            regions[-1] = (regions[-1] + 1e-3) * smiles / ((regions[-1] + 1e-3) * smiles).sum()
        if fringes[0]:
            regions[:2, 0] = 0
            regions[:2] /= regions[:2].sum(1, keepdims=True)
        mixture = Mixture(
            donors,
            tuple(bool(flip) for flip in rng.random(count) < 0.5),
            rng.dirichlet([1.4] * count),
            regions,
            _hair(count, rng),
            rng.uniform(1.0, 1.4),
            _smile(rng),
        )
        shares = mixture.shares()
        if shares.max() <= MAX_SHARE and shares.min() >= MIN_SHARE:
            return mixture


def _regional(count: int, rng: np.random.Generator) -> np.ndarray:
    """Texture weights by region, (5, K): eyes, nose, mouth and above all teeth lean to one donor, for crispness."""
    rows = []
    for region in REGIONS:
        alpha, low, high = {"skin": (2.0, 0, 0.55), "teeth": (0.3, 0.7, 1)}.get(region, (0.9, 0.40, 0.68))
        row = rng.dirichlet([alpha] * count)
        while not low <= row.max() <= high:
            row = rng.dirichlet([alpha] * count)
        rows.append(row)
    return np.array(rows)


def _hair(count: int, rng: np.random.Generator) -> np.ndarray:
    """Hair weights (K,): donor 0 leads, donor 1 is mixed in, the others leave it alone."""
    lead = rng.uniform(0.62, 0.85)
    return np.array([lead, 1 - lead] + [0.0] * (count - 2))


def _smile(rng: np.random.Generator) -> float:
    """A third neutral, a third full, a third between."""
    return float(np.clip(rng.uniform(-0.9, 1.9), 0, 1))


def random_recipe(cast: Cast, people: list[int], rng: np.random.Generator) -> Recipe:
    """A face's recipe; `people` are the volunteers allowed."""
    mixture = random_mixture(cast, people, rng)
    name = str(rng.choice(list(BACKDROPS)))
    tint = rng.normal(0, 6, 3) + rng.uniform(-14, 14)
    rgb = tuple(float(v) for v in np.clip(np.array(BACKDROPS[name]) + tint, 8, 248))
    years = float(rng.uniform(-6, 18)) if rng.random() < 0.7 else 0.0
    tone = _tone(years, rng)
    if cast.people[mixture.donors[0]].bald:  # a scalp takes no dye
        tone = Tone()
    worn = random_glasses(rng) if rng.random() < 1 / 3 else None
    return Recipe(
        mixture, worn, _light(rng), name, rgb, float(rng.uniform(0.1, 0.7)), tone, years, float(rng.uniform(0.35, 0.6))
    )


def _light(rng: np.random.Generator) -> Light:
    """Often soft and near the camera, sometimes from the side."""
    side = rng.random() < 0.35
    azimuth = rng.choice([-1, 1]) * rng.uniform(0.6, 1.25) if side else rng.normal(0, 0.45)
    return Light(
        float(np.clip(azimuth, -1.3, 1.3)),
        float(rng.uniform(-0.05, 0.75)),
        float(rng.uniform(0.45, 0.85) if side else rng.uniform(0.05, 0.6)),
        float(rng.uniform(0.82, 1.22)),
        float(np.clip(rng.normal(0.1, 0.5), -1, 1)),
    )


def _tone(years: float, rng: np.random.Generator) -> Tone:
    """Hair as it came in two faces of five, else darker, lighter, warmer; greyer with added years, at times."""
    grey = float(np.clip(rng.normal(0.04 * (years - 5), 0.15), 0, 0.8)) if years > 6 else 0.0
    if rng.random() < 0.4:
        return Tone(grey=grey)
    return Tone(float(rng.uniform(-0.8, 0.8)), float(rng.uniform(-0.4, 0.8)), grey)


def labels(cast: Cast, recipe: Recipe) -> dict[str, np.ndarray]:
    """What is true of a face: NUMBERS float32, CATEGORIES int8 (-1 none), RGB float32 (3,), identity float16 (P,)."""
    mixture, shown = recipe.mixture, recipe.light
    shares = mixture.shares()
    people = [cast.people[donor] for donor in mixture.donors]
    identity = np.zeros(len(cast.people), np.float16)
    identity[list(mixture.donors)] = shares
    pair = recipe.glasses
    numbers = dict(
        zip(
            NUMBERS,
            (
                sum(share * person.woman for share, person in zip(shares, people, strict=True)),
                sum(share * person.age for share, person in zip(shares, people, strict=True)) + recipe.years,
                mixture.smile,
                pair is not None,
                shown.azimuth,
                shown.elevation,
                shown.strength,
                shown.warmth,
                shown.exposure,
                recipe.tone.lightness,
                recipe.tone.warmth,
                recipe.tone.grey,
                recipe.years,
                pair.rim if pair else 0,
            ),
            strict=True,
        )
    )
    chosen = {
        "frame_shape": pair.shape if pair else None,
        "frame_colour": pair.colour if pair else None,
        "backdrop": recipe.backdrop,
    }
    return {
        **{name: np.float32(value) for name, value in numbers.items()},
        **{name: np.int8(CATEGORIES[name].index(value) if value else -1) for name, value in chosen.items()},
        "backdrop_rgb": np.array(recipe.backdrop_rgb, np.float32),
        "frame_rgb": np.array(pair.rgb if pair else (0, 0, 0), np.float32),
        "identity": identity,
    }
