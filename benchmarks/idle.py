"""Measure what idle connections cost: resident memory for each, and the slowest answers of everybody else.

Each connection asks once and then stays, as a browser's or a game's does. With ``--beside``, connections to others are
measured, too: to nginx with a file of a few bytes, and to a server of ten lines on blocking sockets, which is the least
that OpenSSL and Python need. With ``--unread``, each asks for 16 creatures of 480 KB and reads nothing. The
last line of standard output is one JSON object. The exit status is 1 if a target is missed.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import argparse
import resource
import socket
import ssl
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ceilings import make_pictures, nginx, sockets
from common import (
    BenchmarkError,
    Running,
    end_on_sigterm,
    machine,
    options_parser,
    print_result,
    service_command,
    serving,
    versions,
)
from load import load
from soak import resident_megabytes

from minimon.protocol import MOST_PIPELINED

MOST_KILOBYTES = 12
SMALL_ANSWER_BYTES = 300
PICTURE_KB = 360
SETTLE_SECONDS = 5
REQUEST = b"GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n"
LIVEZ = "/livez"
LOAD = ("/v1/generate", (), 16)


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = options_parser(__doc__, seconds=5)
    parser.add_argument("--connections", type=int, default=10_000, help="default: 10000")
    parser.add_argument("--path", default=LIVEZ, help="what each asks for (default: /livez)")
    parser.add_argument("--plain", action="store_true", help="without TLS")
    parser.add_argument("--beside", action="store_true", help="also what nginx and blocking sockets need, with TLS")
    parser.add_argument("--unread", action="store_true", help="each asks for 16 creatures and reads nothing of them")
    options = parser.parse_args()
    if options.plain and options.beside:
        parser.error("the others are measured with TLS: leave --plain or --beside out")
    if options.unread and (options.beside or options.path != LIVEZ):
        parser.error("--unread asks for creatures, and of the service alone: leave --beside and --path out")
    if options.unread:
        options.path = LOAD[0]
    end_on_sigterm()
    try:
        result = measure(options)
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print_result(result, options.output)
    dear = result["kilobytes_each"] > MOST_KILOBYTES and not options.unread
    return 1 if dear or result["open_at_the_end"] < options.connections else 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Start the service, open the connections, measure, end the service."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    variables = {"MINIMON_TLS": "0" if options.plain else "1", "MINIMON_BEARER_TOKEN": ""}
    with tempfile.TemporaryDirectory(prefix="minimon-benchmark-") as folder, ExitStack() as stack:
        if options.unread:
            variables["MINIMON_IMAGES_DIR"] = str(make_pictures(Path(folder) / "pictures", PICTURE_KB))
        server = stack.enter_context(serving("service", service_command(), Path(folder), variables))
        details = {"benchmark": "idle", "machine": machine(), "versions": versions(), "tls": not options.plain}
        alone = None if options.plain else load(server, *LOAD, options.seconds)
        before = resident_megabytes(server.process.pid)
        began = time.monotonic()
        idle = [_connect(server, options) for _ in range(options.connections)]
        opened = time.monotonic() - began
        time.sleep(SETTLE_SECONDS if options.unread else 0)
        after = resident_megabytes(server.process.pid)
        beside = None if options.plain else load(server, *LOAD, options.seconds)
        alive = sum(_still_open(connection) for connection in idle)
        for connection in idle:
            connection.close()
        for name, other in {"nginx": nginx, "sockets": sockets}.items() if options.beside else ():
            with other(Path(folder), options.path, SMALL_ANSWER_BYTES) as running:
                details[f"{name}_kilobytes_each"] = _each(running, options)
    return {
        **details,
        "connections": options.connections,
        "path": options.path,
        "open_at_the_end": alive,
        "opening_s": round(opened, 1),
        "resident_mb": [before, after],
        "kilobytes_each": round((after - before) * 1000 / max(alive, 1), 1),
        "p99_ms_without_and_beside": [cell and cell.p99_ms for cell in (alone, beside)],
    }


def _each(server: Running, options: argparse.Namespace) -> float:
    """Return what an idle connection to another server takes, in kilobytes of resident memory."""
    first = _connect(server, options)
    before = resident_megabytes(server.process.pid)
    idle = [_connect(server, options) for _ in range(options.connections)]
    after = resident_megabytes(server.process.pid)
    for connection in (first, *idle):
        connection.close()
    return round((after - before) * 1000 / options.connections, 1)


def _connect(server: Running, options: argparse.Namespace) -> socket.socket:
    connection: socket.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    if not options.plain:
        connection = _trust(server).wrap_socket(connection, server_hostname="localhost")
    request = REQUEST.replace(b"{}", options.path.encode())
    if options.unread:
        connection.sendall(request * MOST_PIPELINED)
        return connection
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return connection


def _trust(server: Running, kept: dict[int, ssl.SSLContext] = {}) -> ssl.SSLContext:  # noqa: B006 - one for all
    return kept.get(server.port) or kept.setdefault(server.port, server.trust())


def _still_open(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        return bool(connection.recv(1))
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
