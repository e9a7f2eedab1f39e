"""A file of rows of one width: what can be made again from the ledger, kept so that a start need not read it all.

``append`` puts rows into memory, where readers see them at once; ``flush`` writes them, and one that finds no room can
be tried again.
"""

import os
from pathlib import Path
from typing import Self


class Rows:
    """Rows of ``width`` bytes. One thread appends; any may read."""

    def __init__(self, descriptor: int, width: int) -> None:
        self._descriptor = descriptor
        self._width = width
        self._state = (os.fstat(descriptor).st_size // width, b"")
        """How many rows the file holds, and those that wait for it: one tuple, so that a reader sees both at once."""

    @classmethod
    def open(cls, path: Path, width: int) -> Self:
        """Open or make the file. Raises OSError."""
        return cls(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), width)

    def __len__(self) -> int:
        count, waiting = self._state
        return count + len(waiting) // self._width

    def __getitem__(self, place: int) -> bytes:
        """Return a row. Raises IndexError where there is none."""
        count, waiting = self._state
        if place >= count:
            start = (place - count) * self._width
            row = waiting[start : start + self._width]
        else:
            row = os.pread(self._descriptor, self._width, place * self._width)
        if len(row) != self._width or place < 0:
            raise IndexError(place)
        return row

    def append(self, rows: bytes) -> None:
        """Add rows, in memory."""
        count, waiting = self._state
        self._state = (count, waiting + rows)

    def flush(self) -> None:
        """Write the rows that wait. Raises OSError; then they still wait."""
        count, waiting = self._state
        written = 0
        while written < len(waiting):
            written += os.pwrite(self._descriptor, waiting[written:], count * self._width + written)
        if waiting:
            self._state = (count + len(waiting) // self._width, b"")

    def cut(self, count: int) -> None:
        """Forget all rows from ``count`` on; the caller writes them again."""
        self._state = (min(count, self._state[0]), b"")

    def sync(self) -> None:
        """Return when what was flushed is on disk. Raises OSError."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)
