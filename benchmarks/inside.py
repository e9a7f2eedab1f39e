"""Measure what a request costs inside the process, in microseconds of processor time: no sockets, no TLS, no client.

The service's own protocol reads the bytes of a request and writes to a transport that throws everything away; so does
a bare ASGI callable that answers as many bytes. Turns alternate, and the least of each counts. With ``--profile``, a
profile of the service is printed, too. The last line of standard output is one JSON object.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import argparse
import asyncio
import cProfile
import os
import pstats
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from bare import answer
from bare import bare as bare_app
from ceilings import make_pictures
from common import TOKEN, environment, machine, options_parser, print_result, versions
from uvicorn.server import ServerState

from minimon.app import create_app
from minimon.logs import set_up_logs
from minimon.protocol import PatientProtocol
from minimon.server import uvicorn_config
from minimon.settings import load_settings

HEADERS = f"Host: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
SCORE = '{"score": 123.4, "subject": "player42"}'
REQUESTS = {
    "generate": f"GET /v1/generate HTTP/1.1\r\n{HEADERS}\r\n".encode(),
    "certify-score": (
        f"POST /v1/certify-score HTTP/1.1\r\n{HEADERS}Content-Length: {len(SCORE)}\r\n\r\n{SCORE}".encode()
    ),
}
"""As wrk sends them in benchmarks/http.py."""


class Nowhere(asyncio.Transport):
    """A transport that throws everything away, and says when an answer was whole."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Say that the client is on this machine, over TLS."""
        known = {"peername": ("127.0.0.1", 40000), "sockname": ("127.0.0.1", 22222), "sslcontext": True}
        return known.get(name, default)

    def write(self, data: Any) -> None:
        """Count."""
        self.bytes += len(data)

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Count."""
        self.bytes += sum(map(len, list_of_data))

    def is_closing(self) -> bool:
        """Stay open."""
        return False

    def get_write_buffer_size(self) -> int:
        """Hold nothing."""
        return 0

    def pause_reading(self) -> None:
        """Do nothing: one request comes at a time."""

    resume_reading = close = abort = pause_reading


class Connection:
    """A connection to an application, from the inside."""

    def __init__(self, config: uvicorn.Config) -> None:
        self.transport = Nowhere()
        self._protocol = PatientProtocol(config=config, server_state=ServerState(), app_state={})
        self._protocol.connection_made(self.transport)
        self._answered = asyncio.Event()
        complete = self._protocol.on_response_complete

        def on_response_complete() -> None:
            complete()
            self._answered.set()

        self._protocol.on_response_complete = on_response_complete  # type: ignore[method-assign]  # to know when

    async def ask(self, request: bytes) -> None:
        """Have one request answered."""
        self._answered.clear()
        self._protocol.data_received(request)
        await self._answered.wait()


async def cost(connection: Connection, request: bytes, count: int) -> float:
    """Return the microseconds of processor time, all threads, that one request takes."""
    began = time.process_time()
    for _ in range(count):
        await connection.ask(request)
    return (time.process_time() - began) / count * 1e6


async def measure(options: argparse.Namespace, path: str) -> dict[str, Any]:
    """Open the service, ask it and the bare callable by turns."""
    settings = load_settings()
    writer = set_up_logs(settings, os.open(os.devnull, os.O_WRONLY))
    app = create_app(settings)
    request = REQUESTS[path]
    async with app.router.lifespan_context(app):
        ours = Connection(uvicorn_config(app, settings))
        await cost(ours, request, options.requests)
        ours.transport.bytes = 0
        await cost(ours, request, options.requests)
        answers = {f"/v1/{path}": answer(ours.transport.bytes // options.requests)}
        bare = Connection(uvicorn_config(bare_app(answers), settings))  # type: ignore[arg-type]  # any ASGI application
        turns = [
            [await cost(server, request, options.requests) for server in (ours, bare)] for _ in range(options.rounds)
        ]
        if options.profile:
            await _profile(lambda: cost(ours, request, options.requests), options.requests)
    writer.close()
    mine, theirs = (min(costs) for costs in zip(*turns, strict=True))
    return {"minimon_us": round(mine, 1), "bare_us": round(theirs, 1)}


async def _profile(run: Callable[[], Any], requests: int) -> None:
    profile = cProfile.Profile()
    profile.enable()
    await run()
    profile.disable()
    stats = pstats.Stats(profile, stream=sys.stderr)
    print(f"{requests} requests", file=sys.stderr)
    stats.sort_stats("tottime").print_stats(45)
    stats.sort_stats("cumtime").print_stats(70)


def main() -> int:
    """Measure and print."""
    parser = options_parser(__doc__, rounds=9)
    parser.add_argument("--requests", type=int, default=1000, help="for each turn (default: 1000)")
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    options = parser.parse_args()
    result: dict[str, object] = {"benchmark": "inside", "machine": machine(), "versions": versions()}
    with tempfile.TemporaryDirectory(prefix="minimon-benchmark-") as name:
        os.chdir(name)
        images = make_pictures(Path(name) / "pictures", 360)
        os.environ.update(environment({"MINIMON_IMAGES_DIR": str(images), "MINIMON_TLS": "0"}))
        for path in REQUESTS:
            result[path] = uvloop.run(measure(options, path))
    print_result(result, options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
