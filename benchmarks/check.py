"""Fail if /v1/generate has become dear: its processor time beside that of plain FastAPI on the same server.

Plain FastAPI is a route that returns as many bytes over TLS, with no token, no limit, no log and no creature.
Each server runs in a process of its own, and one client asks them by turns. Processor time is counted, and the least of
several turns: what else the machine does changes both far less than a broken hot path would. docs/performance.md says
how the bound was chosen. The last line of standard output is one JSON object.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import argparse
import http.client
import tempfile
from pathlib import Path

from ceilings import bare
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

PATH = "/v1/generate"
MOST_RATIO = 2.1
REQUESTS = 1000


def main() -> int:
    """Measure, print, and return the exit status: 1 if the bound is broken."""
    parser = options_parser(__doc__, rounds=5)
    end_on_sigterm()
    try:
        result = measure(parser.parse_args())
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print_result(result)
    return 0 if result["ratio"] <= MOST_RATIO else 1


def measure(options: argparse.Namespace) -> dict[str, float | str | dict[str, object]]:
    """Start both servers, ask them by turns, end them."""
    with tempfile.TemporaryDirectory(prefix="minimon-benchmark-") as name:
        folder = Path(name)
        with serving("service", service_command(), folder, {}) as ours:
            size = _ask(ours, 1)
            with bare("fastapi", folder, {PATH: size}) as plain:
                turns = [(cost(ours, REQUESTS), cost(plain, REQUESTS)) for _ in range(options.rounds)]
    mine, theirs = (min(costs) for costs in zip(*turns, strict=True))
    return {
        "benchmark": "check",
        "machine": machine(),
        "versions": versions(),
        "minimon_us": mine,
        "fastapi_us": theirs,
        "ratio": round(mine / theirs, 2),
        "most": MOST_RATIO,
    }


def cost(server: Running, count: int) -> float:
    """Return the processor time that a request costs the server, in microseconds."""
    before = server.cpu_seconds()
    _ask(server, count)
    return round((server.cpu_seconds() - before) * 1e6 / count, 1)


def _ask(server: Running, count: int) -> int:
    """Ask so often on one connection; return about how many bytes an answer has, its head included."""
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.trust(), timeout=10)
    size = 0
    for _ in range(count):
        connection.request("GET", PATH, headers={"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        size = len(answer.read()) + sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
        if answer.status != 200:
            raise BenchmarkError(f"{PATH} answered {answer.status}")
    connection.close()
    return size


if __name__ == "__main__":
    sys.exit(main())
