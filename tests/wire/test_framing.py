"""What HTTP/1.1 lets a client send around a request: trailers, upgrades, many requests at once."""

import json
from pathlib import Path

import pytest
from tests.wire.conftest import connection, exchange, read_answer

from minimon.protocol import MOST_BODY_BYTES, MOST_PIPELINED

CHUNKED = b"POST /v1/certify-score HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
JSON = b"Content-Type: application/json\r\n"


def memory_kib(service) -> int:
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def test_trailers_are_not_headers(service):
    trailers = b"0\r\nContent-Type: application/json\r\nX-Request-ID: trailed\r\n\r\n"
    answer = exchange(service, CHUNKED + b"\r\n" + trailers)
    assert answer.status == 415
    assert answer.headers["x-request-id"] != "trailed"


def test_a_chunked_body_with_trailers_is_read(service):
    answer = exchange(service, CHUNKED + JSON + b"\r\nb\r\n" + b'{"score":7}' + b"\r\n0\r\nA: b\r\n\r\n")
    assert answer.status == 200
    assert answer.json()["signed"]["payload"]["score"] == 7


def test_endless_trailers_cost_no_memory_and_end(service):
    before = memory_kib(service)
    with connection(service) as stream:
        stream.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
        flood = b"A: b\r\n" * (64 * MOST_BODY_BYTES // 6)
        with pytest.raises(OSError):  # noqa: PT011 - reset, broken pipe or TLS: the service hung up, however
            stream.sendall(flood)
    assert memory_kib(service) - before < 32 * 1024
    assert exchange(service, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").status == 200


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_body_is_read_whatever_upgrade_is_offered(service, framing):
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"
    head = b"POST /v1/certify-score HTTP/1.1\r\nHost: x\r\n" + JSON + upgrade
    body = b'{"score":5}'
    if framing == "length":
        request = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    else:
        request = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    for cut in (len(request), len(request) - 4, request.index(b"\r\n\r\n") + 2):
        with connection(service) as stream:
            stream.sendall(request[:cut])
            stream.sendall(request[cut:] + b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            first, second = read_answer(stream), read_answer(stream)
        assert (first.status, second.status) == (200, 200)
        assert json.loads(first.body)["signed"]["payload"]["score"] == 5


def test_more_requests_at_once_than_may_wait_end_the_connection(service):
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    with connection(service) as stream:
        stream.sendall(request * 9000)
        answers = []
        while answer := read_answer(stream):
            answers.append(answer.status)
    assert 1 <= len(answers) <= MOST_PIPELINED + 1
    assert exchange(service, request).status == 200


@pytest.mark.parametrize("before", [1, 2, 3])
def test_a_broken_body_ends_the_connection_after_the_answers_before_it(service, before):
    with connection(service) as stream:
        stream.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" * before + CHUNKED + JSON + b"\r\nno length\r\n")
        answers = [read_answer(stream) for _ in range(before + 1)]
    assert [answer and answer.status for answer in answers] == [200] * before + [None]


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n"])
def test_a_request_names_exactly_one_host(service, hosts):
    assert exchange(service, b"GET /livez HTTP/1.1\r\n" + hosts + b"\r\n").status == 400


def test_a_packed_body_is_refused(service):
    packed = b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"
    answer = exchange(service, b"POST /v1/certify-score HTTP/1.1\r\nHost: x\r\n" + JSON + packed)
    assert answer.status == 415
