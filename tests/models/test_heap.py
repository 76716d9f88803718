"""Memory that was freed goes back to the system, and threads share their heaps."""

import subprocess
import sys

import pytest

from models import heap

pytestmark = pytest.mark.skipif(heap._glibc() is None, reason="another C library than glibc")

GIVEN_BACK = """
import psutil
from models.heap import give_back

process = psutil.Process()
held = [bytes(1000) for _ in range(100_000)]
last = held.pop()  # the end of the heap stays in use, so that nothing before it goes by itself
del held
before = process.memory_info().rss
give_back()
print(before - process.memory_info().rss)
"""

HEAPS = """
import ctypes, threading
from models.heap import few_heaps

few_heaps()
allocator = ctypes.CDLL(None)
allocator.malloc.restype = ctypes.c_void_p
everybody = threading.Barrier(12)

def work():
    everybody.wait()
    for _ in range(200):
        allocator.malloc(5000)
    everybody.wait()

threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
libc.fopen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
file = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.malloc_info(0, file)
libc.fflush.argtypes = [ctypes.c_void_p]
libc.fflush(file)
"""


def told_by(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_what_was_freed_is_given_back():
    assert int(told_by(GIVEN_BACK)) > 50e6


def test_a_dozen_threads_share_a_few_heaps():
    assert told_by(HEAPS).count("<heap nr=") == heap.HEAPS
