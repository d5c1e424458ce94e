"""How much memory the service takes as it is shipped: at rest after its start, under load, at rest again.

    python bench/memory.py [--papers 10000 100000] [--on sqlite postgresql] [--kept FOLDER]

Makes the world of ``bench/parts/world.py`` in each size, or opens those kept in FOLDER, and starts
``gap-monitor serve`` on it, all its jobs included; sources are not asked. At rest is measured after a
minute and a half, by when every job ran and what they freed was given back; under load is the most
there was while eight connections asked for public pages; then at rest again. Prints what is resident,
and its share by PSS where the system tells it; the same of a process that only imports the service.
PostgreSQL's own processes are not counted. Budget: 200 MiB at rest, at every size. Ends with status 1
and names what missed.
"""

import argparse
import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from parts import ending, world
from parts.postgres import POSTGRESQL, SQLITE

from monitor.feeds.sources import SOURCES

AT_REST_MIB = 200.0
SETTLED_SECONDS, LOADED_SECONDS = 90.0, 20.0
CONNECTIONS, PATIENCE = 8, 120.0
PAGES = ("/", "/interventions", "/interventions/cos", "/changes", "/method", "/status", "/papers")


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--papers", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--on", nargs="+", choices=(SQLITE, POSTGRESQL),
                        default=[SQLITE, POSTGRESQL])  # fmt: skip
    parser.add_argument("--kept", type=Path, metavar="FOLDER")
    chosen = parser.parse_args()
    ending.be_heard_and_ended()
    print(f"imported alone: {_imported():.0f} MiB")
    missed: list[str] = []
    for on in chosen.on:
        for papers in chosen.papers:
            kept = chosen.kept / f"{on}-{papers}" if chosen.kept else None
            with world.opened(on, papers, kept) as service:
                url = service.database.url.render_as_string(hide_password=False)
                rest, load, after = measured(url)
            where = f"{on}, {papers:,} papers"
            print(f"{where}: at rest {rest}; under load at most {load:.0f} MiB; then {after}")
            if rest.resident > AT_REST_MIB or after.resident > AT_REST_MIB:
                worst = max(rest.resident, after.resident)
                missed.append(f"{where}: {worst:.0f} MiB at rest, at most {AT_REST_MIB:.0f}")
    print("missed: " + ("; ".join(missed) or "nothing"))
    return int(bool(missed))


class Held:
    """What a process holds now, in MiB: resident, and its share of that (PSS)."""

    def __init__(self, pid: int) -> None:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        found = {line.partition(":")[0]: int(line.split()[1]) / 1024 for line in lines}
        self.resident, self.share = found["Rss"], found["Pss"]

    def __str__(self) -> str:
        return f"{self.resident:.0f} MiB (its share {self.share:.0f})"


def measured(url: str) -> tuple[Held, float, Held]:
    """Serve a world as shipped; gives what it takes at rest, at most under load, and at rest again."""
    with tempfile.TemporaryDirectory() as folder, _served(url, Path(folder)) as (pid, port):
        time.sleep(SETTLED_SECONDS)
        rest = Held(pid)
        load = _loaded(pid, port)
        time.sleep(SETTLED_SECONDS)
        return rest, load, Held(pid)


@contextlib.contextmanager
def _served(url: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Run the service on a database; gives its process and its port, once it answers."""
    off = "".join(f"{name} = {{enabled = false}}\n" for name in SOURCES)
    settings = f"[database]\nurl = {json.dumps(url)}\n[web]\nport = 0\n[sources]\n{off}"
    (folder / "config.toml").write_text(settings)
    command = [sys.executable, "-m", "monitor", "--config", str(folder / "config.toml"), "serve"]
    environment = os.environ | {"PYTHONPATH": str(world.ROOT)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        )
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            said = process.stdout.readline()
            address = said.rpartition(":")[2].strip()
            if not address.isdecimal():
                raise SystemExit(f"it does not serve: {said}{(folder / 'log').read_text()}")
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield process.pid, int(address)
        finally:
            process.kill()
            process.wait()


def _loaded(pid: int, port: int) -> float:
    """Ask for pages over several connections; gives the most that was resident meanwhile, in MiB."""
    until, most = time.monotonic() + LOADED_SECONDS, 0.0

    def ask(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        number = first
        while time.monotonic() < until:
            connection.request("GET", PAGES[number % len(PAGES)])
            connection.getresponse().read()
            number += 1
        connection.close()

    people = [threading.Thread(target=ask, args=(one,)) for one in range(CONNECTIONS)]
    for person in people:
        person.start()
    while any(person.is_alive() for person in people):
        most = max(most, Held(pid).resident)
        time.sleep(0.1)
    return most


def _imported() -> float:
    """Say how much a process takes that imports the service and starts nothing, in MiB."""
    code = "import monitor.cli.serving; print(open('/proc/self/smaps_rollup').read())"
    environment = os.environ | {"PYTHONPATH": str(world.ROOT)}
    told = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout
    return next(int(line.split()[1]) for line in told.splitlines() if line[:4] == "Rss:") / 1024


if __name__ == "__main__":
    sys.exit(main())
