"""The ledger of certified scores: an append-only file of JSON lines with one durable writer.

What a caller may rely on:

- ``append`` returns when its line is on disk (``fdatasync`` returned), and not before.
- A line is in the file whole or not at all: a batch that does not fit is cut off again.
- One thread writes. It takes whatever waits, so that many callers share one sync and one caller waits for none.
- One process writes: a second one that opens the file is refused while the first lives (``flock``).
- After a failed sync nothing is acknowledged any more: the kernel may have dropped the pages and call them clean,
  so that a second sync would succeed and lie (see Rebello et al., "Can Applications Recover from fsync Failures?",
  USENIX ATC 2020). The service has to be started again.
"""

import asyncio
import contextlib
import fcntl
import os
import queue
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import structlog

from minimon.durable import create_file, make_folder, sync_folder
from minimon.errors import LedgerUnavailableError, StartError

MOST_WAITING = 4096
"""Lines that may wait for the writer; more are refused, so that a slow disk cannot fill the memory."""
RETRY_SECONDS = 5
TAIL_CHUNK = 65536

_log = structlog.get_logger(__name__)
_sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class _Waiting(NamedTuple):
    line: bytes
    done: asyncio.Future[None]


class Ledger:
    """The open ledger. Build it with ``open``, end it with ``close``."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(MOST_WAITING)
        self._broken = False
        self._thread = threading.Thread(target=self._write_forever, name="ledger")
        self._thread.start()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the ledger, made with mode 0600 if there is none, and take its lock.

        A fragment that a crash left at the end is moved to a file of its own beside the ledger.
        Raises StartError if the file cannot be used or another process has it.
        """
        try:
            descriptor = _open_locked(path)
        except OSError as error:
            raise StartError(f"{path}: the ledger cannot be opened ({error.strerror}): make it writable") from error
        try:
            _cut_fragment(path, descriptor)
        except OSError as error:
            os.close(descriptor)
            raise StartError(f"{path}: the ledger cannot be read or repaired ({error.strerror})") from error
        return cls(path, descriptor)

    @property
    def writable(self) -> bool:
        """False once a sync has failed: only a new start helps then."""
        return not self._broken

    async def append(self, line: bytes) -> None:
        """Add ``line``, which holds no line feed, and return when it is on disk.

        Raises LedgerUnavailableError, and then the line is not in the file, except after a failed sync, when
        nobody can know. A caller that is cancelled leaves its line in the queue: it may still be written.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            if self._broken:
                raise _unavailable()
            self._queue.put_nowait(_Waiting(line + b"\n", done))
        except queue.Full as error:
            raise _unavailable() from error
        await done

    def close(self) -> None:
        """Write what still waits, then let go of the file. Blocks until done."""
        self._queue.put(None)
        self._thread.join()
        os.close(self._descriptor)

    def _write_forever(self) -> None:
        last = False
        while not last:
            batch = self._take()
            last = batch[-1] is None
            lines = [waiting for waiting in batch if waiting is not None]
            if lines:
                self._commit(lines)

    def _take(self) -> list[_Waiting | None]:
        """Wait for the first line, then take all that have come meanwhile."""
        batch = [self._queue.get()]
        with contextlib.suppress(queue.Empty):
            while batch[-1] is not None:
                batch.append(self._queue.get_nowait())
        return batch

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            if self._broken:
                raise _unavailable()
            self._write(b"".join(waiting.line for waiting in batch))
            self._sync()
        except (OSError, LedgerUnavailableError) as error:
            _log.error("ledger append failed", path=str(self._path), records=len(batch), cause=str(error))
            _resolve(batch, _unavailable())
        else:
            _resolve(batch, None)

    def _write(self, data: bytes) -> None:
        """Write all of ``data`` behind what is committed, or cut the file back to that and raise OSError."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            self._roll_back()
            raise
        self._size += len(data)

    def _roll_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            self._broken = True
            raise

    def _sync(self) -> None:
        try:
            _sync(self._descriptor)
        except OSError:
            self._broken = True
            raise


def _unavailable() -> LedgerUnavailableError:
    return LedgerUnavailableError(headers={"Retry-After": str(RETRY_SECONDS)})


def _resolve(batch: Sequence[_Waiting], error: LedgerUnavailableError | None) -> None:
    """Wake the callers of a batch, all of one event loop, in one call to it."""

    def settle() -> None:
        for done in (waiting.done for waiting in batch if not waiting.done.done()):  # some clients may have gone
            if error:
                done.set_exception(error)
            else:
                done.set_result(None)

    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        batch[0].done.get_loop().call_soon_threadsafe(settle)


def _open_locked(path: Path) -> int:
    make_folder(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sync_folder(path.parent)
    except BlockingIOError as error:
        os.close(descriptor)
        raise StartError(f"{path}: another process has this ledger open: stop it, or set another path") from error
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _cut_fragment(path: Path, descriptor: int) -> None:
    """Move what stands behind the last line feed, the trace of a crash, to a file of its own."""
    size = os.fstat(descriptor).st_size
    keep = _end_of_last_line(descriptor, size)
    if keep == size:
        return
    fragment = os.pread(descriptor, size - keep, keep)
    quarantine = path.with_name(f"{path.name}.torn-{time.time_ns()}")
    create_file(quarantine, fragment, 0o600)
    os.ftruncate(descriptor, keep)
    os.fsync(descriptor)
    _log.warning("ledger had a torn line at its end", path=str(path), bytes=size - keep, moved_to=str(quarantine))


def _end_of_last_line(descriptor: int, size: int) -> int:
    end = size
    while end > 0:
        start = max(0, end - TAIL_CHUNK)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
