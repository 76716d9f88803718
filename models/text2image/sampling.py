"""One run of the house pipeline: its own call, with a scheduler of this run's own and an ear at every step.

Only what has state is the run's own: the scheduler, which counts steps (two runs on one fail: diffusers#1606), and the
tokenizer, whose padding is set anew at each call. The networks are shared by all who hold a lease.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from diffusers import DPMSolverMultistepScheduler, PixArtAlphaPipeline
from PIL import Image
from torch import Tensor

from models.text2image.ask import READS

# (index from 0, the latents after this step, this step's estimate of the finished ones), both (N, C, h, w)
AfterStep = Callable[[int, Tensor, Tensor], None]


class RunScheduler(DPMSolverMultistepScheduler):
    """The stock scheduler of one run, which also keeps each step's estimate of the finished latents.

    `begin_at`: of the noise, 1 all of it; a run that begins with less skips the steps before. Made by `from_config`.
    """

    begin_at = 1.0
    estimate: Tensor

    def set_timesteps(self, *args: Any, **kwargs: Any) -> None:
        super().set_timesteps(*args, **kwargs)
        skipped = min(int((self.sigmas > self.begin_at).sum()), len(self.timesteps) - 1)
        self.timesteps, self.sigmas = self.timesteps[skipped:], self.sigmas[skipped:]

    def step(self, *args: Any, **kwargs: Any) -> Any:
        answer = super().step(*args, **kwargs)
        self.estimate = self.model_outputs[-1]  # DPM-Solver++ works on estimates of x_0
        # The pipeline asks for the second of the answer when there is one step only; stock schedulers of this kind
        # have none and break (diffusers 0.42).
        return (*answer, self.estimate) if isinstance(answer, tuple) else answer


def scheduler_of(pipeline: PixArtAlphaPipeline, begin_at: float = 1.0) -> RunScheduler:
    """A scheduler for one run, with the pipeline's own settings."""
    scheduler = RunScheduler.from_config(pipeline.scheduler.config)
    scheduler.begin_at = begin_at
    return scheduler


def noise(pipeline: PixArtAlphaPipeline, seeds: Sequence[int]) -> Tensor:
    """The latents (N, C, h, w) that runs begin with, as the pipeline draws them itself from these seeds."""
    config = pipeline.transformer.config
    shape = (1, config.in_channels, config.sample_size, config.sample_size)
    drawn = [torch.randn(shape, generator=generator) for generator in _generators(seeds)]
    return torch.cat(drawn).to(pipeline.transformer.device, pipeline.text_encoder.dtype)


def run(
    pipeline: PixArtAlphaPipeline,
    prompts: Sequence[str],
    seeds: Sequence[int],
    steps: int,
    guidance: float,
    negative_prompt: str = "",
    after_step: AfterStep = lambda index, latents, estimate: None,
    scheduler: RunScheduler | None = None,
    latents: Tensor | None = None,
    transformer: torch.nn.Module | None = None,
) -> list[Image.Image]:
    """One picture (RGB) a prompt, each from its own seed; what `after_step` raises ends the work.

    `latents`, `transformer`: instead of noise, and of the pipeline's own.
    """
    scheduler = scheduler or scheduler_of(pipeline)
    own = {"scheduler": scheduler, "tokenizer": copy.deepcopy(pipeline.tokenizer)}
    if transformer is not None:
        own["transformer"] = transformer
    shell = PixArtAlphaPipeline(**(pipeline.components | own))
    shell.set_progress_bar_config(disable=True)
    return shell(
        prompt=list(prompts),
        negative_prompt=negative_prompt,
        num_inference_steps=steps,
        guidance_scale=guidance,
        generator=_generators(seeds),
        latents=latents,
        callback=lambda index, time, state: after_step(index, state, scheduler.estimate),
        max_sequence_length=READS + 2,
        clean_caption=False,
        use_resolution_binning=False,
    ).images


def _generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """On the CPU, so that a seed is the same noise on every device."""
    return [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
