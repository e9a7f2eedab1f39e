"""Keys: refused where others may read them or they have expired, replaced so that the ledger shows the handover."""

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from minimon import keys
from minimon.audit.verify import Verification
from minimon.errors import StartError
from minimon.keys import PairFiles, expiry_warning, load_pair, make_pair


def minimon(service, *arguments):
    command = [sys.executable, "-m", "minimon", *arguments]
    return subprocess.run(command, cwd=service.folder, capture_output=True, text=True, check=False)


def kids(service):
    with service.client() as client:
        return [key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]]


def certify(service, score):
    with service.client() as client:
        answer = client.post("/v1/certify-score", json={"score": score}).json()
        line = client.get(f"/v1/ledger/records/{answer['receipt']['index']}").json()
        assert client.post("/v1/verify-score", json=answer).json()["valid"] is True
        return line["kid"], answer


def status(service):
    return Verification(service.folder / "data/certified_scores.jsonl").run(1, lambda _: None).status


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        signal.sigtimedwait([], 0.02)


def test_a_running_service_hands_over_and_still_verifies_what_the_old_key_signed(run_service):
    service = run_service()
    old, first = certify(service, 1)
    done = minimon(service, "keys", "rotate")
    assert done.returncode == 0, done.stderr
    assert f"pid {service.process.pid}" in done.stdout
    wait_for(lambda: len(kids(service)) == 2)
    wait_for(lambda: certify(service, 2)[0] != old)
    with service.client() as client:
        assert client.post("/v1/verify-score", json=first).json()["valid"] is True
    assert service.stop() == 0
    assert status(service) == 0
    again = run_service()
    assert kids(again)[0] == old and certify(again, 3)[0] == kids(again)[1]


def test_a_stopped_service_goes_on_with_the_new_key(run_service):
    service = run_service()
    old, _ = certify(service, 1)
    service.stop()
    done = minimon(service, "keys", "rotate")
    assert (done.returncode, "in the ledger" in done.stdout) == (0, True), done.stderr
    service = run_service()
    assert certify(service, 2)[0] != old
    service.stop()
    assert status(service) == 0


def test_a_replica_takes_up_a_key_to_which_somebody_else_has_handed_over(run_service, tmp_path, postgres):
    (tmp_path / ".env").write_text(f"MINIMON_LEDGER_URL={postgres.url(postgres.database())}\n")
    service = run_service()
    old, _ = certify(service, 1)
    done = minimon(service, "keys", "rotate")
    assert (done.returncode, "in the ledger" in done.stdout) == (0, True), done.stderr
    assert certify(service, 2)[0] == old
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: certify(service, 3)[0] != old)
    assert (kids(service)[0], len(kids(service))) == (old, 2)


def test_another_key_without_a_handover_stops_the_start(run_service, tmp_path):
    service = run_service()
    certify(service, 1)
    service.stop()
    for name in ("key", "cert"):
        (service.folder / f"certs/app_signing_{name}.pem").unlink()
    with pytest.raises(AssertionError, match="its signing key is"):
        run_service()


CUT_OFF = """
import sys
from minimon import rotation
from minimon.settings import load_settings
rotation._put_in_place = lambda *_: sys.exit(9)
rotation.rotate(load_settings())
"""


def test_a_rotation_that_was_cut_off_is_finished_by_moving_the_files(run_service):
    service = run_service()
    old, _ = certify(service, 1)
    service.stop()
    command = [sys.executable, "-c", CUT_OFF]
    assert subprocess.run(command, cwd=service.folder, capture_output=True, check=False).returncode == 9
    assert "its signing key is" in minimon(service, "keys", "rotate").stderr
    for file in service.folder.glob("certs/*.new"):
        file.replace(file.with_suffix(""))
    service = run_service()
    assert certify(service, 2)[0] != old
    service.stop()
    assert status(service) == 0


def test_a_lost_key_is_replaced_and_what_it_signed_still_verifies(run_service):
    service = run_service()
    old, first = certify(service, 1)
    assert "has this ledger open" in minimon(service, "keys", "rotate", "--lost").stderr
    service.stop()
    for name in ("key", "cert"):
        (service.folder / f"certs/app_signing_{name}.pem").unlink()
    assert minimon(service, "keys", "rotate").returncode == 2
    done = minimon(service, "keys", "rotate", "--lost")
    assert (done.returncode, f"in the place of {old}, which is lost" in done.stdout) == (0, True), done.stderr
    assert "has signed in this ledger before" in minimon(service, "keys", "rotate", "--lost").stderr
    service = run_service()
    new, _ = certify(service, 2)
    assert kids(service) == [old, new]
    with service.client() as client:
        assert client.post("/v1/verify-score", json=first).json()["valid"] is True
    service.stop()
    assert status(service) == 0


def test_where_the_checkpoints_key_is_lost_a_new_ledger_begins_and_the_old_one_still_verifies(run_service):
    service = run_service()
    certify(service, 1)
    service.stop()
    (service.folder / "certs/ledger_checkpoint_key.pem").unlink()
    with pytest.raises(AssertionError, match="the last checkpoint is not ours"):
        run_service()
    data = service.folder / "data"
    data.rename(service.folder / "data-before")
    service = run_service()
    certify(service, 2)
    service.stop()
    assert status(service) == 0
    old = Verification(service.folder / "data-before/certified_scores.jsonl").run(1, lambda _: None)
    assert (old.status, old.records) == (0, 2)


@pytest.fixture
def files(tmp_path):
    files = PairFiles("signing", tmp_path / "key.pem", tmp_path / "cert.pem", b"", cert_optional=True)
    make_pair(files)
    return files


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_key_that_others_may_read_is_refused(files, mode):
    files.key_path.chmod(mode)
    with pytest.raises(StartError, match=rf"other users may read it \(mode {mode:04o}\): chmod 600"):
        load_pair(files)


def test_an_expired_certificate_is_refused(tmp_path, monkeypatch):
    files = PairFiles("signing", tmp_path / "key.pem", tmp_path / "cert.pem", b"", cert_optional=True)
    monkeypatch.setattr(keys, "SIGNING_DAYS", -1 / 48)  # it began an hour ago, and ended half an hour ago
    make_pair(files)
    with pytest.raises(StartError, match="put a valid one in place"):
        load_pair(files)


def test_a_certificate_that_expires_soon_is_warned_about(files):
    pair = load_pair(files)
    end = pair.certificate.not_valid_after_utc
    assert expiry_warning(pair, end - timedelta(days=29)) == f"the signing certificate expires on {end:%Y-%m-%d}"
    assert expiry_warning(pair, end - timedelta(days=31)) is None
    assert expiry_warning(pair, datetime.now(UTC)) is None
