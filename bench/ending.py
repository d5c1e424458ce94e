"""How a bench tells what it found as it finds it, and ends what it began when it is told to end."""

import io
import signal
import sys

_TOLD_TO_END = 128 + signal.SIGTERM  # the status a shell gives


def be_heard_and_ended() -> None:
    """Print each line at once, piped or not; on SIGTERM leave as from a fault, and clean up.

    Without it a PostgreSQL that the bench started would outlive it.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TOLD_TO_END))
