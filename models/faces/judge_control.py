"""Does the latent do what it is asked? Sums of faces, frames that are kept, ghosts on a walk, attributes turned alone.

All is measured through what the rooms show (`arithmetic`, `walk`), by the regressor of `attributes.py`.
"""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.cache import default_cache
from models.faces.arithmetic import CENTRE, elsewhere, solve, total
from models.faces.attributes import look
from models.faces.bench import PIECE, Bench
from models.faces.engine import ATTRIBUTES, PSI
from models.faces.equation import Equation
from models.faces.walk import Place, decode
from models.training import to_tensor

SURE = 0.9  # what the regressor must be, for a face to count as a woman or as wearing glasses; 1 - SURE, as none
STEPS = 11  # pictures between the ends of a walk
_TURN = 2.0  # standard deviations
_BAND = (slice(55, 82), slice(24, 104))  # where glasses are, at 128 px


def groups(seen: dict[str, NDArray]) -> list[NDArray]:
    """Rows of men with glasses, men without, women without, of which the regressor is as sure as of a result."""
    woman, man = seen["woman"] > SURE, seen["woman"] < 1 - SURE
    worn, bare = seen["glasses"] > SURE, seen["glasses"] < 1 - SURE
    return [np.flatnonzero(rows) for rows in (man & worn, man & bare, woman & bare)]


def success(seen: dict[str, NDArray]) -> float:
    """Share of faces that are surely women with glasses."""
    return float(((seen["woman"] > SURE) & (seen["glasses"] > SURE)).mean())


def arithmetic(bench: Bench, count: int = 200) -> dict:
    """Man with glasses - man + woman: three generated exemplars a term, over `count` random equations."""
    pool, rng = bench.draw(PSI), np.random.default_rng(31)
    terms = groups(pool.seen)
    if min(map(len, terms)) < 3:
        return {"equations": 0, "exemplars": [len(rows) for rows in terms]}
    equations = [
        Equation(*(tuple(int(pool.seeds[row]) for row in rng.choice(rows, 3, replace=False)) for rows in terms), seed=k)
        for k in range(count)
    ]
    seen = look(np.concatenate([solve(equation).grid for equation in equations]))
    apart = [elsewhere(equation) for equation in equations[: max(1, count // 4)]]
    return {
        "equations": count,
        "exemplars": [len(rows) for rows in terms],
        "grid": success(seen),
        "centre": success({name: values[CENTRE::9] for name, values in seen.items()}),
        "z": success(look(np.stack([sums["z"] for sums in apart]))),
        "pixels": success(look(np.stack([sums["pixels"] for sums in apart]))),
        "dcgan": _historical(bench, count),
    }


def _historical(bench: Bench, count: int) -> float | None:
    """The same in the DCGAN's z, as in 2016; None where it makes too few of a kind."""
    pool, rng = bench.draw_historical(), np.random.default_rng(31)
    terms = groups(pool.seen)
    if min(map(len, terms)) < 3:
        return None
    sums = [total([pool.w[rng.choice(rows, 3, replace=False)] for rows in terms]) for _ in range(count)]
    return success(look(bench.dcgan.decode(np.stack(sums))))


@torch.inference_mode()
def encode(pictures: NDArray) -> NDArray:
    """The encoder's w (N, D) of aligned uint8 (N, 128, 128, 3)."""
    with default_cache().lease("faces/encoder") as encoder:
        device = str(next(encoder.parameters()).device)
        parts = [to_tensor(pictures[start : start + PIECE], device) for start in range(0, len(pictures), PIECE)]
        return torch.cat([encoder(part)[0] for part in parts]).float().cpu().numpy()


def frames_kept(bench: Bench, count: int = 200) -> dict:
    """The same equation with one encoded held-out morph a term, whose frames are known: are they in the sum?

    "average pair": what one errs by who always answers with the mean colour and the commonest shape. "term": what the
    regressor errs by on the morph itself, "reconstruction": on its encoding.
    """
    morphs, rng = bench.held_out, np.random.default_rng(32)
    labels = morphs.labels
    man, woman, worn = labels["woman"] < 0.2, labels["woman"] > 0.8, labels["glasses"] > 0.5
    rows = [rng.choice(np.flatnonzero(where), count) for where in (man & worn, man & ~worn, woman & ~worn)]
    with_glasses = morphs.images(rows[0])
    latents = [encode(with_glasses), *(encode(morphs.images(term)) for term in rows[1:])]
    result = look(bench.house.decode(latents[0] - latents[1] + latents[2]))
    colour, shape = labels["frame_rgb"][rows[0]], labels["frame_shape"][rows[0]].astype(int)
    return {
        "woman_and_glasses": success(result),
        "result": _frame_errors(result, colour, shape),
        "reconstruction": _frame_errors(look(bench.house.decode(latents[0])), colour, shape),
        "term": _frame_errors(look(with_glasses), colour, shape),
        "average pair": {
            "colour_error": float(np.abs(colour - colour.mean(0)).mean()),
            "shape_right": float(np.bincount(shape).max() / count),
        },
    }


def _frame_errors(seen: dict[str, NDArray], colour: NDArray, shape: NDArray) -> dict[str, float]:
    worn = seen["glasses"] > 0.5
    return {
        "worn": float(worn.mean()),
        "colour_error": float(np.abs(seen["colour"] - colour)[worn].mean()),
        "shape_right": float((seen["shape"].argmax(1) == shape)[worn].mean()),
    }


def ghosts(bench: Bench, count: int = 50) -> dict:
    """Walks from a bare face to one with glasses: the share of pictures between that show half a pair.

    Told in three ways: the regressor is unsure of glasses (0.1 to 0.9); it reads an opacity between 0.2 and 0.8; fine
    structure at the eyes is between a quarter and three quarters of the way from one end's to the other's.
    """
    pool, rng = bench.draw(PSI), np.random.default_rng(33)
    bare, worn = np.flatnonzero(pool.seen["glasses"] < 0.1), np.flatnonzero(pool.seen["glasses"] > SURE)
    if not len(bare) or not len(worn):
        return {"walks": 0}
    a, b = rng.choice(bare, count), rng.choice(worn, count)
    along = np.linspace(0, 1, STEPS + 2)[1:-1]
    ends = pool.pictures[a], pool.pictures[b]
    rims = rim_strength(ends[0]), rim_strength(ends[1])
    places = [Place.between(int(pool.seeds[i]), int(pool.seeds[j]), float(t)) for i, j in zip(a, b) for t in along]
    found = {path: _between(decode(bench.house, places, PSI, path), rims) for path in ("w", "z-sphere")}
    return {"walks": count} | found | {"cross-fade": _between(cross_fade(*ends, along), rims)}


def cross_fade(ours: NDArray, theirs: NDArray, along: NDArray) -> NDArray:
    """Pictures (N * T, H, W, 3) between pairs (N, H, W, 3), in pixels."""
    t = along[None, :, None, None, None].astype(np.float32)
    mixed = ours[:, None] * (1 - t) + theirs[:, None] * t
    return mixed.round().astype(np.uint8).reshape(-1, *ours.shape[1:])


def _between(pictures: NDArray, rims: tuple[NDArray, NDArray]) -> dict[str, float]:
    seen, (low, high) = look(pictures), rims
    distinct = high > 1.15 * low  # else there is nothing to be halfway of
    share = (rim_strength(pictures).reshape(len(low), -1) - low[:, None]) / (high - low)[:, None].clip(1e-6)
    return {
        "unsure": float(((seen["glasses"] > 0.1) & (seen["glasses"] < 0.9)).mean()),
        "half_opaque": float(((seen["opacity"] > 0.2) & (seen["opacity"] < 0.8)).mean()),
        "half_strength": float(((share > 0.25) & (share < 0.75))[distinct].mean()) if distinct.any() else 0.0,
    }


def rim_strength(pictures: NDArray) -> NDArray:
    """How much thin structure of any colour there is where glasses sit, (N,): distance from a local median."""
    bands = [picture[_BAND] for picture in pictures]
    apart = [np.abs(band.astype(np.int16) - cv2.medianBlur(np.ascontiguousarray(band), 9)) for band in bands]
    return np.array([difference.mean() for difference in apart])


def disentanglement(bench: Bench, count: int = 80) -> dict:
    """Turning one attribute by two standard deviations, up and down: how far each is moved, in its own deviations.

    matrix[i][j]: attribute j when i is turned by two, mean over `count` faces and both ways (a face that already
    smiles cannot smile more, so the diagonal stays below 2). Standard deviations are those of faces drawn at psi 1.
    largest_share: the largest move of another, as a share of the move that was asked for and made.
    """
    w, spread = bench.draw(PSI).w[:count], {name: bench.draw(1.0).seen[name].std() for name in ATTRIBUTES}
    matrix = []
    for direction in bench.house.directions():
        up, down = (look(bench.house.decode(w + sign * _TURN * direction)) for sign in (1, -1))
        matrix.append([float((up[name] - down[name]).mean() / 2 / spread[name]) for name in ATTRIBUTES])
    others = np.abs(matrix) * ~np.eye(len(matrix), dtype=bool)
    return {
        "attributes": list(ATTRIBUTES),
        "matrix": matrix,
        "largest_other": float(others.max()),
        "allowed": _TURN / 4,
        "largest_share": float((others.max(1) / np.diag(matrix)).max()),
    }
