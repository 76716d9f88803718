"""Weights in and out: half-precision safetensors, each listed with its SHA-256 beside it. Never a pickle.

A model of several parts is a folder in its library's own format: `seal` lists its files, `check_folder` checks them.

torch is imported only when a file is read or written, so that the registry can name files for free.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import WeightsDamaged

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).resolve().parent.parent / "assets" / "weights"
SUMS = "SHA256SUMS.json"  # in the same folder as the weights: {file name: sha256}


def save(
    path: Path | str,
    tensors: "Mapping[str, torch.Tensor] | torch.nn.Module",
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write a state dict (or a module's) in half precision, and note the checksum beside the file.

    Integer tensors keep their type. A reader sees the old file or the new one, never half of one.
    """
    from safetensors.torch import save as to_bytes

    path = Path(path)
    state = tensors if isinstance(tensors, Mapping) else tensors.state_dict()
    halves = {name: _half(tensor) for name, tensor in state.items()}
    data = to_bytes(halves, metadata={key: str(value) for key, value in (metadata or {}).items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, data)
    sums = _sums(path.parent) | {path.name: _sum(data)}
    _replace(path.parent / SUMS, (json.dumps(dict(sorted(sums.items())), indent=2) + "\n").encode())
    return path


def load(path: Path | str) -> "dict[str, torch.Tensor]":
    """What `save` wrote, in single precision; WeightsDamaged when missing or not what was published."""
    from safetensors.torch import load as from_bytes

    stored = from_bytes(_verified(Path(path)))
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in stored.items()}


def metadata(path: Path | str) -> dict[str, str]:
    """The notes saved with the weights (subject, network sizes, training seed); checked like `load`."""
    data = _verified(Path(path))
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header.get("__metadata__", {})


def seal(folder: Path | str) -> Path:
    """Note the checksum of every file under `folder`, by its path within it."""
    folder = Path(folder)
    sums = {path.relative_to(folder).as_posix(): _sum(path.read_bytes()) for path in _files(folder)}
    _replace(folder / SUMS, (json.dumps(sums, indent=2) + "\n").encode())
    return folder


def check_folder(folder: Path | str) -> Path:
    """The folder, once every file in it is the one that was sealed and none is missing or added; or WeightsDamaged."""
    folder = Path(folder)
    expected = _sums(folder)
    if not expected:
        raise WeightsDamaged(_sentence(folder / SUMS, "cannot be read"))
    for path in _files(folder) + [folder / name for name in expected if not (folder / name).is_file()]:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise WeightsDamaged(_sentence(path, "cannot be read")) from error
        _agree(path, data, expected.get(path.relative_to(folder).as_posix()))
    return folder


def check_family(name: str, folder: Path | str = WEIGHTS) -> None:
    """Whether all that was published of a family ("sketch") is here as it was; WeightsDamaged names what is not."""
    folder = Path(folder)
    listed = [file for file in sorted(_sums(folder)) if file.startswith(f"{name}-")]
    for file in listed:
        _verified(folder / file)
    if not listed or (folder / name).is_dir():
        check_folder(folder / name)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _half(tensor: "torch.Tensor") -> "torch.Tensor":
    import torch

    kept = tensor.detach().cpu()
    return (kept.to(torch.float16) if kept.is_floating_point() else kept).contiguous().clone()


def _verified(path: Path) -> bytes:
    """The bytes of a weights file, once its checksum agrees with the list beside it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsDamaged(_sentence(path, "cannot be read")) from error
    _agree(path, data, _sums(path.parent).get(path.name))
    return data


def _agree(path: Path, data: bytes, expected: str | None) -> None:
    if expected is None:
        raise WeightsDamaged(_sentence(path, f"is not listed in {SUMS}"))
    if _sum(data) != expected:
        raise WeightsDamaged(_sentence(path, "is not the one that was published"))


def _sentence(path: Path, fault: str) -> str:
    return f"The weights file {path.name} {fault}; fetch the project again, or retrain it as its card says."


def _sums(folder: Path) -> dict[str, str]:
    try:
        return json.loads((folder / SUMS).read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise WeightsDamaged(_sentence(folder / SUMS, "cannot be read")) from error


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    partial.write_bytes(data)
    os.replace(partial, path)
