"""Compare /v1/generate from a full stock of drawn creatures with the same pictures out of a folder.

Each server runs in a process of its own, with TLS, token, limit and logs, and one client asks them by turns. What a
request costs is the processor time of the server's process. Its processes that draw are stopped for that time, or the
cost of filling the stock again would be counted, too. The last line of standard output is one JSON object. The exit
status is 1 if the stock costs over 1.1 times the folder.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import argparse
import http.client
import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from check import PATH, cost
from common import (
    TOKEN,
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

MOST_RATIO = 1.1
PICTURES = 200
FILL_SECONDS = 120


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = options_parser(__doc__, rounds=5)
    parser.add_argument("--requests", type=int, default=400, help="size of the stock, and of a turn (default: 400)")
    parser.add_argument("--side", type=int, default=512, help="of the pictures, in pixels (default: 512)")
    end_on_sigterm()
    try:
        result = measure(parser.parse_args())
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print_result(result)
    return 0 if float(str(result["ratio"])) <= MOST_RATIO else 1


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Start both servers, the second with pictures of the first; ask them by turns."""
    drawn = {
        "MINIMON_GENERATION_BACKEND": "drawn",
        "MINIMON_DRAWN_SIZE": str(options.side),
        "MINIMON_STOCK_SIZE": str(options.requests),
        "MINIMON_STOCK_MEMORY": "4096",
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minimon-benchmark-")))
        stocked = stack.enter_context(serving("drawn", service_command(), folder, drawn))
        pictures = folder / "pictures"
        pictures.mkdir()
        for number in range(PICTURES):
            (pictures / f"image_{number:02}.png").write_bytes(_get(stocked, PATH, {"Accept": "image/png"}))
        folders = {"MINIMON_IMAGES_DIR": str(pictures), "MINIMON_MAX_INDEX": str(PICTURES - 1)}
        others = {"MINIMON_SCORE_LEDGER_PATH": "data/other.jsonl", "MINIMON_DRAWS_PATH": "data/other.draws"}
        files = stack.enter_context(serving("files", service_command(), folder, folders | others))
        turns = [_turn(stocked, files, options.requests) for _ in range(options.rounds)]
        level = json.loads(_get(stocked, "/health"))["stock"]["level"]
        size = sum(file.stat().st_size for file in pictures.iterdir()) / PICTURES
    mine, theirs = (min(costs) for costs in zip(*turns, strict=True))
    return {
        "benchmark": "stock",
        "machine": machine(),
        "versions": versions(),
        "kilobytes_of_a_picture": round(size / 1000, 1),
        "level_after_the_last_turn": level,
        "stock_us": mine,
        "files_us": theirs,
        "ratio": round(mine / theirs, 3),
    }


def _turn(stocked: Running, files: Running, requests: int) -> tuple[float, float]:
    _wait_until_full(stocked, requests)
    with _stopped(stocked.process.pid):
        return cost(stocked, requests), cost(files, requests)


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    """Stop all that a process has started."""
    below = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for child in below:
        below += [int(it) for it in Path(f"/proc/{child}/task/{child}/children").read_text().split()]
        os.kill(child, signal.SIGSTOP)
    try:
        yield
    finally:
        for child in below:
            os.kill(child, signal.SIGCONT)


def _wait_until_full(server: Running, size: int) -> None:
    deadline = time.monotonic() + FILL_SECONDS
    while json.loads(_get(server, "/health"))["stock"]["level"] < size:
        if time.monotonic() > deadline:
            raise BenchmarkError(f"the stock of {size} is not full after {FILL_SECONDS} s")
        time.sleep(0.2)


def _get(server: Running, path: str, headers: Mapping[str, str] | None = None) -> bytes:
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.trust(), timeout=30)
    connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}", **(headers or {})})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != http.client.OK:
        raise BenchmarkError(f"{path} answered {answer.status}")
    return body


if __name__ == "__main__":
    sys.exit(main())
