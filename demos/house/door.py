"""The door that every request passes before Gradio sees it: who may come in, how often, and with how much.

What is inside (`demos.house.sentences`) judges what was sent; here only what must be known before it is read: its
size, where it goes, who asks. Gradio leaves this to whoever hosts it: it bounds each uploaded file but not their
number, nor what is sent as JSON; with a password it still answers a dozen addresses to strangers, and it fetches other
hosts' files for anybody (6.31). One ASGI middleware, and no state but the count of visits.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demos.house.limits import Visits
from demos.house.sentences import FROM_ELSEWHERE, told
from models.errors import disk_is_full
from models.settings import Settings

log = logging.getLogger(__name__)

API = "/gradio_api/"
MOST_BYTES = 32 * 2**20  # of one request: the largest picture there may be, as text, and what is said beside it
LOGINS_PER_MINUTE = 120  # from one address: a class that logs in at the bell, mistakes included

TOO_MUCH = f"That is more than the gallery takes at once ({MOST_BYTES >> 20} MB). Please choose something smaller."
NOT_HERE = "There is nothing here."
PASSWORD = "This gallery asks for a password: please open its page and log in first."
SLOWLY = "That was quicker than the house can follow. Nothing is lost: please go on in {}."

# Without a password nothing is seen but the page that asks for it, and what that page is made of.
FOR_STRANGERS = re.compile(
    r"/|/login/?|/logout|/robots\.txt|/favicon\.ico|/manifest\.json|/theme\.css|/(assets|static|svelte)/.*"
    rf"|{API}(login_check|user|app_id|startup-events|theme\.css)/?"
)
# What the gallery has no use for, and a stranger might: screen recordings through ffmpeg, states written to the disk.
CLOSED = re.compile(rf"{API}(process_recording|deep_link|vibe-[a-z-]+|undo-vibe-edit|proxy=.*)/?|/monitoring(/.*)?")
ELSEWHERE = re.compile(rf"{API}file[=/]/*[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # of one letter it is a disk
# Gradio 6.31 writes the description of the API even into the page that asks for the password.
LOGIN_PAGE = re.compile(r"/|/login/?")
API_INFO = re.compile(rb"(window\.gradio_api_info = ).*?(;</script>)", re.DOTALL)
UNCOUNTED = re.compile(rf"{API}(cancel|reset)/?")  # stopping and leaving
SERVER_FUNCTION = re.compile(rf"{API}component_server/?")
SESSION = re.compile(rb'"session_hash"\s*:\s*"([^"\\]{1,64})"')


def door(settings: Settings) -> dict[str, Any]:
    """The gallery's door, as keyword arguments for the app that Gradio makes."""
    return {"middleware": [Middleware(Door, settings)]}


class Door:
    """Lets a request in, or answers it with a status and one sentence."""

    def __init__(self, app: ASGIApp, settings: Settings):
        self._app = app
        self._asks_password = bool(settings.auth)
        self._visits = Visits(settings.visits_per_minute)
        self._logins = Visits(LOGINS_PER_MINUTE)
        self._per_minute = settings.visits_per_minute

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if self._asks_password and LOGIN_PAGE.fullmatch(scope["path"]) and not _is_known(scope):
            send = _without_api(send)
        passage = Passage(scope, receive, send)
        refused = self._refused(scope) or await self._too_often(passage)
        if refused is not None:
            return await refused(scope, receive, send)
        await passage.through(self._app)

    def _refused(self, scope: Scope) -> JSONResponse | None:
        path = scope["path"]
        if CLOSED.fullmatch(path):
            return _answer(404, NOT_HERE)
        if self._asks_password and not FOR_STRANGERS.fullmatch(path) and not _is_known(scope):
            return _answer(401, PASSWORD)
        if ELSEWHERE.match(path):
            return _answer(403, FROM_ELSEWHERE)
        if _length(scope) > MOST_BYTES:
            return _answer(413, TOO_MUCH)
        return None

    async def _too_often(self, passage: Passage) -> JSONResponse | None:
        """Count a visit: what asks for work, and tries at the password."""
        path, method = passage.scope["path"], passage.scope["method"]
        if method != "POST":
            return None
        if path.rstrip("/") == "/login":
            return _slowly(self._logins.wait(_address(passage.scope), None), path)
        if not self._per_minute or not path.startswith(API) or UNCOUNTED.fullmatch(path):
            return None
        return _slowly(self._visits.wait(_address(passage.scope), await passage.session()), path)


class Passage:
    """One request on its way in and its answer on the way out: bytes are counted, and nothing leaves as a trace."""

    def __init__(self, scope: Scope, receive: Receive, send: Send):
        self.scope = scope
        self._receive, self._send = receive, send
        self._read: list[Message] = []  # what was looked into already, and is handed on
        self._bytes = 0
        self._begun = False

    async def session(self) -> str | None:
        """The page that asks, told from the request's JSON; None for a program without one, or an upload."""
        if not _header(self.scope, b"content-type").startswith(b"application/json"):
            return None
        while (not self._read or self._read[-1].get("more_body")) and self._bytes <= MOST_BYTES:
            self._read.append(await self._counted())
        found = SESSION.search(b"".join(message.get("body", b"") for message in self._read))
        return found[1].decode("ascii", "replace") if found else None

    async def through(self, app: ASGIApp) -> None:
        """Let the request in; what is too much, or fails where nobody catches it, is answered with a sentence."""
        try:
            await app(self.scope, self._next, self._watched)
        except Exception as error:
            if self._begun:
                raise
            if self._bytes <= MOST_BYTES:
                sentence = told(error, f"{self.scope['method']} {self.scope['path']}")
                return await _answer(507 if disk_is_full(error) else 500, sentence)(
                    self.scope, self._receive, self._send
                )
        if self._bytes > MOST_BYTES and not self._begun:
            await _answer(413, TOO_MUCH)(self.scope, self._receive, self._send)

    async def _next(self) -> Message:
        return self._read.pop(0) if self._read else await self._counted()

    async def _counted(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > MOST_BYTES:  # no length was announced
            return {"type": "http.disconnect"}
        return message

    async def _watched(self, message: MutableMapping[str, Any]) -> None:
        if self._bytes > MOST_BYTES and not self._begun:
            return
        self._begun = True
        await self._send(message)


def _without_api(send: Send) -> Send:
    """Send a page, which comes in one piece, without the description of the API in it."""
    begun: list[Message] = []

    async def cut(message: Message) -> None:
        if message["type"] == "http.response.start":
            return begun.append(message)
        body = API_INFO.sub(rb'\1{"named_endpoints":{},"unnamed_endpoints":{}}\2', message.get("body", b""))
        start = begun.pop()
        others = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": [*others, (b"content-length", str(len(body)).encode())]})
        await send({**message, "body": body})

    return cut


def _answer(status: int, sentence: str, **headers: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status, headers)


def _slowly(seconds: float, path: str) -> JSONResponse | None:
    if not seconds:
        return None
    whole = math.ceil(seconds)
    sentence = SLOWLY.format("a second" if whole == 1 else f"{whole} seconds")
    if SERVER_FUNCTION.fullmatch(path):  # the page reads the answer of these, and nothing of one that failed
        return JSONResponse({"busy": True, "sentence": sentence})
    return JSONResponse({"detail": sentence}, 429, {"Retry-After": str(whole)})


def _is_known(scope: Scope) -> bool:
    """Whether somebody who has logged in asks: Gradio keeps their tokens, and names the cookie."""
    app = scope["app"]
    try:
        cookies = SimpleCookie(_header(scope, b"cookie").decode("latin-1"))
    except CookieError:
        return False
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(name in cookies and cookies[name].value in app.tokens for name in names)


def _length(scope: Scope) -> int:
    announced = _header(scope, b"content-length")
    return int(announced) if announced.isdigit() else 0


def _address(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")
