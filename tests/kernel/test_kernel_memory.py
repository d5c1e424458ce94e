"""What a process that only answers holds: none of the heavy libraries, and nothing it has let go of."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.kernel.process import memory

# Each is imported where it is needed, by what few need it: see the words beside them in pyproject.
HEAVY = ("numpy", "scipy", "pytest", "aiosmtpd", "playwright")
_SERVES = """
import sys
from monitor.cli import serving
from monitor.catalogue import loader
from monitor.literature.matching.matcher import Matcher
Matcher(loader.load())
print(*sorted(name for name in sys.argv[1:] if name in sys.modules))
"""


def test_a_service_that_only_answers_holds_no_heavy_library():
    command = [sys.executable, "-c", _SERVES, *HEAVY]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def _resident() -> int:
    """Give the KiB that this process holds."""
    found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert found
    return int(found[1])


@pytest.mark.skipif(memory._library() is None, reason="this C library gives nothing back on asking")
def test_what_was_freed_is_given_back():
    """Blocks too small for a mapping of their own, with one that stays at the end of each stretch."""
    small = [bytes(4096) for _ in range(30_000)]  # 117 MiB
    stays = small[::500]
    full = _resident()
    del small
    memory.give_back()
    assert full - _resident() > 80 * 1024
    assert len(stays) == 60


def test_where_the_library_cannot_nothing_is_done(monkeypatch):
    monkeypatch.setattr(memory, "_library", lambda: None)
    memory.share_arenas()
    memory.give_back()
