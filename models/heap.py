"""What the C library keeps of the memory that was given back to it.

glibc gives threads heaps of their own, up to eight for each processor, and each heap comes to hold the largest picture
that any request of its threads ever needed. Of thirty visitors the gallery took 1,683 MB after a minute and 2,087 MB
after five with as many heaps as glibc likes; with two, and unused pages handed back now and then, 1,199 and 1,255 MB,
as fast as before (`python -m tests.load`).
"""

import ctypes
import functools

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h
HEAPS = 2


def few_heaps() -> None:
    """Let all threads share a few heaps: before the first thread is made. Nothing where another C library is."""
    if allocator := _glibc():
        allocator.mallopt(_ARENA_MAX, HEAPS)


def give_back() -> None:
    """Hand whole pages that nothing uses back to the system."""
    if allocator := _glibc():
        allocator.malloc_trim(0)


@functools.cache
def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
        return library if library.gnu_get_libc_version and library.malloc_trim else None
    except (AttributeError, OSError, TypeError):  # another C library, or Windows
        return None
