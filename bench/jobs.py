"""What the jobs cost beside people: how long they hold the write lock, what they write, what they eat.

    python bench/jobs.py [--papers 10000 100000 1000000] [--on sqlite postgresql] [--kept FOLDER]

Makes the world of ``bench/parts/world.py`` in each size, or opens those kept in FOLDER, and runs each job
in it: the order of the queue after one decision, papers read by newer rules, the check of the
ledger (what is new, and all of it), tidying, every other job of the schedule, and digests that are
due to 500 readers. Prints for each
its seconds, the longest time under the write lock, the rows it wrote and the memory it took, then
how each figure grows with the world. Yardsticks of the same run: an empty write transaction, and
rewriting one row by its key. Ends by naming what missed, with status 1.
"""

import argparse
import contextlib
import gc
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from parts import ending, world
from parts.postgres import POSTGRESQL, SQLITE
from sqlalchemy import event, func, insert, select, text, update

from monitor.jobs.schedule import JOBS
from monitor.jobs.service import Service
from monitor.jobs.upkeep.ledger_check import check_ledger, check_whole_ledger
from monitor.jobs.upkeep.ordering import order_due
from monitor.jobs.upkeep.renewing import read_old_papers
from monitor.kernel import audit
from monitor.kernel.persistence.database import Database
from monitor.literature.papers.reading import edition
from monitor.literature.tables import Paper
from monitor.notify.tables import ReaderTerms, Subscriber, SubscriberState
from monitor.notify.words import USUAL, Cadence, Kind
from monitor.review.tables import QueueItem, Screening
from monitor.review.words import ExclusionReason, ScreeningVerdict, Stage

LOCK_MS = 100.0  # at most, held at a time
RENEWED_A_SECOND = 500.0  # at least, of processor time
LEDGER_MIB = 64.0  # at most, more than before
RENEWED = 2_000  # papers, of all kinds in their shares
NEW_ENTRIES = 500
READERS = 500  # whose digest is due at once
WRITING = ("INSERT", "UPDATE", "DELETE")


@dataclass(slots=True)
class Cost:
    """What one run of a job cost; times in seconds, the lock's in milliseconds of both clocks."""

    name: str
    seconds: float = 0.0
    cpu: float = 0.0
    locked: float = 0.0  # the longest, of the wall clock
    locked_cpu: float = 0.0  # the longest, of this process: what a machine without others sees
    commits: int = 0
    rows: int = 0
    mib: float = 0.0
    error: str = ""


@dataclass(slots=True)
class Meter:
    """Watches a service's database: each write transaction, and the rows it writes."""

    service: Service
    spans: list[tuple[float, float]] = field(default_factory=list)
    rows: int = 0

    def watched(self) -> Service:
        database = self.service.database
        event.listen(database.engine, "after_cursor_execute", self._executed)
        meter = self

        class Watched(Database):
            @contextlib.contextmanager
            def write(self, *, wait: float | None = None) -> Iterator[object]:  # type: ignore[override]
                with Database.write(self, wait=wait) as session:
                    began, cpu = time.perf_counter(), time.thread_time()
                    yield session
                # with the commit, which holds the lock too
                meter.spans.append((time.perf_counter() - began, time.thread_time() - cpu))

        watched = object.__new__(Watched)
        watched.__dict__.update(database.__dict__)
        return replace(self.service, database=watched)

    def _executed(self, _c: object, cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith(WRITING):
            self.rows += max(0, getattr(cursor, "rowcount", 0))

    def run(self, name: str, work: Callable[[], object]) -> Cost:
        self.spans.clear()
        self.rows = 0
        cost, memory = Cost(name), Memory()
        began, cpu = time.perf_counter(), time.process_time()
        with memory:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - a job that fails is named, the others go on
                cost.error = f"{type(error).__name__}: {error}"
        cost.seconds, cost.cpu = time.perf_counter() - began, time.process_time() - cpu
        cost.locked = 1000 * max((wall for wall, _ in self.spans), default=0.0)
        cost.locked_cpu = 1000 * max((busy for _, busy in self.spans), default=0.0)
        cost.commits, cost.rows, cost.mib = len(self.spans), self.rows, memory.mib
        return cost


class Memory:
    """How much more memory than at first was in use, looked at fifty times a second."""

    def __init__(self) -> None:
        self.mib = 0.0
        self._over = threading.Event()
        self._first = _resident()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.mib = max(self.mib, _resident() - self._first)


def _resident() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # no Linux: the most there ever was
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 2**20


def decide(service: Service, token: str) -> None:
    """Screen the paper that stands first."""
    at = service.clock()
    first = select(QueueItem.paper_id).where(QueueItem.stage == Stage.TO_SCREEN)
    with service.database.write() as session:
        paper = session.scalar(first.order_by(QueueItem.score.desc(), QueueItem.paper_id).limit(1))
        said = {
            "token": token, "paper_id": paper, "reviewer_id": 2, "interventions": [], "note": "",
            "verdict": ScreeningVerdict.EXCLUDE, "reason": ExclusionReason.OTHER_INTERVENTION,
            "at": at,
        }  # fmt: skip
        session.execute(insert(Screening), [said])
        moved = update(QueueItem).where(QueueItem.paper_id == paper)
        session.execute(moved.values(stage=Stage.EXCLUDED))


def outdated(service: Service, count: int) -> None:
    """Let other rules have read some papers, and the present ones all others."""
    with service.database.write() as session:
        present = edition(service.matcher)
        session.execute(update(Paper).where(Paper.read_by != present).values(read_by=present))
        session.execute(update(Paper).where(Paper.id <= count).values(read_by=present + 1))


def written(service: Service, count: int) -> None:
    with service.database.write() as session:
        for number in range(count):
            audit.record(
                session, at=service.clock(), actor="cli", action="bench", subject=f"bench:{number}"
            )


def subscribed(service: Service, count: int) -> datetime:
    """Let so many follow an intervention, a quarter's proof due to each; gives when it is."""
    at = world.BEGAN + timedelta(days=100)
    reader = {
        "state": SubscriberState.ACTIVE, "interventions": ["cos"], "purpose": "news",
        "asked_at": world.BEGAN, "confirmed_at": world.BEGAN, "left_at": None,
    }  # fmt: skip
    with service.database.write() as session:
        known = session.scalar(select(func.count()).select_from(Subscriber)) or 0
        people = [{"address": f"r{known + one}@example.org", **reader} for one in range(count)]
        session.execute(insert(Subscriber), people)
        fresh = select(Subscriber.id).order_by(Subscriber.id.desc()).limit(count)
        terms = {
            "cadence": Cadence.QUARTERLY, "kinds": sorted({*USUAL, Kind.PROOF}), "budget": 1,
            "covered_to": world.BEGAN, "next_digest_at": at,
        }  # fmt: skip
        session.execute(
            insert(ReaderTerms), [{"subscriber_id": id_, **terms} for id_ in session.scalars(fresh)]
        )
    return at


def yardsticks(meter: Meter, service: Service) -> list[Cost]:
    def empty() -> None:
        with service.database.write() as session:
            session.execute(text("SELECT 1"))

    def one_row() -> None:
        with service.database.write() as session:
            session.execute(update(Paper).where(Paper.id == 1).values(version=Paper.version + 1))

    some = [meter.run("an empty write transaction", empty) for _ in range(5)]
    more = [meter.run("one row rewritten by its key", one_row) for _ in range(5)]
    return [sorted(costs, key=lambda one: one.seconds)[2] for costs in (some, more)]


def measured(service: Service) -> list[Cost]:
    """Run every job; those that have to do nothing without other servers too."""
    gc.freeze()  # as the command does with all that it loaded (cli.loading)
    meter = Meter(service)
    service = meter.watched()
    outdated(service, 0)
    costs = yardsticks(meter, service)
    order_due(service)  # the first order is not what is measured
    decide(service, f"bench-{time.time_ns()}")
    costs.append(meter.run("order after a decision", lambda: order_due(service)))
    costs.append(meter.run("order, nothing to do", lambda: order_due(service)))
    outdated(service, 100)
    read_old_papers(service)  # a service that runs has put its statements together before
    outdated(service, RENEWED)
    costs.append(meter.run(f"renew {RENEWED:,} papers", lambda: read_old_papers(service)))
    costs.append(meter.run("ledger, all of it", lambda: check_whole_ledger(service)))
    written(service, NEW_ENTRIES)
    later = replace(service, clock=lambda: world.BEGAN + timedelta(days=800))
    costs.append(meter.run("ledger, a day's check", lambda: check_ledger(service)))
    costs.append(meter.run("tidy, after two years", lambda: _job("tidy")(later)))
    others = [job for job in JOBS if job.name not in {"order", "renew", "check", "tidy"}]
    costs += [meter.run(job.name, lambda job=job: job.run(service)) for job in others]  # type: ignore[misc] # the job of each
    at = subscribed(service, READERS)
    due = replace(service, clock=lambda: at)
    costs.append(meter.run(f"digest, {READERS} readers", lambda: _job("digest")(due)))
    return costs


def _job(name: str) -> Callable[[Service], object]:
    return next(job.run for job in JOBS if job.name == name)


def missed(where: str, costs: list[Cost]) -> list[str]:
    """Name what missed its budget."""
    found = []
    for cost in costs:
        told = f"{where}, {cost.name}:"
        if cost.error:
            found.append(f"{told} failed ({cost.error})")
        if cost.locked_cpu > LOCK_MS:
            found.append(f"{told} {cost.locked_cpu:.0f} ms under the lock, at most {LOCK_MS:.0f}")
        if cost.name.startswith("ledger") and cost.mib > LEDGER_MIB:
            found.append(f"{told} {cost.mib:.0f} MiB, at most {LEDGER_MIB:.0f}")
        if cost.name.startswith("renew") and RENEWED / cost.cpu < RENEWED_A_SECOND:
            rate = RENEWED / cost.cpu
            found.append(f"{told} {rate:.0f} papers a second, at least {RENEWED_A_SECOND:.0f}")
    return found


def show(where: str, costs: list[Cost]) -> None:
    empty = costs[0].seconds or 1e-9
    print(f"\n{where}")
    print(f"{'job':30} {'s':>8} {'s cpu':>8} {'lock ms':>8} {'cpu ms':>8} {'commits':>8} {'rows':>8} "
          f"{'MiB':>6} {'× empty':>9}")  # fmt: skip
    for cost in costs:
        print(f"{cost.name:30} {cost.seconds:8.2f} {cost.cpu:8.2f} {cost.locked:8.1f} "
              f"{cost.locked_cpu:8.1f} {cost.commits:8,} {cost.rows:8,} {cost.mib:6.0f} "
              f"{cost.seconds / empty:9.0f}")  # fmt: skip


def show_growth(on: str, sizes: list[int], all_costs: list[list[Cost]]) -> None:
    """Print the processor seconds and the longest lock of each job at each size."""
    print(f"\n{on}: processor seconds, and ms of the processor under the lock, at", end=" ")
    print(", ".join(f"{size:,}" for size in sizes))
    for costs in zip(*all_costs, strict=True):
        seconds = "  ".join(f"{cost.cpu:8.2f}" for cost in costs)
        locks = "  ".join(f"{cost.locked_cpu:6.1f}" for cost in costs)
        print(f"{costs[0].name:30} {seconds}   | {locks}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--papers", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--on", nargs="+", choices=(SQLITE, POSTGRESQL),
                        default=[SQLITE, POSTGRESQL])  # fmt: skip
    parser.add_argument("--kept", type=Path, metavar="FOLDER")
    chosen = parser.parse_args()
    ending.be_heard_and_ended()
    structlog.configure(processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)])
    wrong: list[str] = []
    for on in chosen.on:
        all_costs = []
        for papers in chosen.papers:
            kept = chosen.kept / f"{on}-{papers}" if chosen.kept else None
            with world.opened(on, papers, kept) as service:
                costs = measured(service)
            where = f"{on}, {papers:,} papers"
            show(where, costs)
            wrong += missed(where, costs)
            all_costs.append(costs)
        show_growth(on, chosen.papers, all_costs)
    print("\nmissed: " + ("; ".join(wrong) if wrong else "nothing"))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
