"""Where the C library takes large buffers from: its heap, or a mapping for each. glibc's settings; others have none."""

import ctypes
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
"""As in malloc.h."""


def map_apart(least: int, kept: int = 0) -> None:
    """Map each buffer of at least ``least`` bytes apart, and keep up to ``kept`` free bytes at the end of the heap.

    What is mapped apart takes memory only where it is touched, and costs a fault for each page, every time anew.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, least)
        if kept:
            mallopt(M_TRIM_THRESHOLD, kept)
