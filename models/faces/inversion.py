"""A visitor's photograph as a face of the generator's world: find, align, encode, then improve by gradient descent.

Inversion as in Zhu et al. 2016 (arXiv:1609.03552): an encoder gives the start, optimisation the rest. It descends in z
rather than in w (the mapping network is invertible), where all directions are equally likely and the pull towards the
prior is simply |z|^2: the result remains a face of this generator, and becomes no copy of the photograph. What counts
is inside a soft oval, in pixels at several sizes and in features of the encoder. The photograph stays on this machine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import devices
from models.cache import ModelCache, default_cache
from models.cluster import anywhere
from models.faces.engine import HOUSE, SIDE, to_uint8
from models.faces.locate import align, locate

if TYPE_CHECKING:
    import torch

ENCODER = "faces/encoder"


@dataclass(frozen=True)
class Descent:
    """How the encoder's answer is improved. The first steps are taken at half size, where they cost a quarter."""

    half_steps: int = 20
    full_steps: int = 16
    rate: float = 0.06  # of Adam, in standard deviations of z
    pixels: float = 1.0
    features: float = 0.5
    prior: float = 0.05


@dataclass(frozen=True)
class Inversion:
    """What became of a photograph. `crop`: the aligned photograph, RGB 128 x 128; `w`: float32 (D,); `face`: what the
    generator makes of w, RGB 128 x 128; `distance`: mean difference inside the oval, 0..1 of the range of colours."""

    crop: Image.Image
    w: NDArray
    face: Image.Image
    distance: float


@anywhere(HOUSE)
def invert(
    photo: Image.Image,
    cache: ModelCache | None = None,
    on_step: Callable[[int, int], None] = lambda done, total: None,
    descent: Descent = Descent(),
) -> Inversion:
    """The generator's nearest face to the one in a photograph of any size and mode, pupils found and levelled.

    `on_step` hears (steps done, in all) and ends the work by raising. Raises BadInput when there is no face to be seen,
    and the cache's errors.
    """
    photo = photo.convert("RGB")
    return invert_aligned(align(photo, locate(photo, cache)), cache, on_step, descent)


def invert_aligned(
    crop: Image.Image,
    cache: ModelCache | None = None,
    on_step: Callable[[int, int], None] = lambda done, total: None,
    descent: Descent = Descent(),
) -> Inversion:
    """`invert` for a picture that is in the training frame already, RGB 128 x 128."""
    import torch

    cache = cache or default_cache()
    with cache.lease(ENCODER) as encoder, cache.lease(HOUSE) as house, torch.inference_mode(False):
        target = _tensor(crop).to(house.directions.device)
        with torch.no_grad():
            w, _ = encoder(plain_backdrop(target))
            z = house.mapping.inverse(w)
        z = _descend(house, encoder, target, z, descent, on_step)
        with torch.no_grad():
            w = house.mapping(z)
            with devices.swift(w.device):  # as the rooms will draw it
                picture = house.generator(w).float()
            apart = ((picture - target).abs().mean(1, keepdim=True) * oval(target)).sum() / oval(target).sum() / 2
        face = Image.fromarray(to_uint8(picture)[0])
        return Inversion(crop, w[0].float().cpu().numpy(), face, float(apart))


def _descend(
    house: "torch.nn.Module",
    encoder: "torch.nn.Module",
    target: "torch.Tensor",
    z: "torch.Tensor",
    descent: Descent,
    on_step: Callable[[int, int], None],
) -> "torch.Tensor":
    """The z (1, D) that makes the target (1, 3, 128, 128) best, from a first one. Only z is given a gradient."""
    import torch

    total = descent.half_steps + descent.full_steps
    wanted = {size: _Wanted(encoder, _at(target, size)) for size in (SIDE // 2, SIDE)}
    z = z.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([z], descent.rate, betas=(0.8, 0.99))
    for step in range(total):
        on_step(step, total)
        optimiser.param_groups[0]["lr"] = descent.rate * (1 - step / total) ** 0.5
        size = SIDE // 2 if step < descent.half_steps else SIDE
        with torch.enable_grad():
            picture = house.generator(house.mapping(z), size)
            pixels, features = wanted[size].distances(picture)
            loss = descent.pixels * pixels + descent.features * features + descent.prior * z.square().mean()
            (gradient,) = torch.autograd.grad(loss, z)
        z.grad = gradient
        optimiser.step()
    on_step(total, total)
    return z.detach()


class _Wanted:
    """A photograph at one size, ready to be compared with."""

    def __init__(self, encoder: "torch.nn.Module", target: "torch.Tensor"):
        import torch

        self.encoder, self.weight = encoder, oval(target)
        self.outside = plain_backdrop(target) * (1 - self.weight)  # the same behind both: it is not compared
        self.target = target
        with torch.no_grad():
            self.features = self._features(target)
        self.spread = [feature.std().clamp_min(1e-3) for feature in self.features]

    def distances(self, picture: "torch.Tensor") -> tuple["torch.Tensor", "torch.Tensor"]:
        """Mean absolute differences inside the oval: of pixels at four sizes, and of features in their spread."""
        import torch.nn.functional as F

        apart, weight, pixels = picture - self.target, self.weight, 0.0
        for _ in range(4):
            pixels = pixels + (apart.abs() * weight).sum() / weight.sum() / 3
            less = F.avg_pool2d(weight, 2)
            apart, weight = F.avg_pool2d(apart * weight, 2) / less.clamp_min(1e-3), less
        found = self._features(picture)
        features = sum(
            (a - b).abs().mean() / spread for a, b, spread in zip(found, self.features, self.spread, strict=True)
        )
        return pixels, features / len(found)

    def _features(self, picture: "torch.Tensor") -> list["torch.Tensor"]:
        """What the encoder's first three levels see inside the oval."""
        x, levels = picture * self.weight + self.outside, []
        for down in self.encoder.downs[:3]:
            x = down(x)
            levels.append(x)
        return levels


def oval(picture: "torch.Tensor") -> "torch.Tensor":
    """Weights (1, 1, H, W) in 0..1: face and most of the hair, fading out towards the border of the frame."""
    import torch

    side = picture.shape[-1]
    axis = (torch.arange(side, device=picture.device) + 0.5) / side
    distance = ((axis[None, :] - 0.5) / 0.36) ** 2 + ((axis[:, None] - 0.54) / 0.47) ** 2
    return torch.sigmoid((1 - distance) * 6)[None, None]


def plain_backdrop(picture: "torch.Tensor") -> "torch.Tensor":
    """The picture (1, 3, H, W) before a wall of its own border's colour, as in the studio of the training set."""
    weight = oval(picture)
    away = (1 - weight) ** 4
    away[..., picture.shape[-1] * 2 // 3 :, :] = 0  # shoulders are no backdrop
    wall = (picture * away).sum((2, 3), keepdim=True) / away.sum()
    return picture * weight + wall * (1 - weight)


def _at(picture: "torch.Tensor", size: int) -> "torch.Tensor":
    import torch.nn.functional as F

    return F.adaptive_avg_pool2d(picture, size)


def _tensor(picture: Image.Image) -> "torch.Tensor":
    """RGB picture to float (1, 3, H, W) in [-1, 1]."""
    import torch

    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
