"""Keeps what a paper says, and what the rules read from it, in line with its records.

Asks nobody's opinion and touches nothing that people decided.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from monitor.feeds.citations import from_json
from monitor.feeds.records import Citation
from monitor.feeds.tables import Record
from monitor.kernel.bulk import add_all
from monitor.kernel.database import affected
from monitor.literature.matching.matcher import FIELDS, Hit, Matcher
from monitor.literature.papers import resolve
from monitor.literature.papers.precedence import Version, best, cleaned, newest
from monitor.literature.papers.reading import Reading
from monitor.literature.papers.titles import words_of
from monitor.literature.tables import (
    Match,
    Paper,
    PaperKey,
    PaperReading,
    PaperRecord,
    PaperStatement,
    PaperTrial,
)
from monitor.literature.words import Lane

# built once: putting a statement together costs more than running it
_RECORDS = (
    select(Record.source, Record.key, Record.id, Record.citation)
    .join(PaperRecord, PaperRecord.record_id == Record.id)
    .where(PaperRecord.paper_id == bindparam("paper_id"))
)
_WRITTEN = (
    "title", "abstract", "authors", "journal", "year", "published", "volume", "issue", "pages",
    "language", "publication_types", "keywords", "url",
)  # fmt: skip
_LISTS = frozenset({"authors", "publication_types", "keywords"})


def written(citation: Citation) -> dict[str, Any]:
    """Give the columns of a paper that says what ``citation`` says."""
    said = {name: getattr(citation, name) for name in _WRITTEN}
    lists = {name: list(said[name]) for name in _LISTS}
    return said | lists | {"title_words": words_of(citation.title)}


@dataclass(frozen=True, slots=True)
class Renewed:
    """What became of a paper that was read anew.

    ``changed``: it says something new of weight (title, abstract, publication types), and its
    version has risen. ``reading`` is None where nothing differs that the rules read. ``told``:
    what its records say of it or of other papers, or whether it is a notice, has changed.
    """

    changed: bool
    reading: Reading | None
    told: bool = False


def read_anew(session: Session, paper: Paper, matcher: Matcher, *, at: datetime) -> Renewed:
    """Bring a paper's words, and what is read from them, up to date with its records."""
    before, known = _material(paper), _comparable(paper)
    versions = _versions(session, paper.id)
    said = best(versions)
    for name, value in written(said).items():
        if getattr(paper, name) != value:
            setattr(paper, name, value)
    changed = before != _material(paper)
    if changed:
        paper.version += 1
        paper.changed_at = at
    reading = Reading(said, matcher, newest(versions))
    told = _keep_statements(session, paper.id, reading)
    _keep_trial(session, paper.id, reading)
    if paper.read_by != reading.edition or told or known != _comparable(paper):
        told = told or (paper.lane is Lane.NOTICE) != (reading.lane is Lane.NOTICE)
        _keep_reading(session, paper, reading)
        paper.read_by = reading.edition
        return Renewed(changed, reading, told)
    return Renewed(changed, None)


def _keep_reading(session: Session, paper: Paper, reading: Reading) -> None:
    paper.lane = reading.lane
    hits, own = matches(session, paper.id), {"paper_id": paper.id}
    if hits != reading.hits:
        gone = session.execute(delete(Match).where(Match.paper_id == paper.id))
        affected(gone, expected=len(hits), what="matches")
        add_all(session, Match, [own | row for row in match_rows(reading.hits)])
    session.execute(delete(PaperKey).where(PaperKey.paper_id == paper.id))
    add_all(session, PaperKey, [own | {"value": key} for key in reading.keys])
    session.execute(delete(PaperReading).where(PaperReading.paper_id == paper.id))
    add_all(session, PaperReading, [own | row for row in reading_rows(reading)])


def _keep_statements(session: Session, paper_id: int, reading: Reading) -> bool:
    """Keep what is said; tells whether anything differs."""
    table = PaperStatement
    rows = session.execute(
        select(table.kind, table.scheme, table.value).where(table.paper_id == paper_id)
    )
    if {tuple(row) for row in rows} == reading.statements:
        return False
    session.execute(delete(table).where(table.paper_id == paper_id))
    add_all(session, table, [{"paper_id": paper_id} | r for r in statement_rows(reading)])
    return True


def _keep_trial(session: Session, paper_id: int, reading: Reading) -> None:
    """Only a registration has a trial, and one that had it keeps it: no paper else is asked."""
    for row in trial_rows(reading):
        held = session.get(PaperTrial, paper_id)
        if held is None:
            session.add(PaperTrial(paper_id=paper_id, **row))
            return
        for name, value in row.items():
            if getattr(held, name) != value:
                setattr(held, name, value)


def match_rows(hits: Iterable[Hit]) -> list[dict[str, Any]]:
    """Give matches as rows, without their paper."""
    return [
        {
            "slug": hit.slug,
            "variant": hit.variant,
            "words": hit.words,
            "field": hit.field,
            "start": hit.start,
            "rule": hit.rule,
        }
        for hit in hits
    ]


def reading_rows(reading: Reading) -> list[dict[str, Any]]:
    """Give the row of a paper's signals, if it has any, without the paper."""
    signals = reading.signals
    if signals is None:
        return []
    prior_features = signals.prior_features
    return [
        {
            "design": prior_features.design,
            "named": prior_features.named,
            "attachment": prior_features.attachment,
            "features": signals.features,
        }
    ]


def trial_rows(reading: Reading) -> list[dict[str, Any]]:
    """Give the row of a registration's trial, if it is one, without the paper."""
    trial = reading.citation.trial
    return [asdict(trial) | {"evaluates": reading.evaluates}] if trial else []


def statement_rows(reading: Reading) -> list[dict[str, Any]]:
    """Give a paper's statements as rows, without the paper."""
    return [
        {"kind": kind, "scheme": scheme, "value": value}
        for kind, scheme, value in sorted(reading.statements)
    ]


def matches(session: Session, paper_id: int) -> tuple[Hit, ...]:
    """List a paper's matches in order of appearance."""
    rows = session.scalars(select(Match).where(Match.paper_id == paper_id))
    return in_order(as_hit(row) for row in rows)


def in_order(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Order hits as the matcher does: title, abstract, keywords; then by place."""
    return tuple(sorted(hits, key=lambda hit: (FIELDS.index(hit.field), hit.start, hit.slug)))


def as_hit(row: Match) -> Hit:
    """Give a stored match in the matcher's own shape."""
    return Hit(row.slug, row.variant, row.words, row.field, row.start, row.rule)


def _versions(session: Session, paper_id: int) -> list[Version]:
    """Read all that the paper's records ever said."""
    session.flush()
    rows = session.execute(_RECORDS, {"paper_id": paper_id})
    return [Version(row.source, row.key, row.id, cleaned(from_json(row.citation))) for row in rows]


def _material(paper: Paper) -> tuple[object, ...]:
    return paper.title, paper.abstract, paper.publication_types


def _comparable(paper: Paper) -> tuple[object, ...]:
    """Give all that names, keys and signals are read from."""
    return _material(paper), paper.keywords, resolve.as_citation(paper)
