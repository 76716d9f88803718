"""The judges of prompt faithfulness: small classifiers that answer questions about a picture (`questions.py`).

`python -m models.text2image.classifiers --set DIR --data DIR --morphs DIR --out DIR` teaches one a domain in some
minutes, on pictures the generator never saw; they are tools of `evaluate.py` and do not ship. Drawings and scenes are
judged by residual networks (He et al. 2016, arXiv:1512.03385), portraits, fruit and flowers by probes (`probe.py`), all
taught on fresh pictures (`lessons.py`). Flowers are so few that the held-out
ones are taught with: their probe is several, each taught on all but one fold, and a held-out photograph is judged by
the one that has not seen it.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.perceptual import SqueezeNet
from models.text2image import colour_judge, lessons, probe
from models.text2image.bench import PERCEPTUAL
from models.text2image.data import Captioned
from models.text2image.judge import (
    Judge,
    Network,
    as_tensor,
    by_question,
    colour_network_for,
    folds_of,
    network_for,
    path_of,
    save,
)
from models.text2image.lessons import Lessons
from models.text2image.questions import Table, answers
from models.training import cosine


@dataclass(frozen=True)
class TeachConfig:
    seed: int = 0
    batch: int = 64
    views: int = 24_000  # pictures seen by each network
    colour_views: int = 100_000  # and by the network of colours, whose pictures are small
    learning_rate: float = 3e-3
    decay: float = 0.02
    lessons: int = 5000  # pictures a network learns from
    probe_lessons: int = 1500
    folds: int = 5  # of the flowers' probes
    shrink: float = 0.03  # of a probe's weights


@dataclass(frozen=True)
class Sources:
    """Where lessons come from: the training data, and morphs rendered with another seed than the generator's."""

    data: Path
    morphs: Path


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

    return _taught(network_for(table), table, batch, config)


def teach_colours(taught: Lessons, config: TeachConfig) -> tuple[Table, dict[str, Tensor]]:
    """What can be asked about the things of a colour, and the weights of a network that answers it."""
    table = Table.of([colour_judge.about(told, c) for told in taught.told for c in colour_judge.REFERENCES])

    def batch(rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        rows = rng.choice(len(taught.told), min(config.batch, len(taught.told)), replace=False)
        colours = [colour_judge.lesson(taught.told[row], rng) for row in rows]
        pictures = np.stack([worn(taught.pictures[row], rng) for row in rows])
        told = [colour_judge.about(taught.told[row], colour) for row, colour in zip(rows, colours)]
        return colour_judge.shown(pictures, colours), table.labels(told)

    return table, _taught(colour_network_for(table), table, batch, replace(config, views=config.colour_views))


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
            outputs = network(as_tensor(pictures))
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
        return _probe(lessons.fruits(data, config.probe_lessons), squeezenet, config.shrink, "photograph")
    if domain == "portrait":
        return _probe(lessons.faces(sources.morphs, config.lessons), squeezenet, config.shrink, "face")
    taught = lessons.scenes if domain == "scene" else lessons.drawings
    lesson = taught(data, config.lessons)
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
    fold = np.concatenate([folds_of(held_out, rows, config.folds), np.full(len(more.told), -1)])
    others = [fold != k for k in range(config.folds)]
    return _probes(taught, others, squeezenet, config.shrink, "photograph")


def _probe(taught: Lessons, squeezenet: SqueezeNet, shrink: float, by: str) -> Judge:
    """A judge of one probe, taught with everything."""
    return _probes(taught, [np.full(len(taught.told), True)], squeezenet, shrink, by)


def _probes(taught: Lessons, shares: list[NDArray], squeezenet: SqueezeNet, shrink: float, by: str) -> Judge:
    """A judge of as many probes as there are shares, bool (N,), of the lessons; each is taught with its own."""
    table, described = Table.of(taught.told), probe.DESCRIPTIONS[by](squeezenet, taught.pictures)
    labels, sizes = table.labels(taught.told), [len(known) for known in table.answers.values()]
    state = [{"probe": probe.fit(described[share], labels[share], sizes, shrink)} for share in shares]
    return Judge(table, state, squeezenet, by=by)


def _told(held_out: Captioned, rows: NDArray, domain: str) -> list[dict[str, str]]:
    return [answers(held_out.facts(int(row)), domain) for row in rows]


def accuracy(judge: Judge, held_out: Captioned, domain: str, most: int = 600) -> dict[str, float]:
    """Share of held-out pictures that are judged right, by question; what is not there does not count."""
    rows = np.flatnonzero(np.asarray(held_out.domains) == domain)[:most]
    found = judge.answer(held_out.images(rows), judge.folds(held_out, rows))
    told = _told(held_out, rows, domain)
    right = {
        q: [found[q][k] == facts[q] for k, facts in enumerate(told) if facts.get(q) in known]
        for q, known in judge.known.items()
    }
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
