"""One request and its answer."""

from collections.abc import Collection, Iterable, MutableMapping
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

WITHOUT_BODY = {204, 304}
WHOLE: Final = "minimon.whole"
"""An extension of ASGI: one message that is a whole answer, with ``status``, ``headers`` and ``parts`` of the body.

The headers say nothing of the body's length, which is counted, nor of the connection. A message costs as much as ten
header lines. Whoever has to see ``http.response.start`` takes it out of the scope.
"""
EXTENSIONS: Final[dict[str, dict[object, object]]] = {WHOLE: {}}


class Exchange(RequestResponseCycle):
    """Frames an answer and hands its parts to the connection as they are.

    The head waits for the first of them, so that an application that fails before has said nothing yet.
    """

    _head: tuple[bytes, ...] = ()
    _chunked = False
    _without_body = False

    async def send(self, message: MutableMapping[str, Any]) -> None:  # type: ignore[override]  # a TypedDict there
        """Take a message of the application: the ``send`` of ASGI."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if message["type"] == WHOLE:
            self._answer(message["status"], message["headers"], message["parts"])
            return
        begins = message["type"] == "http.response.start"
        if begins is self.response_started or self.response_complete:
            raise RuntimeError(f"{message['type']} does not follow from what was sent before")
        if begins:
            status, headers = message["status"], [*self.default_headers, *message.get("headers", ())]
            self._begin(status, headers, self._framing(status, dict(headers)))
        else:
            self._add(message.get("body", b""))
            if not message.get("more_body", False):
                self._end()

    def _answer(self, status: int, headers: Iterable[tuple[bytes, bytes]], parts: Collection[bytes]) -> None:
        if self.response_started:
            raise RuntimeError("an answer has begun before this one")
        framing = [b"content-length: %d" % sum(map(len, parts))]
        if not self.keep_alive:
            framing.append(b"connection: close")
        self._begin(status, [*self.default_headers, *headers], framing)
        self._send(*(() if self.scope["method"] == "HEAD" else parts))
        self._complete()

    def _begin(self, status: int, headers: Iterable[tuple[bytes, bytes]], framing: Iterable[bytes]) -> None:
        """Make the head."""
        self.response_started = True
        self.waiting_for_100_continue = False
        lines = [*map(b": ".join, headers), *framing, b"\r\n"]
        head = b"\r\n".join(lines)
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines) or b"\0" in head:
            raise RuntimeError("a header holds the end of a line")
        self._head = (STATUS_LINE[status], head)

    def _framing(self, status: int, fields: dict[bytes, bytes]) -> Iterable[bytes]:
        """Yield what the head still lacks to say where the body ends (RFC 9112, section 6)."""
        self._without_body = status in WITHOUT_BODY or self.scope["method"] == "HEAD"
        if b"content-length" in fields:
            self.expected_content_length = int(fields[b"content-length"])
        elif not self._without_body:
            self._chunked = True
            yield b"transfer-encoding: chunked"
        if fields.get(b"connection", b"").lower() == b"close":
            self.keep_alive = False
        elif not self.keep_alive:
            yield b"connection: close"

    def _add(self, *parts: bytes) -> None:
        """Send parts of the body."""
        if self._without_body:
            return
        if self._chunked:
            for part in filter(None, parts):  # an empty chunk would be the last
                self._send(b"%x\r\n" % len(part), part, b"\r\n")
            return
        self.expected_content_length -= sum(map(len, parts))
        if self.expected_content_length < 0:
            raise RuntimeError("the body is longer than Content-Length says")
        self._send(*parts)

    def _end(self) -> None:
        if self._chunked:
            self._send(b"0\r\n\r\n")
        elif self.expected_content_length and not self._without_body:
            raise RuntimeError("the body is shorter than Content-Length says")
        elif self._head:
            self._send()
        self._complete()

    def _complete(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    def _send(self, *parts: bytes) -> None:
        self.transport.writelines((*self._head, *parts))
        self._head = ()
