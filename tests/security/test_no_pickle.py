"""Nothing of ours is a pickle, and nothing reads one: a pickle runs whatever its maker wants."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.harness import ROOT

UNPICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
# A call, and the argument that makes it harmless, or without which it is.
GUARDED = {
    "torch.load": lambda given: given.get("weights_only") is True,
    "np.load": lambda given: not given.get("allow_pickle"),
    "numpy.load": lambda given: not given.get("allow_pickle"),
    "from_pretrained": lambda given: not given.get("trust_remote_code"),
}
# What processes of ours tell one another (a GPU's worker, a replica): nobody else's bytes reach it.
BETWEEN_OURSELVES = "models/parcels.py"
NEVER = {"eval", "exec", "os.system", "os.popen"}


def ours() -> list[Path]:
    return [ROOT / "app.py", *sorted((ROOT / "models").rglob("*.py")), *sorted((ROOT / "demos").rglob("*.py"))]


def complaints(code: str) -> Iterator[str]:
    """What is wrong with a file, by line."""
    for node in ast.walk(ast.parse(code)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if UNPICKLERS & {name.partition(".")[0] for name in names}:
            yield f"{node.lineno}: imports {names}"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        given = {word.arg: getattr(word.value, "value", object()) for word in node.keywords}
        rule = GUARDED.get(called) or GUARDED.get(called.rpartition(".")[2])
        if called in NEVER or (rule and not rule(given)) or given.get("shell") is True:
            yield f"{node.lineno}: {ast.unparse(node)[:80]}"


def test_no_file_reads_a_pickle_or_runs_what_it_reads():
    found = {path.relative_to(ROOT).as_posix(): list(complaints(path.read_text(encoding="utf-8"))) for path in ours()}
    (allowed,) = found.pop(BETWEEN_OURSELVES)
    assert allowed.endswith("imports ['pickle']")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "eval(text)",
        "subprocess.run(text, shell=True)",
        "Pipeline.from_pretrained(path, trust_remote_code=True)",
    ],
)
def test_what_it_would_find(code):
    assert list(complaints(code))


@pytest.mark.parametrize(
    "code", ["torch.load(path, weights_only=True)", "np.load(path)", "network.eval()", "from_pretrained(path)"]
)
def test_what_it_lets_pass(code):
    assert not list(complaints(code))
