"""Train the painter: `python -m models.style.train --data DIR --morphs DIR --encoder FILE --out DIR`.

Johnson et al. 2016's perceptual losses over many paintings at once (Ghiasi et al. 2017): every step paints some photos
in as many styles and asks SqueezeNet for the photo's layout (content), and for the painting's Gram matrices, means and
deviations at two sizes of picture (style); the palette is asked for directly. Besides,

- some samples stand on the way from the photo's own code to the painting's, or at its beginning, and are asked for the
  photo in proportion: that is what strength means,
- some mix two paintings, and are asked for Gram matrices in between,
- two samples of every fourth batch differ in their noise alone, and may not look alike: that is what a seed means,
- half of the samples of the collection use a code of its own, tuned along with the network, that will be its code on
  the wall.

Small crops come first, large ones last. Checkpoints hold weights, codes and a sheet of held-out photos. Resumable (the
same command goes on from `--out`), deterministic from `--seed` on one machine, CPU or GPU.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from models import weights
from models.perceptual import SqueezeNet
from models.style import collection, data, losses
from models.style.gallery import COLOURS, SCALES, Gallery, Style, scales, some_colours
from models.style.losses import CONTENT_LAYER, STYLE_LAYERS
from models.style.network import Painter, StyleConfig, config_of, notes_of
from models.training import Ema, Log, Run, add_settings, cosine, grid, settings, to_pictures, to_tensor

PAIR_EVERY = 4  # steps
FINE_LAYER = "fire3"  # where two paintings of one photo are told apart, and a photo from itself
SHEET_SIDE = 256  # pixels of a picture on a sheet
SHEET_PHOTOS = 4
SHEET_STYLES = ("wheat-field", "great-wave", "blue-swirls", "cradle", "visit", "pink-cloud")
SHEET_PAINTINGS = ("artic_28560", "metmuseum_436528", "clevelandart_1975.40")


@dataclass(frozen=True)
class TrainConfig:
    """Settings for two CPU cores and about 35 minutes."""

    seed: int = 0
    small: int = 20_000  # crops of `small_side`
    large: int = 4_000  # crops of `large_side`, afterwards
    small_side: int = 128
    large_side: int = 208
    small_batch: int = 4
    large_batch: int = 4
    views: int = 8  # of each painting
    collected: float = 0.65  # share of samples in a style of the collection
    learning_rate: float = 1e-3
    content: float = 1.2
    style: float = 6.0
    colour: float = 2.0
    photo: float = 12.0  # of samples whose strength is not 1, for what is missing to 1
    variation: float = 0.02
    overflow: float = 2.0
    diversity: float = 0.3
    margin: float = 0.25  # how different two paintings should be at least, as a share of their features
    weak: float = 0.2  # share of samples whose strength is not 1, a third of them 0
    mixed: float = 0.15  # share of samples of two styles
    jitter: float = 0.05  # of a code, in deviations
    ema: float = 0.997
    keep_every: int = 4_000  # images between checkpoints, each with a sheet

    @property
    def images(self) -> int:
        return self.small + self.large


class Batch:
    """What one step paints: photos, how strongly, in which styles, with which noise; all from the seed and the step."""

    def __init__(self, trainer: "Trainer", images: int):
        config, device = trainer.config, trainer.device
        rng = np.random.default_rng((config.seed, images))
        large = images >= config.small
        count, side = (config.large_batch, config.large_side) if large else (config.small_batch, config.small_side)
        self.pair = images // count % PAIR_EVERY == 0  # the first two differ in their noise alone
        photos = trainer.contents.batch(rng, count, side)
        weak = rng.random(count) < config.weak
        weak[:2] &= not self.pair
        strength = np.where(weak, np.maximum(rng.uniform(-0.45, 0.9, count), 0), 1).astype(np.float32)
        self.views, others = (trainer.gallery.draw(rng, count, config.collected) for _ in range(2))
        mixed = rng.random(count) < config.mixed
        share = np.where(mixed, rng.uniform(0.2, 0.8, count), 1).astype(np.float32)
        self.tuned = (rng.random(count) < 0.5) & ~mixed
        jitter = config.jitter * rng.standard_normal((count, trainer.painter.config.code), np.float32)
        if self.pair:
            for of_each in (photos, self.views, others, share, self.tuned, jitter):
                of_each[1] = of_each[0]
        self.photos = to_tensor(photos, device)
        self.strength, share, self.jitter = (torch.from_numpy(a).to(device) for a in (strength, share, jitter))
        self.style: Style = trainer.gallery.styles(self.views, others, share)
        noise = rng.standard_normal((count, trainer.painter.config.noise, side // 4, side // 4), np.float32)
        self.noise = torch.from_numpy(noise).to(device)
        self.corner = rng.integers(8, size=2).tolist()  # the largest stride of the layers asked
        self.places = torch.from_numpy(rng.random(COLOURS)).to(device)
        self.directions = torch.Generator().manual_seed(int(rng.integers(2**31)))


class Trainer:
    """The painter, the codes of the collection, and one step of both."""

    def __init__(
        self, config: TrainConfig, sizes: StyleConfig, encoder: Path, contents: data.Contents, folder: Path, device: str
    ):
        torch.manual_seed(config.seed)  # construction only; every later draw comes from the seed and the step
        self.config, self.contents, self.device = config, contents, device
        self.painter = Painter(sizes).to(device, memory_format=torch.channels_last)
        self.painter.encoder.load_state_dict(weights.load(encoder))
        self.squeezenet = SqueezeNet(folder / "perceptual" / "squeezenet10-imagenet.safetensors").to(device)
        rng = np.random.default_rng(config.seed)
        self.gallery = Gallery(data.paintings(folder), config.views, self.painter, self.squeezenet, rng)
        self._whiten(to_tensor(contents.batch(rng, 96, config.small_side), device))
        collected = np.flatnonzero(self.gallery.collected)
        self.place = {int(painting): k for k, painting in enumerate(collected)}  # in the table of tuned codes
        self.tuned = nn.Embedding(max(len(collected), 1), sizes.code).to(device)  # in deviations from the mean code
        nn.init.zeros_(self.tuned.weight)
        self.averaged = Ema(nn.ModuleDict({"painter": self.painter, "tuned": self.tuned}), config.ema)
        groups = [
            {"params": [p for p in self.painter.parameters() if p.requires_grad]},
            {"params": self.tuned.parameters(), "weight_decay": 0.01},
        ]
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.99), weight_decay=1e-4)

    def parts(self) -> dict:
        return dict(painter=self.painter, tuned=self.tuned, averaged=self.averaged.module, optimiser=self.optimiser)

    def _whiten(self, photos: Tensor) -> None:
        """Tell the painter in which units codes differ, over paintings and photos alike."""
        with torch.no_grad():
            codes = [self.gallery.codes, torch.cat([self.painter.code(part) for part in photos.split(16)])]
        mean = sum(part.mean(0) for part in codes) / 2
        deviation = sum((part - mean).square().mean(0) for part in codes).div(2).sqrt()
        self.painter.code_mean.copy_(mean)
        self.painter.code_deviation.copy_(deviation + 0.02 * mean.abs() + 1e-3)

    def codes(self, batch: Batch) -> Tensor:
        """Style codes (B, code): a view's, its mixture's, or the tuned one of a painting of the collection."""
        found = batch.style.code.clone()
        means = self.gallery.mean_codes
        for row, painting in enumerate(self.gallery.painting(batch.views)):
            if batch.tuned[row] and int(painting) in self.place:
                offset = self.tuned.weight[self.place[int(painting)]]
                found[row] = means[painting] + offset * self.painter.code_deviation
        with torch.no_grad():
            own = self.painter.code(batch.photos)
        found = own + batch.strength[:, None] * (found - own)
        return found + batch.jitter * self.painter.code_deviation

    def paint(self, batch: Batch, log: Log) -> Tensor:
        """Paintings (B, 3, S, S), in single precision, not yet clamped."""
        code = self.codes(batch)
        with torch.autocast(self.device, torch.bfloat16):
            with torch.no_grad():
                seen = self.painter.look(batch.photos)
            plan, _ = self.painter.plan(seen, code, batch.noise)
            strokes = self.painter.strokes(plan).float()
        log.add(strokes=strokes.square().mean().sqrt(), kept=plan.detail.float().mean())
        return self.painter.underpainting(batch.photos, plan).float() + strokes

    def features(self, pictures: Tensor, names: Sequence[str], corner: Sequence[int]) -> dict[str, Tensor]:
        # SqueezeNet's strides leave a lattice in the gradient; another corner each time keeps it off the paintings.
        with torch.autocast(self.device, torch.bfloat16):
            found = self.squeezenet.features(pictures[..., corner[0] :, corner[1] :], tuple(names))
        return {name: layer.float() for name, layer in zip(names, found)}

    def step(self, images: int, log: Log) -> int:
        """One step at `images` seen; returns how many it saw."""
        batch = Batch(self, images)
        rate = self.config.learning_rate * cosine(images / self.config.images, warm=0.03, floor=0.05)
        for group, times in zip(self.optimiser.param_groups, (1.0, 4.0)):
            group["lr"] = rate * times
        painted = self.paint(batch, log)
        loss = self._loss(batch, painted, log)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        log.add(gradient=nn.utils.clip_grad_norm_(parameters, 20.0))
        self.optimiser.step()
        self.averaged.update(
            nn.ModuleDict({"painter": self.painter, "tuned": self.tuned}), images // self.config.small_batch
        )
        return len(painted)

    def _loss(self, batch: Batch, painted: Tensor, log: Log) -> Tensor:
        """Everything that is asked of paintings (B, 3, S, S), one number."""
        config, strength = self.config, batch.strength
        shown = painted + (painted.clamp(-1, 1) - painted).detach()  # clamped, but for the gradient
        ours = [self.features(picture, STYLE_LAYERS, batch.corner) for picture in scales(shown)]
        with torch.no_grad():
            theirs = self.features(batch.photos, (FINE_LAYER, CONTENT_LAYER), batch.corner)
        content = losses.content_loss(ours[0][CONTENT_LAYER], theirs[CONTENT_LAYER])
        style = [
            losses.style_loss([losses.look(found[name]) for name in STYLE_LAYERS], looks)
            for found, looks in zip(ours, batch.style.looks)
        ]
        colour = losses.colour_loss(some_colours(shown, batch.places), batch.style.colours, batch.directions)
        photo = (shown - batch.photos).abs().mean((1, 2, 3))
        fine = losses.content_loss(ours[0][FINE_LAYER], theirs[FINE_LAYER])
        _note(log, strength == 1, content=content, style=style[0], half=style[1], colour=colour, moved=photo)
        _note(log, strength == 0, photo=photo)
        asked = strength * (config.style * sum(style) / SCALES + config.colour * colour) + config.content * content
        asked = asked + config.photo * (1 - strength) * (photo + 0.1 * fine)
        asked = asked + config.variation * losses.total_variation(shown) + config.overflow * losses.overflow(painted)
        if not batch.pair:
            return asked.mean()
        alike = _alike(ours[0][FINE_LAYER][:2], config.margin)
        log.add(alike=alike)
        return asked.mean() + config.diversity * alike

    @torch.no_grad()
    def collection(self) -> dict[str, NDArray]:
        """The averaged code of every style on the wall."""
        painter, offsets = self.averaged.module["painter"], self.averaged.module["tuned"].weight
        means, numbers = self.gallery.mean_codes, {stem: k for k, stem in enumerate(self.gallery.paintings)}
        codes = {}
        for style in collection.STYLES:
            painting = numbers[style.painting]
            codes[style.slug] = means[painting] + offsets[self.place[painting]] * painter.code_deviation
        return {slug: code.float().cpu().numpy() for slug, code in codes.items()}


def _note(log: Log, those: Tensor, **values: Tensor) -> None:
    """Log the means of losses (B,) over some of a batch (B,), if there are any."""
    if those.any():
        log.add(**{name: value[those].mean() for name, value in values.items()})


def _alike(pair: Tensor, margin: float) -> Tensor:
    """How much too alike the features (2, C, h, w) of two paintings are: 1 the same, 0 different enough."""
    apart = (pair[0] - pair[1]).abs().mean() / pair.detach().abs().mean()
    return torch.relu(1 - apart / margin)


def export(trainer: Trainer, out: Path, run: Run) -> None:
    """The averaged painter and the codes of the collection."""
    painter = trainer.averaged.module["painter"]
    about = {"images": str(run.images), "minutes": f"{run.minutes:.0f}", "device": trainer.device}
    weights.save(out / "style-painter.safetensors", painter, notes_of(painter.config) | about)
    collection.save_codes(trainer.collection(), out / collection.CODES.name)


class Sheet:
    """Held-out photos, in styles of the collection and in those of held-out paintings, which head their columns."""

    def __init__(self, folder: Path, morphs: Path, device: str):
        held_out = data.to_paint(folder, morphs, held_out=True)
        photos = [*held_out["photographs"][:: max(1, len(held_out["photographs"]) // 3)], *held_out["faces"][:1]]
        rng = np.random.default_rng(0)
        self.photos = to_tensor(
            [_square(photo, SHEET_SIDE) for photo in photos[: SHEET_PHOTOS - 1] + photos[-1:]], device
        )
        known, unknown = data.paintings(folder), data.paintings(folder, held_out=True)
        stems = [collection.style(slug).painting for slug in SHEET_STYLES]
        heads = [known[stem] for stem in stems] + [unknown[stem] for stem in SHEET_PAINTINGS]
        self.paintings = [_square(painting, SHEET_SIDE) for painting in heads]
        self.unknown = to_tensor([_square(unknown[stem], data.VIEW) for stem in SHEET_PAINTINGS], device)
        noise = rng.standard_normal((len(self.photos), 32, SHEET_SIDE // 4, SHEET_SIDE // 4), np.float32)
        self.noise = torch.from_numpy(noise).to(device)

    @torch.inference_mode()
    def show(self, trainer: Trainer) -> Image.Image:
        """First the photos and what they are at strength 0, then a column a style."""
        painter, codes = trainer.averaged.module["painter"], trainer.collection()
        known = torch.from_numpy(np.stack([codes[slug] for slug in SHEET_STYLES])).to(self.photos)
        own = painter.code(self.photos)
        columns = [own, *(code.expand_as(own) for code in (*known, *painter.code(self.unknown)))]
        noise = self.noise[:, : painter.config.noise]
        painted = [to_pictures(painter(self.photos, code, noise)[0]) for code in columns]
        blank = np.full((SHEET_SIDE, SHEET_SIDE, 3), 255, np.uint8)
        photos = to_pictures(self.photos)
        rows = [[photos[k], *(column[k] for column in painted)] for k in range(len(photos))]
        return grid([[blank, blank, *self.paintings], *rows])


def _square(picture: NDArray, side: int) -> NDArray:
    short = min(picture.shape[:2])
    top, left = ((length - short) // 2 for length in picture.shape[:2])
    part = Image.fromarray(picture[top : top + short, left : left + short])
    return np.asarray(part.resize((side, side), Image.Resampling.LANCZOS))


def train(config: TrainConfig, folder: Path, morphs: Path, encoder: Path, out: Path, device: str) -> None:
    sizes = config_of(weights.metadata(encoder))
    trainer = Trainer(config, sizes, encoder, data.Contents(data.to_paint(folder, morphs)), folder, device)
    sheet = Sheet(folder, morphs, device)
    run = Run(out, trainer.parts())
    before, began = run.images, run.minutes
    while run.images < config.images:
        if run.saw(trainer.step(run.images, run.log), config.images, config.keep_every):
            rate = (run.images - before) / max(run.minutes - began, 1e-6) / 60
            print(f"{run.images} images, {rate:.1f} images/s", flush=True)
            run.keep_sheet(sheet.show(trainer))
            export(trainer, out, run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--morphs", type=Path, required=True, help="folder with the rendered morphs train and held-out")
    parser.add_argument("--encoder", type=Path, required=True, help="the encoder.safetensors of train_encoder")
    parser.add_argument("--out", type=Path, default=Path("runs/style"), help="for checkpoints, sheets and weights")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, TrainConfig())
    args = parser.parse_args()
    train(settings(args, TrainConfig()), args.data, args.morphs, args.encoder, args.out, args.device)


if __name__ == "__main__":
    main()
