"""How a bench tells what it found as it finds it, and ends what it began when it is told to end."""

import io
import signal
import sys


def be_heard_and_ended() -> None:
    """Print each line at once, piped or not; told to end, leave as from a fault, and clean up.

    The status is what a shell gives. Without it a PostgreSQL that the bench started would outlive it.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    for told in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(told, lambda number, _: sys.exit(128 + number))
