"""Hub models on this disk: are they here, what would fetching them mean, and fetching them once somebody has agreed.

Loading never touches the network: `folder` finds a whole snapshot or raises NeedsDownload; only `download` fetches.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from models import registry
from models.errors import NeedsDownload, readable_bytes
from models.registry import ModelSpec
from models.settings import Settings

# What diffusers reads of a pipeline's repository: its index and its parts' folders. Not the same weights once more in
# one file at the top, nor sample pictures.
_PIPELINE_FILES = ["model_index.json", "*/*.json", "*/*.safetensors", "*/*.txt", "*/*.jinja", "*/*.model"]
# Repositories of 2022 keep a pipeline's only network and its scheduler at the top, some as pickled tensors alone; those
# are fetched only where there is nothing else. diffusers reads them with torch's restricted unpickler (weights_only).
_AT_THE_TOP = ["config.json", "scheduler_config.json", "diffusion_pytorch_model.safetensors"]
_PICKLED = "diffusion_pytorch_model.bin"


@dataclass(frozen=True)
class Consent:
    """What a visitor must know before agreeing to a download. Bytes; `memory_bytes` on the device while it runs."""

    key: str
    title: str
    hub_id: str
    licence: str
    download_bytes: int
    memory_bytes: int
    on_disk: bool
    may_download: bool  # False when the host runs the gallery offline
    sentence: str


def consent(key: str, settings: Settings | None = None) -> Consent:
    """The facts about a hub model, as plain data for the page; light, and never a request."""
    spec = registry.get(key)
    offline = (settings or Settings.from_environment()).offline
    here = _snapshot(spec) is not None
    return Consent(
        key=spec.key,
        title=spec.title,
        hub_id=spec.hub_id or "",
        licence=spec.licence,
        download_bytes=spec.download_bytes,
        memory_bytes=spec.weights_bytes + spec.working_bytes,
        on_disk=here,
        may_download=not offline,
        sentence=f"{spec.title} is on this disk and ready." if here else _sentence(spec, offline),
    )


def folder(spec: ModelSpec) -> Path:
    """Where the whole model lies on this disk; NeedsDownload, with its size and licence, when it does not."""
    found = _snapshot(spec)
    if found is None:
        raise NeedsDownload(_sentence(spec, Settings.from_environment().offline))
    return found


def download(key: str, settings: Settings | None = None) -> Path:
    """Fetch a hub model, because somebody agreed to; goes on where an earlier try broke off.

    Raises NeedsDownload when the gallery runs offline, or the hub cannot be reached or refuses.
    """
    from huggingface_hub import snapshot_download

    spec = registry.get(key)
    if (here := _snapshot(spec)) is not None:
        return here
    if (settings or Settings.from_environment()).offline:
        raise NeedsDownload(_sentence(spec, offline=True))
    try:
        snapshot_download(spec.hub_id, revision=spec.revision, allow_patterns=[*_PIPELINE_FILES, *_AT_THE_TOP])
        if _snapshot(spec) is None:
            snapshot_download(spec.hub_id, revision=spec.revision, allow_patterns=[_PICKLED, f"*/{_PICKLED}"])
    except (OSError, ValueError) as error:  # the hub's own errors and those of every network layer are OSErrors
        raise NeedsDownload(
            f"{spec.title} could not be fetched ({type(error).__name__}); look at the network and the free disk space "
            f"({readable_bytes(spec.download_bytes)}), then try again."
        ) from error
    return folder(spec)


def _sentence(spec: ModelSpec, offline: bool) -> str:
    facts = f"{readable_bytes(spec.download_bytes)}, licence {spec.licence}"
    if offline:
        return f"{spec.title} ({facts}) is not on this disk and the gallery is offline; the house model is here."
    return f"{spec.title} is not on this disk: agree to fetch it ({facts}), or stay with the house model."


def _snapshot(spec: ModelSpec) -> Path | None:
    """The folder of a pipeline, if every part of it is there."""
    from huggingface_hub import try_to_load_from_cache

    if Path(spec.hub_id or "").is_dir():  # a checkpoint of the host's own
        return Path(spec.hub_id)
    index = try_to_load_from_cache(spec.hub_id, "model_index.json", revision=spec.revision)
    if not isinstance(index, str) or not _is_whole(Path(index).parent):
        return None
    return Path(index).parent


def _is_whole(snapshot: Path) -> bool:
    """Whether a broken-off download left nothing out; the hub puts a file in place only once it is complete."""
    parts = json.loads((snapshot / "model_index.json").read_text())
    folders = [name for name, value in parts.items() if isinstance(value, list) and value[0]]
    return all(_part_is_whole(snapshot, name) for name in folders)


def _part_is_whole(snapshot: Path, name: str) -> bool:
    """Whether a part is there, in its folder or at the top."""
    if (snapshot / name).is_dir():
        return _folder_is_whole(snapshot / name)
    if name == "scheduler":
        return (snapshot / "scheduler_config.json").exists()
    return (snapshot / "config.json").exists() and _folder_is_whole(snapshot)


def _folder_is_whole(part: Path) -> bool:
    shards = set()
    for index in part.glob("*.safetensors.index.json"):
        shards |= set(json.loads(index.read_text())["weight_map"].values())
    if shards:
        return all((part / shard).exists() for shard in shards)
    if (part / "config.json").exists():  # a network
        return any(part.glob("*.safetensors")) or (part / _PICKLED).exists()
    return any(part.glob("*.json"))  # a tokenizer or a scheduler
