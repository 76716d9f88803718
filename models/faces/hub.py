"""Faces by a diffusion model from the hub: DDPM trained on CelebA-HQ (Ho, Jain and Abbeel 2020, arXiv:2006.11239).

Sampled by DDIM without noise (Song, Meng and Ermon 2021, arXiv:2010.02502, eta = 0), so that the noise it begins with
is all there is to a face: that noise is the latent, and the same one always gives the same face. It has no style
space: w is z, and there is nothing to truncate. A denoiser was only ever shown noise of one strength, so latents are
brought back to the sphere where nearly all of it lies (as in section 5.3 of the paper, where DDIM interpolates).
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.errors import LoadFailed
from models.faces.engine import Faces, to_uint8
from models.hub import folder
from models.registry import ModelSpec

if TYPE_CHECKING:
    import torch
    from diffusers import DDPMPipeline

SIDE = 256  # pixels
LATENT = 3 * SIDE * SIDE
STEPS = 40


def load(spec: ModelSpec) -> "DDPMPipeline":
    """The pipeline in main memory, from this disk alone; NeedsDownload when it is not here."""
    path = folder(spec)
    from diffusers import DDPMPipeline

    safe = any(path.rglob("*.safetensors"))
    pipeline = DDPMPipeline.from_pretrained(path, local_files_only=True, use_safetensors=safe)
    if (size := pipeline.unet.config.sample_size) != SIDE:
        raise LoadFailed(f"{spec.title} should make faces of {SIDE} pixels, but this checkpoint makes {size}.")
    pipeline.unet.eval().requires_grad_(False)
    return pipeline


class HubFaces(Faces):
    """A leased pipeline as a face model; pictures are 256 x 256."""

    def __init__(self, pipeline: "DDPMPipeline"):
        self.pipeline = pipeline

    def to_w(self, z: NDArray, psi: float = 1.0) -> NDArray:
        """z itself: noise cannot be truncated."""
        return np.asarray(z, np.float32)

    def decode(self, w: NDArray, on_step: Callable[[int, int], None] = lambda done, total: None) -> NDArray:
        """Faces uint8 (N, 256, 256, 3) of latents (N, D), one after the other.

        `on_step` hears (steps done, in all) after each; what it raises ends the work.
        """
        faces = []
        for number, latent in enumerate(np.asarray(w, np.float32)):
            for done, x in enumerate(self._denoise(latent), 1):
                on_step(number * STEPS + done, len(w) * STEPS)
                if done == STEPS:
                    faces.append(to_uint8(x))
        return np.concatenate(faces)

    def _denoise(self, latent: NDArray) -> Iterator["torch.Tensor"]:
        """The picture (1, 3, 256, 256) after each step, from a latent (D,)."""
        import torch
        from diffusers import DDIMScheduler

        unet = self.pipeline.unet
        scheduler = DDIMScheduler.from_config(self.pipeline.scheduler.config)
        scheduler.set_timesteps(STEPS)
        x = _noise(latent).to(unet.device, unet.dtype)
        for time in scheduler.timesteps:
            with torch.inference_mode():
                x = scheduler.step(unet(x, time).sample, time, x, eta=0.0).prev_sample
            yield x


def _noise(latent: NDArray) -> "torch.Tensor":
    """A latent (D,) as noise (1, 3, 256, 256) of unit strength."""
    import torch

    strength = max(float(np.sqrt(np.mean(latent**2))), 1e-6)
    return torch.from_numpy(latent / strength).view(1, 3, SIDE, SIDE)
