"""Reading in the database: the tree, records with their proof, the end of the ledger."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
import structlog
from psycopg_pool import ConnectionPool, PoolTimeout

from minimon.errors import InternalError, LedgerUnavailableError
from minimon.scores.checkpoint import CheckpointKey
from minimon.scores.merkle import HASH_BYTES, ReadNode, completed_by, read_peaks, root_of
from minimon.scores.postgres.connecting import (
    ANSWER_SECONDS,
    Address,
    Connection,
    ImpatientConnection,
    UnfitServerError,
    prepare,
    words,
)
from minimon.scores.postgres.rows import END, LINES, NODES, End, read_end
from minimon.scores.records import Head
from minimon.scores.storing import BrokenLedgerError, Committed, T, prove_record

READERS = 4
RETRY_SECONDS = 5
NO_NODE = bytes(HASH_BYTES)

R = TypeVar("R")

_log = structlog.get_logger(__name__)


class Readers:
    """Connections for whatever thread wants to read; made when they are wanted."""

    def __init__(self, address: Address) -> None:
        self._pool = ConnectionPool(
            address.conninfo,
            connection_class=ImpatientConnection,
            kwargs={"autocommit": True},
            configure=prepare,
            check=ConnectionPool.check_connection,
            min_size=0,
            max_size=READERS,
            timeout=ANSWER_SECONDS,
            open=True,
        )

    def read(self, work: Callable[[Connection], R]) -> R:
        """Return what ``work`` reads. Raises LedgerUnavailableError, InternalError."""
        try:
            with self._pool.connection() as connection:
                return work(connection)
        except (psycopg.Error, PoolTimeout, UnfitServerError) as error:
            _log.warning("the ledger cannot be read", cause=words(error))
            raise LedgerUnavailableError("away", headers={"Retry-After": str(RETRY_SECONDS)}) from error
        except BrokenLedgerError as error:
            _log.critical("the ledger is not what it was", cause=str(error))
            raise InternalError from error

    def close(self) -> None:
        """Let go of every connection."""
        self._pool.close()


def read_tree(connection: Connection, work: Callable[[ReadNode], T]) -> T:
    """Return what ``work`` makes of the nodes, all fetched at once. Raises InternalError where one is missing."""
    places: list[int] = []

    def note_place(place: int) -> bytes:
        places.append(place)
        return NO_NODE

    work(note_place)
    wanted = {place: completed_by(place) for place in places}
    leaves = sorted({leaf for leaf, _ in wanted.values()})
    rows: dict[int, bytes] = dict(connection.execute(NODES, [leaves], binary=True).fetchall())

    def read(place: int) -> bytes:
        leaf, level = wanted[place]
        node = rows.get(leaf, b"")[level * HASH_BYTES :][:HASH_BYTES]
        if len(node) != HASH_BYTES:
            raise InternalError
        return node

    return work(read)


def read_record(connection: Connection, index: int, head: Head) -> Committed:
    """Return a record with its tree. Raises IndexError, InternalError."""
    if not 0 <= index < head.size:
        raise IndexError(index)
    row = connection.execute(LINES, [[index]], binary=True).fetchone()
    return prove_record(lambda work: read_tree(connection, work), row[1] if row else b"", index, head)


def look(connection: Connection, key: CheckpointKey, known: End | None) -> End | None:
    """Return where the ledger ends now. Raises BrokenLedgerError if it is not what was known, and more."""
    return check_growth(known, read_end(connection.execute(END, binary=True).fetchone(), key, known))


def check_growth(known: End | None, end: End | None) -> End | None:
    """Return ``end``. Raises BrokenLedgerError if records are gone, or others stand in their place."""
    size = end.head.size if end else 0
    if known and size < known.head.size:
        raise BrokenLedgerError(f"{size} records are there, of {known.head.size} before")
    if known and end and size == known.head.size and end.head.root != known.head.root:
        raise BrokenLedgerError(f"its {size} records are others than before")
    return end


def check_continues(connection: Connection, known: End, end: End) -> None:
    """Raise BrokenLedgerError unless the tree that was known begins the present one."""
    size = known.head.size
    peaks = read_tree(connection, lambda read: read_peaks(read, size)) if end.head.size > size else known.head.peaks
    if root_of(peaks) != known.head.root:
        raise BrokenLedgerError(f"its first {size} records are others than before")
