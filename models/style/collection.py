"""The wall of styles: paintings whose style comes in the box, as a code each. No picture of theirs does.

Titles, years and addresses as the museums give them, by way of the credits of beefoo/art-breaker-3000; all are in the
public domain or CC0. The codes are made by `train.py`: what the network is told of each painting, averaged over many
views of it, and then tuned along with the network.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import BadInput
from models.weights import WEIGHTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CODES = WEIGHTS / "style-collection.safetensors"


@dataclass(frozen=True)
class Style:
    """One painting; `painting` is the stem of its file's name in the training data."""

    slug: str
    title: str
    artist: str
    year: str
    museum: str
    url: str
    painting: str


# Each museum: its name, the address of a work, the stem of a file.
_CHICAGO = ("The Art Institute of Chicago", "https://www.artic.edu/artworks/{}", "artic_{}")
_CLEVELAND = ("The Cleveland Museum of Art", "https://www.clevelandart.org/art/{}", "clevelandart_{}")
_NEW_YORK = (
    "The Metropolitan Museum of Art",
    "https://www.metmuseum.org/art/collection/search/{}",
    "metmuseum_{}",
)
_WASHINGTON = ("National Gallery of Art", "https://www.nga.gov/collection/art-object-page.{}.html", "nga_{}")
_WAVE = (
    "24645/under-the-wave-off-kanagawa-kanagawa-oki-nami-ura-also-known-as-the-great-wave-from-the-series-"
    "thirty-six-views-of-mount-fuji-fugaku-sanj%E7%AC%9Brokkei"
)


def _work(slug: str, title: str, artist: str, year: str, museum: tuple[str, str, str], number: str) -> Style:
    name, address, stem = museum
    return Style(slug, title, artist, year, name, address.format(number), stem.format(number.partition("/")[0]))


STYLES = (
    _work("blue-swirls", "Self-Portrait", "Vincent van Gogh", "1889", _WASHINGTON, "106382"),
    _work("wheat-field", "Wheat Field with Cypresses", "Vincent van Gogh", "1889", _NEW_YORK, "436535"),
    _work("straw-hat", "Self-Portrait with a Straw Hat", "Vincent van Gogh", "1887", _NEW_YORK, "436532"),
    _work(
        "plane-trees",
        "The Large Plane Trees (Road Menders at Saint-Rémy)",
        "Vincent van Gogh",
        "1889",
        _CLEVELAND,
        "1947.209",
    ),
    _work(
        "great-wave",
        "Under the Wave off Kanagawa (Kanagawa oki nami ura)",
        "Katsushika Hokusai",
        "1826",
        _CHICAGO,
        _WAVE,
    ),
    _work(
        "kabuki",
        "The actor Bando Mitsugoro II as Ishii Genzo",
        "Tōshūsai Sharaku",
        "1794",
        _CHICAGO,
        "89856/the-actor-bando-mitsugoro-ii-as-ishii-genzo",
    ),
    _work("rough-waves", "Rough Waves", "Ogata Kōrin", "ca. 1704–9", _NEW_YORK, "44918"),
    _work("circus", "Circus Sideshow (Parade de cirque)", "Georges Seurat", "1887–88", _NEW_YORK, "437654"),
    _work("pink-cloud", "The Pink Cloud", "Henri-Edmond Cross", "c. 1896", _CLEVELAND, "2020.106"),
    _work("pointillist-portrait", "Denise Maréchal", "Théo van Rysselberghe", "1894", _WASHINGTON, "219555"),
    _work("blue-still-life", "Still Life with Teapot and Fruit", "Paul Gauguin", "1896", _NEW_YORK, "437999"),
    _work("in-the-waves", "In the Waves (Dans les Vagues)", "Paul Gauguin", "1889", _CLEVELAND, "1978.63"),
    _work("cradle", "Baby (Cradle)", "Gustav Klimt", "1917", _WASHINGTON, "56662"),
    _work("lilac-girl", "Mäda Primavesi", "Gustav Klimt", "1912–13", _NEW_YORK, "436819"),
    _work(
        "moulin-rouge",
        "At the Moulin Rouge",
        "Henri de Toulouse-Lautrec",
        "1892",
        _CHICAGO,
        "61128/at-the-moulin-rouge",
    ),
    _work(
        "bolero",
        "Marcelle Lender Dancing the Bolero in Chilpéric",
        "Henri de Toulouse-Lautrec",
        "1895",
        _WASHINGTON,
        "72012",
    ),
    _work("parliament", "The Houses of Parliament, Sunset", "Claude Monet", "1903", _WASHINGTON, "46523"),
    _work("footbridge", "The Japanese Footbridge", "Claude Monet", "1899", _WASHINGTON, "74796"),
    _work("parasol", "Woman with a Parasol - Madame Monet and Her Son", "Claude Monet", "1875", _WASHINGTON, "61379"),
    _work("boating-party", "The Boating Party", "Mary Cassatt", "1893", _WASHINGTON, "46569"),
    _work("apples", "Still Life with Apples and a Pot of Primroses", "Paul Cézanne", "ca. 1890", _NEW_YORK, "435882"),
    _work("bewitched-mill", "The Bewitched Mill", "Franz Marc", "1913", _CHICAGO, "9021/the-bewitched-mill"),
    _work(
        "two-poplars",
        "Landscape with Two Poplars",
        "Vasily Kandinsky",
        "1912",
        _CHICAGO,
        "8980/landscape-with-two-poplars",
    ),
    _work("visit", "The Visit - Couple and Newcomer", "Ernst Ludwig Kirchner", "1922", _WASHINGTON, "71239"),
    _work("political-drama", "Political Drama", "Robert Delaunay", "1914", _WASHINGTON, "52397"),
    _work("checkerboard", "Glass and Checkerboard", "Juan Gris", "1917", _WASHINGTON, "166491"),
    _work(
        "bottles-and-fruit", "Still Life with Bottles and Fruit", "Alexej von Jawlensky", "1900", _WASHINGTON, "130841"
    ),
    _work("salem-cove", "Salem Cove", "Maurice Prendergast", "1915", _WASHINGTON, "66431"),
    _work("four-dancers", "Four Dancers", "Edgar Degas", "1899", _WASHINGTON, "46597"),
    _work(
        "window-at-night", "The Girl by the Window", "Edvard Munch", "1893", _CHICAGO, "154235/the-girl-by-the-window"
    ),
    _work("jungle", "The Equatorial Jungle", "Henri Rousseau", "1909", _WASHINGTON, "46688"),
    _work(
        "madhubani",
        "Rider and four-legged bovine creature in mauve, chartreuse and black palette",
        "Unknown",
        "1900s",
        _CLEVELAND,
        "2005.83",
    ),
)


def slugs() -> tuple[str, ...]:
    """The short names of the styles, in the order of the wall."""
    return tuple(style.slug for style in STYLES)


def style(slug: str) -> Style:
    """The style called `slug`; BadInput names those there are."""
    for one in STYLES:
        if one.slug == slug:
            return one
    raise BadInput(f"There is no style called {str(slug)[:40]!r}; there are {', '.join(slugs())}.")


def save_codes(codes: "Mapping[str, NDArray[np.float32]]", path: Path = CODES) -> Path:
    """Keep a code (code,) for every slug, in half precision."""
    import torch

    from models import weights

    return weights.save(path, {slug: torch.from_numpy(codes[slug]) for slug in slugs()})


def codes(path: Path | None = None) -> "dict[str, NDArray[np.float32]]":
    """Every style's code (code,), by slug; WeightsDamaged when the file is missing or not what was published."""
    path = path or CODES
    return _read(path, path.stat().st_mtime_ns if path.is_file() else 0)


@functools.lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> "dict[str, NDArray[np.float32]]":
    from models import weights

    stored = weights.load(path)
    return {slug: stored[slug].numpy() for slug in slugs()}
