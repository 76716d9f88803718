"""Does it pay to answer several visitors in one pass, and does each get, to the byte, the picture they would get alone?

`python tests/benchmarks/bench_batches.py`: processor time, which other programs on the machine change little. What was
decided by it stands where the orders are taken: `demos/latent_walk.py`, `sketch_to_photo.py`, `style/studio.py`.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from demos.style import photos
from models.cache import default_cache
from models.faces import engine as faces
from models.sketch import engine as sketch
from models.sketch.doodles import doodle
from models.sketch.strokes import rasterise
from models.style import engine as style
from models.style import tiles

SIZES = (1, 2, 4, 8, 16)
ROUNDS = 7

Pass = Callable[[int], np.ndarray]  # so many pictures at once, uint8 (N, H, W, 3)


def main() -> None:
    """A line a model: milliseconds of processor time a picture, and the largest difference, in levels."""
    for name, several in (("sketch", sketches()), ("faces", portraits()), ("style, 256 px", paintings(256))):
        alone = several(1)[0].astype(int)
        seconds = {size: min(cpu_time(several, size) for _ in range(ROUNDS)) / size for size in SIZES}
        apart = {size: np.abs(several(size)[0] - alone).max() for size in SIZES}
        print(f"{name:<16}" + "".join(f"{size:>4}: {1000 * seconds[size]:5.1f} ms, {apart[size]}" for size in SIZES))


def cpu_time(several: Pass, size: int) -> float:
    """Seconds of processor time of one pass."""
    began = time.process_time()
    several(size)
    return time.process_time() - began


def sketches() -> Pass:
    """Drawings of different visitors to photographs."""
    papers = [sketch.as_drawing(rasterise(doodle("fruit", seed), 256)) for seed in range(max(SIZES))]

    def several(count: int) -> np.ndarray:
        with default_cache().lease("sketch/fruit") as generator, torch.inference_mode():
            drawings = torch.cat([sketch._tensor(paper) for paper in papers[:count]])
            z = torch.stack([sketch.latent(generator.prior, seed) for seed in range(count)])
            return sketch._pictures(generator.decode(generator.encode(drawings), z))

    return several


def portraits() -> Pass:
    """Style latents to faces, past the engine's own limit on a pass."""

    def several(count: int) -> np.ndarray:
        with faces.open_faces() as house, torch.inference_mode():
            w = house.to_w(np.stack([faces.z_of(seed) for seed in range(count)]), faces.PSI)
            return faces.to_uint8(house.network.generator(torch.from_numpy(w)))

    return several


def paintings(side: int) -> Pass:
    """One photograph in different styles."""
    photo = photos.find("lake")
    canvas = photo.resize((side, round(side * photo.height / photo.width)), Image.Resampling.LANCZOS)
    codes = [style.code(one.slug) for one in style.styles()]

    def several(count: int) -> np.ndarray:
        with style.open_painter() as painter, torch.inference_mode():
            picture = tiles.padded(style._tensor(canvas, painter))
            noise = style.noise_of(painter, 0, picture).expand(count, -1, -1, -1)
            code = torch.cat([style.as_code(one, painter) for one in codes[:count]])
            painted, _ = painter(picture.expand(count, -1, -1, -1), code, noise)
            return faces.to_uint8(painted)

    return several


if __name__ == "__main__":
    main()
