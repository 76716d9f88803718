"""Where the picture looks at each word: the cross-attention of every layer, read while it works.

Cross-attention maps as an explanation: Hertz et al. 2022, arXiv:2208.01626; Tang et al. 2022 (DAAM), arXiv:2210.04885.
The transformer is shared between threads, so nothing is put into it: a shell of its own over the same weights carries
the witnesses and is dropped afterwards.
"""

import copy
from itertools import chain

import torch
from diffusers import PixArtTransformer2DModel
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from torch import Tensor


class Witness(AttnProcessor2_0):
    """The stock attention, which also adds up how much each place attends to each token, over layers."""

    def __init__(self) -> None:
        super().__init__()
        self._sum: Tensor | None = None
        self._layers = 0

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
    ) -> Tensor:
        batch, tokens, _ = encoder_hidden_states.shape
        mask = attn.prepare_attention_mask(attention_mask, tokens, batch)  # (B * heads, 1, T)
        query = attn.head_to_batch_dim(attn.to_q(hidden_states))  # (B * heads, places, width)
        key = attn.head_to_batch_dim(attn.to_k(encoder_hidden_states))  # (B * heads, T, width)
        shares = attn.get_attention_scores(query, key, mask)  # (B * heads, places, T)
        self._add(shares.unflatten(0, (batch, attn.heads)).mean(1))
        return super().__call__(attn, hidden_states, encoder_hidden_states, attention_mask, temb)

    def take(self) -> Tensor:
        """What was seen since the last time: (B, places, T), the mean over heads and layers; every row sums to 1."""
        mean = self._sum / self._layers
        self._sum, self._layers = None, 0
        return mean

    def _add(self, shares: Tensor) -> None:
        self._sum = shares if self._sum is None else self._sum + shares
        self._layers += 1


def witnessed(transformer: PixArtTransformer2DModel) -> tuple[PixArtTransformer2DModel, Witness]:
    """A shell of the transformer over the very same weights, and the witness of all its cross-attention."""
    tensors = chain(transformer.parameters(), transformer.buffers())
    shell = copy.deepcopy(transformer, {id(tensor): tensor for tensor in tensors})
    witness = Witness()
    for block in shell.transformer_blocks:
        block.attn2.set_processor(witness)
    return shell, witness


def as_maps(shares: Tensor, side: int) -> Tensor:
    """Shares (places, T) of a square of places as maps (T, side, side), enlarged smoothly."""
    places = int(shares.shape[0] ** 0.5)
    maps = shares.T.reshape(1, -1, places, places)  # (1, T, places, places)
    return torch.nn.functional.interpolate(maps.float(), size=side, mode="bilinear")[0]
