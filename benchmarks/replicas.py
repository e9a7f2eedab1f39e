"""Measure certifications with the ledger in PostgreSQL, over replicas, beside one service with its ledger in a file.

All run as the whole service over HTTPS and take turns; the connections are spread over the replicas, one wrk for each.
PostgreSQL is started for this, on the same disk, with its defaults. On two cores replicas, PostgreSQL and wrk share the
processors: what a replica more costs shows, not what it brings. The last line of standard output is one JSON object.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or http.py would hide the standard library's

import argparse
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from common import (
    ROOT,
    BenchmarkError,
    Running,
    end_on_sigterm,
    environment,
    machine,
    options_parser,
    print_result,
    service_command,
    serving,
    versions,
)
from load import load
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(ROOT))
from tests.postgres import PostgresServer, running_postgres  # the tests start the same server

BODY = '{"score": 123.4, "subject": "player42"}'
KEYS = ("SIGNING_KEY", "SIGNING_CERT", "CHECKPOINT_KEY")
FILE = "file"


def main() -> int:
    """Measure, print, and return the exit status: 1 if an answer was wrong or missing."""
    parser = options_parser(__doc__, seconds=3, rounds=1)
    parser.add_argument("--connections", type=int, nargs="+", default=(1, 16, 64))
    parser.add_argument("--replicas", type=int, nargs="+", default=(1, 2, 4))
    options = parser.parse_args()
    end_on_sigterm()
    details = {"benchmark": "replicas", "seconds": options.seconds, "rounds": options.rounds, "machine": machine()}
    try:
        with running_postgres() as server:
            rows = _rows(server, options)
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    _print_table(rows)
    print_result({**details, "versions": versions(), "rows": rows}, options.output)
    return 1 if any(row["errors"] for row in rows) else 0


def _rows(server: PostgresServer, options: argparse.Namespace) -> list[dict[str, Any]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minimon-replicas-")))
        keys = {f"MINIMON_{name}_PATH": str(folder / name) for name in KEYS}
        make = [sys.executable, "-m", "minimon", "keys", "make"]
        subprocess.run(make, cwd=folder, env=environment(keys), check=True, stdout=subprocess.DEVNULL)
        url = {"MINIMON_LEDGER_URL": server.url(server.database())}
        services = [_start(stack, folder, FILE, keys)]
        services += [_start(stack, folder, f"replica{n}", keys | url) for n in range(max(options.replicas))]
        fleets = {FILE: services[:1]} | {f"PostgreSQL, {n}": services[1 : n + 1] for n in options.replicas}
        return [row for connections in options.connections for row in _compare(connections, fleets, options)]


def _start(stack: ExitStack, folder: Path, name: str, variables: Mapping[str, str]) -> Running:
    own = folder / name
    own.mkdir()
    return stack.enter_context(serving(name, service_command(), own, variables))


def _compare(
    connections: int, fleets: Mapping[str, Sequence[Running]], options: argparse.Namespace
) -> list[dict[str, Any]]:
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in fleets}
    for number in range(options.rounds):
        for name in list(fleets)[:: 1 if number % 2 == 0 else -1]:
            runs[name].append(_load(fleets[name], connections, options.seconds))
    rows = [{"ledger": name, "connections": connections, **_middle(figures)} for name, figures in runs.items()]
    return [row | {"ratio": round(row["per_s"] / rows[0]["per_s"], 2)} for row in rows]


def _middle(figures: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    return {name: round(median(figure[name] for figure in figures), 2) for name in figures[0]}


def _load(fleet: Sequence[Running], connections: int, seconds: int) -> dict[str, float]:
    """Spread the connections over the replicas, as evenly as goes."""
    shares = [len(range(number, connections, len(fleet))) for number in range(len(fleet))]
    used = [(server, share) for server, share in zip(fleet, shares, strict=True) if share]
    with ThreadPoolExecutor(len(used)) as threads:
        cells = list(threads.map(lambda one: load(one[0], "/v1/certify-score", ("POST", BODY), one[1], seconds), used))
    total = sum(cell.requests_per_s for cell in cells)
    return {
        "per_s": total,
        "p50_ms": median(cell.p50_ms for cell in cells),
        "p99_ms": max(cell.p99_ms for cell in cells),
        "cpu_us": sum(cell.cpu_us_per_request * cell.requests_per_s for cell in cells) / total,
        "errors": sum(cell.errors for cell in cells),
    }


def _print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 140, highlight=False)
    table = Table(title="Certifications")
    names = ("connections", "ledger", "per_s", "ratio", "p50_ms", "p99_ms", "cpu_us", "errors")
    for name in names:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*(str(row[name]) for name in names))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
