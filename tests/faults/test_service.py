"""The whole service under faults: a sync that fails, a stop with hundreds of certifications in flight."""

import asyncio
import itertools
import json
import shutil
import signal
import sys

import pytest
from tests.wire.conftest import connection, ledger_lines, post, read_answer

from minimon.audit.verify import Verification

STRACE = shutil.which("strace")
needs_strace = pytest.mark.skipif(not STRACE, reason="strace is not installed")
SOON = 20
CLIENTS = 256
SLOW_SYNC = """
import time
from minimon.scores import journal
sync = journal._sync
def slow(descriptor):
    time.sleep(0.3)
    sync(descriptor)
journal._sync = slow
from minimon.cli import main
main(["serve"])
"""


def ledger(service):
    return service.folder / "data/certified_scores.jsonl"


def assert_sound(service):
    report = Verification(ledger(service)).run(1, lambda _: None)
    assert (report.status, report.findings) == (0, [])


def certify(stream, nonce):
    stream.sendall(post(json.dumps({"score": 1, "nonce": nonce}).encode()))
    return read_answer(stream, "POST")


@needs_strace
def test_after_a_failed_sync_the_service_is_not_ready_and_ends_with_status_1(run_service, tmp_path):
    assert run_service().stop() == 0  # the ledger is there, so that strace can watch its name
    trace, path = tmp_path / "trace", str(tmp_path / "data/certified_scores.jsonl")
    fault = ["-P", path, "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=2"]
    strace = [STRACE, "-D", "-f", "--seccomp-bpf", *fault, "-o", str(trace)]  # -D: the process is the service's own
    service = run_service(*strace, sys.executable, "-m", "minimon", MINIMON_RATE_LIMIT_PER_MIN="0")
    with connection(service) as stream:
        assert certify(stream, "kept").status == 200
        answer = certify(stream, "lost")
        assert (answer.status, answer.json()["error"]["code"]) == (503, "LEDGER_UNAVAILABLE")
        stream.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        ready = read_answer(stream)
        assert ready is None or ready.status == 503  # None: it has ended already
    assert service.process.wait(SOON) == 1
    assert "INJECTED" in trace.read_text()
    assert (
        f"minimon: {path.removeprefix(f'{tmp_path}/')}: a sync failed: check the disk" in service.log_path.read_text()
    )
    again = run_service()
    with connection(again) as stream:
        assert certify(stream, "kept").headers.keys() >= {"x-request-id"}
        assert certify(stream, "new").status == 200
    assert again.stop() == 0
    assert {"kept", "new"} <= {line["signed"]["payload"]["nonce"] for line in ledger_lines(again)}
    assert_sound(again)


class Load:
    """Clients that each certify one score after the other until their connection is closed."""

    def __init__(self, port):
        self.port = port
        self.outcome = {}
        """Status by nonce, 0 where no answer came."""
        self.answered = set()
        self.all_answered = asyncio.Event()

    async def ask_until_closed(self, name):
        reader, writer = await asyncio.open_connection("localhost", self.port)
        try:
            for number in itertools.count():
                nonce = f"{name}-{number}"
                self.outcome[nonce] = 0
                writer.write(post(json.dumps({"score": number, "nonce": nonce}).encode()))
                self.outcome[nonce] = await self._status(reader)
                self.answered.add(name)
                if len(self.answered) == CLIENTS:
                    self.all_answered.set()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _status(self, reader):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r")[0]))
        return int(head.split()[1])


async def stop_under_load(service):
    """Return the outcomes, and how many were not answered when the stop was asked for."""
    load = Load(service.port)
    clients = [asyncio.create_task(load.ask_until_closed(name)) for name in range(CLIENTS)]
    await asyncio.wait_for(load.all_answered.wait(), 60)
    in_flight = [nonce for nonce, status in load.outcome.items() if status == 0]
    service.process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(asyncio.gather(*clients), 60)
    return load.outcome, in_flight


@pytest.mark.parametrize("command", [(), (sys.executable, "-c", SLOW_SYNC)], ids=["this disk", "a slow disk"])
def test_a_stop_answers_what_is_in_flight_and_records_nothing_else(run_service, command):
    service = run_service(*command, MINIMON_TLS="0", MINIMON_RATE_LIMIT_PER_MIN="0")
    outcome, in_flight = asyncio.run(stop_under_load(service))
    assert service.process.wait(SOON) == 0
    certified = [nonce for nonce, status in outcome.items() if status == 200]
    recorded = [line["signed"]["payload"]["nonce"] for line in ledger_lines(service)]
    assert sorted(recorded) == sorted(certified)
    assert set(outcome.values()) <= {0, 200, 503}
    assert len(in_flight) == CLIENTS
    assert any(outcome[nonce] == 200 for nonce in in_flight)
    assert_sound(service)
