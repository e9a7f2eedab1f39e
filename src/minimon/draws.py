"""Draws under way: every creature that was drawn is made and handed out, whatever happens meanwhile.

Without this, whatever ends the process or a picture would take those that are under way, and a rare creature, which
takes more steps, is under way for longer: it would be lost more often than a common one.
"""

import fcntl
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import structlog

from minimon.creatures import SEED_BITS, new_seed
from minimon.durable import make_folder
from minimon.errors import StartError

_log = structlog.get_logger(__name__)

MOST_TRIES = 3
"""So often is a picture tried. A seed whose picture never comes must not fail every request that follows."""
ENTRY_BYTES = 8


@dataclass(eq=False, slots=True)
class Draw:
    """A seed, which decides everything about a creature but its id."""

    seed: int
    tries: int = 0
    entry: int | None = None
    """Where it stands in the file."""


class DrawsFile:
    """Seeds in a file, an entry of 8 bytes each: the seed plus one, or zero where there is none.

    It outlives the process, however that ends. It is not synced: a machine that goes down may lose the latest.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._free: list[int] = []
        self._entries = 0
        self._failing = False

    def read(self) -> list[Draw]:
        """Return what a process before this one left. Raises ValueError if this is no such file."""
        content = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
        numbers = [int.from_bytes(content[at : at + ENTRY_BYTES]) for at in range(0, len(content), ENTRY_BYTES)]
        if max(numbers, default=0) > 1 << SEED_BITS:
            raise ValueError
        self._entries = len(numbers)
        self._free = [entry for entry, number in enumerate(numbers) if not number]
        return [Draw(number - 1, entry=entry) for entry, number in enumerate(numbers) if number]

    def enter(self, draw: Draw) -> None:
        """Write a draw down."""
        if not self._free:
            self._free.append(self._entries)
            self._entries += 1
        draw.entry = self._free.pop()
        self._write(draw.entry, draw.seed + 1)

    def strike(self, draw: Draw) -> None:
        """Take a draw out."""
        if draw.entry is not None:
            self._write(draw.entry, 0)
            self._free.append(draw.entry)
            draw.entry = None

    def _write(self, entry: int, number: int) -> None:
        """Write one entry. A full disk stops no game; it is told, as a crash would lose draws then."""
        try:
            os.pwrite(self._descriptor, number.to_bytes(ENTRY_BYTES), entry * ENTRY_BYTES)
            self._failing = False
        except OSError as error:
            if not self._failing:
                _log.error("draws are not written down: a crash now would lose them", cause=str(error))
            self._failing = True


class Draws:
    """Gives each draw to somebody who makes it; one that comes back is the next to be given."""

    def __init__(self, rng: Random, file: DrawsFile | None = None) -> None:
        """Begin with what ``file`` holds, if there is one. Raises ValueError if it is none of ours."""
        self._rng = rng
        self._file = file
        self._back = deque(file.read() if file else ())

    def next(self, *, kept: bool = True) -> Draw:
        """Return a draw that came back, the oldest first, or a new one.

        ``kept``: it is written down, as what is made of it may take so long that a rare one is lost more often.
        """
        if self._back:
            return self._back.popleft()
        draw = Draw(new_seed(self._rng))
        if self._file and kept:
            self._file.enter(draw)
        return draw

    def put_back(self, draw: Draw) -> None:
        """Take back a draw for which no work was done."""
        self._back.append(draw)

    def failed(self, draw: Draw) -> None:
        """Take back a draw whose picture did not come to be, unless it was tried often enough."""
        draw.tries += 1
        if draw.tries < MOST_TRIES:
            self._back.append(draw)
            return
        _log.warning("a draw is given up: its picture failed each time", seed=draw.seed, tries=draw.tries)
        self.handed_out(draw)

    def keep(self, draw: Draw) -> None:
        """Take on a draw that was somebody else's: it is ours to hand out now."""
        if self._file and draw.entry is None:
            self._file.enter(draw)

    def handed_out(self, draw: Draw) -> None:
        """Forget a draw: its creature is somebody's now."""
        if self._file:
            self._file.strike(draw)


@contextmanager
def open_draws(path: Path | None, rng: Random) -> Iterator[Draws]:
    """Open the file of draws, made if there is none; None keeps them in memory. Blocks. Raises StartError."""
    if path is None:
        yield Draws(rng)
        return
    try:
        make_folder(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StartError(f"{path}: cannot be written ({error.strerror}): set MINIMON_DRAWS_PATH") from error
    try:
        yield _read_draws(path, descriptor, rng)
    finally:
        os.close(descriptor)


def _read_draws(path: Path, descriptor: int, rng: Random) -> Draws:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return Draws(rng, DrawsFile(descriptor))
    except BlockingIOError as error:
        raise StartError(f"{path}: another process uses it: stop that one or set MINIMON_DRAWS_PATH") from error
    except ValueError as error:
        raise StartError(f"{path}: is no file of draws: move it away or set MINIMON_DRAWS_PATH") from error
