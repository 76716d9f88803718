"""The sound room with a tiny network drawn at random and clips of its own making, so that it holds before any weights
are there; and what visitors bring."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demos.sound import clips, game, service
from models.foley import engine, hub, seen, soundtrack
from models.foley.game import Scores
from models.foley.hits import Picking
from models.foley.inside import look_inside
from models.foley.network import tiny
from tests.demos.sound.pieces import ffmpeg
from tests.models.foley.knocks import knocks, written


@pytest.fixture(scope="session")
def shelf_folder(tmp_path_factory) -> tuple[Path, Path]:
    """A tiny network's weights, and two clips that it watched, as `models.foley.examples` leaves them."""
    root = tmp_path_factory.mktemp("room")
    drawn = tiny()
    drawn.picking = Picking(0.3, 0.25, 1.5)
    weights = engine.save_network(drawn, root / "foley-hits.safetensors", {"views": "0"})
    network = engine.read_network(weights)  # what is kept, in half precision, is what watches in the room
    folder = root / "sound"
    folder.mkdir()
    for name, seed in (("knock", 0), ("block", 1)):
        made = knocks(seed)
        film = written(folder / f"{name}.mp4", made.frames)
        (folder / f"{name}.flac").write_bytes(soundtrack.as_flac(0.5 * made.sound))
        found = look_inside(film, _Lent(network))
        told = {**seen.numbers(found), "width": 112, "height": 112}
        (folder / f"{name}.json").write_text(json.dumps(told))
        Image.fromarray(made.frames[20]).save(folder / f"{name}.webp")
        seen.motion_sheet(found.watched.motion).save(folder / f"{name}-motion.webp")
        seen.attention(found.where).save(folder / f"{name}-where.webp")
    about = [{"name": "knock", "words": "a knock"}, {"name": "block", "words": "a block"}]
    (folder / "clips.json").write_text(json.dumps(about))
    return weights, folder


class _Lent:
    """A cache that lends one network, whatever is asked for."""

    def __init__(self, network):
        self.network = network

    def lease(self, _key):
        from contextlib import nullcontext

        return nullcontext(self.network)


@pytest.fixture
def house(shelf_folder, tmp_path, monkeypatch) -> Iterator[None]:
    """The tiny network and its clips in the place of the box's own, a cache for them alone, an empty score."""
    from models.cache import ModelCache
    from models.devices import Machine

    weights, folder = shelf_folder
    cache = ModelCache(Machine("cpu", 10**9))
    monkeypatch.setattr(engine, "FILE", weights)
    monkeypatch.setattr(engine, "default_cache", lambda: cache)
    monkeypatch.setattr(clips, "FOLDER", folder)
    monkeypatch.setattr(game, "SCORES", Scores(tmp_path / "scores.sqlite3"))
    clips.shelf.cache_clear()
    yield
    clips.shelf.cache_clear()
    service.heard.cache_clear()


@pytest.fixture
def room(house):
    """The room's module."""
    from demos import video_sound

    return video_sound


@pytest.fixture(scope="session")
def brought(tmp_path_factory) -> Path:
    """What visitors bring: films of every kind, and what is none."""
    folder = tmp_path_factory.mktemp("brought")
    picture, tone = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=25"), ("-f", "lavfi", "-i", "sine=440")
    ffmpeg(*picture, *tone, "-t", 1, "-pix_fmt", "yuv420p", folder / "sound.mp4")
    ffmpeg("-display_rotation", 90, "-i", folder / "sound.mp4", "-c", "copy", folder / "portrait.mp4")
    ffmpeg("-i", folder / "sound.mp4", "-vn", "-c", "copy", folder / "sound-alone.mp4")
    ffmpeg("-i", folder / "sound.mp4", "-vn", folder / "sound.wav")
    ffmpeg("-i", folder / "sound.mp4", "-c:v", "libvpx-vp9", "-deadline", "realtime", folder / "web.webm")
    ffmpeg(*picture, "-t", 1, folder / "moving.gif")
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=32x32:rate=5", "-t", 600, "-pix_fmt", "yuv420p", folder / "long.mp4")
    large = ("-f", "lavfi", "-i", "testsrc=size=3840x2160:rate=25", "-frames:v", 3)
    ffmpeg(*large, "-preset", "ultrafast", "-pix_fmt", "yuv420p", folder / "4k.mp4")
    uneven = "color=red:size=64x48:rate=25:duration=1[a];color=blue:size=64x48:rate=2:duration=1[b];[a][b]concat=n=2"
    ffmpeg("-filter_complex", uneven, "-fps_mode", "vfr", "-pix_fmt", "yuv420p", folder / "uneven.mp4")
    whole = (folder / "sound.mp4").read_bytes()
    (folder / "truncated.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "text.mp4").write_text("This is no film at all, whatever its name says.\n" * 20)
    (folder / "empty.mp4").write_bytes(b"")
    ffmpeg(*picture, "-frames:v", 0, "-pix_fmt", "yuv420p", folder / "no-frames.mp4")
    return folder


@pytest.fixture
def large_model(monkeypatch):
    """A re-voicing that turns the track around, and tells two steps."""

    def revoice(sound, prompt, change, seed, model, on_step):
        hub._checked(prompt)
        on_step(1, 2)
        on_step(2, 2)
        return np.roll(sound, 10)

    monkeypatch.setattr(hub, "revoice", revoice)
