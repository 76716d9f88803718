"""What the sketch room calls: a drawing and a seed in, photographs (and what the network saw) out.

The house models are the conditional GANs of `network.py` (pix2pix, Isola et al. 2017, arXiv:1611.07004), one a
subject. Every weight comes through the shared cache; the hub entry answers to the same call.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import devices
from models.cache import ModelCache, default_cache
from models.cluster import anywhere
from models.errors import BadInput
from models.registry import ModelSpec

if TYPE_CHECKING:
    import torch

    from models.sketch.network import Discriminator, Generator

SUBJECTS = ("fruit", "flower", "portrait")
SIZE = 128
HUB = "sketch/scribble-hub"
_INK = 200  # a channel darker than this is drawn on
_LEAST_INK, _MOST_INK = 0.0008, 0.85  # share of the paper: below is an empty canvas, above nothing can be seen
_LATENT_SPREAD = 0.25  # of the prior's own spread, around one of its points


@dataclass(frozen=True)
class Inside:
    """What one run looked like from within: all pictures RGB.

    network_input: the drawing at 128 px; pyramid: (name, tiled feature maps) finest first; opinion: heat map of the
    patch discriminator over the photo; opinion_mean: its mean belief in 0..1 that a patch is a photograph.
    """

    network_input: Image.Image
    pyramid: list[tuple[str, Image.Image]]
    opinion: Image.Image
    opinion_mean: float


@anywhere(lambda subject, model, **_: f"sketch/{subject}" if model == "house" else model)
def sketch_to_photo(
    sketch: Image.Image,
    subject: str = "fruit",
    seed: int = 0,
    model: str = "house",
    prompt: str = "",
    cache: ModelCache | None = None,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> Image.Image:
    """A photograph of the drawing: RGB, 128 x 128 from a house model, larger from the hub's.

    sketch: RGB, ink on white paper, any size; coloured strokes pull the colours towards them, black ones leave
    them to the seed.
    prompt: for the hub model only; the subject's name when empty. on_step hears (steps done, in all) where a model
    works in steps, and ends the work by raising. Raises BadInput for an empty or blackened canvas
    and an unknown subject; the cache's errors when the model cannot be had.
    """
    if model == "house":
        return takes(sketch, subject, [seed], cache)[0]
    from models.sketch import hub

    check_subject(subject)
    paper = as_drawing(sketch, hub.LONGEST_SIDE)
    with (cache or default_cache()).lease(model) as pipeline:
        return hub.scribble(pipeline, paper, prompt or f"a {subject}", seed, on_step=on_step)


@anywhere("sketch/{subject}")
def takes(
    sketch: Image.Image, subject: str, seeds: Sequence[int], cache: ModelCache | None = None
) -> list[Image.Image]:
    """One photograph (RGB, 128 x 128) a seed of the same drawing, in one pass of the network."""
    import torch

    check_subject(subject)
    paper = as_drawing(sketch)
    with _generator(subject, cache or default_cache()) as generator, torch.inference_mode():
        pyramid = generator.encode(_tensor(paper).to(generator.prior))
        z = torch.stack([latent(generator.prior, seed) for seed in seeds])  # (N, latent)
        photos = generator.decode([level.expand(len(z), -1, -1, -1) for level in pyramid], z)  # (N, 3, 128, 128)
    return [Image.fromarray(picture) for picture in _pictures(photos)]


@anywhere("sketch/{subject}")
def look_inside(sketch: Image.Image, subject: str, seed: int = 0, cache: ModelCache | None = None) -> Inside:
    """The run of `sketch_to_photo` again, with its doors open."""
    import torch

    check_subject(subject)
    paper, cache = as_drawing(sketch), cache or default_cache()
    with _generator(subject, cache) as generator, torch.inference_mode():
        drawing = _tensor(paper).to(generator.prior)
        pyramid = generator.encode(drawing)
        photo = generator.decode(pyramid, latent(generator.prior, seed)[None])
    with cache.lease(f"sketch/{subject}-discriminator") as critic, torch.inference_mode():
        logits = critic(drawing, photo)[0, 0]  # (16, 16)
    belief = torch.sigmoid(logits).float().cpu().numpy()
    levels = [(_level_name(level), _tile(level[0].float().cpu().numpy())) for level in pyramid]
    return Inside(paper, levels, _heat(_pictures(photo)[0], belief), float(belief.mean()))


@contextmanager
def _generator(subject: str, cache: ModelCache) -> "Iterator[Generator]":
    """Lease a subject's generator, at the speed its device is capable of."""
    with cache.lease(f"sketch/{subject}") as generator, devices.swift(generator.prior.device):
        yield generator


def check_subject(subject: str) -> None:
    if subject not in SUBJECTS:
        raise BadInput(
            f"There is no subject called {str(subject)[:40]!r}: choose {', '.join(SUBJECTS[:-1])} or {SUBJECTS[-1]}."
        )


def as_drawing(sketch: Image.Image, size: int = SIZE) -> Image.Image:
    """The drawing as a network sees it: RGB, `size` x `size`, padded to a square of white paper; BadInput if blank."""
    drawing = sketch.convert("RGB")
    drawing.thumbnail((1024, 1024), Image.Resampling.BOX)
    side = max(drawing.size)
    paper = Image.new("RGB", (side, side), "white")
    paper.paste(drawing, ((side - drawing.width) // 2, (side - drawing.height) // 2))
    paper = paper.resize((size, size), Image.Resampling.BOX if side > size else Image.Resampling.BICUBIC)
    ink = float((np.asarray(paper).min(axis=2) < _INK).mean())
    if ink < _LEAST_INK:
        raise BadInput("The paper is still empty: draw a line or two, or take a random sketch.")
    if ink > _MOST_INK:
        raise BadInput("The paper is covered in ink, so no drawing can be seen: clear it, and draw lines on white.")
    return paper


def latent(prior: "torch.Tensor", seed: int) -> "torch.Tensor":
    """The latent z (latent,) of a seed: a training photograph's own, (one of `prior`'s rows), moved a little."""
    import torch

    chance = torch.Generator().manual_seed(int(seed) % 2**63)
    row = int(torch.randint(len(prior), (1,), generator=chance))
    noise = torch.randn(prior.shape[1], generator=chance).to(prior)
    return prior[row] + _LATENT_SPREAD * prior.std(0) * noise


def load_house(spec: ModelSpec) -> "Generator":
    """Loader of the registry: the generator with its `prior` (rows, latent), in evaluation mode."""
    import torch

    from models import weights
    from models.sketch.network import Generator

    state = weights.load(weights.WEIGHTS / _file(spec))
    prior = state.pop("prior")
    generator = Generator()
    generator.load_state_dict(state)
    generator.register_buffer("prior", prior, persistent=False)
    return generator.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def load_discriminator(spec: ModelSpec) -> "Discriminator":
    """Loader of the registry: the patch discriminator a generator was trained against, in evaluation mode."""
    from models import weights
    from models.sketch.network import Discriminator

    critic = Discriminator()
    critic.load_state_dict(weights.load(weights.WEIGHTS / _file(spec)))
    return critic.eval().requires_grad_(False)


def _file(spec: ModelSpec) -> str:
    return spec.key.replace("/", "-") + ".safetensors"


def _tensor(picture: Image.Image) -> "torch.Tensor":
    """RGB picture to float (1, 3, H, W) in [-1, 1]."""
    import torch

    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]
    return pixels.float() / 127.5 - 1


def _pictures(batch: "torch.Tensor") -> NDArray:
    """float (N, 3, H, W) in [-1, 1] to uint8 (N, H, W, 3)."""
    return ((batch.float() + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()


def _level_name(level: "torch.Tensor") -> str:
    return f"{level.shape[-1]} x {level.shape[-1]}, {level.shape[1]} channels"


def _tile(maps: NDArray, columns: int = 4, rows: int = 2, side: int = 96) -> Image.Image:
    """The liveliest feature maps of (C, H, W) as a sheet, each from dark (least) to light (most)."""
    liveliest = np.argsort(-maps.std((1, 2)))[: columns * rows]
    sheet = Image.new("RGB", (columns * side, rows * side))
    for place, channel in enumerate(liveliest):
        low, high = maps[channel].min(), maps[channel].max()
        tile = Image.fromarray(_warm((maps[channel] - low) / max(high - low, 1e-6)))
        sheet.paste(
            tile.resize((side, side), Image.Resampling.NEAREST), (place % columns * side, place // columns * side)
        )
    return sheet


_WARM = np.array([[24, 22, 30], [92, 38, 62], [192, 84, 54], [240, 176, 92], [255, 246, 224]], float)


def _warm(values: NDArray) -> NDArray:
    """Values in 0..1 to uint8 RGB, from charcoal through terracotta to cream."""
    at = np.clip(values, 0, 1) * (len(_WARM) - 1)
    stops = np.arange(len(_WARM))
    return np.stack([np.interp(at, stops, _WARM[:, k]) for k in range(3)], axis=-1).astype(np.uint8)


def _heat(photo: NDArray, belief: NDArray, side: int = 384) -> Image.Image:
    """The discriminator's belief (h, w) in 0..1 laid over its photo (H, W, 3)."""
    below = Image.fromarray(photo).convert("L").convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    grey = Image.fromarray((belief * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    return Image.blend(below, Image.fromarray(_warm(np.asarray(grey) / 255)), 0.6)
