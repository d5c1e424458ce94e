"""The threads that answer pages share one processor; those of the jobs run on any."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import requests

from monitor.demo.driver import free_port
from monitor.kernel.settings import WebSettings
from monitor.web import turns
from monitor.web.app import WRITERS


def processors(thread: int = 0) -> frozenset[int]:
    return frozenset(os.sched_getaffinity(thread))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are not told apart here")
def test_pages_share_a_processor_and_jobs_run_on_any(tmp_path, nobody_asked):
    every = processors()
    if len(every) == 1:
        pytest.skip("this machine has one processor")
    port = free_port()
    config = tmp_path / "config.toml"
    sources = "".join(f"[sources.{name}]\nenabled = false\n" for name in nobody_asked)
    config.write_text(f"{sources}[web]\nport = {port}\n", encoding="utf-8")
    command = [sys.executable, "-m", "monitor", "--config", str(config), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(line.startswith("Gap Monitor is at ") for line in process.stdout)
        assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=60).ok

        tasks = Path(f"/proc/{process.pid}/task").iterdir()
        where = Counter(processors(int(task.name)) for task in tasks)
        loop = processors(process.pid)
        process.terminate()
        assert process.wait(60) == 0

    assert len(loop) == 1
    assert where[loop] == turns.threads(WebSettings(), WRITERS) + 1
    assert where.keys() == {loop, every}
