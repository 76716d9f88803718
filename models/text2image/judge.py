"""A judge of prompt faithfulness: it answers questions about pictures of one domain (`classifiers.py` teaches it)."""

import json
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models import weights
from models.faces.regressor import Residual
from models.perceptual import SqueezeNet
from models.text2image import colour_judge, probe
from models.text2image.data import Captioned
from models.text2image.questions import Table
from models.training import to_tensor

PIECE = 64  # pictures in one pass


class Network(nn.Module):
    """Pictures float (B, channels, S, S) in [-1, 1] to outputs (B, outputs); keeps where things are.

    Every width halves the side, which has to be 4 after the last. `pooled`: look also for what is there wherever it is,
    so that a shape need not be learnt anew in every place.
    """

    def __init__(
        self,
        outputs: int,
        widths: tuple[int, ...] = (24, 32, 64, 96, 128),
        channels: int = 3,
        pooled: bool = False,
    ):
        super().__init__()
        self.pooled = pooled
        layers: list[nn.Module] = []
        inside = channels
        for depth, width in enumerate(widths):
            layers += [nn.Conv2d(inside, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            if depth > 1:  # from 16 px on; finer levels would cost more than all others together
                layers.append(Residual(width))
            inside = width
        self.layers = nn.Sequential(*layers, nn.Conv2d(inside, 64, 1), nn.ReLU())  # (B, 64, 4, 4)
        self.head = nn.Linear(64 * (18 if pooled else 16), outputs)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.layers(pictures)
        parts = [x.flatten(1), x.mean((2, 3)), x.amax((2, 3))] if self.pooled else [x.flatten(1)]
        return self.head(F.dropout(torch.cat(parts, 1), 0.2, self.training))


class Judge:
    """Answers the questions of `known` about pictures of one domain.

    `state`: the weights of a classifier of the table's questions, one a fold. `colours`, of scenes: the answers about
    the things of a colour, by slot, and the weights of the network that gives them. `by`: what a probe reads, one of
    `probe.DESCRIPTIONS`.
    """

    def __init__(
        self,
        table: Table,
        state: list[dict[str, Tensor]],
        squeezenet: SqueezeNet,
        colours: tuple[Table, dict[str, Tensor]] | None = None,
        by: str = "photograph",
    ):
        self.table, self.state, self.squeezenet, self.colours, self.by = table, state, squeezenet, colours, by

    @property
    def known(self) -> dict[str, tuple[str, ...]]:
        """Every question, and the answers that can be given."""
        slots = self.colours[0].answers if self.colours else {}
        about = {f"{colour} {slot}": answers for colour in colour_judge.REFERENCES for slot, answers in slots.items()}
        return self.table.answers | about

    @torch.inference_mode()
    def answer(self, pictures: NDArray, folds: NDArray | None = None) -> dict[str, list[str]]:
        """The likeliest answer to each question for pictures uint8 (N, 128, 128, 3).

        `folds`: for pictures of the held-out set, as `Judge.folds` gives them: each is judged by who has not seen it.
        """
        lots = torch.stack(self._outputs(pictures))  # (folds, N, outputs)
        place = torch.arange(len(pictures))
        chosen = [lots[torch.from_numpy(folds), place]] if folds is not None else list(lots)
        found = _named(self.table, chosen)
        if self.colours:
            table, state = self.colours
            network = colour_network_for(table, state)
            for colour in colour_judge.REFERENCES:
                seen = _run(network, colour_judge.shown(pictures, [colour] * len(pictures)))
                found |= {f"{colour} {slot}": answers for slot, answers in _named(table, [seen]).items()}
        return found

    def folds(self, held_out: Captioned, rows: NDArray) -> NDArray:
        """Which of its classifiers has not seen these held-out pictures: int64 (N,)."""
        return folds_of(held_out, rows, len(self.state))

    def _outputs(self, pictures: NDArray) -> list[Tensor]:
        """Outputs (N, sum of answers) of each fold's classifier."""
        if "probe" in self.state[0]:
            described = probe.DESCRIPTIONS[self.by](self.squeezenet, pictures)
            return [probe.read(state["probe"], described) for state in self.state]
        return [_run(network_for(self.table, state), pictures) for state in self.state]


def _named(table: Table, lots: Sequence[Tensor]) -> dict[str, list[str]]:
    """The answers that outputs (N, sum of answers) speak for, by question; several lots count equally."""
    parts = [by_question(table, lot) for lot in lots]
    chances = [torch.stack([part[q].softmax(1) for part in parts]).mean(0) for q in range(len(table.answers))]
    named = zip(table.answers.items(), chances)
    return {question: [answers[k] for k in chance.argmax(1).tolist()] for (question, answers), chance in named}


def network_for(table: Table, state: dict[str, Tensor] | None = None, **sizes: int | tuple[int, ...]) -> Network:
    network = Network(sum(map(len, table.answers.values())), **sizes).to(memory_format=torch.channels_last)
    if state:
        network.load_state_dict(state)
    return network.eval()


def colour_network_for(table: Table, state: dict[str, Tensor] | None = None) -> Network:
    return network_for(table, state, widths=colour_judge.WIDTHS, channels=colour_judge.CHANNELS, pooled=True)


def _run(network: Network, pictures: NDArray) -> Tensor:
    """Outputs for pictures uint8, or what a colour network sees."""
    pieces = [as_tensor(pictures[start : start + PIECE]) for start in range(0, len(pictures), PIECE)]
    return torch.cat([network(piece) for piece in pieces])


def as_tensor(pictures: NDArray) -> Tensor:
    if pictures.dtype == np.uint8:
        return to_tensor(pictures)
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def by_question(table: Table, outputs: Tensor) -> list[Tensor]:
    """Outputs (N, sum of answers) as one (N, answers) a question."""
    return list(outputs.split([len(known) for known in table.answers.values()], 1))


def folds_of(held_out: Captioned, rows: NDArray, count: int) -> NDArray:
    """A fold for each row; pictures of one source share theirs."""
    return np.array([zlib.crc32(held_out.source(int(row)).encode()) % count for row in rows], int)


def save(judge: Judge, path: Path) -> None:
    """Write a judge as safetensors with its questions beside the weights."""
    tables, states = [judge.table] * len(judge.state), list(judge.state)
    if judge.colours:
        tables.append(judge.colours[0])
        states.append(judge.colours[1])
    tensors = {f"{k}.{name}": tensor for k, state in enumerate(states) for name, tensor in state.items()}
    about = {"folds": len(judge.state), "by": judge.by, "answers": json.dumps([table.answers for table in tables])}
    weights.save(path, tensors, about)


def load(path: Path, squeezenet: SqueezeNet) -> Judge:
    about, tensors = weights.metadata(path), weights.load(path)
    tables = [Table({q: tuple(known) for q, known in answers.items()}) for answers in json.loads(about["answers"])]
    states: list[dict[str, Tensor]] = [{} for _ in tables]
    for name, tensor in tensors.items():
        number, _, inner = name.partition(".")
        states[int(number)][inner] = tensor
    folds = int(about["folds"])
    colours = (tables[folds], states[folds]) if len(tables) > folds else None
    return Judge(tables[0], states[:folds], squeezenet, colours, about.get("by", "photograph"))


def judges(folder: Path, domains: Sequence[str], squeezenet: SqueezeNet) -> dict[str, Judge]:
    """The judges of these domains that `main` has written into a folder."""
    return {domain: load(path_of(folder, domain), squeezenet) for domain in domains}


def path_of(folder: Path, domain: str) -> Path:
    return folder / f"judge-{domain}.safetensors"
