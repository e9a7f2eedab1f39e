"""Open a ledger: roll forward what a crash left, refuse what nobody could have left but a stranger.

The last checkpoint says what the ledger was. Up to there every record must give its root. Behind it, complete lines
that follow one another and are signed by a known key, with a nonce that is new, are adopted; a fragment at the end, or
pages of zeros that a power cut left, is moved aside; anything else stops the start.

The whole file is read only if the files beside it are gone or wrong: else the last ``PROVEN`` records before the
checkpoint, whose tree must end in the signed root, and what stands behind it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from hashlib import sha256
from pathlib import Path

import structlog

from minimon.clock import rfc3339
from minimon.errors import InternalError, StartError
from minimon.scores.checkpoint import Checkpoint
from minimon.scores.journal import Journal
from minimon.scores.merkle import EMPTY_ROOT, node_count, read_peaks
from minimon.scores.nonces import nonce_key
from minimon.scores.notes import Notes
from minimon.scores.public import PublicKey
from minimon.scores.records import Entry, Head, RecordError, check_record, entry
from minimon.scores.signing import sign_payload
from minimon.scores.store import OFFSET_BYTES, Store, open_store
from minimon.scores.storing import Identity
from minimon.settings import Settings

PROVEN = 8192
"""Records before the checkpoint that each start reads again: at least a second's worth, the time between two syncs."""
CHUNK = 1 << 20
ROWS_AT_ONCE = 4096
FIRST = b'{"v":2,'
"""How every record begins; lines before the first such one are of 1.3.0 or of an unchained ledger."""

_log = structlog.get_logger(__name__)


def open_file(settings: Settings, identity: Identity, *, key_lost: bool = False) -> Store:
    """Open the ledger that is the file of the settings. As ``open_ledger_store``."""
    return open_ledger_store(Path(settings.score_ledger_path), identity, key_lost=key_lost)


def open_ledger_store(path: Path, identity: Identity, *, key_lost: bool = False) -> Store:
    """Open the ledger at ``path``, made if there is none. Raises StartError.

    Its last key has to be that of ``identity``, unless ``key_lost`` says that it is lost.
    """
    with ExitStack() as opened:  # a refused opening lets go of every file
        journal = opened.enter_context(closing(Journal.open(path)))
        try:
            opening = _Opening(journal, identity, opened)
            store = opening.store()
            if not key_lost:
                check_key(store.where, store.keys, identity)
        except (OSError, sqlite3.Error) as error:
            cause = getattr(error, "strerror", None) or error
            raise StartError(f"{path}: the ledger cannot be read or repaired ({cause})") from error
        opened.pop_all()
        return store


def check_key(where: str, keys: Mapping[str, PublicKey], identity: Identity) -> None:
    """Raise StartError unless this service's key is the ledger's last."""
    current, own = list(keys)[-1], identity.public.kid
    if current != own:
        raise StartError(
            f"{where}: its signing key is {current}, and this service has {own}: put that key back and hand "
            "over with `minimon keys rotate`; if it is lost, `minimon keys rotate --lost`"
        )


def genesis(identity: Identity, head: Head) -> Entry:
    """Return the first record of a ledger, behind whatever stood there before."""
    payload = {
        "id": identity.new_id(),
        "type": "genesis",
        "issuedAt": rfc3339(identity.clock()),
        "origin": identity.checkpoint_key.origin,
        "checkpointKey": identity.checkpoint_key.verifier,
        "key": dict(identity.public.jwk),
        "takenOver": {"bytes": head.end, "sha256": head.prev.decode()},
    }
    return entry("genesis", identity.signer, sign_payload(identity.signer, payload), "start")


class _Opening:
    def __init__(self, journal: Journal, identity: Identity, opened: ExitStack) -> None:
        self._opened = opened
        self._journal = journal
        self._path = journal.path
        self._identity = identity

    def store(self) -> Store:
        self._notes = Notes(self._path.with_name(f"{self._path.name}.checkpoints"), self._identity.checkpoint_key)
        self._opened.enter_context(closing(self._notes))
        checkpoint = self._notes.last or self._first_checkpoint()
        self._store = open_store(self._path, self._journal, self._notes, self._opened)
        self._prove(checkpoint)
        self._adopt()
        self._begin()
        return self._store

    def _fault(self, text: str) -> StartError:
        return StartError(f"{self._path}: {text}: find out who changed it, and put the right files back")

    # The checkpoint

    def _first_checkpoint(self) -> Checkpoint:
        """Begin a ledger: sign that it is empty, before its first record can be."""
        if self._find_first() < self._journal.end_of_last_line():
            raise self._fault(f"has records, but {self._path.name}.checkpoints is gone")
        first = Checkpoint(0, EMPTY_ROOT)
        self._notes.write(first)
        self._notes.sync()
        return first

    def _prove(self, checkpoint: Checkpoint) -> None:
        """Bring the store to the checkpoint, after reading what gives its root. Raises StartError."""
        start = max(0, checkpoint.size - PROVEN)
        try:
            self._reach(self._resumed(start) if start else self._beginning(), checkpoint)
        except (IndexError, KeyError, ValueError, InternalError) as error:  # whatever strange rows may lead to
            _log.warning("the files beside the ledger are made anew", cause=str(error))
            self._prove_from_the_beginning(checkpoint)

    def _prove_from_the_beginning(self, checkpoint: Checkpoint) -> None:
        self._store.nonces.clear()
        try:
            self._reach(self._beginning(), checkpoint)
        except RecordError as error:
            raise self._fault(f"does not hold what was signed at {checkpoint.size} records: {error}") from error

    def _reach(self, head: Head, checkpoint: Checkpoint) -> None:
        """Replay the records, then bring the index of nonces up to them, or beyond if it was, and take in every key."""
        store = self._store
        store.keys = {}
        store.head = self._replay(head, checkpoint)
        if store.nonces.covered[0] < store.head.size:
            store.index_nonces(store.head.size)
        for number in store.nonces.key_records():
            if number < store.head.size:
                store.learn_key(store.record(number))

    def _beginning(self) -> Head:
        base = self._find_first()
        digest = sha256()
        for start in range(0, base, CHUNK):
            digest.update(self._journal.read(start, min(base, start + CHUNK)))
        return Head(0, base, digest.hexdigest().encode(), ())

    def _resumed(self, size: int) -> Head:
        """Return the head at ``size`` as the files beside the ledger have it: right if the root comes out right."""
        store = self._store
        before, end = (int.from_bytes(store.offsets[place]) for place in (size - 1, size))
        if not before < end <= self._journal.size:
            raise IndexError(size)
        link = sha256(self._journal.read(before, end - 1)).hexdigest().encode()
        return Head(size, end, link, read_peaks(store.tree.__getitem__, size))

    def _replay(self, head: Head, checkpoint: Checkpoint) -> Head:
        """Go from ``head`` to the checkpoint, writing the rows beside the ledger anew. Raises RecordError."""
        store = self._store
        store.tree.cut(node_count(head.size))
        store.offsets.cut(head.size + 1)
        if head.size == 0:
            store.offsets.cut(0)
            store.offsets.append(head.end.to_bytes(OFFSET_BYTES))
        nodes, ends = bytearray(), bytearray()
        lines = self._lines(head.end)
        while head.size < checkpoint.size:
            line = next(lines, None)
            if line is None:
                raise RecordError(f"ends after {head.size}")
            head = self._step(head, line, nodes, ends)
            if len(ends) >= ROWS_AT_ONCE * OFFSET_BYTES:
                self._put(nodes, ends)
        self._put(nodes, ends)
        if head.root != checkpoint.root:
            raise RecordError("a record is not what it was")
        return head

    def _step(self, head: Head, line: bytes, nodes: bytearray, ends: bytearray) -> Head:
        try:
            head.check_next(line)
        except RecordError as error:
            raise RecordError(f"record {head.size}, byte {head.end}: {error}") from error
        head, completed = head.after(line)
        nodes += b"".join(completed)
        ends += head.end.to_bytes(OFFSET_BYTES)
        return head

    def _put(self, nodes: bytearray, ends: bytearray) -> None:
        for rows, new in ((self._store.tree, nodes), (self._store.offsets, ends)):
            rows.append(bytes(new))
            rows.flush()
        nodes.clear()
        ends.clear()

    # The tail

    def _adopt(self) -> None:
        """Take in what is sound behind the checkpoint. Raises StartError."""
        proven = self._store.head
        keep = self._journal.end_of_last_line()
        if keep < max(self._journal.size, proven.end):
            self._journal.quarantine(max(keep, proven.end))
        self._adopt_lines(proven.end)
        head = self._store.head
        self._store.index_nonces(head.size)
        if head.size > proven.size:
            _log.warning("records behind the last checkpoint were adopted", records=head.size - proven.size)
            self._journal.write_again(proven.end)
            self._notes.write(Checkpoint(head.size, head.root))
            self._notes.sync()

    def _adopt_lines(self, start: int) -> None:
        adopted: dict[bytes, int] = {}
        for line in self._lines(start):
            head = self._store.head
            if b"\0" in line:  # pages that a power cut left empty: no record holds a NUL
                self._journal.quarantine(head.end)
                return
            try:
                head.check_next(line)
                self._check(line, head.size, adopted)
            except RecordError as error:
                where = f"record {head.size}, byte {head.end}"
                raise self._fault(f"{where}, was not written by this service: {error}") from error
            nodes, ends = bytearray(), bytearray()
            self._store.head = self._step(head, line, nodes, ends)
            self._put(nodes, ends)

    def _check(self, line: bytes, number: int, adopted: dict[bytes, int]) -> None:
        store = self._store
        record = check_record(line, store.keys, self._identity.public, self._identity.checkpoint_key)
        if (record["type"] == "genesis") != (number == 0):
            raise RecordError("is out of its place")
        key = nonce_key(record["type"], record["signed"]["payload"])
        if adopted.setdefault(key, number) != number or store.nonces.find(key) not in (None, number):
            raise RecordError("its nonce was used before")
        if record["type"] != "score":
            store.learn_key(line)

    def _begin(self) -> None:
        """Write the first record, if there is none."""
        if self._store.head.size == 0:
            self._store.commit([genesis(self._identity, self._store.head)])
            self._store.settle()
            self._store.sync()

    # Lines

    def _find_first(self) -> int:
        """Return where the first record begins; where the last line ends, if there is none."""
        end = self._journal.end_of_last_line()
        place = 0
        for line in self._lines(0):
            if line.startswith(FIRST):
                return place
            place += len(line) + 1
        return end

    def _lines(self, start: int) -> Iterator[bytes]:
        """Yield the complete lines from byte ``start`` on."""
        rest = b""
        while chunk := self._journal.read(start, start + CHUNK):
            start += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
