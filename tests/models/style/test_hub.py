"""The hub's style transfer, proven with a tiny checkpoint of the same classes and the network off."""

import socket

import numpy as np
import pytest
import torch
from PIL import Image

from models import hub, registry
from models.cache import ModelCache
from models.devices import Machine
from models.errors import BadInput, NeedsDownload, Stopped
from models.settings import Settings
from models.style.hub import KLEIN, PAINTER, levels, paint
from tests.models.style.studio import blots
from tests.models.text2image.test_hub import tiny_klein

COMMIT = "0" * 40
SIDE = 96


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """The pipeline's own classes with a few thousand random weights, laid out as the hub's cache does."""
    root = tmp_path_factory.mktemp("hub")
    repository = root / "models--black-forest-labs--FLUX.2-klein-4B"
    torch.manual_seed(0)
    tiny_klein().save_pretrained(repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return root


@pytest.fixture
def hub_cache(checkpoint, monkeypatch):
    """That checkpoint is what this disk has, no connection can be opened, and pictures are small."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(checkpoint))
    monkeypatch.setattr("models.style.hub.side_for", lambda *_: SIDE)


@pytest.fixture
def cache():
    return ModelCache(Machine("cpu", 90 * 10**9))


def picture(seed: int, size: tuple[int, int] = (80, 60)) -> Image.Image:
    return blots(*size, seed)


def test_told_and_shown_styles_become_pictures_with_the_network_off(hub_cache, cache):
    photo = picture(0)
    told = paint(photo, "a woodcut", seed=3, cache=cache)
    assert (told.mode, told.size) == ("RGB", (SIDE, 72)) and np.ptp(np.asarray(told)) > 3
    assert told.tobytes() == paint(photo, "a woodcut", seed=3, cache=cache).tobytes()
    others = [
        paint(photo, "a watercolour", seed=3, cache=cache),
        paint(photo, "a woodcut", seed=4, cache=cache),
        paint(picture(1), "a woodcut", seed=3, cache=cache),
        paint(photo, picture(2), seed=3, cache=cache),
        paint(photo, picture(3, (300, 20)), seed=3, cache=cache),
    ]
    assert len({result.tobytes() for result in (told, *others)}) == 6
    row = cache.stats().models[0]
    assert (row.key, row.loads, row.in_use) == (KLEIN, 1, 0) and 10_000 < row.bytes < 1_000_000


def test_a_weaker_style_is_nearer_to_the_photo_and_none_at_all_is_the_photo(hub_cache, cache):
    with cache.lease(KLEIN) as pipeline:  # random weights predict noise: none is what leaves the beginning as it was
        torch.nn.init.zeros_(pipeline.transformer.proj_out.weight)
        pipeline.to(torch.float32)
    photo = picture(0)
    untouched = np.asarray(photo.resize((SIDE, 72), Image.Resampling.LANCZOS), int)
    results = [np.asarray(paint(photo, "a woodcut", strength, 3, cache=cache), int) for strength in (0, 0.02, 0.2, 1)]
    assert np.abs(results[0] - untouched).max() <= 2, "only made to measure"
    steps = [np.abs(results[k] - results[1]).mean() for k in (2, 3)]
    assert 0 < steps[0] < steps[1], "what it begins with is the photo under more and more noise"


@pytest.mark.parametrize(
    "strength, expected", [(1.0, [1.0, 0.75, 0.5, 0.25]), (0.6, [0.6, 0.5, 0.25]), (0.25, [0.25]), (0.1, [0.1])]
)
def test_a_run_keeps_to_the_schedule_below_its_beginning(strength, expected):
    assert levels(strength) == expected


def test_it_tells_its_steps_and_can_be_stopped(hub_cache, cache):
    told = []
    paint(picture(0), "a woodcut", 0.6, 3, cache=cache, on_step=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]

    def stop(done, _total):
        told.append(done)
        raise Stopped("This was called off.")

    told.clear()
    with pytest.raises(Stopped):
        paint(picture(0), "a woodcut", cache=cache, on_step=stop)
    assert told == [1] and not cache.stats().models[0].in_use


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"style": "  "}, "No style was said"),
        ({"style": "x" * 500}, "500 characters; 200 are possible"),
        ({"strength": 1.5}, "strength of 1.5 was asked for"),
        ({"strength": float("nan")}, "strength of nan was asked for"),
        ({"model": "sketch/fruit"}, "no style model called 'sketch/fruit'"),
    ],
)
def test_bad_input_is_one_sentence_before_anything_is_loaded(cache, change, sentence):
    with pytest.raises(BadInput, match=sentence):
        paint(picture(0), **{"style": "a woodcut", "cache": cache, **change})
    assert cache.stats().used == 0


@pytest.mark.parametrize("size", [(1, 1), (4000, 20), (33, 700)])
def test_any_shape_keeps_its_proportions(hub_cache, cache, size):
    result = paint(picture(0, size), "a woodcut", cache=cache)
    assert max(result.size) == SIDE
    assert result.width / result.height == pytest.approx(size[0] / size[1], rel=0.15) or min(result.size) == 1


def test_the_registry_says_what_it_costs():
    spec, sketch = registry.get(KLEIN), registry.get("sketch/scribble-hub")
    assert spec in registry.family("style") and spec.licence == "Apache-2.0"
    assert (spec.hub_id, spec.download_bytes) == (sketch.hub_id, sketch.download_bytes), "fetched once for both"
    assert spec.working_bytes == PAINTER.sides[-1][1]


def test_what_is_not_here_says_its_size_and_licence_and_fetches_nothing(cache, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    with pytest.raises(NeedsDownload, match=r"16\.0 GB, licence Apache-2\.0"):
        paint(picture(0), "a woodcut", cache=cache)
    assert not hub.consent(KLEIN, Settings(offline=True)).may_download and cache.stats().used == 0
