"""The judges of prompt faithfulness: small classifiers that answer questions about a picture (`questions.py`).

`python -m models.text2image.classifiers --set DIR --data DIR --morphs DIR --out DIR` teaches one a domain in some
minutes, on pictures the generator never saw; they are tools of `evaluate.py` and do not ship. Portraits, drawings and
scenes are judged by a residual network (He et al. 2016, arXiv:1512.03385) taught on fresh ones (`lessons.py`);
photographs of fruit and flowers, of which there are few, by a probe (`probe.py`). Flowers are so few that the held-out
ones are taught with: their probe is several, each taught on all but one fold, and a held-out photograph is judged by
the one that has not seen it.
"""

import argparse
import json
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models import weights
from models.faces.regressor import Residual
from models.perceptual import SqueezeNet
from models.text2image import colour_judge, lessons, probe
from models.text2image.bench import PERCEPTUAL
from models.text2image.data import Captioned
from models.text2image.lessons import Lessons
from models.text2image.questions import Table, answers
from models.training import cosine, to_tensor

PIECE = 64


@dataclass(frozen=True)
class TeachConfig:
    seed: int = 0
    batch: int = 64
    views: int = 24_000  # pictures seen by each network
    colour_views: int = 60_000  # and by the network of colours, whose pictures are small
    learning_rate: float = 3e-3
    decay: float = 0.02
    lessons: int = 5000  # pictures a network learns from
    probe_lessons: int = 1500
    folds: int = 5  # of the flowers' probes
    shrink: float = 0.1  # of a probe's weights


@dataclass(frozen=True)
class Sources:
    """Where lessons come from: the training data, and morphs rendered with another seed than the generator's."""

    data: Path
    morphs: Path


class Network(nn.Module):
    """Pictures float (B, channels, S, S) in [-1, 1] to outputs (B, outputs); keeps where things are.

    Every width halves the side, which has to be 4 after the last.
    """

    def __init__(self, outputs: int, widths: tuple[int, ...] = (24, 32, 64, 96, 128), channels: int = 3):
        super().__init__()
        layers: list[nn.Module] = []
        inside = channels
        for depth, width in enumerate(widths):
            layers += [nn.Conv2d(inside, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            if depth > 1:  # from 16 px on; finer levels would cost more than all others together
                layers.append(Residual(width))
            inside = width
        self.layers = nn.Sequential(*layers, nn.Conv2d(inside, 64, 1), nn.ReLU())  # (B, 64, 4, 4)
        self.head = nn.Linear(64 * 16, outputs)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(F.dropout(self.layers(pictures).flatten(1), 0.2, self.training))


class Judge:
    """Answers the questions of `known` about pictures of one domain.

    `state`: the weights of a classifier of the table's questions, one a fold. `colours`, of scenes: the answers about
    the things of a colour, by slot, and the weights of the network that gives them.
    """

    def __init__(
        self,
        table: Table,
        state: list[dict[str, Tensor]],
        squeezenet: SqueezeNet,
        colours: tuple[Table, dict[str, Tensor]] | None = None,
    ):
        self.table, self.state, self.squeezenet, self.colours = table, state, squeezenet, colours

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
            network = _colour_network(table, state)
            for colour in colour_judge.REFERENCES:
                seen = _run(network, colour_judge.shown(pictures, [colour] * len(pictures)))
                found |= {f"{colour} {slot}": answers for slot, answers in _named(table, [seen]).items()}
        return found

    def folds(self, held_out: Captioned, rows: NDArray) -> NDArray:
        """Which of its classifiers has not seen these held-out pictures: int64 (N,)."""
        return _folds(held_out, rows, len(self.state))

    def _outputs(self, pictures: NDArray) -> list[Tensor]:
        """Outputs (N, sum of answers) of each fold's classifier."""
        if "probe" in self.state[0]:
            described = probe.describe(self.squeezenet, pictures)
            return [probe.read(state["probe"], described) for state in self.state]
        return [_run(_network(self.table, state), pictures) for state in self.state]


def _named(table: Table, lots: Sequence[Tensor]) -> dict[str, list[str]]:
    """The answers that outputs (N, sum of answers) speak for, by question; several lots count equally."""
    parts = [by_question(table, lot) for lot in lots]
    chances = [torch.stack([part[q].softmax(1) for part in parts]).mean(0) for q in range(len(table.answers))]
    named = zip(table.answers.items(), chances)
    return {question: [answers[k] for k in chance.argmax(1).tolist()] for (question, answers), chance in named}


def _network(table: Table, state: dict[str, Tensor] | None = None, **sizes: int | tuple[int, ...]) -> Network:
    network = Network(sum(map(len, table.answers.values())), **sizes).to(memory_format=torch.channels_last)
    if state:
        network.load_state_dict(state)
    return network.eval()


def _colour_network(table: Table, state: dict[str, Tensor] | None = None) -> Network:
    return _network(table, state, widths=colour_judge.WIDTHS, channels=colour_judge.CHANNELS)


def _run(network: Network, pictures: NDArray) -> Tensor:
    """Outputs for pictures uint8, or what a colour network sees."""
    pieces = [_tensor(pictures[start : start + PIECE]) for start in range(0, len(pictures), PIECE)]
    return torch.cat([network(piece) for piece in pieces])


def _tensor(pictures: NDArray) -> Tensor:
    if pictures.dtype == np.uint8:
        return to_tensor(pictures)
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def by_question(table: Table, outputs: Tensor) -> list[Tensor]:
    """Outputs (N, sum of answers) as one (N, answers) a question."""
    return list(outputs.split([len(known) for known in table.answers.values()], 1))


def loss_of(table: Table, outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of what is known: labels (B, Q), those below 0 are not."""
    parts = zip(by_question(table, outputs), labels.T)
    losses = [F.cross_entropy(part, label, ignore_index=-1, reduction="sum") for part, label in parts]
    return torch.stack(losses).sum() / (labels >= 0).sum().clamp_min(1)


def worn(picture: NDArray, rng: np.random.Generator) -> NDArray:
    """A picture as a generator might shift, blur and tint it: a judge must not hang on crispness."""
    side, scale = len(picture), rng.uniform(0.94, 1.06)
    matrix = np.array([[scale, 0, 0], [0, scale, 0]])
    matrix[:, 2] = (1 - scale) * side / 2 + rng.uniform(-4, 4, 2)
    picture = cv2.warpAffine(picture, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)
    if rng.random() < 0.6:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6))
    tinted = picture * rng.normal(1, 0.03, 3) + rng.normal(0, 4)
    return np.clip(tinted, 0, 255).astype(np.uint8)


def teach_network(pictures: NDArray, labels: NDArray, table: Table, config: TeachConfig) -> dict[str, Tensor]:
    """The weights of a network that answers the table's questions."""

    def batch(rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        rows = rng.choice(len(pictures), min(config.batch, len(pictures)), replace=False)
        return np.stack([worn(pictures[row], rng) for row in rows]), labels[rows]

    return _taught(_network(table), table, batch, config)


def teach_colours(taught: Lessons, config: TeachConfig) -> tuple[Table, dict[str, Tensor]]:
    """What can be asked about the things of a colour, and the weights of a network that answers it."""
    table = Table.of([colour_judge.about(told, c) for told in taught.told for c in colour_judge.REFERENCES])

    def batch(rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        rows = rng.choice(len(taught.told), min(config.batch, len(taught.told)), replace=False)
        colours = [colour_judge.lesson(taught.told[row], rng) for row in rows]
        pictures = np.stack([worn(taught.pictures[row], rng) for row in rows])
        told = [colour_judge.about(taught.told[row], colour) for row, colour in zip(rows, colours)]
        return colour_judge.shown(pictures, colours), table.labels(told)

    return table, _taught(_colour_network(table), table, batch, replace(config, views=config.colour_views))


def _taught(
    network: Network, table: Table, batch: Callable[[np.random.Generator], tuple[NDArray, NDArray]], config: TeachConfig
) -> dict[str, Tensor]:
    """The network's weights once it has seen `config.views` pictures, drawn by `batch` with their labels."""
    torch.manual_seed(config.seed)  # dropout
    optimiser = torch.optim.AdamW(network.train().parameters(), config.learning_rate, weight_decay=config.decay)
    for seen in range(0, config.views, config.batch):
        pictures, labels = batch(np.random.default_rng((config.seed, seen)))
        optimiser.param_groups[0]["lr"] = config.learning_rate * cosine(seen / config.views)
        with torch.autocast("cpu", torch.bfloat16):
            outputs = network(_tensor(pictures))
        loss = loss_of(table, outputs.float(), torch.from_numpy(labels))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    return network.state_dict()


def teach(domain: str, held_out: Captioned, sources: Sources, config: TeachConfig) -> Judge:
    """The judge of one domain."""
    squeezenet, data = SqueezeNet(sources.data / PERCEPTUAL), sources.data
    if domain == "flower":
        return _flower_probes(held_out, lessons.rejected_flowers(data), squeezenet, config)
    if domain == "fruit":
        taught = lessons.fruits(data, config.probe_lessons)
        return _probes(taught, np.full(len(taught.told), -1), squeezenet, 1, config.shrink)
    lesson = {
        "scene": lambda: lessons.scenes(data, config.lessons),
        "sketch": lambda: lessons.drawings(data, config.lessons),
        "portrait": lambda: lessons.faces(sources.morphs, config.lessons),
    }[domain]()
    plain = [{q: a for q, a in told.items() if not colour_judge.is_about_colour(q)} for told in lesson.told]
    table = Table.of(plain)
    state = teach_network(lesson.pictures, table.labels(plain), table, config)
    return Judge(table, [state], squeezenet, teach_colours(lesson, config) if domain == "scene" else None)


def _flower_probes(held_out: Captioned, more: Lessons, squeezenet: SqueezeNet, config: TeachConfig) -> Judge:
    """There are few photographs of flowers, so all are taught with: rejected ones, and of the held-out ones all but a
    fold.
    """
    rows = np.flatnonzero(np.asarray(held_out.domains) == "flower")
    taught = Lessons(
        np.concatenate([held_out.images(rows), more.pictures]), _told(held_out, rows, "flower") + more.told
    )
    fold = np.concatenate([_folds(held_out, rows, config.folds), np.full(len(more.told), -1)])
    return _probes(taught, fold, squeezenet, config.folds, config.shrink)


def _probes(taught: Lessons, fold: NDArray, squeezenet: SqueezeNet, count: int, shrink: float) -> Judge:
    """A judge of `count` probes, each taught with all pictures but those of its fold; those of fold -1 are in none."""
    table, described = Table.of(taught.told), probe.describe(squeezenet, taught.pictures)
    labels, sizes = table.labels(taught.told), [len(known) for known in table.answers.values()]
    others = [fold != k for k in range(count)]
    return Judge(table, [{"probe": probe.fit(described[o], labels[o], sizes, shrink)} for o in others], squeezenet)


def _folds(held_out: Captioned, rows: NDArray, count: int) -> NDArray:
    """A fold for each row; pictures of one source share theirs."""
    return np.array([zlib.crc32(held_out.source(int(row)).encode()) % count for row in rows], int)


def _told(held_out: Captioned, rows: NDArray, domain: str) -> list[dict[str, str]]:
    return [answers(held_out.facts(int(row)), domain) for row in rows]


def save(judge: Judge, path: Path) -> None:
    """Write a judge as safetensors with its questions beside the weights."""
    tables, states = [judge.table] * len(judge.state), list(judge.state)
    if judge.colours:
        tables.append(judge.colours[0])
        states.append(judge.colours[1])
    tensors = {f"{k}.{name}": tensor for k, state in enumerate(states) for name, tensor in state.items()}
    about = {"folds": len(judge.state), "answers": json.dumps([table.answers for table in tables])}
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
    return Judge(tables[0], states[:folds], squeezenet, colours)


def judges(folder: Path, domains: Sequence[str], squeezenet: SqueezeNet) -> dict[str, Judge]:
    """The judges of these domains that `main` has written into a folder."""
    return {domain: load(path_of(folder, domain), squeezenet) for domain in domains}


def path_of(folder: Path, domain: str) -> Path:
    return folder / f"judge-{domain}.safetensors"


def accuracy(judge: Judge, held_out: Captioned, domain: str, most: int = 600) -> dict[str, float]:
    """Share of held-out pictures that are judged right, by question; what is not there does not count."""
    rows = np.flatnonzero(np.asarray(held_out.domains) == domain)[:most]
    found = judge.answer(held_out.images(rows), judge.folds(held_out, rows))
    told = _told(held_out, rows, domain)
    right = {q: [found[q][k] == facts[q] for k, facts in enumerate(told) if q in facts] for q in found}
    return {question: round(float(np.mean(hits)), 3) for question, hits in right.items() if hits}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True, help="folder of the captioned sets train/ and held-out/")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data, for SqueezeNet")
    parser.add_argument("--morphs", type=Path, required=True, help="morphs of another seed than the generator's")
    parser.add_argument("--out", type=Path, default=Path("runs/text2image-judges"))
    parser.add_argument("--only", nargs="+", metavar="DOMAIN", help="teach these judges alone")
    for name, value in asdict(TeachConfig()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    args = vars(parser.parse_args())
    sets, data, morphs, out, only = (args.pop(name) for name in ("set", "data", "morphs", "out", "only"))
    held_out = Captioned(sets / "held-out")
    for domain in only or sorted(set(held_out.domains)):
        began = time.monotonic()
        judge = teach(domain, held_out, Sources(data, morphs), TeachConfig(**args))
        save(judge, path_of(out, domain))
        figures = {"right": accuracy(judge, held_out, domain), "seconds": round(time.monotonic() - began)}
        print(json.dumps({domain: figures}), flush=True)


if __name__ == "__main__":
    main()
