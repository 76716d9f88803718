"""The whole app where the GPU is lent by the call: `spaces` comes first, models are placed, queued events borrow."""

import os
import subprocess
import sys
from pathlib import Path

import gradio as gr
import pytest

from demos.house.borrow import borrow
from demos.kit import DEVICE_QUEUE, guard
from models.errors import BadInput
from models.gateway import Gateway
from tests.browser.harness import ROOT, running_gallery
from tests.models.lender import Lender

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

# What stands in for `spaces`: it forks, notes what was imported before it, and makes this machine's memory the GPU's.
SPACES = """
import os, sys
early = sorted({"torch", "gradio", "models.cache"} & set(sys.modules))
import models.devices, models.registry
from tests.models.lender import Lender

models.devices.this_machine = lambda settings: models.devices.Machine("cpu", 10**10)
few = tuple(spec for spec in models.registry.specs() if spec.key.startswith("sketch/fruit"))
models.registry.specs = lambda: few

class Noted(Lender):
    def __call__(self, duration):
        def decorate(task):
            lent = super(Noted, self).__call__(duration)(task)
            def noted(*args):
                print("LENT for", duration(*args), "seconds", flush=True)
                yield from lent(*args)
            return noted
        return decorate

print("EARLY", early, flush=True)
GPU = Noted()
"""


def where() -> int:
    return os.getpid()


def refuse() -> None:
    raise BadInput("The paper is still empty.")


@needs_fork
def test_only_events_of_the_device_borrow_it():
    with gr.Blocks() as page:
        number, button = gr.Number(), gr.Button()
        button.click(guard(where), None, number, concurrency_id=DEVICE_QUEUE, api_name="queued")
        button.click(guard(where), None, number, api_name="plain")
        button.click(guard(refuse), None, number, concurrency_id=DEVICE_QUEUE, api_name="refused")
        button.click(None, None, number, js="() => 1", api_name="page")
    assert borrow(page, Gateway(Lender())) == 2
    by_name = {event.api_name: event.fn for event in page.fns.values()}
    assert by_name["queued"]() != os.getpid() == by_name["plain"]()
    with pytest.raises(gr.Error, match="still empty"):
        by_name["refused"]()


@needs_fork
def test_a_room_draws_on_the_gpu_it_was_lent(tmp_path):
    """A real room, real weights, the real front door; only the GPU is a process."""
    from gradio_client import Client, handle_file

    (tmp_path / "spaces.py").write_text(SPACES, encoding="utf-8")
    drawing = ROOT / "assets" / "examples" / "sketch-fruit.png"
    environment = {
        "SPACES_ZERO_GPU": "true",
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        "VERNISSAGE_DEMOS": "sketch-to-photo",
        "OMP_NUM_THREADS": "1",
    }
    with running_gallery(tmp_path, **environment) as address:
        photo = Client(address, verbose=False).predict(handle_file(drawing), "fruit", 3, api_name="/sketch_to_photo")
        assert Path(photo).stat().st_size > 1000
    log = (tmp_path / "log.txt").read_text()
    assert "EARLY []" in log and "LENT for 60 seconds" in log and "Traceback" not in log


def test_help_and_mistakes_need_no_gpu(tmp_path):
    (tmp_path / "spaces.py").write_text("1 / 0", encoding="utf-8")
    environment = os.environ | {"SPACES_ZERO_GPU": "true", "PYTHONPATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "app.py", "--help"], cwd=ROOT, env=environment, capture_output=True)
    assert run.returncode == 0
