"""Train the network that watches: `python -m models.foley.train --data DIR --out DIR`.

DIR is what `models.foley.data` rendered for training; every twentieth clip of it is kept for validation, on which the
picking of peaks and the temperature of the materials are chosen. Each step sees windows of clips, bent anew
(`views.py`), and is asked, of every frame, how near a hit is (a bump a little wider than a frame), and around hits for
the offset in fractions of a frame, the strength (squared error: the mean of what it may be) and the material; some of
the attention maps are shown where hits are. From one view in eight the appearance is hidden, so that the log tells what
it brings, and it can be left out.

With `--look FILE` the appearance is what `train_look.py` has taught, and stays so: only how it is told is learnt here.

Settings for two CPU cores (about 40 minutes); on a GPU the same command trains a larger network on more. Resumable (the
same command goes on from `--out`), deterministic from `--seed` on one machine.
"""

import argparse
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from PIL import Image, ImageDraw
from torch import Tensor, nn

from models import weights
from models.foley import scores
from models.foley.choosing import at_hits, choose
from models.foley.engine import FPS, save_network, show
from models.foley.hits import Curves, pick
from models.foley.network import SIZES, Foley, FoleyConfig, Heads, Motion, config_of
from models.foley.views import Clip, ClipHit, Source, Targets, ViewConfig, about, bent, source, targets
from models.training import Ema, Log, Run, add_settings, cosine, settings

VALIDATION = 20  # every so manieth clip is kept from training
SHEET_CLIPS = 10
_APPEARANCE = "appearance."  # what the names of its weights begin with
_SHEET = (900, 64)  # pixels of a clip's row on a sheet


@dataclass(frozen=True)
class TrainConfig:
    """Settings for two CPU cores and about 40 minutes."""

    seed: int = 0
    sizes: str = "usual"
    views: int = 32_000
    batch: int = 16
    frames: int = 64  # of a view
    views_a_clip: int = 2  # of a clip that is read: to read one takes long
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    onset: float = 6.0
    offset: float = 1.0
    strength: float = 6.0
    material: float = 1.0
    place: float = 0.3
    smoothing: float = 0.05  # of the materials' labels
    hidden: float = 0.125  # share of views whose appearance is hidden
    ema: float = 0.998
    validated: int = 96  # clips, at most, at every checkpoint
    readers: int = 1  # threads that read clips
    keep_every: int = 3_200  # views between checkpoints


GPU = TrainConfig(
    sizes="large", views=480_000, batch=96, frames=96, learning_rate=1.5e-3, readers=12, keep_every=19_200
)


@dataclass(frozen=True)
class Start:
    """What training begins with: drawn at random, or the weights of `begin`; the appearance from `look`, if given.
    blind: no colour is seen and no material asked for, so that time is kept for when and how hard."""

    sizes: FoleyConfig = field(default_factory=FoleyConfig)
    begin: Path | None = None
    look: Path | None = None
    blind: bool = False

    def network(self) -> Foley:
        sizes = config_of(weights.metadata(self.begin)) if self.begin else self.sizes
        if self.look:
            taught = config_of(weights.metadata(self.look))
            sizes = replace(sizes, appearance=taught.appearance, depth=taught.depth)
        network = Foley(sizes)
        state = network.state_dict()
        if self.begin:
            state |= weights.load(self.begin)
        if self.look:
            state = {name: of for name, of in state.items() if not name.startswith(_APPEARANCE)}
            state |= {_APPEARANCE + name: of for name, of in weights.load(self.look).items()}
        network.load_state_dict(state)
        return network

    def seen(self, views: int, minutes: float) -> dict[str, str]:
        """For the notes of weights: all views and minutes, those before `begin` included."""
        before = weights.metadata(self.begin) if self.begin else {}
        each = {"views": views, "minutes": minutes}
        return {name: f"{float(before.get(name, 0)) + more:.0f}" for name, more in each.items()}


class Trainer:
    """The network, and one step of it."""

    def __init__(self, config: TrainConfig, start: Start, clips: Sequence[Clip], device: str):
        torch.manual_seed(config.seed)  # construction only; every later draw comes from the seed and the step
        self.config, self.device, self.clips, self.blind = config, device, clips, start.blind
        self.numbers = [number for number in range(len(clips)) if number % VALIDATION]
        self.view = ViewConfig(frames=config.frames)
        self.network = start.network().to(device, memory_format=torch.channels_last)
        # What has been taught stays as it is, running statistics too.
        eye = self.network.appearance
        self.taught = [eye.stem, eye.blocks, eye.made] if start.look else []
        for part in self.taught:
            part.requires_grad_(False)
        self.averaged = Ema(self.network, config.ema)
        self.optimiser = torch.optim.AdamW(
            [p for p in self.network.parameters() if p.requires_grad],
            config.learning_rate,
            (0.9, 0.98),
            weight_decay=config.weight_decay,
        )

    def parts(self) -> dict:
        return dict(network=self.network, averaged=self.averaged.module, optimiser=self.optimiser)

    def sources(self, images: int) -> tuple[list[Source], Generator]:
        """The windows of the step at `images` views seen, and the chance that goes on from there."""
        config, made = self.config, []
        rng = np.random.default_rng((config.seed, images))
        for number, other in rng.choice(self.numbers, (-(-config.batch // config.views_a_clip), 2)).tolist():
            clip, then = self.clips[number], partial(self.clips.__getitem__, other)
            made += [source(clip, then, rng, self.view) for _ in range(config.views_a_clip)]
        return made[: config.batch], rng

    def step(self, images: int, sources: list[Source], rng: Generator, log: Log) -> int:
        """One step on these windows; returns how many it saw."""
        self.network.train()
        for part in self.taught:
            part.eval()
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.learning_rate * cosine(images / self.config.views)
        grey, colour = bent(sources, rng, self.view, self.device, in_colour=not self.blind)
        shown = torch.from_numpy(rng.random(len(sources)) >= self.config.hidden).to(self.device)
        with torch.autocast(self.device, torch.bfloat16):
            motion = self.network.motion(grey)
            heads = self.network.judge(motion, None if self.blind else self.network.appearance(colour), shown)
        asked = targets(sources).to(self.device)
        loss = self._loss(heads, asked, shown, log) + self._astray(motion, asked, log)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        log.add(**{f"gradient_{name}": _norm(part) for name, part in self.network.named_children()})
        nn.utils.clip_grad_norm_(self.network.parameters(), 4.0)
        self.optimiser.step()
        self.averaged.update(self.network, images // self.config.batch)
        return len(sources)

    def _loss(self, heads: Heads, asked: Targets, shown: Tensor, log: Log) -> Tensor:
        """All that is asked, one number; the log hears how much better than a constant the onset is told, and how much
        the material is told worse where the appearance is hidden."""
        config = self.config
        onset = _mean(F.binary_cross_entropy_with_logits(heads.onset, asked.onset, reduction="none"), asked.asked)
        offset = _mean(F.smooth_l1_loss(heads.offset, asked.offset, reduction="none", beta=0.2), asked.near)
        strength = _mean((heads.strength - asked.strength).square(), asked.near)
        usual = _mean(asked.onset, asked.asked).clamp(1e-4, 1 - 1e-4)
        constant = -(usual * usual.log() + (1 - usual) * (1 - usual).log())
        log.add(onset=onset, onset_of_constant=constant, offset=offset, strength=strength)
        told = config.onset * onset + config.offset * offset + config.strength * strength
        return told if self.blind else told + config.material * self._wrong(heads, asked, shown, log)

    def _wrong(self, heads: Heads, asked: Targets, shown: Tensor, log: Log) -> Tensor:
        """How wrong the material is."""
        material = F.cross_entropy(
            heads.materials.mT, asked.material, reduction="none", label_smoothing=self.config.smoothing
        )  # (B, T)
        for name, those in (("material", shown), ("material_hidden", ~shown)):
            if (near := asked.near * those[:, None]).any():
                log.add(**{name: _mean(material, near)})
        return _mean(material, asked.near)

    def _astray(self, motion: Motion, asked: Targets, log: Log) -> Tensor:
        """How far from a hit the guided maps look: minus the logarithm of their attention about its place."""
        where = motion.where[:, :, : self.network.config.guided]  # (B, T, guided, 8, 8)
        there = (where * about(asked.place)[:, :, None]).sum((3, 4))  # (B, T, guided)
        within = asked.near * (asked.place.abs() < 1).all(-1)
        astray = _mean(-there.clamp_min(1e-4).log().mean(-1), within)
        log.add(astray=astray)
        return self.config.place * astray

    def validate(self, out: Path, images: int) -> Image.Image:
        """Choose picking and temperature, note what is right of the validation clips, and show some of them."""
        network, numbers = self.averaged.module, range(0, len(self.clips), VALIDATION)[: self.config.validated]
        eyes, hits = [], []
        for clip in (self.clips[number] for number in numbers):
            eyes.append(show(network, clip.frames))
            hits.append(clip.hits)
        choose(network, eyes, hits)
        curves, true = [eye.curves() for eye in eyes], [[hit[0] for hit in of] for of in hits]
        shown, hidden = ([eye.heads(appearance=so).materials[0] for eye in eyes] for so in (True, False))
        logits, answers = at_hits(shown, hits)
        found = [[hit.seconds for hit in pick(each, network.picking)] for each in curves]
        told = {f"f1_{name}": scores.count(found, true, within).f1 for name, within in scores.WITHIN.items()}
        told |= {"material": _share_right(logits, answers)}
        told |= {"material_hidden": _share_right(at_hits(hidden, hits)[0], answers)}
        log = Log(out / "validation.jsonl")
        log.add(**{name: torch.tensor(value) for name, value in (told | vars(network.picking)).items()})
        log.write(images)
        return sheet(curves[:SHEET_CLIPS], hits)


def sheet(curves: Sequence[Curves], hits: Sequence[Sequence[ClipHit]]) -> Image.Image:
    """A row a clip: the onset curve in black over the true hits in red, as tall as they are hard."""
    width, height = _SHEET
    page = Image.new("RGB", (width, height * len(curves)), "white")
    pen = ImageDraw.Draw(page)
    for row, (told, of) in enumerate(zip(curves, hits)):
        foot, scale = height * (row + 1) - 2, width / len(told.onset)
        for seconds, strength, _ in of:
            x = seconds * FPS * scale
            pen.line([(x, foot), (x, foot - (height - 6) * max(strength, 0.05))], "red", 3)
        points = [(frame * scale, foot - (height - 6) * float(onset)) for frame, onset in enumerate(told.onset)]
        pen.line([*points, (width, foot)], "black", 1)
    return page


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp_min(1.0)


def _norm(part: nn.Module) -> Tensor:
    gradients = [p.grad.square().sum() for p in part.parameters() if p.grad is not None]
    return torch.stack(gradients).sum().sqrt() if gradients else torch.zeros(())


def _share_right(logits: Tensor, answers: Tensor) -> float:
    return float((logits.argmax(1) == answers).float().mean()) if len(answers) else 0.0


def _read_ahead(trainer: Trainer, images: int) -> Iterator[tuple[list[Source], Generator]]:
    """The windows of this step and all after it, read while the step before is computed."""
    config, waiting = trainer.config, deque[Future]()
    with ThreadPoolExecutor(config.readers) as readers:
        for start in range(images, config.views, config.batch):
            waiting.append(readers.submit(trainer.sources, start))
            if len(waiting) > config.readers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def train(config: TrainConfig, start: Start, clips: Sequence[Clip], out: Path, device: str) -> None:
    """Train on clips and write `foley-hits.safetensors`, a sheet and a log into `out` at every checkpoint."""
    trainer = Trainer(config, start, clips, device)
    run = Run(out, trainer.parts())
    before, began = run.images, run.minutes
    for sources, rng in _read_ahead(trainer, run.images):
        if run.saw(trainer.step(run.images, sources, rng, run.log), config.views, config.keep_every):
            rate = (run.images - before) / max(run.minutes - began, 1e-6) / 60
            print(f"{run.images} views, {rate:.1f} views/s", flush=True)
            run.keep_sheet(trainer.validate(out, run.images))
            about = {"device": device, "clips": str(len(clips))} | start.seen(run.images, run.minutes)
            save_network(trainer.averaged.module, out / "foley-hits.safetensors", about)


def main() -> None:
    from models.foley.unpacked import Unpacked

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="what models.foley.data rendered for training")
    parser.add_argument("--out", type=Path, default=Path("runs/foley"), help="for checkpoints, sheets and weights")
    parser.add_argument("--begin", type=Path, help="weights to begin with, instead of random ones")
    parser.add_argument("--look", type=Path, help="the appearance that models.foley.train_look taught")
    parser.add_argument("--blind", action="store_true", help="without colour: when and how hard, not on what")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, TrainConfig())
    args = parser.parse_args()
    config = settings(args, GPU if args.device.startswith("cuda") else TrainConfig())
    start = Start(SIZES[config.sizes], args.begin, args.look, args.blind)
    train(config, start, Unpacked(args.data), args.out, args.device)


if __name__ == "__main__":
    main()
