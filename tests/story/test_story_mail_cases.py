"""The scripts that once broke the mail, run in place against the real command; each says RIGHT."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.story

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "ops"
MAIL = ["mail_relay_denied", "smtp_password_not_ascii"]


@pytest.mark.parametrize("name", MAIL)
def test_a_case_of_the_mail_comes_out_right(name, tmp_path):
    script = CASES / f"{name}.py"
    if not script.is_file():
        pytest.skip(f"the case {script.name} (../shared/cases/ops) is not on this machine")
    command = Path(sys.executable).with_name("gap-monitor")
    done = subprocess.run(
        [sys.executable, "-B", str(script)],
        cwd=tmp_path,
        env={**os.environ, "GAP": str(command), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("RIGHT")
