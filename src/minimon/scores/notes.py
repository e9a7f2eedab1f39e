"""The checkpoints on disk: ``<ledger>.checkpoints``, notes one behind the other, each followed by an empty line.

The last whole note counts; the file is replaced by it alone when it has grown.
"""

import os
from pathlib import Path

from minimon.durable import replace_file
from minimon.errors import StartError
from minimon.scores.checkpoint import Checkpoint, CheckpointError, CheckpointKey

MOST_BYTES = 1 << 20
LONGEST_FRAGMENT = 1024
"""A torn note is never longer; more behind the last whole note is damage."""


class Notes:
    """The file of notes. For one thread."""

    def __init__(self, path: Path, key: CheckpointKey) -> None:
        """Open the file. Raises StartError if its last note is not ours: signed by another key, or changed."""
        self._path = path
        self._key = key
        self.last: Checkpoint | None = None
        """What the last whole note says; None in a ledger that has never been opened."""
        self._descriptor: int | None = None
        if path.exists():
            self._read()

    def _read(self) -> None:
        data = self._path.read_bytes()
        end = data.rfind(b"\n\n") + 2
        whole, fragment = (data[:end], data[end:]) if end > 1 else (b"", data)
        parts = whole.split(b"\n\n")[:-1]
        if len(parts) % 2:  # a text without its signature
            fragment = parts.pop()
        if not parts or len(fragment) > LONGEST_FRAGMENT:
            raise StartError(f"{self._path}: holds no checkpoint: put the ledger's files back from one copy")
        note = parts[-2] + b"\n\n" + parts[-1] + b"\n"
        try:
            self.last = self._key.read(note)
        except CheckpointError as error:
            raise StartError(f"{self._path}: the last checkpoint is not ours ({error})") from error
        self._begin(note + b"\n")

    def write(self, checkpoint: Checkpoint) -> None:
        """Sign and add a checkpoint, not yet synced. Raises OSError."""
        note = self._key.sign(checkpoint) + b"\n"
        if not self._append(note):
            self._begin(note)
        self.last = checkpoint

    def _append(self, note: bytes) -> bool:
        """Say whether the note is in the file whole; half of one must never have another behind it."""
        here = self._descriptor
        if here is None or os.fstat(here).st_size > MOST_BYTES:
            return False
        if os.write(here, note) != len(note):
            self.close()
        return self._descriptor is not None

    def _begin(self, note: bytes) -> None:
        replace_file(self._path, note, 0o600)
        self.close()
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def sync(self) -> None:
        """Return when the notes are on disk. Raises OSError."""
        if self._descriptor is not None:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
