"""Tests that a page of docs/ names are there, in the file it names: `file.py::test_name`."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NAMED = re.compile(r"`(?:\w+/)*(test_\w+\.py)::(test_\w+)`")
NAMED = sorted(
    {
        (page.relative_to(ROOT).as_posix(), file, test)
        for page in (ROOT / "docs").rglob("*.md")
        for file, test in _NAMED.findall(page.read_text("utf-8"))
    }
)


@pytest.mark.parametrize(("page", "file", "test"), NAMED)
def test_a_test_that_a_page_names_is_there(page, file, test):
    (path,) = (ROOT / "tests").rglob(file)
    assert f"\ndef {test}(" in path.read_text("utf-8"), f"{page}: {file} has no {test}"
