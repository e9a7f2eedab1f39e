"""A server of ours on raw sockets, so that it can break HTTP itself: for names and for pictures."""

import asyncio
import itertools
import ssl
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson

SYLLABLES = ("vel", "tor", "min", "gal", "ran", "sil", "ber", "lom", "dra", "fen")
KEY = "sk-a-key-that-no-log-may-show"


@dataclass(frozen=True)
class Asked:
    """A request as it came over the wire."""

    head: str
    body: dict[str, object]


Behaviour = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


class FaultyServer:
    """Runs in a thread of its own; what it does with a request can be changed at any time."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.behaviour: Behaviour = well()
        self.asked: list[Asked] = []
        self.greeting = b""
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        self._listening.wait(10)

    @property
    def base_url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}/v1"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._answer(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(connected, "localhost", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        for other in server.sockets[1:]:  # localhost may be two addresses, with a port each
            other.close()
        self._listening.set()
        await self._stopped.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lengths = (line[15:] for line in head.lower().split("\r\n") if line.startswith("content-length:"))
                body = await reader.readexactly(int(next(lengths, "0")))
                asked = Asked(head, orjson.loads(body or b"{}"))
                self.asked.append(asked)
                await self.behaviour(asked, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()


def answer(status: str = "200 OK", body: bytes = b"", *headers: str) -> Behaviour:
    """Answer the same each time, in sound HTTP."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
    return raw("\r\n".join(lines).encode() + body)


def raw(data: bytes, *, hang_up: bool = False) -> Behaviour:
    """Send some bytes."""

    async def behave(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if hang_up:
            writer.close()

    return behave


def drip(head: bytes, piece: bytes, seconds: float = 0.01) -> Behaviour:
    """Send a head, then the same piece again and again, for ever."""

    async def behave(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(seconds)

    return behave


def say(content: object) -> Behaviour:
    """Answer with a chat completion that holds ``content``."""
    return answer("200 OK", orjson.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}))


def well(count: int = 8) -> Behaviour:
    """Answer with new names each time."""
    made = ("".join(parts).capitalize() for parts in itertools.product(SYLLABLES, repeat=4))

    async def behave(asked: Asked, writer: asyncio.StreamWriter) -> None:
        names = list(itertools.islice(made, count))
        await say(orjson.dumps({"names": names}).decode())(asked, writer)

    return behave


def after(seconds: float, behaviour: Behaviour) -> Behaviour:
    """Do something later."""

    async def behave(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await behaviour(asked, writer)

    return behave


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
FAILURES: dict[str, tuple[Behaviour, str]] = {
    "401": (answer("401 Unauthorized", b"Incorrect API key provided: " + KEY.encode()), "unauthorized"),
    "403": (answer("403 Forbidden"), "unauthorized"),
    "404 of the model": (answer("404 Not Found", b'{"error":{"message":"model \'m\' not found"}}'), "no_model"),
    "404 of the path": (answer("404 Not Found", b"404 page not found"), "not_found"),
    "429": (answer("429 Too Many Requests", b"", "Retry-After: 1"), "rate_limited"),
    "500": (answer("500 Internal Server Error", b"<html>oops</html>"), "server_error"),
    "a refusal of everything": (answer("400 Bad Request"), "refused"),
    "a redirect": (answer("307 Temporary Redirect", b"", "Location: http://localhost:9/"), "redirect"),
    "silence": (after(3600, answer()), "timeout"),
    "slow headers": (drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"z"), "timeout"),
    "slow body": (drip(CHUNKED, b"1\r\n \r\n"), "timeout"),
    "endless continues": (drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout"),
    "endless headers": (drip(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"z" * 20_000 + b"\r\n", 0), "not_http"),
    "endless body": (drip(CHUNKED, b"8000\r\n" + b" " * 0x8000 + b"\r\n", 0), "too_large"),
    "not HTTP at all": (raw(b"SSH-2.0-OpenSSH_9.9\r\n", hang_up=True), "not_http"),
    "hanging up": (raw(b"", hang_up=True), "not_http"),
    "half an answer": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", hang_up=True), "not_http"),
    "a web page": (answer("200 OK", b"<!doctype html><title>It works!</title>"), "nonsense"),
    "JSON without an end": (answer("200 OK", b"[" * 200_000), "nonsense"),
    "an empty answer": (answer("204 No Content"), "nonsense"),
    "compressed": (answer("200 OK", b"\x1f\x8b" + b"\0" * 90, "Content-Encoding: gzip"), "nonsense"),
}
"""Every way to fail once the connection stands, and the word for it."""
