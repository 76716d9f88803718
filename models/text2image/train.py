"""Train prior and text encoder: `python -m models.text2image.train --set DIR --autoencoder DIR`.

A rectified flow (Liu et al. 2022, arXiv:2209.03003) on the autoencoder's latents, with times drawn logit-normally as
in Stable Diffusion 3 (Esser et al. 2024, arXiv:2403.03206), a little to the noisy side. The text encoder learns along
from nothing. Captions are drawn anew for every view, and some are left empty for classifier-free guidance (Ho and
Salimans 2022, arXiv:2207.12598). Matrices of the blocks move by Muon (Jordan et al. 2024), everything else by AdamW.

A flow's errors say little about whether the third star is red. So a witness (`--witness`, of `train_witness.py`) may be
asked what the estimate of the finished latents shows that each step makes anyway, and what it misses of what is true is
part of the loss: a classifier's cross-entropy beside the flow's error, for one forward pass of both. Of several
witnesses each step asks one, so that what pleases a single one of them pays less.

Latents are encoded once and kept. At every checkpoint `house/` holds the whole pipeline as it would ship, and a sheet
shows four pictures, the first four seeds, of each prompt. Resumable (the same command goes on from `--out`),
deterministic from `--seed` on one machine, CPU or GPU; on a GPU more is to be had from `--width 512 --layers 12
--heads 8 --batch 256` and from a set and an autoencoder of 256 pixels. `--begin` goes on from a house/, with another
schedule; `--compile` has the blocks compiled first (it takes a C++ compiler and a minute).
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, PixArtAlphaPipeline
from diffusers.models.attention_processor import AttnProcessor
from PIL import Image
from torch import Tensor, nn
from transformers import BatchEncoding

from models.text2image import folder, witness
from models.text2image.critic import some
from models.text2image.data import Captioned
from models.text2image.latents import encoded
from models.text2image.missed import disturbed, missed
from models.text2image.mixture import Mixture, kind
from models.text2image.network import WORDS, Flow, TextToImageConfig, make_flow, make_pipeline
from models.text2image.tokenizer import build
from models.text2image.train_witness import facts_told
from models.text2image.witness import Question, Witness
from models.text2image.words import EXAMPLES, VOCABULARY
from models.training import Ema, Log, Run, add_settings, cosine, grid, settings

# How often each kind is seen. Scenes have most to say; the few photographs of flowers, three times as hard to tell
# from noise as the rest, would drown it in their gradients if they came as often.
SHARES = {
    "portrait": 0.26, "fruit": 0.1, "withered": 0.02, "flower": 0.12, "sketch": 0.1,
    "shapes": 0.2, "landscape": 0.08, "still life": 0.12,
}  # fmt: skip
STEPS, GUIDANCE = 5, 1.5  # of the sheets
QUESTIONS = 5  # about an estimate, at most


@dataclass(frozen=True)
class TrainConfig:
    """Settings for two CPU cores and about an hour."""

    seed: int = 0
    views: int = 165_000
    batch: int = 64
    width: int = 256
    layers: int = 8
    heads: int = 4
    learning_rate: float = 1e-3  # of AdamW
    muon: float = 4e-3
    empty: float = 0.12  # share of captions left out
    whole: float = 0.5  # share of captions that leave nothing out, as who asks for a picture does
    time_mean: float = 0.2  # of the logit of t
    time_spread: float = 1.1
    asked: float = 0.3  # weight of what a witness misses in estimates, where there is one
    noise: float = 0.4  # most that is added to what it is shown
    clear: float = 0.4  # share shown without
    ema: float = 0.998
    keep_every: int = 20_480  # views between checkpoints


class Trainer:
    """The flow, its optimisers, and one step of them."""

    def __init__(
        self,
        config: TrainConfig,
        captioned: Captioned,
        autoencoder: AutoencoderKL,
        flow: Flow,
        out: Path,
        device: str,
        seen_by: Sequence[Witness] = (),
    ):
        self.config, self.device, self.set = config, device, captioned
        self.autoencoder = autoencoder.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
        self.latents = encoded(captioned, self.autoencoder, out)
        kinds = [kind(domain, captioned.facts(row)) for row, domain in enumerate(captioned.domains)]
        self.kinds = np.array(kinds)[self.latents.rows]
        self.mixture = Mixture(self.kinds, SHARES)
        self.witnesses = [one.to(device) for one in seen_by]
        self.told = facts_told(captioned, self.latents) if seen_by else []
        self.tokenizer = build(VOCABULARY)
        self.flow = flow.to(device)
        self.averaged = Ema(self.flow, config.ema)
        if device == "cpu":  # over so few tokens, plain matrix products are a quarter faster than flash attention
            self.flow.prior.set_attn_processor(AttnProcessor())
        matrices, others = split_parameters(self.flow)
        self.muon = torch.optim.Muon(matrices, config.muon, weight_decay=0.02, adjust_lr_fn="match_rms_adamw")
        self.adamw = torch.optim.AdamW(others, config.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)

    def parts(self) -> dict:
        return dict(flow=self.flow, averaged=self.averaged.module, muon=self.muon, adamw=self.adamw)

    def compile(self) -> None:
        """Have the prior's blocks compiled at the first step, once for all of them."""
        for block in self.flow.prior.transformer_blocks:
            block.compile(dynamic=False)

    def step(self, views: int, log: Log) -> int:
        """One step at `views` seen; returns how many it saw."""
        rng = np.random.default_rng((self.config.seed, views))
        self.learn(self.flow_loss(rng, log, self.config.batch), views)
        return self.config.batch

    def flow_loss(self, rng: np.random.Generator, log: Log, count: int) -> Tensor:
        """The mean error of the velocity, of `count` latents drawn by `rng`."""
        chance, picks = self.chance(rng), self.mixture.rows(rng, count)
        latents = torch.from_numpy(self.latents.values[picks]).to(self.device).float()
        said = self._captions(self.latents.rows[picks], rng)
        t = self._times(len(picks), chance)
        noise = torch.randn(latents.shape, generator=chance, device=self.device)
        share = t[:, None, None, None]
        noisy = torch.lerp(latents, noise, share)
        with torch.autocast(self.device, torch.bfloat16):
            velocity = self.flow(noisy, t, self.tokens(said))
        errors = (velocity.float() - (noise - latents)).square().mean((1, 2, 3))  # (B,)
        self._note(errors.detach(), self.kinds[picks], log)
        if not self.witnesses:
            return errors.mean()
        estimates, by = noisy - share * velocity.float(), self.witnesses[rng.integers(len(self.witnesses))]
        return errors.mean() + self.config.asked * self._missed(by, estimates, picks, said, rng, log)

    def _missed(
        self, by: Witness, estimates: Tensor, picks: np.ndarray, said: Sequence[str], rng: np.random.Generator, log: Log
    ) -> Tensor:
        """What a witness misses in estimates (B, C, h, w) of latents of which something was said."""
        kinds = self.kinds[picks].tolist()
        told = [Question.all_of(*self.told[pick]) if words else [] for pick, words in zip(picks, said)]
        shown = disturbed(estimates, kinds, rng, self.config.noise, self.config.clear)
        return missed(by, shown, kinds, some(told, QUESTIONS, rng), log)

    def learn(self, loss: Tensor, views: int) -> None:
        """Move every weight, by the rates that are due at `views` seen."""
        config, optimisers = self.config, (self.muon, self.adamw)
        for optimiser, rate in zip(optimisers, (config.muon, config.learning_rate)):
            for group in optimiser.param_groups:
                group["lr"] = rate * cosine(views / config.views)
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.flow.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
        self.averaged.update(self.flow, views // config.batch)

    def chance(self, rng: np.random.Generator) -> torch.Generator:
        """Torch's own chance, from a number that `rng` draws."""
        return torch.Generator(self.device).manual_seed(int(rng.integers(2**62)))

    def tokens(self, said: Sequence[str]) -> BatchEncoding:
        """As long as any may be: a compiled network is compiled for one length."""
        words = self.tokenizer(list(said), padding="max_length", truncation=True, max_length=WORDS, return_tensors="pt")
        return words.to(self.device)

    def _captions(self, rows: np.ndarray, rng: np.random.Generator) -> list[str]:
        said = self.set.captions(rows, rng, self.config.whole)
        return ["" if rng.random() < self.config.empty else caption for caption in said]

    def _times(self, count: int, chance: torch.Generator) -> Tensor:
        """t (B,) in 0..1, one from each of `count` equally likely stretches, so that batches are alike."""
        within = torch.rand(count, generator=chance, device=self.device)
        share = (torch.randperm(count, generator=chance, device=self.device) + within) / count
        normal = torch.special.ndtri(share.clamp(1e-4, 1 - 1e-4))
        return torch.sigmoid(self.config.time_spread * normal + self.config.time_mean)

    def _note(self, errors: Tensor, kinds: np.ndarray, log: Log) -> None:
        log.add(loss=errors.mean())
        for name in np.unique(kinds):
            log.add(**{str(name): errors[torch.from_numpy(kinds == name)].mean()})

    def pipeline(self) -> PixArtAlphaPipeline:
        """What would ship now: the averaged networks."""
        flow = self.averaged.module
        return make_pipeline(self.autoencoder, flow.prior, flow.text_encoder, self.tokenizer)


def split_parameters(flow: Flow) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Matrices inside the blocks of both networks, which Muon makes orthogonal, and everything else."""
    blocks = ("transformer_blocks", "encoder.layers")
    matrices = {
        name: parameter
        for name, parameter in flow.named_parameters()
        if parameter.ndim == 2 and any(block in name for block in blocks) and "scale_shift" not in name
    }
    return list(matrices.values()), [p for name, p in flow.named_parameters() if name not in matrices]


@torch.inference_mode()
def sheet(pipeline: PixArtAlphaPipeline, prompts: tuple[str, ...], columns: int = 4) -> Image.Image:
    """A row for each prompt, `columns` pictures in it: seeds 0, 1, 2, 3, never hand-picked. Two prompts a line."""
    cells = []
    for prompt in prompts:
        with torch.autocast(pipeline.device.type, torch.bfloat16):
            pictures = pipeline(
                prompt,
                num_inference_steps=STEPS,
                guidance_scale=GUIDANCE,
                num_images_per_prompt=columns,
                generator=[torch.Generator().manual_seed(seed) for seed in range(columns)],
                output_type="np",
                clean_caption=False,
                use_resolution_binning=False,
                max_sequence_length=WORDS,
            ).images
        cells.append(list((pictures * 255).round().astype(np.uint8)))
    if len(cells) % 2:
        cells.append([np.full_like(cells[0][0], 255)] * columns)
    return grid([left + right for left, right in zip(cells[::2], cells[1::2])])


def _fresh(config: TrainConfig, autoencoder: AutoencoderKL) -> Flow:
    """Networks to begin with, for the latents of this autoencoder."""
    torch.manual_seed(config.seed)  # construction only; every later draw comes from the seed and the step
    shape = TextToImageConfig(
        side=autoencoder.config.sample_size,
        channels=autoencoder.config.latent_channels,
        width=config.width,
        layers=config.layers,
        heads=config.heads,
    )
    return make_flow(shape, build(VOCABULARY))


def flow_of(pipeline: PixArtAlphaPipeline) -> Flow:
    """A pipeline's networks, to go on learning."""
    return Flow(pipeline.text_encoder, pipeline.transformer).train().requires_grad_(True)


def train(
    config: TrainConfig,
    captioned: Path,
    autoencoder: Path,
    out: Path,
    device: str,
    begin: Path | None = None,
    seen_by: Sequence[Path] = (),
    compiled: bool = False,
) -> None:
    """Train on captioned/train into `out`, from nothing or from the house/ `begin`, asked by `seen_by`."""
    out.mkdir(parents=True, exist_ok=True)  # where the trainer keeps its latents
    network = AutoencoderKL.from_pretrained(autoencoder, local_files_only=True)
    flow = flow_of(folder.read(begin)) if begin else _fresh(config, network)
    before = folder.about(begin) if begin else {}
    known = [witness.load(path) for path in seen_by]
    trainer = Trainer(config, Captioned(captioned / "train"), network, flow, out, device, known)
    run = Run(out, trainer.parts())
    if compiled:
        trainer.compile()
    while run.images < config.views:
        if run.saw(trainer.step(run.images, run.log), config.views, config.keep_every):
            pipeline = trainer.pipeline()
            run.keep_sheet(sheet(pipeline, EXAMPLES))
            seen, minutes = (before.get(name, 0) for name in ("images", "minutes"))
            about = dict(images=seen + run.images, minutes=round(minutes + run.minutes), device=device)
            folder.write(pipeline, out / "house", before | about)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True, help="folder with a captioned set train/")
    parser.add_argument("--autoencoder", type=Path, required=True, help="the vae/ that train_autoencoder wrote")
    parser.add_argument("--begin", type=Path, help="a house/ to go on from, made with the same autoencoder")
    parser.add_argument(
        "--witness", type=Path, nargs="+", default=(), help="taught by train_witness, asked of estimates"
    )
    parser.add_argument("--compile", action="store_true", help="compile the blocks: steps take two thirds of the time")
    parser.add_argument("--out", type=Path, default=Path("runs/text2image"), help="for checkpoints, sheets and house/")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_settings(parser, TrainConfig())
    args = parser.parse_args()
    config = settings(args, TrainConfig())
    train(config, args.set, args.autoencoder, args.out, args.device, args.begin, args.witness, args.compile)


if __name__ == "__main__":
    main()
