"""One request and its answer, which leaves in as few writes as can be."""

import asyncio
from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

MOST_HELD_BYTES = 1024 * 1024
"""Parts of an answer wait for each other within one turn of the event loop, up to so many bytes."""
RECORD_BYTES: Final = 16 * 1024
"""What TLS encrypts at once, at the most (RFC 8446, section 5.1)."""
PIECE_BYTES: Final = 7 * RECORD_BYTES
"""What is encrypted and sent at a time. A connection keeps a buffer of about that size for good, and thousands may be
idle; and it stays below what the C library maps by itself (see ``server.LARGE_BYTES``)."""
WITHOUT_BODY = {204, 304}
WHOLE: Final = "minimon.whole"
"""An extension of ASGI: one message that is a whole answer, with ``status``, ``headers`` and ``parts`` of the body.

A message costs as much as ten header lines. Whoever has to see ``http.response.start`` takes it out of the scope.
"""
EXTENSIONS: Final[dict[str, dict[object, object]]] = {WHOLE: {}}


class Exchange(RequestResponseCycle):
    """Sends the head and all parts of an answer that are there at once in one write, and copies no long one.

    uvicorn writes the head and each part by itself, so that each is encrypted and handed to the kernel by itself.
    """

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._flushing: asyncio.Handle | None = None
        self._chunked = False
        self._without_body = self.scope["method"] == "HEAD"

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
            self._begin(message["status"], [*self.default_headers, *message.get("headers", ())])
        else:
            self._add(message.get("body", b""), more=message.get("more_body", False))

    def _answer(self, status: int, headers: Iterable[tuple[bytes, bytes]], parts: Iterable[bytes]) -> None:
        if self.response_started:
            raise RuntimeError("an answer has begun before this one")
        self._begin(status, [*self.default_headers, *headers])
        for part in parts:
            if not self._without_body:
                self._hold(part)
        self._end()

    def _begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Make the head. It waits for the first part of the body."""
        self.response_started = True
        self.waiting_for_100_continue = False
        lines = [*map(b": ".join, headers), *self._framing(status, dict(headers)), b"\r\n"]
        head = b"\r\n".join(lines)
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines) or b"\0" in head:
            raise RuntimeError("a header holds the end of a line")
        self._held.append(STATUS_LINE[status] + head)

    def _framing(self, status: int, fields: dict[bytes, bytes]) -> Iterable[bytes]:
        """Yield what the head still lacks to say where the body ends (RFC 9112, section 6)."""
        self._without_body = self._without_body or status in WITHOUT_BODY
        if b"content-length" in fields:
            self.expected_content_length = int(fields[b"content-length"])
        elif not self._without_body:
            self._chunked = True
            yield b"transfer-encoding: chunked"
        if fields.get(b"connection", b"").lower() == b"close":
            self.keep_alive = False
        elif not self.keep_alive:
            yield b"connection: close"

    def _add(self, part: bytes, *, more: bool) -> None:
        """Take a part of the body."""
        if part and not self._without_body:
            self._hold(part)
        if not more:
            self._end()
        elif self._held_bytes > MOST_HELD_BYTES:
            self._flush()
        elif not self._flushing:  # at the end of this turn of the loop: what comes by then goes along
            self._flushing = asyncio.get_running_loop().call_soon(self._flush)

    def _end(self) -> None:
        if self._chunked:
            self._held.append(b"0\r\n\r\n")
        elif self.expected_content_length and not self._without_body:
            raise RuntimeError("the body has another length than Content-Length says")
        self._flush()
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    def _hold(self, part: bytes) -> None:
        if self._chunked:
            self._held += (b"%x\r\n" % len(part), part, b"\r\n")
        else:
            self._held.append(part)
            self.expected_content_length -= len(part)
        self._held_bytes += len(part)

    def _flush(self) -> None:
        if self._held and not self.disconnected:
            if self.scope["scheme"] == "https":
                for piece in pieces(self._held):
                    self.transport.writelines(piece)
            else:
                self.transport.writelines(self._held)
        if self._flushing:
            self._flushing.cancel()
        self._held, self._held_bytes, self._flushing = [], 0, None


def pieces(parts: Iterable[bytes]) -> Iterator[list[memoryview]]:
    """Yield the parts as pieces of ``PIECE_BYTES``, the last one shorter, each a list of buffers for TLS."""
    piece: list[memoryview] = []
    room = PIECE_BYTES
    for whole in _whole_records(parts):
        rest = whole
        while len(rest) >= room:
            yield [*piece, rest[:room]]
            rest, piece, room = rest[room:], [], PIECE_BYTES
        if rest:
            piece.append(rest)
            room -= len(rest)
    if piece:
        yield piece


def _whole_records(parts: Iterable[bytes]) -> Iterator[memoryview]:
    """Yield the parts as buffers that are whole records each, but for the last.

    OpenSSL makes a record of each buffer, however short. So what does not fill one is joined to what follows.
    """
    short: list[memoryview] = []
    room = RECORD_BYTES
    for part in parts:
        rest = memoryview(part)
        if short:
            short.append(rest[:room])
            rest, room = rest[room:], room - len(short[-1])
            if room:
                continue
            yield memoryview(b"".join(short))
            short, room = [], RECORD_BYTES
        whole = len(rest) - len(rest) % RECORD_BYTES
        if whole:
            yield rest[:whole]
        if whole < len(rest):
            short, room = [rest[whole:]], RECORD_BYTES - len(rest) + whole
    if short:
        yield memoryview(b"".join(short))
