"""What the one writer writes: the ledger's file, and beside it everything that can be made again from it.

    certified_scores.jsonl               the ledger: the only thing that counts
    certified_scores.jsonl.checkpoints   signed sizes and roots (``notes``)
    certified_scores.jsonl.tree          every node of the Merkle tree (``merkle``), 32 bytes each
    certified_scores.jsonl.offsets       where each line begins and the last one ends, 8 bytes each
    certified_scores.jsonl.nonces        subject and nonce → record (``nonces``)

A batch is committed when the ledger's file is synced; all else follows and is caught up with at the next start.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import structlog

from minimon.errors import InternalError
from minimon.scores.checkpoint import Checkpoint
from minimon.scores.journal import Journal
from minimon.scores.merkle import HASH_BYTES, ReadNode, node_place
from minimon.scores.nonces import NonceIndex, nonce_key
from minimon.scores.notes import Notes
from minimon.scores.public import PublicKey, public_key_from_jwk
from minimon.scores.records import Entry, Head, parse_record
from minimon.scores.rows import Rows
from minimon.scores.storing import (
    Answer,
    BrokenLedgerError,
    Committed,
    NotWrittenError,
    T,
    prove_record,
    settle_nonce,
)

OFFSET_BYTES = 8
PIECE = 1 << 20

_log = structlog.get_logger(__name__)


class Store:
    """The open files: a ``LedgerStore``."""

    shared = False
    reachable = True

    def __init__(self, journal: Journal, notes: Notes, tree: Rows, offsets: Rows, nonces: NonceIndex) -> None:
        self.journal = journal
        self.notes = notes
        self.tree = tree
        self.offsets = offsets
        self.nonces = nonces
        self.head = Head(0, 0, b"", ())
        """Where the committed records end. Readers see nothing beyond."""
        self.keys: Mapping[str, PublicKey] = {}
        """Every key that ever signed, in the order in which they came."""
        self.where = str(journal.path)
        self.sync_seconds = journal.sync_seconds

    def close(self) -> None:
        """Let go of every file."""
        for file in (self.nonces, self.offsets, self.tree, self.notes, self.journal):
            file.close()

    # Reading

    def record(self, index: int) -> bytes:
        """Return the line of a record, proven. Raises IndexError, InternalError."""
        return self.committed(index).line

    def committed(self, index: int) -> Committed:
        """Return a record as it was first committed. Raises as ``record``."""
        head = self.head
        if not 0 <= index < head.size:
            raise IndexError(index)
        return prove_record(self.read_tree, self._line(index), index, head)

    def read_tree(self, work: Callable[[ReadNode], T]) -> T:
        """Return what ``work`` makes of the nodes."""
        return work(self.tree.__getitem__)

    def find(self, key: bytes) -> int | None:
        """Return the number of the record that has a ``nonce_key``."""
        return self.nonces.find(key)

    def refresh(self) -> None:
        """Do nothing: no other process writes."""

    def _line(self, index: int) -> bytes:
        start, end = (int.from_bytes(self.offsets[place]) for place in (index, index + 1))
        return self.journal.read(start, min(end - 1, self.head.end))

    def lines(self) -> Iterator[bytes]:
        """Yield the line of every record."""
        return map(self._line, range(self.head.size))

    def older(self) -> Iterator[bytes]:
        """Yield, piece by piece, what stands before the first record."""
        begin = int.from_bytes(self.offsets[0])
        return (self.journal.read(start, min(begin, start + PIECE)) for start in range(0, begin, PIECE))

    def last_time(self) -> datetime:
        """Return when the last record was issued."""
        record = parse_record(self.record(self.head.size - 1))
        return datetime.fromisoformat(record["generatedAt"])

    # Writing

    def commit(self, entries: Sequence[Entry]) -> list[Answer]:
        """Write and sync the entries that are new; return what became of each."""
        try:
            return self._commit(entries)
        except (OSError, sqlite3.Error) as error:
            raise NotWrittenError(str(error)) from error

    def _commit(self, entries: Sequence[Entry]) -> list[Answer]:
        if self.nonces.covered[0] != self.head.size:
            self.index_nonces(self.head.size)
        self.journal.check_untouched()
        self.nonces.begin()
        try:
            new, found, head, nodes = self._plan(entries)
            if new:
                self.journal.append(b"".join(record.line + b"\n" for record in new))
                self.journal.sync()
                self.journal.check_untouched()
        except BaseException:
            self.nonces.roll_back()
            raise
        self._publish(new, head, nodes)
        return [self._answer(entry, index, new) for entry, index in zip(entries, found, strict=True)]

    def _plan(self, entries: Sequence[Entry]) -> tuple[list[Committed], list[int], Head, list[bytes]]:
        head, new, found, nodes = self.head, list[Committed](), list[int](), list[bytes]()
        for entry in entries:
            there = self.nonces.claim(entry.key, head.size)
            found.append(head.size if there is None else there)
            if there is None:
                line = entry.line(head)
                if entry.kind != "score":
                    self.nonces.mark_key(head.size)
                after, completed = head.after(line)
                new.append(Committed(head.size, line, head.peaks, after.peaks))
                head = after
                nodes += completed
        return new, found, head, nodes

    def _publish(self, new: Sequence[Committed], head: Head, nodes: Sequence[bytes]) -> None:
        """Let readers see what is committed. Nothing here may fail any more: the records are on disk."""
        ends, end = bytearray(), self.head.end
        for record in new:
            end += len(record.line) + 1
            ends += end.to_bytes(OFFSET_BYTES)
        self.tree.append(b"".join(nodes))
        self.offsets.append(bytes(ends))
        self.head = head
        self.nonces.commit(head.size, self._last_leaf(head.size))
        for record in new:
            if not record.line.startswith(b'{"v":2,"type":"score"'):
                self.learn_key(record.line)

    def _answer(self, entry: Entry, index: int, new: Sequence[Committed]) -> Answer:
        first = self.head.size - len(new)
        try:
            there = new[index - first] if index >= first else self.committed(index)
        except InternalError as error:  # the others of this batch are on disk all the same
            return error
        return settle_nonce(there, entry)

    def settle(self) -> None:
        """Sign the present size, and write what follows the ledger."""
        try:
            if self.notes.last is None or self.notes.last.size != self.head.size:
                self.notes.write(Checkpoint(self.head.size, self.head.root))
            self.tree.flush()
            self.offsets.flush()
            self.nonces.settle()
        except (OSError, sqlite3.Error) as error:
            raise NotWrittenError(str(error)) from error

    def sync(self) -> None:
        """Bring everything beside the ledger to disk, the checkpoints last."""
        try:
            for file in (self.tree, self.offsets, self.notes):
                file.sync()
        except OSError as error:
            raise BrokenLedgerError(f"sync beside the ledger failed: {error}", sync_failed=True) from error

    # Beside the ledger

    def learn_key(self, line: bytes) -> None:
        """Take in the public key that a record brings."""
        key = public_key_from_jwk(parse_record(line)["signed"]["payload"]["key"])
        self.keys = {**self.keys, key.kid: key}

    def _last_leaf(self, size: int) -> bytes:
        return self.tree[node_place(0, size - 1)] if size else b""

    def index_nonces(self, size: int) -> None:
        """Enter what the index lacks of the first ``size`` records; make it anew if it is of another ledger."""
        covered, last = self.nonces.covered
        if covered == size and last == self._last_leaf(size):
            return
        if covered > size or last != self._last_leaf(covered):
            self.nonces.clear()
            covered = 0
            _log.warning("the index of nonces is made anew", records=size)
        self.nonces.begin()
        try:
            for number in range(covered, size):
                self.enter_nonce(self._line(number), number)
            self.nonces.commit(size, self._last_leaf(size))
            self.nonces.settle()
        finally:
            self.nonces.roll_back()

    def enter_nonce(self, line: bytes, number: int) -> int:
        """Enter one record; return the number of the record that has its nonce: ``number`` if it is new."""
        record = parse_record(line)
        if record["type"] != "score":
            self.nonces.mark_key(number)
        there = self.nonces.claim(nonce_key(record["type"], record["signed"]["payload"]), number)
        return number if there is None else there


def open_store(path: Path, journal: Journal, notes: Notes, opened: ExitStack) -> Store:
    """Open what stands beside the ledger; ``opened`` closes it if more goes wrong. Raises OSError or sqlite3.Error."""
    beside = {end: path.with_name(f"{path.name}.{end}") for end in ("tree", "offsets", "nonces")}
    tree = opened.enter_context(closing(Rows.open(beside["tree"], HASH_BYTES)))
    offsets = opened.enter_context(closing(Rows.open(beside["offsets"], OFFSET_BYTES)))
    nonces = opened.enter_context(closing(NonceIndex(beside["nonces"])))
    return Store(journal, notes, tree, offsets, nonces)
