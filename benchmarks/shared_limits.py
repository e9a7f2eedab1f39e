"""Compare replicas that share their rate limit in Redis with replicas that limit each by itself.

Replicas, Redis and wrk run on this machine, each replica with TLS, token and JSON logs and a wrk of its own; the cases
take turns. On two processors more replicas answer hardly more: what matters is what a request costs. That is processor
time, of the replicas and of Redis, and other work disturbs it least. The table goes to standard error; the last line of
standard output is one JSON object.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import shutil
import socket
import subprocess
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from common import (
    BenchmarkError,
    Running,
    end_on_sigterm,
    machine,
    options_parser,
    print_result,
    service_command,
    serving,
    starting,
    versions,
)
from load import Cell, load, wrk_version

PATH = "/v1/generate"
CASES = ((1, 1), (1, 16), (2, 16), (4, 16))
"""Replicas, and connections over all of them."""
WAYS = ("memory", "redis")
REDIS_SECONDS = 10

Turn = tuple[list[Cell], float]
"""What each wrk saw, and the processor time of Redis for a request, in µs."""


def main() -> int:
    """Measure, print, and return the exit status: 1 if an answer was wrong or missing."""
    parser = options_parser(__doc__, seconds=2, rounds=3)
    end_on_sigterm()
    try:
        return measure(parser.parse_args())
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def measure(options: Namespace) -> int:
    """Start everything, measure by turns, print."""
    details = {"benchmark": "shared_limits", "seconds": options.seconds, "rounds": options.rounds, "machine": machine()}
    details["versions"] = versions() | {"wrk": wrk_version()}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minimon-benchmark-")))
        redis = stack.enter_context(redis_server(folder))
        most = max(replicas for replicas, _ in CASES)
        alone = [stack.enter_context(_replica(folder, number, {})) for number in range(most)]
        url = {"MINIMON_REDIS_URL": f"redis://127.0.0.1:{redis.port}"}
        sharing = [stack.enter_context(_replica(folder, most + number, url)) for number in range(most)]
        servers = dict(zip(WAYS, (alone, sharing), strict=True))
        turns: dict[tuple[int, int, str], list[Turn]] = {(*case, way): [] for case in CASES for way in WAYS}
        for _ in range(options.rounds):
            for (replicas, connections, way), seen in turns.items():
                seen.append(_turn(servers[way][:replicas], redis, connections, options.seconds))
    rows = [_row(*key, seen) for key, seen in turns.items()]
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()), file=sys.stderr)
    print_result({**details, "rows": rows}, options.output)
    return 1 if any(row["errors"] for row in rows) else 0


@contextmanager
def redis_server(folder: Path) -> Iterator[Running]:
    """Run a Redis that keeps nothing on disk. Raises BenchmarkError if there is none."""
    if not shutil.which("redis-server"):
        raise BenchmarkError("redis-server is not installed: on Debian, apt-get install redis-server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with starting("redis", command, folder, {}) as process:
        _wait_for(port, process)
        yield Running(process, folder, port)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + REDIS_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise BenchmarkError("redis-server does not listen")


@contextmanager
def _replica(folder: Path, number: int, variables: dict[str, str]) -> Iterator[Running]:
    own = folder / f"replica-{number}"
    own.mkdir()
    with serving("service", service_command(), own, variables) as running:
        yield running


def _turn(replicas: Sequence[Running], redis: Running, connections: int, seconds: int) -> Turn:
    """Load all replicas at the same time, each with its share of the connections."""
    share = connections // len(replicas)
    before = redis.cpu_seconds()
    with ThreadPoolExecutor(len(replicas)) as threads:
        cells = list(threads.map(lambda replica: load(replica, PATH, (), share, seconds), replicas))
    requests = sum(cell.requests_per_s for cell in cells) * seconds
    return cells, (redis.cpu_seconds() - before) * 1e6 / requests


def _row(replicas: int, connections: int, way: str, turns: Sequence[Turn]) -> dict[str, object]:
    """Return one line of the table: the middle one of the rounds."""
    return {
        "replicas": replicas,
        "connections": connections,
        "limits": way,
        "requests_per_s": round(median(sum(cell.requests_per_s for cell in cells) for cells, _ in turns), 1),
        "p50_ms": round(median(cell.p50_ms for cells, _ in turns for cell in cells), 2),
        "p99_ms": round(median(cell.p99_ms for cells, _ in turns for cell in cells), 2),
        "cpu_us_per_request": round(median(cell.cpu_us_per_request for cells, _ in turns for cell in cells), 1),
        "redis_cpu_us_per_request": round(median(cost for _, cost in turns), 1),
        "errors": sum(cell.errors for cells, _ in turns for cell in cells),
    }


if __name__ == "__main__":
    sys.exit(main())
