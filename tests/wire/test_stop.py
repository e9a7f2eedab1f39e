"""How the service stops: what is in flight is answered, nothing is lost, nobody is waited for in vain."""

import signal
import subprocess
import sys
import threading

import pytest
from tests.wire.conftest import connection, ledger_lines, post, read_answer, wait_for

SLOW_LEDGER = """
import time
from minimon.scores import journal
sync = journal._sync
def slow(descriptor):
    time.sleep(1)
    sync(descriptor)
journal._sync = slow
from minimon.cli import main
main(["serve"])
"""
SOON = 10
"""Seconds: far more than a stop needs, far less than the 30 s of a drain that waits for someone."""


@pytest.mark.parametrize(("tls", "number"), [("1", signal.SIGTERM), ("0", signal.SIGINT)])
def test_a_request_in_flight_is_answered_and_its_record_is_whole(run_service, number, tls):
    service = run_service(sys.executable, "-c", SLOW_LEDGER, MINIMON_TLS=tls)
    with connection(service) as stream:
        stream.sendall(post(b'{"score": 1}', "X-Request-ID: last"))
        threading.Event().wait(0.2)  # the record is with the ledger now
        service.process.send_signal(number)
        answer = read_answer(stream, "POST")
    assert answer.status == 200
    assert answer.headers["connection"] == "close"
    assert service.process.wait(SOON) == 0
    (line,) = ledger_lines(service)
    assert line["signed"] == answer.json()["signed"]
    assert "Traceback" not in service.log_path.read_text()


def test_a_body_that_is_still_on_its_way_is_waited_for(run_service):
    service = run_service()
    with connection(service) as stream:
        data = post(b'{"score": 1}')
        stream.sendall(data[:-5])
        threading.Event().wait(0.2)
        service.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "Shutting down" in service.log_path.read_text())
        stream.sendall(data[-5:])
        assert read_answer(stream, "POST").status == 200
    assert service.process.wait(SOON) == 0
    assert len(ledger_lines(service)) == 1


@pytest.mark.parametrize("tls", ["1", "0"])
def test_idle_and_half_open_connections_do_not_delay_the_stop(run_service, tls):
    service = run_service(MINIMON_TLS=tls)
    with connection(service) as idle, connection(service) as silent, connection(service) as half:
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(idle).status == 200
        half.sendall(b"GET /health HT")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(SOON) == 0
        assert silent.recv(1) == b""


def test_a_stopped_service_takes_no_more_requests_and_a_new_one_may_have_its_port(run_service):
    first = run_service()
    with first.client() as client:
        assert client.get("/health").status_code == 200
        assert first.stop() == 0
    second = run_service(MINIMON_PORT=str(first.port))
    with second.client() as client:
        assert client.get("/health").status_code == 200


def test_ctrl_c_during_the_start_leaves_no_traceback(tmp_path):
    heard = "signal.signal(signal.SIGINT, signal.default_int_handler)"  # ignored where a shell started us with `&`
    script = f"import os, signal; {heard}; os.kill(os.getpid(), signal.SIGINT)"
    code = f"from minimon import cli\ncli.load_settings = lambda: exec({script!r})\ncli.main(['serve'])"
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, timeout=20, check=False)
    assert (ended.returncode, ended.stderr) == (130, b"")
