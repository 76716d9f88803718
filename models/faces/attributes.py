"""What can be seen in a face: glasses, smile, age, woman or man, and the frames of the glasses.

A small convolutional regressor. It saw none of the pictures the generator learnt from and no loss of the generator's
asked for its opinion, so it may judge what the generator makes. `measure` is what the rooms call.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.cache import ModelCache, default_cache
from models.cluster import anywhere
from models.faces.engine import ATTRIBUTES, SIDE

if TYPE_CHECKING:
    from models.faces.regressor import Regressor
    from models.registry import ModelSpec

KEY = "faces/attributes"
_BATCH = 32


def look(pictures: NDArray, cache: ModelCache | None = None) -> dict[str, NDArray]:
    """All the regressor can tell of faces, uint8 (N, 128, 128, 3), aligned as the generator's: float32 arrays.

    Beside what `measure` gives: "opacity" (N,), how solid the frames are, 0 none, 0.5 a ghost, 1 solid; "colour"
    (N, 3) of the frames, RGB in 0..255, and "shape" (N, 5), probabilities in the order of glasses.SHAPES, which mean
    nothing where there are no glasses. Raises ValueError for pictures of another size.
    """
    if pictures.ndim != 4 or pictures.shape[1:] != (SIDE, SIDE, 3) or pictures.dtype != np.uint8:
        raise ValueError(f"pictures are {pictures.dtype} {pictures.shape}, not uint8 (N, {SIDE}, {SIDE}, 3)")
    import torch

    from models.faces.regressor import in_units

    parts = []
    with (cache or default_cache()).lease(KEY) as model, torch.inference_mode():
        device = next(model.parameters()).device
        for start in range(0, max(len(pictures), 1), _BATCH):
            batch = torch.from_numpy(np.ascontiguousarray(pictures[start : start + _BATCH])).to(device)
            batch = batch.permute(0, 3, 1, 2).float() / 127.5 - 1  # (B, 3, 128, 128), channels last in memory
            parts.append(in_units(model(batch)))
    return {name: torch.cat([part[name] for part in parts]).float().cpu().numpy() for name in parts[0]}


@anywhere(KEY)
def measure(pictures: NDArray, cache: ModelCache | None = None) -> dict[str, NDArray]:
    """Each of ATTRIBUTES, float32 (N,): glasses and woman as probabilities, smile 0..1, age in years. See `look`."""
    found = look(pictures, cache)
    return {name: found[name] for name in ATTRIBUTES}


def load(spec: "ModelSpec") -> "Regressor":
    """Loader of the registry: the regressor, in evaluation mode."""
    import torch

    from models import weights
    from models.faces.regressor import Regressor

    model = Regressor()
    model.load_state_dict(weights.load(weights.WEIGHTS / f"{spec.key.replace('/', '-')}.safetensors"))
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)
