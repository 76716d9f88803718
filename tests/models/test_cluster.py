"""The door to a cluster, with replicas made of functions that can fall silent; the real ones are in tests/cluster."""

import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from models import cluster as door
from models.cluster import TRIES, Cluster, Lost, anywhere, perform
from models.errors import BadInput, Stopped, Unanswered
from models.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent


@anywhere("sketch/{subject}")
def counts(subject: str, total: int = 3, on_step=None, cache=None) -> str:
    for step in range(total):
        on_step(step + 1, total)
    return f"{total} of {subject}"


@anywhere(reads="source", writes="out")
def shouts(source: Path, out: Path) -> str:
    out.write_text(source.read_text().upper())
    return source.suffix


@anywhere()
def refuses() -> None:
    raise BadInput("The paper is still empty.")


class Replicas:
    """Does errands as replicas do. `patience`: how many messages each one sends before it falls silent."""

    def __init__(self, *patience: int):
        self.patience = list(patience)
        self.keys: list[str] = []
        self.called_off = 0
        self.away = False

    def send(self, key: str, parcel: bytes):
        self.keys.append(key)
        left = self.patience.pop(0) if self.patience else 10**9
        try:
            yield from self._messages(parcel)[:left]
            if left < 10**9:
                raise Lost("killed")
        except GeneratorExit:
            self.called_off += 1
            raise

    def _messages(self, parcel: bytes) -> list[bytes]:
        messages: list[bytes] = []
        with self._there():
            perform(parcel, messages.append, threading.Event())
        return messages

    @contextmanager
    def _there(self):
        self.away = True
        yield
        self.away = False


@pytest.fixture
def replicas(monkeypatch):
    made = Replicas()
    cluster = Cluster(made.send)
    monkeypatch.setattr(door, "the_cluster", lambda: None if made.away else cluster)
    return made


def heard(**named) -> tuple[list, str]:
    steps = []
    return steps, counts("fruit", on_step=lambda *step: steps.append(step), **named)


def test_a_call_is_sent_with_its_model_and_its_steps_are_heard(replicas):
    assert heard() == ([(1, 3), (2, 3), (3, 3)], "3 of fruit")
    assert replicas.keys == ["sketch/fruit"]


def test_what_falls_silent_is_asked_of_another_and_no_step_is_told_twice(replicas):
    replicas.patience = [2, 0]
    assert heard() == ([(1, 3), (2, 3), (3, 3)], "3 of fruit")
    assert len(replicas.keys) == 3


def test_the_wait_ends_with_a_sentence(replicas):
    replicas.patience = [1] * TRIES
    with pytest.raises(Unanswered, match="fell silent.*ask once more"):
        heard()
    assert len(replicas.keys) == TRIES


def test_a_replica_that_ends_without_an_answer_is_lost_too():
    cluster = Cluster(lambda key, parcel: (message for message in ()))
    with pytest.raises(Unanswered):
        cluster.do("", door.Errand(len, {}), print)


def test_the_caches_of_those_that_are_left_are_known(monkeypatch):
    cluster = Cluster(Replicas().send, replicas=2)
    for node in ("c", "a", "b"):
        monkeypatch.setattr("platform.node", lambda node=node: node)
        cluster.do("", door.Errand(int, {}), print)
    assert [who.partition(" ")[0] for who in cluster._caches] == ["a", "b"] and len(cluster.stats()) == 2


def test_a_failure_is_no_silence(replicas):
    with pytest.raises(BadInput, match="still empty"):
        refuses()
    assert len(replicas.keys) == 1


def test_whoever_stops_listening_calls_the_work_off(replicas):
    def stop(step, total):
        raise Stopped("This was called off.")

    with pytest.raises(Stopped):
        counts("fruit", on_step=stop)
    assert replicas.called_off == 1 and len(replicas.keys) == 1


def test_in_a_replica_work_that_was_called_off_ends_at_its_next_step():
    called_off, messages = threading.Event(), []

    def tell(message):
        messages.append(message)
        called_off.set()

    perform(door.packed(door.Errand(counts, {"subject": "fruit"}, "on_step")), tell, called_off)
    assert [door.unpacked(message)[0] for message in messages] == ["step", "failed"]


def test_files_travel_along(replicas, tmp_path, monkeypatch):
    source, out = tmp_path / "words.txt", tmp_path / "words.out"
    source.write_text("quiet")
    run = door.Errand.run

    def run_where_the_file_is_not(errand, on_step):
        source.unlink()
        return run(errand, on_step)

    monkeypatch.setattr(door.Errand, "run", run_where_the_file_is_not)
    assert shouts(source, out) == ".txt" and out.read_text() == "QUIET"


def test_a_file_that_is_not_there_is_no_errand(replicas, tmp_path):
    with pytest.raises(FileNotFoundError):
        shouts(tmp_path / "none.txt", tmp_path / "out.txt")
    assert replicas.keys == []


def test_with_a_cache_of_ones_own_the_call_stays_here(replicas):
    assert counts("fruit", 0, cache=object()) == "0 of fruit" and replicas.keys == []


def test_engines_name_the_model_they_need(replicas, monkeypatch):
    """Asked with nothing done: what is sent where."""
    from models.faces import arithmetic, film, walk
    from models.sketch import engine as sketch
    from models.style import engine as style
    from models.text2image.engine import Ask, paint

    monkeypatch.setattr(Cluster, "do", lambda self, key, errand, told: replicas.keys.append(key))
    sketch.sketch_to_photo(None, "flower")
    sketch.sketch_to_photo(None, "flower", model="sketch/scribble-hub")
    sketch.takes(None, "no such subject", [1])
    paint(Ask("a red apple", 1), "text2image/lcm-hub")
    arithmetic.solve(None)
    walk.faces_at([])
    film.write(film.Film((), model="faces/dcgan"), Path("film.mp4"))
    style.paint(None, None)
    named = ["sketch/flower", "sketch/scribble-hub", "", "text2image/lcm-hub"]
    assert replicas.keys == [*named, "faces/generator", "faces/generator", "faces/dcgan", "style/painter"]


def test_without_a_cluster_nothing_of_ray_is_imported():
    script = (
        "import sys, app\n"
        "assert app.the_cluster() is None\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('ray', 'gradio', 'torch')]"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_replicas_share_the_gpus_there_are():
    from models.cluster_serve import _share_of_gpus

    asked = [(Settings(cluster=3), 2), (Settings(cluster=2), 4), (Settings(cluster=2), 0)]
    assert [_share_of_gpus(settings, {"GPU": count}) for settings, count in asked] == [0.66, 1.0, 0.0]
    assert _share_of_gpus(Settings(cluster=2, device="cpu"), {"GPU": 2}) == 0


def test_what_a_host_left_out_is_one_sentence(monkeypatch):
    with pytest.raises(BadInput, match="VERNISSAGE_CLUSTER how many"):
        Settings.from_environment({"VERNISSAGE_CLUSTER_ADDRESS": "10.0.0.1:6379"})
    with pytest.raises(BadInput, match="whole number"):
        Settings.from_environment({"VERNISSAGE_CLUSTER": "many"})
    from models import cluster_serve

    monkeypatch.setattr(cluster_serve, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install '\.\[cluster\]'"):
        cluster_serve.opened(Settings(cluster=2))
