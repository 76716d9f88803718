"""From rough to refined, as StackGAN worked (Zhang et al. 2017, arXiv:1612.03242), with one model in both parts.

Stage one: few steps, and 64 pixels of what they give. Stage two is told the prompt again and sees of stage one that
small picture alone: enlarged, given back more than half of its noise (SDEdit, Meng et al. 2022, arXiv:2108.01073), and
painted to its end at full size. StackGAN trained a network for each stage; here it is one network with two tasks.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from models.cache import ModelCache
from models.cluster import anywhere
from models.text2image.ask import HOUSE, Ask, check
from models.text2image.engine import SIDE, open_house

if TYPE_CHECKING:
    import torch
    from diffusers import PixArtAlphaPipeline

ROUGH_STEPS = 2
ROUGH_SIDE = 64
BEGIN_AT = 0.6  # of the noise: enough to invent detail, too little to lose the drawing


@dataclass(frozen=True)
class Stages:
    """Both stages and what the second began with: RGB, 64, 128 and 128 pixels; `steps` that each took."""

    rough: Image.Image
    begun: Image.Image
    refined: Image.Image
    steps: tuple[int, int]


@anywhere("{model}")
def two_stages(ask: Ask, model: str = HOUSE, cache: ModelCache | None = None) -> Stages:
    """The first picture of an ask, rough and then refined. House model only; errors as `paint`."""
    ask, _ = check(replace(ask, count=1), model)
    with open_house(model, cache) as pipeline:
        from models.text2image import preview
        from models.text2image.sampling import noise, run, scheduler_of

        words = ([ask.prompt], [ask.seed])
        first = run(pipeline, *words, ROUGH_STEPS, ask.guidance, ask.negative_prompt)[0]
        rough = first.resize((ROUGH_SIDE, ROUGH_SIDE), Image.Resampling.BOX)
        scheduler = scheduler_of(pipeline, BEGIN_AT)
        scheduler.set_timesteps(ask.steps)
        share = float(scheduler.sigmas[0])
        steps = len(scheduler.timesteps)
        begun = (1 - share) * _encoded(pipeline, rough) + share * noise(pipeline, [ask.seed])
        refined = run(
            pipeline, *words, ask.steps, ask.guidance, ask.negative_prompt, scheduler=scheduler, latents=begun
        )[0]
        noisy = preview.show(pipeline, begun)[0].resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return Stages(rough, noisy, refined, (ROUGH_STEPS, steps))


def _encoded(pipeline: "PixArtAlphaPipeline", picture: Image.Image) -> "torch.Tensor":
    """The latent (1, C, h, w) of a picture, enlarged to the pipeline's size."""
    import numpy as np
    import torch

    side = pipeline.transformer.config.sample_size * pipeline.vae_scale_factor
    pixels = np.array(picture.resize((side, side), Image.Resampling.BICUBIC), np.float32) / 127.5 - 1
    tensor = torch.from_numpy(pixels).permute(2, 0, 1)[None].to(pipeline.vae.device, pipeline.vae.dtype)
    with torch.inference_mode():
        latent = pipeline.vae.encode(tensor).latent_dist.mode()
    return latent * pipeline.vae.config.scaling_factor
