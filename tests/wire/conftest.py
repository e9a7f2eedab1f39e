"""What the wire tests share: raw sockets, the one error shape, the ledger's lines."""

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.conftest import PICTURES, Service, start_service

from minimon.cli import main
from minimon.web.schemas import Problem

SECURITY_HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
TOKEN = "s3cret-Token"


@dataclass
class Answer:
    """An answer, however it was fetched."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@contextlib.contextmanager
def connection(service: Service) -> Iterator[socket.socket]:
    """A raw connection to ``service``; reads wait at most 20 s."""
    with socket.create_connection(("localhost", service.port), timeout=20) as plain:
        if not service.tls:
            yield plain
            return
        context = ssl.create_default_context(cafile=service.folder / "certs/cert.pem")
        context.suppress_ragged_eofs = True
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            yield secure


def read_answer(stream: socket.socket, method: str = "GET") -> Answer | None:
    """Read one answer; None if the service hangs up without one."""
    response = http.client.HTTPResponse(stream, method=method)
    try:
        response.begin()
        return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, response.read())
    except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLError):
        return None
    finally:
        response.close()


def exchange(service: Service, data: bytes, method: str = "GET") -> Answer | None:
    """Send ``data`` on a connection of its own and read one answer."""
    with connection(service) as stream:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            stream.sendall(data)
        return read_answer(stream, method)


def post(body: bytes, *headers: str, content_type: str = "application/json", length: bool = True) -> bytes:
    """Return the bytes of a certify-score request."""
    lines = ["POST /v1/certify-score HTTP/1.1", "Host: localhost", f"Content-Type: {content_type}", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Assert that ``answer`` is the one error shape with this status and code, and leaks nothing; return its JSON."""
    assert answer is not None, "the service hung up without an answer"
    body = answer.body if isinstance(answer, Answer) else answer.content
    found = answer.status if isinstance(answer, Answer) else answer.status_code
    assert found == status, (found, body[:500])
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["content-type"] == "application/problem+json"
    assert headers["cache-control"] == "no-store"
    assert SECURITY_HEADERS.items() <= headers.items()
    problem = json.loads(body)
    Problem.model_validate(problem, strict=True, extra="forbid")
    assert problem["status"] == status
    assert problem["error"]["code"] == code
    assert problem["detail"] == problem["error"]["message"]
    assert problem["instance"] == headers["x-request-id"]
    assert b"Traceback" not in body and b"site-packages" not in body
    return problem  # type: ignore[no-any-return]


def ledger_lines(service: Service) -> list[dict[str, Any]]:
    """Return the scores in the service's ledger, and lines of older versions, which have no type."""
    data = (service.folder / "data/certified_scores.jsonl").read_bytes()
    assert data == b"" or data.endswith(b"\n")
    records = [json.loads(line) for line in data.splitlines()]
    return [record for record in records if record.get("type", "score") == "score"]


def wait_for(found: Callable[[], Any]) -> Any:
    """Ask again and again until there is something, for at most 20 s; return it."""
    for _ in range(1000):
        if something := found():
            return something
        time.sleep(0.02)
    raise AssertionError("it never came")


def assert_unharmed(service: Service) -> None:
    """Assert that the service lives, answers, and logged neither a server fault nor a traceback."""
    assert service.process.poll() is None
    with service.client() as client:
        assert client.get("/health").status_code == 200
    text = service.log_text()
    assert "Traceback" not in text
    for record in service.log():
        assert record["level"] != "error", record
        assert record.get("status", 200) != 500, record


@pytest.fixture
def start_fails(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., list[str]]]:
    """Start a service that must not start: return its lines on standard error. In this process, to save imports."""
    monkeypatch.setenv("MINIMON_PORT", "0")
    monkeypatch.setenv("MINIMON_IMAGES_DIR", str(PICTURES))
    monkeypatch.setenv("MINIMON_HOST", "localhost")
    emergency = threading.Timer(30, os.kill, (os.getpid(), signal.SIGTERM))  # it starts after all: stop it again
    emergency.start()

    def run(**variables: str) -> list[str]:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main([])
        shown = capfd.readouterr()
        assert ended.value.code == 2
        assert "Traceback" not in shown.out + shown.err
        lines = shown.err.splitlines()
        assert lines and all(line.startswith("minimon: ") for line in lines), shown
        return lines

    yield run
    emergency.cancel()


Launch = Callable[..., Service]


@pytest.fixture(scope="module")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    """Start services that live as long as a module's tests; no rate limit unless one is asked for."""
    running: list[Service] = []

    def run(*command: str, **variables: str) -> Service:
        folder = tmp_path_factory.mktemp("service")
        variables = {"MINIMON_RATE_LIMIT_PER_MIN": "0", **variables}
        running.append(start_service(folder, variables, command or (sys.executable, "-m", "minimon")))
        return running[-1]

    yield run
    for service in running:
        if service.process.poll() is None:
            service.stop()
