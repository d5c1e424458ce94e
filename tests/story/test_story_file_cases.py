"""The cases of files, databases and logs that broke the product, run in place, each a service of its own.

They live in ../shared/cases/ops, outside the project; skipped, saying so, where they are absent. One
calls the command that is installed, which starts for real; the others call one that forks.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "ops"
COMMAND = Path(sys.executable).with_name("gap-monitor")


STARTED = "database_world_readable"


@pytest.mark.parametrize("case", ["database_gone", "database_unreachable", STARTED, "wal_grows"])
def test_the_case_is_right_now(case, forks):
    script = CASES / f"{case}.py"
    if not script.is_file():
        pytest.skip("the cases (../shared/cases/ops) are not on this machine")
    if case == STARTED and not COMMAND.is_file():
        pytest.skip("gap-monitor is not installed beside this Python")
    done = started(script) if case == STARTED else forks.play(script)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def started(script):
    return subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "GAP": str(COMMAND)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
