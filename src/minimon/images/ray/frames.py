"""What the service and its bridge say to each other over a socket: a line of JSON, after some of them a picture."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import orjson

LONGEST_LINE: Final = 64 * 1024
LONGEST_CAUSE: Final = 2000


class NoPictureError(Exception):
    """There is no picture: ``code`` is that of the error for the client, ``cause`` is for the log."""

    def __init__(self, code: str, cause: str) -> None:
        super().__init__(f"{code}: {cause}")
        self.code = code
        self.cause = cause


def frame(head: Mapping[str, Any], body: bytes = b"") -> bytes:
    """Return one message as bytes; what a long fault says of itself is cut."""
    cut = {key: value[:LONGEST_CAUSE] if isinstance(value, str) else value for key, value in head.items()}
    return orjson.dumps({**cut, "size": len(body)}) + b"\n" + body


async def read_frame(reader: asyncio.StreamReader) -> tuple[dict[str, Any], bytes]:
    """Return the next message. Raises EOFError or ConnectionError when the other side is gone."""
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    head = orjson.loads(line)
    return head, await reader.readexactly(head["size"])
