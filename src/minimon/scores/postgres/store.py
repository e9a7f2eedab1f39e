"""The store that is a PostgreSQL database. See ``storing`` for what is promised.

- ``commit`` is one transaction a batch, with an advisory lock to its end, so that of all processes one at a time reads
  where the ledger ends and adds to it: numbers have no gaps, and of two equal nonces one is second.
- It adds, and signs for a larger tree, only where a signed checkpoint covers the present one.
- Where the connection is lost after COMMIT was sent, nobody knows what became of it. The batch is tried again then: an
  entry that is there already is recognised by its key and its id, and not entered twice.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from minimon.errors import InternalError
from minimon.scores.checkpoint import Checkpoint, CheckpointKey
from minimon.scores.merkle import ReadNode
from minimon.scores.postgres.connecting import Address, Connection
from minimon.scores.postgres.link import Link
from minimon.scores.postgres.reading import Readers, check_continues, check_growth, look, read_record, read_tree
from minimon.scores.postgres.rows import (
    ADD_CHECKPOINT,
    ADD_RECORDS,
    BEGIN,
    END,
    FOUND,
    KEYS,
    LOCK,
    Batch,
    End,
    read_end,
    read_older,
)
from minimon.scores.public import PublicKey, public_key_from_jwk
from minimon.scores.records import Entry, Head, parse_record
from minimon.scores.storing import Answer, Committed, NotWrittenError, T, UnknownOutcomeError, settle_nonce
from minimon.tallies import Spread

MakeEntry = Callable[[Head], Entry]


class PostgresStore:
    """The open database: a ``LedgerStore``."""

    shared = True

    def __init__(self, address: Address, connection: Connection, key: CheckpointKey) -> None:
        self.where = address.shown
        self.sync_seconds = Spread()
        self._key = key
        self._link = Link(address, connection)
        self._readers = Readers(address)
        self._older = read_older(connection)
        self._end: End | None = None
        self._followed: End | None = None
        """Up to here it is known that what was added, by whomever, continued what was there."""
        self._keys: dict[int, PublicKey] = {}
        self._lock = threading.Lock()
        """Held where what this process knows of the ledger changes."""

    @property
    def reachable(self) -> bool:
        """Whether the server answered the writer's last question."""
        return self._link.reachable

    @property
    def head(self) -> Head:
        """Where the ledger ends."""
        return self._end.head if self._end else self._older

    @property
    def keys(self) -> Mapping[str, PublicKey]:
        """Every key that ever signed."""
        return {key.kid: key for _, key in sorted(self._keys.items())}

    def close(self) -> None:
        """Let go of every connection."""
        self._readers.close()
        self._link.close()

    # Reading

    def refresh(self) -> None:
        """Take in what was added, by whomever."""
        self._readers.read(self._take_in)

    def take_in(self) -> None:
        """As ``refresh``, for the thread that writes. Raises NotWrittenError, BrokenLedgerError."""
        self._link.once(self._take_in)

    def _take_in(self, connection: Connection) -> None:
        self._learn(connection, look(connection, self._key, self._end))

    def _learn(self, connection: Connection, end: End | None) -> None:
        """Know a new end, and the keys that came with it; another thread may know a later one by now."""
        if end is None or end is self._end:
            return
        newest = max(self._keys, default=-1)
        numbers = [row[0] for row in connection.execute(KEYS, [newest])] if end.last_key > newest else []
        keys = {number: _key_of(read_record(connection, number, end.head)) for number in numbers}
        with self._lock:
            self._keys = {**self._keys, **keys}
            if self._end is None or end.head.size > self._end.head.size:
                self._end = end
            self._followed = self._followed or end

    def record(self, index: int) -> bytes:
        """Return the line of a record, proven."""
        head = self.head
        return self._readers.read(lambda connection: read_record(connection, index, head)).line

    def read_tree(self, work: Callable[[ReadNode], T]) -> T:
        """Return what ``work`` makes of the nodes."""
        return self._readers.read(lambda connection: read_tree(connection, work))

    def find(self, key: bytes) -> int | None:
        """Return the number of the record that has a ``nonce_key``."""
        row = self._readers.read(lambda connection: connection.execute(FOUND, [[key]]).fetchone())
        return row[1] if row else None

    def last_time(self) -> datetime:
        """Return when the last record was issued."""
        assert self._end is not None
        return datetime.fromisoformat(parse_record(self._end.line)["generatedAt"])

    # Writing

    def commit(self, entries: Sequence[Entry]) -> list[Answer]:
        """Enter what is new in one transaction, whose COMMIT has returned then."""
        return self._link.patiently(lambda connection: self._commit(connection, entries))

    def begin(self, first: MakeEntry) -> None:
        """Enter the first record, unless somebody has."""

        def work(connection: Connection) -> None:
            with connection.pipeline() as pipeline:
                end, _ = self._lock_end(connection, pipeline, [])
                batch = Batch(self._older)
                if end is None:
                    batch.add_entry(first(batch.head))
                sent = self._send(connection, batch)
            self._check(sent)

        self._link.once(work)
        self.take_in()

    def settle(self) -> None:
        """See whether the server is there, and whether what others added continues what was known."""

        def work(connection: Connection) -> None:
            self._take_in(connection)
            end = self._end
            if end and self._followed and end is not self._followed:
                check_continues(connection, self._followed, end)
                self._followed = end

        try:
            self._link.once(work)
        except (NotWrittenError, UnknownOutcomeError):
            return  # the link has said so, and says when it is back

    def sync(self) -> None:
        """Do nothing: a COMMIT has synced all."""

    def _commit(self, connection: Connection, entries: Sequence[Entry]) -> list[Answer]:
        with connection.pipeline() as pipeline:
            end, found = self._lock_end(connection, pipeline, [entry.key for entry in entries])
            batch = Batch(end.head, end.last_key) if end else Batch(self._older)
            places = []
            for entry in entries:
                places.append(found.setdefault(entry.key, batch.head.size))
                if places[-1] == batch.head.size:
                    batch.add_entry(entry)
            sent = self._send(connection, batch)
        first = batch.head.size - len(batch.records)
        followed = end is self._followed
        end = self._check(sent) or end
        self._learn(connection, end)
        if followed:
            self._followed = end
        records = {index: batch.records[index - first] for index in places if index >= first}
        return [
            _answer(connection, entry, index, records.get(index), batch.head)
            for entry, index in zip(entries, places, strict=True)
        ]

    def _lock_end(
        self, connection: Connection, pipeline: psycopg.Pipeline, keys: Sequence[bytes]
    ) -> tuple[End | None, dict[bytes, int]]:
        """Keep all others from adding, and return where the ledger ends and which of the keys it has.

        The pipeline is synced and stays open: leaving it sends a Flush behind the Sync, with which the server stops to
        count for how long a transaction is idle. Then a process that is frozen here would hold the lock for good.
        """
        known = self._end
        connection.execute(BEGIN)
        connection.execute(LOCK)
        ends = connection.execute(END, binary=True)
        found = connection.execute(FOUND, [list(keys)], binary=True)
        pipeline.sync()
        return check_growth(known, read_end(ends.fetchone(), self._key, known)), dict(found.fetchall())

    def _send(self, connection: Connection, batch: Batch) -> "_Sent | None":
        """Send the batch, the checkpoint over it and COMMIT, which lets the others go on; None of an empty batch."""
        if not batch.records:
            connection.execute("ROLLBACK")
            return None
        note = self._key.sign(Checkpoint(batch.head.size, batch.head.root))
        began = time.perf_counter()
        self._link.committing = True
        connection.execute(ADD_RECORDS, batch.columns)
        connection.execute(ADD_CHECKPOINT, [batch.head.size, note])
        return _Sent(connection.execute("COMMIT"), began, End(batch.head, batch.records[-1].line, note, batch.last_key))

    def _check(self, sent: "_Sent | None") -> End | None:
        """Return the new end once COMMIT has returned."""
        if sent is None:
            return None
        if sent.commit.statusmessage != "COMMIT":
            raise psycopg.DatabaseError(f"COMMIT was answered {sent.commit.statusmessage}")
        self._link.committing = False
        self.sync_seconds.observe(time.perf_counter() - sent.began)
        return sent.end


@dataclass(frozen=True, slots=True)
class _Sent:
    """A batch on its way."""

    commit: psycopg.Cursor[tuple[Any, ...]]
    began: float
    end: End


def _key_of(record: Committed) -> PublicKey:
    return public_key_from_jwk(parse_record(record.line)["signed"]["payload"]["key"])


def _answer(connection: Connection, entry: Entry, index: int, new: Committed | None, head: Head) -> Answer:
    try:
        return settle_nonce(new or read_record(connection, index, head), entry)
    except InternalError as error:  # the others of this batch are in the ledger all the same
        return error
