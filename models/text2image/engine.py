"""What the text-to-image room calls: a prompt and a seed in, pictures (and each step on the way) out.

The house model is a latent diffusion model in PixArt's form (`network.py`), a plain diffusers pipeline trained by this
project; the hub's pipelines answer to the same call. Every weight comes through the shared cache.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from models.cache import ModelCache, default_cache
from models.cluster import anywhere
from models.registry import ModelSpec
from models.text2image.ask import (
    HOUSE,
    LONGEST_PROMPT,
    MOST_GUIDANCE,
    MOST_PICTURES,
    MOST_STEPS,
    READS,
    SEED_LIMIT,
    Ask,
    check,
)
from models.weights import WEIGHTS

if TYPE_CHECKING:
    from diffusers import PixArtAlphaPipeline

__all__ = [
    "Ask",
    "FOLDER",
    "HOUSE",
    "LONGEST_PROMPT",
    "MOST_GUIDANCE",
    "MOST_PICTURES",
    "MOST_STEPS",
    "READS",
    "SEED_LIMIT",
    "SIDE",
    "Step",
    "check",
    "load_house",
    "open_house",
    "paint",
]

SIDE = 128  # pixels of a house picture
FOLDER = WEIGHTS / "text2image"


@dataclass(frozen=True)
class Step:
    """One step of a run: the `index`-th of `of`, from 1, and what each picture would be if it ended here.

    `previews`: RGB, smaller than the picture; empty where the model cannot show them cheaply.
    """

    index: int
    of: int
    previews: list[Image.Image]


@anywhere("{model}")
def paint(
    ask: Ask,
    model: str = HOUSE,
    cache: ModelCache | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> list[Image.Image]:
    """The pictures of an ask (RGB): `ask.count` of them, the k-th from seed + k, as if it had been painted alone.

    `on_step` hears every step, and ends the work by raising. Raises BadInput for what cannot be asked (see `check`) and
    an unknown model, the cache's errors when the model cannot be had.
    """
    ask, _ = check(ask, model)
    if model != HOUSE:
        from models.text2image import hub

        return hub.paint(ask, model, cache, on_step)
    with open_house(model, cache) as pipeline:
        from models.text2image import preview
        from models.text2image.sampling import run

        def after_step(index: int, _latents: object, estimate: object) -> None:
            if on_step:
                on_step(Step(index + 1, ask.steps, preview.show(pipeline, estimate)))

        prompts = [ask.prompt] * ask.count
        return run(pipeline, prompts, ask.seeds(), ask.steps, ask.guidance, ask.negative_prompt, after_step)


@contextmanager
def open_house(model: str = HOUSE, cache: ModelCache | None = None) -> "Iterator[PixArtAlphaPipeline]":
    """Lease the house pipeline for a while; others may hold it too, so nothing of it may be changed.

    BadInput for another model: only the house's can be looked into.
    """
    if model != HOUSE:
        from models.errors import BadInput

        raise BadInput("Only the house model can be looked into: choose it, and ask again.")
    with (cache or default_cache()).lease(model) as pipeline:
        yield pipeline


def load_house(spec: ModelSpec) -> "PixArtAlphaPipeline":
    """Loader of the registry: the pipeline in single precision, with the map of its previews (or None) beside it."""
    from models.text2image import folder, preview
    from models.text2image.swift_linear import by_onednn

    pipeline = folder.read(FOLDER)
    by_onednn(pipeline.transformer)
    pipeline.preview = preview.load(FOLDER)
    return pipeline
