"""structlog is loaded, and set up, with the first line and not before."""

import subprocess
import sys
import threading

import pytest
from structlog.testing import capture_logs

from monitor.kernel.process.log import EventLog


def test_each_line_says_its_level_word_and_fields():
    log = EventLog()
    with capture_logs() as lines:
        log.info("mail.sent", kind="digest")
        log.warning("mail.waits", messages=2)
        log.error("poll.broke", source="pubmed")
        try:
            1 / 0  # noqa: B018 - an error to tell of
        except ZeroDivisionError:
            log.exception("job.failed", job="poll")
    assert lines == [
        {"event": "mail.sent", "log_level": "info", "kind": "digest"},
        {"event": "mail.waits", "log_level": "warning", "messages": 2},
        {"event": "poll.broke", "log_level": "error", "source": "pubmed"},
        {"event": "job.failed", "log_level": "error", "job": "poll", "exc_info": True},
    ]


def test_it_is_set_up_once_before_the_first_line():
    log, done = EventLog(), []
    log.prepared_by(lambda: done.append("set up"))
    assert not done
    with capture_logs():
        log.info("first")
        log.info("second")
    log.set_up()
    assert done == ["set up"]


def test_a_line_waits_for_the_setting_up_that_another_thread_began():
    log, begun, go_on, seen = EventLog(), threading.Event(), threading.Event(), []

    def prepare():
        begun.set()
        assert go_on.wait(30)
        seen.append("set up")

    log.prepared_by(prepare)
    first = threading.Thread(target=log.set_up)
    first.start()
    assert begun.wait(30)

    def write():
        log.set_up()
        seen.append("line")

    second = threading.Thread(target=write)
    second.start()
    go_on.set()
    first.join(30)
    second.join(30)
    assert seen == ["set up", "line"]


def test_a_setting_up_that_fails_is_tried_again():
    tries: list[int] = []
    log = EventLog()

    def prepare():
        tries.append(len(tries))
        if len(tries) == 1:
            raise OSError(24, "Too many open files")

    log.prepared_by(prepare)
    with pytest.raises(OSError, match="Too many open files"):
        log.set_up()
    log.set_up()
    assert tries == [0, 1]


def test_who_writes_no_line_loads_no_structlog():
    code = (
        "import sys; from monitor.kernel.process.log import log; log.prepared_by(lambda: None);"
        "assert 'structlog' not in sys.modules; log.info('a line'); assert 'structlog' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
