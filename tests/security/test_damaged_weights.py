"""A weights file that is missing or not the one that was published closes its room, which says so; the others open."""

import importlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import demos
from demos.house.discovery import discover
from demos.house.lobby import CLOSED_TODAY, lobby_html
from models import weights
from models.errors import WeightsDamaged
from tests.browser import harness
from tests.security.house import PATIENCE, as_file, ask, picture, upload

FAMILIES = ("sketch", "faces", "style", "text2image")


@pytest.fixture
def copy(tmp_path) -> Path:
    """The weights that ship, as links in a folder of their own."""
    folder = tmp_path / "weights"
    shutil.copytree(weights.WEIGHTS, folder, copy_function=os.link if _same_disk(tmp_path) else shutil.copy2)
    return folder


def _same_disk(folder: Path) -> bool:
    return folder.stat().st_dev == weights.WEIGHTS.stat().st_dev


def spoil(path: Path) -> None:
    """Another file in its place, one bit different."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    path.write_bytes(data)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_ships_is_whole(family):
    weights.check_family(family)


@pytest.mark.parametrize(
    ("family", "file"),
    [
        ("sketch", "sketch-fruit.safetensors"),
        ("faces", "faces-locator.safetensors"),
        ("style", "style-collection.safetensors"),
        ("text2image", "text2image/vae/config.json"),
    ],
)
def test_a_file_that_is_missing_or_another_is_named_and_no_other_family_minds(copy, family, file):
    for harm, fault in ((spoil, "is not the one that was published"), (Path.unlink, "cannot be read")):
        harm(copy / file)
        with pytest.raises(WeightsDamaged, match=rf"{Path(file).name} {fault}; fetch the project again"):
            weights.check_family(family, copy)
    for other in set(FAMILIES) - {family}:
        weights.check_family(other, copy)


def test_a_family_that_is_not_here_at_all_is_named(copy):
    shutil.rmtree(copy / "text2image")
    with pytest.raises(WeightsDamaged, match="SHA256SUMS.json cannot be read"):
        weights.check_family("text2image", copy)


ROOM = """
from pathlib import Path
from demos import kit
LABEL = kit.WallLabel("Toy", "m", "2026", "a", "", "l", "t")
DEMO = kit.Demo("toy", "A toy", "It moves.", LABEL, Path("none.png"), dict, order=1, family={family!r})
"""


@pytest.mark.parametrize(("family", "opens"), [("sketch", False), ("faces", True), ("a guest's", True), (None, True)])
def test_the_room_is_closed_and_says_why(tmp_path, monkeypatch, family, opens):
    (tmp_path / "toy.py").write_text(ROOM.format(family=family))
    monkeypatch.setattr(demos, "__path__", [str(tmp_path)])
    importlib.invalidate_caches()

    def check(name):
        if name == "sketch":
            raise WeightsDamaged("The weights file sketch-<b>.safetensors cannot be read.")

    monkeypatch.setattr(weights, "check_family", check)
    monkeypatch.delitem(importlib.sys.modules, "demos.toy", raising=False)
    rooms, closed = discover(["toy"])
    assert [room.slug for room in rooms] == ["toy"] * opens
    if not opens:
        assert f"{CLOSED_TODAY} The weights file sketch-&lt;b&gt;.safetensors cannot be read." in lobby_html(
            rooms, closed[:1]
        )


# ---------------------------------------------------------------- the app itself


@pytest.fixture
def damaged_project(tmp_path) -> Path:
    """The project with its own weights: two families damaged before the start, none of them linked to the real ones."""
    root, project = harness.ROOT, tmp_path / "project"
    for folder in ("demos", "models"):
        shutil.copytree(root / folder, project / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "app.py", project)
    (project / "assets").mkdir()
    for part in (root / "assets").iterdir():
        if part.name != "weights":
            (project / "assets" / part.name).symlink_to(part)
    shutil.copytree(root / "assets" / "weights", project / "assets" / "weights")
    spoil(project / "assets" / "weights" / "sketch-flower.safetensors")
    (project / "assets" / "weights" / "text2image" / "preview.safetensors").unlink()
    return project


@contextmanager
def opened(project: Path, folder: Path, rooms: str, **environment: str) -> Iterator[tuple[httpx.Client, str]]:
    """The app of a project: a visitor's client, and what its page says."""
    with harness.running_gallery(folder, project, VERNISSAGE_DEMOS=rooms, **environment) as address:
        with httpx.Client(base_url=address, timeout=PATIENCE, trust_env=False) as client:
            yield client, json.dumps(client.get("/config").json())


def test_the_app_opens_without_the_rooms_whose_weights_are_damaged(damaged_project, tmp_path, guest_package):
    rooms = "sketch-to-photo,text-to-image,guest-room"
    with opened(damaged_project, tmp_path, rooms, PYTHONPATH=str(guest_package)) as (client, page):
        # A guest package may bring rooms that fail for reasons of their own: those give none.
        assert (
            "This room is closed today. The others are open. The weights file sketch-flower.safetensors is not " in page
        )
        assert "The weights file preview.safetensors cannot be read; fetch the project again" in page
        assert list(client.get("/gradio_api/info").json()["named_endpoints"]) == ["/paint"]
        answered, (painted,) = ask(client, "paint", "blue", 64, 3)
        assert answered and client.get(painted["url"]).content.startswith(b"\x89PNG")


@pytest.mark.slow
def test_what_is_damaged_while_the_gallery_is_open_is_noticed_when_it_is_needed(damaged_project, tmp_path):
    with opened(damaged_project, tmp_path, "latent-walk,style-transfer") as (client, page):
        assert "v-card v-closed" not in page
        answered, (face,) = ask(client, "latent_walk", 3, 8, 0.5, 1.0, "w")
        assert answered and client.get(face["url"]).content.startswith(b"\x89PNG")
        spoil(damaged_project / "assets" / "weights" / "style-painter.safetensors")
        photo = as_file(upload(client, "a.png", picture()))
        answered, said = ask(client, "style_transfer", photo, "great-wave", 1.0, False, 0)
        assert not answered and said.startswith("The weights file style-painter.safetensors is not the one")
        assert ask(client, "latent_walk", 4, 8, 0.5, 1.0, "w")[0]
