"""What a witness misses in latents that were to show something: a loss for whoever made them."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from models.text2image.critic import Critic, Told
from models.text2image.train_witness import STILL
from models.text2image.witness import Asked, Witness
from models.training import Log


def disturbed(latents: Tensor, kinds: Sequence[str], rng: Generator, noise: float, clear: float) -> Tensor:
    """Latents (B, C, h, w) as a witness is shown them, so that it cannot go by a whisper: shifted by one at most,
    portraits not at all, and all but a share `clear` of them with up to so much noise, in their deviations."""
    shifts = rng.integers(-1, 2, (len(kinds), 2)) * [[name not in STILL] for name in kinds]
    moved = torch.stack([one.roll(tuple(shift), (1, 2)) for one, shift in zip(latents, shifts.tolist())])
    amount = rng.uniform(0, noise, len(kinds)) * (rng.random(len(kinds)) >= clear)
    chance = torch.Generator(moved.device).manual_seed(int(rng.integers(2**62)))
    drawn = torch.randn(moved.shape, generator=chance, device=moved.device)
    return moved + torch.from_numpy(amount).to(moved)[:, None, None, None] * drawn


def missed(witness: Witness | Critic, shown: Tensor, kinds: Sequence[str], questions: Told, log: Log) -> Tensor:
    """The mean cross-entropy of what latents (B, C, h, w), each of a kind, were to answer to their questions."""
    asked = Asked.of(witness.catalogue, questions, str(shown.device))
    with torch.autocast(shown.device.type, torch.bfloat16):
        told = witness(shown, asked)
    losses = F.cross_entropy(told, asked.answers, reduction="none")
    there = (told[:, : witness.catalogue.outputs].argmax(1) == asked.answers).float()
    if len(losses):
        log.add(missed=losses.mean(), there=there.mean())
    of = np.array(kinds)[asked.whose.tolist()]
    for name in np.unique(of):
        log.add(**{f"there_{name}": there[torch.from_numpy(of == name)].mean()})
    return losses.sum() / max(len(losses), 1)
