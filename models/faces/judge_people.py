"""Whom do they look like? Distances to the volunteers' own photographs, and how well the encoder finds a face again."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from models.faces import landmarks as lm
from models.faces.attributes import look
from models.faces.bench import PIECE, Bench, Eigenfaces
from models.faces.engine import PSI, SIDE
from models.faces.judge_control import encode
from models.faces.judge_pictures import COMPONENTS, perceptual_square
from models.faces.matte import Portrait
from models.faces.volunteers import read_pair
from models.perceptual import SqueezeNet
from models.training import to_tensor

QUANTILES = (0.0, 0.01, 0.05, 0.5)
_GREY = (158, 158, 158)  # the backdrop put behind a volunteer
_FACE = (slice(46, 110), slice(32, 96))  # brows to chin, at 128 px


@dataclass(frozen=True)
class Photographs:
    """Volunteers' own photographs in the generator's frame: neutral and smiling, uint8 (V, 2, 128, 128, 3)."""

    names: tuple[str, ...]
    pictures: NDArray

    def of(self, names: list[str]) -> NDArray:
        """Those of some volunteers, (V, 2, 128, 128, 3)."""
        return self.pictures[[self.names.index(name) for name in names]]


def read_photographs(bench: Bench) -> Photographs:
    """All volunteers' photographs, aligned. Matting takes a second each, so they are kept beside the morphs."""
    keep = bench.morphs / "photographs.npz"
    names = bench.train.about["people"] + bench.held_out.about["people"]
    if keep.exists():
        with np.load(keep) as archive:
            if archive["names"].tolist() == names:
                return Photographs(tuple(names), archive["pictures"])
    folder = bench.data / "faces-london"
    pictures = np.stack([[aligned(photo) for photo in read_pair(folder, name)] for name in names])
    np.savez(keep, names=np.array(names), pictures=pictures)
    return Photographs(tuple(names), pictures)


def aligned(portrait: Portrait) -> NDArray:
    """A matted photograph on grey, pupils where the generator has them: uint8 (128, 128, 3)."""
    fine = 4 * SIDE
    matrix = lm.to_frame(portrait.points) * fine
    rgba = cv2.warpAffine(portrait.rgba, matrix, (fine, fine), borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(rgba, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    behind = (1 - small[..., 3:] / 255) * np.array(_GREY, np.float32)
    return np.clip(np.round(small[..., :3] + behind), 0, 255).astype(np.uint8)


@torch.inference_mode()
def likeness(squeezenet: SqueezeNet, pictures: NDArray) -> NDArray:
    """Unit vectors (N, 16 * 512) that tell people apart: fire9 on a 4 x 4 grid, brows to chin, colours evened out.

    The face is first reduced to 24 px, or sharpness would count for more than features: a blurred picture would be far
    from everybody. Volunteers are told apart better so, too.
    """
    parts = []
    for start in range(0, len(pictures), PIECE):
        face = F.interpolate(to_tensor(pictures[start : start + PIECE])[(..., *_FACE)], size=24, mode="area")
        face = (face - face.mean((2, 3), keepdim=True)) / face.std((2, 3), keepdim=True).clamp_min(0.05)
        (found,) = squeezenet.features(F.interpolate(0.5 * face, size=SIDE, mode="bicubic"), ("fire9",))
        parts.append(F.normalize(F.adaptive_avg_pool2d(found, 4).flatten(1), dim=1))
    return torch.cat(parts).numpy()


def _nearest(ours: NDArray, people: NDArray) -> tuple[NDArray, NDArray]:
    """Distance (N,) to the nearest of people (V, P, D), and which (N,)."""
    distances = np.sqrt((2 - 2 * ours @ people.reshape(-1, ours.shape[1]).T).clip(0))  # (N, V * P)
    distances = distances.reshape(len(ours), len(people), -1).min(2)  # (N, V)
    return distances.min(1), distances.argmin(1)


def privacy(bench: Bench) -> dict:
    """How near each kind of face comes to one volunteer: quantiles of the distance to the nearest own photograph.

    Every photograph counts as taken and mirrored. By construction no volunteer is more than half of any morph.
    "recognised": how often the nearest volunteer to a smiling photograph is, by the neutral ones alone, the same
    person, which says what the distance is worth.
    """
    photographs = read_photographs(bench)
    inside, outside = (_gallery(bench, photographs.of(m.about["people"])) for m in (bench.train, bench.held_out))
    n = min(bench.count, 600)
    morphs = likeness(bench.squeezenet, bench.held_out.images(range(n)))
    near = {
        "generated, psi 1": _nearest(likeness(bench.squeezenet, bench.draw(1.0).pictures[:n]), inside)[0],
        "generated, psi 0.7": _nearest(likeness(bench.squeezenet, bench.draw(PSI).pictures[:n]), inside)[0],
        "fresh morphs": _nearest(likeness(bench.squeezenet, bench.fresh.images(range(n))), inside)[0],
        "held-out morphs, their own volunteers": _nearest(morphs, outside)[0],
        "held-out morphs, strangers": _nearest(morphs, inside)[0],
    }
    everyone = np.concatenate([inside, outside])
    itself, who = _nearest(everyone[:, 1], everyone[:, [0, 2]])
    floor = near["held-out morphs, their own volunteers"].min()
    return {
        "quantiles": list(QUANTILES),
        "distance": {name: np.quantile(values, QUANTILES).tolist() for name, values in near.items()}
        | {"a volunteer's other photograph": np.quantile(itself, QUANTILES).tolist()},
        "recognised": float((who == np.arange(len(who))).mean()),
        "nearer_than_any_held_out_morph": {name: float((near[name] < floor).mean()) for name in list(near)[:3]},
    }


def _gallery(bench: Bench, photographs: NDArray) -> NDArray:
    """Likenesses (V, 4, D): neutral, smiling, and both mirrored."""
    both = np.concatenate([photographs, photographs[:, :, :, ::-1]], 1)  # (V, 4, 128, 128, 3)
    return likeness(bench.squeezenet, both.reshape(-1, SIDE, SIDE, 3)).reshape(len(both), 4, -1)


def inversion(bench: Bench, count: int = 300) -> dict:
    """How near the encoder's face is to the one it was shown, beside an equally long code of eigenfaces."""
    n, photographs = min(2 * bench.count, len(bench.train)), read_photographs(bench)
    eigenfaces = Eigenfaces.of(bench.train.images(range(n)), min(COMPONENTS, n - 1))
    rows = range(min(count, len(bench.held_out)))
    morphs, real = bench.held_out.images(rows), photographs.of(bench.held_out.about["people"])
    again = bench.house.decode(encode(morphs))
    seen = look(again)
    found = _rebuilt(bench, eigenfaces, morphs, again)
    found["glasses_kept"] = float(((seen["glasses"] > 0.5) == (bench.held_out.labels["glasses"][rows] > 0.5)).mean())
    found["smile_error"] = float(np.abs(seen["smile"] - bench.held_out.labels["smile"][rows]).mean())
    flat = real.reshape(-1, SIDE, SIDE, 3)
    from_life = bench.house.decode(encode(flat))
    smiles = look(from_life)["smile"].reshape(-1, 2)
    photos = _rebuilt(bench, eigenfaces, flat, from_life)
    photos["smiles_told_apart"] = float((smiles[:, 1] > smiles[:, 0]).mean())
    return {"held-out morphs": found, "photographs of held-out volunteers": photos}


def _rebuilt(bench: Bench, eigenfaces: Eigenfaces, shown: NDArray, again: NDArray) -> dict:
    middle = np.broadcast_to(eigenfaces.mean.reshape(SIDE, SIDE, 3).round().astype(np.uint8), shown.shape)
    ways = {"encoder": again, "eigenfaces": eigenfaces.project(shown), "mean face": middle}
    return {name: _distance(bench, shown, pictures) for name, pictures in ways.items()} | {"pictures": len(shown)}


@torch.inference_mode()
def _distance(bench: Bench, shown: NDArray, again: NDArray) -> dict[str, float]:
    """Mean absolute difference in levels of 256, and squared perceptual distance."""
    pieces = [slice(start, start + PIECE) for start in range(0, len(shown), PIECE)]
    far = [perceptual_square(bench.squeezenet, to_tensor(shown[p]), to_tensor(again[p])) for p in pieces]
    levels = np.abs(shown.astype(np.int16) - again).mean()
    return {"levels": float(levels), "perceptual": float(torch.cat(far).mean())}
