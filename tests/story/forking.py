"""Processes of the story, forked by a fork server (see fork_server.py) instead of started anew."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from monitor.demo.driver import Process, ServiceProcess

PROGRAM = Path(__file__).with_name("fork_server.py")
COMMAND = Path(__file__).with_name("forked_command.py")
_LARGEST = 2**20  # bytes of a message; an environment may be large


class Forked:
    """A process that the server has forked; asked and told what a ``Popen`` is."""

    def __init__(self, told: IO[str], stdout: IO[str] | None) -> None:
        self.stdout = stdout
        self.pid = int(told.readline())
        self._status: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._listen, args=(told,), daemon=True).start()

    def poll(self) -> int | None:
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        self._ended.wait(timeout)
        if self._status is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return self._status

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            # buried already, and not heard of yet
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _listen(self, told: IO[str]) -> None:
        with told:
            self._status = int(told.readline())
        self._ended.set()


class Forks:
    """Lets processes be forked by a server, wherever that is reached."""

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        stderr: IO[str],
        stdout: IO[str] | None = None,
        session: bool = False,
        folder: Path | None = None,
    ) -> Forked:
        """Fork a process; without ``stdout`` what it prints is read from the process, by a pipe."""
        reader = None
        if stdout is None:
            read, write = os.pipe()
            reader, stdout = os.fdopen(read), os.fdopen(write, "w")
        told, tell = os.pipe()
        request = {
            "command": list(command),
            "environment": dict(environment),
            "folder": str(folder or Path.cwd()),
            "session": session,
        }
        self._send(json.dumps(request).encode(), [stdout.fileno(), stderr.fileno(), tell])
        os.close(tell)
        if reader is not None:
            stdout.close()
        return Forked(os.fdopen(told), reader)

    def run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        seconds: float,
        folder: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Fork a process and wait for its end."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            process = self.start(
                command, environment=environment, stdout=out, stderr=err, folder=folder
            )
            try:
                status = process.wait(seconds)
            finally:
                process.kill()
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(list(command), status, out.read(), err.read())

    def _send(self, message: bytes, passed: list[int]) -> None:
        raise NotImplementedError


class Door(Forks):
    """The server of another process, by its door."""

    def __init__(self, path: str) -> None:
        self._path = path

    def _send(self, message: bytes, passed: list[int]) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.connect(self._path)
            socket.send_fds(door, [message], passed)


class ForkServer(Forks):
    """The server and the line to it. Use as a context; safe from several threads.

    ``command`` is the path of an executable that does what ``gap-monitor`` does, forked; whoever runs
    it needs ``environment``, which names the door.
    """

    def __enter__(self) -> Self:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name, "door")
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._door.bind(str(path))
        self.environment = {"FORKS": str(path)}
        self.command = Path(self._folder.name, "gap-monitor")
        program = COMMAND.read_text(encoding="utf-8")
        self.command.write_text(f"#!{sys.executable} -IS\n{program}", encoding="utf-8")
        self.command.chmod(0o700)
        self._porter = threading.Thread(target=self._open_the_door)
        self._porter.start()
        return self

    def __exit__(self, *problem: object) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as leaving:
            leaving.sendto(b"", self.environment["FORKS"])
        self._porter.join()
        self._door.close()
        self._folder.cleanup()
        self._line.close()
        self._server.wait(20)

    @property
    def pid(self) -> int:
        return self._server.pid

    def play(self, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Fork a script that calls ``gap-monitor`` by what ``GAP`` says; what it calls is forked too."""
        called = {**self.environment, "GAP": str(self.command)}
        command = [str(script), *arguments]
        return self.run(command, environment={**os.environ, **called}, seconds=300)

    def _send(self, message: bytes, passed: list[int]) -> None:
        with self._lock:
            socket.send_fds(self._line, [message], passed)

    def _open_the_door(self) -> None:
        """Hand on what comes from outside (see forked_command.py), until nothing comes."""
        while True:
            message, passed, *_ = socket.recv_fds(self._door, _LARGEST, 3)
            if not message:
                return
            self._send(message, passed)
            for descriptor in passed:
                os.close(descriptor)


class ForkedService(ServiceProcess):
    """A service whose processes are forked. ``script`` runs in place of the program."""

    def __init__(
        self,
        config: Path,
        forks: Forks,
        *,
        script: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        command = ("-m", "monitor") if script is None else (str(script),)
        super().__init__(config, command=command, environment=environment)
        self._forks = forks

    def _begin(self, arguments: Sequence[str], log: IO[str]) -> Process:
        return self._forks.start(
            [*self.command, *arguments], environment=self.environment, stderr=log, session=True
        )

    def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [*self.command, "--config", str(self.config), *arguments]
        done: subprocess.CompletedProcess[str] = self._forks.run(
            command, environment={**self.environment, **(environment or {})}, seconds=120
        )
        return done
