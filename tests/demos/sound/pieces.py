"""What the tests of the sound room share: an order, and films."""

import base64
import json
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from demos.sound import service
from models.foley import soundtrack

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
HITS = "0.3_0.8_wood*0.9_0.5_metal71-glass29*1.4_1_water"
ORDER = {"hits": HITS, "seconds": 2.0, "backend": "modal", "room": 0.2, "volume": 1.0, "seed": 5}
SETTINGS = {
    "clip": "knock",
    "hits": "",
    "material": "",
    "backend": "modal",
    "room": 0.2,
    "volume": 1.0,
    "original": 0.0,
}


def of_url(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


def heard(url: str) -> np.ndarray:
    return soundtrack.from_flac(of_url(url))


def ffmpeg(*arguments: object) -> None:
    subprocess.run([FFMPEG, "-v", "error", "-y", *map(str, arguments)], check=True)


def watched(film: Path, show: bool = False) -> tuple[list, dict]:
    *steps, told = service.opened(film, show)
    json.dumps(told)
    return steps, told
