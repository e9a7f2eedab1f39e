"""From a file into the database and back: the same bytes, the same root."""

import contextlib
import errno
import subprocess

import psycopg
import pytest
from tests.postgres import binary

from minimon.audit.verify import Verification
from minimon.errors import LedgerInUseError, StartError
from minimon.scores.opening import open_ledger_store
from minimon.scores.postgres.transfer import Transfer
from minimon.scores.records import key_entry


@pytest.fixture
def file(tmp_path, identity, score):
    """A ledger in a file, taken over from lines of 1.3.0."""
    path = tmp_path / "file.jsonl"
    path.write_bytes(b'{"older":1}\n{"older":2}\n')
    with contextlib.closing(open_ledger_store(path, identity)) as store:
        for number in range(40):
            store.commit([score(number, nonce=str(number), subject="s") for number in range(number, number + 3)])
        store.settle()
    return path


@pytest.fixture
def imported(file, settings, identity):
    return Transfer(settings).import_file(file, identity)


def test_there_and_back_every_byte_is_the_same_and_the_root_too(file, imported, settings, identity, tmp_path):
    back = tmp_path / "back.jsonl"
    assert Transfer(settings).export_file(back, identity.checkpoint_key).split(" root ") == [
        f"43 records are in {back},", imported.split(" root ")[1],
    ]  # fmt: skip
    assert back.read_bytes() == file.read_bytes()
    assert Verification(back).run(1, lambda _: None).status == 0
    assert back.stat().st_mode & 0o777 == 0o600


def test_what_was_imported_goes_on_with_its_nonces_and_keys(imported, identity, open_store, score, sound):
    store = open_store()
    assert list(store.keys) == [identity.public.kid]
    again, new = store.commit([score(7, nonce="7", subject="s"), score(99, nonce="99", subject="s")])
    assert (again.replayed, new.index) == (True, 43)
    assert sound() == (True, 44)


def test_what_was_exported_goes_on_as_a_file(settings, identity, open_store, score, tmp_path):
    open_store().commit([score(1, nonce="n")])
    file = tmp_path / "file.jsonl"
    Transfer(settings).export_file(file, identity.checkpoint_key)
    with contextlib.closing(open_ledger_store(file, identity)) as store:
        assert store.commit([score(1, nonce="n")])[0].replayed
        store.commit([score(2)])
        store.settle()
    assert Verification(file).run(1, lambda _: None).status == 0


def test_a_handover_comes_along(settings, identity, other_identity, open_store, tmp_path):
    new = other_identity
    payload = {"id": identity.new_id(), "type": "key", "issuedAt": "2026-11-22T00:00:00Z", "key": new.public.jwk}
    open_store().commit([key_entry(payload, identity.signer, new.signer.sign, "rotation")])
    file = tmp_path / "file.jsonl"
    Transfer(settings).export_file(file, identity.checkpoint_key)
    assert Verification(file).run(1, lambda _: None).status == 0


def test_a_database_with_records_takes_no_file(file, settings, identity, open_store, sound):
    open_store()
    with pytest.raises(StartError, match="has 1 records already: use an empty database"):
        Transfer(settings).import_file(file, identity)
    assert sound() == (True, 1)


def test_a_file_that_a_service_has_open_is_not_imported(file, settings, identity):
    with contextlib.closing(open_ledger_store(file, identity)), pytest.raises(LedgerInUseError):
        Transfer(settings).import_file(file, identity)


def test_a_file_that_was_changed_is_not_imported_and_leaves_nothing(file, settings, identity, postgres, database):
    data = bytearray(file.read_bytes())
    data[data.index(b'"score":3') + 8] ^= 1
    file.write_bytes(data)
    with pytest.raises(StartError):
        Transfer(settings).import_file(file, identity)
    assert postgres.ask("SELECT to_regnamespace('minimon')", database) == [(None,)]


def test_nothing_is_overwritten(settings, identity, open_store, tmp_path):
    open_store()
    file = tmp_path / "file.jsonl"
    for name in ("file.jsonl", "file.jsonl.checkpoints"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(StartError, match=f"{name}: is there already"):
            Transfer(settings).export_file(file, identity.checkpoint_key)
        (tmp_path / name).unlink()


def test_an_empty_database_is_not_exported(settings, identity, tmp_path):
    with pytest.raises(StartError, match="has no records"):
        Transfer(settings).export_file(tmp_path / "file.jsonl", identity.checkpoint_key)


def test_an_export_that_finds_no_room_leaves_no_file(settings, identity, open_store, tmp_path, monkeypatch):
    open_store()

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("minimon.scores.postgres.transfer.os.fsync", full)
    with pytest.raises(StartError, match="No space left on device"):
        Transfer(settings).export_file(tmp_path / "out" / "file.jsonl", identity.checkpoint_key)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_dump_is_restored_with_its_protection(postgres, database, open_store, settings_for, score):
    store = open_store()
    store.commit([score(1, nonce="n")])
    copy = postgres.database()
    dump = subprocess.run([binary("pg_dump"), postgres.url(database)], capture_output=True, check=True)
    restore = [binary("psql"), "-v", "ON_ERROR_STOP=1", "-q", postgres.url(copy)]
    subprocess.run(restore, input=dump.stdout, check=True, capture_output=True)
    restored = open_store(settings_for(postgres.url(copy)))
    assert restored.head == store.head
    assert restored.commit([score(1, nonce="n")])[0].replayed
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        postgres.ask("DELETE FROM minimon.records", copy)
