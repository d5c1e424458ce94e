"""Keeps what a paper says, and what the rules read from it, in line with its records.

Asks nobody's opinion and touches nothing that people decided.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sized
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, cast, delete, func, literal_column, select
from sqlalchemy.orm import Session

from monitor.feeds.records import Citation
from monitor.feeds.storage.citations import from_json
from monitor.feeds.tables import Record
from monitor.kernel.persistence.bulk import LookUp, add_all, among
from monitor.kernel.persistence.database import affected
from monitor.literature.matching.matcher import FIELDS, Hit, Matcher
from monitor.literature.papers import resolve
from monitor.literature.papers.precedence import Version, best, cleaned, newest
from monitor.literature.papers.reading import CitationReading, Said
from monitor.literature.papers.title_index import words_of
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

# Of what one source sent of a paper, so much is read, the newest: a feed that calls ten thousand records
# by one DOI would have all of them read again with each.
_MOST = 50
_numbered = (
    select(
        PaperRecord.paper_id,
        PaperRecord.record_id,
        func.row_number()
        .over(partition_by=(PaperRecord.paper_id, Record.source), order_by=Record.id.desc())
        .label("place"),
    )
    .join(Record, PaperRecord.record_id == Record.id)
    .where(among(PaperRecord.paper_id))
    .subquery()
)
# What is kept of papers, table by table, each row behind its paper's number. A citation stays the text
# that it is stored as: it is compared before it is read.
_KEPT = (
    LookUp(
        select(
            _numbered.c.paper_id, Record.source, Record.key, Record.id, cast(Record.citation, Text)
        )
        .join(_numbered, _numbered.c.record_id == Record.id)
        .where(_numbered.c.place <= literal_column(str(_MOST)))
    ),
    LookUp(
        select(
            PaperStatement.paper_id,
            PaperStatement.kind,
            PaperStatement.scheme,
            PaperStatement.value,
        ).where(among(PaperStatement.paper_id))
    ),
    LookUp(
        select(
            Match.paper_id,
            Match.slug,
            Match.variant,
            Match.words,
            Match.field,
            Match.start,
            Match.rule,
        ).where(among(Match.paper_id))
    ),
    LookUp(select(PaperKey.paper_id, PaperKey.value).where(among(PaperKey.paper_id))),
    LookUp(
        select(
            PaperReading.paper_id,
            PaperReading.design,
            PaperReading.named,
            PaperReading.attachment,
            PaperReading.features,
        ).where(among(PaperReading.paper_id))
    ),
)
_WRITTEN = (
    "title", "abstract", "authors", "journal", "year", "published", "volume", "issue", "pages",
    "language", "publication_types", "keywords", "url",
)  # fmt: skip
_SEARCHED = "title_words"
_SAID = select(Paper.id, *(getattr(Paper, name) for name in (*_WRITTEN, _SEARCHED, "lane"))).where(
    among(Paper.id)
)
# The rows of one paper, in the order of ``_KEPT``.
KeptRows = tuple[list[tuple[Any, ...]], ...]
_OfPaper = Match | PaperKey | PaperReading | PaperStatement
_SIGNALS = ("design", "named", "attachment", "features")
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
    reading: CitationReading | None
    told: bool = False


@dataclass(frozen=True, slots=True)
class HeldPaper:
    """What is kept of a paper, and what its records say: all that is compared when it is read.

    ``versions``: of each source the newest that it sent, at most ``_MOST``.
    """

    versions: list[Version]
    statements: set[Said]
    hits: list[Hit]
    keys: set[int]
    signals: list[dict[str, Any]]

    @classmethod
    def of(cls, rows: KeptRows) -> "HeldPaper":
        """Read what the rows of a paper say."""
        records, statements, matches, keys, readings = rows
        return cls(
            versions=[
                Version(source, key, record_id, cleaned(from_json(json.loads(said))))
                for source, key, record_id, said in records
            ],
            statements={(kind, scheme, value) for kind, scheme, value in statements},
            hits=[Hit(*match) for match in matches],
            keys={key for (key,) in keys},
            signals=[dict(zip(_SIGNALS, reading, strict=True)) for reading in readings],
        )


def kept_rows(session: Session, paper_ids: Collection[int]) -> dict[int, KeptRows]:
    """Read what is kept of papers, as the database gives it: five statements, however many."""
    session.flush()
    kept: dict[int, KeptRows] = {id_: tuple([] for _ in _KEPT) for id_ in paper_ids}
    for place, table in enumerate(_KEPT):
        for row in table.rows(session, paper_ids):
            kept[row[0]][place].append(tuple(row[1:]))
    return kept


def said(session: Session, paper_ids: Collection[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """Read what papers say, and in which lane they are: rows, where no object is to be changed."""
    rows = session.connection().execute(_SAID, {"some": list(paper_ids)})
    return {row.id: row for row in rows}


def held(session: Session, paper_ids: Collection[int]) -> dict[int, HeldPaper]:
    """Read what is kept of papers, and what it says."""
    kept = kept_rows(session, paper_ids)
    return {paper_id: HeldPaper.of(rows) for paper_id, rows in kept.items()}


def reading_of(kept: HeldPaper, matcher: Matcher) -> CitationReading:
    """Give the reading of a paper that says what its records say by now."""
    return CitationReading(best(kept.versions), matcher, newest(kept.versions))


def read_anew(session: Session, paper: Paper, matcher: Matcher, *, at: datetime) -> Renewed:
    """Bring a paper's words, and what is read from them, up to date with its records."""
    kept, changes = held(session, [paper.id])[paper.id], Changes()
    renewed = bring_up(session, paper, kept, reading_of(kept, matcher), changes, at=at)
    changes.write(session)
    return renewed


def is_as_kept(row: Row[*tuple[Any, ...]], kept: HeldPaper, reading: CitationReading) -> bool:
    """Tell whether a paper says, and is read as, what is kept of it.

    But for what only the queue's order and the search for words ask. Never of a registration: what
    it says of its trial is kept elsewhere.
    """
    return (
        reading.citation.trial is None
        and row.lane == reading.lane
        and kept.statements == reading.statements
        and kept.keys == reading.keys
        and in_order(kept.hits) == reading.hits
        and all(
            getattr(row, name) == value
            for name, value in written(reading.citation).items()
            if name != _SEARCHED
        )
    )


def bring_up(
    session: Session,
    paper: Paper,
    kept: HeldPaper,
    reading: CitationReading,
    changes: "Changes",
    *,
    at: datetime,
) -> Renewed:
    """Do the same for one of many papers: ``changes`` are to be written once all are through."""
    before, known = _material(paper), _comparable(paper)
    for name, value in written(reading.citation).items():
        if getattr(paper, name) != value:
            setattr(paper, name, value)
            if name != _SEARCHED:
                changes.touched.add(paper.id)
    changed = before != _material(paper)
    if changed:
        paper.version += 1
        paper.changed_at = at
    told = kept.statements != reading.statements
    if told:
        changes.instead(PaperStatement, paper.id, kept.statements, statement_rows(reading))
    if _keep_trial(session, paper.id, reading):
        changes.touched.add(paper.id)
    if paper.read_by != reading.edition or told or known != _comparable(paper):
        told = told or (paper.lane is Lane.NOTICE) != (reading.lane is Lane.NOTICE)
        _keep_reading(paper, kept, reading, changes)
        paper.read_by = reading.edition
        return Renewed(changed, reading, told)
    return Renewed(changed, None)


def _keep_reading(
    paper: Paper, kept: HeldPaper, reading: CitationReading, changes: "Changes"
) -> None:
    if paper.lane != reading.lane:
        changes.touched.add(paper.id)
        paper.lane = reading.lane
    if in_order(kept.hits) != reading.hits:
        changes.instead(Match, paper.id, kept.hits, match_rows(reading.hits))
    if kept.keys != reading.keys:
        rows = [{"value": key} for key in reading.keys]
        changes.instead(PaperKey, paper.id, kept.keys, rows)
    keep_signals(paper.id, kept, reading, changes)


def keep_signals(
    paper_id: int, kept: HeldPaper, reading: CitationReading, changes: "Changes"
) -> None:
    """Bring what the queue is ordered by up to date, once ``changes`` are written."""
    if kept.signals != (signals := reading_rows(reading)):
        changes.instead(PaperReading, paper_id, kept.signals, signals)


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows that take the place of what a table holds of some papers; written table by table."""

    papers: dict[type[_OfPaper], list[int]] = field(default_factory=lambda: defaultdict(list))
    gone: Counter[type[_OfPaper]] = field(default_factory=Counter)
    # papers that say, or are read as, another thing; but for what only order and search ask
    touched: set[int] = field(default_factory=set)
    rows: dict[type[_OfPaper], list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def instead(
        self, table: type[_OfPaper], paper_id: int, before: Sized, rows: list[dict[str, Any]]
    ) -> None:
        """Let a paper have these rows, which do not name it, instead of those before."""
        if table is not PaperReading:
            self.touched.add(paper_id)
        self.papers[table].append(paper_id)
        self.gone[table] += len(before)
        self.rows[table] += [{"paper_id": paper_id} | row for row in rows]

    def write(self, session: Session) -> None:
        """Write all of it, in the caller's transaction."""
        for table, paper_ids in self.papers.items():
            gone = session.execute(delete(table).where(table.paper_id.in_(paper_ids)))
            affected(gone, expected=self.gone[table], what=f"rows of {table.__tablename__}")
            add_all(session, table, self.rows[table])


def _keep_trial(session: Session, paper_id: int, reading: CitationReading) -> bool:
    """Keep what a registration says of its trial; tells whether anything differs.

    Only a registration has a trial, and one that had it keeps it: no paper else is asked.
    """
    for row in trial_rows(reading):
        kept = session.get(PaperTrial, paper_id)
        if kept is None:
            session.add(PaperTrial(paper_id=paper_id, **row))
            return True
        differing = [name for name, value in row.items() if getattr(kept, name) != value]
        for name in differing:
            setattr(kept, name, row[name])
        return bool(differing)
    return False


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


def reading_rows(reading: CitationReading) -> list[dict[str, Any]]:
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


def trial_rows(reading: CitationReading) -> list[dict[str, Any]]:
    """Give the row of a registration's trial, if it is one, without the paper."""
    trial = reading.citation.trial
    return [asdict(trial) | {"evaluates": reading.evaluates}] if trial else []


def statement_rows(reading: CitationReading) -> list[dict[str, Any]]:
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


def as_hit(row: Match | Row[*tuple[Any, ...]]) -> Hit:
    """Give a stored match in the matcher's own shape."""
    return Hit(row.slug, row.variant, row.words, row.field, row.start, row.rule)


def _material(paper: Paper) -> tuple[object, ...]:
    return paper.title, paper.abstract, paper.publication_types


def _comparable(paper: Paper) -> tuple[object, ...]:
    """Give all that names, keys and signals are read from."""
    return _material(paper), paper.keywords, resolve.as_citation(paper)
