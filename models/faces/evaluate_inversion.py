"""What descending gains over the encoder: `python -m models.faces.evaluate_inversion --faces HELD-OUT --data DIR`.

Held-out morphs (other volunteers than the generator's) and photographs of those volunteers, aligned by their marks, are
inverted by the encoder alone and with the gradient steps of `inversion.py`. Distances are taken inside the oval, in
colours and in SqueezeNet features, which neither of the two has seen; |z|^2 tells whether the face stays a likely one.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from models.faces import landmarks as lm
from models.faces.engine import SIDE, open_faces
from models.faces.evaluate_locator import volunteers
from models.faces.inversion import Descent, Inversion, invert_aligned, oval
from models.faces.locate import crop
from models.faces.store import Morphs
from models.perceptual import SqueezeNet, perceptual_distance
from models.training import grid, to_tensor

LAYERS = ("conv1", "fire3", "fire5", "fire8")
WAYS = {"encoder alone": Descent(half_steps=0, full_steps=0), "with descent": Descent()}


@torch.inference_mode()
def perceptual(squeezenet: SqueezeNet, found: list[Inversion]) -> float:
    """Mean distance of faces and their photographs in features, both before grey outside the oval."""
    ours, theirs = (to_tensor([np.asarray(getattr(one, name)) for one in found]) for name in ("face", "crop"))
    features = [squeezenet.features(pictures * oval(pictures), LAYERS) for pictures in (ours, theirs)]
    return float(perceptual_distance(*features).mean())


def judge(
    squeezenet: SqueezeNet, crops: list[Image.Image], descent: Descent
) -> tuple[dict[str, float], list[Inversion]]:
    """Figures of one way to invert, and what it found."""
    invert_aligned(crops[0], descent=descent)  # loads the models
    began = time.perf_counter()
    found = [invert_aligned(picture, descent=descent) for picture in crops]
    seconds = (time.perf_counter() - began) / len(crops)
    with open_faces() as faces:
        z = faces.to_z(np.stack([one.w for one in found]))
    return {
        "pictures": len(crops),
        "colours": float(np.mean([one.distance for one in found])),
        "perceptual": perceptual(squeezenet, found),
        "mean_square_of_z": float((z**2).mean()),
        "seconds": seconds,
    }, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, help="held-out morphs, rendered by models.faces.data")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--count", type=int, default=40, help="pictures of each kind, at most")
    parser.add_argument("--sheet", type=Path, help="where to put a sheet of morphs and what became of them")
    args = parser.parse_args()
    squeezenet = SqueezeNet(args.data / "perceptual" / "squeezenet10-imagenet.safetensors")
    morphs = Morphs(args.faces)
    spread = np.linspace(0, len(morphs) - 1, args.count).astype(int)
    shown = (morphs.labels["identity"] > 0).any(0)
    names = [name for name, held in zip(morphs.about["volunteers"], shown, strict=True) if held]
    photographs = volunteers(args.data / "faces-london", names[: args.count])
    kinds = {
        "held-out morphs": [Image.fromarray(picture) for picture in morphs.images(spread)],
        "held-out volunteers": [crop(Image.fromarray(photo), lm.to_frame(at), SIDE) for photo, at in photographs],
    }
    for kind, crops in kinds.items():
        columns = [[np.asarray(picture) for picture in crops]]
        for way, descent in WAYS.items():
            figures, found = judge(squeezenet, crops, descent)
            print(kind, way, json.dumps(figures), flush=True)
            columns.append([np.asarray(one.face) for one in found])
        if args.sheet and kind == "held-out morphs":  # nobody's own photograph is written anywhere
            grid([list(row) for row in zip(*columns, strict=True)]).save(args.sheet)


if __name__ == "__main__":
    main()
