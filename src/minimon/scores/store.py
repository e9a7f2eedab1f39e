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
from dataclasses import dataclass, field
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
NOWHERE = Head(0, 0, b"", ())
INDEXED_AT_ONCE = 4096

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Plan:
    """What a batch becomes: its new records, with the keys of their nonces, and where each entry stands."""

    new: list[Committed] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    nodes: list[bytes] = field(default_factory=list)
    """The nodes of the tree that the new records complete."""
    head: Head = NOWHERE


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
        self.head = NOWHERE
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
        try:
            self.journal.check_untouched()
        except BrokenLedgerError as error:
            raise BrokenLedgerError(str(error), unknown=False) from error
        plan = self._plan(entries)
        if plan.new:
            self.journal.append(b"".join([record.line + b"\n" for record in plan.new]))
            self.journal.sync()
            self.journal.check_untouched()
            self._publish(plan)
        return [self._answer(entry, index, plan.new) for entry, index in zip(entries, plan.found, strict=True)]

    def _plan(self, entries: Sequence[Entry]) -> "_Plan":
        head, plan = self.head, _Plan()
        asked = [entry.key for entry in entries if not entry.new]
        known = self.nonces.find_all(asked) if asked else {}
        for entry in entries:
            index = known.setdefault(entry.key, head.size)
            plan.found.append(index)
            if index == head.size:
                line = entry.line(head)
                after, completed = head.after(line)
                plan.new.append(Committed(index, line, head.peaks, after.peaks))
                plan.keys.append(entry.key)
                plan.nodes += completed
                head = after
        plan.head = head
        return plan

    def _publish(self, plan: "_Plan") -> None:
        """Let readers see what is committed. Nothing here may fail any more: the records are on disk."""
        ends, end = bytearray(), self.head.end
        for record in plan.new:
            end += len(record.line) + 1
            ends += end.to_bytes(OFFSET_BYTES)
        self.tree.append(b"".join(plan.nodes))
        self.offsets.append(bytes(ends))
        self.head = plan.head
        self.nonces.add(plan.keys, self._last_leaf(plan.head.size))
        for record in plan.new:
            if not record.line.startswith(b'{"v":2,"type":"score"'):
                self.nonces.mark_key(record.index)
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
        for start in range(covered, size, INDEXED_AT_ONCE):
            self._index(start, min(start + INDEXED_AT_ONCE, size))

    def _index(self, start: int, stop: int) -> None:
        keys = []
        for number in range(start, stop):
            record = parse_record(self._line(number))
            keys.append(nonce_key(record["type"], record["signed"]["payload"]))
            if record["type"] != "score":
                self.nonces.mark_key(number)
        self.nonces.add(keys, self._last_leaf(stop))
        self.nonces.settle()


def open_store(path: Path, journal: Journal, notes: Notes, opened: ExitStack) -> Store:
    """Open what stands beside the ledger; ``opened`` closes it if more goes wrong. Raises OSError or sqlite3.Error."""
    beside = {end: path.with_name(f"{path.name}.{end}") for end in ("tree", "offsets", "nonces")}
    tree = opened.enter_context(closing(Rows.open(beside["tree"], HASH_BYTES)))
    offsets = opened.enter_context(closing(Rows.open(beside["offsets"], OFFSET_BYTES)))
    nonces = opened.enter_context(closing(NonceIndex(beside["nonces"])))
    return Store(journal, notes, tree, offsets, nonces)
