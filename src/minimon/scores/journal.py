"""The ledger's file: opened by one process, appended to durably, watched for strangers' hands.

What a caller may rely on:

- ``append`` writes all of its bytes or none: what a full disk cut short is cut off again.
- ``sync`` returns when all that was appended is on disk. After a failed sync the file is never synced again: the
  kernel may have dropped the pages and call them clean, so that a second sync would succeed and lie (Rebello et al.,
  "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
- ``check_untouched`` raises once the file was truncated, replaced, moved away or appended to by anybody else.
"""

import fcntl
import os
import re
import time
from pathlib import Path
from typing import Self

import structlog

from minimon.durable import create_file, make_folder, sync_folder
from minimon.errors import LedgerInUseError, StartError
from minimon.scores.storing import BrokenLedgerError
from minimon.tallies import Spread

CHUNK = 65536
LOCKS = Path("/proc/locks")

_log = structlog.get_logger(__name__)
_sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class Journal:
    """The open file. For one thread at a time, except ``read``, which any may call."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self._identity = status.st_dev, status.st_ino
        self.size = status.st_size
        self.sync_seconds = Spread()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, made with mode 0600 if there is none, and take its lock.

        Raises StartError if the file cannot be used or another process has it, whose pid is named.
        """
        try:
            if path.exists() and not path.is_file():
                raise StartError(f"{path}: the ledger cannot be opened (not a regular file): set another path")
            return cls(path, _open_locked(path))
        except OSError as error:
            raise StartError(f"{path}: the ledger cannot be opened ({error.strerror}): make it writable") from error

    def close(self) -> None:
        """Let go of the file and its lock."""
        os.close(self._descriptor)

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes of [start, end), fewer at the end of the file."""
        parts = []
        while start < end and (part := os.pread(self._descriptor, end - start, start)):
            parts.append(part)
            start += len(part)
        return b"".join(parts)

    def append(self, data: bytes) -> None:
        """Write all of ``data`` behind what is there, or cut the file durably back to that and raise OSError.

        Raises BrokenLedgerError if cutting back fails too.
        """
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            self._cut(self.size)
            raise
        self.size += len(data)

    def _cut(self, size: int) -> None:
        try:
            os.ftruncate(self._descriptor, size)
        except OSError as error:
            raise BrokenLedgerError(f"cutting back failed: {error}") from error
        self.sync()  # a power cut must not bring back what was refused

    def sync(self) -> None:
        """Return when all is on disk. Raises BrokenLedgerError: whether it is nobody can know then."""
        began = time.perf_counter()
        try:
            _sync(self._descriptor)
        except OSError as error:
            raise BrokenLedgerError(f"sync failed: {error}", sync_failed=True) from error
        self.sync_seconds.observe(time.perf_counter() - began)

    def check_untouched(self) -> None:
        """Raise BrokenLedgerError if the file is not as long as we left it, or its name leads elsewhere."""
        try:
            named = self.path.stat()
        except OSError as error:
            raise BrokenLedgerError(f"the file is gone from its place: {error}") from error
        if (named.st_dev, named.st_ino) != self._identity:
            raise BrokenLedgerError("another file stands in its place")
        if named.st_size != self.size:
            raise BrokenLedgerError(f"the file has {named.st_size} bytes instead of {self.size}")

    def write_again(self, start: int) -> None:
        """Write what stands behind ``start`` anew and sync it, whatever the page cache believes about it."""
        if start == self.size:
            return
        data = self.read(start, self.size)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)  # on one with O_APPEND, pwrite would append
        try:
            done = 0
            while done < len(data):
                done += os.pwrite(descriptor, data[done:], start + done)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def quarantine(self, keep: int) -> None:
        """Move what stands behind ``keep``, the trace of a crash, to a file of its own beside this one."""
        fragment = self.read(keep, self.size)
        moved_to = self.path.with_name(f"{self.path.name}.torn-{time.time_ns()}")
        create_file(moved_to, fragment, 0o600)
        os.ftruncate(self._descriptor, keep)
        os.fsync(self._descriptor)
        self.size = keep
        _log.warning("ledger had a torn end", path=str(self.path), bytes=len(fragment), moved_to=str(moved_to))

    def end_of_last_line(self) -> int:
        """Return where the last line feed ends; 0 without one."""
        end = self.size
        while end > 0:
            start = max(0, end - CHUNK)
            found = self.read(start, end).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
        return 0


def _open_locked(path: Path) -> int:
    make_folder(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sync_folder(path.parent)
    except BlockingIOError as error:
        owner = lock_owner(os.fstat(descriptor))
        os.close(descriptor)
        who = f"another process{f' (pid {owner})' if owner else ''} has this ledger open"
        raise LedgerInUseError(f"{path}: {who}: stop it, or set another path", owner) from error
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def lock_owner(status: os.stat_result) -> int | None:
    """Return the pid of the process that locked a file, as far as the system tells (proc_locks(5))."""
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        found = re.search(rf"FLOCK\s+\S+\s+WRITE\s+(\d+)\s+{device}\s", LOCKS.read_text())
    except OSError:  # another system than Linux
        return None
    return int(found[1]) if found else None
