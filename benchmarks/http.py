"""Measure the HTTP routes beside their ceilings: a bare ASGI callable on uvicorn, and nginx with a file.

The callable runs on uvicorn as it is, and on the service's own server, which is uvicorn with a quicker connection.

Each server runs in a process of its own, with TLS, and wrk asks them by turns. Other work on the machine slows them
all, so read the ratios. The table goes to standard error; the last line of standard output is one JSON object.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or this file would hide the standard library's http

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from ceilings import bare, make_pictures, nginx
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
from load import Cell, load, wrk_version
from plot import plot
from rich.console import Console
from rich.table import Table
from soak import MOST_OFF, flatness, print_soak, soak

CONNECTIONS = (1, 16, 64, 256)
ROUTES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "generate": ("/v1/generate", ()),
    "certify-score": ("/v1/certify-score", ("POST", '{"score": 123.4, "subject": "player42"}')),
    "health": ("/health", ()),
}
"""Name on the command line, path, and what wrk.lua needs beyond it."""
SIZING_CONNECTIONS = 4
MOST_SIZE_DIFFERENCE = 0.02
OURS, UVICORN, BARE, NGINX = "minimon", "bare on uvicorn", "bare on ours", "nginx"

BARES = {UVICORN: "uvicorn", BARE: "asgi"}
"""The callable on uvicorn as it is, and on our server, whose protocol and TLS are uvicorn's made quicker."""


@dataclass(frozen=True, slots=True)
class Row:
    """One route with so many connections: what each server did, and how far ours is from the others."""

    route: str
    connections: int
    cells: Mapping[str, Cell]
    ratios: Mapping[str, float]
    """Requests per second, ours by the other's: 1 is the ceiling."""
    p99_ratio: float
    """Ours by the callable's on our server."""
    cpu_ratio: float
    """Processor time for a request, the callable's on our server by ours: 1 is the ceiling."""


def main() -> int:
    """Measure, print, and return the exit status: 1 if an answer was wrong or missing."""
    options = _options()
    end_on_sigterm()
    try:
        return measure(options)
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _options() -> argparse.Namespace:
    parser = options_parser(__doc__, seconds=3)
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS, help="default: 1 16 64 256")
    parser.add_argument("--routes", nargs="+", choices=ROUTES, default=list(ROUTES), help="default: all")
    parser.add_argument(
        "--images", type=Path, help="folder of pictures; without it, six of so many kilobytes are made:"
    )
    parser.add_argument("--picture-kb", type=int, default=360, help="default: 360, which makes answers of 480 KB")
    parser.add_argument("--nginx", action="store_true", help="measure nginx beside /v1/generate, too")
    parser.add_argument("--plot", type=Path, help="SVG file for a plot of /v1/generate")
    parser.add_argument("--soak", type=int, metavar="MINUTES", help="instead: load at 80 %% of capacity for so long")
    return parser.parse_args()


def measure(options: argparse.Namespace) -> int:
    """Start the servers, measure, print, end the servers."""
    details: dict[str, object] = {
        "benchmark": "http",
        "seconds": options.seconds,
        "machine": machine(),
        "versions": versions() | {"wrk": wrk_version()},
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minimon-benchmark-")))
        images = options.images or make_pictures(folder / "pictures", options.picture_kb)
        variables = {"MINIMON_IMAGES_DIR": str(images.resolve())}
        ours = stack.enter_context(serving("service", service_command(), folder, variables))
        if options.soak:
            minutes = soak(ours, options.soak)
            print_soak(minutes)
            flat = flatness(minutes)
            print_result({**details, "soak": [asdict(minute) for minute in minutes], **flat}, options.output)
            steady = flat["memory_off_its_middle"] <= MOST_OFF
            return 0 if steady and not any(minute.errors for minute in minutes) else 1
        servers = {OURS: ours} | _ceilings(stack, folder, ours, options)
        rows = list(_rows(servers, options))
    _print_table(rows)
    _write_plot(rows, options.plot)
    print_result({**details, "rows": [asdict(row) for row in rows]}, options.output)
    return 1 if any(cell.errors for row in rows for cell in row.cells.values()) else 0


def _ceilings(stack: ExitStack, folder: Path, ours: Running, options: argparse.Namespace) -> dict[str, Running]:
    sizes = {ROUTES[name][0]: _answer_size(ours, name) for name in options.routes}
    found = {name: stack.enter_context(bare(kind, folder, sizes)) for name, kind in BARES.items()}
    if options.nginx:
        path = ROUTES["generate"][0]
        found[NGINX] = stack.enter_context(nginx(folder, path, sizes[path]))
    return found


def _answer_size(server: Running, name: str) -> int:
    """Return how many bytes an answer of the real service has on the wire, on average: pictures differ."""
    cell = load(server, *ROUTES[name], SIZING_CONNECTIONS, 1)
    if cell.errors:
        raise BenchmarkError(f"{ROUTES[name][0]} does not answer as it should: {cell.errors} errors")
    return round(cell.bytes_per_answer)


def _rows(servers: Mapping[str, Running], options: argparse.Namespace) -> Iterator[Row]:
    """Yield each row; the servers take turns in going first."""
    plan = [(name, connections) for name in options.routes for connections in options.connections]
    for number, (name, connections) in enumerate(plan):
        order = [kind for kind in servers if kind != NGINX or name == "generate"]
        first = number % len(order)
        cells = {
            kind: load(servers[kind], *ROUTES[name], connections, options.seconds)
            for kind in order[first:] + order[:first]
        }
        yield _row(ROUTES[name][0], connections, {kind: cells[kind] for kind in order})


def _row(path: str, connections: int, cells: Mapping[str, Cell]) -> Row:
    ours, bare = cells[OURS], cells[BARE]
    for cell in cells.values():
        if abs(ours.bytes_per_answer / cell.bytes_per_answer - 1) > MOST_SIZE_DIFFERENCE and not ours.errors:
            raise BenchmarkError(f"{path}: the answers are not of one size: {cells}")
    return Row(
        path,
        connections,
        cells,
        {kind: round(ours.requests_per_s / cell.requests_per_s, 3) for kind, cell in cells.items() if kind != OURS},
        p99_ratio=round(ours.p99_ms / bare.p99_ms, 2),
        cpu_ratio=round(bare.cpu_us_per_request / ours.cpu_us_per_request, 3),
    )


def _write_plot(rows: Sequence[Row], path: Path | None) -> None:
    shown = [row for row in rows if row.route == ROUTES["generate"][0]]
    if path and shown:
        throughput = {kind: [row.cells[kind].requests_per_s for row in shown] for kind in shown[0].cells}
        p99 = {kind: [row.cells[kind].p99_ms for row in shown] for kind in shown[0].cells}
        size = shown[0].cells[OURS].bytes_per_answer / 1000
        title = f"GET /v1/generate over TLS, answers of {size:.0f} KB, one process each"
        path.write_text(plot(title, [row.connections for row in shown], throughput, p99))


def _print_table(rows: Sequence[Row]) -> None:
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 150, highlight=False)
    table = Table(title="Minimon beside " + " and ".join(rows[0].ratios))
    table.add_column("route")
    headings = (
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
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in rows:
        cells = row.cells.values()
        table.add_row(
            row.route,
            str(row.connections),
            " / ".join(f"{cell.requests_per_s:,.0f}" for cell in cells),
            " ".join(f"[bold]{ratio:.2f}[/]" for ratio in row.ratios.values()),
            " / ".join(f"{cell.p50_ms:.1f}" for cell in cells),
            " / ".join(f"{cell.p99_ms:.1f}" for cell in cells),
            f"{row.p99_ratio:.2f}",
            " / ".join(f"{cell.cpu_us_per_request:.0f}" for cell in cells),
            f"{row.cpu_ratio:.2f}",
            " / ".join(f"{cell.cpu_busy:.2f}" for cell in cells),
            " / ".join(str(cell.errors) for cell in cells),
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
