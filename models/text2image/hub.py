"""Text to image by pipelines from the hub, few-step ones, from small to large; what the house model answers, they do.

| entry | pipeline | idea |
| --- | --- | --- |
| lcm-hub | LatentConsistencyModelPipeline | Latent Consistency Models, Luo et al. 2023, arXiv:2310.04378 |
| klein-hub | Flux2KleinPipeline | FLUX.2 [klein] 4B, Black Forest Labs 2026: a distilled rectified flow |
| z-image-hub | ZImagePipeline | Z-Image-Turbo, Tongyi-MAI 2025, arXiv:2511.22699: distribution matching distillation |

They were distilled to few steps and, but for the first, to one guidance, so those wishes are fitted to them, aloud.
Pictures are painted one after another, so that memory is one picture's, and a picture is the same whatever the count.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from models.cache import ModelCache, default_cache
from models.devices import this_machine
from models.errors import BadInput
from models.hub import folder
from models.registry import ModelSpec
from models.settings import Settings
from models.text2image.ask import Ask
from models.text2image.engine import Step

if TYPE_CHECKING:
    import torch
    from diffusers import DiffusionPipeline


@dataclass(frozen=True)
class Painter:
    """What a pipeline was made for: steps, and guidance, which most had built in and few take as a wish.

    `sides`: pixels and the bytes a run of that size takes, the largest first.
    """

    pipeline: str
    steps: int
    most_steps: int
    guidance: float
    sides: tuple[tuple[int, int], ...]
    takes_guidance: bool = False


# Working memory is reckoned from the tokens of a picture and from its decoding; it was not measured on a GPU. The last
# figure of each is what the registry promises a run.
PAINTERS = {
    "text2image/lcm-hub": Painter(
        "LatentConsistencyModelPipeline", 4, 8, 8.5, ((768, 2_500_000_000), (512, 1_200_000_000)), takes_guidance=True
    ),
    "text2image/klein-hub": Painter(
        "Flux2KleinPipeline", 4, 8, 1.0, ((1024, 4_000_000_000), (768, 2_500_000_000), (512, 1_500_000_000))
    ),
    "text2image/z-image-hub": Painter(
        "ZImagePipeline", 9, 12, 0.0, ((1024, 4_000_000_000), (768, 2_500_000_000), (512, 1_500_000_000))
    ),
}
HELD_BACK = "Held back by the model's own safety checker"


def load(spec: ModelSpec) -> "DiffusionPipeline":
    """The pipeline in main memory, from this disk alone; NeedsDownload when it is not here.

    In bfloat16; in single precision on a CPU with room for it, where that is faster.
    """
    path = folder(spec)
    import diffusers
    import torch

    machine = this_machine(Settings.from_environment())
    roomy = machine.device == "cpu" and 2 * spec.weights_bytes + spec.working_bytes <= machine.budget
    # `torch_dtype` rather than `dtype`: diffusers 0.37, which we allow, knows only the first.
    pipeline = getattr(diffusers, PAINTERS[spec.key].pipeline).from_pretrained(
        path, torch_dtype=torch.float32 if roomy else torch.bfloat16, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def fitted(ask: Ask, model: str) -> tuple[Ask, list[str]]:
    """A checked ask as this pipeline can meet it, and a sentence for each wish that had to give way.

    What stands as an ask has it from the start was made for the house model, and gives way without a word.
    """
    painter, said = _painter(model), []
    if ask.steps == Ask.steps:
        ask = replace(ask, steps=painter.steps)
    elif ask.steps > painter.most_steps:  # more than it was distilled for makes the picture worse
        said.append(f"This model was made for {painter.steps} steps: {painter.steps} were taken for {ask.steps}.")
        ask = replace(ask, steps=painter.steps)
    if ask.negative_prompt:
        said.append("This model takes no negative prompt: it was left aside.")
    if not painter.takes_guidance and ask.guidance != Ask.guidance:
        said.append("This model has its guidance built in: yours was left aside.")
    return replace(ask, negative_prompt=""), said


def paint(
    ask: Ask,
    model: str,
    cache: ModelCache | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> list[Image.Image]:
    """The pictures of a checked ask (RGB, square), as `engine.paint`; `on_step` hears all their steps in one count.

    There are no previews. A picture that the pipeline's safety checker rejects is a grey one that says so.
    """
    ask, _ = fitted(ask, model)
    total = ask.count * ask.steps
    pictures: list[Image.Image] = []
    cache = cache or default_cache()
    with cache.lease(model) as pipeline:
        side = side_for(_painter(model), _device(pipeline), cache)

        def after_step(_pipeline: object, step: int, _time: object, tensors: dict) -> dict:
            if on_step:
                on_step(Step(len(pictures) * ask.steps + step + 1, total, []))
            return tensors

        try:
            for seed in ask.seeds():
                pictures.append(_painted(pipeline, _painter(model), ask, seed, side, after_step))
        finally:
            # Where parts take turns, a run that was called off leaves its part on the device, and the next one would
            # come on top of it.
            pipeline.maybe_free_model_hooks()
    return pictures


def side_for(painter: Painter, device: str, cache: ModelCache) -> int:
    """Pixels a side: the largest whose run fits into what is free beside its promise; the smallest on a CPU."""
    least_side, promised = painter.sides[-1]
    if device == "cpu":
        return least_side
    stats = cache.stats()
    free = stats.budget - stats.used
    return next(side for side, bytes_ in painter.sides if bytes_ - promised <= max(free, 0))


def _painted(
    pipeline: "DiffusionPipeline", painter: Painter, ask: Ask, seed: int, side: int, after_step: Callable[..., dict]
) -> Image.Image:
    import torch

    chosen = painter.takes_guidance and ask.guidance != Ask.guidance
    result: Any = pipeline(
        prompt=ask.prompt,
        height=side,
        width=side,
        num_inference_steps=ask.steps,
        guidance_scale=ask.guidance if chosen else painter.guidance,
        generator=torch.Generator("cpu").manual_seed(seed),  # the same noise whatever the device
        callback_on_step_end=after_step,
    )
    rejected = getattr(result, "nsfw_content_detected", None)
    return _held_back(side) if rejected and rejected[0] else result.images[0].convert("RGB")


def _held_back(side: int) -> Image.Image:
    picture = Image.new("RGB", (side, side), (96, 96, 96))
    ImageDraw.Draw(picture).text((side / 2, side / 2), HELD_BACK, fill="white", anchor="mm", font_size=side // 30)
    return picture


def _painter(model: str) -> Painter:
    if model not in PAINTERS:
        raise BadInput(f"There is no text-to-image model called {str(model)[:40]!r}: choose the house's or the hub's.")
    return PAINTERS[model]


def _device(pipeline: "DiffusionPipeline") -> str:
    execution: torch.device = pipeline._execution_device
    return execution.type
