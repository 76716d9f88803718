"""What it costs to send work to a replica, and what replicas save: this process beside one replica and two.

Run:  python -m pytest tests/benchmarks/bench_cluster.py --benchmark-only   (needs: pip install -e '.[test,cluster]')

Live work is a photograph of a sketch, asked for by one visitor or by eight at once; long work is a painting in eight
steps, asked for by four. An empty errand tells what the way itself takes.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec

import pytest

from models import cluster as door
from models.cluster import Cluster
from models.settings import Settings
from models.sketch.doodles import doodle
from models.sketch.engine import takes
from models.sketch.strokes import rasterise
from models.text2image.engine import Ask, paint
from tests.cluster.errands import where

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install '.[cluster]'")

PAPER = rasterise(doodle("fruit", 1), 256)
photograph = partial(takes, PAPER, "fruit", [1])


@pytest.fixture(scope="module", params=[0, 1, 2], ids=["here", "one-replica", "two-replicas"], autouse=True)
def replicas(request):
    """So many replicas; none: this process."""
    if not request.param:
        yield 0
        return
    from models.cluster_serve import opened

    cluster = Cluster(opened(Settings(cluster=request.param)), request.param)
    import ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "the_cluster", lambda: cluster)
        yield request.param
    ray.shutdown()


def all_at_once(calls):
    with ThreadPoolExecutor(len(calls)) as pool:
        list(pool.map(lambda call: call(), calls))


def warm_up(work, replicas: int) -> None:
    """Let every replica load the model: Serve asks who has it, until those have their hands full."""
    for _ in range(2):
        all_at_once([work] * max(4 * replicas, 1))


def test_an_empty_errand(benchmark, replicas):
    warm_up(partial(where, ""), replicas)
    benchmark.pedantic(where, ("",), rounds=50)


def test_a_photograph(benchmark, replicas):
    warm_up(photograph, replicas)
    benchmark.pedantic(photograph, rounds=40)


def test_forty_photographs_for_eight(benchmark, replicas):
    def ask() -> None:
        # As the counters of the rooms do: two at a time here, and as many a replica.
        with ThreadPoolExecutor(2 if not replicas else 8) as pool:
            list(pool.map(lambda _: photograph(), range(40)))

    warm_up(photograph, replicas)
    benchmark.pedantic(ask, rounds=3)


def test_four_paintings(benchmark, replicas):
    def ask() -> None:
        # As the queue does: one at a time here, and one a replica.
        with ThreadPoolExecutor(replicas or 1) as pool:
            list(pool.map(lambda seed: paint(Ask("a red apple", seed, steps=8, count=1)), range(4)))

    warm_up(partial(paint, Ask("a red apple", 1, steps=1, count=1)), replicas)
    benchmark.pedantic(ask, rounds=2)
