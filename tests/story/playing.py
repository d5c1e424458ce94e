"""Plays `gap-monitor demo` as its own command does, but for how it starts most of its processes.

    python playing.py ARGUMENTS…

The service and the first command are processes that are started. The other sixteen commands are
forked by a process that has imported the program (forking.py): to import it anew for each was half
of the play's work.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from forking import ForkedService, ForkServer  # type: ignore[import-not-found]  # beside this file

from monitor.cli import main
from monitor.demo import play
from monitor.demo.driver import ServiceProcess


class Played(ServiceProcess):
    """A service, the first command on its configuration, and forks for the commands after that."""

    def __init__(self, config: Path, forks: ForkServer) -> None:
        super().__init__(config)
        self._forked = ForkedService(config, forks)
        self._has_started_one = False

    def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        if self._has_started_one:
            done: subprocess.CompletedProcess[str] = self._forked.run(
                *arguments, environment=environment
            )
            return done
        self._has_started_one = True
        return super().run(*arguments, environment=environment)


if __name__ == "__main__":
    with ForkServer() as server:
        play.ServiceProcess = lambda config: Played(config, server)  # type: ignore[attr-defined,assignment,misc]  # stands in for it
        main()
