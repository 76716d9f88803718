"""What the face rooms call: seeds and latents in, faces out.

`open_faces` is the one way to a face model; house, historical and hub models answer to the same `Faces`. The house
model is the style generator of `network.py` with the invertible mapping of `mapping.py`; the DCGAN (Radford et al.
2016, arXiv:1511.06434) and the hub's diffusion model have no style space: for them, w is z.

Latents are float32 numpy (N, D), pictures uint8 numpy (N, 128, 128, 3), RGB.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import devices
from models.cache import ModelCache, default_cache
from models.cluster import anywhere
from models.errors import BadInput
from models.registry import ModelSpec

if TYPE_CHECKING:
    import torch

    from models.faces.network import FaceEncoder

SIDE = 128
LATENT = 160
ATTRIBUTES = ("glasses", "smile", "age", "woman")
HOUSE, DCGAN, HUB = "faces/generator", "faces/dcgan", "faces/ddpm-hub"
PSI = 0.7
FURTHEST = 3.0  # standard deviations an attribute may be moved
# Faces decoded in one pass: each is, to the byte, what it is alone, up to this many (seen on an AVX-512 processor), and
# takes 32 ms of processor time instead of 44; of 16, each takes 40 (`python tests/benchmarks/bench_batches.py`).
AT_ONCE = 8


def z_of(seed: int, model: str = HOUSE) -> NDArray:
    """The latent z of a seed: float32 (D,), standard normal; D is the model's own."""
    widths = {HOUSE: LATENT, DCGAN: 100}
    if model == HUB:
        from models.faces.hub import LATENT as width
    elif model in widths:
        width = widths[model]
    else:
        raise BadInput(f"There is no face model called {str(model)[:40]!r}: choose {HOUSE}, {DCGAN} or {HUB}.")
    return np.random.default_rng((int(seed), 20_16)).standard_normal(width).astype(np.float32)


class Faces:
    """A face model that has been leased: between latents and pictures, both ways where the model can."""

    mapped = False  # has a style space of its own; else w is z

    def to_w(self, z: NDArray, psi: float = 1.0) -> NDArray:
        """Style latents (N, D) of z. Truncation: psi in 0..1 pulls z towards 0, and so to the more usual faces."""
        return (np.asarray(z, np.float32) * psi).astype(np.float32)

    def to_z(self, w: NDArray) -> NDArray:
        """The z (N, D) of style latents, at psi 1."""
        return np.asarray(w, np.float32)

    def to_even(self, w: NDArray) -> NDArray:
        """Style latents (N, D) with the gaps between kinds of faces closed; a straight line strides across them."""
        return np.asarray(w, np.float32)

    def from_even(self, even: NDArray) -> NDArray:
        """The w (N, D) of what `to_even` gave."""
        return np.asarray(even, np.float32)

    def decode(self, w: NDArray) -> NDArray:
        """Faces uint8 (N, 128, 128, 3) of style latents (N, D)."""
        raise NotImplementedError


class HouseFaces(Faces):
    """The style generator. Arrays in, arrays out; torch stays inside."""

    mapped = True

    def __init__(self, network: "torch.nn.Module"):
        self.network = network

    def to_w(self, z: NDArray, psi: float = 1.0) -> NDArray:
        return _array(self.network.mapping(psi * self._tensor(z)))

    def to_z(self, w: NDArray) -> NDArray:
        return _array(self.network.mapping.inverse(self._tensor(w)))

    def to_even(self, w: NDArray) -> NDArray:
        return _array(self.network.mapping.marginals.inverse(self._tensor(w)))

    def from_even(self, even: NDArray) -> NDArray:
        return _array(self.network.mapping.marginals(self._tensor(even)))

    def decode(self, w: NDArray) -> NDArray:
        import torch

        with torch.inference_mode(), devices.swift(self.network.directions.device):
            parts = [to_uint8(self.network.generator(part)) for part in self._tensor(w).split(AT_ONCE)]
        return np.concatenate(parts)

    def layers(self, w: NDArray) -> list[tuple[str, NDArray]]:
        """The face of one w (D,) as it stands after each resolution: names, and pictures uint8 (128, 128, 3)."""
        import torch

        with torch.inference_mode(), devices.swift(self.network.directions.device):
            pyramid = self.network.generator.pyramid(self._tensor(w)[None])
            grown = [torch.nn.functional.interpolate(level, size=SIDE, mode="bilinear") for level in pyramid]
        return [
            (f"{level.shape[-1]} x {level.shape[-1]}", to_uint8(picture)[0])
            for level, picture in zip(pyramid, grown, strict=True)
        ]

    def mean_w(self) -> NDArray:
        """The middle of w, (D,)."""
        return _array(self.network.mapping.mean)

    def spread(self) -> NDArray:
        """The Cholesky factor (D, D) of the covariance of w: it turns white noise into how faces differ."""
        return _array(self.network.mapping.root)

    def basis(self) -> tuple[NDArray, NDArray]:
        """The first two principal components of w: unit vectors (2, D), standard deviations (2,)."""
        return _array(self.network.components), _array(self.network.deviations)

    def directions(self) -> NDArray:
        """Directions (4, D), rows as ATTRIBUTES: adding k times one moves that attribute by k standard deviations."""
        return _array(self.network.directions)

    def _tensor(self, values: NDArray) -> "torch.Tensor":
        import torch

        return torch.from_numpy(np.array(values, np.float32)).to(self.network.directions.device)


class HistoricalFaces(Faces):
    """The DCGAN of 2016: 64 px, shown at 128."""

    def __init__(self, network: "torch.nn.Module"):
        self.network = network

    def decode(self, w: NDArray) -> NDArray:
        import torch

        z = torch.from_numpy(np.array(w, np.float32)).to(next(self.network.parameters()).device)
        with torch.inference_mode():
            pictures = torch.cat([self.network(part) for part in z.split(AT_ONCE)])
            return to_uint8(torch.nn.functional.interpolate(pictures, size=SIDE, mode="bicubic"))


@contextmanager
def open_faces(model: str = HOUSE, cache: ModelCache | None = None) -> Iterator[Faces]:
    """Lease a face model for a while. Raises BadInput for an unknown one, the cache's errors if it cannot be had."""
    if model not in (HOUSE, DCGAN, HUB):
        raise BadInput(f"There is no face model called {str(model)[:40]!r}: choose {HOUSE}, {DCGAN} or {HUB}.")
    with (cache or default_cache()).lease(model) as network:
        if model == HUB:
            from models.faces.hub import HubFaces

            yield HubFaces(network)
        else:
            yield HouseFaces(network) if model == HOUSE else HistoricalFaces(network)


@anywhere("{model}")
def faces_of(
    seeds: Sequence[int], psi: float = PSI, model: str = HOUSE, cache: ModelCache | None = None
) -> list[Image.Image]:
    """One face (RGB, 128 x 128) a seed."""
    with open_faces(model, cache) as faces:
        z = np.stack([z_of(seed, model) for seed in seeds])
        return [Image.fromarray(picture) for picture in faces.decode(faces.to_w(z, psi))]


def edit(seed: int, changes: Mapping[str, float], psi: float = PSI, cache: ModelCache | None = None) -> Image.Image:
    """The face of a seed with attributes moved: `changes` in standard deviations by name, clamped to -3..3."""
    if unknown := set(changes) - set(ATTRIBUTES):
        raise BadInput(f"There is no attribute {sorted(unknown)[0][:40]!r}: choose from {', '.join(ATTRIBUTES)}.")
    amounts = np.array([np.clip(changes.get(name, 0.0), -FURTHEST, FURTHEST) for name in ATTRIBUTES], np.float32)
    with open_faces(HOUSE, cache) as faces:
        w = faces.to_w(z_of(seed)[None], psi) + amounts @ faces.directions()
        return Image.fromarray(faces.decode(w)[0])


def encode(picture: Image.Image, cache: ModelCache | None = None) -> NDArray:
    """The w (D,) of an aligned face, RGB 128 x 128: pupils level, 0.245 of the side apart, at 0.51 of its height."""
    import torch

    with (cache or default_cache()).lease("faces/encoder") as encoder, torch.inference_mode():
        pixels = torch.from_numpy(np.array(picture.convert("RGB").resize((SIDE, SIDE)))).permute(2, 0, 1)[None]
        mean, _ = encoder((pixels.float() / 127.5 - 1).to(encoder.head.weight.device))
    return _array(mean)[0]


def load_generator(spec: ModelSpec) -> "torch.nn.Module":
    """Loader of the registry: a module with `generator`, `mapping`, `directions`, `components`, `deviations`."""
    import torch

    from models import weights
    from models.faces.mapping import Mapping
    from models.faces.network import FaceGenerator, Modulated

    state = weights.load(weights.WEIGHTS / "faces-generator.safetensors")
    network = torch.nn.Module()
    network.generator, network.mapping = FaceGenerator(), Mapping()
    for name in ("directions", "components", "deviations"):
        network.register_buffer(name, state[name])
    network.load_state_dict(state)
    for layer in network.generator.modules():
        if isinstance(layer, Modulated):
            layer.settle()
    # So that a z has the same w, to the last bit of a float, wherever it stands in a batch, and a w the same face.
    network.mapping.double()
    _in_double(layer for layer in network.generator.modules() if isinstance(layer, torch.nn.Linear))
    _in_double(level.rgb for level in network.generator.levels[:2])
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _in_double(layers: "Iterable[torch.nn.Module]") -> None:
    """Let layers whose kernels depend on the size of the batch work in double precision: what differs is rounded off.

    They are small. The convolutions, which are not, sum up each picture in one order whatever stands beside it.
    """
    for layer in layers:
        layer.double()
        layer.register_forward_pre_hook(lambda _, inputs: (inputs[0].double(),))
        layer.register_forward_hook(lambda _, inputs, result: result.float())


def load_encoder(spec: ModelSpec) -> "FaceEncoder":
    """Loader of the registry: aligned picture to w."""
    import torch

    from models import weights
    from models.faces.network import FaceEncoder

    encoder = FaceEncoder()
    encoder.load_state_dict(weights.load(weights.WEIGHTS / "faces-encoder.safetensors"))
    return encoder.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def to_uint8(batch: "torch.Tensor") -> NDArray:
    """float (N, 3, H, W) in [-1, 1] to uint8 (N, H, W, 3)."""
    return ((batch.float() + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()


def _array(tensor: "torch.Tensor") -> NDArray:
    return tensor.detach().float().cpu().numpy()
