"""Log lines are written by a thread of their own, so that whoever reads them slowly, or not at all, holds up nobody."""

import contextlib
import os
import threading
import time
from collections.abc import Callable

GATHER_SECONDS = 0.05
"""Lines are written together, so often; a line about an error takes those before it along at once."""
MOST_WAITING = 16 * 1024 * 1024
"""Bytes. Lines beyond that are dropped and counted: where nobody reads, memory must not grow."""
GOODBYE_SECONDS = 2
RETRY_SECONDS = 0.05


class LogWriter:
    """Writes lines in their order. Whatever fits into its bound is written, at the latest by ``close``."""

    def __init__(self, descriptor: int, lost: Callable[[int], bytes]) -> None:
        """``lost`` makes a line that says how many were dropped."""
        self._descriptor = descriptor
        self._say_lost = lost
        self._lock = threading.Lock()
        self._waiting = bytearray()
        self._lost = 0
        self._closed = False
        self._some = threading.Event()
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._write_forever, name="log", daemon=True)
        self._thread.start()

    def put(self, line: bytes, *, soon: bool = False) -> None:
        """Have a line written, within a moment or ``soon``. Never waits; any thread may call."""
        with self._lock:
            if len(self._waiting) + len(line) > MOST_WAITING:
                self._lost += 1
                return
            self._waiting += line
            self._waiting += b"\n"
        if not self._some.is_set():
            self._some.set()
        if soon:
            self._hurry.set()

    def close(self) -> None:
        """Write what waits, but do not wait for ever for a reader that does not read."""
        self._closed = True
        self._hurry.set()
        self._some.set()
        self._thread.join(GOODBYE_SECONDS)

    def _write_forever(self) -> None:
        while not self._closed or self._waiting:
            self._some.wait()
            self._hurry.wait(GATHER_SECONDS)
            self._hurry.clear()
            with contextlib.suppress(OSError):  # nobody is there to read, and nobody to be told
                self._write(self._take())

    def _take(self) -> bytearray:
        """Return what waits, and say how much did not fit."""
        with self._lock:
            waiting, lost = self._waiting, self._lost
            self._waiting, self._lost = bytearray(), 0
            self._some.clear()
        if lost:
            waiting += self._say_lost(lost) + b"\n"
        return waiting

    def _write(self, data: bytearray) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:  # whoever else has the pipe made it non-blocking, and it is full
                time.sleep(RETRY_SECONDS)
