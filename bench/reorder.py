"""How long the queue takes to be ordered anew after a decision, and to see that nothing is to do.

    python bench/reorder.py [--open N] [--labelled N] [--database URL]

Makes an invented queue in a database of its own (SQLite unless told; one on PostgreSQL must be
empty and is left full), orders it once, then takes one more decision and orders it again, five
times. The yardstick, in the same run: ranking the same papers with nothing read and nothing
written. Prints seconds and ratios. Budget: under a second, and at most 5 times the yardstick;
ends with status 1 where one is missed.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select, text, update

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.accounts.tables import Role, User  # noqa: E402 - found through the path above
from monitor.kernel.persistence.database import Database  # noqa: E402 - the same
from monitor.literature.ranking.features import features  # noqa: E402 - the same
from monitor.literature.ranking.order import Candidate, rank  # noqa: E402 - the same
from monitor.literature.tables import Paper, PaperReading  # noqa: E402 - the same
from monitor.literature.words import Lane  # noqa: E402 - the same
from monitor.ops.schema import migrate  # noqa: E402 - the same
from monitor.review.queue import order as ordering  # noqa: E402 - the same
from monitor.review.tables import QueueItem, Screening  # noqa: E402 - the same
from monitor.review.words import ExclusionReason, ScreeningVerdict, Stage  # noqa: E402 - the same

AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
SECONDS, RATIO, RUNS = 1.0, 5.0, 5
_DESIGNS = ("randomised", "follow-up", "single-group", "review", None)
_choose = random.Random(1)  # noqa: S311 - the same queue in every run
_VOCABULARY = [f"word{number}" for number in range(6000)]
_WEIGHTS = [1 / (number + 3) for number in range(6000)]


def fill(database: Database, opened: int, labelled: int) -> None:
    """Make the papers: the first ``opened`` wait, the others are decided on."""
    numbers = range(1, opened + labelled + 1)
    with database.write() as session:
        session.add(
            User(id=1, address="a@example.org", name="A", role=Role.REVIEWER, created_at=AT)
        )
        session.flush()
        session.execute(insert(Paper), [_paper(one) for one in numbers])
        session.execute(insert(PaperReading), [_reading(one) for one in numbers])
        session.execute(insert(QueueItem), [_item(one, opened) for one in numbers])
        decided = [_verdict(one) for one in numbers if one > opened]
        session.execute(insert(Screening), decided)


def _paper(number: int) -> dict[str, object]:
    lists = {"authors": [], "publication_types": [], "keywords": []}
    return lists | {
        "id": number,
        "title": f"Paper {number}",
        "year": 2010 + number % 17,
        "lane": Lane.EVALUATED,
        "first_seen_at": AT,
        "changed_at": AT,
        "read_by": 1,
    }


def _reading(number: int) -> dict[str, object]:
    words = _choose.choices(_VOCABULARY, _WEIGHTS, k=200)
    return {
        "paper_id": number,
        "design": _DESIGNS[number % len(_DESIGNS)],
        "named": "title" if number % 3 else "elsewhere",
        "attachment": number % 2 == 0,
        "features": features(f"Paper {number}", " ".join(words), ()),
    }


def _item(number: int, opened: int) -> dict[str, object]:
    stage = Stage.TO_SCREEN if number <= opened else Stage.EXCLUDED
    return {"paper_id": number, "stage": stage, "queued_at": AT, "moved_at": AT, "parts": {}}


def _verdict(number: int) -> dict[str, object]:
    wanted = number % 7 == 0
    return {
        "token": f"form-{number}",
        "paper_id": number,
        "reviewer_id": 1,
        "verdict": ScreeningVerdict.INCLUDE if wanted else ScreeningVerdict.EXCLUDE,
        "reason": None if wanted else ExclusionReason.OTHER_INTERVENTION,
        "interventions": [],
        "note": "",
        "at": AT,
    }


def reordered(database: Database) -> tuple[float, float, int]:
    """Order the queue as the job does; gives the seconds, those of writing, and what changed."""
    began = time.perf_counter()
    with database.read() as session:
        mark = ordering.due(session, AT)
        if mark is None:
            raise SystemExit("nothing was due")
        order = ordering.worked_out(session, mark, AT)
    worked_out = time.perf_counter()
    with database.write() as session:
        changed = ordering.place(session, order, AT)
    ended = time.perf_counter()
    return ended - began, ended - worked_out, changed


def decide(database: Database, number: int) -> None:
    with database.write() as session:
        session.execute(insert(Screening), [_verdict(number)])
        item = update(QueueItem).where(QueueItem.paper_id == number)
        session.execute(item.values(stage=Stage.EXCLUDED))


def ranking_alone(database: Database) -> float:
    """Rank the same papers by the same labels, from memory."""
    with database.read() as session:
        rows = session.execute(
            select(PaperReading.features, QueueItem.stage, QueueItem.paper_id)
            .join(QueueItem, QueueItem.paper_id == PaperReading.paper_id)
            .order_by(QueueItem.paper_id)
        ).all()
    candidates = [Candidate(row.features, {}) for row in rows]
    labels = {
        at: row.paper_id % 7 == 0 for at, row in enumerate(rows) if row.stage is Stage.EXCLUDED
    }
    return timed(lambda: rank(candidates, labels))


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def idle(database: Database) -> tuple[float, float]:
    """Give the seconds to see that nothing is to do, and those of a statement that asks nothing."""

    def look() -> None:
        with database.read() as session:
            if ordering.due(session, AT) is not None:
                raise SystemExit("something is due")

    def nothing() -> None:
        with database.read() as session:
            session.execute(text("SELECT 1"))

    return tuple(statistics.median(timed(work) for _ in range(50)) for work in (look, nothing))  # type: ignore[return-value]  # two works


def measure(database: Database, opened: int, labelled: int) -> int:
    migrate(database)
    fill(database, opened, labelled)
    first, _, _ = reordered(database)
    runs, rankings, writes = [], [], []
    for number in range(1, RUNS + 1):
        decide(database, number)
        whole, writing, changed = reordered(database)
        runs.append(whole)
        writes.append(writing)
        rankings.append(ranking_alone(database))
    whole, alone, writing = map(statistics.median, (runs, rankings, writes))
    print(f"{opened:,} open, {labelled:,} labelled: the first order took {first:.2f} s")
    print(f"after a decision {whole:.2f} s (at most {SECONDS:.0f}), {changed:,} papers changed;")
    print(f"  of it {writing:.2f} s in the transaction that writes")
    print(f"ranking alone {alone:.2f} s: ratio {whole / alone:.1f} (at most {RATIO:.0f})")
    look, nothing = idle(database)
    print(f"nothing to do: {1000 * look:.1f} ms, {look / nothing:.1f} times an empty statement")
    return int(whole > SECONDS or whole > RATIO * alone)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--open", type=int, default=2000)
    parser.add_argument("--labelled", type=int, default=2000)
    parser.add_argument("--database", metavar="URL")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(options.database or f"sqlite:///{folder}/queue.db")
        try:
            return measure(database, options.open, options.labelled)
        finally:
            database.dispose()


if __name__ == "__main__":
    sys.exit(main())
