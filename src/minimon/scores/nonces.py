"""Which subject has used which nonce: an index of the ledger in SQLite, made again from it where it is lost or wrong.

Key: the first 16 bytes of a hash of subject and nonce. Value: the record's number. What is new waits in memory until
``settle`` writes it, in one transaction of SQLite whose log is not synced with each: after a crash the index may lack
its last records, never half of one, and the start reads those from the ledger.

Each statement of SQLite lets another thread have the interpreter, and waiting for its return costs more than a look
into the index. Hence one statement for all keys of a batch, which come as one string of bytes.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
EACH = """
WITH RECURSIVE each(place, key) AS (
    SELECT 0, substr(?1, 1, 16) UNION ALL
    SELECT place + 1, substr(?1, place * 16 + 17, 16) FROM each WHERE place * 16 + 32 <= length(?1)
)
"""
FIND = EACH + "SELECT nonces.key, number FROM each CROSS JOIN nonces ON nonces.key = each.key"  # noqa: S608 - a constant
ADD = EACH + "INSERT OR IGNORE INTO nonces SELECT key, ?2 + place FROM each ORDER BY key, place"  # noqa: S608 - a constant
"""In the order in which the index holds them, so that a page is touched once."""


def nonce_key(kind: str, payload: Mapping[str, Any]) -> bytes:
    """Return what must be unique: subject and nonce of a score, the id of any other record."""
    if kind != "score":
        return sha256(b"\1" + str(payload["id"]).encode()).digest()[:KEY_BYTES]
    scope = str(payload.get("subject", "")).encode()
    # the length says where the subject ends, whatever stands in it
    return sha256(b"%d:%b%b" % (len(scope), scope, str(payload["nonce"]).encode())).digest()[:KEY_BYTES]


class NonceIndex:
    """The open index. For one thread, except ``find``, which any may call."""

    def __init__(self, path: Path) -> None:
        """Open or make the index; one that SQLite cannot read is made anew. Raises OSError or sqlite3.Error."""
        self._path = path
        try:
            self._connection = self._connect()
        except sqlite3.DatabaseError:
            self._remove()
            self._connection = self._connect()
        self._forget()

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

    def _forget(self) -> None:
        """Go back to what is in the file."""
        self._waiting: dict[bytes, int] = {}
        self._new: list[bytes] = []
        """The keys of the records that the file does not cover yet, in their order."""
        self._new_keys: list[int] = []
        size, last = self._connection.execute("SELECT size, last FROM covered").fetchone()
        self.covered: tuple[int, bytes] = size, last
        """How many records the index covers, and the leaf hash of the last."""

    def clear(self) -> None:
        """Begin anew, with nothing covered."""
        self._connection.close()
        self._remove()
        self._connection = self._connect()
        self._forget()

    def find(self, key: bytes) -> int | None:
        """Return the number of the record that has ``key``. Any thread may ask."""
        return self.find_all([key]).get(key)

    def find_all(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Return the numbers of the records that have one of ``keys``, which are not none."""
        waiting = self._waiting  # looked into first: what leaves it is in the file by then
        found = {key: waiting[key] for key in keys if key in waiting}
        return found | dict(self._connection.execute(FIND, (b"".join(keys),)).fetchall())

    def add(self, keys: Iterable[bytes], last: bytes) -> None:
        """Cover the next records, which have these keys; ``last`` is the leaf hash of the last one."""
        size = self.covered[0]
        for key in keys:
            self._waiting.setdefault(key, size)
            self._new.append(key)
            size += 1
        self.covered = size, last

    def mark_key(self, number: int) -> None:
        """Remember that record ``number`` brings in a public key."""
        self._new_keys.append(number)

    def key_records(self) -> Iterator[int]:
        """Yield the numbers of the records that bring in public keys, as far as they are settled."""
        for (number,) in self._connection.execute("SELECT number FROM keys ORDER BY number").fetchall():
            yield number

    def settle(self) -> None:
        """Write what is new. Raises sqlite3.Error; then it still waits."""
        if not self._new:
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(ADD, (b"".join(self._new), self.covered[0] - len(self._new)))
            self._connection.executemany("INSERT OR IGNORE INTO keys VALUES (?)", [(key,) for key in self._new_keys])
            self._connection.execute("UPDATE covered SET size = ?, last = ?", self.covered)
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:  # after some errors SQLite has rolled back by itself
                self._connection.execute("ROLLBACK")
            raise
        self._waiting, self._new, self._new_keys = {}, [], []

    def close(self) -> None:
        """Let go of the file. What was not settled is read from the ledger at the next start."""
        self._connection.close()
