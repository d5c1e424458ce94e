"""What one new record costs against very many stored: likenesses fetched by key, and judged.

    python bench/dedupe_stored.py [--records 1000000] [--asked 2000]

Fills the service's own tables with invented papers and their keys, in SQLite and in PostgreSQL, and
asks for new ones as the service does (``joining.alike``): half are stored ones written otherwise,
half are not there. Budgets (DESIGN, section 9):
at most 1 ms in SQLite and 2 ms in PostgreSQL at the median, the fuzzy comparison included; the
95th percentile is printed beside it. Times are of the clock. Ends with status 1 where one is missed.
"""

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import quantiles

import psycopg
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from parts import ending, postgres  # noqa: E402 - the same

from monitor.feeds.records import Citation  # noqa: E402 - found through the path set above
from monitor.kernel.persistence.database import Base, Database  # noqa: E402 - the same
from monitor.literature.dedup.clusters import stored_keys  # noqa: E402 - the same
from monitor.literature.dedup.fingerprint import fingerprint  # noqa: E402 - the same
from monitor.literature.papers.resolve import alike  # noqa: E402 - the same
from monitor.literature.tables import Paper, PaperIdentifier, PaperKey  # noqa: E402 - the same

BUDGETS = {"SQLite": 1.0, "PostgreSQL": 2.0}  # ms
BATCH = 20_000
SEEN = "2026-11-23 06:10:00"
COLUMNS = (
    "id, title, authors, journal, year, volume, issue, pages, publication_types, keywords, lane, "
    "first_seen_at, changed_at, version, read_by"
)
PLACES = ", ".join("?" * (COLUMNS.count(",") + 1))
MADE = (Paper, PaperKey, PaperIdentifier)
# Titles begin and end in some two thousand ways each, so that a new record has near neighbours.
START = (
    "Effects of",
    "A randomised trial of",
    "Parents' views of",
    "A cohort study of",
    "Costs of",
)
SYLLABLES = (
    "ba", "ko", "ri", "ten", "mol", "sa", "vi", "dur", "pel", "gan", "fo", "lim", "nes", "tu"
)  # fmt: skip
WAYS = 400

Rows = list[tuple[object, ...]]


def invented(number: int) -> Citation:
    """Invent the record of that number; the same one each time."""
    chance = random.Random(number)  # noqa: S311 - an invention, not a secret
    first = chance.randrange(1, 2_000)
    title = (
        chance.choice(START),
        _words(chance.randrange(WAYS)),
        _words(chance.randrange(50_000)),
        _words(chance.randrange(5 * WAYS)),
    )
    return Citation(
        title=" ".join(title),
        authors=tuple(_name(chance.randrange(WAYS)) for _ in range(3)),
        journal=f"Invented Journal of {_words(chance.randrange(WAYS))}",
        year=1980 + number % 46,
        volume=str(chance.randrange(1, 120)),
        issue=str(number % 12),
        pages=f"{first}-{first + 9}",
    )


@cache
def _words(number: int) -> str:
    chance = random.Random(-1 - number)  # noqa: S311 - the same
    return " ".join("".join(chance.choices(SYLLABLES, k=5)) for _ in range(3))


@cache
def _name(number: int) -> str:
    chance = random.Random(-1 - number)  # noqa: S311 - the same
    return f"{''.join(chance.choices(SYLLABLES, k=3)).title()} {chance.choice('ABCDEFGHJKLM')}"


def rewritten(one: Citation) -> Citation:
    """Write a record as another database would."""
    authors = tuple(f"{a.split()[1]}. {a.split()[0]}" for a in one.authors)
    return replace(one, title=one.title.upper() + ".", authors=authors, journal=None, issue=None)


def batch(numbers: range) -> tuple[Rows, Rows]:
    rows: Rows = []
    keys: Rows = []
    for number in numbers:
        one = invented(number)
        rows.append(
            (number, one.title, json.dumps(one.authors), one.journal, one.year, one.volume,
             one.issue, one.pages, "[]", "[]", "none", SEEN, SEEN, 1, 1)
        )  # fmt: skip
        keys.extend((key, number) for key in stored_keys(fingerprint(one)))
    return rows, keys


def batches(count: int) -> Iterator[tuple[Rows, Rows]]:
    parts = [range(start, min(start + BATCH, count)) for start in range(0, count, BATCH)]
    with multiprocessing.Pool(2) as pool:
        yield from pool.imap(batch, parts)


def fill(lite: Database, served: Database, count: int) -> int:
    """Store the papers in both databases; give how many keys they have."""
    for database in (lite, served):
        Base.metadata.create_all(database.engine, tables=[one.__table__ for one in MADE])  # type: ignore[misc] - Tables all
    url = served.url.set(drivername="postgresql").render_as_string(hide_password=False)
    keys: Rows = []
    with lite.engine.connect() as connection, psycopg.connect(url) as server:
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA foreign_keys = OFF")  # all of them hold
        cursor.execute("BEGIN")
        server.execute("SET session_replication_role = replica")
        for rows, some in batches(count):
            keys += some
            cursor.executemany(f"INSERT INTO paper ({COLUMNS}) VALUES ({PLACES})", rows)  # noqa: S608 - our own names
            _copy(server, f"paper ({COLUMNS})", rows)
        keys.sort()  # rows in the order of their index go in many times faster
        for some in batched(keys):
            cursor.executemany("INSERT INTO paper_key (value, paper_id) VALUES (?, ?)", some)
            _copy(server, "paper_key (value, paper_id)", some)
        cursor.execute("COMMIT")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("VACUUM ANALYZE")
    return len(keys)


def batched(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def _copy(server: psycopg.Connection, into: str, rows: Rows) -> None:
    with server.cursor().copy(f"COPY {into} FROM STDIN") as copying:
        copying.write("".join("\t".join(map(str, row)) + "\n" for row in rows))


def ask(session: Session, one: Citation) -> list[tuple[int, str]]:
    """Fetch what one record resembles: ids and verdicts."""
    own = fingerprint(one)
    return [(d.paper.id, d.found.verdict) for d in alike(session, own, stored_keys(own))]


def measure(name: str, session: Session, count: int, asked: int) -> bool:
    """Ask for new records, print what one costs, and tell whether the budget is kept."""
    chance = random.Random(7)  # noqa: S311 - a choice, not a secret
    known = [chance.randrange(count) for _ in range(asked // 2)]
    news = [(rewritten(invented(n)), n) for n in known]
    news += [(invented(count + n), -1) for n in range(asked - len(news))]
    chance.shuffle(news)
    for one, _ in news[:100]:
        ask(session, one)
    times, found = [], 0
    for one, number in news:
        began = time.perf_counter()
        judged = ask(session, one)
        times.append((time.perf_counter() - began) * 1000)
        found += (number, "same") in judged
        session.expunge_all()
    cuts = quantiles(times, n=100)
    print(f"{name:10} {count:,} stored: p50 {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, p99 {cuts[98]:.2f} ms"
          f" (at most {BUDGETS[name]} ms at p50);"
          f" {found:,} of {len(known):,} written otherwise found")  # fmt: skip
    return cuts[49] <= BUDGETS[name] and found == len(known)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--records", type=int, default=1_000_000)
    options.add_argument("--asked", type=int, default=2_000)
    chosen = options.parse_args()
    ending.be_heard_and_ended()
    with tempfile.TemporaryDirectory(prefix="gap-monitor-bench-") as name:
        folder = Path(name)
        with postgres.started(folder / "postgres") as url:
            return run(url, folder, chosen.records, chosen.asked)


def run(url: str, folder: Path, count: int, asked: int) -> int:
    lite = Database(f"sqlite:///{folder / 'stored.sqlite3'}")
    served = Database(url)
    began = time.perf_counter()
    keys = fill(lite, served, count)
    print(f"{keys / count:.1f} keys a record; stored in {time.perf_counter() - began:.0f} s")
    kept = []
    for name, database in (("SQLite", lite), ("PostgreSQL", served)):
        with database.read() as session:
            kept.append(measure(name, session, count, asked))
        database.dispose()
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
