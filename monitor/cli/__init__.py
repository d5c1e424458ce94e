"""The command line. Exit status 0: done; 1: done with failures listed; 2: could not run, and why.

Opens transactions; decides nothing.
"""

import logging
import sys

import click
import structlog

from monitor.cli import (  # noqa: F401 - each adds its commands
    backfill,
    importing,
    lab,
    lab_dedupe,
    lab_design,
    lab_findings,
    lab_match,
    lab_rank,
    lab_rob2,
    mail,
    people,
    reading,
    running,
    sources,
    telling,
)
from monitor.cli.root import DONE, NOT_RUN, commands
from monitor.kernel.errors import MonitorError

__all__ = ["commands", "main"]


def main() -> None:
    """Run the command that was typed; a known error becomes one line and exit status 2."""
    _log_to_stderr()
    try:
        # without standalone mode click gives back the status of ctx.exit() and Exit
        sys.exit(commands.main(standalone_mode=False) or DONE)
    except click.ClickException as error:
        error.show()
        sys.exit(NOT_RUN)
    except click.Abort:
        sys.exit(NOT_RUN)
    except MonitorError as error:
        click.echo(f"gap-monitor: {error}", err=True)
        sys.exit(NOT_RUN)


def _log_to_stderr() -> None:
    """Send logs to stderr: stdout belongs to what was asked for. A terminal gets sentences."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            telling.sentence if sys.stderr.isatty() else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
