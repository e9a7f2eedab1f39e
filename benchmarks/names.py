"""Measure what a names server costs /v1/generate: a healthy one, one that hangs, one that is not there.

Four services run, each in a process of its own; wrk asks them by turns, round after round. Other work on the machine
slows all of them, so read the differences within a round; their medians are compared with the targets. The last line
of standard output is one JSON object. The exit status is 1 if a target is missed or an answer is wrong.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import argparse
import http.client
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ceilings import free_port
from common import (
    ROOT,
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
from load import Cell, load, wrk_version

CONNECTIONS = 64
COMPLETION_SECONDS = "0.8"
FOREVER = "100000"
LEAST_RATIO = 0.9
MOST_P99_DIFFERENCE_MS = 25.0
WARM_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of names: medians over the rounds, and how far they are from local names of the same round."""

    names: str
    requests_per_s: float
    ratio: float
    p50_ms: float
    p99_ms: float
    p99_difference_ms: float
    cpu_us_per_request: float
    errors: int
    state: Mapping[str, Any]

    @property
    def on_target(self) -> bool:
        """Whether the throughput and the slowest answers are as near to those of local names as promised."""
        near = self.ratio >= LEAST_RATIO and self.p99_difference_ms <= MOST_P99_DIFFERENCE_MS
        return near and not self.errors


def main() -> int:
    """Measure, print, and return the exit status."""
    options = _options()
    end_on_sigterm()
    try:
        details = {"benchmark": "names", "wrk": wrk_version(), "machine": machine(), "versions": versions()}
        rows = measure(options.rounds, options.seconds)
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    _print_table(rows)
    print_result({**details, "rows": [asdict(row) for row in rows]}, options.output)
    return 0 if all(row.on_target for row in rows) else 1


def _options() -> argparse.Namespace:
    return options_parser(__doc__, seconds=3, rounds=5).parse_args()


def measure(rounds: int, seconds: int) -> list[Row]:
    """Start the services, warm them, measure by turns, and end them."""
    with tempfile.TemporaryDirectory(prefix="minimon-benchmark-") as folder, _services(Path(folder)) as services:
        for service in services.values():
            load(service, "/v1/generate", (), CONNECTIONS, 1)
            _wait_until_warm(service)
        cells: dict[str, list[Cell]] = {names: [] for names in services}
        rng = random.Random(0)
        for _ in range(rounds):
            for names in rng.sample(list(services), len(services)):  # in turns, whoever follows the costliest would pay
                cells[names].append(load(services[names], "/v1/generate", (), CONNECTIONS, seconds))
        return [_row(names, cells, _state(services[names])) for names in services]


@contextmanager
def _services(folder: Path) -> Iterator[Mapping[str, Running]]:
    with ExitStack() as stack:

        def start(name: str, command: list[str], variables: Mapping[str, str]) -> Running:
            own = folder / name
            own.mkdir()
            return stack.enter_context(serving(name, command, own, variables))

        def asking(name: str, port: int) -> Running:
            variables = {"MINIMON_NAME_BACKEND": "remote", "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"}
            return start(name, service_command(), variables)

        slow = [sys.executable, "-P", str(ROOT / "benchmarks/slow_names.py")]
        healthy = start("healthy-names", [*slow, COMPLETION_SECONDS], {})
        hanging = start("hanging-names", [*slow, FOREVER], {})
        yield {
            "local": start("local", service_command(), {}),
            "healthy": asking("healthy", healthy.port),
            "hanging": asking("hanging", hanging.port),
            "dead": asking("dead", free_port()),
        }


def _wait_until_warm(service: Running) -> None:
    """Wait until the service has names in stock, or knows that it gets none."""
    end = time.monotonic() + WARM_SECONDS
    while (state := _state(service)) and state["state"] == "closed" and state["stock"] < 8:
        if time.monotonic() > end:
            raise BenchmarkError(f"a service does not get warm: {state}")
        time.sleep(0.2)


def _state(service: Running) -> dict[str, Any]:
    """Return what the service says of its names; nothing for local ones."""
    connection = http.client.HTTPSConnection("127.0.0.1", service.port, context=service.trust(), timeout=10)
    try:
        connection.request("GET", "/health")
        names: dict[str, Any] = json.loads(connection.getresponse().read()).get("names", {})
    finally:
        connection.close()
    return names


def _row(names: str, cells: Mapping[str, list[Cell]], state: Mapping[str, Any]) -> Row:
    pairs = list(zip(cells[names], cells["local"], strict=True))
    return Row(
        names,
        requests_per_s=round(statistics.median(cell.requests_per_s for cell, _ in pairs), 1),
        ratio=round(statistics.median(cell.requests_per_s / local.requests_per_s for cell, local in pairs), 3),
        p50_ms=round(statistics.median(cell.p50_ms for cell, _ in pairs), 2),
        p99_ms=round(statistics.median(cell.p99_ms for cell, _ in pairs), 2),
        p99_difference_ms=round(statistics.median(cell.p99_ms - local.p99_ms for cell, local in pairs), 2),
        cpu_us_per_request=round(statistics.median(cell.cpu_us_per_request for cell, _ in pairs), 1),
        errors=sum(cell.errors for cell, _ in pairs),
        state=state,
    )


def _print_table(rows: list[Row]) -> None:
    print(
        f"{'names':8} {'req/s':>7} {'ratio':>6} {'p50 ms':>7} {'p99 ms':>7} {'diff':>6} {'CPU µs':>7} err",
        file=sys.stderr,
    )
    for row in rows:
        figures = f"{row.requests_per_s:7.0f} {row.ratio:6.2f} {row.p50_ms:7.1f} {row.p99_ms:7.1f}"
        more = f"{row.p99_difference_ms:6.1f} {row.cpu_us_per_request:7.0f} {row.errors:3}"
        print(f"{row.names:8} {figures} {more} {'' if row.on_target else 'MISSED'}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
