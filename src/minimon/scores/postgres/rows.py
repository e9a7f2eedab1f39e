"""What stands in the tables, and what it has to be to be believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from minimon.scores.checkpoint import Checkpoint, CheckpointError, CheckpointKey
from minimon.scores.merkle import HASH_BYTES, leaf_hash
from minimon.scores.postgres.connecting import Connection
from minimon.scores.records import Entry, Head
from minimon.scores.storing import BrokenLedgerError, Committed

LOCK = "SELECT pg_advisory_xact_lock(7596553786427599726)"  # any number that all of us use
"""Held to the end of a transaction that adds records or changes tables."""
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
"""Each statement sees what was committed before it: also what was while this one waited for the lock."""
END = """
SELECT last.seq, last.line, last.nodes, last.ends,
       (SELECT note FROM minimon.checkpoints ORDER BY size DESC LIMIT 1),
       ARRAY(
           SELECT substr(peak.nodes, level * 32 + 1, 32)
           FROM generate_series(62, 0, -1) AS level
           JOIN minimon.records AS peak ON peak.seq = (((last.seq + 1) >> level) << level) - 1
           WHERE ((last.seq + 1) >> level) & 1 = 1
           ORDER BY level DESC
       ),
       (SELECT max(seq) FROM minimon.records WHERE brings_key)
FROM minimon.records AS last ORDER BY last.seq DESC LIMIT 1
"""
"""The last record, the last checkpoint, the peaks of the tree (one for each bit of its size), the last key."""
FOUND = "SELECT key, seq FROM minimon.records WHERE key = ANY(%b::bytea[])"
LINES = "SELECT seq, line FROM minimon.records WHERE seq = ANY(%b::bigint[])"
NODES = "SELECT seq, nodes FROM minimon.records WHERE seq = ANY(%b::bigint[])"
KEYS = "SELECT seq FROM minimon.records WHERE brings_key AND seq > %b::bigint ORDER BY seq"
OLDER = "SELECT data FROM minimon.older ORDER BY part"
ADD_RECORDS = """
INSERT INTO minimon.records (seq, line, key, ends, nodes, brings_key)
SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::bytea[], %b::bigint[], %b::bytea[], %b::boolean[])
"""
ADD_CHECKPOINT = "INSERT INTO minimon.checkpoints (size, note) VALUES (%b::bigint, %b::bytea)"


@dataclass(frozen=True, slots=True)
class End:
    """Where the ledger ends, as a signed checkpoint proves it."""

    head: Head
    line: bytes
    """The last record."""
    note: bytes
    """The checkpoint over all records; empty where there are none."""
    last_key: int
    """The last record that brought in a public key."""


def read_end(row: Sequence[Any] | None, key: CheckpointKey, known: End | None) -> End | None:
    """Return what the row of ``END`` says; None of an empty ledger. A note that is ``known`` need not be checked again.

    Raises BrokenLedgerError unless the tree has the root that was signed: a change underneath must not be signed for.
    """
    if row is None:
        return None
    number, line, nodes, ends, note, peaks, last_key = row
    head = Head(number + 1, ends, sha256(line).hexdigest().encode(), tuple(peaks))
    if known and note == known.note and head == known.head:
        return known
    if note is None:
        raise BrokenLedgerError(f"no checkpoint covers its {head.size} records")
    try:
        signed = key.read(note)
    except CheckpointError as error:
        raise BrokenLedgerError(f"its last checkpoint is not ours ({error})") from error
    if signed != Checkpoint(head.size, head.root) or leaf_hash(line) != nodes[:HASH_BYTES]:
        raise BrokenLedgerError(f"its {head.size} records are not those that were signed")
    return End(head, line, note, last_key)


def read_older(connection: Connection) -> Head:
    """Return the head before the first record."""
    size, digest = 0, sha256()
    for (data,) in connection.execute(OLDER, binary=True):
        size += len(data)
        digest.update(data)
    return Head(0, size, digest.hexdigest().encode(), ())


class Batch:
    """Records that go in behind ``head``; ``last_key`` is the last record that brought in a key."""

    def __init__(self, head: Head, last_key: int = -1) -> None:
        self.head = head
        self.last_key = last_key
        self.records: list[Committed] = []
        self._rows: list[tuple[int, bytes, bytes, int, bytes, bool]] = []

    def add(self, line: bytes, key: bytes, *, brings_key: bool) -> None:
        """Add a line that follows the head."""
        before = self.head
        self.head, completed = before.after(line)
        self.records.append(Committed(before.size, line, before.peaks, self.head.peaks))
        self.last_key = before.size if brings_key else self.last_key
        self._rows.append((before.size, line, key, self.head.end, b"".join(completed), brings_key))

    def add_entry(self, entry: Entry) -> None:
        """Add an entry at its place."""
        self.add(entry.line(self.head), entry.key, brings_key=entry.kind != "score")

    @property
    def columns(self) -> tuple[list[Any], ...]:
        """What ``ADD_RECORDS`` takes."""
        return tuple(map(list, zip(*self._rows, strict=True)))
