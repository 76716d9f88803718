"""What a result costs: its time while the machine was calm, its floating-point operations, what these would take here.

Convolutions and matrix products are held against the rates this machine reaches with them, measured beside each
result. Nothing else counts as an operation: not norms, activations, enlargements, attention's softmax, nor Python.
"""

import math
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode, register_flop_formula

SINGLE, HALF = torch.float32, torch.bfloat16
_CHUNK = 0.25  # seconds of which one is told from another by how calm the machine was
_FEWEST = 3  # chunks, where there is time
_CONVOLUTIONS = ((64, 128), (128, 64), (256, 32))  # channels and pixels a side, of 3 x 3 kernels: what is usual here
_PRODUCTS = ((128, 256, 1024), (512, 256, 1024), (1024, 1024, 1024))


@register_flop_formula(torch.ops.mkldnn._linear_pointwise)
def _swift_linear_flop(x: tuple, weight: tuple, *_: object, **__: object) -> int:
    """What `models.text2image.swift_linear` calls, and torch does not count: x (..., in) by weight (out, in)."""
    return 2 * math.prod(x) * weight[0]


@dataclass(frozen=True)
class Work:
    """Floating-point operations, two for each multiply-add: of convolutions and of matrix products."""

    convolutions: int
    products: int

    @property
    def gflop(self) -> float:
        return (self.convolutions + self.products) / 1e9


@dataclass(frozen=True)
class Rates:
    """Floating-point operations a second."""

    convolutions: float
    products: float

    def seconds(self, work: Work) -> float:
        return work.convolutions / self.convolutions + work.products / self.products


def work_of(run: Callable[[], object]) -> Work:
    """What one run computes, as torch counts it."""
    with FlopCounterMode(display=False) as counter:
        run()
    counts = counter.get_flop_counts().get("Global", {})
    convolutions = sum(count for operator, count in counts.items() if "convolution" in str(operator))
    return Work(convolutions, sum(counts.values()) - convolutions)


def seconds_of(
    run: Callable[[], object],
    seconds: float = 2.0,
    clock: Callable[[], float] = time.perf_counter,
    warm: bool = False,
) -> float:
    """The median time of a run, of the third of all chunks of runs in which other programs took the least.

    `warm`: it ran before; oneDNN compiles its kernels at the first call of each shape. What takes longer than all
    the time there is runs once.
    """
    if not warm:
        run()
    chunks: list[tuple[float, list[float]]] = []
    end = time.perf_counter() + max(seconds, _FEWEST * _CHUNK)
    while not chunks or time.perf_counter() < end:
        began, busy, times = time.perf_counter(), _others(), []
        while not times or time.perf_counter() - began < _CHUNK:
            start = clock()
            run()
            times.append(clock() - start)
        chunks.append(((_others() - busy) / (time.perf_counter() - began), times))
    calm = sorted(chunks, key=lambda chunk: chunk[0])[: -(-len(chunks) // 3)]
    return statistics.median(each for _, times in calm for each in times)


def _others() -> float:
    """Seconds that processors have worked for other programs, since some moment."""
    whole = psutil.cpu_times()
    own = psutil.Process(os.getpid()).cpu_times()
    return sum(whole) - whole.idle - getattr(whole, "iowait", 0) - own.user - own.system


@torch.inference_mode()
def rates(dtype: torch.dtype, timed: Callable[[Callable[[], object]], float] = seconds_of) -> Rates:
    """What this machine reaches, over three usual shapes each, channels last in memory; `timed` as `seconds_of`."""
    convolutions, products = [], []
    for channels, side in _CONVOLUTIONS:
        layer = nn.Conv2d(channels, channels, 3, padding=1).to(dtype).to(memory_format=torch.channels_last)
        x = torch.randn(1, channels, side, side).to(dtype).contiguous(memory_format=torch.channels_last)
        operations = 2 * 9 * channels**2 * side**2
        convolutions.append(operations / timed(lambda layer=layer, x=x: layer(x)))
    for rows, inside, outside in _PRODUCTS:
        layer, x = nn.Linear(inside, outside).to(dtype), torch.randn(rows, inside).to(dtype)
        operations = 2 * rows * inside * outside
        products.append(operations / timed(lambda layer=layer, x=x: layer(x)))
    return Rates(statistics.median(convolutions), statistics.median(products))
