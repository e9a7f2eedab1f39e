"""The tables: who makes them, and that the database itself refuses whatever is no addition."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from minimon.errors import StartError
from minimon.scores.postgres.transfer import Transfer
from minimon.scores.storing import open_ledger

CHANGES = (
    "UPDATE minimon.records SET line = line",
    "DELETE FROM minimon.records WHERE seq = 0",
    "TRUNCATE minimon.records",
    "TRUNCATE minimon.records, minimon.checkpoints CASCADE",
    "UPDATE minimon.checkpoints SET size = 9",
    "DELETE FROM minimon.checkpoints",
    "TRUNCATE minimon.checkpoints",
    "DELETE FROM minimon.older",
    "DELETE FROM minimon.versions",
)
STRUCTURE = (
    "DROP TABLE minimon.records",
    "ALTER TABLE minimon.records DISABLE TRIGGER ALL",
    "DROP TRIGGER refuse_change ON minimon.records",
    "DROP SCHEMA minimon CASCADE",
    "INSERT INTO minimon.versions VALUES (2)",
    "CREATE TABLE minimon.more ()",
    "CREATE OR REPLACE FUNCTION minimon.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
)


@pytest.fixture
def writer(postgres, settings):
    role = postgres.role()
    Transfer(settings).make_tables(role)
    return role


@pytest.fixture
def as_writer(postgres, database, writer):
    """Return what runs a statement with the rights of the service's role."""
    return lambda statement: postgres.ask(statement, database, writer)


@pytest.fixture
def writers_store(postgres, database, writer, settings_for, open_store):
    return open_store(settings_for(postgres.url(database, writer)))


def test_eight_that_start_at_once_make_the_tables_and_the_first_record_once(settings, identity, postgres, database):
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(lambda _: open_ledger(settings, identity), range(8)))
    for store in stores:
        store.close()
    assert {store.head.size for store in stores} == {1}
    assert postgres.ask("SELECT count(*) FROM minimon.records", database) == [(1,)]


def test_a_role_of_its_own_can_add_and_read_and_no_more(writers_store, as_writer, score):
    store = writers_store
    store.commit([score(1, nonce="n")])
    store.refresh()
    assert store.record(1) and store.commit([score(1, nonce="n")])[0].replayed
    for statement in CHANGES + STRUCTURE:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_writer(statement)


@pytest.mark.parametrize("role", ["minimon", "admin"])
def test_not_even_the_owner_or_a_superuser_changes_a_row_by_mistake(postgres, database, open_store, score, role):
    open_store().commit([score(1)])
    for statement in CHANGES:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            postgres.ask(statement, database, role)
    if role == "admin":
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            postgres.ask("SET session_replication_role = replica; DELETE FROM minimon.records", database)


def test_the_log_warns_of_a_role_that_could_lift_the_protection(writers_store, open_store, capsys):
    assert "could lift its protection" not in capsys.readouterr().out
    open_store()
    assert "could lift its protection" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("seq + 2, line, nodes", id="a number left out"),
        pytest.param(
            "seq + 1, convert_to(replace(text, seq::text, (seq + 1)::text), 'UTF8'), nodes", id="a link to another line"
        ),
        pytest.param("seq + 1, line, nodes", id="a hash of another line"),
        pytest.param("seq + 1, '{}', sha256('\\x007b7d')", id="a line that says nothing of its place"),
    ],
)
def test_a_row_that_does_not_follow_the_ledger_is_refused(open_store, as_writer, score, change):
    open_store().commit([score(1)])
    statement = (
        "INSERT INTO minimon.records (seq, line, nodes, key, ends, brings_key) "
        f"SELECT {change}, substr(sha256('k'), 1, 16), 1, false FROM "
        "(SELECT *, convert_from(line, 'UTF8') AS text FROM minimon.records WHERE seq = 1) AS last"
    )
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="does not follow the ledger"):
        as_writer(statement)


def test_making_the_tables_twice_changes_nothing(settings, postgres, database):
    for _ in range(2):
        assert "up to date" in Transfer(settings).make_tables("")
    assert postgres.ask("SELECT version FROM minimon.versions", database) == [(1,)]


def test_a_role_that_is_not_there_is_named(settings):
    with pytest.raises(StartError, match="there is no role nobody_made: CREATE ROLE nobody_made"):
        Transfer(settings).make_tables("nobody_made")
