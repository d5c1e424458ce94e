"""How a command ends when it cannot run: one sentence, exit status 2, and never a traceback."""

import json
import os
import sqlite3
import sys

import pytest
import structlog
from sqlalchemy.exc import IntegrityError, OperationalError

from monitor.cli import _log_to_stderr, main, sentence
from monitor.kernel.errors import ConfigError
from monitor.kernel.process import loglines
from monitor.kernel.process.log import log

UNREACHABLE = "postgresql+psycopg://gap:pa55@127.0.0.1:9/gap"


def _damaged(folder):
    (folder / "var").mkdir()
    (folder / "var/gap-monitor.sqlite3").write_bytes(b"what is this? " * 1000)


def _torn(folder):
    """Make a database whose first page says that it is one, and the others nothing."""
    (folder / "var").mkdir()
    path = folder / "var/gap-monitor.sqlite3"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE alembic_version (version_num TEXT)")
        made.executemany("INSERT INTO alembic_version VALUES (?)", [("x" * 3000,)] * 50)
    made.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def _foreign(folder):
    (folder / "var").mkdir()
    with sqlite3.connect(folder / "var/gap-monitor.sqlite3") as made:
        made.execute("CREATE TABLE photos (id INTEGER)")
    made.close()


CASES = {
    "a server that is not there": (
        f'url = "{UNREACHABLE}"',
        lambda folder: None,
        "cannot be reached",
    ),
    "something else in the file": ("", _damaged, "damaged, or no database at all"),
    "pages torn": ("", _torn, "damaged"),
    "another program's database": ("", _foreign, "tables of something else (photos)"),
    "a folder where the database should be": (
        'url = "sqlite:///here"',
        lambda folder: (folder / "here").mkdir(),
        "is a folder or a device: name a file",
    ),
    "a file where var should be": (
        "",
        lambda folder: (folder / "var").touch(),
        "cannot make the folder",
    ),
    "a folder in nothing": (
        'url = "sqlite:////proc/none/gap.sqlite3"',
        lambda folder: None,
        "cannot make the folder /proc/none",
    ),
}


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command as its own process would; give its exit status, output and words."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["gap-monitor", *map(str, arguments)])
        umask, logging = os.umask(0o022), structlog.get_config()
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            os.umask(umask)
            log.prepared_by(None)
            structlog.configure(**logging)
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("case", CASES)
def test_a_command_that_cannot_run_says_why(tmp_path, case, run):
    url, prepare, words = CASES[case]
    (tmp_path / "config.toml").write_text(f"[database]\n{url}\n")
    prepare(tmp_path)
    status, printed, told = run("--config", tmp_path / "config.toml", "init")
    assert (status, printed) == (2, "")
    told = [line for line in told.splitlines() if not line.startswith("{")]
    assert len(told) == 1
    assert told[0].startswith("gap-monitor: ")
    assert words in told[0]
    assert "Traceback" not in told[0]
    assert "pa55" not in told[0]


def _sqlite(words):
    return OperationalError("SELECT secret", {}, sqlite3.OperationalError(words))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (_sqlite("database is locked"), "the database is locked"),
        (_sqlite("database or disk is full"), "the disk is full: make room"),
        (_sqlite("attempt to write a readonly database"), "may not be written"),
        (_sqlite("disk I/O error"), "the disk under the database fails"),
        (PermissionError(13, "Permission denied", "/srv/var"), "/srv/var may not be used"),
        (OSError(28, "No space left on device", "/srv/var/mail/x"), "/srv/var/mail/x cannot be"),
        (OSError(24, "Too many open files"), "too many files are open"),
        (MemoryError(), "the memory is used up"),
        (ConfigError("mail.host is wrong"), "mail.host is wrong"),
    ],
)
def test_own_trouble_is_told_in_words(error, words):
    assert words in sentence(error)
    assert "SELECT" not in sentence(error)


def test_a_fault_of_the_program_names_its_place():
    with pytest.raises(KeyError) as caught:
        dict[str, str]()["a key"]
    assert "fault of the program: KeyError (test_cli_endings.py, line " in sentence(caught.value)
    broken = IntegrityError("INSERT", {}, sqlite3.IntegrityError("unique"))
    assert sentence(broken).startswith("this is a fault of the program: IntegrityError")


def test_a_log_line_of_an_error_carries_its_traceback(capsys):
    before = structlog.get_config()
    _log_to_stderr()
    try:
        with pytest.raises(ZeroDivisionError) as caught:
            1 / 0  # noqa: B018 - an error to tell of
        log.error("job.failed", job="poll", exc_info=caught.value)
        loglines.drain()
    finally:
        structlog.configure(**before)
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert told["job"] == "poll"
    assert told["exception"].startswith("Traceback")
    assert told["exception"].endswith("ZeroDivisionError: division by zero")
