"""Run every bench, whatever the others come to, and write what they said into docs/performance.md.

    python tools/bench.py [--write] [NAME …]

``make bench`` runs it. A bench is a script in ``bench/`` that prints what it measured and ends with
status 1 where a budget was missed; those that end in ``_yardstick`` and ``world`` are parts of others.
Ends by naming those that missed, with status 1.
"""

import argparse
import os
import platform
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

Written by `make bench`; do not edit. Each block is what one script of `bench/` printed in that run,
on one machine: its ratios, to yardsticks of the same run, are what compares with another. What each
measures, and its budgets, stand at the head of the script.
"""
MISSED = 1


@dataclass(frozen=True)
class Said:
    """What one bench printed, how it ended and how long it took."""

    name: str
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
    parts = ("_yardstick", "world")
    return sorted(path.stem for path in BENCHES.glob("*.py") if not path.stem.endswith(parts))


def run(name: str) -> Said:
    """Run one bench, showing what it says while it says it."""
    print(f"== bench/{name}.py", flush=True)
    path = os.pathsep.join(filter(None, (str(ROOT / ".bench"), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, str(BENCHES / f"{name}.py")]
    began, lines = time.perf_counter(), []
    with subprocess.Popen(  # noqa: S603 - our own script
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as bench:
        for line in bench.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    return Said(name, "".join(lines).strip(), bench.returncode, time.perf_counter() - began)


def page(results: list[Said], on: datetime) -> str:
    """Write the page of a run."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    blocks = [HEAD, f"Last run: {on:%-d %B %Y}, {machine}.\n"]
    for one in results:
        title = f"## {one.name.replace('_', ' ')}\n\n`bench/{one.name}.py`, {one.seconds:.0f} s: {one.verdict}.\n"
        blocks.append(f"{title}\n```text\n{one.text}\n```\n")
    return "\n".join(blocks)


def main() -> int:
    """Run the benches named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", action="store_true", help="rewrite docs/performance.md")
    chosen = parser.parse_args()
    results = [run(name) for name in chosen.names or names()]
    if chosen.write:
        PAGE.write_text(page(results, utcnow()), encoding="utf-8")
    missed = [one for one in results if one.status]
    for one in missed:
        print(f"bench/{one.name}.py: {one.verdict}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
