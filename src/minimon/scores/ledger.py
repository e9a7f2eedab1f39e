"""The ledger of certified scores: an append-only chain of JSON lines with one durable writer in each process.

What a caller may rely on, whichever store holds the lines (``storing``):

- ``append`` returns when its record is durable (the file's ``fdatasync`` or the database's COMMIT returned).
- A batch is in the ledger whole or not at all.
- One thread writes. It takes whatever waits, so that many callers share one sync and one caller waits for none.
  What several bring within two turns of the event loop is signed in a row, where a signature costs half as much, and
  handed to the writer together: to wake it for each costs more than its work. What comes by itself the writer signs:
  the event loop then finds what it needs still in its processor's caches.
- One process writes to a file: a second one that opens it is refused while the first lives (``flock``). Many may write
  to one database.
- One subject uses a nonce once: the same score again gets the first record, another score NonceReplayedError.
- After a failed sync, or where the store was changed underneath, nothing is acknowledged until a new start.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from minimon.errors import LedgerUnavailableError, OverloadedError
from minimon.scores.records import Entry
from minimon.scores.storing import (
    BrokenLedgerError,
    Committed,
    LedgerStore,
    NotWrittenError,
    UnknownOutcomeError,
)
from minimon.tallies import SIZES, Spread

MOST_WAITING = 4096
"""Records that may wait, or be written now; more are refused, so that a slow disk cannot fill the memory."""
OVERLOAD_SECONDS = 1
RETRY_SECONDS = 5
SETTLE_SECONDS = 0.2
"""The checkpoint on disk is at most so old; a crash costs no more than proving so many records again."""
SYNC_SECONDS = 1.0
"""What stands beside the ledger is synced this often; a power cut costs no more than reading so much again."""

_log = structlog.get_logger(__name__)


Draft = Callable[[], Entry]
"""Makes an entry, which takes a signature."""


Waiting = tuple[Entry | Draft, asyncio.Future[Committed]]
"""What a caller of the event loop brings, and what wakes it."""
Batch = list[tuple[Entry, asyncio.Future[Committed]]]


class Ledger:
    """The open ledger, over an open store. End it with ``close``."""

    def __init__(self, store: LedgerStore) -> None:
        self.store = store
        self._queue: queue.SimpleQueue[Sequence[Waiting] | None] = queue.SimpleQueue()
        self._gathered: list[Waiting] = []
        """What is not handed to the writer yet."""
        self._alone = False
        """Whether what was handed over last was one by itself."""
        self._waiting = 0
        self._broken: BrokenLedgerError | None = None
        self._settled = self._clean = True
        self._held_back = False
        self._settled_at = self._synced_at = time.monotonic()
        self.on_failed_sync: Callable[[], None] = lambda: None
        """Called once from the writer's thread when a sync has failed: the process has to end."""
        self.batches = Spread(SIZES)
        """How many requests shared one commit."""
        self._thread = threading.Thread(target=self._write_forever, name="ledger")
        self._thread.start()

    @property
    def writable(self) -> bool:
        """Whether it takes records.

        False once a sync has failed or the store was changed underneath, when only a new start helps, and as long as
        the store cannot be reached.
        """
        return self._broken is None and self.store.reachable

    @property
    def sync_failed(self) -> bool:
        """Whether a sync has failed, so that the process has to end."""
        return self._broken is not None and self._broken.sync_failed

    async def append(self, entry: Entry | Draft) -> Committed:
        """Add a record and return it when it is on disk; a repetition returns the first one.

        A draft is made an entry in the event loop, in a row with those that come with it, or by the writer if no other
        waits: to sign takes more than the processor's nearest cache holds, and so does all else that a request needs.

        Raises what the draft raises, NonceReplayedError, OverloadedError, or LedgerUnavailableError, which says whether
        the record is not in the ledger or nobody can know. A caller that is cancelled leaves its record in the queue:
        it may still be written.
        """
        if self._broken:
            raise _unavailable()
        if self._waiting >= MOST_WAITING:
            raise OverloadedError("ledger", seconds=OVERLOAD_SECONDS, headers={"Retry-After": str(OVERLOAD_SECONDS)})
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Committed] = loop.create_future()
        self._gathered.append((entry, done))
        self._waiting += 1
        if self._alone and self._waiting == 1:  # from a client that asks for one after the other, as it seems
            self._hand_over()
        elif len(self._gathered) == 1:
            loop.call_soon(self._gather, loop)
        return await done

    def _gather(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let several wait for those that were read meanwhile: each batch costs the same, however few it has."""
        if len(self._gathered) > 1:
            loop.call_soon(self._hand_over)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, []
        self._alone = len(gathered) == 1
        ready = gathered if self._waiting == 1 else self._entries(gathered)
        if ready:
            self._queue.put(ready)

    def _entries(self, waiting: Sequence[Waiting]) -> Batch:
        """Make the drafts entries. Whose draft fails is told so and left out."""
        batch = []
        for entry, done in waiting:
            try:
                batch.append((entry() if callable(entry) else entry, done))
            except Exception as error:  # noqa: BLE001 - whatever it is belongs to this caller alone
                self._resolve([done], [error])
        return batch

    def close(self) -> None:
        """Write what still waits, then let go of the files. Blocks until done."""
        self._hand_over()
        self._queue.put(None)
        self._thread.join()
        self._settle()
        self._sync_rest()
        self.store.close()

    def _write_forever(self) -> None:
        last = False
        while not last:
            taken, last = self._take()
            if batch := self._entries(taken):
                self._commit(batch)
            self._settle_when_due()

    def _settle_when_due(self) -> None:
        """Let checkpoint and index follow: often enough, but not with each batch, which would cost more than it."""
        if self.store.shared and time.monotonic() - self._settled_at >= SYNC_SECONDS:
            self._settled = False
        if not self._settled and time.monotonic() - self._settled_at >= SETTLE_SECONDS:
            self._settle()
        if not self._clean and time.monotonic() - self._synced_at >= SYNC_SECONDS:
            self._sync_rest()

    def _settle(self) -> None:
        self._settled_at = time.monotonic()
        if self._settled or self._broken:
            return
        try:
            self.store.settle()
        except BrokenLedgerError as error:
            self._break(error)
        except NotWrittenError as error:  # tried again, until there is room
            if not self._held_back:
                _log.error("what follows the ledger was held back", ledger=self.store.where, cause=str(error))
            self._held_back = True
        else:
            self._settled, self._clean, self._held_back = True, False, False

    def _take(self) -> tuple[list[Waiting], bool]:
        """Wait for the first, then take all that have come meanwhile; nothing if it is time to settle.

        Also says whether these are the last.
        """
        taken: list[Waiting] = []
        with contextlib.suppress(queue.Empty):
            idle = self._broken or (self._settled and self._clean and not self.store.shared)
            more = self._queue.get(timeout=None if idle else SETTLE_SECONDS)
            while more is not None:
                taken += more
                more = self._queue.get_nowait()
            return taken, True
        return taken, False

    def _commit(self, batch: Batch) -> None:
        if self._broken:
            self._refuse(batch)
            return
        try:
            answers = self.store.commit([entry for entry, _ in batch])
        except BrokenLedgerError as error:
            self._break(error)
            self._refuse(batch, "unknown" if error.unknown else "")
        except UnknownOutcomeError as error:
            _log.error("ledger append without an answer", records=len(batch), cause=str(error))
            self._refuse(batch, "unknown")
        except NotWrittenError as error:
            _log.error("ledger append failed", records=len(batch), cause=str(error))
            self._refuse(batch)
        except Exception as error:  # noqa: BLE001 - the thread's last net: nobody must be left waiting
            self._break(BrokenLedgerError(f"a fault of the writer: {error!r}"))
            self._refuse(batch, "unknown")
        else:
            self.batches.observe(len(batch))
            self._resolve([done for _, done in batch], answers)
            self._settled = False

    def _refuse(self, batch: Batch, reason: str = "") -> None:
        self._resolve([done for _, done in batch], [_unavailable(reason) for _ in batch])

    def _resolve(self, callers: Sequence[asyncio.Future[Committed]], answers: Sequence[Committed | Exception]) -> None:
        """Wake callers, all of one event loop, in one call to it."""

        def settle() -> None:
            self._waiting -= len(callers)
            for done, answer in zip(callers, answers, strict=True):
                if done.done():  # some clients may have gone
                    continue
                if isinstance(answer, Committed):
                    done.set_result(answer)
                else:
                    done.set_exception(answer)

        try:
            callers[0].get_loop().call_soon_threadsafe(settle)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self._waiting -= len(callers)

    def _break(self, error: BrokenLedgerError) -> None:
        _log.critical("the ledger takes no records until a new start", cause=str(error))
        self._broken = error
        if error.sync_failed:
            self.on_failed_sync()

    def _sync_rest(self) -> None:
        self._synced_at = time.monotonic()
        if self._clean or self._broken:
            return
        try:
            self.store.sync()
            self._clean = True
        except BrokenLedgerError as error:
            self._break(error)


def _unavailable(reason: str = "") -> LedgerUnavailableError:
    return LedgerUnavailableError(reason, headers={"Retry-After": str(RETRY_SECONDS)})
