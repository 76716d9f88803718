"""The photographs of the room, each known by a name: ours, scikit-image's samples, and what visitors bring.

A visitor's photo becomes one JPEG file, small enough to travel inside the recipe of a saved picture, and its name is
its checksum. The house remembers the last of them, so that the page need not send the photo with every order.
"""

import base64
import functools
import importlib.util
import io
import json
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from demos.house.brought import OWN, Memory
from demos.house.pictures import picture_in
from demos.kit import ASSETS
from models.errors import BadInput
from models.style.engine import LONGEST

FOLDER = ASSETS / "examples" / "style"
SMALLEST, LONGEST_SHAPE = 16, 12  # pixels of the short side; how many times longer the long one may be
MOST_BYTES = 330_000  # of a visitor's photo: in base64 it fits into a recipe
PLAIN = {"jfif", "jfif_version", "jfif_unit", "jfif_density"}  # all that such a file says of itself
QUALITIES = (92, 86, 78, 68, 56, 44)  # of its JPEG file: the first that fits


@dataclass(frozen=True)
class Photo:
    """A photograph to begin with: where it lies, what it shows, whose it is."""

    name: str
    file: Path
    words: str
    credit: str


# In scikit-image's own package, none fetched; each free of copyright restrictions, as its documentation says.
SAMPLES = (
    ("astronaut", "astronaut.png", "an astronaut in her suit", "Eileen Collins, NASA"),
    ("chelsea", "chelsea.png", "a ginger cat", "Chelsea, by Stéfan van der Walt"),
    ("coffee", "coffee.png", "a cup of coffee on wood", "Rachel Michetti, Pikolo Espresso Bar"),
    ("rocket", "rocket.jpg", "a rocket on its pad at night", "SpaceX"),
    ("hubble", "hubble_deep_field.jpg", "galaxies, far away", "NASA, ESA, Hubble Space Telescope"),
)


# ---------------------------------------------------------------- photographs to begin with


@functools.cache
def shelf() -> dict[str, Photo]:
    """Ours first, then what scikit-image brings along where it is installed, by name."""
    about = json.loads((FOLDER / "photos.json").read_text(encoding="utf-8"))
    ours = [Photo(one["name"], FOLDER / one["file"], one["words"], one["credit"]) for one in about]
    return {photo.name: photo for photo in (*ours, *_samples())}


def _samples() -> list[Photo]:
    # Looked up, not imported: the package is heavy, and only its files are needed.
    package = importlib.util.find_spec("skimage")
    if package is None or package.origin is None:
        return []
    folder = Path(package.origin).parent / "data"
    found = [Photo(name, folder / file, words, f"{credit}; from scikit-image") for name, file, words, credit in SAMPLES]
    return [photo for photo in found if photo.file.is_file()]


# ---------------------------------------------------------------- visitors' photographs


def check_shape(picture: Image.Image) -> None:
    """BadInput for what has no room for a brush: a single pixel, a line."""
    if not _has_room(picture):
        raise BadInput(
            f"That picture is {picture.width} × {picture.height} pixels: painting takes one of at least {SMALLEST} on "
            f"each side, and no more than {LONGEST_SHAPE} times as long as it is wide."
        )


def file_in(data_url: object) -> bytes:
    """A visitor's photo in a data URL as the file the room works with. Raises BadInput.

    What is such a file already stays as it is, to the byte: a recipe that brings its photo along paints the same again.
    """
    picture = picture_in(data_url)
    data = base64.b64decode(str(data_url).partition(",")[2])
    return data if _is_such_a_file(data) else as_file(picture)


def _is_such_a_file(data: bytes) -> bool:
    with Image.open(io.BytesIO(data)) as picture:
        plain = picture.format == "JPEG" and picture.mode == "RGB" and set(picture.info) <= PLAIN
        return plain and len(data) <= MOST_BYTES and max(picture.size) <= LONGEST and _has_room(picture)


def as_file(picture: Image.Image) -> bytes:
    """A picture (RGB) as the JPEG file the room works with: LONGEST pixels a side and MOST_BYTES at most."""
    check_shape(picture)
    picture = picture.copy()
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    for quality in QUALITIES:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


def _has_room(picture: Image.Image) -> bool:
    short, long = sorted(picture.size)
    return short >= SMALLEST and long <= LONGEST_SHAPE * short


def as_url(file: bytes) -> str:
    """A visitor's photo as a data URL."""
    return "data:image/jpeg;base64," + base64.b64encode(file).decode("ascii")


# 66 MB each, at most.
MEMORY = Memory(200, "That photo is no longer here: please choose it once more.")
PAINTINGS = Memory(200, "Only the code of that painting is here: bring the painting itself, and it can be looked into.")


# ---------------------------------------------------------------- opening one


def is_own(name: str) -> bool:
    """Whether a name is of a visitor's photo."""
    return name.startswith(OWN)


def find(name: object) -> Image.Image:
    """The photograph of a name that anyone may have sent, RGB, LONGEST pixels a side at most. BadInput, Forgotten."""
    name = str(name or "")
    if is_own(name):
        return opened(MEMORY.get(name))
    if name not in shelf():
        raise BadInput(f"There is no photograph called {name[:30]!r} here: choose {', '.join(shelf())}, or your own.")
    return _from_shelf(name).copy()


def opened(file: bytes) -> Image.Image:
    """A visitor's picture, RGB."""
    with Image.open(io.BytesIO(file)) as picture:
        return picture.convert("RGB")


@functools.lru_cache(maxsize=16)
def _from_shelf(name: str) -> Image.Image:
    with Image.open(shelf()[name].file) as picture:
        picture = picture.convert("RGB")
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return picture
