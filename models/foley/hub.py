"""Our synchronised track, re-voiced by a large model from the hub: Stable Audio Open 1.0 (Evans et al. 2024,
arXiv:2407.14358), told in words what it should sound like.

A latent diffusion transformer for sound effects and music of up to 47 seconds. It knows nothing of the film: the track
that the hits made is its beginning, under as much noise as the visitor allows (SDEdit, Meng et al. 2022,
arXiv:2108.01073), so that hits stay where they are while what they sound like changes. How many of them did is counted.

Of the audio pipelines in diffusers 0.42 three take a sound to begin with. Stable Audio 3's weights are not published
in the form that diffusers reads, ACE-Step is for songs; this one is for sounds, and is. Its own stochastic solver wants
the package torchsde; here the same schedule is walked by a deterministic one (DPM-Solver++, Lu et al. 2022).
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.cache import ModelCache, default_cache
from models.cluster import anywhere
from models.devices import this_machine
from models.errors import BadInput, LoadFailed
from models.foley import acoustics, cochlea
from models.foley.hits import Hit
from models.foley.materials import NAMES, RATE, material
from models.hub import folder
from models.registry import ModelSpec
from models.settings import Settings

if TYPE_CHECKING:
    from diffusers import EDMDPMSolverMultistepScheduler, StableAudioPipeline

STABLE_AUDIO = "foley/stable-audio-hub"
STEPS = 40
GUIDANCE = 7.0
MOST_WORDS = 300  # characters of a prompt
CHANGE = 0.5
_NEGATIVE = "music, speech, hum, low quality"
_MOST_NOISE = 20.0  # where `change` is 1; latents have a deviation of about 1
_WITHIN = 0.1  # seconds: a hit is where it was if the sound rises as near as that
_RISES = 0.25  # of the highest rise: what counts as one


def load(spec: ModelSpec) -> "StableAudioPipeline":
    """The pipeline in main memory, from this disk alone; NeedsDownload when it is not here.

    In half precision; in single on a CPU with room for it, where that is faster.
    """
    path = folder(spec)
    import torch
    from diffusers import AutoencoderOobleck, StableAudioDiTModel, StableAudioPipeline, StableAudioProjectionModel
    from transformers import AutoTokenizer, T5EncoderModel

    machine = this_machine(Settings.from_environment())
    roomy = machine.device == "cpu" and 2 * spec.weights_bytes + spec.working_bytes <= machine.budget
    half = torch.bfloat16 if machine.device == "cpu" else torch.float16

    def part(name: str, of: type) -> Any:
        # `torch_dtype` rather than `dtype`: diffusers 0.37, which we allow, knows only the first.
        precision = torch.float32 if roomy else half
        return of.from_pretrained(path / name, torch_dtype=precision, local_files_only=True).eval()

    # Part by part: the pipeline as a whole would not load without torchsde, whatever scheduler it is given.
    pipeline = StableAudioPipeline(
        vae=part("vae", AutoencoderOobleck),
        text_encoder=part("text_encoder", T5EncoderModel),
        projection_model=part("projection_model", StableAudioProjectionModel),
        tokenizer=AutoTokenizer.from_pretrained(path / "tokenizer", local_files_only=True),
        transformer=part("transformer", StableAudioDiTModel),
        scheduler=_scheduler(json.loads((path / "scheduler" / "scheduler_config.json").read_text(encoding="utf-8"))),
    )
    if (rate := pipeline.vae.config.sampling_rate) != RATE:
        raise LoadFailed(f"{spec.title} should make {RATE:,} samples a second, but this checkpoint makes {rate:,}.")
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@anywhere("{model}")
def revoice(
    sound: NDArray,
    prompt: str,
    change: float = CHANGE,
    seed: int = 0,
    model: str = STABLE_AUDIO,
    cache: ModelCache | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """A sound float (N,) at RATE, re-voiced as the prompt says: float32 (N,), as loud as before, peak at most -3 dB.

    `change`: from 0 (nearly as it was) to 1 (only the words count). `on_step` hears (steps done, steps in all) after
    each; what it raises ends the work. Raises BadInput for an unknown model, a change out of range and words that are
    empty or too many; the cache's errors, NeedsDownload among them.
    """
    if model != STABLE_AUDIO:
        raise BadInput(f"There is no sound model called {str(model)[:40]!r}: choose the house's or the hub's.")
    if not 0 <= change <= 1:
        raise BadInput(f"A change of {change:g} was asked for; 0 (as it was) to 1 (only the words) is possible.")
    words = _checked(prompt)
    with (cache or default_cache()).lease(model) as pipeline:
        try:
            made = _revoiced(
                pipeline, np.asarray(sound, np.float32), words, noise_level(pipeline, change), seed, on_step
            )
        finally:
            # Where parts take turns, a run that was called off leaves its part on the device.
            pipeline.maybe_free_model_hooks()
    return acoustics.limited(made * _as_loud(sound, made))


def noise_level(pipeline: "StableAudioPipeline", change: float) -> float:
    """How much noise the run begins with: even steps of `change` are even steps of its logarithm."""
    least = float(pipeline.scheduler.config.sigma_min)
    return 1.001 * least * (_MOST_NOISE / least) ** change


def told(hits: Sequence[Hit]) -> str:
    """Words for a prompt to begin with: what is hit, the most frequent first."""
    names = [NAMES[int(np.argmax(hit.materials))] for hit in hits]
    titles = [material(name).title.lower() for name in sorted(set(names), key=lambda name: (-names.count(name), name))]
    return f"Foley, close microphone, dry: single hits on {' and '.join(titles) or 'wood'}"


def kept(hits: Sequence[Hit], sound: NDArray) -> int:
    """How many hits are still heard where they are: the sound rises within a tenth of a second of them."""
    heard = np.square(cochlea.cochleagram(sound) ** (1 / cochlea.EXPONENT)).sum(1)  # (T,)
    loudness = np.log(heard + 1e-3 * heard.max(initial=1e-9))
    rise = np.maximum(loudness[2:] - loudness[:-2], 0)  # over two frames, 22 ms
    peaks = np.flatnonzero(rise >= _RISES * rise.max(initial=1e-9)) + 1
    return sum(bool(len(peaks)) and bool(np.abs(peaks / cochlea.FRAMES - hit.seconds).min() <= _WITHIN) for hit in hits)


def _checked(prompt: str) -> str:
    words = " ".join(str(prompt or "").split())
    if not words:
        raise BadInput("No words were said: write what the hits should sound like.")
    if len(words) > MOST_WORDS:
        raise BadInput(f"Those are {len(words):,} characters; {MOST_WORDS} are possible. Please say it briefly.")
    return words


def _revoiced(
    pipeline: "StableAudioPipeline",
    sound: NDArray,
    prompt: str,
    level: float,
    seed: int,
    on_step: Callable[[int, int], None] | None,
) -> NDArray:
    import torch

    pipeline.scheduler = scheduler = _scheduler(pipeline.scheduler.config, level)
    chance = torch.Generator("cpu").manual_seed(seed)  # the same noise whatever the device
    shape = (1, pipeline.transformer.config.in_channels, pipeline.transformer.config.sample_size)
    # The pipeline multiplies by what a run from noise alone begins with; ours begins with the sound and `level` of it.
    noise = torch.randn(shape, generator=chance) * level / scheduler.init_noise_sigma
    device = pipeline._execution_device
    whole = np.zeros(shape[-1] * pipeline.vae.hop_length, np.float32)  # it always works on as much
    whole[: len(sound)] = sound[: len(whole)]
    result = pipeline(
        prompt=prompt,
        negative_prompt=_NEGATIVE,
        audio_end_in_s=min(len(sound), len(whole)) / RATE,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        latents=noise.to(device, pipeline.transformer.dtype),
        initial_audio_waveforms=torch.from_numpy(whole)[None].to(device, pipeline.vae.dtype),  # (1, N)
        initial_audio_sampling_rate=RATE,
        generator=chance,
        callback=(lambda step, _time, _latents: on_step(step + 1, STEPS)) if on_step else None,
        callback_steps=1,
        output_type="np",
    )
    made = np.nan_to_num(np.asarray(result.audios[0], np.float32).mean(0))  # (C, N) to (N,)
    return np.pad(made[: len(sound)], (0, max(0, len(sound) - len(made))))  # (N,)


def _scheduler(config: Mapping[str, Any], level: float | None = None) -> "EDMDPMSolverMultistepScheduler":
    """A solver for the checkpoint's schedule, from `level` of noise downwards."""
    from diffusers import EDMDPMSolverMultistepScheduler

    known = {
        name: config[name] for name in ("sigma_min", "sigma_max", "sigma_data", "sigma_schedule", "prediction_type")
    }
    scheduler = EDMDPMSolverMultistepScheduler(**known | ({"sigma_max": level} if level else {}))
    # This transformer is told the time as an angle (Salimans and Ho 2022), where Karras et al. have a logarithm.
    scheduler.precondition_noise = lambda sigma: sigma.atan() * 2 / math.pi
    return scheduler


def _as_loud(before: NDArray, after: NDArray) -> float:
    """What brings one sound to the loudness of another; silence stays silence."""
    was, now = (math.sqrt(float(np.square(sound, dtype=np.float64).mean())) for sound in (before, after))
    return was / now if now > 1e-6 else 1.0
