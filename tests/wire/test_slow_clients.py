"""Slow, silent and greedy clients: each is let go of, and nobody else waits for them.

The service runs with shorter clocks than its own (see ``SHORT``), so that the cases take seconds; all of them run at
the same time, and the tests look at what came of each.
"""

import contextlib
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable

import pytest
from tests.wire.conftest import (
    Answer,
    assert_problem,
    assert_unharmed,
    connection,
    exchange,
    ledger_lines,
    post,
    read_answer,
)

from minimon import protocol, server

SHORT = """
from minimon import protocol, server
protocol.REQUEST_SECONDS = server.REQUEST_SECONDS = protocol.STALL_SECONDS = 2
server.IDLE_SECONDS = 3
from minimon.cli import main
main(["serve"])
"""
LONG = 15
"""Seconds after which a case gives up: the service has not let go of its client."""
GENERATE = b"GET /v1/generate HTTP/1.1\r\nHost: x\r\n\r\n"
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
MANY = 600
LET_GO = (ConnectionError, ssl.SSLError, OSError)


def drip(stream: socket.socket, piece: bytes, pause: float = 0.1) -> Answer | None:
    """Send ``piece`` again and again until the service answers or hangs up."""
    until = time.monotonic() + LONG
    stream.settimeout(pause)
    received = b""
    while time.monotonic() < until:
        with contextlib.suppress(TimeoutError):
            try:
                stream.sendall(piece)
                received = stream.recv(65536)
            except LET_GO as error:
                if isinstance(error, TimeoutError):
                    continue
                return None
            return parsed(received + drained(stream)) if received else None
        time.sleep(pause)
    raise AssertionError("the service never let go")


def drained(stream: socket.socket) -> bytes:
    stream.settimeout(LONG)
    found = b""
    with contextlib.suppress(*LET_GO):
        while chunk := stream.recv(65536):
            found += chunk
    return found


def parsed(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    return Answer(int(first.split()[1]), dict(line.lower().split(": ", 1) for line in rest), body)


def wait_for_end(stream: socket.socket) -> None:
    """Read until the service hangs up."""
    stream.settimeout(LONG)
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while stream.recv(65536):
            pass


def silent(service) -> Answer | None:
    with connection(service) as stream:
        stream.settimeout(LONG)
        return read_answer(stream)


def silent_before_tls(service) -> None:
    with socket.create_connection(("localhost", service.port), timeout=LONG) as plain:
        wait_for_end(plain)


def half_a_tls_greeting(service) -> None:
    with socket.create_connection(("localhost", service.port), timeout=LONG) as plain:
        plain.sendall(b"\x16\x03\x01\x02\x00\x01")
        wait_for_end(plain)


def one_byte_at_a_time(service) -> Answer | None:
    with connection(service) as stream:
        stream.sendall(b"GET /health HTTP/1.1\r\nX: ")
        return drip(stream, b"a")


def half_a_head(service) -> Answer | None:
    with connection(service) as stream:
        stream.sendall(b"GET /health HTTP/1.1\r\nHost:")
        stream.settimeout(LONG)
        return read_answer(stream)


def dripping_body(service) -> Answer | None:
    with connection(service) as stream:
        stream.sendall(post(b'{"score": 1', "X-Request-ID: drip", "Content-Length: 16000", length=False))
        return drip(stream, b" ")


def silent_body(service) -> Answer | None:
    with connection(service) as stream:
        head = ("Accept-Language: fr", "X-Request-ID: silent-body", "Content-Length: 12")
        stream.sendall(post(b"", *head, length=False))
        stream.settimeout(LONG)
        return read_answer(stream, "POST")


def dripping_chunks(service) -> Answer | None:
    with connection(service) as stream:
        stream.sendall(post(b"", "Transfer-Encoding: chunked", length=False))
        return drip(stream, b"1\r\n \r\n")


def body_that_nobody_asked_for(service) -> None:
    with connection(service) as stream:
        stream.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 16000\r\n\r\n")
        assert read_answer(stream).status == 200
        assert drip(stream, b" ") is None


def endless_body(service) -> None:
    """Send a body without end behind an answer of 413."""
    with connection(service) as stream:
        stream.sendall(post(b"", f"Content-Length: {10**15}", length=False))
        assert_problem(read_answer(stream, "POST"), 413, "PAYLOAD_TOO_LARGE")
        assert drip(stream, b" " * 10_000, 0.02) is None


def blank_lines(service) -> Answer | None:
    with connection(service) as stream:
        stream.sendall(HEALTH)
        assert read_answer(stream).status == 200
        return drip(stream, b"\r\n")


def blank_lines_in_bulk(service) -> Answer | None:
    with connection(service) as stream, contextlib.suppress(ConnectionError, ssl.SSLError):
        for _ in range(10):
            stream.sendall(b"\r\n" * 20_000)
        stream.settimeout(LONG)
        return read_answer(stream)


def idle(service) -> None:
    with connection(service) as stream:
        stream.sendall(HEALTH)
        assert read_answer(stream).status == 200
        wait_for_end(stream)


def idle_after_a_body_that_came_late(service) -> None:
    with connection(service) as stream:
        stream.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
        assert read_answer(stream).status == 200
        stream.sendall(b"{}")
        wait_for_end(stream)


def second_request_half_there(service) -> Answer | None:
    with connection(service) as stream:
        stream.sendall(HEALTH + b"GET /health HTTP/1.1\r\nHos")
        assert read_answer(stream).status == 200
        stream.settimeout(LONG)
        return read_answer(stream)


def never_reads(service) -> int:
    """Ask for many pictures and read none for a while; return how many bytes are to be had after that."""
    with connection(service) as stream:
        stream.sendall(GENERATE * MANY)
        time.sleep(5)
        return len(drained(stream))


def never_reads_its_last_answer(service) -> None:
    """Ask for one picture and fall asleep: too little to stall the service, enough to hold a connection."""
    with connection(service) as stream:
        stream.sendall(HEALTH)
        time.sleep(4.5)
        stream.settimeout(LONG)
        wait_for_end(stream)


def reads_slowly(service) -> Answer | None:
    """Take an answer in small sips, for longer than the service waits for one that takes nothing."""
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(LONG)
        plain.connect(("127.0.0.1", service.port))
        stream = plain
        if service.tls:
            context = ssl.create_default_context(cafile=service.folder / "certs/cert.pem")
            stream = context.wrap_socket(plain, server_hostname="localhost")
        with stream:
            stream.sendall(GENERATE * 12)
            count, until = 0, time.monotonic() + 3 * 2
            while time.monotonic() < until:
                count += len(stream.recv(8192))
                time.sleep(0.05)
            return Answer(200, {}, b"%d" % count)


def steady(service) -> int:
    """An honest client, meanwhile: return how many of its requests were answered."""
    answered = 0
    until = time.monotonic() + 4
    while time.monotonic() < until:
        answered += exchange(service, HEALTH).status == 200
        time.sleep(0.2)
    return answered


CASES: tuple[Callable[..., object], ...] = (
    silent,
    silent_before_tls,
    half_a_tls_greeting,
    one_byte_at_a_time,
    half_a_head,
    dripping_body,
    silent_body,
    dripping_chunks,
    body_that_nobody_asked_for,
    endless_body,
    blank_lines,
    blank_lines_in_bulk,
    idle,
    idle_after_a_body_that_came_late,
    second_request_half_there,
    never_reads,
    never_reads_its_last_answer,
    reads_slowly,
    steady,
)


LATE = (
    one_byte_at_a_time,
    half_a_head,
    dripping_body,
    silent_body,
    dripping_chunks,
    blank_lines,
    second_request_half_there,
)
LINGERING = (
    silent_before_tls,
    half_a_tls_greeting,
    body_that_nobody_asked_for,
    endless_body,
    idle,
    idle_after_a_body_that_came_late,
    never_reads_its_last_answer,
)


@pytest.fixture(scope="module")
def services(launch):
    return {tls: launch(sys.executable, "-c", SHORT, MINIMON_TLS=tls) for tls in ("1", "0")}


@pytest.fixture(scope="module")
def all_outcomes(services):
    """Run every case on both services at the same time; return what came of each: a value, or the exception."""
    found: dict[tuple[str, Callable[..., object]], object] = {}

    def run(tls: str, case: Callable[..., object]) -> None:
        try:
            found[tls, case] = case(services[tls])
        except BaseException as error:  # noqa: BLE001 - handed to the test
            found[tls, case] = error

    threads = [threading.Thread(target=run, args=(tls, case)) for tls in services for case in CASES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture(params=["1", "0"], ids=["https", "http"])
def besieged(services, all_outcomes, request):
    return services[request.param]


@pytest.fixture
def outcome(all_outcomes, besieged):
    def of(case: Callable[..., object]) -> object:
        result = all_outcomes["1" if besieged.tls else "0", case]
        if isinstance(result, BaseException):
            raise result
        return result

    return of


@pytest.mark.parametrize(
    "case",
    LATE,
)
def test_a_request_that_does_not_arrive_in_time_is_told_so(outcome, case):
    problem = assert_problem(outcome(case), 408, "REQUEST_TIMEOUT")
    assert "2 s" in problem["detail"]


def test_a_late_body_is_answered_under_the_callers_id_in_the_callers_language(outcome):
    assert outcome(dripping_body).headers["x-request-id"] == "drip"
    answer = outcome(silent_body)
    assert answer.headers["x-request-id"] == "silent-body"
    assert answer.json()["detail"].startswith("La requête")


def test_a_late_body_has_one_log_line_with_its_status(outcome, besieged):
    outcome(dripping_body)
    lines = [record for record in besieged.log() if record.get("request_id") == "drip"]
    assert [(line["event"], line["status"], line["route"]) for line in lines] == [("request", 408, "/v1/certify-score")]


def test_a_client_that_says_nothing_is_let_go_without_a_word(outcome):
    assert outcome(silent) is None


@pytest.mark.parametrize(
    "case",
    LINGERING,
)
def test_the_service_lets_go_of(outcome, case):
    outcome(case)


def test_a_client_that_takes_none_of_its_answers_is_cut_off(outcome):
    assert outcome(never_reads) < MANY * 30_000


def test_blank_lines_in_bulk_are_refused(outcome):
    answer = outcome(blank_lines_in_bulk)
    assert answer is None or answer.status in {408, 431}


def test_a_client_that_reads_slowly_but_reads_is_served(outcome):
    assert int(outcome(reads_slowly).body) > 100_000


def test_other_clients_are_answered_meanwhile(outcome):
    assert outcome(steady) >= 5


def test_nothing_was_certified_and_the_service_lives(besieged):
    assert ledger_lines(besieged) == []
    assert_unharmed(besieged)


def test_the_real_clocks_are_short_enough_for_a_service_and_long_enough_for_a_client():
    assert 2 <= protocol.REQUEST_SECONDS <= 10
    assert 10 <= protocol.STALL_SECONDS <= 60
    assert server.IDLE_SECONDS > 60  # common proxies keep connections for 60 s
