"""The outermost layer: request id, security headers, one log line a request, and the last net for our own faults."""

import re
import time

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minimon.errors import InternalError, ProblemError
from minimon.logs import begin_request, end_request
from minimon.randomness import BufferedRandom
from minimon.web.addresses import NOWHERE, Addresses
from minimon.web.problems import problem_response
from minimon.web.tallies import HttpTallies

_log = structlog.get_logger(__name__)
_random = BufferedRandom()
"""For the thread of the event loop, as all here."""
REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
CLIENT_GONE = 499
"""What the log says where a client hung up before its answer, as nginx does; nobody receives it."""
LONGEST_PATH = 200
"""Characters of an address that no route has, in the log."""
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


SECURITY_NAMES = frozenset(name for name, _ in SECURITY_HEADERS)


class Edge:
    """ASGI middleware. Adds ``X-Request-ID`` and the security headers to every answer that has none of its own."""

    def __init__(self, app: ASGIApp, tallies: HttpTallies, addresses: Addresses) -> None:
        self._app = app
        self._tallies = tallies
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        answer = _Answer(request_id_of(scope), send)
        begin_request(answer.request_id)
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = scope["state"].get("refused", CLIENT_GONE)
        except ProblemError as error:  # from a layer outside the routes
            await self._answer(error, scope, receive, answer)
        except Exception:  # the outermost handler: whatever it is, the client gets our shape and the log the rest
            _log.exception("request failed")
            if answer.status:
                raise  # half an answer is out: the server has to cut the connection
            await self._answer(InternalError(), scope, receive, answer)
        finally:
            self._end(scope, answer.status, time.perf_counter() - began)

    async def _answer(self, error: ProblemError, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        scope["state"]["code"] = error.code
        language = Headers(scope=scope).get("accept-language", "")
        await problem_response(error, answer.request_id, language)(scope, receive, answer.send)

    def _end(self, scope: Scope, status: int, seconds: float) -> None:
        """Count the request, and write its line."""
        route = getattr(scope.get("route"), "path", "") or self._addresses.template(scope["path"])
        self._tallies.answered(route, scope["method"], status, seconds, scope["state"].get("code", ""))
        client = scope.get("client")
        end_request(
            method=scope["method"],
            route=route,
            status=status,
            ms=round(seconds * 10_000) / 10,  # to one digit, by a quicker way than ``round`` has
            client=client[0] if client else "unknown",
            logger=__name__,
            **({"path": scope["path"][:LONGEST_PATH]} if route == NOWHERE else {}),
        )


def request_id_of(scope: Scope) -> str:
    """Return the request's id: the caller's if it is fit to be one, else a new one. It stays what it is."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = [value for name, value in scope["headers"] if name == b"x-request-id"]
        sound = given and REQUEST_ID.fullmatch(given[0])
        state["request_id"] = given[0].decode() if sound else _random.randbytes(16).hex()
    request_id: str = state["request_id"]
    return request_id


def refuse_in_body(scope: Scope, status: int) -> str:
    """Note for the log line that the server itself answers, while the body is read; return the request's id."""
    request_id = request_id_of(scope)
    scope["state"]["refused"] = status
    return request_id


class _Answer:
    """The answer to one request, on its way out."""

    def __init__(self, request_id: str, send: Send) -> None:
        self.request_id = request_id
        self.status = 0
        self._send = send

    async def send(self, message: Message) -> None:
        """Send a message, and with the head what every answer has."""
        if "status" in message:  # it begins an answer, or is a whole one
            self.status = message["status"]
            own = message.get("headers", ())
            names = [name for name, _ in own]
            added = SECURITY_HEADERS
            if not SECURITY_NAMES.isdisjoint(names):
                added = tuple(header for header in SECURITY_HEADERS if header[0] not in names)
            message["headers"] = [*own, (b"x-request-id", self.request_id.encode()), *added]
        await self._send(message)
