"""Puts together what a paper says from all its records, and what it names. Asks nobody's opinion."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from monitor.feeds.citations import from_json
from monitor.feeds.records import Citation
from monitor.feeds.tables import Record
from monitor.kernel.database import affected
from monitor.literature.matching import FIELDS, Hit, Matcher
from monitor.literature.rules import lane, title_key
from monitor.literature.tables import Match, Paper, PaperRecord
from monitor.literature.wording import best, cleaned
from monitor.literature.words import Lane

# built once: putting a statement together costs more than running it
_RECORDS = (
    select(Record.source, Record.id, Record.citation)
    .join(PaperRecord, PaperRecord.record_id == Record.id)
    .where(PaperRecord.paper_id == bindparam("paper_id"))
)


def new_paper(session: Session, citation: Citation, at: datetime) -> Paper:
    """Add a paper that says what its first record says."""
    paper = Paper(lane=Lane.NONE, version=1, first_seen_at=at, changed_at=at)
    _write(paper, citation)
    session.add(paper)
    session.flush()
    return paper


def read_anew(
    session: Session, paper: Paper, matcher: Matcher, *, at: datetime, is_new: bool
) -> bool:
    """Bring a paper's words, matches and lane up to date with its records.

    Gives back whether it says something new of weight (title, abstract, publication types):
    then its version has risen. A new paper has its words already.
    """
    before = _material(paper), paper.keywords
    if not is_new:
        _write(paper, best(_citations(session, paper.id)))
    changed = before[0] != _material(paper)
    if changed:
        paper.version += 1
        paper.changed_at = at
    if is_new or before != (_material(paper), paper.keywords):
        rematch(session, paper, matcher, is_new=is_new)
    return changed


def rematch(session: Session, paper: Paper, matcher: Matcher, *, is_new: bool = False) -> bool:
    """Look for names anew and set the lane; gives back whether the matches differ."""
    hits = matcher.match(title=paper.title, abstract=paper.abstract, keywords=paper.keywords)
    paper.lane = lane(hits, paper.title, paper.abstract)
    known = () if is_new else matches(session, paper.id)
    if known == hits:
        return False
    if known:
        gone = session.execute(delete(Match).where(Match.paper_id == paper.id))
        affected(gone, expected=len(known), what="matches")
    session.add_all(
        Match(
            paper_id=paper.id,
            slug=hit.slug,
            variant=hit.variant,
            words=hit.words,
            field=hit.field,
            start=hit.start,
            rule=hit.rule,
        )
        for hit in hits
    )
    return True


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


def _citations(session: Session, paper_id: int) -> list[tuple[str, int, Citation]]:
    session.flush()
    rows = session.execute(_RECORDS, {"paper_id": paper_id})
    return [(row.source, row.id, cleaned(from_json(row.citation))) for row in rows]


def _material(paper: Paper) -> tuple[object, ...]:
    return paper.title, paper.abstract, paper.publication_types


def _write(paper: Paper, citation: Citation) -> None:
    """Set what a paper says. Whole lists are set anew: a list changed in place goes unnoticed."""
    paper.title = citation.title
    paper.title_key = title_key(citation.title)
    paper.abstract = citation.abstract
    paper.authors = list(citation.authors)
    paper.journal = citation.journal
    paper.year = citation.year
    paper.published = citation.published
    paper.volume = citation.volume
    paper.issue = citation.issue
    paper.pages = citation.pages
    paper.language = citation.language
    paper.publication_types = list(citation.publication_types)
    paper.keywords = list(citation.keywords)
    paper.url = citation.url
