"""The faults of running the service that were handed to us, each played on a service of its own.

The scripts stand in ``../shared/cases/ops`` and are run in place, in processes that are forked (see
forking.py); each prints RIGHT or WRONG with what it saw. A script that is mended belongs in CASES.
"""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "cases" / "ops"

CASES = (
    "proxy_lockout",
    "prefix",
    "locked_pages",
    "guessing_blocks_writes",
    "log_disk_full",
    "back_to_the_form",
    "text_lost_other_tab",
)


@pytest.mark.parametrize("case", CASES)
def test_a_handed_fault_is_mended(case, forks):
    script = FOLDER / f"{case}.py"
    if not script.is_file():
        pytest.skip(f"{case}.py (../shared/cases/ops) is not on this machine")
    played = forks.play(script)
    assert played.returncode == 0, played.stdout + played.stderr
