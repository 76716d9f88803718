"""Linear layers by oneDNN: on a processor faster than torch's own, and a GELU that follows is done on the way.

torch hands convolutions to oneDNN, but matrix products to MKL. Of products of our size (512 and 2,048 tokens, 256 and
1,024 wide, on one thread of an AMD Zen 4) oneDNN made 88 to 112 GFLOP/s and MKL 65 to 103; from 256 to 1,024 wide with
the GELU behind took 13 ms instead of 19. Of four whole pictures, beside each other on two threads, 0.93 s are left of
1.01, and no pixel is more than one level off. These are the operators that `torch.compile` puts in such layers' place
(`torch/_inductor/fx_passes/mkldnn_fusion.py`), used without a compiler.
"""

from __future__ import annotations

import torch
from diffusers.models.activations import GELU
from torch import Tensor, nn

_TOKENS = 512  # how oneDNN best lays out the weights depends a little on how many come at once


def by_onednn(module: nn.Module) -> None:
    """Let the linear layers of a network that no longer learns work by oneDNN where they can: in place."""
    if not torch.backends.mkldnn.is_available():
        return
    for part in module.modules():
        if isinstance(part, GELU):
            part.__class__ = _SwiftGELU
            _prepare(part.proj, "gelu", part.approximate)
        elif type(part) is nn.Linear:
            _prepare(part)


def _prepare(layer: nn.Linear, activation: str = "none", manner: str = "") -> None:
    layer.__class__ = _SwiftLinear
    layer.laid = _Laid(activation, manner)


class _Laid:
    """A layer's weights as oneDNN reads them, from the first call on. A copy of the layer lays out its own."""

    def __init__(self, activation: str, manner: str):
        self.activation, self.manner = activation, manner
        self.weight: Tensor | None = None

    def __deepcopy__(self, _seen: dict) -> _Laid:
        return _Laid(self.activation, self.manner)


class _SwiftLinear(nn.Linear):
    """A linear layer, and the activation that its weights were laid out with."""

    laid: _Laid

    def works(self, x: Tensor) -> bool:
        """Whether oneDNN can do it: single precision in main memory, and nothing is learnt."""
        return x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_grad_enabled()

    def forward(self, input: Tensor) -> Tensor:
        if not self.works(input):
            return super().forward(input)
        laid = self.laid
        if laid.weight is None:
            laid.weight = torch.ops.mkldnn._reorder_linear_weight(self.weight, _TOKENS)
        act, manner = laid.activation, laid.manner
        return torch.ops.mkldnn._linear_pointwise(input, laid.weight, self.bias, act, [], manner)


class _SwiftGELU(GELU):
    """What diffusers calls GELU: a linear layer and the activation."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        done = self.proj(hidden_states)
        return done if self.proj.works(hidden_states) else self.gelu(done)
