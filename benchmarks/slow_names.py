"""A names server that takes its time. Usage: slow_names.py SECONDS, from a question to its answer."""

import asyncio
import itertools
import json
import sys
from collections.abc import Iterator

SYLLABLES = ("vel", "tor", "min", "gal", "ran", "sil", "ber", "lom", "dra", "fen")
NAMES_AT_ONCE = 8


def new_names() -> Iterator[str]:
    """Yield a million names, each once."""
    return ("".join(parts).title() for parts in itertools.product(SYLLABLES, repeat=6))


def completion(names: list[str]) -> bytes:
    """Return an answer, head and body."""
    content = json.dumps({"names": names})
    body = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def serve(seconds: float) -> None:
    """Serve until SIGTERM."""
    names = new_names()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
            await asyncio.sleep(seconds)
            writer.write(completion(list(itertools.islice(names, NAMES_AT_ONCE))))

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(json.dumps({"event": "listening", "port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
