"""An invented world of any size, put into the service's own tables by bulk inserts.

    python bench/parts/world.py FOLDER [--papers 1000000] [--on sqlite|postgresql]

Of 1,000,000 papers 155,000 are open, 45,000 screened (3,000 of them in studies, 3,000 registered
trials), and the ledger has 1,000,000 entries; other sizes keep the shares. The same number gives
the same world. ``opened`` is the door for the other benches: it makes one in a folder that goes
away, or opens one that was kept with the command above.
"""

import argparse
import contextlib
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

import psycopg  # noqa: E402 - found through the path set above
from sqlalchemy import update  # noqa: E402 - the same

from monitor.catalogue import loader  # noqa: E402 - the same
from monitor.feeds.records import Citation  # noqa: E402 - the same
from monitor.feeds.sources import SOURCES  # noqa: E402 - the same
from monitor.feeds.storage.citations import to_json  # noqa: E402 - the same
from monitor.jobs.schedule import SCHEDULE  # noqa: E402 - the same
from monitor.jobs.service import Service, prepare  # noqa: E402 - the same
from monitor.kernel import audit  # noqa: E402 - the same
from monitor.kernel.persistence.database import Database  # noqa: E402 - the same
from monitor.kernel.settings import parse  # noqa: E402 - the same
from monitor.literature.dedup.clusters import stored_keys  # noqa: E402 - the same
from monitor.literature.dedup.fingerprint import fingerprint  # noqa: E402 - the same
from monitor.literature.matching.matcher import Matcher  # noqa: E402 - the same
from monitor.literature.papers.reading import CitationReading, edition  # noqa: E402 - the same
from monitor.literature.ranking.features import features  # noqa: E402 - the same
from monitor.literature.words import TO_SCREEN  # noqa: E402 - the same
from monitor.ops.schema import migrate  # noqa: E402 - the same
from parts.invented import (  # noqa: E402 - the same
    DESIGNS,
    NAMES,
    SLUGS,
    TEXTS,
    Place,
    abstract,
    invented,
    words,
)
from parts.postgres import POSTGRESQL, SQLITE, started  # noqa: E402 - the same

BEGAN = datetime(2026, 1, 5, 6, 10, tzinfo=UTC)
BATCH = 20_000
Row = tuple[object, ...]


@contextlib.contextmanager
def opened(on: str, papers: int, kept: Path | None = None) -> Iterator[Service]:
    """Give a service with a world of so many papers, on SQLite or PostgreSQL.

    ``kept`` names the folder of a world that was made before, or is to be kept; what is changed
    in it stays changed.
    """
    folder = (kept or Path(tempfile.mkdtemp(prefix="gap-monitor-world-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _url(on, folder) as url:
            # no job of a bench asks a network
            plain = parse({}, folder=folder)
            off = {name: {"enabled": False} for name, one in SOURCES.items() if one.enabled(plain)}
            settings = parse({"database": {"url": url}, "sources": off}, folder=folder)
            service = Service.open(settings)
            made = folder / f"{on}-{papers}.made"
            if not made.exists():
                build(service, papers)
                made.touch()
            migrate(service.database)  # one that was kept may be of an older version
            try:
                yield service
            finally:
                service.database.dispose()
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _url(on: str, folder: Path) -> Iterator[str]:
    if on == SQLITE:
        yield f"sqlite:///{folder / 'world.sqlite3'}"
        return
    with started(folder / "postgres", kept=True) as url:
        yield url


def build(service: Service, papers: int) -> None:
    """Fill an empty database."""
    prepare(service, SCHEDULE)
    with service.database.read() as session:
        head = audit.head(session)
    with _inserting(service.database) as insert:
        _people(insert)
        keys: list[Row] = []
        for start in range(1, papers + 1, BATCH):
            keys += _papers(insert, range(start, min(start + BATCH, papers + 1)))
        keys.sort()  # rows in the order of their index go in many times faster
        for at in range(0, len(keys), 10 * BATCH):
            insert("paper_key", ("value", "paper_id"), keys[at : at + 10 * BATCH])
        last = _ledger(insert, head, papers)
    with service.database.write() as session:
        session.execute(update(audit.AuditHead).values(seq=last.count, hash=last.hash))
    with service.database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


_Insert = Callable[[str, Sequence[str], Sequence[Row]], None]


@contextlib.contextmanager
def _inserting(database: Database) -> Iterator[_Insert]:
    """Give what inserts rows by the driver's fastest way; references are not looked at: all hold."""
    if database.path is not None:
        connection = sqlite3.connect(database.path, isolation_level=None)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -400000")
        connection.execute("BEGIN")

        def insert(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
            places = ", ".join("?" * len(columns))
            into = f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({places})'  # noqa: S608 - our own names
            connection.executemany(into, rows)

        yield insert
        connection.execute("COMMIT")
        connection.close()
        return
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as server:
        server.execute("SET session_replication_role = replica")
        server.execute("SET TIME ZONE 'UTC'")

        def copy(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
            into = f'COPY "{table}" ({", ".join(columns)}) FROM STDIN'
            with server.cursor().copy(into) as copying:
                for row in rows:
                    copying.write_row(row)

        yield copy
        for table in ("user", "poll", "record", "paper", "study"):
            server.execute(
                f"SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), max(id)) "  # noqa: S608 - our own names
                f'FROM "{table}"'
            )


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


def _people(insert: _Insert) -> None:
    at = _when(BEGAN)
    insert(
        "user",
        ("id", "address", "name", "role", "created_at"),
        [(n, f"person{n}@example.org", f"Person {n}", role, at)
         for n, role in ((1, "admin"), (2, "reviewer"), (3, "reviewer"))],
    )  # fmt: skip
    insert(
        "poll",
        ("id", "source", "started_at", "finished_at", "state", "records", "new_records",
         "unreadable", "notes", "kind"),
        [(1, "pubmed", at, at, "complete", 0, 0, 0, "[]", "poll")],
    )  # fmt: skip


_TABLES: dict[str, tuple[str, ...]] = {
    "record": ("id", "source", "key", "content_hash", "media_type", "raw", "citation",
               "fetched_at", "poll_id"),
    "record_query": ("source", "key", "query_key", "first_seen_at", "missing_times"),
    "paper": ("id", "title", "abstract", "authors", "journal", "year", "volume", "issue", "pages",
              "publication_types", "keywords", "lane", "first_seen_at", "changed_at", "version",
              "read_by"),
    "paper_identifier": ("scheme", "value", "paper_id"),
    "paper_record": ("paper_id", "record_id", "joined_by", "at"),
    "paper_reading": ("paper_id", "design", "named", "attachment", "features"),
    "paper_trial": ("paper_id", "status", "started", "completed", "completed_expected",
                    "participants", "has_results"),
    "match": ("paper_id", "slug", "variant", "words", "field", "start", "rule"),
    "queue_item": ("paper_id", "stage", "queued_at", "moved_at", "version", "score", "parts"),
    "screening": ("token", "paper_id", "reviewer_id", "verdict", "reason", "interventions", "note",
                  "at"),
    "study": ("id", "label", "created_at"),
    "study_paper": ("paper_id", "study_id", "role", "linked_at", "linked_by"),
}  # fmt: skip


def _papers(insert: _Insert, numbers: range) -> list[Row]:
    """Insert papers and all that hangs on them; give their keys."""
    rows: dict[str, list[Row]] = {table: [] for table in _TABLES}
    keys: list[Row] = []
    read_by = edition(_matcher())
    for number in numbers:
        said, at = invented(number), _when(BEGAN + timedelta(seconds=10 * number))
        lane = _read(rows, number, said)
        _record(rows, number, said, at)
        rows["paper"].append(
            (number, said.title, said.abstract, json.dumps(said.authors), said.journal, said.year,
             said.volume, said.issue, said.pages, json.dumps(said.publication_types), "[]", lane,
             at, at, 1, read_by)
        )  # fmt: skip
        keys.extend((key, number) for key in stored_keys(fingerprint(said)))
        _queued(rows, number, at)
    rows["paper_identifier"].sort()
    rows["record_query"].sort()
    for table, columns in _TABLES.items():
        insert(table, columns, rows[table])
    return keys


def _record(rows: dict[str, list[Row]], number: int, said: Citation, at: str) -> None:
    slug = SLUGS[number % len(SLUGS)]
    rows["record"].append(
        (number, "pubmed", f"w{number}", f"{number:064x}", "application/json", b"{}",
         json.dumps(to_json(said)), at, 1)
    )  # fmt: skip
    rows["record_query"].append(("pubmed", f"w{number}", f"pubmed-{slug}", at, 0))
    rows["paper_identifier"].append(("doi", f"10.5555/w{number}", number))
    rows["paper_record"].append((number, number, "new paper", at))


def _read(rows: dict[str, list[Row]], number: int, said: Citation) -> str:
    """Note what the rules read from a paper, as they do; gives its lane."""
    place = Place(number)
    if place.names is None:
        return "none"
    lane, design, named, attachment = _signals(place.names, number % 5)
    name = NAMES[place.names]
    numbers = _features(place.names, number % 5, number % TEXTS)
    rows["paper_reading"].append((number, design, named, attachment, numbers))
    slug = SLUGS[place.names]
    start = said.title.index(name)
    rows["match"].append((number, slug, None, name, "title", start, "full name"))
    return lane


@cache
def _matcher() -> Matcher:
    return Matcher(loader.load())


@cache
def _signals(name: int, design: int) -> tuple[str, str | None, str | None, bool]:
    """Read one paper of each kind; the others of it differ in words that tell nothing."""
    title = f"{DESIGNS[design]} {NAMES[name]} in koriten"
    reading = CitationReading(Citation(title=title, abstract=abstract(1)), _matcher())
    if reading.lane not in TO_SCREEN or reading.signals is None:
        raise SystemExit(f"{title!r} is not to be screened: the world needs another title")
    prior = reading.signals.prior_features
    return reading.lane.value, prior.design, prior.named, prior.attachment


@cache
def _features(name: int, design: int, text: int) -> bytes:
    return features(f"{DESIGNS[design]} {NAMES[name]} in {words(text, 3)}", abstract(text))


def _queued(rows: dict[str, list[Row]], number: int, at: str) -> None:
    place = Place(number)
    if place.names is None:
        return
    stage = "to screen" if place.open else "to appraise" if place.in_study else "excluded"
    parts = {"words": 0.0, "design": 0.0, "names": 0.0, "outcome": 0.0, "recent": 0.0}
    rows["queue_item"].append((number, stage, at, at, 1, 0.0, json.dumps(parts)))
    if not place.screened:
        return
    verdict = "include" if place.in_study else "exclude"
    reason = None if place.in_study else _reason(place)
    slug = SLUGS[place.names]
    rows["screening"].append(
        (f"form-{number}", number, 2, verdict, reason, json.dumps([slug]), "", at)
    )
    if place.in_study:
        rows["study"].append((number, f"Study {number}", at))
        rows["study_paper"].append((number, number, "main report", at, 2))
    if place.trial:
        ended = f"{2015 + number % 10}-06-30"
        rows["paper_trial"].append((number, "Completed", "2014-01-01", ended, False, 40, False))


def _reason(place: Place) -> str:
    return "protocol or registration, no results yet" if place.trial else "another intervention"


def _ledger(insert: _Insert, head: audit.Head, entries: int) -> audit.Head:
    """Go on with the ledger for so many entries; gives its new head."""
    previous = head.hash
    columns = ("seq", "at", "actor", "action", "subject", "details", "previous_hash", "hash")
    rows: list[Row] = []
    for seq in range(head.count + 1, head.count + entries + 1):
        entry = audit.AuditEntry(
            seq=seq,
            at=BEGAN + timedelta(seconds=10 * seq),
            actor=f"user:{2 + seq % 2}",
            action="paper.screened",
            subject=f"paper:{seq}",
            details={"screening": seq, "verdict": "exclude", "interventions": [], "study": None},
            previous_hash=previous,
        )
        previous = audit.hash_of(entry)
        rows.append((seq, _when(entry.at), entry.actor, entry.action, entry.subject,
                     json.dumps(entry.details), entry.previous_hash, previous))  # fmt: skip
        if len(rows) == BATCH:
            insert("audit_entry", columns, rows)
            rows = []
    insert("audit_entry", columns, rows)
    return audit.Head(head.count + entries, previous)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--papers", type=int, default=1_000_000)
    parser.add_argument("--on", choices=(SQLITE, POSTGRESQL), default=SQLITE)
    chosen = parser.parse_args()
    began = time.perf_counter()
    with opened(chosen.on, chosen.papers, chosen.folder):
        print(f"{chosen.papers:,} papers on {chosen.on} in {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
