"""What the programs share: the real service in a process of its own, what it runs on, and a result as JSON."""

import argparse
import json
import os
import platform
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any, Never

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "a-token-for-measurements"
OURS = ("MINIMON_", "SDXL_", "OPENAI_", "LOG_")
START_SECONDS = 120
STOP_SECONDS = 40
PACKAGES = ("minimon", "uvicorn", "uvloop", "httptools", "starlette", "fastapi", "structlog", "cryptography")

FEATURES = {
    "MINIMON_HOST": "127.0.0.1",
    "MINIMON_IMAGES_DIR": str(ROOT / "minimon"),
    "MINIMON_TLS": "1",
    "MINIMON_BEARER_TOKEN": TOKEN,
    "MINIMON_RATE_LIMIT_PER_MIN": "1000000",  # the highest: every request is counted and none is refused
    "LOG_LEVEL": "INFO",
    "LOG_JSON": "1",
}
"""Everything that costs time in an installation that takes care: TLS, token, rate limit, JSON logs."""


class BenchmarkError(Exception):
    """A measurement cannot be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs in a process of its own, on the loopback interface."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The address that every route is under."""
        return f"https://127.0.0.1:{self.port}"

    def trust(self) -> ssl.SSLContext:
        """Return what a client needs to trust the server's certificate."""
        return ssl.create_default_context(cafile=self.folder / "certs/cert.pem")

    def cpu_seconds(self) -> float:
        """Return the processor time that the threads of the process have had so far, in user and system mode."""
        return cpu_seconds(self.process.pid)


def cpu_seconds(pid: int) -> float:
    """Return the processor time that the threads of a process have had so far, in user and system mode."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9  # exact, where stat counts in ticks


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return this environment without any variable of Minimon's but the measured features and ``variables``."""
    foreign = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return foreign | FEATURES | {"PYTHONUNBUFFERED": "1"} | dict(variables)


@contextmanager
def serving(name: str, command: list[str], folder: Path, variables: Mapping[str, str]) -> Iterator[Running]:
    """Run a server on a free port until it is ready, which it logs as ``{"event": "listening", "port": …}``."""
    with starting(name, command, folder, {"MINIMON_PORT": "0", **variables}) as process:
        yield Running(process, folder, _port(process, folder / f"{name}.log"))


@contextmanager
def starting(
    name: str, command: list[str], folder: Path, variables: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process in ``folder``, its output in ``<name>.log`` there, and end it for certain."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(variables), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    finally:  # also when a second Ctrl+C ends the waiting
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[bytes], log_path: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for line in log_path.read_bytes().splitlines(keepends=True):
            if b'"listening"' in line and line.endswith(b"\n"):
                return int(json.loads(line)["port"])
        time.sleep(0.02)
    raise BenchmarkError(f"a server did not start (status {process.poll()}):\n{log_path.read_text()[-2000:]}")


def service_command() -> list[str]:
    """Return the command that starts the real service."""
    return [sys.executable, "-m", "minimon", "serve"]


def options_parser(doc: str | None, *, seconds: int = 0, rounds: int = 0) -> argparse.ArgumentParser:
    """Return a parser with the options that the programs share; ``seconds`` and ``rounds`` are there if not 0."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    if seconds:
        parser.add_argument("--seconds", type=int, default=seconds, help=f"load for each figure (default: {seconds})")
    if rounds:
        parser.add_argument("--rounds", type=int, default=rounds, help=f"turns for each figure (default: {rounds})")
    parser.add_argument("--output", type=Path, help="file that gets the JSON, too")
    return parser


def machine() -> dict[str, Any]:
    """Say what kind of machine this is, and how busy it is with other work."""
    models = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    kilobytes = next(int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(kilobytes * 1024 / 1e9, 1),
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def versions() -> dict[str, str]:
    """Return the versions of what takes part."""
    packages = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "openssl": ssl.OPENSSL_VERSION.split()[1], **packages}


def print_result(result: Mapping[str, Any], output: Path | None = None) -> None:
    """Print the result as the last line of standard output, and write it to a file if one is named."""
    if output:
        output.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result), flush=True)


def end_on_sigterm() -> None:
    """Let SIGTERM end this program the way Ctrl+C does: every process that it started is ended first."""

    def stop(_number: int, _frame: FrameType | None) -> Never:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
