"""Measure how long a start takes, from the process to its first answer, and how much memory the service holds.

The keys are made before; the client checks the certificate and asks for a creature. The last line of standard output
is one JSON object. The exit status is 1 if a target is missed.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import argparse
import http.client
import socket
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ceilings import free_port
from common import (
    START_SECONDS,
    TOKEN,
    BenchmarkError,
    Running,
    end_on_sigterm,
    machine,
    options_parser,
    print_result,
    service_command,
    starting,
    versions,
)
from rich.console import Console

MOST_SECONDS = 1.5
MOST_MEGABYTES = 120
REQUESTS = 200
RETRY_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in millions of bytes."""

    rss_mb: float
    """Resident: every page in memory."""
    pss_mb: float
    """Proportional: a page that processes share counts in parts."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start."""

    seconds: float
    after_start: Memory
    after_requests: Memory


def main() -> int:
    """Measure, print, and return the exit status."""
    options = _options()
    end_on_sigterm()
    try:
        starts = measure(options.runs)
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return _report(starts, options.output)


def _options() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--runs", type=int, default=7, help="starts to take the median of (default: 7)")
    return parser.parse_args()


def measure(runs: int) -> list[Start]:
    """Start the service once to make its keys, then ``runs`` times to measure."""
    with tempfile.TemporaryDirectory(prefix="minimon-benchmark-") as name:
        return [_start(Path(name)) for _ in range(runs + 1)][1:]


def _start(folder: Path) -> Start:
    port = free_port()
    began = time.perf_counter()
    with starting("service", service_command(), folder, {"MINIMON_PORT": str(port)}) as process:
        running = Running(process, folder, port)
        connection = _first_answer(running)
        seconds = time.perf_counter() - began
        after_start = _memory(process.pid)
        for _ in range(REQUESTS - 1):
            _ask(connection)
        after_requests = _memory(process.pid)
        connection.close()
    return Start(round(seconds, 3), after_start, after_requests)


def _first_answer(running: Running) -> http.client.HTTPSConnection:
    """Ask until there is an answer: the service listens before it is ready, so that one connection waits for it."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", running.port)).close()
        except ConnectionRefusedError:
            time.sleep(RETRY_SECONDS)
            continue
        connection = http.client.HTTPSConnection("127.0.0.1", running.port, timeout=10, context=running.trust())
        _ask(connection)
        return connection
    raise BenchmarkError(f"the service did not start: {(running.folder / 'service.log').read_text()[-2000:]}")


def _ask(connection: http.client.HTTPSConnection) -> None:
    connection.request("GET", "/v1/generate", headers={"Authorization": f"Bearer {TOKEN}"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise BenchmarkError(f"/v1/generate answered {answer.status}")


def _memory(pid: int) -> Memory:
    """Read what the kernel counts for a process (smaps_rollup of proc(5), in units of 1024 bytes)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split()[0]: int(line.split()[1]) for line in lines}
    return Memory(round(kilobytes["Rss:"] * 1024 / 1e6, 1), round(kilobytes["Pss:"] * 1024 / 1e6, 1))


def _report(starts: list[Start], output: Path | None) -> int:
    seconds = statistics.median(start.seconds for start in starts)
    megabytes = max(start.after_requests.rss_mb for start in starts)
    last = starts[-1]
    console = Console(stderr=True, highlight=False)
    console.print(f"process to first answer: {seconds:.2f} s, median of {len(starts)} (target: under {MOST_SECONDS} s)")
    for label, memory in (("after start", last.after_start), (f"after {REQUESTS} requests", last.after_requests)):
        console.print(f"memory {label}: RSS {memory.rss_mb:.0f} MB, PSS {memory.pss_mb:.0f} MB")
    console.print(f"most RSS of any run: {megabytes:.0f} MB (target: under {MOST_MEGABYTES} MB)")
    met = seconds < MOST_SECONDS and megabytes < MOST_MEGABYTES
    result = {
        "benchmark": "start",
        "machine": machine(),
        "versions": versions(),
        "median_s": round(seconds, 3),
        "most_rss_mb": megabytes,
        "targets_met": met,
        "starts": [asdict(start) for start in starts],
    }
    print_result(result, output)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
