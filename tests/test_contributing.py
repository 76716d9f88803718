"""CONTRIBUTING.md is followed to the letter: its file goes into a copy of the gallery, and the copy is opened."""

import importlib
import re
import shutil
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client

import demos
from models.media import read_recipe
from tests.browser.harness import running_gallery

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def file_of(path: str) -> str:
    """What the guide says to put into a file: the first block of code after its name."""
    return re.search(rf"Put this into `{re.escape(path)}`.*?^```python\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)[1]


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The gallery with the guide's room in it: copied where something is added, linked where nothing is."""
    folder = tmp_path_factory.mktemp("gallery")
    shutil.copy(ROOT / "app.py", folder)
    shutil.copytree(ROOT / "demos", folder / "demos", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("models", "assets"):
        (folder / name).symlink_to(ROOT / name, target_is_directory=True)
    (folder / "demos" / "starry_night.py").write_text(file_of("demos/starry_night.py"), encoding="utf-8")
    return folder


def test_the_running_app_has_the_new_room(copy, tmp_path):
    flag = re.search(r"python app\.py --demos (\S+)", GUIDE)[1]
    call = re.search(r"\.predict\((.*)\)$", GUIDE, re.MULTILINE)[1]
    with running_gallery(tmp_path, root=copy, VERNISSAGE_DEMOS=flag) as address:
        page = urllib.request.urlopen(address).read().decode()
        assert "Starry night" in page and "?demo=starry-night" in page
        sky = eval(f"client.predict({call})", {"client": Client(address, verbose=False)})
        recipe = read_recipe(Path(sky))
    assert (recipe.demo, recipe.seed, recipe.settings["stars"]) == ("starry-night", 7, 300)


def test_its_tests_hold(copy, monkeypatch):
    monkeypatch.setattr(demos, "__path__", [*demos.__path__, str(copy / "demos")])
    importlib.invalidate_caches()
    tests: dict = {}
    exec(compile(file_of("tests/demos/test_starry_night.py"), "test_starry_night.py", "exec"), tests)
    told = [test for name, test in tests.items() if name.startswith("test_")]
    assert len(told) == 2
    for test in told:
        test()


def test_links_in_the_guide_lead_somewhere():
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", GUIDE):
        assert (ROOT / target).exists(), target
    for path in re.findall(r"`((?:demos|models|assets|tests)/[\w./-]+)`", GUIDE):
        assert (ROOT / path).exists() or "starry_night" in path, path
