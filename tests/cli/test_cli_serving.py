"""The threads that answer pages share one processor; those of the jobs run where the system lets them."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import requests
from processors import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    in_a_thread,
    several,
    told_apart,
    where,
)

from monitor.cli import serving
from monitor.demo.driver import free_port

pytestmark = told_apart


def test_whoever_answers_stays_and_turns_are_short():
    several()
    told: dict[str, object] = {}

    class Server:
        def run(self) -> None:
            told["loop"], told["turn"] = where(), sys.getswitchinterval()

    def app(environ, start):
        told["page"] = where()
        return []

    before = sys.getswitchinterval()
    in_a_thread(lambda: serving.answer(Server()))
    in_a_thread(lambda: serving._staying(app)({}, None))  # type: ignore[arg-type] # it begins no answer
    sys.setswitchinterval(before)

    assert told["loop"] == told["page"]
    assert isinstance(told["page"], frozenset)
    assert len(told["page"]) == 1
    assert told["turn"] == pytest.approx(0.0002)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are not told apart here")
def test_a_service_keeps_pages_on_one_processor_and_no_job(tmp_path, nobody_asked):
    every, port = several(), free_port()
    config = tmp_path / "config.toml"
    sources = "".join(f"[sources.{name}]\nenabled = false\n" for name in nobody_asked)
    config.write_text(f"{sources}[web]\nport = {port}\n", encoding="utf-8")
    command = [sys.executable, "-m", "monitor", "--config", str(config), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert any(line.startswith("Gap Monitor is at ") for line in process.stdout)
            assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=60).ok
            tasks = [int(task.name) for task in Path(f"/proc/{process.pid}/task").iterdir()]
            found, loop = Counter(map(where, tasks)), where(process.pid)
        finally:
            process.terminate()
        assert process.wait(60) == 0

    assert len(loop) == 1
    # the one that serves connections, and the one that answered
    assert found[loop] >= 2
    assert found[every] > 0
    assert found.keys() == {loop, every}
