"""The machine the models live on: what it is, what it can hold, and the few things only it can do.

`Machine` bundles them as values, so that the cache is tested with a machine made of numbers and never knows
torch.
"""

import functools
import gc
import importlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.registry import ModelSpec
from models.settings import Settings

# One for the whole process, around every construction and every move. accelerate's `init_on_device` patches
# `nn.Module.register_parameter` without a lock, so a module built meanwhile in another thread lands on `meta`
# (huggingface/diffusers#4296, huggingface/peft#3605). Re-entrant: a loader may guard its own constructions.
BUILD_LOCK = threading.RLock()

_CPU_SHARE = 0.5  # of main memory, for models that run there; the rest is the page, torch itself, and other programs
_REST_SHARE = 0.4  # of main memory, for models resting beside a GPU
_GPU_SHARE = 0.9  # of a GPU: the rest is its context and what the allocator cannot use
_WORTH_COLLECTING = 256 * 10**6  # bytes: house models are far below, pipelines far above
_UNKNOWN_MEMORY = 8 * 10**9  # bytes, where the system will not say


def load(spec: ModelSpec) -> Any:
    """Import the spec's loader and call it: a module or a pipeline in main memory, in eval mode."""
    module, _, function = spec.loader.partition(":")
    return getattr(importlib.import_module(module), function)(spec)


def move(model: Any, device: str) -> None:
    """Move a module or a pipeline, in place."""
    model.to(device)


def take_turns(model: Any, device: str) -> None:
    """Leave a pipeline in main memory, and let each part come to the device for as long as it works."""
    model.enable_model_cpu_offload(device=device)


def measure(model: Any) -> int:
    """Bytes of all parameters and buffers, each counted once; RuntimeError when one has no memory."""
    tensors = {id(tensor): tensor for tensor in _tensors(model)}.values()
    if any(tensor.is_meta for tensor in tensors):
        raise RuntimeError("built without its weights (a tensor is on the meta device)")
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _tensors(model: Any) -> Iterator[Any]:
    parts = getattr(model, "components", None)  # what diffusers calls the modules of a pipeline
    for part in parts.values() if isinstance(parts, dict) else (model,):
        if hasattr(part, "parameters") and hasattr(part, "buffers"):
            yield from part.parameters()
            yield from part.buffers()


def swift(device: Any) -> AbstractContextManager[Any]:
    """A context in which a processor that multiplies bfloat16 by itself convolves and multiplies in it: half the time.

    For generators that make a picture in one pass: drawings and faces come out a tenth to a quarter of one level in 255
    away on average and 5 at most, less than anyone can see. Not for what is measured or descended on; not for text to
    image, where roundings grow from step to step and a seed would be another picture alone than among others; not for
    the painter, whose instance norms enlarge them until a plain sky is 2 levels off. On any other device, nothing
    changes.
    """
    import torch

    on_processor = torch.device(device).type == "cpu"
    return torch.autocast("cpu", torch.bfloat16, enabled=on_processor and multiplies_bfloat16())


@functools.cache
def multiplies_bfloat16() -> bool:
    """Whether this processor has instructions for it, as it says itself: elsewhere bfloat16 is emulated, and slow.

    Not found out by a trial, which a busy moment could turn: the same seed has to give the same picture tomorrow.
    """
    import torch

    told = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch cannot say
    return bool(told.get("avx512_bf16") or told.get("amx_bf16"))


def tidy(freed: int) -> None:
    """Give memory back to the device after models of `freed` bytes were let go: once per batch of evictions.

    A full collection takes hundreds of milliseconds once torch is loaded, and a module without cycles is gone without
    it; so it is for models large enough to be missed.
    """
    if freed >= _WORTH_COLLECTING:
        gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """True for what Python, torch on a CPU and torch on a GPU raise when memory runs out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


@dataclass(frozen=True)
class Machine:
    """A device with `budget` bytes for models, `cpu_tier` bytes of main memory beside it, and its ways.

    `take_turns`: None where it cannot be done.
    """

    device: str
    budget: int
    cpu_tier: int = 0
    load: Callable[[ModelSpec], Any] = load
    move: Callable[[Any, str], None] = move
    take_turns: Callable[[Any, str], None] | None = take_turns
    measure: Callable[[Any], int] = measure
    tidy: Callable[[int], None] = tidy
    clock: Callable[[], float] = time.monotonic


def this_machine(settings: Settings) -> Machine:
    """The machine we run on, as the settings see it. Imports torch only where there may be a GPU."""
    cuda = settings.pinned or settings.device == "cuda" or (settings.device == "auto" and _has_cuda())
    if not cuda:
        return Machine("cpu", settings.memory_budget or int(_CPU_SHARE * main_memory()))
    rest = settings.cpu_tier or int(_REST_SHARE * main_memory())
    budget = settings.memory_budget or int(_GPU_SHARE * _gpu_memory())
    # diffusers leaves the turns to accelerate, which nothing else here needs.
    return Machine("cuda", budget, rest, take_turns=take_turns if find_spec("accelerate") else None)


def main_memory() -> int:
    """Bytes of main memory this process may use: the system's, or its container's when that is less."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        total = _UNKNOWN_MEMORY
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return total


def _has_cuda() -> bool:
    """Whether torch can use a GPU; on a machine without one, without paying for `import torch` to say so."""
    try:
        built_for_cpu = version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False
    if built_for_cpu or not (os.name == "nt" or Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists()):
        return False
    import torch

    return torch.cuda.is_available()


def _gpu_memory() -> int:
    # Not `mem_get_info`, which would create a context of a few hundred megabytes (InvokeAI#9413).
    import torch

    return torch.cuda.get_device_properties(0).total_memory
