"""Latents on disk: what the prior learns from, encoded once by the trained autoencoder."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from diffusers import AutoencoderKL
from numpy.typing import NDArray

from models.text2image.data import Captioned
from models.text2image.train_autoencoder import encode

BOTH = {"flower"}  # photographs are few: these domains are kept as they are and mirrored, others one way or the other
_CHUNK = 100
_SAMPLED = 100  # of so many pictures one tells whether the set was rendered anew


@dataclass(frozen=True)
class Latents:
    """values: float16 (N, C, h, w); rows: of the captioned set, and whether mirrored, (N,)."""

    values: NDArray
    rows: NDArray
    mirrored: NDArray


def views(captioned: Captioned, seed: int) -> tuple[NDArray, NDArray]:
    """Rows to encode and whether mirrored, (N,) each. Whatever tells left from right stays as it is."""
    rng = np.random.default_rng(seed)
    rows, mirrored = [], []
    for row, domain in enumerate(captioned.domains):
        told = json.dumps(captioned.facts(row))
        free = '"left"' not in told and '"right"' not in told
        ways = (False, True) if free and domain in BOTH else (bool(free and rng.random() < 0.5),)
        rows += [row] * len(ways)
        mirrored += ways
    return np.array(rows), np.array(mirrored)


def encoded(captioned: Captioned, autoencoder: AutoencoderKL, folder: Path, seed: int = 0) -> Latents:
    """The set's latents, read from `folder` or, the first time with these weights, made and kept there.

    Trainings of every seed share them, lest each encode the set anew: `seed` tells only what is mirrored."""
    rows, mirrored = views(captioned, seed)
    path = folder / f"latents-{_digest(captioned, autoencoder, rows, mirrored)}.npy"
    if not path.exists():
        print(f"Encoding {len(rows)} pictures.", flush=True)
        chunks = np.array_split(np.arange(len(rows)), -(-len(rows) // _CHUNK))
        values = [_encode(captioned, autoencoder, rows[chunk], mirrored[chunk]) for chunk in chunks]
        partial = path.with_suffix(".part")
        with partial.open("wb") as file:
            np.save(file, np.concatenate(values))
        os.replace(partial, path)
    return Latents(np.load(path), rows, mirrored)


def pictures(captioned: Captioned, latents: Latents, places: NDArray) -> NDArray:
    """What was encoded: uint8 (N, S, S, 3) of the latents at these places (N,)."""
    return _shown(captioned, latents.rows[places], latents.mirrored[places])


def _encode(captioned: Captioned, autoencoder: AutoencoderKL, rows: NDArray, mirrored: NDArray) -> NDArray:
    return encode(autoencoder, _shown(captioned, rows, mirrored)).half().numpy()


def _shown(captioned: Captioned, rows: NDArray, mirrored: NDArray) -> NDArray:
    pictures = captioned.images(rows)
    return np.where(mirrored[:, None, None, None], pictures[:, :, ::-1], pictures)


def _digest(captioned: Captioned, autoencoder: AutoencoderKL, rows: NDArray, mirrored: NDArray) -> str:
    """Eight letters that change with the encoder's weights, with the set and with what of it is mirrored."""
    known = hashlib.sha256(rows.tobytes() + mirrored.tobytes() + captioned.images(rows[::_SAMPLED]).tobytes())
    for tensor in (*autoencoder.encoder.state_dict().values(), *autoencoder.quant_conv.state_dict().values()):
        known.update((tensor.float() + 0.0).cpu().numpy().tobytes())  # -0 and 0 are the same
    return known.hexdigest()[:8]
