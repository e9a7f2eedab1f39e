"""Connections to the ledger's database: how they are made, what must hold of each, what a fault means in words."""

from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from minimon.errors import StartError
from minimon.settings import Settings

Connection = psycopg.Connection[tuple[Any, ...]]

ANSWER_SECONDS = 4.0
"""An answer that takes longer does not come: the server is frozen, or the network cut."""
CONNECT_SECONDS = 2
IDLE_SECONDS = 2
"""A process that is frozen in the middle of a batch holds up the others for so long; then the server drops it."""
KEEPALIVE = {"keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3"}

PREPARE = f"""
SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),
       set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS}s', false)
"""
FACTS = """
SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on',
       current_setting('fsync') = 'on', current_setting('synchronous_commit'), current_user::text
"""
DURABLE = {"on", "remote_apply"}
"""What ``synchronous_commit`` may be: a COMMIT returns when the records are on disk, on standbys too if there are."""


class UnfitServerError(Exception):
    """The server answers, and cannot keep a ledger as it is; says why and what helps."""


class ImpatientConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection on which nothing takes longer than ``ANSWER_SECONDS``; it is closed then."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for an answer. Raises OperationalError."""
        try:
            return super().wait(gen, interval, ANSWER_SECONDS if timeout is None else timeout)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001 - what ``wait`` says that it raises
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {ANSWER_SECONDS:g} s") from error


class Address:
    """Where the database is. ``shown`` is for people and has no secrets; the rest must not be shown."""

    def __init__(self, settings: Settings) -> None:
        """Read the address of the settings. Raises StartError."""
        try:
            given = conninfo_to_dict(settings.ledger_url.get_secret_value())
            settled = {"connect_timeout": str(CONNECT_SECONDS), "application_name": "minimon", **KEEPALIVE, **given}
            self.conninfo = make_conninfo(**{name: str(value) for name, value in settled.items()})
        except psycopg.Error:  # its text may hold part of the password
            raise StartError(
                "MINIMON_LEDGER_URL is not an address that PostgreSQL reads: postgresql://USER:PASSWORD@HOST:PORT/"
                "DATABASE, with what is special in user and password written as %XX"
            ) from None
        host, port = given.get("host", "localhost"), given.get("port", "5432")
        self.shown = f"postgresql://{host}:{port}/{given.get('dbname', '')}"


def connect(address: Address) -> Connection:
    """Return a connection of which all that the ledger needs is true. Raises psycopg.Error, UnfitServerError."""
    connection = ImpatientConnection.connect(address.conninfo, autocommit=True)
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(connection: Connection) -> None:
    """Set what a connection needs, and check the server. Raises psycopg.Error, UnfitServerError."""
    connection.execute(PREPARE)
    row = connection.execute(FACTS).fetchone()
    assert row is not None
    read_only, syncs, commits, role = row
    if read_only:
        raise UnfitServerError(
            "is read-only, as a standby is: name the primary, or all hosts and ?target_session_attrs=read-write"
        )
    if not syncs:
        raise UnfitServerError("has fsync off and would lose records in a power cut: set fsync = on")
    if commits not in DURABLE:
        raise UnfitServerError(
            f"has synchronous_commit = {commits} and would lose records that were acknowledged: "
            f"ALTER ROLE {role} SET synchronous_commit = on"
        )


def words(error: Exception) -> str:
    """Return what an error says, in one line and without the rows that it is about."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return primary or " ".join(str(error).split()) or type(error).__name__


def ends_the_session(error: Exception) -> bool:
    """Say whether the server closes the connection with this error, or did not send it: then its answer is lost.

    psycopg's own errors have no SQLSTATE. One of them, of a pipeline that is cut, leaves the connection looking open.
    """
    if not isinstance(error, psycopg.Error):
        return False
    ended = error.diag.severity_nonlocalized in {"FATAL", "PANIC"}
    return ended or (isinstance(error, psycopg.OperationalError) and error.sqlstate is None)
