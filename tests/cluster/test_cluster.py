"""Three replicas of Ray Serve on this machine, and what becomes of a visitor when one of them is killed."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from importlib.util import find_spec

import psutil
import pytest

from demos import sketch_to_photo as room
from demos.house.steps import in_steps
from models import cluster as door
from models.cluster import Cluster
from models.errors import BadInput
from models.settings import Settings
from models.sketch.doodles import doodle
from models.sketch.strokes import drawing_to_text
from models.text2image import engine
from models.text2image.engine import Ask
from tests.cluster import errands

# Ray is looked up and not imported: what it listens to is settled when it is.
pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install '.[cluster]'"),
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

REPLICAS = 3
PAINTING = "text2image/house"


@pytest.fixture(scope="module")
def gallery_cluster():
    """The cluster as `python app.py --cluster 3` opens it."""
    from models.cluster_serve import opened

    yield Cluster(opened(Settings(cluster=REPLICAS)), REPLICAS)
    import ray

    ray.shutdown()


@pytest.fixture(autouse=True)
def cluster(gallery_cluster, monkeypatch):
    """Let the engines of this process send their work there."""
    monkeypatch.setattr(door, "the_cluster", lambda: gallery_cluster)


def all_at_once(*calls):
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))


def all_workers() -> list[int]:
    return all_at_once(*[partial(errands.where, "", 0.5)] * 4 * REPLICAS)


def here(monkeypatch, call):
    """The same call in this process, with as many threads as a replica has."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, os.cpu_count() // REPLICAS))
    with monkeypatch.context() as patch:
        patch.setattr(door, "the_cluster", lambda: None)
        result = call()
    torch.set_num_threads(threads)
    return result


def running() -> int:
    from ray import serve

    states = serve.status().applications["vernissage"].deployments["Replica"].replica_states
    return states.get("RUNNING", 0)


def orders() -> list[dict]:
    return [
        {"drawing": drawing_to_text(subject, doodle(subject, seed)), "seed": seed}
        for seed in range(4)
        for subject in ("fruit", "flower", "portrait")
    ]


def test_nobody_beyond_this_machine_can_reach_it():
    ours = psutil.Process().children(recursive=True)
    heard = {spot.laddr.ip for one in ours for spot in one.net_connections("inet") if spot.status == "LISTEN"}
    assert heard and heard <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_replicas_share_the_load():
    workers = all_workers()
    assert len(set(workers)) == REPLICAS and os.getpid() not in workers


def test_the_pictures_are_the_same_as_without_a_cluster(monkeypatch):
    asked = [partial(room.photo, order) for order in orders()]
    assert all_at_once(*asked) == here(monkeypatch, lambda: [ask() for ask in asked])
    assert sum(stats.loads for stats in door.the_cluster().stats()) >= 3, "the meter knows of their caches"


def test_who_has_the_model_is_asked_first():
    key = "style/cycle-apple"
    first = errands.where(key)
    time.sleep(2)  # until Serve has passed the word on
    assert {errands.where(key) for _ in range(6)} == {first}
    assert errands.what_is_loaded(key)[key] == 1, "by our own cache, and once"


def test_sentences_come_back_as_they_were_said():
    with pytest.raises(BadInput, match="The paper is still empty"):
        room.engine.takes(room.Image.new("RGB", (64, 64), "white"), "fruit", [1])


def test_calling_off_ends_the_work_where_it_is_done(tmp_path):
    """As Gradio calls off: by closing what the room iterates over. Replicas of this machine see the same disk."""
    note = tmp_path / "note"
    with closing(in_steps(partial(errands.endless, note))) as steps:
        assert next(steps) and not note.exists()
    until(note.exists)


def test_a_replica_killed_in_mid_request_is_only_a_longer_wait(monkeypatch):
    """Each step is told once, the pictures are right, and soon there are three replicas again."""
    ask, told = Ask("a red apple", 7, steps=12, count=2), []

    def kill_at_the_fourth(index: int, worker: int) -> None:
        told.append((index, worker))
        if len(told) == 4:
            os.kill(worker, signal.SIGKILL)

    pictures = errands.paint_and_tell_where(ask, on_step=kill_at_the_fourth)
    victim, rescuer = told[3][1], told[-1][1]
    assert [index for index, _ in told] == list(range(1, 13)) and victim != rescuer
    expected = here(monkeypatch, lambda: engine.paint(ask))
    assert [picture.tobytes() for picture in pictures] == [picture.tobytes() for picture in expected]
    until(lambda: running() == REPLICAS)
    assert len(set(all_workers()) - {victim}) == REPLICAS


def until(there, seconds: float = 120.0) -> None:
    ends = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < ends
        time.sleep(0.2)
