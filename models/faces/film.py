"""A film of faces: a closed walk from keyframe to keyframe, the last one leading to the first.

Every leg takes the same time and is eased in and out, so that the walk lingers at each face and never jerks. Frames
are made a few at a time, scaled up with Lanczos and written one by one: a minute of film needs no more memory than a
second of it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import registry
from models.cache import ModelCache
from models.cluster import anywhere
from models.errors import BadInput
from models.faces import engine
from models.faces.walk import DEMO, PATHS, Place, check_path, clamp, mix, points, to_style
from models.media import Recipe
from models.video import Writer

FPS = 24
SIDE = 384  # pixels of a frame; the model's own are 128
FEWEST, MOST = 2, 24  # keyframes
SHORTEST, LONGEST = 0.5, 10.0  # seconds from one keyframe to the next
LONGEST_FILM = 60.0  # seconds
_AT_ONCE = 8  # frames between two words of progress


@dataclass(frozen=True)
class Film:
    """What to film: `places` in order, `seconds` from one to the next; see `plan` for what is allowed."""

    places: tuple[Place, ...]
    seconds: float = 2.0
    path: str = PATHS[0]
    psi: float = engine.PSI
    model: str = engine.HOUSE

    @property
    def leg(self) -> int:
        """Frames from one keyframe to the next."""
        return max(1, round(self.seconds * FPS))

    @property
    def count(self) -> int:
        """Frames in all."""
        return self.leg * len(self.places)

    def recipe(self) -> Recipe:
        """All it takes to film this again; what the page calls its settings."""
        spec = registry.get(self.model)
        settings = {
            "keyframes": [place.to_text() for place in self.places],
            "seconds": self.seconds,
            "path": self.path,
            "psi": self.psi,
        }
        return Recipe(DEMO, spec.key, spec.version, self.places[0].seeds[0], settings)


def plan(
    places: Sequence[Place], seconds: float, path: str = PATHS[0], psi: float = engine.PSI, model: str = engine.HOUSE
) -> tuple[Film, str]:
    """A film that can be made, and a sentence on what had to be changed for it, "" when nothing had.

    Raises BadInput for fewer than FEWEST or more than MOST keyframes, and for seconds that are no number.
    """
    check_path(path)
    if len(places) < FEWEST:
        raise BadInput(f"A film needs {FEWEST} faces to walk between: add another one to the row.")
    if len(places) > MOST:
        raise BadInput(f"{len(places)} faces are too many for one film: it takes {MOST} at most.")
    asked = _number(seconds)
    seconds = min(max(asked, SHORTEST), LONGEST, LONGEST_FILM / len(places))
    changed = ""
    if seconds != asked:
        changed = (
            f"{asked:g} seconds from face to face became {seconds:.3g}: {SHORTEST:g} to {LONGEST:g} are possible, "
            f"and {LONGEST_FILM:g} for the whole film."
        )
    return Film(tuple(places), seconds, path, clamp(psi), model), changed


def _number(seconds: float) -> float:
    try:
        number = float(seconds)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise BadInput(f"The seconds between two faces are a number from {SHORTEST:g} to {LONGEST:g}.")
    return number


@anywhere(lambda film, **_: film.model, writes="file")
def write(
    film: Film,
    file: Path,
    cache: ModelCache | None = None,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write the film as MP4 (H.264, 24 frames a second, SIDE pixels), its recipe inside.

    on_step hears (frames done, in all) and ends the work by raising; a film cut short leaves no file behind.
    """
    with Writer(file, FPS, recipe=film.recipe()) as writer:
        on_step(0, film.count)
        for batch in frames(film, cache):
            for picture in batch:
                writer.write(enlarged(picture))
            on_step(writer.count, film.count)


def frames(film: Film, cache: ModelCache | None = None) -> Iterator[NDArray]:
    """All frames in order, a few at a time: uint8 (n, H, W, 3). The last one comes just before the first."""
    with engine.open_faces(film.model, cache) as faces:
        stations = points(faces, film.places, film.psi, film.path, film.model)  # (K, D)
    for start in range(0, film.count, _AT_ONCE):
        leg, step = np.divmod(np.arange(start, min(start + _AT_ONCE, film.count)), film.leg)
        t = ease(step / film.leg).astype(np.float32)
        between = mix(stations[leg], stations[(leg + 1) % len(stations)], t, film.path)
        # A lease for each batch, so that nobody waits for the whole film to end.
        with engine.open_faces(film.model, cache) as faces:
            yield faces.decode(to_style(faces, between, film.psi, film.path))


def ease(t: NDArray) -> NDArray:
    """0..1 to 0..1, setting off and arriving gently."""
    return t * t * (3 - 2 * t)


def enlarged(picture: NDArray) -> NDArray:
    """A frame uint8 (H, W, 3) at the size of the film."""
    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
