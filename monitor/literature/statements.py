"""What the sources say of a paper's standing: retracted, corrected, a preprint, and where.

Reads only and draws no conclusion. The newest version of each record counts: a source that takes
its word back no longer says it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from monitor.feeds.citations import from_json
from monitor.feeds.records import Citation, Identifier, LinkKind
from monitor.feeds.tables import Record
from monitor.literature.tables import PaperIdentifier, PaperRecord
from monitor.literature.wording import cleaned

_GRAVE = {None, LinkKind.RETRACTED_BY, LinkKind.PARTLY_RETRACTED_BY, LinkKind.CONCERN_IN}
_RETRACTED = "retracted publication"  # a publication type of PubMed's


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that sources say: "this paper is (kind) that one".

    ``kind`` and ``other`` are None where they mark the paper as retracted and name no notice.
    ``paper_id`` is the other paper, where it is held here.
    """

    kind: LinkKind | None
    other: Identifier | None
    sources: tuple[str, ...]
    paper_id: int | None = None

    @property
    def grave(self) -> bool:
        """Whether the paper may not be what it seems: retracted, in part too, or in doubt."""
        return self.kind in _GRAVE


def said_of(session: Session, paper_id: int) -> list[Statement]:
    """List what is said of a paper, what is grave first."""
    said: dict[tuple[LinkKind | None, Identifier | None], list[str]] = {}
    for source, citation in _newest(session, paper_id):
        for told in _told(citation):
            said.setdefault(told, []).append(source)
    held = _held(session, [other for _, other in said if other], without=paper_id)
    statements = (
        Statement(kind, other, tuple(dict.fromkeys(sources)), held.get(other) if other else None)
        for (kind, other), sources in said.items()
    )
    return sorted(statements, key=_order)


def _newest(session: Session, paper_id: int) -> Iterable[tuple[str, Citation]]:
    rows = session.execute(
        select(Record.source, Record.key, Record.citation)
        .join(PaperRecord, PaperRecord.record_id == Record.id)
        .where(PaperRecord.paper_id == paper_id)
        .order_by(Record.id)
    )
    newest = {(row.source, row.key): row.citation for row in rows}
    return ((source, cleaned(from_json(said))) for (source, _), said in newest.items())


def _told(citation: Citation) -> list[tuple[LinkKind | None, Identifier | None]]:
    told: list[tuple[LinkKind | None, Identifier | None]] = [
        (link.kind, link.identifier) for link in citation.links
    ]
    marked = any(kind.casefold() == _RETRACTED for kind in citation.publication_types)
    if marked and not any(kind is LinkKind.RETRACTED_BY for kind, _ in told):
        told.append((None, None))
    return told


def _held(
    session: Session, identifiers: Iterable[Identifier], *, without: int
) -> dict[Identifier, int]:
    """Find the papers held here that have these identifiers."""
    wanted = [(one.scheme, one.value) for one in identifiers]
    if not wanted:
        return {}
    rows = session.execute(
        select(PaperIdentifier.scheme, PaperIdentifier.value, PaperIdentifier.paper_id).where(
            tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(wanted),
            PaperIdentifier.paper_id != without,
        )
    )
    return {Identifier(scheme, value): paper_id for scheme, value, paper_id in rows}


def _order(statement: Statement) -> tuple[bool, int, str]:
    kinds = list(LinkKind)
    place = kinds.index(statement.kind) if statement.kind else -1
    return not statement.grave, place, statement.other.value if statement.other else ""
