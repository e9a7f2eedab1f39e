"""HTTP/1.1 with limits on slow clients, which uvicorn does not have, and our error shape for what is no request."""

import asyncio
import secrets

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from minimon.errors import BadRequestError, HeadersTooLargeError, ProblemError, RequestTimeoutError
from minimon.web.problems import MEDIA_TYPE, problem_body

_log = structlog.get_logger(__name__)

REQUEST_SECONDS = 5
"""A request, head and body, has to arrive within this time, and a new connection has to begin one."""
STALL_SECONDS = 30
"""A client that takes none of its answer for so long is cut off."""
MOST_HEAD_BYTES = 64 * 1024
"""More is refused, except that what comes in one read of the socket (at most 256 KiB) is taken whole."""


class PatientProtocol(HttpToolsProtocol):
    """One connection. Patient with clients, up to a point."""

    _deadline: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base class has it
        """Give the client its time to begin."""
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop every clock."""
        self._stop_deadline()
        self._stop_stall()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Watch the head: the parser alone would take any number of bytes, and blank lines for ever."""
        if self._in_head:
            self._start_deadline()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(HeadersTooLargeError(most=MOST_HEAD_BYTES))

    def on_message_begin(self) -> None:
        """Start the clock for a request that came in one piece with the one before."""
        self._start_deadline()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Go on to the body."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Let the service take its time."""
        self._in_head = True
        self._head_bytes = 0
        self._stop_deadline()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Start the clock of a client that does not read."""
        self._stall = self.loop.call_later(STALL_SECONDS, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Stop it: the client reads."""
        self._stop_stall()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection. Closing would wait for ever for a client that never took its last answer."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the base class's wording
        """Answer what is not HTTP."""
        self._refuse(BadRequestError())

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self._be_late)

    def _stop_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _stop_stall(self) -> None:
        if self._stall:
            self._stall.cancel()
            self._stall = None

    def _be_late(self) -> None:
        """Say so where an answer can still be heard as the answer to this request, else cut the connection."""
        waiting = self.cycle is not None and not self.cycle.response_complete
        if self._in_head:
            can_answer = self._head_bytes > 0 and not waiting
        else:
            can_answer = waiting and not self.cycle.response_started
        if can_answer:
            self._refuse(RequestTimeoutError(seconds=REQUEST_SECONDS))
        else:
            self.transport.abort()

    def _refuse(self, error: ProblemError) -> None:
        if self.transport.is_closing():
            return
        request_id = secrets.token_hex(16)
        body = problem_body(error, request_id)
        head = (
            f"HTTP/1.1 {error.status} {error.title()}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
        client = self.client[0] if self.client else "unknown"
        _log.info("request refused", status=error.status, code=error.code, client=client, request_id=request_id)
