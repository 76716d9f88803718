"""The critic: the witness, who goes on learning while the prior is asked to please it.

Whoever paints for a witness that stands still finds out what pleases it: one that saw stems in 97 % of the fruit that
was to have some stood before pictures without any. So each question gets one more answer, "painted", as in Salimans et
al. 2016 (arXiv:1606.03498, section 5): of real latents the critic learns what they show, of paintings that they are
such, whatever they were to show. What a painting misses is then also what gives it away, as in a generative adversarial
network whose classes are the answers (Odena 2016, arXiv:1606.01583).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor, nn

from models.text2image.witness import Asked, Catalogue, Question, Witness
from models.training import Log

Told = list[list[tuple[Question, str]]]  # of each picture, its questions and their answers


@dataclass(frozen=True)
class CriticConfig:
    """How fast it learns, and of how much."""

    learning_rate: float = 5e-4
    weight_decay: float = 0.02
    questions: int = 5  # of a latent, at most


class Critic(nn.Module):
    """Latents (B, C, h, w) and questions to outputs (n, answers + 1); the last of them says that it was painted."""

    def __init__(self, witness: Witness, config: CriticConfig | None = None):
        super().__init__()
        self.config = config or CriticConfig()
        self.witness = witness
        self.doubt = nn.Linear(witness.head.in_features, 1)
        nn.init.zeros_(self.doubt.weight)
        self.optimiser = torch.optim.AdamW(
            self.parameters(), self.config.learning_rate, (0.5, 0.98), weight_decay=self.config.weight_decay
        )
        self.eval().requires_grad_(False)

    @property
    def catalogue(self) -> Catalogue:
        return self.witness.catalogue

    def forward(self, latents: Tensor, asked: Asked) -> Tensor:
        found = self.witness.found(latents, asked)
        return torch.cat([self.witness.answers(found, asked), self.doubt(found).float()], 1)

    def learn(self, real: tuple[Tensor, Told], painted: tuple[Tensor, Told], rng: Generator, log: Log) -> None:
        """One step on real latents and what is true of them, and on painted ones and what they were to show."""
        self.train().requires_grad_(True)
        device = self.doubt.weight.device
        (shown, true), (made, wanted) = (
            (latents, Asked.of(self.catalogue, some(told, self.config.questions, rng), str(device)))
            for latents, told in (real, painted)
        )
        with torch.autocast(device.type, torch.bfloat16):
            of_real, of_painted = self(shown, true), self(made, wanted)
        painted_answer = torch.full_like(wanted.answers, of_painted.shape[1] - 1)
        loss = F.cross_entropy(of_real, true.answers) + F.cross_entropy(of_painted, painted_answer)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters(), 2.0)
        self.optimiser.step()
        self.eval().requires_grad_(False)
        real_doubted, painted_doubted = (told.softmax(1)[:, -1].mean() for told in (of_real, of_painted))
        right = (of_real[:, :-1].argmax(1) == true.answers).float().mean()
        log.add(critic=loss, right=right, real_doubted=real_doubted, painted_doubted=painted_doubted)

    def state(self) -> dict[str, Any]:
        return {"critic": self, "critic_optimiser": self.optimiser}


def some(told: Sequence[Sequence[tuple[Question, str]]], most: int, rng: Generator) -> Told:
    """At most so many questions of each picture, any of them."""
    return [[one[k] for k in rng.permutation(len(one))[:most]] for one in told]
