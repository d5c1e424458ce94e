"""How fast pages are when much has been read, screened and written down: by size and database.

    python bench/pages.py [--papers 10000,100000] [--database sqlite|postgresql|URL] [--cache FOLDER]
                          [--computing]

Makes a world of each size once (pages_world, kept in the cache folder; a URL must be of an empty
database and is for one size), serves it with waitress as shipped and asks every page over 8
connections at once, each a session of its own, beside a page that is a template and nothing else.
A page is kept until anybody commits anything, so all is told twice:

- *kept*: nothing is committed. ``median`` and ``p95`` over the 8 connections, ``alone`` the median over
  one, ``cpu`` the processor's time of one answer, ``ratio`` of the median to the template's.
- *after a commit*: of another process, a job's heartbeat was committed just before each request over
  one connection: the ``stmt`` statements it takes, the time ``in SQL`` and the processor's time, ``cpu``.
  It shows on no page but the status page, which is made anew; of all others it is asked whether they
  stand (ADR 28, 30), so ``cpu`` is what that takes. ``made`` is the processor's time of a page of those
  signed in that is made wholly anew, under an address that nobody has asked for.
  ``p95`` over the 8 connections while a heartbeat is committed every 100 ms beside: the jobs of a
  service at rest commit about once a second.

All in ms. On a busy machine the processor's time is what can be compared (SQLite works while rows are
fetched, which only this has); all of it counts from the moment the request reached the application.
A budget is for both 95th percentiles. With ``--computing`` a thread of the same process computes all the
time beside: Python lets one run at a time, so that at best half of it is left for pages; no budget
counts then. Prints how the processor's time of a page after a commit grows
from the smallest world to the largest. Ends with status 1 and names what missed its budget.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from parts import ending, pages_kept  # noqa: E402 - the same
from parts.pages_asked import YARDSTICK, pages  # noqa: E402 - the same
from parts.pages_measured import CONNECTIONS, Asking, Figure, command_line, measure, served  # noqa: E402 - the same
from parts.pages_world import sign_in  # noqa: E402 - the same

from monitor.kernel.clock import utcnow  # noqa: E402 - found through the path set above
from monitor.kernel.persistence.database import Database  # noqa: E402 - the same


@dataclass
class Run:
    """One world's figures by the page's name."""

    papers: int
    figures: dict[str, Figure] = field(default_factory=dict)


def run(papers: int, chosen: argparse.Namespace) -> Run:
    done, cache, only = Run(papers), chosen.cache, chosen.only
    with pages_kept.world(papers, chosen.database, cache) as url:
        held = Database(url)
        sign_in(held, utcnow())
        asked = [page for page in pages(held) if only in page.name or page.path == YARDSTICK]
        with served(url, cache, computing=chosen.computing) as port:
            for page in asked:
                figure = measure(Asking(port, chosen.patience), page, held)
                done.figures[page.name] = figure
                show(figure, done)
        held.dispose()
        if only in "status --json":
            done.figures["status --json"] = figure = command_line(url, cache)
            show(figure, done)
    return done


HEAD = (
    f"  {'':24} {'kept':^42} | {'after a commit':^39}\n"
    f"  {'':24}    median       p95     alone    cpu  ratio |  stmt  in SQL     cpu    made       p95   budget"
)


def show(figure: Figure, done: Run) -> None:
    yardstick, anew = done.figures["a template alone"].median, figure.anew
    told = ""
    if anew:
        made = f"{anew.made:7.1f}" if anew.made is not None else ""
        told = f"{anew.statements:5} {anew.database:7.1f} {anew.cpu:7.1f} {made:7} {anew.late:9.1f}"
    print(
        f"  {figure.page.name:24} {figure.median:9.1f} {figure.late:9.1f} {figure.alone:9.1f}"
        f" {figure.cpu:6.1f} {yardstick / figure.median:6.2f} | {told:39} {figure.page.budget or 0:8.0f}"
    )


def growth(runs: list[Run]) -> None:
    first, last = runs[0], runs[-1]
    times = last.papers / first.papers
    print(
        f"\ngrowth of the processor's time of a page after a commit, from {first.papers:,} papers to"
        f" {last.papers:,} (× {times:.0f}):"
    )
    for name, figure in last.figures.items():
        before = first.figures[name].anew
        if before and figure.anew:
            grown = figure.anew.cpu / max(before.cpu, 0.01)
            print(f"  {name:24} {before.cpu:9.1f} {figure.anew.cpu:9.1f}  × {grown:.2f}")


def missed(runs: list[Run]) -> Iterator[str]:
    """Name what missed its budget, and how it was asked."""
    for one in runs:
        for name, figure in one.figures.items():
            late = {"": figure.late, " with commits beside": figure.anew.late if figure.anew else 0}
            for how, took in late.items():
                if figure.page.budget and took > figure.page.budget:
                    budget = figure.page.budget
                    yield f"{name}{how} at {one.papers:,} ({took:.0f} ms, not {budget:.0f})"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--papers", default="10000,100000")
    options.add_argument("--database", default="sqlite")
    options.add_argument("--cache", type=Path, default=ROOT / "var" / "bench")
    options.add_argument("--only", default="", help="pages whose name has this in it")
    options.add_argument(
        "--computing", action="store_true", help="with a thread beside that computes"
    )
    options.add_argument("--patience", type=float, default=30.0, help="seconds to wait for a page")
    chosen = options.parse_args()
    chosen.cache.mkdir(parents=True, exist_ok=True)
    ending.be_heard_and_ended()
    runs = []
    for papers in map(int, chosen.papers.split(",")):
        database = chosen.database.split(":")[0]
        print(f"\n{papers:,} papers, {database}; ms, p95 over {CONNECTIONS} connections:\n{HEAD}")
        runs.append(run(papers, chosen))
    if len(runs) > 1:
        growth(runs)
    late = [] if chosen.computing else list(missed(runs))
    print(f"\nbudgets missed: {'; '.join(late) or 'none'}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
