"""The command line: one command a task, exit status 0 done, 1 with failures listed, 2 not run."""


def main() -> None:
    """Run the command that was typed."""
