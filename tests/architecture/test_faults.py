"""docs/faults.md in step with the tests: every fault once, each shown by tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "faults.md"
# of the list of faults, those of processes, clocks and upstreams, of what is said of studies, and
# of the mail server
NUMBERS = [
    *range(1, 8), 12, 13, 17, 18, 19, *range(23, 50), *range(56, 60), 71, 72, 79, *range(81, 84), 85, 86
]  # fmt: skip
_ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]*) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
ROWS = {int(number): shown for number, shown in _ROW.findall(DOCUMENT.read_text("utf-8"))}


def test_every_fault_is_listed_once():
    numbers = [int(number) for number, _ in _ROW.findall(DOCUMENT.read_text("utf-8"))]
    assert numbers == NUMBERS


@pytest.mark.parametrize("number", ROWS)
def test_each_is_shown_by_tests_that_there_are(number):
    named = _TEST.findall(ROWS[number])
    assert named
    for file, test in named:
        text = (ROOT / "tests" / file).read_text("utf-8")
        assert f"\ndef {test}(" in text, f"fault {number}: {file} has no {test}"


def test_every_test_of_a_fault_is_in_the_table():
    """A test named after a fault, and no row that names it: one of the two is wrong."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for test, number in re.findall(r"\ndef (test_fault_(\d+)_\w+)\(", path.read_text("utf-8")):
            assert test in ROWS.get(int(number), ""), f"{path.name}::{test} is in no row"
