"""What a camera does to a scene, and what becomes of its film: shake, blur, noise, light, frames lost, compression.

Nothing here knows of hits, and nothing here moves them: frame k of a film of `fps` shows the scene at k / fps.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models import video
from models.errors import VernissageError
from models.ffmpeg import STOPPED, Ffmpeg
from models.foley.scene_canvas import MARGIN

_RATES = {30.0: 0.44, 25.0: 0.19, 24.0: 0.14, 20.0: 0.05, 15.0: 0.12, 12.0: 0.06}  # frames a second, and their shares
_LETTERS = "aeionrstlu ABEKMRST0123456789"


@dataclass(frozen=True)
class Camera:
    """One camera and what its film went through.

    fps: of the source; shutter: share of a frame that it is open; lost: share of frames that show the one before;
    frozen: (first, count) of frames that a film hangs for; shake: share of the frame's side; jolts: seconds of bumps.
    exposure, contrast, saturation: factors, gamma: an exponent; tint: gains (3,); drift, flicker: how much light varies
    (0..1), flicker_rate in Hz; soft: blur in 112ths of the frame; noise: 0..1 of white, and of light as `shot`.
    vignette: how dark corners are; bars: share of the frame that black bars take; caption: words on the picture.
    jpeg: quality of a first compression, 0 for none; crf: of H.264; seed: of all that is random from frame to frame.
    """

    fps: float
    shutter: float
    lost: float
    frozen: tuple[int, int]
    shake: float
    jolts: tuple[float, ...]
    exposure: float
    contrast: float
    gamma: float
    saturation: float
    tint: tuple[float, float, float]
    drift: float
    flicker: float
    flicker_rate: float
    soft: float
    noise: float
    shot: float
    vignette: float
    bars: float
    caption: str
    jpeg: int
    crf: int
    seed: int


STILL = Camera(
    30.0, 0.5, 0, (0, 0), 0, (), 1, 1, 1, 1, (1, 1, 1), 0, 0, 1, 0, 0, 0, 0, 0, "", 0, 18, 0
)  # changes nothing


def some_camera(rng: Generator, seconds: float) -> Camera:
    """From a tripod in good light to a telephone in the dark."""
    fps = float(rng.choice(list(_RATES), p=list(_RATES.values())))
    dark = rng.random() < 0.13
    noise = rng.uniform(0.008, 0.035) if dark else rng.uniform(0, 0.014)
    return Camera(
        fps=fps,
        shutter=rng.uniform(0.6, 1.0) if dark else rng.uniform(0.12, 0.8),
        lost=rng.uniform(0.01, 0.12) if rng.random() < 0.15 else 0.0,
        frozen=(int(rng.integers(1, max(2, seconds * fps - 9))), int(rng.integers(2, 7)))
        if rng.random() < 0.04
        else (0, 0),
        shake=float(rng.choice([0, rng.uniform(0.001, 0.006), rng.uniform(0.006, 0.02)], p=[0.38, 0.45, 0.17])),
        jolts=tuple(rng.uniform(0, seconds, rng.integers(1, 4))) if rng.random() < 0.1 else (),
        exposure=rng.uniform(0.35, 0.65) if dark else rng.uniform(0.75, 1.35),
        contrast=rng.uniform(0.7, 1.3),
        gamma=rng.uniform(0.8, 1.25),
        saturation=0.0 if rng.random() < 0.04 else rng.uniform(0.4, 1.4),
        tint=tuple(np.exp(rng.normal(0, 0.08, 3))),
        drift=rng.uniform(0, 0.12) if rng.random() < 0.4 else 0.0,
        flicker=rng.uniform(0.02, 0.15) if rng.random() < 0.12 else 0.0,
        flicker_rate=rng.uniform(0.7, 14.0),
        soft=rng.uniform(0, 0.45) if rng.random() < 0.82 else rng.uniform(0.45, 1.1),
        noise=noise,
        shot=noise * rng.uniform(0.3, 1.5),
        vignette=rng.uniform(0, 0.5) if rng.random() < 0.5 else 0.0,
        bars=float(rng.choice([-1, 1])) * rng.uniform(0.08, 0.26) if rng.random() < 0.07 else 0.0,
        caption="".join(rng.choice(list(_LETTERS), rng.integers(3, 18))) if rng.random() < 0.05 else "",
        jpeg=int(rng.integers(18, 60)) if rng.random() < 0.12 else 0,
        crf=int(rng.choice([rng.integers(19, 24), rng.integers(24, 28), rng.integers(28, 32)], p=[0.66, 0.26, 0.08])),
        seed=int(rng.integers(2**31)),
    )


# ---------------------------------------------------------------- filming


def film(canvases: Iterable[NDArray], camera: Camera, seconds: float, side: int) -> Iterator[NDArray]:
    """The frames that the camera takes of canvases, uint8 (S, S, 3) each: uint8 (side, side, 3)."""
    rng = np.random.default_rng(camera.seed)
    moves = _Moves(camera, seconds, rng)
    finish = _Finish(camera, side, rng)
    frame = None
    for k, canvas in enumerate(canvases):
        hangs = camera.frozen[0] <= k < sum(camera.frozen) or rng.random() < camera.lost
        if frame is None or not hangs:
            frame = finish(_framed(canvas, moves, k / camera.fps, side), k / camera.fps)
        yield frame


def framed(made: NDArray, camera: Camera, seconds: float, side: int, nothing: int) -> NDArray:
    """What the first frame of such a film shows of a map that lies over its canvas, uint8 (S, S): uint8 (side, side),
    `nothing` beneath bars."""
    shown = _framed(made, _Moves(camera, seconds, np.random.default_rng(camera.seed)), 0.0, side, cv2.INTER_NEAREST)
    _bar(shown, camera, nothing)
    return shown


class _Moves:
    """How the camera moves: where it points, how it is turned and zoomed, at any time."""

    def __init__(self, camera: Camera, seconds: float, rng: Generator):
        self.size, self.jolts = camera.shake, camera.jolts
        # Hands tremble at some hertz, and sway below one.
        self.rates = np.array([0.13, 0.4, 1.1, 2.6, 6.0])[:, None] * rng.uniform(0.7, 1.4, (5, 4))
        self.sizes = np.array([1.6, 1.0, 0.5, 0.22, 0.1])[:, None] * rng.normal(0, 1, (5, 4))
        self.phases = rng.uniform(0, 2 * np.pi, (5, 4))
        slow = rng.random() < 0.25
        self.pan = rng.uniform(-0.02, 0.02, 4) * slow / seconds
        self.middle = seconds / 2

    def at(self, time: float) -> tuple[float, float, float, float]:
        """Across and down as shares of the side, the angle in radians, the change of zoom."""
        sway = self.size * (self.sizes * np.sin(2 * np.pi * self.rates * time + self.phases)).sum(0)
        bumps = np.zeros(4)
        for jolt in self.jolts:
            since = time - jolt
            if since > 0:
                bumps += 0.02 * np.exp(-since / 0.1) * np.sin(2 * np.pi * 9 * since) * np.array([0.6, 1, 0.4, 0])
        x, y, turn, zoom = sway * [1, 1, 0.8, 0.6] + bumps + self.pan * (time - self.middle)
        return float(x), float(y), float(turn), float(zoom)


def _framed(canvas: NDArray, moves: _Moves, time: float, side: int, between: int = cv2.INTER_LINEAR) -> NDArray:
    """The part of the canvas that the camera sees, (side, side, 3) or (side, side)."""
    x, y, turn, zoom = moves.at(time)
    small = len(canvas)
    while small >= 1.8 * side * MARGIN:  # halved by averaging, so that nothing flickers
        small //= 2
    if small != len(canvas):
        shrink = cv2.INTER_AREA if between == cv2.INTER_LINEAR else between
        canvas = cv2.resize(canvas, (small, small), interpolation=shrink)
    scale = small / MARGIN / side * (1 + float(np.clip(zoom, -0.05, 0.05)))
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    middle = np.array([small / 2 - 0.5 + x * small, small / 2 - 0.5 + y * small])
    half = (side - 1) / 2
    matrix = np.array([[c, -s, middle[0] - c * half + s * half], [s, c, middle[1] - s * half - c * half]])
    how = between | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(canvas, matrix, (side, side), flags=how, borderMode=cv2.BORDER_REFLECT)


class _Finish:
    """Lens, sensor and what is laid over the picture."""

    def __init__(self, camera: Camera, side: int, rng: Generator):
        self.camera, self.side, self.rng = camera, side, rng
        y, x = (np.mgrid[0:side, 0:side] + 0.5) / side - 0.5
        self.vignette = (1 - camera.vignette * 2 * (x**2 + y**2)).astype(np.float32)[..., None]
        grain = rng.standard_normal((2 * side, 2 * side, 3), np.float32)
        grey = grain.mean(-1, keepdims=True) * 1.5
        self.grain = 255 * (grey + 0.5 * cv2.GaussianBlur(grain, (0, 0), 0.8)).astype(np.float32)
        self.wander = rng.uniform(0, 2 * np.pi, 3)
        self.corner = rng.uniform(0.05, 0.75, 2)

    def __call__(self, frame: NDArray, time: float) -> NDArray:
        camera = self.camera
        picture = self._lit(frame, time)
        if camera.soft:
            picture = cv2.GaussianBlur(picture, (0, 0), max(0.05, camera.soft * self.side / 112))
        if camera.vignette:
            picture *= self.vignette
        if camera.noise:
            top, left = self.rng.integers(0, self.side, 2)
            part = self.grain[top : top + self.side, left : left + self.side]
            picture += part * (camera.noise + camera.shot * np.sqrt(picture.clip(0, 255) / 255))
        shown = cv2.convertScaleAbs(picture.clip(0, 255))
        self._laid_over(shown)
        if camera.jpeg:
            _, data = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, camera.jpeg])
            shown = cv2.imdecode(data, cv2.IMREAD_COLOR)
        return shown

    def _lit(self, frame: NDArray, time: float) -> NDArray:
        """Exposure, colours and tone, float32 (side, side, 3)."""
        camera = self.camera
        light = camera.exposure * (1 + camera.flicker * np.sin(2 * np.pi * camera.flicker_rate * time))
        light *= 1 + camera.drift * np.sin([0.9 * time, 2.3 * time, 0.4 * time] + self.wander).mean()
        levels = np.arange(256) / 255
        curves = (light * levels[:, None] * np.array(camera.tint)).clip(0, 1) ** camera.gamma  # (256, 3)
        curves = ((curves - 0.45) * camera.contrast + 0.45).clip(0, 1)
        picture = cv2.LUT(frame, (255 * curves).astype(np.float32)[:, None, :])
        if camera.saturation != 1:
            grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
            picture = grey + camera.saturation * (picture - grey)
        return picture

    def _laid_over(self, shown: NDArray) -> None:
        _bar(shown, self.camera, 0)
        if self.camera.caption:
            at = (int(self.corner[0] * 0.4 * self.side), int((0.15 + self.corner[1]) * self.side))
            size = self.side / 112 * 0.35
            for colour, thick in (((0, 0, 0), 2), ((255, 255, 255), 1)):
                cv2.putText(shown, self.camera.caption, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA)


def _bar(picture: NDArray, camera: Camera, level: int) -> None:
    """Two bars of this level on a picture (side, side, ...), in place, where the camera's film has them."""
    if camera.bars:
        wide = int(abs(camera.bars) * len(picture))
        for part in (np.s_[:wide], np.s_[-wide:]):
            (picture if camera.bars > 0 else picture.swapaxes(0, 1))[part] = level


# ---------------------------------------------------------------- the film on disk


def coded(frames: Iterable[NDArray], camera: Camera, side: int, every: int = 250) -> bytes:
    """An MP4 with these frames in H.264, as most films that people have are; each `every`th stands by itself."""
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{side}x{side}", "-r", str(camera.fps), "-i", "pipe:0"]
    how = ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(camera.crf), "-pix_fmt", "yuv420p", "-threads", "1"]
    how += ["-g", str(every)]
    with tempfile.TemporaryDirectory(prefix="foley-") as folder:
        path = Path(folder) / "clip.mp4"
        with Ffmpeg(*raw, *how, "-fflags", "+bitexact", "-f", "mp4", str(path), writes=True) as run:
            for frame in frames:
                run.fed(np.ascontiguousarray(frame))
            run.end(VernissageError(STOPPED))
        return path.read_bytes()


def decoded(data: bytes, fps: float, seconds: float, side: int, source: float) -> NDArray:
    """The frames of such an MP4 as a room sees them, uint8 (T, side, side, 3), `fps` a second; source: its own rate."""
    known = video.Probe(seconds, round(seconds * source), side, side, source, "h264", None)
    with tempfile.TemporaryDirectory(prefix="foley-") as folder:
        path = Path(folder) / "clip.mp4"
        path.write_bytes(data)
        return np.stack(list(video.frames(path, fps, side, seconds + 1, known)))
