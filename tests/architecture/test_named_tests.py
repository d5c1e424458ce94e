"""What docs/ and the code name is there: tests as `file.py::test_name`, and files of the project."""

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


_PATH = re.compile(r"(?<![\w/.])(?:alembic|bench|docs|monitor|templates|tests|tools)/[\w./-]+\.\w+")
ROOMS = ("alembic", "bench", "monitor", "templates", "tools")
ENDINGS = {".css", ".html", ".js", ".py", ".toml", ".txt"}


def gone(text):
    """Name the files of the project that a text names and that are not there."""
    return {path for path in _PATH.findall(text) if not (ROOT / path).exists()}


def test_a_file_of_the_project_that_the_code_names_is_there():
    """A file that moves leaves its old name in comments, style sheets and tools."""
    named = {
        path.relative_to(ROOT).as_posix(): missing
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.suffix in ENDINGS and (missing := gone(path.read_text("utf-8")))
    }
    assert named == {}


def test_a_file_that_is_not_there_is_seen():
    said = "one page holds it (monitor/gap/sheets.py), as docs/architecture.md and ../docs/x.md say"
    assert gone(said) == {"monitor/gap/sheets.py"}
