"""The house model's networks: stock classes of diffusers and transformers, small, in their configurations alone.

Latent diffusion (Rombach et al. 2022, arXiv:2112.10752) in PixArt's form (Chen et al. 2023, arXiv:2310.00426): an
autoencoder makes a picture eight times smaller, a transformer with cross-attention to the words makes such latents out
of noise, a CLIP text model (Radford et al. 2021) reads the words. The transformer is a rectified flow (Liu et al. 2022,
arXiv:2209.03003): x_t = (1 - t) x_0 + t noise, and it says noise - x_0, being told t as timestep 1000 t.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from diffusers import AutoencoderKL, DPMSolverMultistepScheduler, PixArtAlphaPipeline, PixArtTransformer2DModel
from torch import Tensor, nn
from transformers import BatchEncoding, CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast

from models.text2image.tokenizer import LONGEST, build

WORDS = 32  # tokens that training reads of a caption; the text model has room for LONGEST


@dataclass(frozen=True)
class TextToImageConfig:
    """Sizes of the three networks; widths of the autoencoder from the finest level to the coarsest."""

    side: int = 128  # pixels of a picture
    channels: int = 8  # of a latent
    autoencoder_widths: tuple[int, ...] = (32, 64, 128, 192)
    width: int = 256
    layers: int = 8
    heads: int = 4
    text_width: int = 192
    text_layers: int = 2
    text_heads: int = 3

    @property
    def latent_side(self) -> int:
        return self.side // 2 ** (len(self.autoencoder_widths) - 1)


TINY = TextToImageConfig(32, 8, (8, 8, 16, 16), 16, 2, 2, 16, 1, 2)


def make_autoencoder(config: TextToImageConfig) -> AutoencoderKL:
    """Pictures (B, 3, side, side) in [-1, 1] to latents (B, channels, side/8, side/8) and back."""
    levels = len(config.autoencoder_widths)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=config.autoencoder_widths,
        layers_per_block=1,
        latent_channels=config.channels,
        norm_num_groups=8,
        sample_size=config.side,
        scaling_factor=1.0,
        force_upcast=False,
        mid_block_add_attention=False,
    )


def make_prior(config: TextToImageConfig) -> PixArtTransformer2DModel:
    """The transformer that takes the noise off latents (B, channels, latent_side, latent_side)."""
    prior = PixArtTransformer2DModel(
        num_attention_heads=config.heads,
        attention_head_dim=config.width // config.heads,
        in_channels=config.channels,
        out_channels=config.channels,
        num_layers=config.layers,
        cross_attention_dim=config.width,
        sample_size=config.latent_side,
        patch_size=2,
        caption_channels=config.text_width,
        use_additional_conditions=False,
    )
    nn.init.zeros_(prior.proj_out.weight)  # begins by saying nothing, instead of something wrong
    nn.init.zeros_(prior.proj_out.bias)
    return prior


def make_text_encoder(config: TextToImageConfig, tokenizer: PreTrainedTokenizerFast) -> CLIPTextModel:
    """Token numbers (B, T), T <= LONGEST, to states (B, T, text_width)."""
    encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=config.text_width,
            intermediate_size=4 * config.text_width,
            projection_dim=config.text_width,
            num_hidden_layers=config.text_layers,
            num_attention_heads=config.text_heads,
            max_position_embeddings=LONGEST,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    # Wide apart from the first step: at CLIP's 0.02 a few steps of Adam would run the words into one another.
    nn.init.normal_(encoder.get_input_embeddings().weight, std=0.5)
    return encoder


def make_scheduler() -> DPMSolverMultistepScheduler:
    """DPM-Solver++ (Lu et al. 2022, arXiv:2211.01095) of the first order on the flow's straight paths: Euler's steps,
    by which it learnt to paint in few (`align.py`)."""
    return DPMSolverMultistepScheduler(
        solver_order=1, prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=1.0
    )


def make_pipeline(
    autoencoder: AutoencoderKL,
    prior: PixArtTransformer2DModel,
    text_encoder: CLIPTextModel,
    tokenizer: PreTrainedTokenizerFast,
) -> PixArtAlphaPipeline:
    pipeline = PixArtAlphaPipeline(
        tokenizer=tokenizer,
        text_encoder=text_encoder,
        vae=autoencoder,
        transformer=prior,
        scheduler=make_scheduler(),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def tiny_pipeline(vocabulary: Iterable[str], config: TextToImageConfig = TINY, seed: int = 0) -> PixArtAlphaPipeline:
    """The same classes, small enough to run in an instant, with weights drawn at random: for tests."""
    tokenizer = build(vocabulary)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        prior = make_prior(config)
        nn.init.normal_(prior.proj_out.weight, std=0.5)  # or every prompt would give the same picture
        return make_pipeline(
            make_autoencoder(config).eval(), prior.eval(), make_text_encoder(config, tokenizer).eval(), tokenizer
        )


class Flow(nn.Module):
    """Text encoder and prior as one module, the two that are trained together."""

    def __init__(self, text_encoder: CLIPTextModel, prior: PixArtTransformer2DModel):
        super().__init__()
        self.text_encoder, self.prior = text_encoder, prior

    def read(self, words: BatchEncoding) -> Tensor:
        """States (B, T, text_width) of tokenized captions."""
        return self.text_encoder(words.input_ids, attention_mask=words.attention_mask).last_hidden_state

    def forward(self, x: Tensor, t: Tensor, words: BatchEncoding, states: Tensor | None = None) -> Tensor:
        """Velocity noise - x_0 (B, C, h, w) at x_t for t (B,) in 0..1, given tokenized captions, or what was read."""
        states = self.read(words) if states is None else states
        return self.prior(
            x,
            encoder_hidden_states=states,  # (B, T, text_width)
            encoder_attention_mask=words.attention_mask,
            timestep=1000 * t,
            added_cond_kwargs={"resolution": None, "aspect_ratio": None},
        ).sample


def make_flow(config: TextToImageConfig, tokenizer: PreTrainedTokenizerFast) -> Flow:
    """Both networks, as training begins with them."""
    return Flow(make_text_encoder(config, tokenizer), make_prior(config))
