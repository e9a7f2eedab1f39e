"""Measure certifications: the ledger beside the naive way, on this disk and with slower syncs, over HTTPS.

Both run as the whole service with all of its features and take turns; other work on the machine slows both, so read the
ratios. On this disk the way of 1.3.0 takes part too. The table goes to standard error; the last line of standard output
is one JSON object.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or http.py would hide the standard library's

import argparse
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from common import (
    ROOT,
    TOKEN,
    BenchmarkError,
    Running,
    end_on_sigterm,
    environment,
    machine,
    options_parser,
    print_result,
    serving,
    versions,
)
from load import load
from rich.console import Console
from rich.table import Table

CONNECTIONS = (1, 16, 64, 256)
DELAYS = (0, 2, 10)
BODY = '{"score": 123.4, "subject": "player42"}'


def main() -> int:
    """Measure, print, and return the exit status: 1 if an answer was wrong or missing."""
    parser = options_parser(__doc__, seconds=3, rounds=3)
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--delays", type=int, nargs="+", default=DELAYS, help="milliseconds added to each sync")
    options = parser.parse_args()
    end_on_sigterm()
    details = {"benchmark": "certify", "seconds": options.seconds, "rounds": options.rounds, "machine": machine()}
    try:
        rows = [row for delay in options.delays for row in _rows(delay, options)]
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    _print_table(rows)
    print_result({**details, "versions": versions(), "rows": rows}, options.output)
    return 1 if any(row["errors"] for row in rows) else 0


def _rows(delay: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    with ExitStack() as stack:
        servers = {}
        for kind in ("ours", "naive") if delay else ("ours", "naive", "v130"):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"minimon-{kind}-")))
            servers[kind] = stack.enter_context(serving(kind, _command(kind, delay, folder), folder, {}))
        for connections in options.connections:
            yield _row(delay, connections, servers, options)


def _command(kind: str, delay: int, folder: Path) -> list[str]:
    if kind == "v130":
        make = [sys.executable, "-m", "minimon", "keys", "make"]
        subprocess.run(make, cwd=folder, env=environment({}), check=True, stdout=subprocess.DEVNULL)
        return [sys.executable, "-P", str(ROOT / "benchmarks/v130_server.py")]
    return [sys.executable, "-P", str(ROOT / "benchmarks/certify_server.py"), kind, str(delay)]


def _row(delay: int, connections: int, servers: dict[str, Running], options: argparse.Namespace) -> dict[str, Any]:
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in servers}
    for number in range(options.rounds):
        for kind in list(servers)[:: 1 if number % 2 else -1]:
            runs[kind].append(_load(servers[kind], connections, options.seconds))
    middle = {kind: _middle(figures) for kind, figures in runs.items()}
    ours = middle["ours"]
    against = {kind: round(ours["per_s"] / other["per_s"], 2) for kind, other in middle.items() if kind != "ours"}
    return {
        "delay_ms": delay,
        "connections": connections,
        **middle,
        "ratio": against,
        "p50_ratio": round(ours["p50_ms"] / middle["naive"]["p50_ms"], 2),
        "errors": sum(run["errors"] for kind in runs.values() for run in kind),
    }


def _middle(runs: list[dict[str, Any]]) -> dict[str, float]:
    return {name: round(median(run[name] for run in runs), 2) for name in ("per_s", "p50_ms", "p99_ms", "cpu_us")}


def _load(server: Running, connections: int, seconds: int) -> dict[str, Any]:
    _wait_until_idle(server)
    cell = load(server, "/v1/certify-score", ("POST", BODY), connections, seconds)
    return {
        "per_s": cell.requests_per_s,
        "p50_ms": cell.p50_ms,
        "p99_ms": cell.p99_ms,
        "cpu_us": cell.cpu_us_per_request,
        "errors": cell.errors,
    }


def _wait_until_idle(server: Running) -> None:
    """Return when the server has done what clients of the run before left behind, which it does first come, first."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/v1/certify-score", BODY.encode(), headers)
    with urllib.request.urlopen(request, timeout=60, context=server.trust()) as answer:
        answer.read()


def _print_table(rows: list[dict[str, Any]]) -> None:
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 140, highlight=False)
    table = Table(title="Certifications (ours / naive / 1.3.0)")
    for heading in ("sync +ms", "conns", "per second", "ratio", "p50 ms", "p50 ratio", "p99 ms", "CPU µs", "errors"):
        table.add_column(heading, justify="right")
    for row in rows:
        figures = [row[kind] for kind in ("ours", "naive", "v130") if kind in row]
        cells = [
            " / ".join(f"{figure[name]:,.1f}" for figure in figures) for name in ("per_s", "p50_ms", "p99_ms", "cpu_us")
        ]
        ratios = " / ".join(str(ratio) for ratio in row["ratio"].values())
        table.add_row(
            str(row["delay_ms"]), str(row["connections"]), cells[0], ratios, cells[1], str(row["p50_ratio"]),
            *cells[2:], str(row["errors"]),
        )  # fmt: skip
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
