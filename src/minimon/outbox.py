"""What a connection sends: all that is written within a turn of the event loop leaves together, at its end."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

MOST_HELD_BYTES: Final = 1024 * 1024
"""More leaves at once."""
RECORD_BYTES: Final = 16 * 1024
"""What TLS encrypts at once, at the most (RFC 8446, section 5.1)."""
PIECE_BYTES: Final = 7 * RECORD_BYTES
"""What is encrypted and sent at a time. A connection keeps a buffer of about that size for good, and thousands may be
idle; and it stays below what the C library maps by itself (see ``server.LARGE_BYTES``)."""


class Outbox(asyncio.Transport):
    """A transport in front of another, which encrypts each write and hands it to the kernel by itself.

    A head and its body leave in one write, and no long part is copied. And requests that came in one turn are first all
    worked on, then all answered: to encrypt a picture in between would push the program out of the processor's caches,
    which costs a request a tenth of its time.
    """

    __slots__ = ("_held", "_held_bytes", "_loop", "_tls", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._tls = transport.get_extra_info("sslcontext") is not None
        self._held: list[bytes] = []
        self._held_bytes = 0

    def write(self, data: Any) -> None:
        """Send a part."""
        self.writelines((data,))

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Send parts."""
        if not self._held:
            self._loop.call_soon(self.leave)
        before = len(self._held)
        self._held += list_of_data
        self._held_bytes += sum(map(len, self._held[before:]))
        if self._held_bytes > MOST_HELD_BYTES:
            self.leave()

    def leave(self) -> None:
        """Send now what was written so far."""
        held, self._held = self._held, []
        if not held:
            return
        for piece in pieces(held) if self._tls else (held,):
            self._held_bytes -= sum(map(len, piece))  # before: whoever is told that it is too much asks how much it is
            self._transport.writelines(piece)

    def drop(self) -> None:
        """Forget what has not left: nobody is there any more."""
        self._held, self._held_bytes = [], 0

    def close(self) -> None:
        """Close, after what was written."""
        self.leave()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self.drop()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Say whether it is closed or about to be."""
        return self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes have been written and the kernel has not taken."""
        return self._held_bytes + self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of the connection."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Take nothing more from the client for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take what the client sends again."""
        self._transport.resume_reading()


def pieces(parts: Sequence[bytes]) -> Iterator[list[memoryview]]:
    """Yield the parts as pieces of ``PIECE_BYTES``, the last one shorter, each a list of buffers for TLS."""
    piece: list[memoryview] = []
    room = PIECE_BYTES
    for buffer in _whole_records(parts):
        at = 0
        while len(buffer) - at >= room:
            yield [*piece, buffer[at : at + room]]
            at, piece, room = at + room, [], PIECE_BYTES
        if at < len(buffer):
            piece.append(buffer[at:])
            room -= len(buffer) - at
    if piece:
        yield piece


def _whole_records(parts: Sequence[bytes]) -> Iterator[memoryview]:
    """Yield the parts as buffers that are whole records each, but for the last.

    OpenSSL makes a record of each buffer, however short. So what does not fill one is joined to what follows.
    """
    short: list[bytes | memoryview] = []
    room = RECORD_BYTES
    for part in parts:
        if len(part) < room:
            short.append(part)
            room -= len(part)
            continue
        whole = memoryview(part)
        at = 0
        if short:
            at = room
            yield memoryview(b"".join([*short, whole[:at]]))
        end = len(part) - (len(part) - at) % RECORD_BYTES
        if at < end:
            yield whole[at:end]
        short, room = ([whole[end:]], RECORD_BYTES - len(part) + end) if end < len(part) else ([], RECORD_BYTES)
    if short:
        yield memoryview(b"".join(short))
