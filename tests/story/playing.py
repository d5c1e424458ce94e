"""Plays `gap-monitor demo` as its own command does, but for how it starts its processes.

    python playing.py ARGUMENTS…

The service and its seventeen commands are forked by the server whose door ``FORKS`` names (see
forking.py): to import the program anew for each was half of the play's work.
"""

import os

from forking import Door, ForkedService  # type: ignore[import-not-found]  # beside this file

from monitor.cli import main
from monitor.demo import play

if __name__ == "__main__":
    forks = Door(os.environ["FORKS"])
    play.ServiceProcess = lambda config: ForkedService(config, forks)  # type: ignore[attr-defined,assignment,misc]  # stands in for it
    main()
