"""The architectures of the papers that the rooms name, at their own sizes, with weights drawn at random: for timing."""

import torch
from torch import Tensor, nn

from models.faces.dcgan import Generator as Dcgan


class UNet256(nn.Module):
    """pix2pix's generator for 256 px (Isola et al. 2017, arXiv:1611.07004, appendix 6.1.1): 54 M parameters."""

    def __init__(self, widths: tuple[int, ...] = (64, 128, 256, 512, 512, 512, 512, 512)):
        super().__init__()
        downs: list[nn.Module] = [nn.Conv2d(3, widths[0], 4, 2, 1)]
        for inside, outside in zip(widths[:-2], widths[1:-1]):
            downs.append(_layer(nn.LeakyReLU(0.2), nn.Conv2d(inside, outside, 4, 2, 1, bias=False)))
        downs.append(nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(widths[-2], widths[-1], 4, 2, 1)))
        ups = [_layer(nn.ReLU(), nn.ConvTranspose2d(widths[-1], widths[-2], 4, 2, 1, bias=False))]
        for inside, outside in zip(widths[-2:0:-1], widths[-3::-1]):
            ups.append(_layer(nn.ReLU(), nn.ConvTranspose2d(2 * inside, outside, 4, 2, 1, bias=False)))
        ups.append(nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * widths[0], 3, 4, 2, 1), nn.Tanh()))
        self.downs, self.ups = nn.ModuleList(downs), nn.ModuleList(ups)

    def forward(self, x: Tensor) -> Tensor:
        seen = []
        for down in self.downs:
            x = down(x)
            seen.append(x)
        x = self.ups[0](seen.pop())
        for up in self.ups[1:]:
            x = up(torch.cat([x, seen.pop()], 1))
        return x


class TransformNet(nn.Module):
    """Johnson et al. 2016 (arXiv:1603.08155, supplement, table 1): 1.7 M parameters, any size."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _normed(nn.Conv2d(3, 32, 9, 1, 4)),
            _normed(nn.Conv2d(32, 64, 3, 2, 1)),
            _normed(nn.Conv2d(64, 128, 3, 2, 1)),
            *(_Residual(128) for _ in range(5)),
            _normed(nn.ConvTranspose2d(128, 64, 3, 2, 1, 1)),
            _normed(nn.ConvTranspose2d(64, 32, 3, 2, 1, 1)),
            nn.Conv2d(32, 3, 9, 1, 4),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class _Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            _normed(nn.Conv2d(width, width, 3, 1, 1)), nn.Conv2d(width, width, 3, 1, 1), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def _normed(convolution: nn.Module) -> nn.Sequential:
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU())


def _layer(activation: nn.Module, convolution: nn.Module) -> nn.Sequential:
    return nn.Sequential(activation, convolution, nn.BatchNorm2d(convolution.out_channels))


def dcgan() -> Dcgan:
    """The generator of Radford et al. 2016 (arXiv:1511.06434, figure 1) at its full width: 12.7 M parameters."""
    return Dcgan(widths=(1024, 512, 256, 128))


def diffusion_step() -> nn.Module:
    """The U-Net of Stable Diffusion 1.5, 860 M parameters in single precision, 3.4 GB."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)


def diffusion_decoder() -> nn.Module:
    """The autoencoder of Stable Diffusion 1.5: latents of 64 x 64 to 512 px."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        sample_size=512,
    )


def ready(network: nn.Module) -> nn.Module:
    """As our loaders hand out their networks."""
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
