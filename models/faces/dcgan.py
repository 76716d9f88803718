"""The DCGAN of 2016, beside its descendant: Radford, Metz and Chintala, arXiv:1511.06434.

As in the paper (section 3 and figure 1): all convolutions, fractionally-strided in the generator and strided in the
discriminator; batch norm but for the generator's output and the discriminator's input; ReLU and tanh in the
generator, LeakyReLU 0.2 in the discriminator; weights drawn from N(0, 0.02). Kernels are 4 x 4 instead
of 5 x 5, so that strides of two divide them evenly, and layers a quarter as wide, so that it trains on a CPU.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from models import weights

if TYPE_CHECKING:
    from models.registry import ModelSpec

LATENT = 100
SIDE = 64
WIDTHS = (256, 128, 64, 32)  # at 4, 8, 16 and 32 px; the paper has 1024, 512, 256, 128


class Generator(nn.Module):
    """z float (B, 100), standard normal, to pictures float (B, 3, 64, 64) in [-1, 1]."""

    def __init__(self, latent: int = LATENT, widths: tuple[int, ...] = WIDTHS):
        super().__init__()
        self.latent = latent
        layers: list[nn.Module] = [nn.ConvTranspose2d(latent, widths[0], 4, bias=False)]  # project and reshape: 4 x 4
        for inside, outside in zip(widths, widths[1:]):
            layers += [nn.BatchNorm2d(inside), nn.ReLU(), nn.ConvTranspose2d(inside, outside, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(widths[-1]), nn.ReLU(), nn.ConvTranspose2d(widths[-1], 3, 4, 2, 1)]
        self.layers = nn.Sequential(*layers)
        self.apply(init)

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(self.layers(z[:, :, None, None]))


class Discriminator(nn.Module):
    """Pictures float (B, 3, 64, 64) to one logit each (B,), positive for real. Training only."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS[::-1]):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for inside, outside in zip(widths, widths[1:]):
            layers += [nn.Conv2d(inside, outside, 4, 2, 1, bias=False), nn.BatchNorm2d(outside), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4))  # (B, 1, 1, 1)
        self.apply(init)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.layers(pictures).flatten()


def init(module: nn.Module) -> None:
    """Weights from N(0, 0.02) (section 4); batch norm's scale around one."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def load(spec: "ModelSpec") -> Generator:
    """Loader of the registry: the generator with its `latent` width, in evaluation mode."""
    model = Generator()
    model.load_state_dict(weights.load(weights.WEIGHTS / f"{spec.key.replace('/', '-')}.safetensors"))
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)
