"""The scripts that once broke the mail, run in place against the program; each says RIGHT."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.story

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "ops"
MAIL = ["mail_relay_denied", "smtp_password_not_ascii"]


@pytest.mark.parametrize("name", MAIL)
def test_a_case_of_the_mail_comes_out_right(name, forks):
    script = CASES / f"{name}.py"
    if not script.is_file():
        pytest.skip(f"the case {script.name} (../shared/cases/ops) is not on this machine")
    done = forks.play(script)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("RIGHT")
