"""The load that wrk makes, and what it saw."""

import json
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common import ROOT, TOKEN, BenchmarkError, Running

ANSWER_SECONDS = 10
SETTLE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Cell:
    """What wrk saw of one server on one route with so many connections."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    errors: int
    bytes_per_answer: float
    cpu_us_per_request: float
    """Processor time of the server, all of its threads: the figure that other work on the machine disturbs least."""
    cpu_busy: float
    """Processor time by wall time: near 1 where the server, and not wrk, is what limits."""


def wrk_version() -> str:
    """Return the version of wrk. Raises BenchmarkError if it is not there."""
    if not shutil.which("wrk"):
        raise BenchmarkError("wrk, which makes the load, is not installed: on Debian, apt-get install wrk")
    words = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout.split()
    return words[1] if len(words) > 1 else "unknown"


def load(
    server: Running, path: str, script_arguments: Sequence[str], connections: int, seconds: int, *, pause_ms: int = 0
) -> Cell:
    """Let wrk ask for one route as fast as it can, from one thread: it and the server take a processor each.

    With ``pause_ms``, each connection waits about so long before each request.
    """
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    command += ["--timeout", f"{ANSWER_SECONDS}s", "--script", str(ROOT / "benchmarks/wrk.lua")]
    command += ["--header", f"Authorization: Bearer {TOKEN}", "--header", "Content-Type: application/json"]
    time.sleep(SETTLE_SECONDS)  # the connections of the run before are closed meanwhile
    before = server.cpu_seconds()
    done = subprocess.run(
        [*command, server.url + path, "--", str(pause_ms), *script_arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 60,
    )
    cpu_seconds = server.cpu_seconds() - before
    if done.returncode:
        raise BenchmarkError(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    return _cell(json.loads(done.stdout.splitlines()[-1]), cpu_seconds)


def _cell(figures: Mapping[str, Any], cpu_seconds: float) -> Cell:
    if not figures["requests"]:
        raise BenchmarkError(f"a server answered nothing: {figures}")
    return Cell(
        requests_per_s=round(figures["requests"] / figures["seconds"], 1),
        p50_ms=figures["p50_ms"],
        p99_ms=figures["p99_ms"],
        max_ms=figures["max_ms"],
        errors=sum(figures["errors"].values()),
        bytes_per_answer=round(figures["bytes"] / figures["requests"], 1),
        cpu_us_per_request=round(cpu_seconds * 1e6 / figures["requests"], 1),
        cpu_busy=round(cpu_seconds / figures["seconds"], 2),
    )
