"""Films in and out: whatever a phone or a stranger hands in becomes even, upright frames or one sentence."""

import re
import subprocess
import time
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from models import video
from models.errors import BadInput, VernissageError
from models.ffmpeg import Ffmpeg
from models.media import Recipe, read_recipe

RECIPE = Recipe("style-transfer", "style/painter", "1", 3, {"style": "great-wave"})
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
SOUND = ("-f", "lavfi", "-i", "sine=440:sample_rate=44100")


def ffmpeg(*arguments: object) -> None:
    subprocess.run([FFMPEG, "-v", "error", "-y", *map(str, arguments)], check=True)


def picture(size: str = "64x48", rate: float = 25, source: str = "testsrc") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"{source}=size={size}:rate={rate}")


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Path:
    """Small films, rendered once: with sound, silent, turned, uneven, sound alone, animated."""
    folder = tmp_path_factory.mktemp("clips")
    ffmpeg(*picture(), *SOUND, "-t", 2, "-pix_fmt", "yuv420p", "-c:a", "aac", folder / "sound.mp4")
    ffmpeg("-i", folder / "sound.mp4", "-an", "-c", "copy", folder / "silent.mp4")
    ffmpeg("-display_rotation", 90, "-i", folder / "sound.mp4", "-c", "copy", folder / "portrait.mp4")
    ffmpeg("-i", folder / "sound.mp4", "-vn", "-c", "copy", folder / "sound-alone.mp4")
    ffmpeg("-i", folder / "sound.mp4", "-vn", folder / "sound.wav")
    ffmpeg("-i", folder / "sound.mp4", "-c:v", "libvpx-vp9", "-c:a", "libvorbis", folder / "sound.webm")
    ffmpeg("-i", folder / "sound.mp4", "-c:v", "mpeg4", "-c:a", "pcm_s16le", folder / "old.avi")
    ffmpeg(*picture("40x30", 10), "-t", 1, folder / "moving.gif")
    return folder


def every(path: Path, fps: float = 25, longest: int = 64, most: float = 60) -> np.ndarray:
    return np.stack(list(video.frames(path, fps, longest, most)))


def moving_square(count: int = 20, height: int = 48, width: int = 64) -> np.ndarray:
    made = np.full((count, height, width, 3), (40, 90, 160), np.uint8)
    for k, frame in enumerate(made):
        frame[10:30, k : k + 20] = (220, 180, 40)
    return made


# ---------------------------------------------------------------- what a film is


def test_a_film_is_described(clips):
    film = video.probe(clips / "sound.mp4")
    assert (film.width, film.height, film.frames, film.codec, film.sound) == (64, 48, 50, "h264", "aac")
    assert film.seconds == pytest.approx(2, abs=0.02) and film.fps == pytest.approx(25, rel=0.01)
    assert film.has_sound and not video.probe(clips / "silent.mp4").has_sound


@pytest.mark.parametrize("name, codec, sound", [("sound.webm", "vp9", "vorbis"), ("old.avi", "mpeg4", "pcm_s16le")])
def test_other_kinds_are_read(clips, name, codec, sound):
    film = video.probe(clips / name)
    assert (film.width, film.height, film.codec, film.sound) == (64, 48, codec, sound)
    assert film.seconds == pytest.approx(2, abs=0.1)
    assert len(every(clips / name)) == pytest.approx(50, abs=2)


def test_a_gif_is_a_silent_film(clips):
    film = video.probe(clips / "moving.gif")
    assert (film.frames, film.width, film.height, film.sound) == (10, 40, 30, None)
    assert every(clips / "moving.gif", fps=10).shape == (10, 30, 40, 3)


def test_a_portrait_clip_is_upright(clips):
    film = video.probe(clips / "portrait.mp4")
    assert (film.width, film.height) == (48, 64)
    lying, standing = every(clips / "sound.mp4", most=0.2), every(clips / "portrait.mp4", most=0.2)
    assert standing.shape[1:] == (64, 48, 3)
    turned = np.rot90(lying.astype(int), axes=(1, 2))
    assert np.abs(turned - standing).mean() < 12 < np.abs(turned[:, ::-1, ::-1] - standing).mean()


def test_pixels_that_are_not_square_are_made_so(tmp_path):
    ffmpeg(*picture("72x64"), "-t", 0.4, "-vf", "setsar=16/9", "-pix_fmt", "yuv420p", tmp_path / "wide.mp4")
    assert (video.probe(tmp_path / "wide.mp4").width, video.probe(tmp_path / "wide.mp4").height) == (128, 64)


def test_uneven_frames_come_evenly_in_time(tmp_path):
    """A red second told in 25 frames, then a blue one told in two."""
    blue = f"color=blue:size=64x48:rate=2:duration=1[b];{'color=red:size=64x48:rate=25:duration=1[a]'}"
    graph = f"{blue};[a][b]concat=n=2:v=1"
    ffmpeg("-filter_complex", graph, "-fps_mode", "vfr", "-pix_fmt", "yuv420p", tmp_path / "uneven.mp4")
    film, seen = video.probe(tmp_path / "uneven.mp4"), every(tmp_path / "uneven.mp4", fps=20)
    assert film.frames < 30 and len(seen) == pytest.approx(40, abs=1)
    red = (seen[..., 0] > seen[..., 2]).mean((1, 2)) > 0.5
    assert red[:20].all() and not red[21:].any()


def test_a_late_picture_keeps_its_place_in_time(tmp_path):
    ffmpeg(*SOUND, "-itsoffset", 1, *picture(), "-t", 2, "-map", "0:a", "-map", "1:v", tmp_path / "late.mkv")
    seen = every(tmp_path / "late.mkv", fps=10)
    assert len(seen) == pytest.approx(20, abs=1)
    assert np.abs(seen[:10].astype(int) - seen[0]).max() == 0 and np.abs(seen[-1].astype(int) - seen[0]).mean() > 1


def test_4k_is_read_small(tmp_path):
    ffmpeg(*picture("3840x2160"), "-frames:v", 2, "-preset", "ultrafast", "-pix_fmt", "yuv420p", tmp_path / "4k.mp4")
    assert video.fitted(video.probe(tmp_path / "4k.mp4"), 480) == (480, 270)
    assert every(tmp_path / "4k.mp4", longest=480).shape == (2, 270, 480, 3)


@pytest.mark.parametrize("size, longest, expected", [((1919, 1079), 480, (480, 270)), ((33, 61), 480, (34, 62))])
def test_sizes_are_even_and_never_enlarged(size, longest, expected):
    film = video.Probe(1, 25, *size, 25, "h264", None)
    assert video.fitted(film, longest) == pytest.approx(expected, abs=2)
    assert all(side % 2 == 0 for side in video.fitted(film, longest))


def test_a_long_clip_is_cut_and_it_is_said(tmp_path):
    ffmpeg(*picture("32x32", 1), "-t", 600, "-pix_fmt", "yuv420p", tmp_path / "ten-minutes.mp4")
    film = video.probe(tmp_path / "ten-minutes.mp4")
    assert len(every(tmp_path / "ten-minutes.mp4", fps=2, most=15)) == video.counted(film, 2, 15) == 30
    assert video.shortened(film, 15) == "The film lasts 10 minutes; its first 15 seconds were used."
    assert video.shortened(film, 600) == ""


def test_frames_can_be_left_in_the_middle(clips):
    reading = video.frames(clips / "sound.mp4", 25, 64, 60)
    next(reading)
    reading.close()
    assert len(every(clips / "sound.mp4")) == 50


# ---------------------------------------------------------------- what is no film


def sentence(path: object, **limits: float) -> str:
    with pytest.raises(BadInput) as caught:
        video.probe(path, **limits)
    assert re.fullmatch(r"[A-Z][^\n]{20,220}[.]", str(caught.value))
    return str(caught.value)


def test_sound_alone_is_no_film(clips):
    assert sentence(clips / "sound-alone.mp4") == sentence(clips / "sound.wav") == video.NO_PICTURES


def test_a_cover_on_a_sound_is_no_film(clips, tmp_path):
    ffmpeg(*picture("32x32"), "-frames:v", 1, tmp_path / "cover.png")
    inputs = ["-i", clips / "sound-alone.mp4", "-i", tmp_path / "cover.png", "-map", 0, "-map", 1, "-c", "copy"]
    ffmpeg(*inputs, "-disposition:v:0", "attached_pic", tmp_path / "song.mp4")
    assert sentence(tmp_path / "song.mp4") == video.NO_PICTURES


def test_other_files_are_no_film(tmp_path):
    for name, data in {
        "text.mp4": b"hello, I am a text file\n",
        "empty.mp4": b"",
        "list.mp4": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n",
        "concat.mp4": b"ffconcat version 1.0\nfile /etc/hostname\n",
        "page.gif": b"<html>",
    }.items():
        (tmp_path / name).write_bytes(data)
        assert sentence(tmp_path / name) == video.NOT_A_FILM


def test_only_the_named_file_is_read(tmp_path, clips):
    """Neither an address, nor ffmpeg's ways to name several files, nor what is no file at all."""
    names = ["http://127.0.0.1/film.mp4", f"concat:{clips / 'sound.mp4'}|x", "-version", "/dev/zero", "a\0b", "", None]
    for name in [*names, tmp_path, tmp_path / ".." / "nothing.mp4", f"file:{clips / 'sound.mp4'}"]:
        assert sentence(name) == video.NOT_FOUND


def test_an_odd_name_is_only_a_name(clips, tmp_path):
    path = tmp_path / "-i %03d 'concat:a|b'.mp4"
    path.write_bytes((clips / "sound.mp4").read_bytes())
    assert video.probe(path).frames == 50 and len(every(path)) == 50


@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
@pytest.mark.parametrize("index", ["first", "last", "webm"])
def test_a_film_that_stops_half_way_is_refused(clips, tmp_path, share, index):
    whole = tmp_path / ("whole.webm" if index == "webm" else "whole.mp4")
    flags = ["-movflags", "+faststart"] if index == "first" else []
    ffmpeg("-i", clips / ("sound.webm" if index == "webm" else "sound.mp4"), "-c", "copy", *flags, whole)
    data = whole.read_bytes()
    (tmp_path / "half").write_bytes(data[: int(share * len(data))])
    assert sentence(tmp_path / "half") == video.DAMAGED_FILM


def test_a_film_without_a_frame_is_refused(tmp_path):
    ffmpeg(*picture(), "-frames:v", 0, "-c:v", "mpeg4", tmp_path / "none.avi")
    assert sentence(tmp_path / "none.avi") in (video.EMPTY_FILM, video.DAMAGED_FILM)


def test_limits_hold_before_anything_is_decoded(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(video, "_upright", lambda *_: pytest.fail("a frame was decoded"))
    assert "MB at most" in sentence(clips / "sound.mp4", max_bytes=1000)
    assert "megapixels" in sentence(clips / "sound.mp4", max_pixels=3000)
    ffmpeg(*picture("16x16", 0.01), "-t", 4000, "-pix_fmt", "yuv420p", tmp_path / "long.mp4")
    assert "lasts 67 minutes; the gallery takes 60 minutes at most" in sentence(tmp_path / "long.mp4")
    assert "has 50 pictures; the gallery takes 49 at most" in sentence(clips / "sound.mp4", max_frames=49)


def test_damage_anywhere_is_a_sentence_or_a_film(clips, tmp_path):
    data, chance = (clips / "sound.mp4").read_bytes(), np.random.default_rng(0)
    for k in range(10):
        hurt = bytearray(data)
        for at in chance.integers(0, len(data), 40):
            hurt[at] = chance.integers(256)
        (tmp_path / "hurt.mp4").write_bytes(bytes(hurt))
        try:
            assert all(frame.ndim == 3 for frame in video.frames(tmp_path / "hurt.mp4", 10, 64, 2))
        except BadInput as error:
            assert str(error).endswith("."), k


# ---------------------------------------------------------------- writing


def test_what_is_written_can_be_read(tmp_path):
    made = moving_square()
    with video.Writer(tmp_path / "film.mp4", 20, recipe=RECIPE) as film:
        for frame in made:
            film.write(frame)
    found, seen = video.probe(tmp_path / "film.mp4"), every(tmp_path / "film.mp4", fps=20)
    assert (found.frames, found.width, found.height, found.codec, found.sound) == (20, 64, 48, "h264", None)
    assert np.abs(seen.astype(int) - made).mean() < 4, "colours and places as they were"
    assert read_recipe(tmp_path / "film.mp4") == RECIPE
    data = (tmp_path / "film.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "it plays while it loads"
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_browsers_can_play_odd_sizes(tmp_path):
    with video.Writer(tmp_path / "film.mp4", 20) as film:
        for frame in moving_square(5, 47, 63):
            film.write(frame)
    assert (video.probe(tmp_path / "film.mp4").width, video.probe(tmp_path / "film.mp4").height) == (62, 46)
    about = subprocess.run([FFMPEG, "-i", tmp_path / "film.mp4"], capture_output=True, text=True).stderr
    assert "yuv420p" in about and "bt709" in about


@pytest.mark.parametrize("name, sound", [("sound.mp4", "aac"), ("sound.webm", "aac"), ("old.avi", "aac")])
def test_the_sound_is_taken_along(clips, tmp_path, name, sound):
    with video.Writer(tmp_path / "film.mp4", 20, sound=clips / name, recipe=RECIPE) as film:
        for frame in moving_square(20):
            film.write(frame)
    found = video.probe(tmp_path / "film.mp4")
    assert found.sound == sound and found.frames == 20 and found.seconds == pytest.approx(1, abs=0.05)
    assert read_recipe(tmp_path / "film.mp4") == RECIPE


def packets(path: Path, stream: str) -> list[str]:
    """Checksums of a stream's packets."""
    command = [FFMPEG, "-v", "error", "-i", path, "-map", stream, "-c", "copy", "-f", "framecrc", "-"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split(",")[5].strip() for line in listed if not line.startswith("#")]


def test_sound_that_browsers_play_is_not_coded_again(clips, tmp_path):
    with video.Writer(tmp_path / "film.mp4", 25, sound=clips / "sound.mp4") as film:
        for frame in moving_square(25):
            film.write(frame)
    ours, theirs = packets(tmp_path / "film.mp4", "0:a"), packets(clips / "sound.mp4", "0:a")
    assert len(ours) > 40 and ours == theirs[: len(ours)]


def test_a_silent_source_makes_a_silent_film(clips, tmp_path):
    with video.Writer(tmp_path / "film.mp4", 25, sound=clips / "silent.mp4") as film:
        film.write(moving_square(1)[0])
    assert not video.probe(tmp_path / "film.mp4").has_sound


def test_a_sound_is_joined_to_untouched_pictures(clips, tmp_path):
    video.join(clips / "portrait.mp4", clips / "sound.wav", tmp_path / "film.mp4", 2.0, RECIPE)
    found = video.probe(tmp_path / "film.mp4")
    assert (found.width, found.height, found.sound) == (48, 64, "aac"), "still upright"
    assert packets(tmp_path / "film.mp4", "0:v") == packets(clips / "portrait.mp4", "0:v")
    assert read_recipe(tmp_path / "film.mp4") == RECIPE


def test_a_gif_is_coded_anew_for_its_sound(clips, tmp_path):
    video.join(clips / "moving.gif", clips / "sound.wav", tmp_path / "film.mp4", 1.0)
    found = video.probe(tmp_path / "film.mp4")
    assert (found.codec, found.sound, found.width, found.height) == ("h264", "aac", 40, 30)
    with pytest.raises(BadInput, match="no sound"):
        video.join(clips / "silent.mp4", clips / "silent.mp4", tmp_path / "none.mp4", 1.0)


def test_where_it_was_filmed_stays_with_whoever_filmed_it(clips, tmp_path):
    located = tmp_path / "located.mp4"
    place = ["-movflags", "use_metadata_tags", "-metadata", "location=+52.5+13.4/", "-metadata", "title=home"]
    ffmpeg("-i", clips / "sound.mp4", "-c", "copy", *place, located)
    video.join(located, clips / "sound.wav", tmp_path / "film.mp4", 2.0)
    assert b"+52.5+13.4" in located.read_bytes()
    assert b"+52.5+13.4" not in (tmp_path / "film.mp4").read_bytes()


# ---------------------------------------------------------------- when it goes wrong


def test_an_error_in_the_making_leaves_nothing(tmp_path):
    with pytest.raises(KeyError), video.Writer(tmp_path / "film.mp4", 20) as film:
        film.write(moving_square(1)[0])
        raise KeyError("called off")
    assert list(tmp_path.iterdir()) == []


def test_an_older_film_stays_until_the_new_one_is_whole(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"older")
    with pytest.raises(KeyError), video.Writer(tmp_path / "film.mp4", 20) as film:
        film.write(moving_square(1)[0])
        raise KeyError("called off")
    assert (tmp_path / "film.mp4").read_bytes() == b"older"


def test_a_killed_ffmpeg_is_a_sentence(tmp_path):
    with pytest.raises(VernissageError, match="was stopped"), video.Writer(tmp_path / "film.mp4", 20) as film:
        film.write(moving_square(1)[0])
        film._run.process.kill()
        for frame in moving_square(200):
            film.write(frame)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_ffmpeg_does_not_pass_for_the_end_of_a_film(clips, monkeypatch):
    started = []
    enter = Ffmpeg.__enter__
    monkeypatch.setattr(Ffmpeg, "__enter__", lambda run: started.append(run) or enter(run))
    film = video.probe(clips / "sound.mp4")
    reading = video.frames(clips / "sound.mp4", 1000, 64, 60, film)  # 2,000 frames: more than a pipe holds
    next(reading)
    started[-1].process.kill()
    with pytest.raises(VernissageError, match="was stopped"):
        list(reading)


def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Put a shell script in the place of ffmpeg."""
    script = tmp_path / "ffmpeg"
    script.write_text("\n".join(["#!/bin/sh", *lines]), encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(script))


def test_an_ffmpeg_that_stands_still_is_not_waited_for(clips, tmp_path, monkeypatch):
    monkeypatch.setattr("models.ffmpeg.PATIENCE", 0.3)
    fake(tmp_path, monkeypatch, "exec sleep 60")
    began = time.monotonic()
    with pytest.raises(VernissageError, match="too busy"):
        video.probe(clips / "sound.mp4")
    with pytest.raises(VernissageError, match="too busy"), video.Writer(tmp_path / "film.mp4", 20) as film:
        for frame in moving_square(200):
            film.write(frame)
    assert time.monotonic() - began < 20
    assert [path.name for path in tmp_path.iterdir()] == ["ffmpeg"]


def test_a_film_that_is_hard_work_is_left_in_the_end(clips, monkeypatch):
    monkeypatch.setattr("models.ffmpeg.MOST_WORK", 1)
    with pytest.raises(VernissageError, match="too hard to read"):
        for _ in video.frames(clips / "sound.mp4", 1_000_000, 64, 60, video.probe(clips / "sound.mp4")):
            pass


def test_a_full_disk_is_a_sentence(tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, "echo 'Error writing trailer: No space left on device' >&2", "exit 228")
    with pytest.raises(VernissageError, match="disk of this machine is full"):
        with video.Writer(tmp_path / "film.mp4", 20) as film:
            for frame in moving_square(200):
                film.write(frame)
    assert [path.name for path in tmp_path.iterdir()] == ["ffmpeg"]


def test_a_film_larger_than_the_disk_allows_is_a_sentence(tmp_path):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = np.random.default_rng(0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(VernissageError), video.Writer(tmp_path / "film.mp4", 20) as film:
            for _ in range(60):
                film.write(noise.integers(0, 255, (128, 128, 3), np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
