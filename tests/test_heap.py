"""Where large buffers come from. In a process of its own: the settings last as long as it does."""

import ctypes
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes
from minimon.heap import map_apart

c = ctypes.CDLL(None)
c.malloc.restype = ctypes.c_void_p


class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]


c.mallinfo2.restype = Info
for settings in ((1 << 17,), (1 << 25, 1 << 28), (1 << 17,)):
    map_apart(*settings)
    before = c.mallinfo2().hblks
    assert c.malloc(1 << 20)
    print(c.mallinfo2().hblks - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="the C library says nothing of its heap")
def test_a_large_buffer_is_mapped_apart_until_the_heap_may_have_it():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "0", "1"]
