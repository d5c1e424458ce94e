"""Run every bench, whatever the others come to, and write what they said into docs/performance.md.

    python tools/bench.py [--write] [NAME …]

``make bench`` runs it. With names it runs those alone, and of the page only their parts are written
anew; a name may bring arguments: ``"pages --papers 1000000"``. A bench is a script in ``bench/`` that
prints what it measured and ends with status 1 where a budget was missed; what several share stands
in ``bench/parts/``.
Ends by naming those that missed, with status 1.
"""

import argparse
import os
import platform
import re
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.kernel.clock import utcnow  # noqa: E402 - found through the path set above

BENCHES = ROOT / "bench"
PAGE = ROOT / "docs" / "performance.md"
HEAD = """# Performance

Written by `make bench`; do not edit. Each block is what one script of `bench/` printed on the day it
names: its ratios, to yardsticks of the same run, are what compares with another. What each measures,
and its budgets, stand at the head of the script.
"""
_BLOCK = re.compile(r"^## (?P<title>.+)\n(?:(?!## ).*\n?)*", re.MULTILINE)
MISSED = 1


@dataclass(frozen=True)
class Said:
    """What one bench printed, how it was asked and ended, and how long it took."""

    name: str
    asked: str
    text: str
    status: int
    seconds: float

    @property
    def verdict(self) -> str:
        """Say how it ended."""
        if self.status == 0:
            return "every budget is kept"
        return "a budget is missed" if self.status == MISSED else f"ended with {self.status}"


def names() -> list[str]:
    """List the benches that stand for themselves."""
    return sorted(path.stem for path in BENCHES.glob("*.py"))


def run(asked: str) -> Said:
    """Run one bench, with its arguments, showing what it says while it says it."""
    name, *arguments = shlex.split(asked)
    command_line = shlex.join([f"bench/{name}.py", *arguments])
    print(f"== {command_line}", flush=True)
    path = os.pathsep.join(filter(None, (str(ROOT / ".bench"), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, str(BENCHES / f"{name}.py"), *arguments]
    began, lines = time.perf_counter(), []
    with subprocess.Popen(  # noqa: S603 - our own script
        command,
        cwd=ROOT,
        # what libraries warn of names paths of this machine
        env=os.environ | {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as bench:
        for line in bench.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    seconds = time.perf_counter() - began
    return Said(name, command_line, "".join(lines).strip(), bench.returncode, seconds)


def page(before: str, results: list[Said], on: datetime) -> str:
    """Write the page anew: what these benches said in place of what they said before."""
    blocks = {found["title"]: found[0].strip("\n") for found in _BLOCK.finditer(before)}
    blocks |= {_title(one.name): _block(one, on) for one in results}
    known = [_title(name) for name in names()]
    return "\n".join([HEAD, *(f"{blocks[title]}\n" for title in known if title in blocks)])


def _title(name: str) -> str:
    return name.replace("_", " ")


def _block(one: Said, on: datetime) -> str:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    told = f"{on:%-d %B %Y}, {machine}, {one.seconds:.0f} s: {one.verdict}."
    return f"## {_title(one.name)}\n\n`{one.asked}`, {told}\n\n```text\n{one.text}\n```"


def main() -> int:
    """Run the benches named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md anew")
    chosen = parser.parse_args()
    results = [run(name) for name in chosen.names or names()]
    if chosen.write:
        before = PAGE.read_text(encoding="utf-8") if chosen.names and PAGE.exists() else ""
        PAGE.write_text(page(before, results, utcnow()), encoding="utf-8")
    missed = [one for one in results if one.status]
    for one in missed:
        print(f"bench/{one.name}.py: {one.verdict}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
