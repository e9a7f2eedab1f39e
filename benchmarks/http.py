"""Measure the HTTP routes beside the ceiling: a bare ASGI callable on the same server.

The real service and the callable each run in a process of their own, with TLS, and wrk asks them by turns. Other work
on the machine slows both, so read the ratios. The table goes to standard error; the last line of standard output is one
JSON object.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or this file would hide the standard library's http

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from common import (
    ROOT,
    BenchmarkError,
    Running,
    end_on_sigterm,
    machine,
    print_result,
    service_command,
    serving,
    versions,
)
from load import Cell, load, wrk_version
from rich.console import Console
from rich.table import Table

CONNECTIONS = (1, 16, 64, 256)
ROUTES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "generate": ("/v1/generate", ()),
    "certify-score": ("/v1/certify-score", ("POST", '{"score": 123.4, "subject": "player42"}')),
    "health": ("/health", ()),
}
"""Name on the command line, path, and what wrk.lua needs beyond it."""
SIZING_CONNECTIONS = 4
MOST_SIZE_DIFFERENCE = 0.02


@dataclass(frozen=True, slots=True)
class Row:
    """One route with so many connections: the service, the ceiling, and how far one is from the other."""

    route: str
    connections: int
    ours: Cell
    bare: Cell
    ratio: float
    """Requests per second, ours by bare: 1 is the ceiling."""
    p99_ratio: float
    cpu_ratio: float
    """Processor time for a request, bare by ours: 1 is the ceiling."""


def main() -> int:
    """Measure, print, and return the exit status: 1 if an answer was wrong or missing."""
    options = _options()
    end_on_sigterm()
    try:
        rows, details = measure(options)
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    _print_table(rows)
    print_result({**details, "rows": [asdict(row) for row in rows]}, options.output)
    return 1 if any(row.ours.errors or row.bare.errors for row in rows) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=3, help="load on each server for each row (default: 3)")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS, help="default: 1 16 64 256")
    parser.add_argument("--routes", nargs="+", choices=ROUTES, default=list(ROUTES), help="default: all")
    parser.add_argument("--images", type=Path, default=ROOT / "minimon", help="folder of pictures (default: minimon)")
    parser.add_argument("--output", type=Path, help="file that gets the JSON, too")
    return parser.parse_args()


def measure(options: argparse.Namespace) -> tuple[list[Row], dict[str, object]]:
    """Start both servers, measure row by row, and end both."""
    wrk = wrk_version()
    details: dict[str, object] = {
        "benchmark": "http",
        "seconds": options.seconds,
        "machine": machine(),
        "versions": versions() | {"wrk": wrk},
    }
    images = {"MINIMON_IMAGES_DIR": str(options.images.resolve())}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minimon-benchmark-")))
        ours = stack.enter_context(serving("service", service_command(), folder, images))
        sizes = [f"{ROUTES[name][0]}={_answer_size(ours, name)}" for name in options.routes]
        # -P: this folder is not searched for modules
        command = [sys.executable, "-P", str(ROOT / "benchmarks/bare.py"), *sizes]
        bare = stack.enter_context(serving("bare", command, folder, {}))
        return list(_rows(ours, bare, options)), details


def _answer_size(server: Running, name: str) -> int:
    """Return how many bytes an answer of the real service has on the wire, on average: pictures differ."""
    cell = load(server, *ROUTES[name], SIZING_CONNECTIONS, 1)
    if cell.errors:
        raise BenchmarkError(f"{ROUTES[name][0]} does not answer as it should: {cell.errors} errors")
    return round(cell.bytes_per_answer)


def _rows(ours: Running, bare: Running, options: argparse.Namespace) -> Iterator[Row]:
    """Yield each row; the two servers take turns in going first."""
    plan = [(name, connections) for name in options.routes for connections in options.connections]
    for number, (name, connections) in enumerate(plan):
        order = [ours, bare] if number % 2 == 0 else [bare, ours]
        cells = {server.port: load(server, *ROUTES[name], connections, options.seconds) for server in order}
        yield _row(name, connections, cells[ours.port], cells[bare.port])


def _row(name: str, connections: int, ours: Cell, bare: Cell) -> Row:
    path = ROUTES[name][0]
    if abs(ours.bytes_per_answer / bare.bytes_per_answer - 1) > MOST_SIZE_DIFFERENCE and not ours.errors:
        raise BenchmarkError(f"{path}: {ours.bytes_per_answer} and {bare.bytes_per_answer} bytes are not the same size")
    return Row(
        path,
        connections,
        ours,
        bare,
        ratio=round(ours.requests_per_s / bare.requests_per_s, 3),
        p99_ratio=round(ours.p99_ms / bare.p99_ms, 2),
        cpu_ratio=round(bare.cpu_us_per_request / ours.cpu_us_per_request, 3),
    )


def _print_table(rows: Sequence[Row]) -> None:
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 150, highlight=False)
    table = Table(title="Minimon beside a bare ASGI callable on the same server (ours / bare)")
    table.add_column("route")
    for heading in (
        "conns",
        "requests/s",
        "ratio",
        "p50 ms",
        "p99 ms",
        "p99 ratio",
        "CPU µs",
        "CPU ratio",
        "busy",
        "errors",
    ):
        table.add_column(heading, justify="right")
    for row in rows:
        ours, bare = row.ours, row.bare
        table.add_row(
            row.route,
            str(row.connections),
            f"{ours.requests_per_s:,.0f} / {bare.requests_per_s:,.0f}",
            f"[bold]{row.ratio:.2f}[/]",
            f"{ours.p50_ms:.2f} / {bare.p50_ms:.2f}",
            f"{ours.p99_ms:.2f} / {bare.p99_ms:.2f}",
            f"{row.p99_ratio:.2f}",
            f"{ours.cpu_us_per_request:.0f} / {bare.cpu_us_per_request:.0f}",
            f"{row.cpu_ratio:.2f}",
            f"{ours.cpu_busy:.2f} / {bare.cpu_busy:.2f}",
            f"{ours.errors} / {bare.errors}",
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
