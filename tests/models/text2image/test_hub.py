"""The hub's three pipelines, each proven with a tiny checkpoint of the same classes and the network off."""

import socket
from dataclasses import replace

import numpy as np
import pytest
import torch

from models import hub, registry
from models.cache import ModelCache
from models.devices import Machine
from models.errors import BadInput, NeedsDownload, Stopped
from models.settings import Settings
from models.text2image.engine import Ask, check, paint
from models.text2image.hub import PAINTERS, side_for

LCM, KLEIN, Z_IMAGE = PAINTERS
COMMIT = "0" * 40
SIDE = 64


def autoencoder(cls, **more):
    return cls(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        layers_per_block=1,
        norm_num_groups=2,
        sample_size=32,
        **more,
    )


def qwen(layers: int):
    """A text encoder of Qwen's class, and its tokenizer with an alphabet of one letter each."""
    from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM

    letters = "abcdefghijklmnopqrstuvwxyzĠ"
    tokenizer = Qwen2TokenizerFast(
        vocab={letter: i for i, letter in enumerate([*letters, "<|endoftext|>"])},
        merges=[],
        unk_token="<|endoftext|>",
        pad_token="<|endoftext|>",
    )
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    encoder = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=64,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=layers,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
            max_position_embeddings=512,
        )
    )
    return encoder, tokenizer


def tiny_lcm():
    from diffusers import AutoencoderKL, LatentConsistencyModelPipeline, LCMScheduler, UNet2DConditionModel
    from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    unet = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(4, 8),
        layers_per_block=1,
        norm_num_groups=2,
        cross_attention_dim=16,
        attention_head_dim=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        time_cond_proj_dim=8,
    )
    letters = [*"abcdefghijklmnopqrstuvwxyz", *(f"{c}</w>" for c in "abcdefghijklmnopqrstuvwxyz")]
    vocabulary = {letter: i for i, letter in enumerate([*letters, "<|startoftext|>", "<|endoftext|>"])}
    checker = StableDiffusionSafetyChecker(
        CLIPConfig(
            text_config=small,
            vision_config={**small, "image_size": 32, "patch_size": 16},
            projection_dim=8,
        )
    )
    torch.nn.init.constant_(checker.concept_embeds_weights, 2.0)  # no picture is as near a concept as that
    torch.nn.init.constant_(checker.special_care_embeds_weights, 2.0)
    return LatentConsistencyModelPipeline(
        vae=autoencoder(AutoencoderKL, latent_channels=4),
        text_encoder=CLIPTextModel(CLIPTextConfig(vocab_size=64, max_position_embeddings=77, **small)),
        tokenizer=CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77),
        unet=unet,
        scheduler=LCMScheduler(),
        safety_checker=checker,
        feature_extractor=CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
    )


def tiny_klein():
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )

    encoder, tokenizer = qwen(layers=28)  # the pipeline reads layers 9, 18 and 27
    transformer = Flux2Transformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * 16,
        axes_dims_rope=[4, 4, 4, 4],
        guidance_embeds=False,
    )
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=autoencoder(AutoencoderKLFlux2, latent_channels=4),
        text_encoder=encoder,
        tokenizer=tokenizer,
        transformer=transformer,
        is_distilled=True,
    )


def tiny_z_image():
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, ZImagePipeline, ZImageTransformer2DModel

    encoder, tokenizer = qwen(layers=2)
    transformer = ZImageTransformer2DModel(
        in_channels=16,
        dim=32,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=16,
        axes_dims=[8, 4, 4],
        axes_lens=[1024, 32, 32],
    )
    for name, parameter in transformer.named_parameters():
        if "pad_token" in name:  # left unset by the class
            torch.nn.init.normal_(parameter)
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=autoencoder(
            AutoencoderKL, latent_channels=16, shift_factor=0.1, use_quant_conv=False, use_post_quant_conv=False
        ),
        text_encoder=encoder,
        tokenizer=tokenizer,
        transformer=transformer,
    )


MAKERS = {LCM: tiny_lcm, KLEIN: tiny_klein, Z_IMAGE: tiny_z_image}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """The pipelines' own classes with a few thousand random weights each, laid out as the hub's cache does."""
    root = tmp_path_factory.mktemp("hub")
    for key, make in MAKERS.items():
        repository = root / f"models--{registry.get(key).hub_id.replace('/', '--')}"
        torch.manual_seed(0)
        make().save_pretrained(repository / "snapshots" / COMMIT)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(COMMIT)
    return root


@pytest.fixture
def hub_cache(checkpoints, monkeypatch):
    """Those checkpoints are what this disk has, no connection can be opened, and pictures are small."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(checkpoints))
    monkeypatch.setattr("models.text2image.hub.side_for", lambda *_: SIDE)


@pytest.fixture
def cache():
    return ModelCache(Machine("cpu", 90 * 10**9))


def test_there_are_three_from_small_to_large_with_open_licences():
    specs = [registry.get(key) for key in PAINTERS]
    assert [spec.licence for spec in specs] == ["MIT", "Apache-2.0", "Apache-2.0"]
    assert specs == sorted(specs, key=lambda spec: spec.weights_bytes)
    assert [spec.key for spec in registry.family("text2image")] == ["text2image/house", *PAINTERS]
    assert all(spec.working_bytes == PAINTERS[spec.key].sides[-1][1] for spec in specs)


@pytest.mark.parametrize("key", PAINTERS)
def test_words_become_pictures_with_the_network_off(hub_cache, cache, key):
    ask = Ask("a red cherry", 3, steps=2, count=2)
    first, second = paint(ask, key, cache)
    assert (first.mode, first.size) == ("RGB", (SIDE, SIDE)) and np.ptp(np.asarray(first)) > 3
    alone = paint(Ask("a red cherry", 4, steps=2, count=1), key, cache)[0]
    assert first.tobytes() != second.tobytes() == alone.tobytes(), "picture k is that of seed + k"
    assert paint(Ask("zzz", 4, steps=2, count=1), key, cache)[0].tobytes() != alone.tobytes()
    row = cache.stats().models[0]
    assert (row.key, row.loads, row.in_use) == (key, 1, 0) and 10_000 < row.bytes < 1_000_000


@pytest.mark.parametrize("key", PAINTERS)
def test_it_tells_its_steps_and_can_be_stopped(hub_cache, cache, key):
    told = []
    paint(Ask("a red cherry", 3, steps=2, count=2), key, cache, told.append)
    assert [(step.index, step.of, step.previews) for step in told] == [(k, 4, []) for k in (1, 2, 3, 4)]

    def stop(step):
        told.append(step)
        raise Stopped("This was called off.")

    told.clear()
    with pytest.raises(Stopped):
        paint(Ask("a red cherry", 3, steps=2), key, cache, stop)
    assert len(told) == 1 and not cache.stats().models[0].in_use


def test_the_one_that_takes_guidance_follows_it(hub_cache, cache):
    weak, strong = (paint(Ask("a red cherry", 3, 1, guidance, count=1), LCM, cache)[0] for guidance in (1.5, 12.0))
    assert weak.tobytes() != strong.tobytes()


def test_what_the_safety_checker_rejects_is_held_back_and_says_so(hub_cache, cache):
    ask = Ask("a red cherry", 3, steps=1, count=1)
    shown = paint(ask, LCM, cache)[0]
    with cache.lease(LCM) as pipeline:
        torch.nn.init.constant_(pipeline.safety_checker.concept_embeds_weights, -2.0)  # every picture is near enough
    held_back = paint(ask, LCM, cache)[0]
    assert np.median(np.asarray(held_back)) == 96 and shown.tobytes() != held_back.tobytes()


def test_wishes_a_distilled_model_cannot_meet_give_way_aloud():
    met, said = check(Ask("a red cherry", 3, steps=30, guidance=7.0, negative_prompt="a stem"), Z_IMAGE)
    assert (met.steps, met.negative_prompt) == (9, "")
    assert said == [
        "This model was made for 9 steps: 9 were taken for 30.",
        "This model takes no negative prompt: it was left aside.",
        "This model has its guidance built in: yours was left aside.",
    ]
    assert check(Ask("a red cherry", 3), KLEIN) == (Ask("a red cherry", 3, steps=4), []), "nothing was chosen"
    with pytest.raises(BadInput, match="no text-to-image model called 'sketch/fruit'"):
        check(Ask("a red cherry", 3), "sketch/fruit")


@pytest.mark.parametrize("free, side", [(0, 512), (1_000_000_000, 768), (9_000_000_000, 1024)])
def test_the_size_follows_the_memory_at_hand(free, side):
    cache = ModelCache(Machine("cuda", free))
    assert side_for(PAINTERS[Z_IMAGE], "cuda", cache) == side
    assert side_for(PAINTERS[Z_IMAGE], "cpu", cache) == 512, "there it is a question of minutes"


@pytest.mark.parametrize("budget, dtype", [("3GB", torch.bfloat16), ("90GB", torch.float32)])
def test_the_precision_follows_the_memory_at_hand(hub_cache, cache, monkeypatch, budget, dtype):
    monkeypatch.setenv("VERNISSAGE_MEMORY_BUDGET", budget)
    with cache.lease(LCM) as pipeline:
        assert {p.dtype for part in ("unet", "vae", "text_encoder") for p in getattr(pipeline, part).parameters()} == {
            dtype
        }
    assert len(paint(Ask("a red cherry", 3, steps=1, count=1), LCM, cache)) == 1


@pytest.mark.parametrize("key", PAINTERS)
def test_parts_that_take_turns_paint_the_same_picture(hub_cache, cache, monkeypatch, key):
    monkeypatch.setenv("VERNISSAGE_MEMORY_BUDGET", "90GB")  # both in single precision
    small = replace(registry.get(key), weights_bytes=20_000, working_bytes=1_000, part_bytes=5_000)
    in_turns = ModelCache(Machine("cpu", 10_000, 10**9), lambda _: small)
    ask = Ask("a red cherry", 3, steps=2, count=1)
    one, other = paint(ask, key, in_turns)[0], paint(ask, key, cache)[0]
    assert np.abs(np.subtract(one, other, dtype=int)).max() <= 1, "memory lies otherwise, so sums round otherwise"
    assert (in_turns.stats().used, in_turns.stats().resting) == (5_000, cache.stats().models[0].bytes)


@pytest.mark.parametrize(
    "key, facts",
    [(LCM, r"5\.5 GB, licence MIT"), (KLEIN, r"16\.0 GB, licence Apache"), (Z_IMAGE, r"32\.8 GB, licence")],
)
def test_what_is_not_here_says_its_size_and_licence_and_fetches_nothing(cache, tmp_path, monkeypatch, key, facts):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    with pytest.raises(NeedsDownload, match=facts):
        paint(Ask("a red cherry", 3), key, cache)
    assert not hub.consent(key, Settings(offline=True)).may_download and cache.stats().used == 0
