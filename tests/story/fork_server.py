"""Imports the program once and forks for each process that is asked for: a start without its imports.

What a start makes of the program's own files alone is made once as well: the catalogue, and what
SQLAlchemy works out of the tables.

    python fork_server.py SOCKET

SOCKET is a descriptor of a socket that keeps messages apart. Each message is a JSON object with
``command`` (what follows ``python`` on a command line), ``environment``, ``folder`` and ``session``
(whether it leads a session of its own), and carries three descriptors: for stdout, for stderr, and
the one on which the process's number and, when it has ended, its status are told. Ends when the
other side hangs up.

Nothing has happened here but that: there is no thread, no connection and no open file that a
fork could inherit half-way. A process forked here is as good as one started: it has its own number,
is the only one to use its database, and takes real signals.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.orm import configure_mappers

from monitor.catalogue import loader
from monitor.cli.root import WHERE

sys.path.append(str(Path(__file__).parents[1] / "support"))
import compiled_templates  # type: ignore[import-not-found]

# what the commands of a story import; numpy is left to them, since it starts threads
NOT_IN_A_STORY = {"lab", "importing", "backfill"}
MODULES = (
    *(f"monitor.cli.{module}" for module in sorted(set(WHERE.values()) - NOT_IN_A_STORY)),
    "monitor.cli.serving",
    "monitor.service",
    "alembic.command",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
    "psycopg",
    "structlog",
)
_LARGEST = 2**20  # bytes of a message; an environment may be large


def load() -> None:
    """Import what a process of the story imports.

    Raises:
        RuntimeError: importing started a thread, which no fork would inherit.
    """
    for module in MODULES:
        importlib.import_module(module)
    loader.load()
    configure_mappers()
    compiled_templates.begin()
    tasks = Path("/proc/self/task")
    if len(list(tasks.iterdir())) > 1:
        raise RuntimeError("an import has started a thread: leave it to the forked process")
    gc.collect()
    gc.freeze()  # or the first look for garbage would copy every page


def serve(control: socket.socket) -> dict[str, Any]:
    """Fork whenever asked; returns in the forked process only, with what it is to run."""
    while True:
        message, passed, *_ = socket.recv_fds(control, _LARGEST, 3)
        _bury()
        if not message:
            sys.exit(0)
        if os.fork() == 0:
            control.close()
            request: dict[str, Any] = json.loads(message)
            _watched(*passed)
            if request["session"]:
                os.setsid()
            return request
        for descriptor in passed:
            os.close(descriptor)


def _watched(out: int, err: int, told: int) -> None:
    """Fork once more: the child goes on as the process, its parent tells how that ended."""
    child = os.fork()
    if child == 0:
        os.dup2(out, 1)
        os.dup2(err, 2)
        for descriptor in (out, err, told):
            os.close(descriptor)
        return
    for descriptor in (0, 1, 2, out, err):
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the process, which is waited for
    os.write(told, f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _bury() -> None:
    """Let go of the watchers that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def become(request: dict[str, Any]) -> None:
    """Run a program as ``python`` would, in its place."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    program, *arguments = request["command"]
    if program == "-m":
        module, *arguments = arguments
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        sys.argv = [program, *arguments]
        sys.path[0] = str(Path(program).parent)
        runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    load()
    become(serve(socket.socket(fileno=int(sys.argv[1]))))
