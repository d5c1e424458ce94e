"""`gap-monitor demo` plays to its end, tells what happened, and leaves nothing behind."""

import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.story


def test_the_demonstration_plays_to_its_end(tmp_path):
    played = subprocess.run(
        [sys.executable, "-m", "monitor", "demo", "--no-keep", "--pace", "0"],
        cwd=tmp_path,
        env={"PATH": "", "TMPDIR": str(tmp_path), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    scenes = re.findall(r"^(\d+)\. ", played.stdout, re.MULTILINE)
    assert scenes == [str(n) for n in range(1, 14)]
    flat = " ".join(played.stdout.split())
    assert "every paper, study, person and date of change here is invented" in flat
    assert "23 papers wait for reviewers" in flat
    assert "Evidence tier: now Weak" in flat
    assert "receives “Circle of Security: tier still strong, findings now mixed”" in flat
    assert "Correction: Theraplay" in flat
    assert "Europe PMC is not answering" in flat
    assert "its page names NCT00000031" in flat
    assert "Expression of concern in 10.5555/gap-monitor.030" in flat
    assert "Editors have voiced concern about a paper of Inventley" in flat
    assert "Why it is no longer counted: Retracted: Crossref says so, in the notice" in flat
    assert "A paper of Inventley" in flat.partition("13. Retraction")[2]
    assert list(tmp_path.iterdir()) == []  # nothing is left behind
