"""What a generator is told, in every family: projected opinions, hinge losses, the latent's prior, augmentation."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

PERCEPTUAL_LAYERS = ("conv1", "fire3", "fire5", "fire8")
_CHANNELS = {"conv1": 96, "fire3": 128, "fire5": 256, "fire8": 512}


class ProjectedHeads(nn.Module):
    """Small discriminators on frozen features (Projected GANs, Sauer et al. 2021, arXiv:2111.01007).

    They read the features that the perceptual loss has computed already, so they cost almost nothing.
    """

    def __init__(self, width: int = 64):
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(
                spectral_norm(nn.Conv2d(_CHANNELS[name], width, 1)),
                nn.LeakyReLU(0.2),
                spectral_norm(nn.Conv2d(width, width, 3, stride=2 if name == "conv1" else 1, padding=1)),
                nn.LeakyReLU(0.2),
                spectral_norm(nn.Conv2d(width, 1, 1)),
            )
            for name in PERCEPTUAL_LAYERS
        )
        self.register_buffer("spread", torch.ones(len(PERCEPTUAL_LAYERS)))

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        if self.training:
            for k, f in enumerate(features):
                self.spread[k].lerp_(f.detach().float().std(), 0.01)
        return [head(f / s.clamp_min(1e-3).to(f.dtype)) for head, f, s in zip(self.heads, features, self.spread)]


def hinge_discriminator(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Hinge loss of one or several discriminators (Lim and Ye 2017)."""
    terms = [F.relu(1 - r.float()).mean() + F.relu(1 + f.float()).mean() for r, f in zip(real, fake)]
    return sum(terms) / len(terms)


def hinge_generator(fake: list[Tensor]) -> Tensor:
    return -sum(f.float().mean() for f in fake) / len(fake)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL divergence of N(mean, variance) from N(0, 1), summed over the latent, averaged over the batch."""
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()


def augment(*pictures: Tensor, generator: torch.Generator) -> list[Tensor]:
    """The same random shift for all, and brightness for the last one (DiffAugment, Zhao et al. 2020)."""
    side = pictures[0].shape[-1]
    reach = side // 8
    dy, dx = torch.randint(-reach, reach + 1, (2,), generator=generator).tolist()
    padded = [F.pad(p, (reach,) * 4, mode="replicate") for p in pictures]
    moved = [p[..., reach + dy : reach + dy + side, reach + dx : reach + dx + side] for p in padded]
    light = torch.rand(len(moved[-1]), 1, 1, 1, generator=generator).to(moved[-1]) * 0.4 - 0.2
    return [*moved[:-1], moved[-1] + light]
