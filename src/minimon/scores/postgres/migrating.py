"""The tables: made and brought up to date under the ledger's lock, by whoever may; what roles may do with them."""

from importlib.resources import files
from typing import Any

import psycopg
import structlog
from psycopg import sql

from minimon.errors import StartError
from minimon.scores.postgres.connecting import Connection
from minimon.scores.postgres.rows import LOCK

NEWEST = 1
TABLES = ("records", "checkpoints", "older", "versions")
STATE = """
SELECT current_user::text, to_regnamespace('minimon') IS NOT NULL,
       coalesce((SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'minimon'),
                has_database_privilege(current_database(), 'CREATE')),
       coalesce((SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'minimon'), true)
"""
RIGHTS = """
SELECT has_schema_privilege('minimon', 'USAGE') AND bool_and(has_table_privilege(name, 'SELECT'))
           AND bool_and(has_table_privilege(name, 'INSERT') OR name = 'minimon.versions'),
       bool_or(has_table_privilege(name, 'UPDATE') OR has_table_privilege(name, 'DELETE')
               OR has_table_privilege(name, 'TRUNCATE') OR pg_has_role(relowner, 'USAGE'))
FROM pg_class, LATERAL (SELECT 'minimon.' || relname) AS named (name)
WHERE relnamespace = 'minimon'::regnamespace AND relkind = 'r'
"""
GRANTS = (
    "GRANT USAGE ON SCHEMA minimon TO {}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA minimon TO {}",
    "GRANT INSERT ON minimon.records, minimon.checkpoints, minimon.older TO {}",
)

_log = structlog.get_logger(__name__)


def migrate(connection: Connection, where: str) -> None:
    """Bring the tables up to date, if this role may. Raises psycopg.Error, StartError."""
    with connection.transaction():
        connection.execute(LOCK)
        role, there, allowed, may_look = _row(connection, STATE)
        if not may_look:
            raise _no_rights(where, role)
        version = _row(connection, "SELECT coalesce(max(version), 0) FROM minimon.versions")[0] if there else 0
        if version > NEWEST:
            raise StartError(
                f"{where}: its tables are of version {version}, and this Minimon knows {NEWEST}: update it"
            )
        if version < NEWEST and not allowed:
            raise StartError(
                f"{where}: its tables are of version {version} instead of {NEWEST}, and the role {role} may not change "
                f"them: run `minimon ledger migrate --writer {role}` with the address of the database's owner"
            )
        for number in range(version + 1, NEWEST + 1):
            _apply(connection, number)
            _log.info("ledger tables made", ledger=where, version=number)


def _apply(connection: Connection, number: int) -> None:
    text = files(__package__).joinpath(f"schema_{number}.sql").read_bytes()
    connection.execute(text)  # several statements at once: without parameters
    connection.execute("INSERT INTO minimon.versions (version) VALUES (%s)", [number])


def check_rights(connection: Connection, where: str) -> None:
    """Refuse a role that cannot write, and warn of one that could do more. Raises StartError."""
    may_write, may_change = _row(connection, RIGHTS)
    role = _row(connection, "SELECT current_user::text")[0]
    if not may_write:
        raise _no_rights(where, role)
    if may_change:
        _log.warning("the ledger's role could lift its protection: use one of its own", ledger=where, role=role)


def _no_rights(where: str, role: object) -> StartError:
    return StartError(
        f"{where}: the role {role} may not read and add records: run `minimon ledger migrate --writer {role}` with the "
        "address of the database's owner"
    )


def grant(connection: Connection, role: str) -> None:
    """Let a role read and add, and no more. Raises StartError if there is none."""
    try:
        with connection.transaction():
            for text in GRANTS:
                connection.execute(sql.SQL(text).format(sql.Identifier(role)))
    except psycopg.errors.UndefinedObject as error:
        raise StartError(f"there is no role {role}: CREATE ROLE {role} LOGIN PASSWORD '…'") from error


def _row(connection: Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row
