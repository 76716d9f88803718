"""Rendered faces on disk: a folder of numpy archives, and `Morphs`, which reads it.

`set.json` says what the set is; `faces-00000.npz` and so on hold SHARD faces each. Pictures up to 128 pixels are
stored as they are, larger ones as JPEG at quality 95 without chroma subsampling; masks are PNG.
"""

import json
import os
from pathlib import Path

import cv2
import numpy as np

from models.faces.render import Face

SHARD = 200
VERSION = 1
RAW_UP_TO = 128


def shard_path(folder: Path, number: int) -> Path:
    """The archive with faces `number * SHARD` and on."""
    return folder / f"faces-{number:05d}.npz"


def write_shard(path: Path, faces: list[Face], labels: list[dict[str, np.ndarray]]) -> None:
    """Write faces with their labels, all at once or not at all."""
    images = np.stack([face.image for face in faces])
    arrays = {name: np.stack([label[name] for label in labels]) for name in labels[0]}
    arrays["landmarks"] = np.stack([face.landmarks for face in faces]).astype(np.float16)
    if images.shape[1] <= RAW_UP_TO:
        arrays["images"] = images
    else:
        quality = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
        arrays |= _pack("images", [cv2.imencode(".jpg", image[..., ::-1], quality)[1] for image in images])
    for mask in ("alpha", "hair"):
        arrays |= _pack(mask, [cv2.imencode(".png", getattr(face, mask))[1] for face in faces])
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        np.savez(file, **arrays)
    temporary.replace(path)


def _pack(name: str, blobs: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Encoded pictures end to end, with where each one ends."""
    return {
        f"{name}_bytes": np.concatenate([blob.ravel() for blob in blobs]),
        f"{name}_ends": np.cumsum([blob.size for blob in blobs]),
    }


def _unpack(shard: dict[str, np.ndarray], name: str, row: int) -> np.ndarray:
    """Decode one packed picture: RGB for images, one channel for masks."""
    ends = shard[f"{name}_ends"]
    blob = shard[f"{name}_bytes"][ends[row - 1] if row else 0 : ends[row]]
    picture = cv2.imdecode(blob, cv2.IMREAD_UNCHANGED)
    return picture[..., ::-1] if picture.ndim == 3 else picture


def shard_length(path: Path) -> int:
    """Faces in an archive, 0 if there is none."""
    if not path.exists():
        return 0
    with np.load(path) as archive:
        return len(archive["landmarks"])


class Morphs:
    """A rendered set. `labels` maps each label to an array over all faces; pictures are read as they are asked for.

    >>> morphs = Morphs(folder)
    >>> batch = morphs.images([0, 5, 9])      # uint8 (3, side, side, 3), RGB
    >>> smile = morphs.labels["smile"]        # float32 (count,)
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self.about = json.loads((self.folder / "set.json").read_text())
        self.side: int = self.about["side"]
        self._shards: dict[int, dict[str, np.ndarray]] = {}
        rows: dict[str, list[np.ndarray]] = {}
        for number in range(-(-self.about["count"] // SHARD)):
            with np.load(shard_path(self.folder, number)) as archive:
                for name in archive.files:
                    if name != "images" and not name.endswith(("_bytes", "_ends")):
                        rows.setdefault(name, []).append(archive[name])
        self.labels = {name: np.concatenate(parts) for name, parts in rows.items()}
        self.landmarks = self.labels.pop("landmarks")  # float16 (count, 189, 2), units of the side

    def __len__(self) -> int:
        return len(self.landmarks)

    def images(self, indices) -> np.ndarray:
        """Pictures uint8 (n, side, side, 3), RGB."""
        return np.stack([self._image(*divmod(int(index), SHARD)) for index in indices])

    def masks(self, indices, name: str = "alpha") -> np.ndarray:
        """The "alpha" or "hair" masks uint8 (n, 128, 128)."""
        return np.stack([_unpack(self._shard(int(index) // SHARD), name, int(index) % SHARD) for index in indices])

    def _image(self, number: int, row: int) -> np.ndarray:
        shard = self._shard(number)
        return shard["images"][row] if "images" in shard else _unpack(shard, "images", row)

    def _shard(self, number: int) -> dict[str, np.ndarray]:
        """An archive's pictures, kept once read."""
        if number not in self._shards:
            with np.load(shard_path(self.folder, number)) as archive:
                self._shards[number] = {
                    name: archive[name]
                    for name in archive.files
                    if name == "images" or name.endswith(("_bytes", "_ends"))
                }
        return self._shards[number]
