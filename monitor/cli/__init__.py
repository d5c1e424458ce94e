"""The command line. Exit status 0: done; 1: done with failures listed; 2: could not run, and why."""

from monitor.cli.commands import main

__all__ = ["main"]
