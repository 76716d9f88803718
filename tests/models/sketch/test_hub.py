"""The hub's sketch to photo, proven with a tiny checkpoint of the same classes and the network off."""

import json
import shutil
import socket
from dataclasses import replace

import pytest
import torch
from PIL import Image, ImageDraw

from models import hub, registry
from models.cache import ModelCache
from models.devices import Machine
from models.errors import BadInput, NeedsDownload, Stopped
from models.settings import Settings
from models.sketch.engine import sketch_to_photo
from models.sketch.hub import scribble

KEY = "sketch/scribble-hub"
REPOSITORY = "models--black-forest-labs--FLUX.2-klein-4B"
COMMIT = "0" * 40


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A tiny checkpoint, laid out as the hub's cache does."""
    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("hub")
    snapshot = root / REPOSITORY / "snapshots" / COMMIT
    _tiny_klein().to(torch.bfloat16).save_pretrained(snapshot)
    (root / REPOSITORY / "refs").mkdir()
    (root / REPOSITORY / "refs" / "main").write_text(COMMIT)
    return root


def _tiny_klein():
    """The pipeline's own classes with a few thousand random weights."""
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )
    from transformers import Qwen3Config, Qwen3ForCausalLM

    transformer = Flux2Transformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * 16,  # three layers of the text encoder
        axes_dims_rope=[4, 4, 4, 4],
        guidance_embeds=False,
    )
    encoder = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=64,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=28,  # the pipeline reads layers 9, 18 and 27
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
            max_position_embeddings=512,
        )
    )
    autoencoder = AutoencoderKLFlux2(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=2,
        sample_size=32,
    )
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=autoencoder,
        text_encoder=encoder,
        tokenizer=_tokenizer(),
        transformer=transformer,
        is_distilled=True,
    )


def _tokenizer():
    """Qwen's tokenizer with an alphabet of one letter each."""
    from transformers import Qwen2TokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyzĠ"
    tokenizer = Qwen2TokenizerFast(
        vocab={letter: i for i, letter in enumerate([*letters, "<|endoftext|>"])},
        merges=[],
        unk_token="<|endoftext|>",
        pad_token="<|endoftext|>",
    )
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    return tokenizer


@pytest.fixture
def no_network(monkeypatch):
    """Any attempt to open a connection fails the test, and the hub is told to stay off."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture
def hub_cache(checkpoint, tmp_path, monkeypatch):
    """A hub cache of this test's own, holding the checkpoint."""
    shutil.copytree(checkpoint, tmp_path / "hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub" / REPOSITORY / "snapshots" / COMMIT


@pytest.fixture
def empty_hub_cache(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))


def drawing(colour: str = "black", size: tuple[int, int] = (64, 48)) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).ellipse((8, 8, size[0] - 8, size[1] - 8), outline=colour, width=3)
    return picture


def test_a_drawing_becomes_a_picture_with_the_network_off(hub_cache, no_network, monkeypatch):
    monkeypatch.setattr("models.sketch.hub.LONGEST_SIDE", 128)
    cache = ModelCache(Machine("cpu", 20 * 10**9))
    with cache.lease(KEY) as pipeline:
        first = scribble(pipeline, drawing(), "a pear", seed=3, steps=2)
        again = scribble(pipeline, drawing(), "a pear", seed=3, steps=2)
        other_seed = scribble(pipeline, drawing(), "a pear", seed=4, steps=2)
        other_drawing = scribble(pipeline, drawing("red"), "a pear", seed=3, steps=2)
        other_words = scribble(pipeline, drawing(), "", seed=3, steps=2)
    assert (first.mode, first.size) == ("RGB", (128, 96))
    assert first.tobytes() == again.tobytes()
    assert len({picture.tobytes() for picture in (first, other_seed, other_drawing, other_words)}) == 4
    row = cache.stats().models[0]
    assert (row.key, row.loads, row.where) == (KEY, 1, "device")
    assert 10_000 < row.bytes < 1_000_000, "measured, not as the spec says"
    with cache.lease(KEY) as pipeline:
        assert {
            p.dtype for part in ("transformer", "vae", "text_encoder") for p in getattr(pipeline, part).parameters()
        } == {torch.bfloat16}


def test_the_engine_calls_it_like_a_house_model_tells_its_steps_and_can_be_stopped(hub_cache, no_network, monkeypatch):
    monkeypatch.setattr("models.sketch.hub.LONGEST_SIDE", 128)
    cache, told = ModelCache(Machine("cpu", 20 * 10**9)), []
    photo = sketch_to_photo(drawing(), "fruit", 3, KEY, "a pear", cache, lambda done, total: told.append((done, total)))
    assert photo.size == (128, 128)
    assert told == [(step, 4) for step in (1, 2, 3, 4)]

    def stop(done, total):
        told.append(done)
        raise Stopped("This was called off.")

    told.clear()
    with pytest.raises(Stopped):
        sketch_to_photo(drawing(), "fruit", 3, KEY, "a pear", cache, stop)
    assert told == [1] and not cache.stats().models[0].in_use


def test_a_checkpoint_of_the_host_s_own_is_a_folder(hub_cache, empty_hub_cache):
    spec = replace(registry.get(KEY), hub_id=str(hub_cache))
    assert hub.folder(spec) == hub_cache


def test_what_is_not_here_says_its_size_and_licence(empty_hub_cache, no_network):
    cache = ModelCache(Machine("cpu", 20 * 10**9))
    with pytest.raises(NeedsDownload, match=r"16\.0 GB, licence Apache-2\.0.*gallery is offline"), cache.lease(KEY):
        pass
    assert cache.stats().used == 0


def test_the_facts_for_the_page_are_plain_data(empty_hub_cache):
    facts = hub.consent(KEY, Settings())
    assert (facts.download_bytes, facts.licence, facts.hub_id) == (
        15_980_000_000,
        "Apache-2.0",
        "black-forest-labs/FLUX.2-klein-4B",
    )
    assert facts.memory_bytes > facts.download_bytes
    assert not facts.on_disk and facts.may_download
    assert "agree to fetch it (16.0 GB, licence Apache-2.0)" in facts.sentence
    assert not hub.consent(KEY, Settings(offline=True)).may_download


def test_the_facts_of_one_that_is_here(hub_cache):
    assert hub.consent(KEY, Settings()).on_disk
    assert hub.download(KEY, Settings(offline=True)) == hub_cache, "nothing to fetch"


@pytest.mark.parametrize("lost", ["transformer/diffusion_pytorch_model.safetensors", "tokenizer", "vae"])
def test_a_download_that_broke_off_is_not_here(hub_cache, lost):
    path = hub_cache / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not hub.consent(KEY, Settings()).on_disk


def test_a_missing_shard_is_noticed(hub_cache):
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model.safetensors"}}
    (hub_cache / "text_encoder" / "model.safetensors.index.json").write_text(json.dumps(index))
    assert not hub.consent(KEY, Settings()).on_disk


def test_offline_nothing_is_fetched_even_when_agreed(empty_hub_cache, no_network):
    with pytest.raises(NeedsDownload, match="offline"):
        hub.download(KEY, Settings(offline=True))


def test_a_download_takes_the_pipeline_s_files_alone(empty_hub_cache, hub_cache, monkeypatch):
    asked = {}

    def fetch(repository, revision, allow_patterns):
        asked.update(repository=repository, patterns=allow_patterns)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(hub_cache.parents[2]))

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(hub_cache / "nowhere"))
    assert hub.download(KEY, Settings()) == hub_cache
    assert asked["repository"] == "black-forest-labs/FLUX.2-klein-4B"
    from fnmatch import fnmatch

    def wanted(name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in asked["patterns"])

    files = [str(path.relative_to(hub_cache)) for path in hub_cache.rglob("*") if path.is_file()]
    assert files and all(wanted(name) for name in files)
    assert not wanted("flux-2-klein-4b.safetensors") and not wanted("sample.png")


def test_a_network_that_fails_is_a_sentence(empty_hub_cache, monkeypatch):
    def fail(*_args, **_kwargs):
        raise ConnectionError("no route")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    with pytest.raises(NeedsDownload, match=r"could not be fetched \(ConnectionError\); look at the network"):
        hub.download(KEY, Settings())


def test_steps_out_of_range_are_refused():
    with pytest.raises(BadInput, match="0 steps were asked for"):
        scribble(None, drawing(), steps=0)


def test_the_front_door_does_not_pay_for_the_hub():
    import subprocess
    import sys

    code = "import models.hub, models.registry, sys; models.registry.specs(); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
