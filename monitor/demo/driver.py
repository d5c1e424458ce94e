"""Drives the real service from outside: its process, its commands, its pages over HTTP.

Knows nothing of the service's insides: what it can do, a person with a terminal and a browser can.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from monitor.demo.standins import StandIns
from monitor.kernel.clock import monotonic

START_SECONDS = 60.0
STOP_SECONDS = 20.0
COMMAND = (sys.executable, "-m", "monitor")
# Linux hands out ports from 32768 on, the others from 49152 on
_OURS_TO_CHOOSE = (20_000, 32_768)


class NotStarted(RuntimeError):  # noqa: N818 - reads as what happened
    """The service ended before it was ready; the message holds its last words."""


class Process(Protocol):
    """What is asked of a process that was started, however that was done."""

    @property
    def stdout(self) -> IO[str] | None:
        """What it prints."""

    def poll(self) -> int | None:
        """Tell its exit status; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; gives its exit status."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal; nothing happens where it has ended."""

    def kill(self) -> None:
        """End it at once."""


class ServiceProcess:
    """One ``gap-monitor serve``. ``log`` collects what it writes to stderr."""

    def __init__(
        self,
        config: Path,
        *,
        command: Sequence[str] = COMMAND,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.config = config
        self.command = list(command)
        self.environment = {**os.environ, **(environment or {})}
        self.log = config.parent / "service.log"
        self.lines: list[str] = []
        self._process: Process | None = None
        self._ready = threading.Event()

    @property
    def address(self) -> str:
        """Where the pages are."""
        return self._line("Gap Monitor is at ") or ""

    @property
    def first_admin_link(self) -> str | None:
        """The one-time link that makes the first admin; None when there is one."""
        return self._line("Make the first admin: ")

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, wait: bool = True) -> None:
        """Start the process and wait until it says where it is.

        Raises:
            NotStarted: it ended, or said nothing in time.
        """
        self.lines, self._ready = [], threading.Event()
        with self.log.open("a", encoding="utf-8") as log:
            self._process = self._begin(["--config", str(self.config), "serve"], log)
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the pages answer.

        Raises:
            NotStarted: it ended, or said nothing in time.
        """
        self._ready.wait(START_SECONDS)
        if not self.address:
            self.kill()
            raise NotStarted(f"the service did not start:\n{self._last_words()}")

    def stop(self) -> int:
        """Ask the process to end, as Ctrl-C does; gives its exit status."""
        if self._process is None:
            return 0
        if self.alive:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """End the process at once, without a chance to tidy up; gives its exit status."""
        if self._process is None:
            return 0
        self._process.kill()
        return self._process.wait(STOP_SECONDS)

    def wait_dead(self, seconds: float = START_SECONDS) -> int:
        """Wait until the process has ended; gives its exit status."""
        assert self._process is not None  # noqa: S101 - the caller started it
        return self._process.wait(seconds)

    def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run another command of the program on the same configuration, to its end."""
        return subprocess.run(  # noqa: S603 - our own program
            [*self.command, "--config", str(self.config), *arguments],
            capture_output=True,
            text=True,
            env={**self.environment, **(environment or {})},
            timeout=120,
            check=False,
        )

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 - any JSON value
        """Run a command that prints JSON.

        Raises:
            RuntimeError: it printed none; the message holds its last words.
        """
        done = self.run(*arguments)
        try:
            return json.loads(done.stdout)
        except ValueError as error:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-2000:]}") from error

    def _begin(self, arguments: Sequence[str], log: IO[str]) -> Process:
        return subprocess.Popen(  # noqa: S603 - our own program
            [*self.command, *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=self.environment,
            start_new_session=True,  # Ctrl-C in the terminal is ours to pass on
        )

    def _read(self, process: Process) -> None:
        ready = self._ready
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        with process.stdout as said:
            for line in said:
                self.lines.append(line.rstrip("\n"))
                if line.startswith("Ctrl-C stops it"):
                    ready.set()
        ready.set()

    def _line(self, start: str) -> str | None:
        found = [line for line in self.lines if line.startswith(start)]
        return found[-1].removeprefix(start).strip() if found else None

    def _last_words(self) -> str:
        return "\n".join(self.lines) + "\n" + self.log.read_text(encoding="utf-8")[-3000:]


def free_port() -> int:
    """Find a port nobody listens on, and that no system hands out by itself.

    One that does would give it to somebody's connection while the service starts again.
    """
    ports = (random.randrange(*_OURS_TO_CHOOSE) for _ in range(1_000))  # noqa: S311 - no secret
    return next(port for port in ports if is_free(port))


def is_free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def configuration(  # noqa: PLR0913 - what a test may want otherwise
    standins: StandIns,
    *,
    port: int,
    notice: str,
    database: str | None = None,
    feeds: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    openalex_key: Path | None = None,
) -> str:
    """Write a configuration of the service over the stand-ins, as TOML.

    ``feeds`` are the journal feeds by name; the invented ones where it is None. ``without``
    names sources with an API that are not asked at all. ``openalex_key`` is a file that holds a
    key: without one OpenAlex is looked up in, and not searched.
    """
    if feeds is None:
        feeds = {
            "Journal of Invented Trials": standins.feeds.journals_url,
            "Invented Archives of Early Childhood": standins.feeds.atom_url,
        }
    stored = f"[database]\nurl = {_text(database)}\n\n" if database else ""
    return f"""{stored}[web]
host = "127.0.0.1"
port = {port}
notice = {_text(notice)}

[mail]
transport = "smtp"
host = "127.0.0.1"
port = {standins.mail.port}
tls = "none"
from_address = "gap-monitor@example.org"

[sources]
allow_loopback = true
contact = "demonstration@example.org"

{_with_an_api(standins, without, {"openalex": openalex_key})}
[sources.pubmed_rss]
feeds = {_listed({"Invented search": standins.feeds.pubmed_search_url})}

[sources.journals]
feeds = {_listed(feeds)}
"""


def invented_key(folder: Path) -> Path:
    """Write a key that only the stand-ins take, to a file as the service wants it."""
    file = folder / "openalex.key"
    file.touch(mode=0o600)
    file.write_text("invented-key", encoding="utf-8")
    return file


def _with_an_api(
    standins: StandIns, without: Collection[str], keys: Mapping[str, Path | None]
) -> str:
    """Write the sections of the sources that have an API, each at its stand-in."""
    addresses = {
        "pubmed": standins.pubmed.base_url,
        "europepmc": standins.europepmc.base_url,
        "clinicaltrials": standins.clinicaltrials.base_url,
        "isrctn": standins.isrctn.base_url,
        "crossref": standins.crossref.base_url,
        "openalex": standins.openalex.base_url,
    }
    sections = []
    for name, address in addresses.items():
        key = keys.get(name)
        sections.append(
            f"[sources.{name}]\nenabled = {_text(name not in without)}\n"
            f"base_url = {_text(address)}\n"
            + (f"api_key_file = {_text(str(key))}\n" if key else "")
        )
    return "\n".join(sections)


def _listed(feeds: Mapping[str, str]) -> str:
    inside = (f"{{ name = {_text(name)}, url = {_text(url)} }}" for name, url in feeds.items())
    return f"[{', '.join(inside)}]"


def _text(value: str | bool) -> str:  # noqa: FBT001 - a value of the file
    return json.dumps(value)  # JSON's strings and booleans are TOML's


def until(condition: Any, *, seconds: float, what: str) -> Any:  # noqa: ANN401 - whatever it gives
    """Wait until ``condition()`` is true, and give what it gave.

    Raises:
        TimeoutError: it was not true in time; names ``what`` was waited for.
    """
    pause, end = threading.Event(), monotonic() + seconds
    while not (result := condition()):
        if monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} seconds in vain for {what}")
        pause.wait(0.1)
    return result
