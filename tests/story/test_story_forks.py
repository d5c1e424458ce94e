"""What a story's processes stand on: a forked process is like one that was started."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
import requests
from forking import ForkedService  # type: ignore[import-not-found]  # beside this file

from monitor.demo.driver import ServiceProcess, free_port

pytestmark = pytest.mark.story

SETTINGS = """[sources]
contact = "nobody@example.org"
""" + "".join(f"[sources.{name}]\nenabled = false\n" for name in ("pubmed", "europepmc"))


@pytest.fixture
def config(tmp_path) -> Path:
    path: Path = tmp_path / "config.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


def test_the_server_has_one_thread_and_nothing_open_but_its_line(forks, config):
    ForkedService(config, forks).run("--version")  # it has loaded, and forked
    process = Path("/proc") / str(forks.pid)
    assert len(list((process / "task").iterdir())) == 1
    opened = [str(one.readlink()) for one in sorted((process / "fd").iterdir())]
    lines = [name for name in opened if name.startswith("socket:")]
    assert len(lines) == 1
    standard = {str((process / "fd" / str(number)).readlink()) for number in range(3)}
    assert set(opened) == standard | set(lines)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["export", "queue", "--format", "json"], 0), (["poll", "nobody"], 2)],
    ids=["done", "not run"],
)
def test_a_forked_command_says_and_gives_what_a_started_one_does(forks, config, arguments, status):
    assert ForkedService(config, forks).run("init").returncode == 0
    forked = ForkedService(config, forks).run(*arguments)
    started = ServiceProcess(config).run(*arguments)
    assert forked.returncode == status
    assert (forked.returncode, forked.stdout) == (started.returncode, started.stdout)
    assert forked.stderr.splitlines()[-1:] == started.stderr.splitlines()[-1:]


def test_a_forked_process_is_a_process_of_its_own(forks, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys\n"
        "print(os.getpid(), os.getsid(0), os.environ['KEY'], sys.argv[1], flush=True)\n"
        "sys.stdin.close()\n"
        "import signal\n"
        "signal.pause()\n",
        encoding="utf-8",
    )
    with (tmp_path / "err").open("w") as err:
        process = forks.start(
            [str(script), "word"], environment={"KEY": "value"}, stderr=err, session=True
        )
    with process.stdout as printed:
        number, session, *rest = printed.readline().split()
        assert (int(number), int(session), rest) == (process.pid, process.pid, ["value", "word"])
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.kill()
        assert process.wait(20) == -signal.SIGKILL
        assert printed.read() == ""  # nobody else holds its end of the pipe
    process.kill()  # nothing happens


def test_a_fault_of_a_forked_process_ends_it_with_a_traceback(forks, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import atexit\natexit.register(print, 'last words')\n1 / 0\n")
    with (tmp_path / "err").open("w+") as err:
        process = forks.start([str(script)], environment={}, stderr=err)
        with process.stdout as printed:
            assert printed.read() == "last words\n"
        assert process.wait(20) == 1
        err.seek(0)
        assert err.read().endswith("ZeroDivisionError: division by zero\n")


def test_a_script_calls_the_program_by_its_path_and_forks_it(forks, config, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import os, subprocess, sys\n"
        "done = subprocess.run([os.environ['GAP'], *sys.argv[1:]], capture_output=True, text=True)\n"
        "print(done.returncode, done.stdout, done.stderr)\n"
    )
    assert ForkedService(config, forks).run("init").returncode == 0
    for arguments in (["export", "queue", "--format", "json"], ["poll", "nobody"]):
        told = ["--config", str(config), *arguments]
        plain = ForkedService(config, forks).run(*arguments)
        called = forks.play(script, *told)
        said = f"{plain.returncode} {plain.stdout} {plain.stderr}\n"
        assert (called.returncode, called.stdout) == (0, said)


def test_a_signal_to_the_command_that_forks_is_one_to_what_it_forked(forks, config):
    config.write_text(f"{SETTINGS}[web]\nport = {free_port()}\n", encoding="utf-8")
    command = [str(forks.command), "--config", str(config), "serve"]
    with subprocess.Popen(
        command, env={**os.environ, **forks.environment}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = (line for line in process.stdout if line.startswith("Gap Monitor is at "))
        address = next(lines).removeprefix("Gap Monitor is at ").strip()
        assert requests.get(f"{address}/healthz", timeout=60).ok
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
