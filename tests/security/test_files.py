"""No path that anybody sends reaches the disk, nothing is fetched from elsewhere, and only Gradio's cache is read out.

A page of our own kind with one endpoint is served, and strangers talk to it over HTTP.
"""

import errno
import os
from pathlib import Path

import gradio as gr
import pytest
from gradio import processing_utils

from demos.gallery import build_gallery
from demos.house.sentences import FROM_ELSEWHERE, NEVER_SENT, SORRY, UNREADABLE, Page, guard
from demos.kit import remembering
from demos.sketch.canvas import SketchFile
from models.errors import DISK_FULL, VernissageError
from models.media import NOT_A_PICTURE, read_picture
from models.settings import Settings
from tests.security.house import API, JSON, as_file, ask, bomb, one_room, open_house, picture, upload


def look(file: str | None) -> str:
    """What a handler could do with a file that it is handed."""
    if not file:
        return "no file"
    assert Path(file).is_relative_to(os.environ["GRADIO_TEMP_DIR"]), f"{file} was let through"
    return "{}x{}".format(*read_picture(file).size)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One house for all tests that only talk to it, and its folder of uploads."""
    folder = tmp_path_factory.mktemp("served") / "here" / "gradio"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        with open_house(one_room(guard(look), SketchFile())) as client:
            yield client, folder


@pytest.fixture
def sketch(served, monkeypatch):
    client, folder = served
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return client


@pytest.fixture
def secret(served) -> Path:
    """A picture of the host's, on the disk beside the uploads but never sent."""
    path = served[1].parent / "private" / "secret.png"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(picture(48))
    return path


def test_what_was_sent_is_read(sketch):
    assert ask(sketch, "ask", as_file(upload(sketch, "a.png", picture()))) == (True, ["32x32"])
    assert ask(sketch, "ask", None) == (True, ["no file"])


def test_paths_of_the_host_are_not_read(sketch, secret):
    near = Path(upload(sketch, "a.png", picture()))
    climbing = f"{near.parent}/../../private/secret.png"
    assert os.path.exists(climbing), "or this test proves nothing"
    for path in (str(secret), climbing, f"file://{secret}", f"{near.parent}/./../../private/secret.png", "/etc/passwd"):
        for payload in (
            as_file(path),
            as_file(path, url=f"{API}/file={path}", orig_name="a.png"),
            {"path": path},  # Gradio 6.31 looks at no path whose "meta" is missing or another
            {"path": path, "meta": {"_type": "other"}},
            as_file(str(near), inner=[{"path": path}]),
        ):
            assert ask(sketch, "ask", payload) == (False, NEVER_SENT), payload


def test_a_link_among_the_uploads_leads_nowhere(sketch, secret):
    near = Path(upload(sketch, "a.png", picture()))
    (near.parent / "link.png").symlink_to(secret)
    assert ask(sketch, "ask", as_file(str(near.parent / "link.png"))) == (False, NEVER_SENT)


def test_addresses_are_not_fetched(monkeypatch):
    async def fetched(url, **options):
        pytest.fail(f"{url} was fetched")

    monkeypatch.setattr(processing_utils, "async_ssrf_protected_download", fetched)
    kinds = (SketchFile, gr.File, gr.Video, gr.Audio, gr.Image, gr.Gallery)
    with Page(analytics_enabled=False) as page:
        for kind in kinds:
            gr.Button().click(guard(lambda file: "read"), kind(), gr.Textbox(), api_name=kind.__name__)
    payload = as_file("https://example.com/a.png")
    with open_house(page.queue()) as client:
        for kind in kinds:
            for data in (payload, {"video": payload}, [{"image": payload}], {"name": "a", "inner": payload}):
                assert ask(client, kind.__name__, data) == (False, FROM_ELSEWHERE), (kind, data)


@pytest.mark.parametrize(
    "payload",
    [
        7,
        "/etc/passwd",
        "a.png",
        [],
        {"path": "a\0b"},
        {"path": 7, "meta": {"_type": "gradio.FileData"}},
        {"path": "a", "meta": "not a dict"},
        {"url": "file:///etc/passwd"},
        {"url": "data:image/png;base64,####"},
        {"__type__": "update", "value": "/etc/passwd"},
    ],
)
def test_what_is_no_file_is_a_sentence(sketch, payload):
    answered, said = ask(sketch, "ask", payload)
    assert said in ([UNREADABLE], UNREADABLE, NEVER_SENT, ["no file"]) and (not answered or said == ["no file"])


@pytest.mark.parametrize("data", [[], [None, None, 1]])
def test_too_few_or_too_many_values_are_a_sentence(sketch, data):
    answered, said = ask(sketch, "ask", *data)
    assert (answered, said) in ((False, UNREADABLE), (True, ["no file"]))


def test_what_is_remembered_refuses_as_the_rest_does():
    with Page(analytics_enabled=False) as page:
        gr.Button().click(guard(remembering(lambda word: word)), gr.Textbox(), gr.Textbox(), api_name="ask")
    with open_house(page.queue()) as client:
        assert ask(client, "ask") == (False, UNREADABLE)
        for _ in range(2):
            assert ask(client, "ask", "blue") == (True, ["blue"])


def test_values_nested_beyond_reason_are_a_sentence(sketch):
    deep = "[" * 900 + "]" * 900
    asked = sketch.post(f"{API}/call/ask", content=f'{{"data": [{deep}]}}', headers=JSON)
    told = sketch.get(f"{API}/call/ask/{asked.json()['event_id']}").text
    assert UNREADABLE in told
    beyond = "[" * 200_000 + "]" * 200_000
    asked = sketch.post(f"{API}/call/ask", content=f'{{"data": {beyond}}}', headers=JSON)
    assert 400 <= asked.status_code < 500 and "Traceback" not in asked.text


# ---------------------------------------------------------------- uploads


@pytest.mark.parametrize(
    "data", [b"", b"<html>", bomb(), picture()[:60], b"#EXTM3U\nfile:///etc/passwd\n", b"%!PS-Adobe"]
)
def test_a_file_is_what_is_in_it_and_not_what_it_is_called(sketch, data):
    answered, said = ask(sketch, "ask", as_file(upload(sketch, "photo.png", data), mime_type="image/png"))
    assert not answered and said.endswith(".") and "/" not in said.replace("16/9", "")
    if not data.startswith(b"\x89PNG"):
        assert said == NOT_A_PICTURE


@pytest.mark.parametrize(
    "name",
    [
        "../../../private/secret.png",
        "..",
        "/etc/passwd",
        "a\nb.png",
        "$(id);`id`|id.png",
        "‮gnp.exe",
        "con.png",
        "x" * 3000 + ".png",
        "<img src=x onerror=alert(1)>.png",
        ".bashrc",
    ],
)
def test_an_odd_name_is_only_a_name(sketch, secret, name):
    sent = sketch.post(f"{API}/upload", files={"files": (name, picture())})
    if sent.status_code != 200:
        assert 400 <= sent.status_code < 500
        return
    path = Path(sent.json()[0])
    assert path.resolve().is_relative_to(Path(os.environ["GRADIO_TEMP_DIR"]).resolve()) and len(path.name) < 256
    assert ask(sketch, "ask", as_file(str(path))) == (True, ["32x32"])
    assert secret.read_bytes() == picture(48)


def test_files_larger_than_we_take_are_refused_while_they_come(sketch):
    sent = sketch.post(f"{API}/upload", files={"files": ("a.png", b"\0" * (21 * 2**20))})
    assert sent.status_code == 413
    left = [path for path in Path(os.environ["GRADIO_TEMP_DIR"]).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in left) < 2**20


# ---------------------------------------------------------------- reading out


def test_nothing_but_the_cache_is_read_out(sketch, secret):
    mine = upload(sketch, "a.png", picture())
    assert sketch.get(f"{API}/file={mine}").content == picture()
    climbing = f"{Path(mine).parent}/%2e%2e/%2e%2e/private/secret.png"
    inside = Path(__file__).resolve()
    for path in (
        secret,
        "/etc/passwd",
        climbing,
        inside,
        inside.parents[2] / "assets/weights/SHA256SUMS.json",
        "app.py",
    ):
        said = sketch.get(f"{API}/file={path}")
        assert said.status_code in (403, 404) and said.content != picture(48), path
    for path in ("static", "assets", "svelte"):
        said = sketch.get(f"/{path}/..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd")
        assert said.status_code in (403, 404) and "root:" not in said.text, path


def test_pages_of_strangers_are_not_shown_as_ours(sketch):
    for name, data in (("a.html", b"<script>alert(1)</script>"), ("a.svg", b"<svg onload='alert(1)'/>")):
        said = sketch.get(f"{API}/file={upload(sketch, name, data)}")
        assert said.headers["content-disposition"].startswith("attachment")
        assert said.headers["content-type"].startswith("application/octet-stream")


# ---------------------------------------------------------------- the disk, and what goes wrong around a handler


def test_a_disk_that_is_full_is_a_sentence_wherever_it_shows(sketch, monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device", "/secret/path")

    def no_room(*_, **__):
        raise full

    path = upload(sketch, "a.png", picture())
    with monkeypatch.context() as patch:
        patch.setattr("gradio.route_utils.NamedTemporaryFile", no_room)
        sent = sketch.post(f"{API}/upload", files={"files": ("a.png", picture())})
        assert (sent.status_code, sent.json()) == (507, {"detail": DISK_FULL})
    with monkeypatch.context() as patch:
        patch.setattr("tests.security.test_files.read_picture", no_room)
        assert ask(sketch, "ask", as_file(path)) == (False, DISK_FULL)
    assert ask(sketch, "ask", as_file(path)) == (True, ["32x32"])


def test_an_answer_that_cannot_be_kept_is_a_sentence(monkeypatch):
    def no_room(*_, **__):
        raise OSError(errno.EDQUOT, "Disk quota exceeded", "/secret/path")

    with Page(analytics_enabled=False) as page:
        gr.Button().click(lambda: "a", None, gr.Image(), api_name="ask")
    monkeypatch.setattr(gr.Image, "postprocess", no_room)
    with open_house(page.queue()) as client:
        assert ask(client, "ask") == (False, DISK_FULL)


def test_an_answer_of_the_wrong_kind_is_calm(caplog):
    with Page(analytics_enabled=False) as page:
        gr.Button().click(lambda: "/nowhere/at/all.png", None, gr.Image(), api_name="ask")
    with open_house(page.queue()) as client:
        assert ask(client, "ask") == (False, SORRY)
    assert "/nowhere/at/all.png" in caplog.text


def test_full_disks_are_known_by_their_cause():
    from models.errors import disk_is_full

    try:
        try:
            raise OSError(errno.ENOSPC, "full")
        except OSError as cause:
            raise RuntimeError("could not write") from cause
    except RuntimeError as error:
        assert disk_is_full(error)
    assert not disk_is_full(OSError(errno.ENOENT, "gone")) and not disk_is_full(VernissageError("x"))


# ---------------------------------------------------------------- the gallery itself


def test_the_gallery_is_such_a_page_and_serves_no_folder(guest_package, monkeypatch):
    monkeypatch.syspath_prepend(str(guest_package))
    page = build_gallery(Settings(demos=("guest-room",)))
    assert isinstance(page, Page)
    with open_house(page) as client:
        assert page.allowed_paths == [] and page.max_file_size == 20 * 1024**2
        answered, said = ask(client, "paint", "broken", 64, 3)
        assert (answered, said) == (False, SORRY)
        answered, (painted,) = ask(client, "paint", "blue", 64, 3)
        assert answered and client.get(painted["url"]).content.startswith(b"\x89PNG")


def test_with_a_password_nothing_is_read_without_it(guest_package, monkeypatch):
    monkeypatch.syspath_prepend(str(guest_package))
    page = build_gallery(Settings(demos=("guest-room",)))
    with open_house(page, auth=(("teacher", "secret"),)) as client:
        log_in(client, "teacher", "secret")
        mine = upload(client, "a.png", picture())
        paths = sorted({route.path for route in page.app.routes if hasattr(route, "methods")})
        assert "One colour" in client.get("/").text and "/paint" in client.get("/").text
        client.cookies.clear()
        for path in paths:
            stranger_sees_nothing(client, path)
        assert client.get(f"{API}/file={mine}").status_code == 401
        assert log_in(client, "teacher", "wrong").status_code == 400
        assert client.get("/config").status_code == 401
        log_in(client, "teacher", "secret")
        assert client.get(f"{API}/file={mine}").content == picture()
        assert "One colour" in client.get("/config").text


def log_in(client, name: str, password: str):
    return client.post("/login", data={"username": name, "password": password})


def stranger_sees_nothing(client, path: str) -> None:
    """Whatever an address answers to somebody without the password, it is nothing of the gallery's."""
    asked = path.replace("{path:path}", "x").replace("{", "").replace("}", "")
    for method in ("GET", "POST"):
        if path.startswith("/logout"):
            continue
        said = client.request(method, asked, json={} if method == "POST" else None)
        assert "One colour" not in said.text and "/paint" not in said.text, path
        assert said.status_code in (200, 301, 302, 307, 400, 401, 403, 404, 405, 422), path
        if path.startswith("/gradio_api") and said.status_code == 200:
            assert len(said.content) < 100 or "theme.css" in path, f"{path}: {said.text[:200]}"


def test_a_visitor_in_a_hurry_reads_why():
    with open_house(one_room(guard(look), SketchFile()), visits_per_minute=1) as client:
        assert ask(client, "ask", None) == (True, ["no file"])
        answered, said = ask(client, "ask", None)
        assert not answered and "Nothing is lost: please go on in" in said
