"""Four replicas on one ledger in PostgreSQL while things die: what was acknowledged is there, and there once."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import httpx2
import orjson
import pytest
from tests.conftest import OURS
from tests.postgres import running_postgres
from tests.scale.conftest import load
from tests.servers import until

from minimon.audit.verify import Verification
from minimon.keys import checkpoint_files, load_pair
from minimon.scores.checkpoint_key import checkpoint_key_of
from minimon.scores.postgres.transfer import Transfer
from minimon.settings import Settings

REPLICAS = 4
HOLD_SECONDS = 6
BEFORE, AFTER = 100, 200


class Certifying:
    """Asks for certifications, each with a nonce of its own, and notes what was asked and what acknowledged."""

    def __init__(self):
        self.asked = set()
        self.taken = {}

    async def __call__(self, client, number):
        self.asked.add(number)
        answer = await client.post("/v1/certify-score", json=self.body(number))
        if answer.status_code == 200:
            self.taken[number] = answer.json()["receipt"]["index"]
        return answer.status_code, str(self.taken.get(number, ""))

    def body(self, number):
        return {"score": number, "subject": "load", "nonce": str(number)}

    def ask_again(self, replica):
        """Send what was not acknowledged once more: each with the nonce that it had."""
        with replica.client() as client:
            for number in self.asked - self.taken.keys():
                answer = client.post("/v1/certify-score", json=self.body(number))
                assert answer.status_code == 200, answer.text
                self.taken[number] = answer.json()["receipt"]["index"]


@pytest.fixture(scope="module")
def server():
    with running_postgres() as server:
        yield server


@pytest.fixture
def variables(tmp_path, server):
    """What the replicas share: keys, and a database of the test's own, with a role that may only add."""
    names = ("SIGNING_KEY", "SIGNING_CERT", "CHECKPOINT_KEY")
    keys = {f"MINIMON_{name}_PATH": str(tmp_path / "keys" / name) for name in names}
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    subprocess.run(
        [sys.executable, "-m", "minimon", "keys", "make"],
        cwd=tmp_path,
        env=clean | keys,
        check=True,
        capture_output=True,
    )
    database, role = server.database(), server.role()
    Transfer(Settings(ledger_url=server.url(database))).make_tables(role)
    return keys | {"MINIMON_LEDGER_URL": server.url(database, role)}


@pytest.fixture
def in_ledger(variables, tmp_path):
    """Return the number of every score in the ledger, by index, once the verifier has found that sound."""

    def read():
        settings = Settings(
            ledger_url=variables["MINIMON_LEDGER_URL"], checkpoint_key_path=variables["MINIMON_CHECKPOINT_KEY_PATH"]
        )
        key = checkpoint_key_of(load_pair(checkpoint_files(settings)))
        Transfer(settings).export_file(tmp_path / "exported.jsonl", key)
        report = Verification(tmp_path / "exported.jsonl", verifier=key.verifier).run(1, lambda _: None)
        assert (report.status, report.findings) == (0, [])
        lines = (tmp_path / "exported.jsonl").read_bytes().splitlines()
        payloads = [orjson.loads(line)["signed"]["payload"] for line in lines]
        return {index: payload["score"] for index, payload in enumerate(payloads) if "score" in payload}

    return read


def kill_a_replica(_server, replicas, _line):
    replicas[0].stop(signal.SIGKILL)


def hold_a_replica(_server, replicas, _line):
    replicas[0].process.send_signal(signal.SIGSTOP)
    time.sleep(HOLD_SECONDS)
    replicas[0].process.send_signal(signal.SIGCONT)


def restart_the_server(server, _replicas, _line):
    server.restart()


def crash_the_server(server, _replicas, _line):
    server.restart(signal.SIGQUIT)


def hold_the_server(server, _replicas, _line):
    server.hold()
    time.sleep(HOLD_SECONDS)
    server.go_on()


def cut_every_connection(server, _replicas, _line):
    server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'minimon'")


def cut_the_server_off(_server, _replicas, line):
    line.hang()
    time.sleep(HOLD_SECONDS)
    line.mend()


@pytest.fixture
def line(server, cable):
    """Every connection of the replicas to the server."""
    return cable(server.port)


@pytest.fixture
def replicas(fleet, server, variables, line):
    url = variables["MINIMON_LEDGER_URL"].replace(f":{server.port}/", f":{line.port}/")
    return fleet.start(REPLICAS, **variables | {"MINIMON_LEDGER_URL": url})


@pytest.fixture(
    params=[
        kill_a_replica,
        hold_a_replica,
        cut_every_connection,
        restart_the_server,
        crash_the_server,
        hold_the_server,
        cut_the_server_off,
    ]
)
def fault(request, server, replicas, line):
    """Return what goes wrong, to be called."""
    return partial(request.param, server, replicas, line)


def test_nothing_acknowledged_is_missing_and_nothing_is_there_twice(replicas, in_ledger, enter, fault):
    certifying = Certifying()
    with load(replicas, certifying, clients=16) as seen:
        seen.wait(BEFORE)
        began = time.monotonic()
        fault()
        seen.wait(AFTER)
    unsure = len(certifying.asked - certifying.taken.keys())
    certifying.ask_again(replicas[-1])
    there = in_ledger()
    missing = [number for number, index in certifying.taken.items() if there.get(index) != number]
    enter(
        f"PostgreSQL ledger: {fault.func.__name__.replace('_', ' ')}", seen,
        acknowledged=len(certifying.taken) - unsure, missing=len(missing), twice=len(there) - len(set(there.values())),
        longest_gap=round(seen.longest_gap(began), 1), statuses=dict(seen.statuses()),
    )  # fmt: skip
    assert not missing
    assert sorted(there) == list(range(1, len(certifying.asked) + 1))
    assert sorted(there.values()) == sorted(certifying.asked)
    assert fault.func is not cut_every_connection or not seen.failed()  # they are made anew within the patience
    assert fault.func is not hold_a_replica or seen.longest_gap(began) < HOLD_SECONDS - 1  # the others went on


def test_a_replica_whose_database_is_away_is_not_ready_until_it_is_back(fleet, server, variables, cable):
    far = cable(server.port)
    url = variables["MINIMON_LEDGER_URL"].replace(f":{server.port}/", f":{far.port}/")
    (replica,) = fleet.start(1, **variables | {"MINIMON_LEDGER_URL": url})

    def ready():
        return httpx2.get(f"{replica.base_url}/readyz", trust_env=False).status_code == 200

    assert ready()
    far.cut()
    until(lambda: not ready())
    with replica.client() as client:
        for method, path in (("POST", "certify-score"), ("GET", "ledger/checkpoint")):
            answer = client.request(method, f"/v1/{path}", json={"score": 1} if method == "POST" else None)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "LEDGER_UNAVAILABLE")
        assert client.get("/v1/generate").status_code == 200
    far.mend()
    until(ready)
    with replica.client() as client:
        assert client.post("/v1/certify-score", json={"score": 1}).status_code == 200
