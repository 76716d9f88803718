"""The benchmark of the engines counts what it says it counts, and times the papers' own sizes."""

import copy

import pytest
import torch
from diffusers.models.activations import GELU
from torch import nn

from models.text2image.swift_linear import by_onednn
from tests.benchmarks import papers
from tests.benchmarks.bench_engines import Line
from tests.benchmarks.meter import Rates, Work, seconds_of, work_of


def test_operations_are_two_for_each_multiply_add():
    layers = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 16, 5))
    with torch.inference_mode():
        work = work_of(lambda: layers(torch.rand(1, 3, 4, 4)))
    assert work == Work(convolutions=2 * 3 * 8 * 9 * 16, products=2 * 8 * 16 * 5)


def test_products_by_onednn_are_counted_as_torch_s_own():
    network = nn.Sequential(GELU(16, 32, approximate="tanh"), nn.Linear(32, 5)).requires_grad_(False)
    plain, swift_one = network, copy.deepcopy(network)
    by_onednn(swift_one)
    x = torch.rand(2, 3, 16)
    with torch.inference_mode():
        assert work_of(lambda: swift_one(x)) == work_of(lambda: plain(x)) == Work(0, 2 * 6 * (16 * 32 + 32 * 5))


def test_a_time_is_the_clock_s_and_not_the_first_call_s():
    calls, now = [], iter(range(10**9))
    assert seconds_of(lambda: calls.append(1), 0.01, clock=lambda: next(now)) == 1
    assert len(calls) > 1


def test_a_line_holds_a_result_against_what_its_operations_allow():
    line = Line("a face", Work(2 * 10**9, 10**9), 0.06, 1.5, Rates(100e9, 50e9), None)
    assert line.times == pytest.approx(1.5)
    assert str(line) == "| a face | 3.00 | 60 ms | 40 ms | 1.50 |  | 50% | 1.50 s |"


@pytest.mark.parametrize(
    "build, millions",
    [(papers.UNet256, 54.4), (papers.TransformNet, 1.68), (papers.dcgan, 12.7)],
)
def test_the_papers_networks_have_the_papers_sizes(build, millions):
    with torch.device("meta"):
        count = sum(parameter.numel() for parameter in build().parameters())
    assert count / 1e6 == pytest.approx(millions, rel=0.01)
