"""HTTP/1.1 with limits on slow clients, which uvicorn does not have, and our error shape for what is no request."""

import asyncio
import secrets
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

import httptools
import structlog
from starlette.datastructures import Headers
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from minimon.bursts import bursts_of
from minimon.errors import (
    BadRequestError,
    HeadersTooLargeError,
    PayloadTooLargeError,
    ProblemError,
    RequestTimeoutError,
)
from minimon.exchange import EXTENSIONS, Exchange
from minimon.outbox import Outbox
from minimon.web.edge import SECURITY_HEADERS, refuse_in_body
from minimon.web.problems import problem_response

_log = structlog.get_logger(__name__)

REQUEST_SECONDS = 5
"""A request, head and body, has to arrive within this time, and a new connection has to begin one."""
STALL_SECONDS = 30
LEAST_TAKEN_BYTES = 16 * 1024
"""A client that takes less than this of its answer within that time is cut off."""
GOODBYE_SECONDS = 1
"""At a stop, a client that has its answer gets so long to end a TLS connection from its side."""
MOST_HEAD_BYTES = 64 * 1024
"""More is refused, except that what comes in one read of the socket (at most 256 KiB) is taken whole."""
MOST_BODY_BYTES = 1024 * 1024
"""Bytes of a body on the wire, chunk framing and trailers included; what a route takes is far less (``web.body``)."""
CONTINUE: Final = b"100-continue"
MOST_PIPELINED = 16
"""Requests that may wait behind the one that is answered."""
MOST_REMEMBERED = 64
"""Addresses that are split but once. They come from clients: few, as each may be as long as a head."""


class PatientProtocol(HttpToolsProtocol):
    """One connection. Patient with clients, up to a point."""

    # with slots, the instances' own dictionaries stay small enough to share their keys: thousands may be idle
    __slots__ = (
        "_body_bytes", "_bursts", "_deadline", "_head_bytes", "_idle_since", "_in_head", "_outbox", "_replaying",
        "_running", "_stall", "_unsent"
    )  # fmt: skip

    def __init__(self, *parts: Any, **named: Any) -> None:
        super().__init__(*parts, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_bytes = self._body_bytes = self._unsent = 0
        self._replaying = False
        self._running: RequestResponseCycle | None = None
        self._idle_since: float | None = None
        self._bursts = bursts_of(self.server_state, self.loop)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base class has it
        """Give the client its time to begin."""
        self._outbox = Outbox(transport, self.loop)
        super().connection_made(self._outbox)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop every clock, and whoever still writes: the base class only thinks of the request that came last."""
        self._stop_deadline()
        self._stop_stall()
        self._stop_keep_alive()
        self._outbox.drop()
        if self._running:
            self._running.disconnected = True
        super().connection_lost(exc)

    def eof_received(self) -> None:
        """Send what is answered before the connection is closed: a client that will ask no more may still listen."""
        self._outbox.leave()

    def data_received(self, data: bytes) -> None:
        """Watch what comes: the parser alone would take any number of bytes, and blank lines for ever."""
        if self._in_head:
            self._head_bytes += len(data)
        else:
            self._body_bytes += len(data)
        self._unset_keepalive_if_required()
        self._feed(data)
        if self._head_bytes or not self._in_head:  # most requests come whole and need no clock
            self._start_deadline()
        if self._in_head and self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(HeadersTooLargeError(most=MOST_HEAD_BYTES))
        elif self._body_bytes > MOST_BODY_BYTES:
            self._refuse(PayloadTooLargeError(most=MOST_BODY_BYTES))

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._pass_over_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(BadRequestError())

    def _pass_over_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1, as RFC 9110, section 7.8 allows: the parser stops at an upgrade, so a new one takes over.

        The new one reads the body by the same framing and everything that follows.
        """
        framing = (b"content-length", b"transfer-encoding")
        lines = [b": ".join(header) for header in self.headers if header[0] in framing]
        self.parser = httptools.HttpRequestParser(self)
        self._replaying = True
        self._feed(b"\r\n".join([b"POST / HTTP/1.1", *lines, b"", b""]))
        self._feed(rest)

    def on_message_begin(self) -> None:
        """Begin a request, maybe one that came in one piece with the one before."""
        if self._replaying:
            return
        self._head_bytes = self._head_bytes or 1
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take the address."""
        if not self._replaying:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. Trailers are none (RFC 9110, section 6.5.1) and are dropped."""
        if self._in_head and not self._replaying:
            name = name.lower()
            self.expect_100_continue = self.expect_100_continue or (name == b"expect" and value.lower() == CONTINUE)
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Go on to the body, unless the head turns out to be none."""
        if self._replaying:
            self._replaying = False
            return
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts != 1 and self.parser.get_http_version() == "1.1":
            raise ValueError("RFC 9112, section 3.2: exactly one Host")
        if len(self.pipeline) >= MOST_PIPELINED:
            raise ValueError("too many requests at once")
        self._describe_request()
        before, self.cycle = self.cycle, self._exchange()
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))
        self._in_head = False
        self._body_bytes = 0

    def _describe_request(self) -> None:
        """Complete the ``scope`` of ASGI."""
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["http_version"] = self.parser.get_http_version()
        self.scope["path"], self.scope["raw_path"], self.scope["query_string"] = _split(self.url)
        self.scope["extensions"] = EXTENSIONS

    def _exchange(self) -> Exchange:
        """Return what serves the request. uvicorn would make its own here, which writes each part by itself."""
        return Exchange(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=self.scope["http_version"] != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )

    def on_message_complete(self) -> None:
        """Let the service take its time, unless the parser only stops at an upgrade."""
        if self.parser.should_upgrade():
            return
        self._in_head = True
        self._head_bytes = self._body_bytes = 0
        self._stop_deadline()
        super().on_message_complete()
        if self.cycle.response_complete:
            self._be_idle()
        self._forget_request()

    def on_response_complete(self) -> None:
        """Go on to the next request. A client that has to take the rest of its last answer gets its time for it."""
        self.server_state.total_requests += 1
        if self._bursts.alone:  # nothing is won by waiting
            self._outbox.leave()
        if self.transport.is_closing():
            self._start_stall()
        else:
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
            else:
                self._be_idle()
        self._forget_request()

    def _forget_request(self) -> None:
        """Let go of a request that is over: what a connection holds while it is idle counts thousands of times."""
        if self._in_head and not self.pipeline and self.cycle and self.cycle.response_complete:
            self.cycle = self.scope = self._running = None  # type: ignore[assignment]  # as before the first request
            self.headers = []

    def pause_writing(self) -> None:
        """Start the clock of a client that does not read."""
        self._start_stall()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Stop it: the client reads."""
        if not self.transport.is_closing():
            self._stop_stall()
        super().resume_writing()

    def shutdown(self) -> None:
        """End the connection when its answer is out."""
        super().shutdown()
        self._say_goodbye()

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection. Closing would wait for ever for a client that never took its last answer."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def _be_idle(self) -> None:
        """Start the clock of the next request, or let it run on: to set one for each request costs more than a look."""
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self._check_idle)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _check_idle(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        rest = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if rest > 0:
            self.timeout_keep_alive_task = self.loop.call_later(rest, self._check_idle)
        else:
            self.timeout_keep_alive_handler()

    def _stop_keep_alive(self) -> None:
        if self.timeout_keep_alive_task:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self._be_late)

    def _stop_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _start_stall(self) -> None:
        if self._stall is None:
            self._unsent = self.transport.get_write_buffer_size()
            self._stall = self.loop.call_later(STALL_SECONDS, self._check_stall)

    def _check_stall(self) -> None:
        self._stall = None
        if self._unsent - self.transport.get_write_buffer_size() < LEAST_TAKEN_BYTES:
            self.transport.abort()
        else:
            self._start_stall()

    def _say_goodbye(self) -> None:
        """Do not wait for a client that stays silent: a pool of idle connections does not even read our farewell."""
        answered = self.cycle is None or self.cycle.response_complete
        sent = answered and not self.transport.get_write_buffer_size()
        self.loop.call_later(GOODBYE_SECONDS, self.transport.abort if sent else self._say_goodbye)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        self._bursts.start(cycle, app)

    def _stop_stall(self) -> None:
        if self._stall:
            self._stall.cancel()
            self._stall = None

    def _be_late(self) -> None:
        """Say so where it can be heard; else, and where nothing was sent at all, cut the connection."""
        silent = self._in_head and not self._head_bytes
        if self._can_answer() and not silent:
            self._refuse(RequestTimeoutError(seconds=REQUEST_SECONDS))
        else:
            self.transport.abort()

    def _can_answer(self) -> bool:
        """Say whether an answer now would be heard as the answer to what comes in now, not to a request before it."""
        waiting = self.cycle is not None and not self.cycle.response_complete
        if self._in_head:
            return not waiting
        return waiting and not self.cycle.response_started and not self.pipeline

    def _refuse(self, error: ProblemError) -> None:
        if self.transport.is_closing():
            return
        if self._can_answer():
            self._answer(error)
            self.transport.close()
            self._start_stall()
        elif self._in_head:
            self.cycle.keep_alive = False  # the connection ends with the answer that is on its way
        elif self.pipeline:
            before = self.pipeline[1][0] if len(self.pipeline) > 1 else self._running
            before.keep_alive = False  # type: ignore[union-attr]  # it runs, as others wait behind it
        else:
            self._outbox.leave()
            self.transport.abort()  # the answer is out, and closing would go on reading what nobody wants

    def _answer(self, error: ProblemError) -> None:
        language = ""
        scope: Any = self.cycle.scope if self.cycle else None  # a TypedDict there, a mapping everywhere else
        if self._in_head:
            request_id = secrets.token_hex(16)
            client = self.client[0] if self.client else "unknown"
            _log.info("request refused", status=error.status, code=error.code, client=client, request_id=request_id)
        else:
            request_id = refuse_in_body(scope, error.status)
            scope["state"]["code"] = error.code
            language = Headers(scope=scope).get("accept-language", "")
            self.cycle.disconnected = True  # whoever reads the body learns it now, not when the peer has hung up
            self.cycle.message_event.set()
        answer = problem_response(error, request_id, language)
        headers = [*answer.raw_headers, *SECURITY_HEADERS, (b"x-request-id", request_id.encode())]
        lines = [f"HTTP/1.1 {error.status} {error.title()}".encode(), *(b": ".join(header) for header in headers)]
        self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", bytes(answer.body)]))


@lru_cache(MOST_REMEMBERED)
def _split(address: bytes) -> tuple[str, bytes, bytes]:
    """Return path, path as it was sent, and query."""
    url = httptools.parse_url(address)
    path = url.path.decode("ascii")
    return (unquote(path) if "%" in path else path), url.path, url.query or b""


SERVER_OPTIONS: Final[dict[str, Any]] = {
    "http": PatientProtocol,
    "ws": "none",
    "lifespan": "off",
    "log_config": None,
    "access_log": False,
    "server_header": False,
}
"""What every server of this process asks of uvicorn."""
