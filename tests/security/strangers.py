"""What strangers send: every way into the running app, read from its own description, and values no visitor would."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import strategies as st

from tests.browser.harness import ROOT
from tests.security.house import API, JSON, PATIENCE, as_file, bomb, heard, picture, upload

# Of this machine, or of Python: what no answer may hold.
LEAK = re.compile(rf"Traceback|site-packages|{re.escape(str(ROOT))}|/secret/|\.py\b|<module>")

FILES = {
    "apple.png": picture(),
    "apple.jpg": picture(64, "JPEG"),
    "cut.png": picture()[:70],
    "bomb.png": bomb(),
    "page.png": b"<html><script>alert(1)</script>",
    "list.mp4": b"#EXTM3U\n#EXTINF:1\nfile:///etc/passwd\n",
    "half.mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 64,
    "film.gif": picture(16, "GIF"),
    "empty.webm": b"",
    "$(id) ‮;gnp.png": picture(),
}

WORDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "\0",
            "\ud800",
            "a" * 100_000,
            "٣",
            "1e999",
            "NaN",
            "-0",
            "../../../../etc/passwd",
            "/etc/passwd",
            "file:///etc/passwd",
            "C:\\Windows\\win.ini",
            "http://127.0.0.1:9/",
            "<img src=x onerror=alert(1)>",
            "'; DROP TABLE pictures; --",
            "{{7*7}}${7*7}%s%n",
            "data:image/png;base64,AAAA",
            "{" * 500,
            '{"photo": "../../x", "style": [], "strength": NaN, "seed": 1e400}',
            '{"model": "sketch/../../x", "side": -1}',
            "__import__('os').system('id')",
            "house",
            "faces/../faces/generator",
        ]
    ),
)
NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.sampled_from([2**31 - 1, 2**31, 2**53, 2**63, 2**64, 10**400, -(2**31), 1e308, -1e308, 5e-324, 0.5]),
    st.sampled_from([float("nan"), float("inf"), float("-inf")]),
)
PLAIN = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS)
NAMES = st.sampled_from(["path", "url", "meta", "value", "__type__", "__class__", "", "id"])
NESTED = st.recursive(
    PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)), max_leaves=8
)
# What the page's own scripts call things: keys of the orders that they send, and short texts, some of them values.
KEYS = re.compile(r"[{,]\s*([a-z_]\w{1,20})\s*(?=[:,}])")
TEXTS = re.compile(r'"([\w .,@-]{1,24})"')


@dataclass(frozen=True)
class Way:
    """A way in: an endpoint by name, an event of the page by number, or a function that the page asks."""

    kind: str
    name: str
    target: Any
    values: tuple[Any, ...]  # what an honest visitor could send
    script: str = ""  # of the page: what asks this way


@dataclass
class Stranger:
    """Somebody with a browser's tools: knows every way in, has uploaded every kind of file."""

    client: httpx.Client
    files: list[dict[str, Any]] = field(default_factory=list)

    def arrive(self) -> list[Way]:
        """Upload the files; returns the ways in."""
        self.files = [as_file(upload(self.client, name, data), orig_name=name) for name, data in FILES.items()]
        return [*self._endpoints(), *self._page()]

    def _endpoints(self) -> Iterator[Way]:
        for name, about in self.client.get(f"{API}/info").json()["named_endpoints"].items():
            values = (part.get("parameter_default", part.get("example_input")) for part in about["parameters"])
            yield Way("endpoint", name, name.strip("/"), tuple(values))

    def _page(self) -> Iterator[Way]:
        page = self.client.get("/config").json()
        parts = {part["id"]: part for part in page["components"]}
        scripts = {number: part["props"].get("js_on_load") or "" for number, part in parts.items()}
        for event in page["dependencies"]:
            if event["backend_fn"] and event["api_visibility"] != "public":
                values = (parts[number]["props"].get("value") for number in event["inputs"])
                yield Way("event", event["api_name"], event["id"], tuple(values), "".join(scripts.values()))
        for number, part in parts.items():
            for name in part["props"].get("server_fns") or ():
                yield Way("function", f"{part['type']} {number}: {name}", (number, name), ({},), scripts[number])

    def sends(self, way: Way) -> st.SearchStrategy[list[Any]]:
        """What to send that way: now and then one right value, so that the wrong ones are looked at."""
        files = st.sampled_from(
            [*self.files, as_file("/etc/passwd"), {"path": "/etc/passwd"}, as_file("http://127.0.0.1/")]
        )
        orders = _orders(way.script)
        wrong = st.one_of(PLAIN, NESTED, files, files.map(lambda file: {"video": file}))
        if way.kind == "function":
            return st.tuples(st.one_of(orders, orders, orders, wrong)).map(list)
        each = [st.one_of(wrong, wrong, orders.map(json.dumps), st.just(value)) for value in way.values]
        return st.tuples(*each).map(list) | st.lists(wrong, max_size=3)

    def goes(self, way: Way, data: list[Any]) -> tuple[int, str]:
        """Send it: the status of the answer and its words; raises what httpx does when none comes."""
        if way.kind == "endpoint":
            return self._calls(f"{API}/call/{way.target}", {"data": data}, f"{API}/call/{way.target}/{{event_id}}")
        if way.kind == "event":
            asked = {"data": data, "fn_index": way.target, "session_hash": "stranger"}
            return self._calls(f"{API}/queue/join", asked, f"{API}/queue/data?session_hash=stranger")
        number, name = way.target
        body = {"data": data[0] if len(data) == 1 else data, "component_id": number, "fn_name": name}
        said = self._posts(f"{API}/component_server/", body | {"session_hash": "stranger"})
        return said.status_code, said.text

    def _calls(self, where: str, body: dict[str, Any], answers: str) -> tuple[int, str]:
        asked = self._posts(where, body)
        if asked.status_code != 200:
            return asked.status_code, asked.text
        said = self.client.get(answers.format(**asked.json()), timeout=PATIENCE)
        return said.status_code, said.text

    def _posts(self, where: str, body: dict[str, Any]) -> httpx.Response:
        return self.client.post(where, content=json.dumps(body), headers=JSON)


def _orders(script: str) -> st.SearchStrategy[dict[str, Any]]:
    """Orders as the page's script writes them, their values anything: right in kind now and then."""
    keys = sorted({*KEYS.findall(script), "seed"})
    texts = st.sampled_from(sorted({*TEXTS.findall(script), ""}))
    value = st.one_of(PLAIN, texts, st.integers(0, 9), st.lists(st.one_of(st.integers(0, 9), texts, PLAIN), max_size=4))
    return st.dictionaries(st.sampled_from(keys), value, min_size=min(4, len(keys)), max_size=40)


def refusal(way: Way, text: str) -> str | None:
    """The sentence with which a call was refused; None when it was answered. An assertion fails where there is none."""
    if way.kind == "function":
        told = json.loads(text)
        return told.get("sentence") or told.get("detail") if isinstance(told, dict) else None
    if "event: " in text:
        answered, said = heard(text)
        return None if answered else _worded(said)
    if not text.startswith("data: "):
        return _worded(json.loads(text)["detail"])
    news = [json.loads(line.removeprefix("data: ")) for line in text.split("\n\n") if line]
    ended = next(one for one in news if one["msg"] in ("process_completed", "unexpected_error"))
    return None if ended["success"] else _worded(ended["output"]["error"])


def _worded(said: Any) -> Any:
    assert said, "refused without a word"
    return said
