"""The door: what it turns away, with which sentence, and what it lets through untouched. No Gradio in these tests."""

import errno
import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from demos.house import door as the_door
from demos.house.door import MOST_BYTES, NOT_HERE, PASSWORD, TOO_MUCH, door
from demos.house.sentences import FROM_ELSEWHERE, SORRY
from models.errors import DISK_FULL, BadInput
from models.settings import Settings

JOIN, SERVER = "/gradio_api/queue/join", "/gradio_api/component_server/"


BEFORE, AFTER = "<html><script>window.gradio_api_info = ", ";</script></html>"
API_INFO = '{"named_endpoints": {"/paint": "\\u003c/script\\u003e"}}'
NO_API = '{"named_endpoints":{},"unnamed_endpoints":{}}'


async def size(request: Request):
    if "page" in request.query_params:
        return HTMLResponse(f"{BEFORE}{API_INFO}{AFTER}")
    return JSONResponse(len(await request.body()))


async def fail(request: Request):
    kind = request.path_params["kind"]
    raise {
        "full": OSError(errno.ENOSPC, "No space left on device", "/secret/path"),
        "bug": KeyError("/secret/path"),
        "known": BadInput("Draw something first."),
    }[kind]


async def half(request: Request):
    async def words():
        yield "so far so good"
        raise RuntimeError("/secret/path")

    return StreamingResponse(words())


ROUTES = [
    Route("/fails/{kind}", fail),
    Route("/half", half),
    Route("/{path:path}", size, methods=["GET", "POST"]),
]


def visitor(**settings) -> TestClient:
    app = Starlette(routes=ROUTES, **door(Settings(**settings)))
    app.cookie_id, app.tokens = "here", {"good": "teacher"}
    return TestClient(app, raise_server_exceptions=False)


def asking(session: str = "s", **more) -> dict:
    return {"content": json.dumps({"session_hash": session, **more}), "headers": {"content-type": "application/json"}}


def test_what_is_ordinary_goes_through():
    client = visitor()
    assert client.get("/").json() == 0
    assert client.post(JOIN, content=b"x" * 100_000).json() == 100_000


def test_what_says_that_it_is_too_large_is_not_even_read():
    said = visitor().post(JOIN, content=b"x", headers={"content-length": str(MOST_BYTES + 1)})
    assert (said.status_code, said.json()) == (413, {"detail": TOO_MUCH})


@pytest.mark.parametrize("limit", [0, 60])
def test_what_does_not_say_how_large_it_is_is_counted(monkeypatch, limit):
    monkeypatch.setattr(the_door, "MOST_BYTES", 1000)
    client = visitor(visits_per_minute=limit)
    json_like = {"content-type": "application/json"}
    said = client.post(JOIN, content=(b"x" * 100 for _ in range(20)), headers=json_like)
    assert (said.status_code, said.json()) == (413, {"detail": TOO_MUCH})
    assert client.post(JOIN, content=(b"x" * 100 for _ in range(10)), headers=json_like).json() == 1000


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=https://example.com/a.png",
        "/gradio_api/file=HTTP://127.0.0.1/a.png",
        "/gradio_api/file=file:///etc/passwd",
        "/gradio_api/file/http://169.254.169.254/latest",
        "/gradio_api/file=//ftp://example.com/a",
    ],
)
def test_other_hosts_files_are_not_fetched(path):
    said = visitor().get(path)
    assert (said.status_code, said.json()) == (403, {"detail": FROM_ELSEWHERE})


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/proxy=https://example.com/",
        "/gradio_api/process_recording",
        "/gradio_api/deep_link",
        "/gradio_api/vibe-edit/",
        "/monitoring/summary",
    ],
)
def test_what_the_gallery_does_not_use_is_not_there(path):
    assert visitor().get(path).json() == {"detail": NOT_HERE}


def test_files_of_our_own_are_not_taken_for_addresses():
    for path in ("/gradio_api/file=/tmp/gradio/a:b/c.png", "/gradio_api/file=C:/Temp/gradio/c.png"):
        assert visitor().get(path).status_code == 200


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("kind", "status", "sentence"),
    [("full", 507, DISK_FULL), ("bug", 500, SORRY), ("known", 500, "Draw something first.")],
)
def test_what_nobody_caught_is_a_sentence(kind, status, sentence):
    said = visitor().get(f"/fails/{kind}")
    assert (said.status_code, said.json()) == (status, {"detail": sentence})


def test_an_answer_that_breaks_off_says_no_more():
    assert "/secret" not in visitor().get("/half").text


# ---------------------------------------------------------------- visits


def test_who_asks_too_often_reads_one_kind_sentence():
    client = visitor(visits_per_minute=3)
    assert [client.post(JOIN, **asking()).status_code for _ in range(3)] == [200] * 3
    said = client.post(JOIN, **asking())
    assert said.status_code == 429 and int(said.headers["retry-after"]) in range(1, 21)
    assert "Nothing is lost: please go on in" in said.json()["detail"] and "seconds" in said.json()["detail"]
    assert client.post(JOIN, **asking("another")).status_code == 200
    assert client.post("/gradio_api/cancel", **asking()).status_code == 200
    assert client.get("/").status_code == 200


def test_the_page_reads_it_from_the_answer_of_a_server_function():
    client = visitor(visits_per_minute=1)
    client.post(SERVER, **asking())
    said = client.post(SERVER, **asking())
    assert said.status_code == 200 and said.json()["busy"] and "Nothing is lost" in said.json()["sentence"]


def test_counting_hands_on_what_it_read():
    assert visitor(visits_per_minute=9).post(JOIN, **asking(data="x" * 300_000)).json() > 300_000


def test_uploads_and_programs_are_known_by_their_address():
    client = visitor(visits_per_minute=2)
    sent = [client.post("/gradio_api/upload", files={"files": b"x"}).status_code for _ in range(3)]
    assert sent == [200, 200, 429]


def test_passwords_cannot_be_tried_for_ever(monkeypatch):
    monkeypatch.setattr(the_door, "LOGINS_PER_MINUTE", 3)
    client = visitor(auth=(("teacher", "secret"),))
    tries = [client.post(path, data={"username": "teacher"}).status_code for path in ["/login", "/login/"] * 2]
    assert tries == [200, 200, 200, 429]


# ---------------------------------------------------------------- a password


def test_with_a_password_strangers_see_the_page_that_asks_for_it_alone():
    client = visitor(auth=(("teacher", "secret"),))
    for path in ("/", "/login", "/assets/index.js", "/theme.css", "/gradio_api/login_check"):
        assert client.get(path).status_code == 200, path
    for path in (
        "/config",
        JOIN,
        "/gradio_api/mcp/",
        "/gradio_api/heartbeat/s",
        "/gradio_api/stream/s/1/2/playlist-file",
    ):
        said = client.get(path)
        assert (said.status_code, said.json()) == (401, {"detail": PASSWORD}), path


def test_the_page_that_asks_for_the_password_tells_nothing_of_the_api():
    client = visitor(auth=(("teacher", "secret"),))
    for path in ("/?page", "/?page&all_endpoints=1", "/login?page"):
        page = client.get(path).text
        assert page == f"{BEFORE}{NO_API}{AFTER}"
    assert client.get("/?page", headers={"cookie": "access-token-here=good"}).text == f"{BEFORE}{API_INFO}{AFTER}"


@pytest.mark.parametrize(
    ("cookie", "status"),
    [
        ("access-token-unsecure-here=good", 200),
        ("access-token-here=good", 200),
        ("access-token-here=bad", 401),
        ("access-token-there=good", 401),
        ("good", 401),
        ('access-token-here="\\', 401),
    ],
)
def test_whoever_logged_in_is_let_in(cookie, status):
    client = visitor(auth=(("teacher", "secret"),))
    assert client.get("/config", headers={"cookie": cookie}).status_code == status
