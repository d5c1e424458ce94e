"""A terminal sees sentences; every event the code logs has one."""

import json
import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli import terminal_log

CODE = Path(__file__).resolve().parents[2] / "monitor"
LOGGED = re.compile(r'log\.(?:info|warning|error|exception)\(\s*"([a-z_.]+)"')


def test_every_event_has_a_sentence():
    events = {name for path in CODE.rglob("*.py") for name in LOGGED.findall(path.read_text())}
    assert events
    assert events <= set(terminal_log.SENTENCES)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            {"event": "mail.cannot_leave", "level": "error", "reason": "It is down", "kind": "x"},
            "Wrong: Mail cannot leave. It is down. Every message waits.",
        ),
        (
            {"event": "poll.complete", "level": "info", "source": "pubmed", "kind": "poll"},
            "pubmed answered in full (poll): unknown records, unknown of them new.",
        ),
        ({"event": "a.new_thing", "level": "warning", "of_it": 3}, "Look: A: new thing (of it 3)."),
        ({"event": "odd {brace}", "level": "info"}, "Odd {brace}."),
    ],
)
def test_an_entry_is_a_sentence(event, said):
    assert terminal_log.sentence(None, "", event) == said
    timed = terminal_log.sentence(None, "", event | {"timestamp": "2026-11-23T06:10:00Z"})
    assert re.fullmatch(r"\d\d:\d\d:\d\d " + re.escape(said), timed)


def test_a_traceback_follows():
    event = {"event": "job.failed", "job": "poll", "exc_info": ValueError("broken")}
    told = terminal_log.sentence(None, "", event)
    assert told.startswith("The job “poll” failed.\n")
    assert told.endswith("ValueError: broken")


def run(stderr):
    code = (
        "import sys; from monitor.cli import _log_to_stderr; _log_to_stderr();"
        "from monitor.kernel.process.log import log; log.warning('mail.waits', messages=2)"
    )
    return subprocess.Popen([sys.executable, "-c", code], stderr=stderr)


def test_a_terminal_sees_sentences_and_a_pipe_json():
    ours, theirs = pty.openpty()
    with run(theirs) as process:
        assert process.wait(60) == 0
    os.close(theirs)
    assert select.select([ours], [], [], 10)[0]
    seen = os.read(ours, 10_000).decode()
    os.close(ours)
    assert re.fullmatch(r"\d\d:\d\d:\d\d Look: Mail has waited for hours: 2 of it\.\r\n", seen)
    with run(subprocess.PIPE) as process:
        piped = process.communicate(timeout=60)[1]
    assert json.loads(piped)["event"] == "mail.waits"
