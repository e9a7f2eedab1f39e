"""What tests share: a clean environment, and the real service in a process of its own."""

import contextlib
import os
import re
import secrets
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
import hypothesis
import orjson
import pytest
from tests.postgres import PostgresServer, running_postgres

from minimon.environment import ENV_FILE, SECRETS_DIR, spellings
from minimon.settings import VARIABLES

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "minimon"
OURS = {ENV_FILE, SECRETS_DIR} | {spelling for variable in VARIABLES for spelling in spellings(variable.name)}
START_SECONDS = 30

# the same examples on every run, and no stopwatch: a busy machine fails nothing
hypothesis.settings.register_profile("minimon", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("minimon")
LISTENING = re.compile(rb"\blistening\b.*?\bport\W+(\d+)")
"""The line that says the port, in JSON or in text."""


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in an empty folder, with none of Minimon's variables set."""
    for name in OURS & os.environ.keys():
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@dataclass
class Service:
    """The real service, running."""

    process: subprocess.Popen[bytes]
    folder: Path
    log_path: Path
    port: int
    tls: bool

    @property
    def base_url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"

    def client(self, **options: object) -> httpx2.Client:
        """Return a client that trusts the service's own certificate."""
        verify = ssl.create_default_context(cafile=self.folder / "certs/cert.pem") if self.tls else True
        return httpx2.Client(base_url=self.base_url, verify=verify, trust_env=False, timeout=20, **options)

    def log(self) -> list[dict[str, object]]:
        """Return the log up to now, one record a line."""
        return [orjson.loads(line) for line in self.log_text().split("\n")[:-1]]

    def log_text(self) -> str:
        """Return the log up to now: lines are written in order, so a request more shows that those before are there."""
        mark = secrets.token_hex(16)
        if self.process.poll() is None:
            with self.client() as client, contextlib.suppress(httpx2.TransportError):
                client.get("/livez", headers={"X-Request-ID": mark})
                until = time.monotonic() + START_SECONDS
                while mark not in self.log_path.read_text("utf-8") and time.monotonic() < until:
                    select_briefly()
        return self.log_path.read_bytes().decode()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the service; return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS)


def start_service(
    folder: Path, variables: Mapping[str, str], command: tuple[str, ...] = (sys.executable, "-m", "minimon")
) -> Service:
    """Start the service in ``folder`` on a free port and wait until it listens."""
    environ = {name: value for name, value in os.environ.items() if name not in OURS}
    environ |= {"MINIMON_PORT": "0", "MINIMON_IMAGES_DIR": str(PICTURES), "MINIMON_HOST": "localhost", **variables}
    log_path = folder / "service.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=subprocess.STDOUT)
    port = _wait_for_port(process, log_path)
    return Service(process, folder, log_path, port, tls=environ.get("MINIMON_TLS", "1") == "1")


def _wait_for_port(process: subprocess.Popen[bytes], log_path: Path) -> int:
    with log_path.open("rb") as log:
        line = b""
        while process.poll() is None:
            line += log.readline()
            if not line.endswith(b"\n"):
                select_briefly()
                continue
            if found := LISTENING.search(line):
                return int(found[1])
            line = b""
    raise AssertionError(f"the service ended with {process.returncode}: {log_path.read_text()}")


def select_briefly() -> None:
    """Give the service a moment."""
    signal.sigtimedwait([], 0.01)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service with its defaults, but for the rate limit, for every test that only asks it things."""
    running = start_service(tmp_path_factory.mktemp("service"), {"MINIMON_RATE_LIMIT_PER_MIN": "0"})
    yield running
    running.stop()


@pytest.fixture
def run_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start services of a test's own; each is ended with the test."""
    running: list[Service] = []

    def run(*command: str, **variables: str) -> Service:
        service = start_service(tmp_path, variables, command or (sys.executable, "-m", "minimon"))
        running.append(service)
        return service

    yield run
    for service in running:
        if service.process.poll() is None:
            service.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def start_real() -> Callable[..., Service]:
    """Return what starts the real service in a folder, for fixtures that outlive a test."""
    return start_service


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One real PostgreSQL for all tests of a process: each takes a database of its own."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def refused() -> Callable[[Path, Mapping[str, str]], tuple[int, list[str]]]:
    """Return what tries to start the real service where it must not start: its status and its lines."""

    def start(folder: Path, variables: Mapping[str, str]) -> tuple[int, list[str]]:
        environ = {name: value for name, value in os.environ.items() if name not in OURS}
        environ |= {"MINIMON_PORT": "0", "MINIMON_IMAGES_DIR": str(PICTURES), "MINIMON_HOST": "localhost", **variables}
        command = (sys.executable, "-m", "minimon", "serve")
        done = subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, timeout=START_SECONDS, check=False
        )
        return done.returncode, done.stderr.splitlines()

    return start
