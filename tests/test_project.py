"""What holds for the project as a whole: its files agree, its arrows point one way, its start is light."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomlkit
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomlkit.parse((ROOT / "pyproject.toml").read_text(encoding="utf-8")).unwrap()["project"]
ZERO_GPU_TORCH = ("2.8.0", "2.9.1", "2.10.0", "2.11.0")
LARGEST_FILE = 16 * 2**20
PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib"}
# What makes a start slow; a room imports it when its model is first asked for.
HEAVY = ("torch", "diffusers", "transformers", "librosa", "moviepy", "cv2", "scipy", "skimage", "sklearn")
FOR_TRAINING_ONLY = re.compile(r"models\.\w+\.(train|data|evaluate)$")


# ---------------------------------------------------------------- reading the code


def imports(path: Path) -> set[str]:
    """Every module a file imports, wherever in the file, as dotted names; ``from a import b`` counts a and a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(path.relative_to(ROOT).parts[: -node.level])
            base = f"{package}.{node.module}" if node.module else package
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def reachable(start: set[str]) -> Iterator[str]:
    """Our own modules that can be reached from these by any import, late ones included."""
    waiting, seen = set(start), set()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        if file := file_of(module):
            yield module
            waiting |= {name for name in imports(file) if name.split(".")[0] in ("demos", "models")} - seen


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def rooms() -> list[Path]:
    return [path for path in (ROOT / "demos").glob("*.py") if re.search(r"^DEMO\b", path.read_text(), re.MULTILINE)]


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name]


# ---------------------------------------------------------------- shape


def test_the_front_door_is_short():
    assert len((ROOT / "app.py").read_text().splitlines()) < 80


def test_engines_know_nothing_of_the_page():
    offenders = [
        path
        for path in python_files("models")
        if any(name.split(".")[0] in ("gradio", "demos", "app") for name in imports(path))
    ]
    assert offenders == []


def test_no_room_imports_another():
    names = {f"demos.{path.stem}" for path in rooms()}
    for path in rooms():
        assert not imports(path) & (names - {f"demos.{path.stem}"}), path.name


def test_training_code_stays_out_of_the_running_app():
    from models import registry

    loaders = {spec.loader.partition(":")[0] for spec in registry.specs()}
    app = {name for name in imports(ROOT / "app.py") if name.split(".")[0] in ("demos", "models")}
    reached = set(reachable({*app, *loaders, *(f"demos.{path.stem}" for path in rooms())}))
    assert loaders <= reached, "a loader names a module that is not there"
    assert [module for module in reached if FOR_TRAINING_ONLY.match(module)] == []


def test_the_start_is_light():
    """Building the whole page imports nothing heavy: that is what keeps the start within seconds."""
    script = (
        "import json, sys, app\n"
        "from models.settings import Settings\n"
        "from demos.gallery import build_gallery\n"
        "build_gallery(Settings())\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout.splitlines()[-1]) == []


def test_the_page_names_no_other_host():
    # The namespace of SVG is a name, not an address.
    address = re.compile(r"https?://(?!www\.w3\.org/)")
    for path in (ROOT / "assets").rglob("*"):
        if path.suffix in {".css", ".js", ".html", ".svg"}:
            assert not address.search(path.read_text(encoding="utf-8")), path.name


def test_the_code_is_tidy():
    run = subprocess.run([sys.executable, "-m", "ruff", "check", "."], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


# ---------------------------------------------------------------- files


def test_tracked_files_are_small_and_none_is_a_pickle():
    for path in tracked():
        assert path.suffix not in PICKLES, path.name
        assert path.suffix != ".pyi", f"{path.name} is written by gradio at each start"
        assert not path.is_file() or path.stat().st_size <= LARGEST_FILE, path.name


def test_the_space_installs_what_the_project_needs():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    space = {r.name: r.specifier for r in map(Requirement, (line for line in lines if line and line[0] != "#"))}
    project = {r.name: r.specifier for r in map(Requirement, PROJECT["dependencies"])}
    assert space.keys() == project.keys()
    assert all(version in space["torch"] and version in project["torch"] for version in ZERO_GPU_TORCH)
    del space["torch"], project["torch"]
    assert space == project


def test_the_front_matter_fits():
    front = yaml.safe_load(README.split("---")[1])
    gradio = next(r for r in map(Requirement, PROJECT["dependencies"]) if r.name == "gradio")
    assert front["sdk"] == "gradio" and front["sdk_version"] in gradio.specifier
    assert front["python_version"] in SpecifierSet(PROJECT["requires-python"])
    assert (ROOT / front["app_file"]).is_file() and front["license"] == PROJECT["license"].lower()
    assert len(front["short_description"]) <= 60, "the limit of a Space"


def test_a_space_is_reached_where_it_says():
    from models.settings import Settings

    space = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7861"}
    settings = Settings.from_environment(space)
    assert (settings.host, settings.port) == ("0.0.0.0", 7861)
    assert Settings.from_environment(space | {"VERNISSAGE_HOST": "127.0.0.1"}).host == "127.0.0.1"


def test_packages_for_the_space_are_bare_names():
    for line in (ROOT / "packages.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[a-z0-9][a-z0-9+.-]*", line)


# ---------------------------------------------------------------- README


def command_under(heading: str) -> str:
    block = re.search(rf"^## {heading}$.*?^```bash\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return block[1].strip()


@pytest.mark.parametrize("heading", ["Open it", "Test it"])
def test_commands_are_one_line_with_their_own_environment(heading):
    command = command_under(heading)
    assert "\n" not in command and command.startswith("python3 -m venv .venv && .venv/bin/python -m pip install")


def test_continuous_integration_runs_the_readme_command():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    extract = re.search(r"command=\$\((awk .*)\)$", script, re.MULTILINE)[1]
    found = subprocess.run(["bash", "-c", extract], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == command_under("Test it")
    assert 'bash -euo pipefail -c "$command"' in script


def test_every_room_is_in_the_readme():
    from demos.house.discovery import discover

    for room in discover()[0]:
        assert f"?demo={room.slug}" in README


def test_links_in_the_readme_lead_somewhere():
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_help_answers_at_once():
    run = subprocess.run([sys.executable, "app.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for flag in re.findall(r"`?python app\.py (--[a-z-]+)", README):
        assert flag in run.stdout


def test_a_wrong_flag_is_one_sentence():
    run = subprocess.run(
        [sys.executable, "app.py", "--memory-budget", "plenty"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode and "Traceback" not in run.stderr and "plenty" in run.stderr
