"""What every judgement of text to image needs at hand: the pipeline, the captioned sets and a feature network."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import PixArtAlphaPipeline
from numpy.typing import NDArray
from PIL import Image

from models.perceptual import SqueezeNet
from models.text2image import sampling
from models.text2image.ask import Ask
from models.text2image.data import Captioned
from models.training import to_pictures, to_tensor

SIDE = 128  # pictures of any other size are judged at this one, so that figures compare
PIECE = 48  # pictures in one pass
PERCEPTUAL = Path("perceptual") / "squeezenet10-imagenet.safetensors"


@dataclass(frozen=True)
class Setting:
    """How pictures are sampled; by default as in the room."""

    steps: int = Ask.steps
    guidance: float = Ask.guidance


@dataclass(frozen=True)
class Bench:
    """What is judged and with what; `count` is how many pictures a side of a distance has."""

    pipeline: PixArtAlphaPipeline
    train: Captioned
    held_out: Captioned
    squeezenet: SqueezeNet
    count: int
    _painted: dict[tuple[str, int], NDArray] = field(default_factory=dict, repr=False)

    @property
    def domains(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.held_out.domains)))

    def rows(self, captioned: Captioned, domain: str, most: int, seed: int = 0) -> NDArray:
        """At most so many rows of a domain, in an order drawn by `seed`."""
        found = np.flatnonzero(np.asarray(captioned.domains) == domain)
        return np.random.default_rng(seed).permutation(found)[:most]

    def halves(self, domain: str) -> tuple[NDArray, NDArray]:
        """Two lots of held-out rows without a row in common, equally many and at most `count` each."""
        rows = self.rows(self.held_out, domain, 2 * self.count)
        half = len(rows) // 2
        return rows[:half], rows[half : 2 * half]

    def painted(self, domain: str, seed: int) -> NDArray:
        """What the model makes of captions of the second half's pictures; remembered."""
        if (domain, seed) not in self._painted:
            captions = self.held_out.captions(self.halves(domain)[1], np.random.default_rng(seed))
            self._painted[domain, seed] = self.paint(captions, 10_000 * (seed + 1))
        return self._painted[domain, seed]

    def paint(self, prompts: list[str], seed: int, setting: Setting = Setting()) -> NDArray:  # noqa: B008
        """One picture a prompt, picture k from seed + k: uint8 (N, SIDE, SIDE, 3)."""
        made: list[Image.Image] = []
        for start in range(0, len(prompts), PIECE):
            piece = prompts[start : start + PIECE]
            seeds = range(seed + start, seed + start + len(piece))
            made += sampling.run(self.pipeline, piece, seeds, setting.steps, setting.guidance)
        return np.stack([_at_side(picture) for picture in made])

    @torch.inference_mode()
    def through_autoencoder(self, pictures: NDArray) -> NDArray:
        """The best that any prior could do: pictures uint8 (N, SIDE, SIDE, 3) encoded and decoded again."""
        vae = self.pipeline.vae
        side, again = vae.config.sample_size, []
        for start in range(0, len(pictures), PIECE):
            piece = [np.asarray(Image.fromarray(p).resize((side, side))) for p in pictures[start : start + PIECE]]
            shown = to_tensor(piece, vae.device)
            again += [Image.fromarray(p) for p in to_pictures(vae.decode(vae.encode(shown).latent_dist.mode()).sample)]
        return np.stack([_at_side(picture) for picture in again])

    def features(self, pictures: NDArray) -> NDArray:
        """Spatially averaged fire9 features, float64 (N, 512)."""
        from models.metrics import pooled_features

        parts = [to_tensor(pictures[start : start + PIECE]) for start in range(0, len(pictures), PIECE)]
        return np.concatenate([pooled_features(self.squeezenet, part) for part in parts])


def _at_side(picture: Image.Image) -> NDArray:
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS) if picture.width != SIDE else picture)
