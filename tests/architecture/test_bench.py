"""`make bench`: every bench runs, whatever the others come to, and the page says what each said."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tool(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("bench_tool", ROOT / "tools" / "bench.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench_tool", module)
    spec.loader.exec_module(module)
    benches = tmp_path / "bench"
    (benches / "parts").mkdir(parents=True)
    for name, body in {
        "first": "print('slow: 3 ms, at most 2'); raise SystemExit(1)",
        "broken": "raise ValueError('no such thing')",
        "last": "import sys; print('fast: 1 ms, at most 2', *sys.argv[1:])",
        "parts/world": "raise SystemExit('not by itself')",
    }.items():
        (benches / f"{name}.py").write_text(body)
    monkeypatch.setattr(module, "BENCHES", benches)
    monkeypatch.setattr(module, "PAGE", tmp_path / "performance.md")
    return module


def test_all_run_even_when_one_misses_and_those_are_named(tool, monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["bench.py", "--write"])
    assert tool.main() == 1
    told = capfd.readouterr().out
    assert told.splitlines()[-2:] == [
        "bench/broken.py: a budget is missed",
        "bench/first.py: a budget is missed",
    ]
    page = tool.PAGE.read_text()
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## broken",
        "## first",
        "## last",
    ]
    assert "slow: 3 ms, at most 2" in page
    assert "no such thing" in page
    assert re.search(r"bench/last\.py`, .+, \d+ s: every budget is kept\.", page)


def test_of_those_named_alone_the_page_is_written_anew(tool, monkeypatch):
    for argv in (["--write"], ["--write", "last --papers 3"]):
        monkeypatch.setattr(sys, "argv", ["bench.py", *argv])
        tool.main()
    page = tool.PAGE.read_text()
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles == ["## broken", "## first", "## last"]
    assert "slow: 3 ms, at most 2" in page
    assert "no such thing" in page
    assert page.count("fast: 1 ms, at most 2") == 1
    assert "fast: 1 ms, at most 2 --papers 3" in page
    assert "`bench/last.py --papers 3`, " in page
    monkeypatch.setattr(sys, "argv", ["bench.py", "--write"])
    tool.main()
    assert "--papers" not in tool.PAGE.read_text(), "all are: nothing is left of before"


def test_those_named_run_alone_and_a_good_run_ends_well(tool, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bench.py", "last"])
    assert tool.main() == 0
    assert not tool.PAGE.exists()


def test_the_benches_there_are_stand_for_themselves(tool, monkeypatch):
    monkeypatch.setattr(tool, "BENCHES", ROOT / "bench")
    assert {"jobs", "ingest", "dedupe_stored"} <= {*tool.names()}
    for name in tool.names():
        assert 'if __name__ == "__main__":' in (ROOT / "bench" / f"{name}.py").read_text(), name
