"""The command line. Exit status 0: done; 1: done with failures listed; 2: could not run, and why.

Opens transactions; decides nothing.
"""

import atexit
import gc
import logging
import os
import sys
import traceback
from functools import partial
from pathlib import Path

import click

from monitor.cli.root import DONE, NOT_RUN, commands
from monitor.kernel.errors import MonitorError
from monitor.kernel.process.log import log
from monitor.kernel.process.loglines import LineHandler, LogLines

__all__ = ["commands", "main"]


def main() -> None:
    """Run the command that was typed; an error becomes one line and exit status 2."""
    os.umask(0o077)  # whatever is written holds addresses, and is nobody else's
    _log_to_stderr()
    atexit.register(gc.freeze)  # or Python looks through all that is loaded before it ends
    try:
        # without standalone mode click gives back the status of ctx.exit() and Exit
        sys.exit(commands.main(standalone_mode=False) or DONE)
    except click.ClickException as error:
        error.show()
        sys.exit(NOT_RUN)
    except click.Abort:
        sys.exit(NOT_RUN)
    except KeyboardInterrupt:
        sys.exit(NOT_RUN)
    except Exception as error:  # noqa: BLE001 - the last one who can say what it means
        click.echo(f"gap-monitor: {sentence(error)}", err=True)
        sys.exit(NOT_RUN)


def sentence(error: Exception) -> str:
    """Say why a command ended: never a traceback, which tells nobody what to do."""
    if isinstance(error, MonitorError):
        return str(error)
    from monitor.kernel.process.own_trouble import own_trouble  # noqa: PLC0415 - knows SQLAlchemy's

    words = own_trouble(error)
    if words is not None:
        return words
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "monitor" in Path(frame.filename).parts] or frames
    at = f" ({Path(ours[-1].filename).name}, line {ours[-1].lineno})" if ours else ""
    return f"this is a fault of the program: {type(error).__name__}{at}. Please report it"


def _log_to_stderr() -> None:
    """Send logs to stderr: stdout belongs to what was asked for. A terminal gets sentences."""
    lines = LogLines(sys.stderr)
    atexit.register(lines.drain)
    logging.basicConfig(handlers=[LineHandler(lines)], level=logging.WARNING)
    terminal = sys.stderr is not None and sys.stderr.isatty()
    log.prepared_by(partial(_set_up, lines, terminal=terminal))


def _set_up(lines: LogLines, *, terminal: bool) -> None:
    """Let structlog write these lines."""
    import structlog  # noqa: PLC0415 - most commands write none

    from monitor.cli import terminal_log  # noqa: PLC0415 - the same

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # the renderer for a terminal writes tracebacks by itself; JSON would say "true"
            *(() if terminal else (structlog.processors.format_exc_info,)),
            terminal_log.sentence if terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: lines,
    )
