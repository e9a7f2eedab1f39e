"""The operating system's randomness, fetched in blocks."""

import os
from io import BytesIO
from random import SystemRandom

BLOCK_BYTES = 4096


class BufferedRandom(SystemRandom):
    """SystemRandom that asks the system once for many numbers. For one thread.

    Each system call lets another thread have the interpreter, and waiting for its return costs more than the call.
    """

    def __init__(self) -> None:
        super().__init__()
        self._block = BytesIO()

    def randbytes(self, n: int) -> bytes:
        """Return ``n`` bytes that no other call gets."""
        taken = self._block.read(n)
        if len(taken) < n:
            self._block = BytesIO(os.urandom(max(n, BLOCK_BYTES)))
            taken = self._block.read(n)
        return taken

    def getrandbits(self, k: int) -> int:
        """Return a number of ``k`` bits."""
        size = (k + 7) // 8
        return int.from_bytes(self.randbytes(size)) >> 8 * size - k
