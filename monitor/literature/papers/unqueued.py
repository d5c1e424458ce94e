"""Papers that a source sent and nobody is asked to screen, listed with what brought them. Reads only.

They name none of the ten and are no such trial, or are a notice about another paper.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.feeds.records import Identifier
from monitor.feeds.tables import Record, RecordQuery
from monitor.kernel.persistence.bulk import among
from monitor.kernel.persistence.columnar import ask
from monitor.literature.papers import title_index, titled
from monitor.literature.tables import Paper, PaperQuery, PaperRecord, PaperStatement
from monitor.literature.words import TO_SCREEN, Lane

LANES = tuple(lane for lane in Lane if lane not in TO_SCREEN)
_MOST_WORDS, _LONGEST_WORD = 8, 60
# Built once: putting a statement together costs more than running it.
_PAPERS = (
    select(
        Paper.id, Paper.title, Paper.abstract, Paper.keywords, Paper.journal, Paper.year, Paper.lane,
        Paper.first_seen_at,
    )
    .where(among(Paper.id))
    .order_by(Paper.id.desc())
)  # fmt: skip
_BROUGHT = (
    select(PaperRecord.paper_id, RecordQuery.query_key)
    .join(Record, Record.id == PaperRecord.record_id)
    .join(RecordQuery, (RecordQuery.source == Record.source) & (RecordQuery.key == Record.key))
    .where(among(PaperRecord.paper_id))
    .distinct()
    .order_by(RecordQuery.query_key)
)
_ABOUT = (
    select(
        PaperStatement.paper_id, PaperStatement.kind, PaperStatement.scheme, PaperStatement.value
    )
    .where(among(PaperStatement.paper_id), PaperStatement.scheme != "")
    .order_by(PaperStatement.kind, PaperStatement.scheme, PaperStatement.value)
)


@dataclass(frozen=True, slots=True)
class KeptPaper:
    """A paper that is kept and not queued.

    ``queries`` are the names of the queries that brought it; ``about`` is what a notice says of
    which paper, as (kind, identifier).
    """

    id: int
    title: str
    abstract: str | None
    keywords: tuple[str, ...]
    journal: str | None
    year: int | None
    lane: Lane
    first_seen_at: datetime
    queries: tuple[str, ...]
    about: tuple[tuple[str, Identifier], ...]


def searched(text: str) -> tuple[str, ...]:
    """Part what somebody typed into the words to look for: a few, and none without end.

    >>> searched(" Opening  hours ")
    ('Opening', 'hours')
    """
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return tuple(word[:_LONGEST_WORD] for word in plain.split()[:_MOST_WORDS])


def kept(
    session: Session,
    *,
    lane: Lane | None = None,
    query: str | None = None,
    words: Sequence[str] = (),
    limit: int = 50,
    after: int | None = None,
) -> list[KeptPaper]:
    """List papers kept and not queued, newest first; ``after`` is the last id of the page before.

    ``query`` names the query that brought them; ``words`` must all stand in the title, where they
    may begin a longer one: see ``title_index``.
    """
    numbers = _found(session, lane, query, words, limit, after)
    if not numbers:
        return []
    rows = ask(session, _PAPERS, {"some": numbers}).all()
    ids = [row.id for row in rows]
    queries, about = brought_by(session, ids), _about(session, ids)
    return [
        KeptPaper(
            id=row.id,
            title=row.title,
            abstract=row.abstract,
            keywords=tuple(row.keywords),
            journal=row.journal,
            year=row.year,
            lane=row.lane,
            first_seen_at=row.first_seen_at,
            queries=tuple(queries[row.id]),
            about=tuple(about[row.id]),
        )
        for row in rows
    ]


def _found(
    session: Session,
    lane: Lane | None,
    query: str | None,
    words: Sequence[str],
    limit: int,
    after: int | None,
) -> list[int]:
    """Find the numbers of one page: of titles with the words, or of each lane's newest."""
    if words:
        sought = titled.Sought(title_index.folded(words), lane, query)
        return titled.found(session, sought, limit=limit, before=after)
    number = Paper.id if query is None else PaperQuery.paper_id
    listed = select(number).order_by(number.desc()).limit(limit)
    if after is not None:
        listed = listed.where(number < after)
    # one lane after the other, each read off its index from the newest down
    each = [
        session.scalars(
            listed.where(Paper.lane == kept_lane, Paper.merged_into_id.is_(None))
            if query is None
            else listed.where(PaperQuery.lane == kept_lane.value, PaperQuery.query_key == query)
        ).all()
        for kept_lane in LANES
        if lane in {None, kept_lane}
    ]
    return sorted((number for some in each for number in some), reverse=True)[:limit]


def brought_by(session: Session, paper_ids: Sequence[int]) -> dict[int, list[str]]:
    """Name the queries that brought the records of papers: paper id → names."""
    rows = ask(session, _BROUGHT, {"some": list(paper_ids)})
    names: dict[int, list[str]] = defaultdict(list)
    for paper_id, name in rows:
        names[paper_id].append(name)
    return names


def _about(session: Session, paper_ids: Sequence[int]) -> dict[int, list[tuple[str, Identifier]]]:
    rows = ask(session, _ABOUT, {"some": list(paper_ids)})
    statements: dict[int, list[tuple[str, Identifier]]] = defaultdict(list)
    for row in rows:
        statements[row.paper_id].append((row.kind, Identifier(row.scheme, row.value)))
    return statements
