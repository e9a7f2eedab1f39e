"""Load at a part of what the service can do, for minutes, to see whether anything grows."""

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from common import Running
from load import load

PATH = "/v1/generate"
CONNECTIONS = 64
SHARE = 0.8
CAPACITY_SECONDS = 10
MOST_OFF = 0.02
"""Of resident memory, from its middle."""
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of load."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    resident_mb: float
    """Resident memory a second before its end, in millions of bytes."""


def soak(server: Running, minutes: int) -> list[Minute]:
    """Find out what the service can do, then load it with four fifths of that, minute by minute.

    What each connection waits and what its answer takes make up its turn. The latter is known from a first try.
    """
    most = load(server, PATH, (), CONNECTIONS, CAPACITY_SECONDS).requests_per_s
    turn_ms = 1000 * CONNECTIONS / (SHARE * most)
    tried = load(server, PATH, (), CONNECTIONS, CAPACITY_SECONDS, pause_ms=round(turn_ms))
    pause = round(2 * turn_ms - 1000 * CONNECTIONS / tried.requests_per_s)
    print(f"capacity {most:,.0f} a second; a pause of {pause} ms a connection", file=sys.stderr)
    return [_minute(server, pause) for _ in range(minutes)]


def _minute(server: Running, pause: int) -> Minute:
    with ThreadPoolExecutor(1) as other:
        loading = other.submit(load, server, PATH, (), CONNECTIONS, MINUTE, pause_ms=pause)
        time.sleep(MINUTE - 1)  # when the load ends, its connections close, each with its buffers, one after the other
        resident = resident_megabytes(server.process.pid)
        cell = loading.result()
    return Minute(cell.requests_per_s, cell.p50_ms, cell.p99_ms, cell.errors, resident)


def flatness(minutes: Sequence[Minute]) -> dict[str, float]:
    """Say how far resident memory is off its middle at most, and the slowest p99 from the quickest, as shares."""
    resident, p99 = [minute.resident_mb for minute in minutes], [minute.p99_ms for minute in minutes]
    middle = median(resident)
    return {
        "memory_off_its_middle": round(max(abs(size / middle - 1) for size in resident), 4),
        "slowest_p99_by_quickest": round(max(p99) / min(p99), 2),
    }


def resident_megabytes(pid: int) -> float:
    """Return the resident memory of a process (proc(5), in units of 1024 bytes), in millions of bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) * 1024 / 1e6, 1)


def print_soak(minutes: Sequence[Minute]) -> None:
    """Print a line for each minute."""
    print("minute  requests/s  p50 ms  p99 ms  errors  resident MB", file=sys.stderr)
    for number, minute in enumerate(minutes, 1):
        figures = f"{minute.requests_per_s:10,.0f}  {minute.p50_ms:6.1f}  {minute.p99_ms:6.1f}  {minute.errors:6}"
        print(f"{number:6}  {figures}  {minute.resident_mb:11.1f}", file=sys.stderr)
