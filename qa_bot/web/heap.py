"""Have freed memory given back to the system: glibc keeps some, and for each thread anew."""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""The numbers of what is set, in glibc's malloc.h."""
KEPT = 1 << 20
"""How many bytes a thread's heap may keep at its end; what is larger is asked of the system."""
ARENAS = 2
"""How many heaps threads share; by itself glibc makes one for each of them."""


def give_back() -> None:
    """Keep no more than `KEPT` of what is freed; where the C library is another, do nothing.

    By itself glibc raises what it keeps to twice the largest piece ever freed, up to 64 MB for each
    thread.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(M_TRIM_THRESHOLD, KEPT)
    mallopt(M_MMAP_THRESHOLD, KEPT)
    mallopt(M_ARENA_MAX, ARENAS)
