"""The service's end of a bridge: a process that is started, asked, and ended."""

import asyncio
import itertools
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import structlog

from minimon.creatures import Traits
from minimon.images.ray.frames import LONGEST_LINE, NoPictureError, frame, read_frame

_log = structlog.get_logger(__name__)

SILENT_SECONDS: Final = 20.0
"""A bridge that says nothing for so long hangs; it speaks every two seconds, and while it connects it may take this."""


class LinkLostError(Exception):
    """The bridge has ended before it answered."""


class Link:
    """One bridge. For one event loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ready = False
        self.detail = "connecting"
        self.spoken = False
        """Whether the bridge has said how the cluster is."""
        self.facts: Mapping[str, Any] = {}
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[bytes]] = {}

    async def ask(self, traits: Traits, name: str, seconds: float) -> bytes:
        """Return a picture, a PNG. Raises NoPictureError, and LinkLostError if another link should be asked."""
        number = next(self._numbers)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        what = {"seed": traits.seed, "rarity": traits.rarity, "element": traits.element, "name": name}
        self._writer.write(frame({"ask": number, "seconds": seconds, "what": what}))
        try:
            return await answer
        finally:
            del self._asked[number]

    async def listen(self) -> AsyncIterator[None]:
        """Take in what the bridge says; come back whenever that is how the cluster is. Ends with the bridge."""
        with suppress(EOFError, ConnectionError, TimeoutError):
            while True:
                async with asyncio.timeout(SILENT_SECONDS):
                    head, body = await read_frame(self._reader)
                if "of" in head:
                    self._settle(head, body)
                elif "note" in head:
                    _log.info(head["note"], cause=head["cause"])
                else:
                    self.ready, self.detail, self.facts = head["ready"], head["detail"], head["facts"]
                    self.spoken = True
                    yield

    def lose(self) -> None:
        """Let everything that is still asked for fail."""
        self.ready = False
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(LinkLostError())

    def _settle(self, head: Mapping[str, Any], png: bytes) -> None:
        answer = self._asked.get(head["of"])
        if answer is None or answer.done():
            return
        if "problem" in head:
            answer.set_exception(NoPictureError(head["problem"], head["cause"]))
        else:
            answer.set_result(png)


@asynccontextmanager
async def open_link(address: str, application: str) -> AsyncIterator[Link]:
    """Start a bridge, and end it at the end. It is not waited until it has connected."""
    ours, theirs = socket.socketpair()
    command = (sys.executable, "-P", "-m", "minimon.images.ray.bridge", str(theirs.fileno()), address, application)
    with theirs:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                pass_fds=(theirs.fileno(),),
                env={"RAY_USAGE_STATS_ENABLED": "0", **os.environ, "RAY_ENABLE_AUTO_CONNECT": "0"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl+C is the service's: it drains first
            )
        except BaseException:
            ours.close()
            raise
    reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST_LINE)
    assert process.stdout
    link = Link(reader, writer)
    logging = asyncio.create_task(_log_lines(process.stdout, link))
    try:
        yield link
    finally:
        link.lose()
        writer.close()
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await logging


async def _log_lines(lines: asyncio.StreamReader, link: Link) -> None:
    """Log what Ray writes, one line an event as everything else. Until the bridge speaks, its last line is its word."""
    line = b"\n"
    while line:
        try:
            line = await lines.readline()
        except ValueError:  # too long: what is there of it is gone
            continue
        text = line.decode(errors="replace").rstrip()
        _log.debug("ray", line=text)
        if not link.spoken:
            link.detail = text or link.detail
