"""What threads free goes back to the system: it is not kept for the next busy minute."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

MEASURED = """
import sys, threading
from pathlib import Path
import numpy as np
from qa_bot.web.heap import give_back

def own():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) // 1024

def work():
    for size in (24, 12, 6, 12, 24):  # MB
        np.ones(size << 20, np.uint8)
    done.wait()
    ended.wait()

if sys.argv[1] == "give back":
    give_back()
done, ended = threading.Barrier(9), threading.Event()
before = own()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
done.wait()
print(own() - before)
ended.set()
"""


def kept(how):
    """Give how many MB a process keeps after eight threads freed arrays of up to 24 MB."""
    command = [sys.executable, "-c", MEASURED, how]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_what_threads_freed_is_given_back():
    assert kept("give back") < 16
    assert kept("as it is") > 64, "glibc gives it back by itself: the module is not needed any more"
