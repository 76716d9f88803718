"""The witness: a small network that answers the questions of `questions.py` about latents instead of pictures.

Training asks it whether what the prior paints holds what was asked for (`align.py`). A question conditions the network
by feature-wise modulation (FiLM, Perez et al. 2018, arXiv:1709.07871), so that what is learnt of red circles holds for
blue ones. It never judges figures: those judges (`classifiers.py`) see pictures, and learn from other ones.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import weights
from models.text2image.colour_judge import REFERENCES
from models.text2image.questions import ABSENT, SLOTS

COLOURLESS = ""


@dataclass(frozen=True)
class Question:
    """What is asked: of a domain's `slot`, in scenes also of the things of one colour."""

    domain: str
    slot: str
    colour: str = COLOURLESS

    @classmethod
    def of(cls, domain: str, name: str) -> "Question":
        """As `questions.answers` names it: "red thing" in a scene is the slot "thing" of the colour red."""
        colour, _, slot = name.rpartition(" ")
        known = domain == "scene" and colour in REFERENCES and slot in SLOTS
        return cls(domain, slot, colour) if known else cls(domain, name)

    @classmethod
    def all_of(cls, domain: str, answers: Mapping[str, str]) -> list[tuple["Question", str]]:
        """Every question of these, with its answer."""
        return [(cls.of(domain, name), answer) for name, answer in answers.items()]

    @property
    def key(self) -> str:
        return f"{self.domain} {self.slot}"


@dataclass(frozen=True)
class Catalogue:
    """All answers, by a question's key, in the order of the network's outputs."""

    answers: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, told: Sequence[tuple[str, Mapping[str, str]]], least: int) -> "Catalogue":
        """What is answered `least` times or more by facts of pictures, each with its domain."""
        counts: dict[str, dict[str, int]] = {}
        for domain, facts in told:
            for name, answer in facts.items():
                of = counts.setdefault(Question.of(domain, name).key, {})
                of[answer] = of.get(answer, 0) + 1
        kept = {key: tuple(sorted(a for a in of if of[a] >= least)) for key, of in sorted(counts.items())}
        kept["scene thing"] = (*kept.get("scene thing", ()), ABSENT)
        return cls({key: known for key, known in kept.items() if len(known) > 1})

    @property
    def keys(self) -> list[str]:
        return list(self.answers)

    @property
    def outputs(self) -> int:
        """How many answers there are to all questions together."""
        return sum(map(len, self.answers.values()))

    def known(self, domain: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Of these questions of a domain those that can be asked, with their answers."""
        keys = {name: Question.of(domain, name).key for name in names}
        return {name: self.answers[key] for name, key in keys.items() if key in self.answers}

    def number(self, question: Question, answer: str) -> tuple[int, int, int] | None:
        """Key, colour and answer as the network counts them; None for what it cannot say."""
        known = self.answers.get(question.key, ())
        if answer not in known:
            return None
        before = sum(len(self.answers[key]) for key in self.keys[: self.keys.index(question.key)])
        return self.keys.index(question.key), COLOURS.index(question.colour), before + known.index(answer)

    def spans(self) -> Tensor:
        """Which outputs answer which question: bool (keys, outputs)."""
        sizes = [len(known) for known in self.answers.values()]
        rows = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes, dtype=torch.long))
        return rows == torch.arange(len(sizes))[:, None]


COLOURS = (COLOURLESS, *REFERENCES)
_KEPT = 16  # channels in which it is told where things are


@dataclass(frozen=True)
class Asked:
    """Questions in one row: whose (n,), of the latents they are about, and key, colour and true answer (n,)."""

    whose: Tensor
    keys: Tensor
    colours: Tensor
    answers: Tensor

    @classmethod
    def of(cls, catalogue: Catalogue, told: Sequence[Sequence[tuple[Question, str]]], device: str = "cpu") -> "Asked":
        """For each picture its questions and their answers; what the catalogue does not know is left out."""
        rows = []
        for place, questions in enumerate(told):
            numbered = (catalogue.number(question, answer) for question, answer in questions)
            rows += [(place, *found) for found in numbered if found]
        return cls(*torch.tensor(rows, dtype=torch.long, device=device).reshape(-1, 4).unbind(1))


class Witness(nn.Module):
    """Latents (B, C, h, w) and questions about them to outputs (n, all answers).

    It keeps where things are, beside their means: told of means and maxima alone it knew the shape of a portrait's
    glasses in 30 %, where a linear map of the latents tells 94 %.
    """

    def __init__(self, catalogue: Catalogue, channels: int = 8, side: int = 16, width: int = 160, depth: int = 3):
        super().__init__()
        self.catalogue = catalogue
        self.sizes = {"channels": channels, "side": side, "width": width, "depth": depth}
        half = width // 2
        self.fine = nn.Sequential(nn.Conv2d(channels, half, 3, 1, 1), *(Block(half) for _ in range(depth)))
        self.coarse = nn.Sequential(nn.Conv2d(half, width, 4, 2, 1), *(Block(width) for _ in range(depth)))
        self.place = nn.Parameter(0.1 * torch.randn(1, width, side // 2, side // 2))
        self.key = nn.Embedding(len(catalogue.keys), width)
        self.colour = nn.Embedding(len(COLOURS), width)
        self.modulated = nn.ModuleList(Modulated(width) for _ in range(2))
        self.narrow = nn.Conv2d(width, _KEPT, 1)
        told = 2 * width + _KEPT * (side // 2) ** 2
        self.head = nn.Linear(told, catalogue.outputs)
        self.register_buffer("spans", catalogue.spans(), persistent=False)

    def forward(self, latents: Tensor, asked: Asked) -> Tensor:
        return self.answers(self.found(latents, asked), asked)

    def found(self, latents: Tensor, asked: Asked) -> Tensor:
        """What it goes by when it answers, (n, D)."""
        x = self.coarse(self.fine(latents)) + self.place  # (B, width, h/2, w/2)
        x = x[asked.whose]  # (n, width, h/2, w/2)
        question = self.key(asked.keys) + self.colour(asked.colours)  # (n, width)
        for block in self.modulated:
            x = block(x, question)
        found = torch.cat([x.mean((2, 3)), x.amax((2, 3)), self.narrow(x).flatten(1)], 1)  # (n, D)
        return F.dropout(found, 0.1, self.training)

    def answers(self, found: Tensor, asked: Asked) -> Tensor:
        """Outputs (n, all answers), those of other questions out of reach."""
        return self.head(found).float().masked_fill(~self.spans[asked.keys], -1e4)


class Block(nn.Module):
    """A residual block of one size."""

    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, width, 3, 1, 1),
            nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, width, 3, 1, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Modulated(nn.Module):
    """A residual block whose channels a question scales and shifts."""

    def __init__(self, width: int):
        super().__init__()
        self.inward, self.outward = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 3, 1, 1)
        self.norm = nn.GroupNorm(8, width, affine=False)
        self.film = nn.Linear(width, 2 * width)

    def forward(self, x: Tensor, question: Tensor) -> Tensor:
        scale, shift = self.film(question)[..., None, None].chunk(2, 1)  # (n, width, 1, 1)
        x = F.silu(self.inward(x))
        return x + F.silu((1 + scale) * self.norm(self.outward(x)) + shift)


def save(witness: Witness, path: Path) -> None:
    """Write the witness as safetensors, with the answers it knows."""
    about = {"answers": json.dumps(witness.catalogue.answers), "sizes": json.dumps(witness.sizes)}
    weights.save(path, witness.state_dict(), about)


def load(path: Path) -> Witness:
    """What `save` wrote, frozen."""
    about = weights.metadata(path)
    catalogue = Catalogue({key: tuple(known) for key, known in json.loads(about["answers"]).items()})
    witness = Witness(catalogue, **json.loads(about["sizes"]))
    witness.load_state_dict(weights.load(path))
    return witness.eval().requires_grad_(False)
