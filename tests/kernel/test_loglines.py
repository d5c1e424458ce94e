"""A log line can be lost, and can do nothing else."""

import io
import logging
import os
import time

import structlog

from monitor.kernel.process.loglines import LineHandler, LogLines


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


class Ascii(io.StringIO):
    def write(self, text: str) -> int:
        text.encode("ascii")
        return super().write(text)


def _logger(lines: LogLines):
    return structlog.wrap_logger(
        lines,
        processors=[structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def test_lines_come_out_in_order():
    stream = io.StringIO()
    lines = LogLines(stream)
    for number in range(100):
        _logger(lines).warning("line", number=number)
    lines.drain()
    written = stream.getvalue().splitlines()
    assert written == [f'{{"number": {n}, "event": "line"}}' for n in range(100)]


def test_a_full_disk_a_closed_stream_and_none_at_all_do_nothing():
    closed = io.StringIO()
    closed.close()
    for stream in (Full(), closed, None):
        lines = LogLines(stream)
        for level in ("info", "warning", "error", "critical"):
            getattr(_logger(lines), level)("something")
        lines.drain()


def test_what_cannot_be_encoded_loses_one_line():
    stream = Ascii()
    lines = LogLines(stream)
    for word in ("one", "zwei ü", "three"):
        _logger(lines).info(word)
    lines.drain()
    assert stream.getvalue().count("event") == 2


def test_a_reader_that_stands_still_holds_up_nobody():
    reader, writer = os.pipe()
    stream = os.fdopen(writer, "w", buffering=1)
    lines = LogLines(stream)
    began = time.monotonic()
    for _ in range(20_000):
        lines.msg("x" * 100)  # a pipe holds 64 KiB
    assert time.monotonic() - began < 60, "two megabytes into a pipe nobody reads"
    os.set_blocking(reader, False)
    os.read(reader, 2**20)
    os.close(reader)  # the writer's next line breaks, and it goes on
    lines.drain()


def test_what_libraries_log_goes_the_same_way():
    stream = io.StringIO()
    lines = LogLines(stream)
    handler = LineHandler(lines)
    broken = logging.LogRecord("waitress", logging.WARNING, "", 0, "%d tasks", ("no number",), None)
    handler.handle(broken)
    handler.handle(logging.LogRecord("waitress", logging.WARNING, "", 0, "%d tasks", (3,), None))
    lines.drain()
    assert stream.getvalue() == "WARNING waitress: 3 tasks\n"
