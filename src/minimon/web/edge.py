"""The outermost layer: request id, security headers, one log line a request, and the last net for our own faults."""

import re
import secrets
import time

import structlog
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minimon.errors import InternalError, ProblemError
from minimon.web.problems import problem_response
from minimon.web.tallies import HttpTallies

_log = structlog.get_logger(__name__)

REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
CLIENT_GONE = 499
"""What the log says where a client hung up before its answer, as nginx does; nobody receives it."""
LONGEST_PATH = 200
"""Characters of an address that no route has, in the log."""
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Edge:
    """ASGI middleware. Adds ``X-Request-ID`` and the security headers to every answer that has none of its own."""

    def __init__(self, app: ASGIApp, tallies: HttpTallies) -> None:
        self._app = app
        self._tallies = tallies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(scope)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await _Exchange(scope, request_id, send, self._tallies).run(self._app, receive)


def request_id_of(scope: Scope) -> str:
    """Return the request's id: the caller's if it is fit to be one, else a new one. It stays what it is."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = HTTPConnection(scope).headers.get("x-request-id", "")
        state["request_id"] = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    request_id: str = state["request_id"]
    return request_id


def refuse_in_body(scope: Scope, status: int) -> str:
    """Note for the log line that the server itself answers, while the body is read; return the request's id."""
    request_id = request_id_of(scope)
    scope["state"]["refused"] = status
    return request_id


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, request_id: str, send: Send, tallies: HttpTallies) -> None:
        self._tallies = tallies
        self._scope = scope
        self._request_id = request_id
        self._send = send
        self._status = 0
        self._began = time.perf_counter()

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        try:
            await app(self._scope, receive, self._send_with_headers)
        except ClientDisconnect:
            self._status = self._scope["state"].get("refused", CLIENT_GONE)
        except ProblemError as error:  # from a layer outside the routes
            await self._answer(error, receive)
        except Exception:  # the outermost handler: whatever it is, the client gets our shape and the log the rest
            _log.exception("request failed")
            if self._status:
                raise  # half an answer is out: the server has to cut the connection
            await self._answer(InternalError(), receive)
        finally:
            self._log_line()

    async def _answer(self, error: ProblemError, receive: Receive) -> None:
        self._tallies.refusals.count(error.code)
        language = HTTPConnection(self._scope).headers.get("accept-language", "")
        await problem_response(error, self._request_id, language)(self._scope, receive, self._send_with_headers)

    async def _send_with_headers(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            present = {name for name, _ in headers}
            headers.append((b"x-request-id", self._request_id.encode()))
            headers.extend(header for header in SECURITY_HEADERS if header[0] not in present)
        await self._send(message)

    def _log_line(self) -> None:
        route = getattr(self._scope.get("route"), "path", "none")
        seconds = time.perf_counter() - self._began
        self._tallies.answered(route, self._scope["method"], self._status, seconds)
        extra = {"path": self._scope["path"][:LONGEST_PATH]} if route == "none" else {}
        client = self._scope.get("client")
        _log.info(
            "request",
            method=self._scope["method"],
            route=route,
            status=self._status,
            ms=round(seconds * 1000, 1),
            client=client[0] if client else "unknown",
            **extra,
        )
