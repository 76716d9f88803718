"""Style transfer by a large model from the hub: FLUX.2 [klein] 4B (Black Forest Labs, 2026), told or shown the style.

A rectified-flow transformer that takes pictures as context beside the words: the photo is its first reference, a
painting, if there is one, its second. Apache-2.0, four steps, and the repository of the sketch and text rooms: fetched
once for all three. The smaller DreamLite may not be used commercially; Qwen-Image-Edit has five times the parameters.

Strength is where the run begins, as in SDEdit (Meng et al. 2022, arXiv:2108.01073): at 1 with noise alone, below with
the photo's own latent under as much noise as the schedule has there, so that more of its colours and shapes stay.
"""

import copy
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image

from models.cache import ModelCache, default_cache
from models.cluster import anywhere
from models.errors import BadInput
from models.text2image.hub import Painter, side_for

if TYPE_CHECKING:
    import torch
    from diffusers import Flux2KleinPipeline

KLEIN = "style/klein-hub"
STEPS = 4  # the checkpoint is distilled for four
# Working memory is reckoned: three pictures' tokens (photo, painting, result) instead of the text room's one. The last
# figure is what the registry promises a run.
PAINTER = Painter(
    "Flux2KleinPipeline", STEPS, STEPS, 1.0, ((1024, 5_000_000_000), (768, 3_000_000_000), (512, 1_800_000_000))
)
MOST_WORDS = 200  # characters of a style said in words
_MULTIPLE = 16  # the autoencoder halves three times, the transformer takes 2 x 2 patches of that
_SHORTEST = 64  # pixels: the pipeline refuses less, and strips longer than 8 to 1
_LONGEST_STRIP = 8
_KEEP = "Keep what is shown, where it is, and the composition exactly; add no text, no signature and no frame."
_TOLD = "Repaint this picture in the style of {words}: its palette, its brush strokes, its handling of light. " + _KEEP
_SHOWN = (
    "Repaint the first picture in the style of the second one: its palette, its brush strokes, its handling of light. "
    "Take nothing of what the second one shows. " + _KEEP
)


@anywhere("{model}")
def paint(
    photo: Image.Image,
    style: str | Image.Image,
    strength: float = 1.0,
    seed: int = 0,
    model: str = KLEIN,
    cache: ModelCache | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> Image.Image:
    """The photo in another style: RGB, the photo's shape, its longer side 512 to 1,024 px by the memory at hand.

    `style`: words ("The Bedroom by Vincent van Gogh, 1889") or a painting; `strength` 0 (the photo itself) to 1.
    `on_step` hears (steps done, steps in all) after each; what it raises ends the work. Raises BadInput for an unknown
    model, a strength out of range, and words that are empty or too many; the cache's errors, NeedsDownload among them.
    """
    if model != KLEIN:
        raise BadInput(f"There is no style model called {str(model)[:40]!r}: choose the house's or the hub's.")
    if not 0 <= strength <= 1:
        raise BadInput(f"A strength of {strength:g} was asked for; 0 (the photo) to 1 (all style) is possible.")
    prompt, cache = _prompt(style), cache or default_cache()
    with cache.lease(model) as pipeline:
        side = side_for(PAINTER, pipeline._execution_device.type, cache)
        shown = _fitted(photo, side)
        if strength > 0:
            references = [shown] if isinstance(style, str) else [shown, _fitted(style, side)]
            try:
                shown = _repainted(pipeline, references, prompt, levels(strength), seed, on_step)
            finally:
                # Where parts take turns, a run that was called off leaves its part on the device.
                pipeline.maybe_free_model_hooks()
    return shown.resize(_shape(photo, side), Image.Resampling.LANCZOS)


def levels(strength: float) -> list[float]:
    """Where each step of a run stands on the schedule it was distilled for (1 is noise): from `strength` downwards."""
    usual = [1 - step / STEPS for step in range(STEPS)]
    return [strength, *(level for level in usual if level < strength)]


def _repainted(
    pipeline: "Flux2KleinPipeline",
    references: list[Image.Image],
    prompt: str,
    sigmas: list[float],
    seed: int,
    on_step: Callable[[int, int], None] | None,
) -> Image.Image:
    """The first of the references, repainted, at its own size."""
    import torch

    def after_step(_pipeline: object, step: int, _time: object, tensors: dict) -> dict:
        if on_step:
            on_step(step + 1, len(sigmas))
        return tensors

    photo = references[0]
    noise = torch.Generator("cpu").manual_seed(seed)  # the same noise whatever the device
    result = pipeline(
        image=references,
        prompt=prompt,
        width=photo.width,
        height=photo.height,
        num_inference_steps=STEPS,
        sigmas=sigmas,
        latents=_begun(pipeline, photo, sigmas, noise) if sigmas[0] < 1 else None,
        guidance_scale=1.0,  # distilled: guidance is inside
        callback_on_step_end=after_step,
        generator=noise,
    )
    return result.images[0].convert("RGB")


def _begun(
    pipeline: "Flux2KleinPipeline", photo: Image.Image, sigmas: list[float], noise: "torch.Generator"
) -> "torch.Tensor":
    """The photo's latent (1, 4 C, H / 16, W / 16) under the noise that the run's first step expects."""
    import torch
    from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

    scheduler = copy.deepcopy(pipeline.scheduler)
    tokens = (photo.height // _MULTIPLE) * (photo.width // _MULTIPLE)
    scheduler.set_timesteps(sigmas=sigmas, mu=compute_empirical_mu(tokens, STEPS))
    level = float(scheduler.sigmas[0])  # the schedule is shifted by the size of the picture
    pixels = pipeline.image_processor.preprocess(photo).to(pipeline._execution_device, pipeline.vae.dtype)
    with torch.no_grad():
        clean = pipeline._encode_vae_image(pixels, noise)  # (1, 4 C, H / 16, W / 16)
    drawn = torch.randn(clean.shape, generator=noise).to(clean)
    return (1 - level) * clean + level * drawn


def _prompt(style: str | Image.Image) -> str:
    if not isinstance(style, str):
        return _SHOWN
    words = " ".join(style.split())
    if not words:
        raise BadInput("No style was said: name a painter, a work or a technique, or show a painting.")
    if len(words) > MOST_WORDS:
        raise BadInput(f"That style has {len(words):,} characters; {MOST_WORDS} are possible. Please say it briefly.")
    return _TOLD.format(words=words)


def _shape(picture: Image.Image, side: int) -> tuple[int, int]:
    """Width and height in the picture's own proportions, the longer one `side`."""
    scale = side / max(picture.size)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _fitted(picture: Image.Image, side: int) -> Image.Image:
    """The picture at a size that the model takes: sides a multiple of 16, the longer one at most `side`."""
    least = max(_SHORTEST, math.ceil(side / _LONGEST_STRIP))
    size = (max(least, length) for length in _shape(picture, side))
    width, height = (math.ceil(length / _MULTIPLE) * _MULTIPLE for length in size)
    return picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
