"""Which subject has used which nonce: an index of the ledger in SQLite, made again from it where it is lost or wrong.

Key: the first 16 bytes of a hash of subject and nonce. Value: the record's number. Written in the writer's own step,
so that of two equal requests one is second. Many batches share one transaction of SQLite, and its write-ahead log is
not synced with each: after a crash the index may lack its last records, never half of one, and the start reads those
from the ledger.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

KEY_BYTES = 16
SCHEMA = """
CREATE TABLE IF NOT EXISTS nonces (key BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS covered (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, last BLOB NOT NULL);
INSERT OR IGNORE INTO covered VALUES (1, 0, x'');
"""


def nonce_key(kind: str, payload: Mapping[str, Any]) -> bytes:
    """Return what must be unique: subject and nonce of a score, the id of any other record."""
    if kind != "score":
        return sha256(b"\1" + str(payload["id"]).encode()).digest()[:KEY_BYTES]
    scope = str(payload.get("subject", "")).encode()
    # the length says where the subject ends, whatever stands in it
    return sha256(b"%d:%b%b" % (len(scope), scope, str(payload["nonce"]).encode())).digest()[:KEY_BYTES]


class NonceIndex:
    """The open index. ``begin`` starts a batch that ``commit`` or ``roll_back`` ends; ``settle`` writes all batches.

    For one thread, except ``find``.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the index; one that SQLite cannot read is made anew. Raises OSError or sqlite3.Error."""
        self._path = path
        self._in_batch = False
        try:
            self._connection = self._connect()
        except sqlite3.DatabaseError:
            self._remove()
            self._connection = self._connect()
        self.covered = self._read_covered()
        """How many records the index covers, and the leaf hash of the last."""

    def _connect(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(SCHEMA)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _remove(self) -> None:
        for end in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)

    def clear(self) -> None:
        """Begin anew, with nothing covered."""
        self._connection.close()
        self._remove()
        self._connection = self._connect()
        self.covered = self._read_covered()

    def _read_covered(self) -> tuple[int, bytes]:
        size, last = self._connection.execute("SELECT size, last FROM covered").fetchone()
        return size, last

    def begin(self) -> None:
        """Begin one batch."""
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")
        self._in_batch = True

    def claim(self, key: bytes, number: int) -> int | None:
        """Enter ``key`` for record ``number`` and return None, or return the number of the record that has it."""
        sql = "INSERT INTO nonces VALUES (?, ?) ON CONFLICT DO NOTHING"
        if self._connection.execute(sql, (key, number)).rowcount:
            return None
        found: int = self._connection.execute("SELECT number FROM nonces WHERE key = ?", (key,)).fetchone()[0]
        return found

    def mark_key(self, number: int) -> None:
        """Remember that record ``number`` brings in a public key."""
        self._connection.execute("INSERT OR IGNORE INTO keys VALUES (?)", (number,))

    def key_records(self) -> Iterator[int]:
        """Yield the numbers of the records that bring in public keys."""
        for (number,) in self._connection.execute("SELECT number FROM keys ORDER BY number").fetchall():
            yield number

    def commit(self, size: int, last: bytes) -> None:
        """End the batch: ``size`` records are covered, the last with leaf hash ``last``."""
        self._in_batch = False
        self.covered = size, last

    def roll_back(self) -> None:
        """End the batch, if one is open: nothing was claimed. Those since the last settling are forgotten with it."""
        if self._in_batch:
            if self._connection.in_transaction:  # after some errors SQLite has rolled back by itself
                self._connection.execute("ROLLBACK")
            self.covered = self._read_covered()
        self._in_batch = False

    def settle(self) -> None:
        """Write what was committed. Raises sqlite3.Error; then all since the last time is forgotten."""
        if self._connection.in_transaction:
            try:
                self._connection.execute("UPDATE covered SET size = ?, last = ?", self.covered)
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                self.covered = self._read_covered()
                raise

    def find(self, key: bytes) -> int | None:
        """Return the number of the record that has ``key``. Any thread may ask."""
        row = self._connection.execute("SELECT number FROM nonces WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
