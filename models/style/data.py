"""What the painter learns from: photographs to be painted, and paintings to learn painting from.

| pictures | source | licence |
| --- | --- | --- |
| photographs | budgie-backgrounds, pop-os/wallpapers, elementary/wallpapers | CC0, public domain |
| flowers | TensorFlow's flower_photos, those kept when captioned by eye | CC BY 2.0, each photograph |
| faces | morphs of at least three people of the Face Research Lab London Set (`models/faces/data.py`) | CC BY 4.0 |
| paintings | five American museums (`collection.py`), by way of beefoo/art-breaker-3000 | public domain, CC0 |

Some photographs and a dozen paintings are held out: on them it is judged whether the network paints what it never saw
in styles it never saw. Pictures are uint8 (H, W, 3), decoded once.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from models.faces.store import Morphs

SHORT = 512  # pixels of the short side of a picture in memory
VIEW = 320  # pixels of a view of a painting
SHARES = {"photographs": 0.55, "flowers": 0.25, "faces": 0.2}  # of what is painted in training
_FRAME = 0.04  # of a painting's side: cut off all around, since some show their frame or mount
_LEAST_SEEN = 280  # pixels of a painting that make up a view: what is smaller would show blurred strokes

HELD_OUT_PHOTOGRAPHS = (
    "sean-afnan-244576",
    "kitten-on-lawn",
    "roman-colosseum",
    "budgie-branch",
    "lake-sherburne",
    "taipei-city",
    "solaris-grapes",
    "the-spices-of-life",
)
NO_PHOTOGRAPHS = frozenset(
    "temp2 rich-port egg-basket geo-forest valley-coral valley-midnight waves-midnight waves-slate accelerated-green "
    "sebastien-gabriel-232361 Ashim_DSilva_Night ufo-galaxy spacex-81773 apollo-11-earth nasa-53884 nasty-star "
    "saturnian-profile jake-hills-36605".split()
)  # graphics, a painting, a picture that is there twice, and what is nearly all black
HELD_OUT_PAINTINGS = (
    "artic_28560",  # van Gogh, The Bedroom
    "metmuseum_436528",  # van Gogh, Irises
    "metmuseum_437658",  # Seurat, Study for La Grande Jatte
    "nga_46657",  # Monet, Palazzo da Mula
    "nga_61368",  # Cassatt, Little Girl in a Blue Armchair
    "nga_52215",  # Renoir, Young Girl Reading
    "nga_108617",  # de La Fresnaye, The Bathers
    "clevelandart_1964.282",  # Guillaumin, Valley of the Sédelle
    "clevelandart_1975.40",  # Gaudi Ragini
    "clevelandart_1924.963",  # Rehn, An October Day
    "metmuseum_11130",  # Homer, Northeaster
    "metmuseum_451023",  # Riza-yi 'Abbasi, The Lovers
)
NO_PAINTINGS = frozenset(
    "artic_187528 artic_21023 artic_50909 artic_8746 metmuseum_10360 metmuseum_248902 metmuseum_250951 "
    "metmuseum_309428 metmuseum_313240 metmuseum_322585 metmuseum_38265 metmuseum_39735 metmuseum_39737 "
    "metmuseum_42163 metmuseum_466178 metmuseum_467642 metmuseum_469913 metmuseum_656430 metmuseum_674 metmuseum_78187 "
    "metmuseum_823660 si_npg_NPG.96.94".split()
)  # busts, reliefs, vessels, textiles, a mounted scroll, a photograph


def read(path: Path, short: int = SHORT) -> NDArray:
    """A picture as it is, or smaller, so that its short side has at most `short` pixels."""
    with Image.open(path) as file:
        picture = file.convert("RGB")
    scale = short / min(picture.size)
    if scale < 1:
        picture = picture.resize([round(side * scale) for side in picture.size], Image.Resampling.LANCZOS)
    return np.asarray(picture)


def photographs(data: Path, held_out: bool = False) -> list[NDArray]:
    """The CC0 photographs of one split, in the order of their names."""
    files = _files(data / "photos-cc0" / "full", NO_PHOTOGRAPHS)
    return [read(file) for file in files if (file.stem in HELD_OUT_PHOTOGRAPHS) == held_out]


def flowers(data: Path, held_out: bool = False, most: int = 1200) -> list[NDArray]:
    """At most this many of the flowers that were kept, spread over the kinds; their own `val` folder is held out."""
    split = "val/" if held_out else "train/"
    with (data / "flowers" / "captions.tsv").open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        kept = [row["file"] for row in rows if row["keep"] == "1" and row["file"].startswith(split)]
    spread = np.linspace(0, len(kept) - 1, min(len(kept), most)).astype(int)
    return [read(data / "flowers" / kept[k]) for k in spread]


def faces(morphs: Path, held_out: bool = False, most: int = 1200) -> list[NDArray]:
    """The first morphs of a rendered set, at most this many: `train` or `held-out` in the folder."""
    found = Morphs(morphs / ("held-out" if held_out else "train"))
    return list(found.images(range(min(len(found), most))))


def paintings(data: Path, held_out: bool = False) -> dict[str, NDArray]:
    """The paintings of one split by the stem of their files' names, without frames."""
    files = _files(data / "paintings" / "full", NO_PAINTINGS)
    return {file.stem: _unframed(read(file)) for file in files if (file.stem in HELD_OUT_PAINTINGS) == held_out}


class Contents:
    """Pictures to paint, by kind; each kind has its share of what is drawn, whatever its number."""

    def __init__(self, kinds: Mapping[str, Sequence[NDArray]], shares: Mapping[str, float] = SHARES):
        self.kinds = {name: list(pictures) for name, pictures in kinds.items() if len(pictures)}
        wanted = np.array([shares[name] for name in self.kinds])
        self._ends = np.cumsum(wanted / wanted.sum())

    def batch(self, rng: Generator, count: int, side: int) -> NDArray:
        """Square crops, uint8 (count, side, side, 3); the kinds take turns as evenly as their shares allow."""
        turns = (np.arange(count) + rng.random()) / count
        kinds = [list(self.kinds.values())[int(np.searchsorted(self._ends[:-1], turn, "right"))] for turn in turns]
        return np.stack([crop(rng, pictures[rng.integers(len(pictures))], side) for pictures in kinds])


def crop(rng: Generator, picture: NDArray, side: int, least: int | None = None) -> NDArray:
    """A square of a picture, mirrored half the time, in size `side`: from `least` pixels of it up to all its height.

    Large squares are likelier than small ones: at use, the network sees whole pictures.
    """
    short = min(picture.shape[:2])
    least = min(side if least is None else least, short)
    span = round(short - (short - least) * rng.random() ** 1.5)
    top, left = (int(rng.integers(length - span + 1)) for length in picture.shape[:2])
    part = picture[top : top + span, left : left + span]
    if span != side:
        part = cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA if span > side else cv2.INTER_CUBIC)
    return part[:, ::-1] if rng.random() < 0.5 else part


def views(rng: Generator, painting: NDArray, count: int, recoloured: float = 0.0) -> NDArray:
    """Squares of a painting, uint8 (count, VIEW, VIEW, 3), a share of them with their colours exchanged."""
    parts = [crop(rng, painting, VIEW, _LEAST_SEEN) for _ in range(count)]
    return np.stack([part[..., rng.permutation(3)] if rng.random() < recoloured else part for part in parts])


def to_paint(data: Path, morphs: Path, held_out: bool = False) -> dict[str, list[NDArray]]:
    """What is painted in training, or judged by, by kind."""
    return {
        "photographs": photographs(data, held_out),
        "flowers": flowers(data, held_out),
        "faces": faces(morphs, held_out),
    }


def _files(folder: Path, left_out: frozenset[str]) -> list[Path]:
    return sorted(file for file in folder.glob("*.jpg") if file.stem not in left_out)


def _unframed(painting: NDArray) -> NDArray:
    down, across = (round(_FRAME * side) for side in painting.shape[:2])
    return painting[down:-down, across:-across]
