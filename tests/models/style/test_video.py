"""A painted film: its size, sound and steadiness, and how it is called off. With a tiny painter drawn at random."""

from pathlib import Path

import numpy as np
import pytest

from models import video
from models.cache import ModelCache
from models.errors import BadInput
from models.media import Recipe, read_recipe
from models.style import engine
from models.style import video as film
from models.style.engine import Ask
from models.style.network import TINY, tiny_painter

CODE = np.random.default_rng(0).standard_normal(TINY.code).astype(np.float32)
ASK = Ask(CODE, side=96)
RECIPE = Recipe("style-transfer", "style/painter", "1", 0, {"style": "great-wave"})


@pytest.fixture
def cache(tmp_path, monkeypatch) -> ModelCache:
    from models.devices import this_machine
    from models.settings import Settings

    path = engine.save_painter(tiny_painter(), tmp_path / "weights" / "style-painter.safetensors")
    monkeypatch.setattr(engine, "FILE", path)
    return ModelCache(this_machine(Settings()))


def scene(count: int = 12, width: int = 96, height: int = 64, grain: float = 2.0) -> np.ndarray:
    """A bright ball that crosses a still ground, filmed with grain: uint8 (count, H, W, 3)."""
    chance = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    ground = np.stack([90 + 60 * np.sin(x / 9), 110 + 40 * np.cos(y / 7), 120 + 0.5 * x], -1)
    made = []
    for k in range(count):
        ball = np.hypot(x - 10 - 5 * k, y - height / 2) < 9
        made.append(np.where(ball[..., None], (240, 80, 40), ground) + chance.normal(0, grain, ground.shape))
    return np.clip(made, 0, 255).astype(np.uint8)


def written(path: Path, frames: np.ndarray, fps: float = 12, sound: Path | None = None) -> Path:
    with video.Writer(path, fps, sound=sound) as writer:
        for frame in frames:
            writer.write(frame)
    return path


@pytest.fixture
def source(tmp_path) -> Path:
    return written(tmp_path / "source.mp4", scene())


def test_a_film_is_painted_whole_and_keeps_its_time(cache, source, tmp_path):
    heard = []
    report = film.paint_film(source, tmp_path / "out.mp4", ASK, cache, lambda *step: heard.append(step), RECIPE)
    made = video.probe(tmp_path / "out.mp4")
    assert heard == [(k, 12) for k in range(1, 13)]
    assert (report.frames, report.width, report.height, report.fps) == (12, 96, 64, pytest.approx(12))
    assert (made.frames, made.width, made.height, made.seconds) == (12, 96, 64, pytest.approx(1, abs=0.05))
    assert report.note == "" and report.rate > 0
    assert read_recipe(tmp_path / "out.mp4") == RECIPE


def test_the_sound_stays(cache, tmp_path, source):
    import subprocess

    from imageio_ffmpeg import get_ffmpeg_exe

    tone = ["-f", "lavfi", "-i", "sine=440", "-t", "1", tmp_path / "tone.wav"]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *map(str, tone)], check=True)
    video.join(source, tmp_path / "tone.wav", tmp_path / "heard.mp4", 1.0)
    film.paint_film(tmp_path / "heard.mp4", tmp_path / "out.mp4", ASK, cache)
    assert video.probe(tmp_path / "out.mp4").sound == "aac"


def test_a_long_and_fast_film_is_cut_and_it_is_said(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(film, "SECONDS", 0.5)
    source = written(tmp_path / "long.mp4", scene(60), fps=30)
    report = film.paint_film(source, tmp_path / "out.mp4", ASK, cache)
    assert report.note == "The film lasts 2 seconds; its first 0.5 seconds were used."
    assert report.fps == film.FPS and report.frames == pytest.approx(7.5, abs=1)


def test_it_flickers_less_than_frame_by_frame(cache, source):
    steady, alone, own = film.flicker_of(source, ASK, cache=cache)
    assert 0 < steady < 0.6 * alone and 0 < own < alone


def test_statistics_alone_steady_it_too(cache, monkeypatch):
    """A lamp that flickers at the edge must not make the rest of the painting flicker."""
    frames = scene(12, grain=0)[:1].repeat(12, 0)
    frames[1::2, :, :16] = 255
    monkeypatch.setattr(film, "_SETTLED", 0.0)
    far = (slice(None), slice(64, None))
    changes = []
    for steady in (True, False):
        hand = film.SteadyHand(ASK, 12, cache, steady)
        painted = np.stack([hand.paint(frame)[far] for frame in frames]).astype(float)
        changes.append(np.abs(np.diff(painted, axis=0)).mean())
    assert changes[0] < 0.5 * changes[1]


def test_what_moves_is_painted_as_it_is_now(cache):
    """No ghosts: where the ball has been, the ground is what it is in a painting without a past."""
    frames = scene(12, grain=0)
    hand = film.SteadyHand(ASK, 12, cache)
    for frame in frames:
        painted = hand.paint(frame)
    alone = film.SteadyHand(ASK, 12, cache).paint(frames[-1])
    assert np.abs(painted.astype(int) - alone)[:, :40].mean() < 4


def test_a_cut_starts_anew(cache):
    frames = [*scene(4), *(255 - scene(2)[:, ::-1])]
    hand, fresh = film.SteadyHand(ASK, 12, cache), film.SteadyHand(ASK, 12, cache)
    painted = [hand.paint(frame) for frame in frames]
    assert np.array_equal(painted[4], fresh.paint(frames[4]))


def test_strength_and_colours_are_asked_for_here_too(cache):
    frame = scene(1)[0]
    plain, weak, own = (
        film.SteadyHand(ask, 12, cache).paint(frame).astype(int)
        for ask in (ASK, Ask(CODE, strength=0.0, side=96), Ask(CODE, keep_colours=True, side=96))
    )
    assert np.abs(weak - frame).mean() < np.abs(plain - frame).mean()
    chroma = [picture - picture.mean(-1, keepdims=True) for picture in (plain, own, frame.astype(int))]
    assert np.abs(chroma[1] - chroma[2]).mean() < np.abs(chroma[0] - chroma[2]).mean()


def test_the_same_ask_the_same_film(cache):
    takes = []
    for _ in range(2):
        hand = film.SteadyHand(ASK, 12, cache)
        takes.append(np.stack([hand.paint(frame) for frame in scene(4)]))
    assert np.array_equal(*takes)


def test_it_can_be_called_off(cache, source, tmp_path):
    def stop(done: int, of: int) -> None:
        if done == 3:
            raise KeyError("called off")

    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(KeyError):
        film.paint_film(source, tmp_path / "out.mp4", ASK, cache, stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_code_of_another_model_and_a_file_that_is_no_film_are_sentences(cache, source, tmp_path):
    with pytest.raises(BadInput, match="choose the style again"):
        film.paint_film(source, tmp_path / "out.mp4", Ask(np.zeros(7, np.float32)), cache)
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(BadInput, match="not a film"):
        film.paint_film(tmp_path / "text.mp4", tmp_path / "out.mp4", ASK, cache)
    assert not (tmp_path / "out.mp4").exists()
