"""A start with a database that cannot keep a ledger: one line that says why, and what helps; no secret in it."""

import pytest
from psycopg import OperationalError, errors, sql
from tests.postgres import PASSWORD, running_postgres
from tests.servers import Cable, free_port

from minimon.errors import StartError
from minimon.scores.postgres.connecting import ends_the_session
from minimon.scores.storing import open_ledger


@pytest.fixture
def refusal(settings_for, identity):
    """Return the line that a start with this address ends with."""

    def start(url):
        with pytest.raises(StartError) as caught:
            open_ledger(settings_for(url), identity).close()
        (line,) = caught.value.faults
        assert PASSWORD not in line and "secret" not in line
        return line

    return start


def test_a_server_that_is_not_there(refusal, postgres):
    line = refusal(postgres.url("db", port=free_port()))
    assert "cannot be used" in line and "correct MINIMON_LEDGER_URL" in line


def test_a_password_that_is_wrong(refusal, postgres):
    line = refusal(f"postgresql://minimon:secret@127.0.0.1:{postgres.port}/postgres")
    assert 'password authentication failed for user "minimon"' in line


def test_a_database_that_is_not_there(refusal, postgres):
    assert 'database "nobody_made_it" does not exist' in refusal(postgres.url("nobody_made_it"))


@pytest.mark.parametrize("end", ["?secret", "?passwd=secret", "%zzsecret"])
def test_an_address_that_cannot_be_read_is_not_shown(refusal, end):
    assert "MINIMON_LEDGER_URL" in refusal(f"postgresql://minimon:secret@127.0.0.1:1/db{end}")


def test_a_server_that_does_not_answer(refusal, postgres, database):
    cable = Cable(postgres.port)
    try:
        cable.hang()
        assert "timeout expired" in refusal(postgres.url(database, port=cable.port))
    finally:
        cable.mend()
        cable.stop()


def test_a_standby(refusal, identity):
    with running_postgres() as server:
        database = server.database()
        server.stop()
        (server.data / "standby.signal").touch()
        server.start()
        assert "read-only, as a standby is: name the primary" in refusal(server.url(database))


def test_a_server_that_does_not_sync(refusal, postgres, database):
    postgres.ask("ALTER SYSTEM SET fsync = off")
    postgres.ask("SELECT pg_reload_conf()")
    try:
        assert "has fsync off" in refusal(postgres.url(database))
    finally:
        postgres.ask("ALTER SYSTEM RESET fsync")
        postgres.ask("SELECT pg_reload_conf()")


@pytest.mark.parametrize("value", ["off", "local", "remote_write"])
def test_a_role_whose_commits_are_not_durable(refusal, postgres, database, value):
    postgres.ask(sql.SQL("ALTER DATABASE {} SET synchronous_commit = {}").format(sql.Identifier(database), value))
    line = refusal(postgres.url(database))
    assert f"has synchronous_commit = {value}" in line and "SET synchronous_commit = on" in line


def test_a_role_without_rights_in_a_new_database_and_in_one_with_a_ledger(refusal, postgres, database, open_store):
    role = postgres.role()
    assert f"run `minimon ledger migrate --writer {role}`" in refusal(postgres.url(database, role))
    open_store()
    assert f"run `minimon ledger migrate --writer {role}`" in refusal(postgres.url(database, role))


def test_tables_of_a_newer_version(refusal, postgres, database, open_store):
    open_store()
    postgres.ask("INSERT INTO minimon.versions VALUES (2)", database)
    assert "tables are of version 2, and this Minimon knows 1: update it" in refusal(postgres.url(database))


def test_a_file_with_a_ledger_beside_an_empty_database(refusal, postgres, database, tmp_path):
    (tmp_path / "scores.jsonl").write_text("{}\n")
    assert "`minimon ledger import " in refusal(postgres.url(database))


def test_what_the_server_did_not_say_is_no_answer():
    assert ends_the_session(OperationalError("cannot exit pipeline mode while busy"))
    assert not ends_the_session(errors.DiskFull("could not extend file"))
