"""Sketch to photo by a large model from the hub: FLUX.2 [klein] 4B (Black Forest Labs, 2026), given the drawing.

A rectified-flow transformer that takes pictures as context beside the words: the drawing is encoded as reference
tokens, so the outline is seen at every step, much as a scribble ControlNet would show it (arXiv:2302.05543), without
a second network. Apache-2.0, four steps, one plain `from_pretrained`. An SDXL scribble ControlNet would be smaller,
but SDXL's own licence restricts use; Z-Image-Turbo with its Apache-2.0 control network needs more than 24 GB.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image

from models.errors import BadInput
from models.hub import folder
from models.registry import ModelSpec

if TYPE_CHECKING:
    from diffusers import Flux2KleinPipeline

STEPS = 4  # the checkpoint is distilled for four
LONGEST_SIDE = 768  # pixels
_SHORTEST_SIDE = 96  # pixels: longer strips than 8 to 1 are refused by the pipeline
_MULTIPLE = 16  # the autoencoder halves three times, the transformer takes 2 x 2 patches of that
_INSTRUCTION = (
    "Turn this drawing into a realistic photograph of {subject}. Keep the outlines, the pose and the proportions of "
    "the drawing, and its colours where it is coloured. Natural light, plain background."
)


def load_scribble(spec: ModelSpec) -> "Flux2KleinPipeline":
    """The pipeline in main memory, in bfloat16, from this disk alone; NeedsDownload when it is not here."""
    path = folder(spec)
    import torch
    from diffusers import Flux2KleinPipeline

    # `torch_dtype` rather than `dtype`: diffusers 0.37, which we allow, knows only the first.
    pipeline = Flux2KleinPipeline.from_pretrained(path, torch_dtype=torch.bfloat16, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def scribble(
    pipeline: "Flux2KleinPipeline",
    sketch: Image.Image,
    prompt: str = "",
    seed: int = 0,
    steps: int = STEPS,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> Image.Image:
    """A photograph that follows a drawing: RGB, the drawing's shape, its longer side 768 px or a little less.

    `prompt`: what the drawing shows ("a ripe pear"); empty: the model looks for itself. `steps`: 1 to 50.
    `on_step` hears (steps done, steps in all) after each; what it raises ends the work.
    """
    import torch

    if not 1 <= steps <= 50:
        raise BadInput(f"{steps} steps were asked for; 4 is what this model was made for, 1 to 50 are possible.")
    drawing = _fitted(sketch)

    def after_step(_pipeline: object, step: int, _time: object, tensors: dict) -> dict:
        on_step(step + 1, steps)
        return tensors

    return pipeline(
        image=drawing,
        prompt=_INSTRUCTION.format(subject=prompt.strip() or "what it shows"),
        width=drawing.width,
        height=drawing.height,
        num_inference_steps=steps,
        guidance_scale=1.0,  # distilled: guidance is inside
        callback_on_step_end=after_step,
        generator=torch.Generator("cpu").manual_seed(seed),  # the same noise whatever the device
    ).images[0]


def _fitted(sketch: Image.Image) -> Image.Image:
    """The drawing at the model's size: sides a multiple of 16, the longer one `LONGEST_SIDE`."""
    scale = LONGEST_SIDE / max(sketch.size)
    size = tuple(max(_SHORTEST_SIDE, round(side * scale / _MULTIPLE) * _MULTIPLE) for side in sketch.size)
    return sketch.convert("RGB").resize(size, Image.Resampling.LANCZOS)
