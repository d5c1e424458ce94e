"""The invented world that bench/pages.py asks about: written in bulk, past the service, and kept.

Of every 1,000 papers 155 are open, 45 screened (3 of them registered trials, 3 included), the others
kept and not queued. Each has a record and an identifier and an entry in the ledger; every tenth a
message. The ledger's chain is not worked out: no page reads it.
"""

import json
import random
import secrets
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from monitor.accounts import passwords  # noqa: E402 - found through the path set above
from monitor.catalogue.loader import Catalogue  # noqa: E402 - the same
from monitor.jobs.schedule import SCHEDULE  # noqa: E402 - the same
from monitor.jobs.service import prepare  # noqa: E402 - the same
from monitor.kernel.persistence.database import Database  # noqa: E402 - the same
from monitor.review.words import ExclusionReason  # noqa: E402 - the same
from monitor.service import Service  # noqa: E402 - the same
from parts.bulk import Bulk, Row  # noqa: E402 - the same

try:  # the same bench measures versions of before, which keep nothing so
    from monitor.kernel.persistence import triggers
    from monitor.literature.papers.title_index import words_of
except ImportError:
    triggers = None  # type: ignore[assignment]

AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
TOKENS = {"reviewer": "r" * 43, "admin": "a" * 43}  # a session of each, by who holds it
SESSIONS = 8  # of each
PER, OPEN, SCREENED, TRIALS = 1000, 155, 200, 3  # of so many papers: up to these numbers
DESIGNS = (
    "randomised",
    "non-randomised",
    "single-group",
    "review",
    "protocol",
    "qualitative",
    None,
)
REASONS = [reason.value for reason in ExclusionReason]
_choose = random.Random(12)  # noqa: S311 - the same world in every run
_SYLLABLES = ("ba", "ko", "ri", "ten", "mol", "sa", "vi", "dur", "pel", "gan", "fo", "lim", "nes")
_VOCABULARY = [
    a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in ("", "na", "tion", "ing", "ed")
]
_WEIGHTS = [1 / (number + 3) for number in range(len(_VOCABULARY))]
_COMMON = ("attachment", "a", "of", "children", "and")
_SENTENCES = [
    " ".join(_choose.choices(_VOCABULARY, _WEIGHTS, k=14)).capitalize() + "." for _ in range(800)
]


def make(service: Service, papers: int) -> None:
    """Fill an empty database with a world of so many papers."""
    began = time.monotonic()
    prepare(service, SCHEDULE)
    database = service.database
    if triggers is not None:
        with database.write() as session:
            triggers.take_down(session.connection())
    with Bulk(database) as bulk:
        for table, rows in world(service.catalogue, papers, ledger(database)):
            bulk.write(table, rows)
    finish(database)
    print(f"  made {papers:,} papers in {time.monotonic() - began:.0f} s", flush=True)


def ledger(database: Database) -> int:
    with database.read() as session:
        return int(session.execute(text("SELECT max(seq) FROM audit_entry")).scalar() or 0)


def finish(database: Database) -> None:
    """Bring in line what the service would have kept meanwhile, and gather statistics."""
    head = (
        "UPDATE audit_head SET seq = (SELECT max(seq) FROM audit_entry),"
        " hash = (SELECT hash FROM audit_entry ORDER BY seq DESC LIMIT 1)"
    )
    with database.write() as session:
        session.execute(text(head))
        if triggers is not None:
            triggers.refill(session.connection())
            triggers.put_up(session.connection())
    database.gather_statistics()
    if not database.is_sqlite:
        connecting = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connecting as connection:
            connection.exec_driver_sql("VACUUM")


def at(minutes: float) -> str:
    return (AT - timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S.%f")


class Paper:
    """What an invented paper is: told by its number alone."""

    def __init__(self, number: int, names: list[tuple[str, str]]) -> None:
        self.id = number
        self.turn = number * 7919 % PER
        self.is_open, self.is_queued = self.turn < OPEN, self.turn < SCREENED
        self.is_trial = OPEN <= self.turn < OPEN + TRIALS
        self.is_included = SCREENED - 3 <= self.turn < SCREENED
        self.is_mentioned = self.is_queued and not self.is_trial and number % 5 == 0
        self.is_possible = self.is_queued and not self.is_trial and number % 11 == 0
        # one of the ten is named in four of ten, the others share the rest
        skewed = 0 if number % 10 in {0, 1, 2, 3} else number % len(names)
        self.slug, self.name = names[skewed]

    @property
    def lane(self) -> str:
        if not self.is_queued:
            return "notice" if self.turn >= PER - 20 else "none"
        if self.is_possible:
            return "possible"
        return "mentioned" if self.is_mentioned else "evaluated"

    @property
    def stage(self) -> str:
        if self.is_open:
            return "unsure" if self.turn >= OPEN - 25 else "to screen"
        return "to appraise" if self.is_included else "excluded"

    @property
    def names_one(self) -> bool:
        return self.is_queued and not self.is_possible


def papers(catalogue: Catalogue, count: int) -> Iterator[Paper]:
    names = [(one.slug, one.name) for one in catalogue.interventions]
    return (Paper(number, names) for number in range(1, count + 1))


def row(paper: Paper) -> Row:
    words = _choose.choices(_VOCABULARY, _WEIGHTS, k=8)
    words += [word for word in _COMMON if _choose.randrange(10) in {0, 1, 2}]
    titled = paper.names_one and not paper.is_mentioned
    title = (f"{paper.name}: " if titled else "") + " ".join(words) + f" {paper.id}"
    begun = f"Programmes such as {paper.name} are known. " if paper.is_mentioned else ""
    said = {
        "id": paper.id,
        "title": title,
        "abstract": begun + " ".join(_choose.choices(_SENTENCES, k=8)),
        "authors": '["Example A", "Other B"]',
        "journal": f"Journal {paper.id % 997}",
        "year": 2000 + paper.id % 27,
        "publication_types": "[]",
        "keywords": "[]",
        "lane": paper.lane,
        "first_seen_at": at(paper.id % 500_000),
        "changed_at": at(paper.id % 500_000),
        "version": 1,
        "merged_into_id": paper.id - 1 if paper.turn == PER - 500 else None,
        "read_by": 1,
    }
    if triggers is not None:
        said["title_words"] = words_of(title)
    return said


def match(paper: Paper) -> Row:
    in_title = not paper.is_mentioned
    return {
        "paper_id": paper.id,
        "slug": paper.slug,
        "words": paper.name,
        "field": "title" if in_title else "abstract",
        "start": 0 if in_title else len("Programmes such as "),
        "rule": "full name",
        "variant": None,
    }


def item(paper: Paper) -> Row:
    design = DESIGNS[paper.id % len(DESIGNS)]
    # as in life: what the machine reads decides most of the score
    score = round(0.1 * (paper.id % len(DESIGNS)) + paper.id % 7919 / 79190, 4)
    return {
        "paper_id": paper.id,
        "stage": paper.stage,
        "queued_at": at(paper.id % 400_000),
        "moved_at": at(paper.id % 300_000),
        "version": 1,
        "score": score,
        "parts": json.dumps({"design": score}),
        "design": design,
        "named": "title",
        "attachment": paper.id % 2,
        "features": b"\0" * 64,
    }


def screening(paper: Paper) -> Row:
    verdict = "unsure" if paper.is_open else "include" if paper.is_included else "exclude"
    return {
        "token": f"{paper.id:032d}",
        "paper_id": paper.id,
        "reviewer_id": 1,
        "verdict": verdict,
        "reason": REASONS[paper.id % len(REASONS)] if verdict == "exclude" else None,
        "interventions": json.dumps([paper.slug]),
        "note": "",
        "at": at(paper.id % 300_000),
    }


def trial(paper: Paper) -> Row:
    ended = (AT - timedelta(days=paper.id % 2400 - 800)).date()
    return {
        "paper_id": paper.id,
        "status": "Completed" if paper.id % 3 else "Recruiting",
        "started": "2019-01-01",
        "completed": ended.isoformat() if paper.id % 7 else None,
        "completed_expected": paper.id % 2,
        "participants": 20 + paper.id % 300,
        "has_results": 0,
        "evaluates": json.dumps([paper.slug]),
    }


def record(paper: Paper) -> Row:
    citation = {"title": f"Invented {paper.id}", "abstract": None, "authors": []}
    return {
        "id": paper.id,
        "source": "pubmed",
        "key": str(paper.id),
        "content_hash": f"{paper.id:064d}",
        "media_type": "application/xml",
        "raw": b"<invented/>",
        "citation": json.dumps(citation),
        "fetched_at": at(paper.id % 500_000),
        "poll_id": 1,
        "raw_removed_at": None,
        "record_id": paper.id,
        "paper_id": paper.id,
        "joined_by": "new paper",
        "at": at(paper.id % 500_000),
        "query_key": paper.slug,
        "first_seen_at": at(paper.id % 500_000),
        "missing_times": 0,
        "scheme": "nct" if paper.is_trial else "pmid",
        "value": f"NCT{paper.id:08d}" if paper.is_trial else str(paper.id),
    }


def message(number: int) -> Row:
    state = "pending" if number % 50 == 0 else "dead" if number % 997 == 0 else "sent"
    return {
        "uuid": f"{number:032x}",
        "message_id": f"<{number}@example.org>",
        "kind": "incident",
        "address": f"reader{number}@example.org",
        "context": "{}",
        "state": state,
        "queued_at": at(number % 100_000),
        "next_at": at(number % 100_000),
        "attempts": 1,
        "lease_token": 0,
        "sent_at": at(number % 100_000 - 1) if state == "sent" else None,
        "held_since": None,
        "seen_at": at(0) if state == "dead" and number % 2 else None,
    }


def entry(number: int, before: int) -> Row:
    return {
        "seq": before + number,
        "at": at(400_000 - number % 400_000),
        "actor": "user:1",
        "action": "paper.screened" if number % 3 else "paper.reopened",
        "subject": f"paper:{number}",
        "details": '{"reason": "An invented reason"}',
        "previous_hash": "0" * 64,
        "hash": secrets.token_hex(32),
    }


def poll(number: int) -> Row:
    started = AT - timedelta(minutes=10 * number)
    return {
        "source": ("pubmed", "europepmc")[number % 2],
        "started_at": started.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "finished_at": started.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "state": "complete",
        "records": 1,
        "new_records": 0,
        "unreadable": 0,
        "notes": "[]",
        "kind": "poll",
    }


def people() -> Iterator[tuple[str, list[Row]]]:
    roles = list(TOKENS)
    yield (
        "user",
        [
            {
                "id": number,
                "address": f"{role}@example.org",
                "name": f"An invented {role}",
                "role": role,
                "created_at": at(900_000),
            }
            for number, role in enumerate(roles, 1)
        ],
    )


def token_of(who: str, number: int) -> str:
    """Give the token of one of somebody's sessions."""
    return TOKENS[who] if number == 0 else f"{TOKENS[who][:-1]}{number}"


def sign_in(database: Database, now: datetime) -> None:
    """Open the sessions of the reviewer and of the admin."""
    said = "DELETE FROM sign_in"
    adding = text(
        "INSERT INTO sign_in (token_hash, user_id, started_at, last_seen_at)"
        " VALUES (:hash, :user, :at, :at)"
    )
    moment = now.strftime("%Y-%m-%d %H:%M:%S.%f") + ("" if database.is_sqlite else "+00")
    with database.write() as session:
        session.execute(text(said))
        for user, who in enumerate(TOKENS, 1):
            for number in range(SESSIONS):
                hashed = passwords.token_hash(token_of(who, number))
                session.execute(adding, {"hash": hashed, "user": user, "at": moment})


def world(catalogue: Catalogue, count: int, before: int) -> Iterator[tuple[str, Iterable[Row]]]:
    """Give every table's rows, in an order in which what is named is there already."""

    def each() -> Iterator[Paper]:
        return papers(catalogue, count)

    queued = [paper for paper in each() if paper.is_queued]
    yield from people()
    yield "poll", (poll(number) for number in range(1, max(count // 20, 10)))
    yield "record", map(record, each())
    yield "record_query", map(record, each())
    yield "paper", map(row, each())
    yield "paper_record", map(record, each())
    yield "paper_identifier", map(record, each())
    yield "match", (match(paper) for paper in queued if paper.names_one)
    yield "paper_reading", map(item, queued)
    yield "paper_trial", (trial(paper) for paper in queued if paper.is_trial)
    yield "queue_item", map(item, queued)
    yield "screening", (screening(p) for p in queued if not p.is_open or p.stage == "unsure")
    included = [paper for paper in queued if paper.is_included]
    yield (
        "study",
        (
            {"id": n, "label": f"Example {p.id}", "created_at": at(n)}
            for n, p in enumerate(included, 1)
        ),
    )
    yield (
        "study_paper",
        (
            {"paper_id": p.id, "study_id": n, "role": "main report", "linked_at": at(n)}
            for n, p in enumerate(included, 1)
        ),
    )
    yield "message", (message(number) for number in range(1, count // 10))
    yield "audit_entry", (entry(number, before) for number in range(1, count + 1))
