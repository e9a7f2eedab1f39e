"""What the ledger needs of the store that holds its records, and what may go wrong there.

``store`` keeps them in a file of JSON lines, ``postgres`` in a database. Both write the same lines, so that the same
records have the same root wherever they lie.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

import structlog

from minimon.backends import LEDGER_STORES, load_factory
from minimon.clock import Clock
from minimon.errors import InternalError, NonceReplayedError, ProblemError, StartError
from minimon.scores.checkpoint import CheckpointKey
from minimon.scores.merkle import (
    Peaks,
    ReadNode,
    add_leaf,
    consistency_proof,
    leaf_hash,
    read_peaks,
    root_of,
    verify_consistency,
)
from minimon.scores.public import PublicKey
from minimon.scores.records import Entry, Head, parse_record
from minimon.scores.signing import Signer
from minimon.settings import Settings
from minimon.tallies import Spread

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class NotWrittenError(Exception):
    """Nothing of the batch is in the ledger; the next may succeed."""


class UnknownOutcomeError(Exception):
    """The batch may be in the ledger, whole, or not at all: nobody can say yet. The next may succeed."""


class BrokenLedgerError(Exception):
    """Nothing may be acknowledged any more until a new start. ``sync_failed`` says that the process has to end.

    ``unknown`` says that what was being written may be in the ledger all the same.
    """

    def __init__(self, cause: str, *, sync_failed: bool = False, unknown: bool = True) -> None:
        super().__init__(cause)
        self.sync_failed = sync_failed
        self.unknown = unknown


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose ledger it is: the keys that sign, and what the first record needs."""

    signer: Signer
    public: PublicKey
    checkpoint_key: CheckpointKey
    clock: Clock
    new_id: Any
    """Returns a new record id."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A record that is durable."""

    index: int
    line: bytes
    before: Peaks
    """The tree before it."""
    after: Peaks
    """The tree that ends with it."""
    replayed: bool = False
    """It was there before: the request is a repetition."""


Answer = Committed | ProblemError


class LedgerStore(Protocol):
    """An open store. One thread writes (``commit``, ``settle``, ``sync``, ``close``); the rest is for any thread.

    Whatever reads may block, and raises LedgerUnavailableError where the store cannot be reached.
    """

    where: str
    """Which ledger it is, for people: a path or an address, without secrets."""
    shared: bool
    """Other processes write to it too, so that ``settle`` is wanted about once a second even if nothing came in."""
    sync_seconds: Spread
    """How long it took to make batches durable."""

    @property
    def reachable(self) -> bool:
        """Whether the next commit may succeed, as far as the last attempt tells."""

    @property
    def head(self) -> Head:
        """Where the committed records end, as far as this process knows. Readers see nothing beyond."""

    @property
    def keys(self) -> Mapping[str, PublicKey]:
        """Every key that ever signed, in the order in which they came, as far as this process knows."""

    def refresh(self) -> None:
        """Bring ``head`` and ``keys`` up to what any process has committed."""

    def record(self, index: int) -> bytes:
        """Return the line of a record.

        Raises IndexError where there is none, and InternalError unless its tree leads to the root of ``head``.
        """

    def read_tree(self, work: Callable[[ReadNode], T]) -> T:
        """Return what ``work`` makes of the nodes of the Merkle tree.

        It may be called more than once, with other nodes than the true ones at first: which it reads must not depend
        on what they are.
        """

    def find(self, key: bytes) -> int | None:
        """Return the number of the record that has a ``nonce_key``."""

    def last_time(self) -> datetime:
        """Return when the last record was issued."""

    def commit(self, entries: Sequence[Entry]) -> list[Answer]:
        """Make the entries that are new durable, all of them or none; return what became of each, in their order.

        A record gets the next number, with none left out, whoever else writes; an entry whose key is there already gets
        the record that has it, or NonceReplayedError where the scores differ. Raises NotWrittenError,
        UnknownOutcomeError or BrokenLedgerError. An entry may be tried again after any of them: it is entered once.
        """

    def settle(self) -> None:
        """Do what follows a commit and is not urgent. Raises NotWrittenError (try again later), BrokenLedgerError."""

    def sync(self) -> None:
        """Make that durable too. Raises BrokenLedgerError."""

    def close(self) -> None:
        """Let go of it."""


def open_ledger(settings: Settings, identity: Identity, *, key_lost: bool = False) -> LedgerStore:
    """Open the ledger of the settings, made if there is none. Blocks. Raises StartError.

    Its last key has to be that of ``identity``, unless ``key_lost`` says that it is lost.
    """
    store: LedgerStore = load_factory(LEDGER_STORES, scheme_of(settings))(settings, identity, key_lost=key_lost)
    return store


def enter(store: LedgerStore, entry: Entry) -> None:
    """Enter one record, and all that follows from it. Raises StartError."""
    try:
        store.commit([entry])
        store.settle()
        store.sync()
    except (NotWrittenError, UnknownOutcomeError, BrokenLedgerError) as error:
        raise StartError(f"{store.where}: the record could not be entered ({error})") from error


def scheme_of(settings: Settings) -> str:
    """Return the kind of store that the settings name; empty is the file."""
    return settings.ledger_url.get_secret_value().partition("://")[0]


class ReadTree(Protocol):
    """``LedgerStore.read_tree``."""

    def __call__(self, work: Callable[[ReadNode], T]) -> T:
        """Return what ``work`` makes of the nodes."""


def prove_record(read_tree: ReadTree, line: bytes, index: int, head: Head) -> Committed:
    """Return a record as it was first committed.

    Raises InternalError unless its tree leads to the root of ``head``: whoever changes what is stored must not get a
    receipt for it.
    """
    before, proof = read_tree(lambda read: (read_peaks(read, index), consistency_proof(read, index + 1, head.size)))
    after, _ = add_leaf(before, index, leaf_hash(line))
    if not verify_consistency(index + 1, head.size, root_of(after), head.root, proof):
        _log.error("a ledger record is not what it was", index=index)
        raise InternalError
    return Committed(index, line, before, after)


def settle_nonce(there: Committed, entry: Entry) -> Answer:
    """Return what becomes of an entry whose key the record ``there`` has: the first, a repetition, or too late."""
    if there.line.endswith(entry.body):  # the id within is of this entry alone
        return there
    payload = parse_record(there.line)["signed"]["payload"]
    return replace(there, replayed=True) if payload.get("score", 0) == entry.score else NonceReplayedError()
