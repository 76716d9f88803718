"""A house for strangers to try: a page served in this process, and what they say to it over HTTP."""

import io
import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
import httpx
from PIL import Image

from demos.gallery import launch
from demos.house.sentences import Page
from models.settings import Settings
from tests.browser.harness import _free_port

API = "/gradio_api"
PATIENCE = 60.0  # seconds for one answer


@contextmanager
def open_house(page: gr.Blocks, **settings: Any) -> Iterator[httpx.Client]:
    """A visitor's client of the page, served as the gallery serves its own."""
    port = _free_port()
    launch(page, Settings(port=port, **settings), prevent_thread_lock=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False) as client:
            yield client
    finally:
        page.close()


def one_room(function: Any, *inputs: Any, name: str = "ask") -> Page:
    """A page of one endpoint, which answers with text."""
    with Page(analytics_enabled=False) as page:
        gr.Button().click(function, list(inputs), gr.Textbox(), api_name=name)
    return page.queue()


def ask(client: httpx.Client, name: str, *data: Any) -> tuple[bool, Any]:
    """Call an endpoint: whether it was answered, and with what; a refusal's sentence otherwise."""
    asked = client.post(f"{API}/call/{name}", content=json.dumps({"data": data}), headers=JSON)
    if asked.status_code != 200:
        return False, asked.json()["detail"]
    return heard(client.get(f"{API}/call/{name}/{asked.json()['event_id']}").text)


JSON = {"content-type": "application/json"}


def heard(stream: str) -> tuple[bool, Any]:
    """What a stream of events ended with."""
    event, _, data = stream.strip().rpartition("event: ")[2].partition("\ndata: ")
    told = json.loads(data)
    return event == "complete", told if event == "complete" else told["error"]


def upload(client: httpx.Client, name: str, data: bytes) -> str:
    """The path that Gradio gives a file."""
    sent = client.post(f"{API}/upload", files={"files": (name, data)})
    assert sent.status_code == 200, sent.text
    return sent.json()[0]


def as_file(path: Any, **more: Any) -> dict[str, Any]:
    """A file as Gradio's page and clients name it."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


def picture(side: int = 32, kind: str = "PNG") -> bytes:
    """A small picture's file."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((side, side)).convert("RGB").save(file, kind)
    return file.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few bytes that says it is enormous."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    sealed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(sealed)
