"""What a host may set, in one frozen place. The only module that reads the environment.

Every field has a variable of the same name: `VERNISSAGE_PORT=8000`, `VERNISSAGE_MEMORY_BUDGET=6GB`,
`VERNISSAGE_DEMOS=sketch-to-photo,face-arithmetic`, `VERNISSAGE_AUTH=teacher:secret`.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from models.errors import BadInput

STRANGERS = 600  # visits a minute to each where anybody may come: ten a second, as a pen draws

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@dataclass(frozen=True)
class Settings:
    """How this gallery is hosted. Sizes in bytes (0: decide from the machine), times in seconds."""

    host: str = "127.0.0.1"
    port: int = 7860
    share: bool = False
    address: str = ""  # where visitors find the gallery, if not where this machine believes; empty: found out
    classroom: bool = False  # the lobby shows the address and its code; the network is listened to
    auth: tuple[tuple[str, str], ...] = ()  # (name, password) pairs; empty: open to all who reach the address
    device: str = "auto"  # auto, cpu or cuda
    memory_budget: int = 0  # for weights and working memory on the device
    cpu_tier: int = 0  # what models resting in main memory may take when the device is a GPU
    offline: bool = False  # never fetch anything, not even when a visitor agrees
    mcp: bool = False
    demos: tuple[str, ...] = ()  # slugs to show; empty: all
    idle_seconds: float = 900.0  # a model unused for so long is let go; 0: never
    wait_seconds: float = 60.0  # how long a request waits for a model or for memory
    visits_per_minute: int = 0  # that one visitor may make; 0: any number
    cluster: int = 0  # replicas of the engines that share the work (Ray Serve); 0: this process does it
    cluster_address: str = ""  # of a Ray cluster that is running already; empty: one on this machine alone
    pinned: bool = False  # ZeroGPU: place everything at the start, evict nothing

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Settings from VERNISSAGE_* variables (of the process unless given); BadInput names a wrong one."""
        source = os.environ if environment is None else environment
        found: dict[str, Any] = {"pinned": _is_on(source, "SPACES_ZERO_GPU")}
        found["offline"] = _is_on(source, "HF_HUB_OFFLINE")  # whoever turned the hub off meant it for us too
        # A Space, and whoever puts Gradio into a container, says with these where it can be reached.
        found["host"] = source.get("GRADIO_SERVER_NAME", "")
        found["address"] = f"https://{source['SPACE_HOST']}" if source.get("SPACE_HOST") else ""
        found["port"] = _read("GRADIO_SERVER_PORT", source.get("GRADIO_SERVER_PORT") or str(cls.port), int)
        for field in fields(cls):
            name = f"VERNISSAGE_{field.name.upper()}"
            if text := source.get(name, "").strip():
                found[field.name] = _read(name, text, _READERS.get(field.name) or _BY_TYPE[field.type])
        if found.get("share") or source.get("SPACE_ID"):
            found.setdefault("visits_per_minute", STRANGERS)
        # A class comes over the network, so that is listened to unless something else was said.
        found["host"] = found["host"] or ("0.0.0.0" if found.get("classroom") else cls.host)
        if found.get("cluster_address") and not found.get("cluster"):
            raise BadInput("VERNISSAGE_CLUSTER_ADDRESS says where; say with VERNISSAGE_CLUSTER how many replicas.")
        return cls(**found)


def _read(name: str, text: str, reader: Callable[[str], Any]) -> Any:
    try:
        return reader(text)
    except ValueError as error:
        raise BadInput(f"{name}={text!r} cannot be used: {error}.") from error


def _flag(text: str) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off and nothing."""
    word = text.strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise ValueError("say 1 or 0")


def _is_on(source: Mapping[str, str], name: str) -> bool:
    """A switch of another project's, read as kindly as that project reads it."""
    return source.get(name, "").strip().lower() in ("1", "true", "yes", "on")


def _bytes(text: str) -> int:
    """'6GB', '512 MB', '800000' -> bytes (decimal units)."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if not match:
        raise ValueError("say a size such as 6GB or 512MB")
    return int(float(match[1]) * _UNITS[match[2]])


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("say a whole number, or 0 for no limit")
    return int(text)


def _device(text: str) -> str:
    if text.lower() not in ("auto", "cpu", "cuda"):
        raise ValueError("say auto, cpu or cuda")
    return text.lower()


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _logins(text: str) -> tuple[tuple[str, str], ...]:
    pairs = tuple(tuple(login.split(":", 1)) for login in _words(text))
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise ValueError("say name:password, several parted by commas")
    return pairs


_BY_TYPE: dict[Any, Callable[[str], Any]] = {str: str, int: int, float: float, bool: _flag}
_READERS: dict[str, Callable[[str], Any]] = {
    "auth": _logins,
    "device": _device,
    "memory_budget": _bytes,
    "cpu_tier": _bytes,
    "demos": _words,
    "visits_per_minute": _count,
    "cluster": _count,
}
