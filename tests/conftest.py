"""Every test runs with its own folders and without a network; nothing of the user's is read or written."""

import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

# Libraries read these once, when they are imported: they are set before any test module is.
_HOME = tempfile.TemporaryDirectory(prefix="vernissage-tests-")
os.environ.update(
    HF_HOME=str(Path(_HOME.name) / "hub"),
    HF_HUB_OFFLINE="1",
    GRADIO_TEMP_DIR=str(Path(_HOME.name) / "gradio"),
    GRADIO_ANALYTICS_ENABLED="False",
    HF_HUB_DISABLE_TELEMETRY="1",
)
if sys.dont_write_bytecode:  # every gallery would compile every library anew; so one does for all, in the tests' folder
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(Path(_HOME.name) / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
if "PYTEST_XDIST_WORKER" in os.environ:  # processes that share the cores must not all take all of them
    os.environ.setdefault("OMP_NUM_THREADS", "1")
else:  # workers inherit it: librosa, which takes half a minute, is compiled once for all of them
    os.environ["NUMBA_CACHE_DIR"] = str(Path(_HOME.name) / "numba")

ROOT = Path(__file__).resolve().parent.parent
GUESTS = ROOT / "tests" / "guests"
ENTRY_POINTS = """[vernissage.demos]
guest = guest_room
half = guest_room:HALF
broken = broken_room
"""


def pytest_collection_modifyitems(items):
    """What teaches and judges models is no part of the app, takes minutes, and runs when it is asked for."""
    for item in items:
        if item.path.stem.startswith(("test_train", "test_evaluate", "test_judge", "test_cycle_training")):
            item.add_marker(pytest.mark.training)


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Point every path that belongs to the user at this test's own folder."""
    for name in [name for name in os.environ if name.startswith("VERNISSAGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Let sockets reach this machine alone."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            raise OSError(f"a test tried to reach {address[0]}: tests have no network")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_local(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


@pytest.fixture(scope="session")
def guest_package(tmp_path_factory) -> Path:
    """A folder that, on the path, is an installed package bringing rooms: one good, one half built, one broken."""
    folder = tmp_path_factory.mktemp("guests")
    for room in GUESTS.glob("*.py"):
        (folder / room.name).write_text(room.read_text(encoding="utf-8"), encoding="utf-8")
    info = folder / "guests-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: guests\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    return folder
