"""The hub's re-voicing, proven with a tiny checkpoint of the same classes and the network off."""

import json
import socket

import numpy as np
import pytest
import torch

from models import hub, registry
from models.cache import ModelCache
from models.devices import Machine
from models.errors import BadInput, NeedsDownload, Stopped
from models.foley.hits import Hit
from models.foley.hub import STABLE_AUDIO, STEPS, kept, noise_level, revoice, told
from models.foley.materials import NAMES, RATE
from models.foley.synthesis import Ask, sound
from models.settings import Settings

COMMIT = "0" * 40
PROMPT = "a hammer on an anvil"


def on(name: str, seconds: float, strength: float = 0.8) -> Hit:
    return Hit(seconds, strength, tuple(float(other == name) for other in NAMES))


HITS = (on("wood", 0.2), on("metal", 0.6), on("wood", 0.9, 0.5))


def tiny_stable_audio():
    """The pipeline's own classes with some thousand random weights: 64 latents, 1.5 seconds."""
    from diffusers import (
        AutoencoderOobleck,
        EDMDPMSolverMultistepScheduler,
        StableAudioDiTModel,
        StableAudioPipeline,
        StableAudioProjectionModel,
    )
    from transformers import T5Config, T5EncoderModel

    return StableAudioPipeline(
        vae=AutoencoderOobleck(
            encoder_hidden_size=8,  # means and deviations of four latents
            downsampling_ratios=[4, 8, 32],
            decoder_channels=4,
            decoder_input_channels=4,
            channel_multiples=[1, 2, 2],
            audio_channels=2,
            sampling_rate=RATE,
        ),
        text_encoder=T5EncoderModel(T5Config(vocab_size=32, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)),
        tokenizer=_tokenizer(),
        projection_model=StableAudioProjectionModel(16, 16, min_value=0, max_value=32),
        transformer=StableAudioDiTModel(
            sample_size=64,
            in_channels=4,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=2,
            num_key_value_attention_heads=1,
            out_channels=4,
            cross_attention_dim=16,
            time_proj_dim=8,
            global_states_input_dim=32,
            cross_attention_input_dim=16,
        ),
        scheduler=EDMDPMSolverMultistepScheduler(
            sigma_min=0.3, sigma_max=500, sigma_data=1.0, sigma_schedule="exponential", prediction_type="v_prediction"
        ),
    )


def _tokenizer():
    """T5's tokenizer with an alphabet of one letter each."""
    from transformers import T5TokenizerFast

    marks = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    letters = [(letter, -2.0) for letter in "▁abcdefghijklmnopqrstuvwxyz"]
    return T5TokenizerFast(vocab=marks + letters, extra_ids=0, model_max_length=32)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """That pipeline, laid out as the hub's cache does, its scheduler of the class that the real one names."""
    root = tmp_path_factory.mktemp("hub")
    repository = root / "models--stabilityai--stable-audio-open-1.0"
    torch.manual_seed(0)
    snapshot = repository / "snapshots" / COMMIT
    tiny_stable_audio().save_pretrained(snapshot)
    for file in (snapshot / "model_index.json", snapshot / "scheduler" / "scheduler_config.json"):
        text = file.read_text().replace("EDMDPMSolverMultistepScheduler", "CosineDPMSolverMultistepScheduler")
        file.write_text(text)
    assert json.loads((snapshot / "model_index.json").read_text())["scheduler"][1].startswith("Cosine")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return root


@pytest.fixture
def hub_cache(checkpoint, monkeypatch):
    """That checkpoint is what this disk has, and no connection can be opened."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(checkpoint))


@pytest.fixture(scope="module")
def cache():
    return ModelCache(Machine("cpu", 90 * 10**9))


@pytest.fixture(scope="module")
def track():
    return sound(HITS, 1.2, Ask(room=0))


def test_a_track_is_revoiced_by_words_with_the_network_off(hub_cache, cache, track):
    made = revoice(track, PROMPT, seed=3, cache=cache)
    assert made.dtype == np.float32 and made.shape == track.shape and np.isfinite(made).all()
    assert np.sqrt(np.square(made).mean()) == pytest.approx(np.sqrt(np.square(track).mean()), rel=0.3)
    assert np.abs(made).max() <= 10 ** (-3 / 20) and (made == revoice(track, PROMPT, seed=3, cache=cache)).all()
    others = [
        revoice(track, "a wet sponge", seed=3, cache=cache),
        revoice(track, PROMPT, seed=4, cache=cache),
        revoice(track[::-1].copy(), PROMPT, seed=3, cache=cache),
        revoice(track, PROMPT, change=0.9, seed=3, cache=cache),
    ]
    assert len({one.tobytes() for one in (made, *others)}) == 5
    row = cache.stats().models[0]
    assert (row.key, row.loads, row.in_use) == (STABLE_AUDIO, 1, 0) and 1_000 < row.bytes < 4_000_000


def test_it_begins_with_the_track_under_as_much_noise_as_was_asked_for(hub_cache, cache, track, monkeypatch):
    from diffusers import StableAudioDiTModel

    first = []
    forward = StableAudioDiTModel.forward

    def spy(self, latents, *rest, **more):
        first.append(latents[:1].detach().clone())
        return forward(self, latents, *rest, **more)

    monkeypatch.setattr(StableAudioDiTModel, "forward", spy)
    with cache.lease(STABLE_AUDIO) as pipeline:
        levels = [noise_level(pipeline, change) for change in (0, 0.5, 1)]
    assert levels == sorted(levels) and levels[0] > 0.3 and levels[2] == pytest.approx(20, rel=0.01)
    begun = []
    for change, level in zip((0, 1), (levels[0], levels[2])):
        first.clear()
        revoice(track, PROMPT, change, cache=cache)
        begun.append(first[0].float() * (level**2 + 1) ** 0.5)  # the scheduler scales what the transformer sees
    noise = (begun[1] - begun[0]) / (levels[2] - levels[0])  # the same track, the same noise, more or less of it
    assert float(noise.std()) == pytest.approx(1, rel=0.15)
    assert float((begun[0] - levels[0] * noise).std()) > 0.1, "beneath it is the track"


def test_it_tells_its_steps_and_can_be_stopped(hub_cache, cache, track):
    heard = []
    revoice(track, PROMPT, cache=cache, on_step=lambda done, total: heard.append((done, total)))
    assert heard == [(step, STEPS) for step in range(1, STEPS + 1)]

    def stop(_done, _total):
        raise Stopped("This was called off.")

    with pytest.raises(Stopped):
        revoice(track, PROMPT, cache=cache, on_step=stop)
    assert not cache.stats().models[0].in_use


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prompt": "  "}, "No words were said"),
        ({"prompt": "x" * 400}, "400 characters; 300 are possible"),
        ({"change": 1.5}, "change of 1.5 was asked for"),
        ({"change": float("nan")}, "change of nan was asked for"),
        ({"model": "sketch/fruit"}, "no sound model called 'sketch/fruit'"),
    ],
)
def test_bad_input_is_one_sentence_before_anything_is_loaded(change, sentence, track):
    cache = ModelCache(Machine("cpu", 10**9))
    with pytest.raises(BadInput, match=sentence):
        revoice(track, **{"prompt": PROMPT, "cache": cache, **change})
    assert cache.stats().used == 0


def test_hits_that_stayed_where_they_were_are_counted(track):
    assert kept(HITS, track) == len(HITS)
    late = np.concatenate([np.zeros(RATE // 2, np.float32), track])
    assert kept(HITS[:1], late) == 0 and kept(HITS, np.zeros(RATE, np.float32)) == 0 and kept((), track) == 0


def test_the_prompt_to_begin_with_names_what_is_hit():
    assert told(HITS).endswith("single hits on wood and metal") and told(()).endswith("wood")


def test_the_registry_says_what_it_costs():
    spec = registry.get(STABLE_AUDIO)
    assert spec in registry.family("foley") and spec.tier == "hub" and "Community License" in spec.licence
    assert spec.weights_bytes * 2 == pytest.approx(spec.download_bytes, rel=0.01)


def test_what_is_not_here_says_its_size_and_licence_and_fetches_nothing(tmp_path, monkeypatch, track):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    cache = ModelCache(Machine("cpu", 90 * 10**9))
    with pytest.raises(NeedsDownload, match=r"5\.3 GB, licence Stability AI Community"):
        revoice(track, PROMPT, cache=cache)
    assert not hub.consent(STABLE_AUDIO, Settings(offline=True)).may_download and cache.stats().used == 0
