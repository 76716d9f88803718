"""A gallery under load, seen from outside: asked as its page asks, its memory and its files watched."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.browser import harness

API = "/gradio_api"
PATIENCE = 300.0  # seconds for one answer
EVERY = 2.0  # seconds between two looks at the house


@contextmanager
def opened(folder: Path, module: str = "app", **environment: str) -> Iterator[House]:
    """A program of ours, served as a host serves it; its log and its files lie in the folder."""
    port, log = harness._free_port(), folder / "log.txt"
    own = {name: value for name, value in os.environ.items() if not name.startswith("VERNISSAGE_")}
    inherited = {**own, "GRADIO_TEMP_DIR": str(folder / "gradio"), **environment}
    with log.open("w") as output:
        command = [sys.executable, "-m", module, "--port", str(port)]
        process = subprocess.Popen(command, cwd=harness.ROOT, env=inherited, stdout=output, stderr=subprocess.STDOUT)
        try:
            harness._wait_until_open(port, process, log, PATIENCE)
            yield House(f"http://127.0.0.1:{port}", process.pid, folder / "gradio")
        finally:
            process.terminate()
            process.wait(30)


@dataclass
class House:
    """The address of a running gallery, and what was seen of its process."""

    address: str
    pid: int
    files: Path
    began: float = field(default_factory=time.monotonic)
    used: float = 0.0  # seconds of processor time that it took
    memory: list[tuple[float, int]] = field(default_factory=list)  # seconds since the beginning, bytes
    stored: list[tuple[float, int, int]] = field(default_factory=list)  # seconds, files, bytes

    async def watch(self) -> None:
        """Look at the process and at its folder until called off."""
        process = psutil.Process(self.pid)
        self.began, before = time.monotonic(), sum(process.cpu_times()[:2])
        while True:
            self.used = sum(process.cpu_times()[:2]) - before
            now = time.monotonic() - self.began
            self.memory.append((now, process.memory_info().rss))
            sizes = [file.stat().st_size for file in self.files.rglob("*") if file.is_file()]
            self.stored.append((now, len(sizes), sum(sizes)))
            await asyncio.sleep(EVERY)

    def memory_at(self, seconds: float, span: float = 10.0) -> float:
        """Bytes in main memory around a moment, the mean of some looks."""
        seen = [size for at, size in self.memory if abs(at - seconds) <= span] or [self.memory[-1][1]]
        return sum(seen) / len(seen)

    def growth(self, after: float = 60.0) -> float:
        """By what share memory has grown since that many seconds after the beginning."""
        end = self.memory[-1][0]
        return self.memory_at(end) / self.memory_at(min(after, end / 2)) - 1


class Page:
    """One visitor's page: a session of its own, and the ways in that the page's description names."""

    def __init__(self, client: httpx.AsyncClient, about: dict[str, Any]):
        self.session = secrets.token_hex(8)
        self._client = client
        self._parts = {part["props"].get("elem_id"): part["id"] for part in about["components"]}
        events = about["dependencies"]
        self._events = {(part, name): event["id"] for event in events for part, name in event["targets"]}
        self._named = {event["api_name"]: event["id"] for event in events}

    async def ask(self, part: str, function: str, order: dict) -> dict:
        """Past the queue: a server function of a component, as `assets/live` asks it."""
        body = {"data": order, "component_id": self._parts[part], "fn_name": function, "session_hash": self.session}
        return (await self._post(f"{API}/component_server/", body)).json()

    async def submit(self, part: str, order: dict) -> list[Any]:
        """Through the queue: what a component's `submit` begins; all that was told of it."""
        return await self._queued(self.session, self._events[self._parts[part], "submit"], [json.dumps(order)])

    async def call(self, name: str, *values: Any) -> list:
        """Through the queue: a handler by name; what it returned. Several may be under way: of a session's streams,
        each takes what comes, whosever it is, so that each call has a session of its own."""
        return (await self._queued(secrets.token_hex(8), self._named[name], list(values)))[-1]

    async def _queued(self, session: str, event: int, values: list[Any]) -> list[Any]:
        """Join the queue and listen until the event is over: everything it returned, in order, as it came.

        Raises RuntimeError with what was said if it fails.
        """
        body = {"data": values, "fn_index": event, "session_hash": session}
        await self._post(f"{API}/queue/join", body)
        told: list[Any] = []
        url = f"{API}/queue/data?session_hash={session}"
        async with self._client.stream("GET", url, timeout=PATIENCE) as stream:
            async for line in stream.aiter_lines():
                news = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if news.get("msg") not in ("process_generating", "process_completed", "unexpected_error"):
                    continue
                if not news["success"]:
                    raise RuntimeError(str(news["output"].get("error")))
                told.append(news["output"].get("data"))
                if news["msg"] == "process_completed":
                    return told
        raise RuntimeError("the stream ended without an answer")

    async def fetch(self, file: dict) -> bytes:
        """A file of an answer."""
        return (await self._client.get(f"{API}/file={file['path']}")).raise_for_status().content

    async def _post(self, path: str, body: dict) -> httpx.Response:
        headers = {"content-type": "application/json"}
        return (await self._client.post(path, content=json.dumps(body), headers=headers)).raise_for_status()


@asynccontextmanager
async def pages(house: House, count: int) -> AsyncIterator[list[Page]]:
    """So many pages of a house, each with connections of its own."""
    async with httpx.AsyncClient(base_url=house.address, timeout=PATIENCE, trust_env=False) as first:
        about = (await first.get("/config")).json()
    # The house closes what was quiet for 5 s: just before, a connection is not to be used again.
    own = {"base_url": house.address, "timeout": PATIENCE, "trust_env": False}
    clients = [httpx.AsyncClient(**own, limits=httpx.Limits(keepalive_expiry=3)) for _ in range(count)]
    try:
        yield [Page(client, about) for client in clients]
    finally:
        await asyncio.gather(*(client.aclose() for client in clients))
