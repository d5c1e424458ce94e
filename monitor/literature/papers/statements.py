"""What the sources say of a paper's standing: retracted, corrected, a preprint, and where.

Reads only and draws no conclusion. The newest version of each record counts: a source that takes
its word back no longer says it.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Text,
    bindparam,
    cast,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from monitor.feeds.records import Citation, Identifier, LinkKind
from monitor.feeds.storage.citations import from_json
from monitor.feeds.tables import Record
from monitor.kernel.persistence.bulk import among
from monitor.kernel.persistence.columnar import ask
from monitor.kernel.remembering import Remembered
from monitor.literature.dedup.identity import strongest_first
from monitor.literature.design import notices
from monitor.literature.papers import resolve
from monitor.literature.papers.precedence import cleaned
from monitor.literature.tables import (
    Paper,
    PaperIdentifier,
    PaperLink,
    PaperRecord,
    PaperStatement,
)
from monitor.literature.words import LinkState, Relation

_GRAVE = {None, LinkKind.RETRACTED_BY, LinkKind.PARTLY_RETRACTED_BY, LinkKind.CONCERN_IN}
# What a later paper says of an earlier one, and what is then said of that one.
_ACTIVE = {**notices.OF_A_NOTICE, LinkKind.UPDATES: LinkKind.UPDATED_BY}
# What is said of a paper's own standing.
_PASSIVE = (*_ACTIVE.values(), notices.RETRACTED)
_CONFIRMED_NOTICE = (
    PaperLink.relation == Relation.NOTICE_OF,
    PaperLink.state == LinkState.CONFIRMED,
)
# Built once: putting a statement together costs more than running it.
_PERHAPS = union_all(
    select(PaperStatement.paper_id).where(
        among(PaperStatement.paper_id), PaperStatement.kind.in_(_PASSIVE)
    ),
    select(PaperIdentifier.paper_id)
    .join(
        PaperStatement,
        (PaperIdentifier.scheme == PaperStatement.scheme)
        & (PaperIdentifier.value == PaperStatement.value),
    )
    .where(among(PaperIdentifier.paper_id), PaperStatement.kind.in_(list(_ACTIVE))),
    select(PaperLink.other_id).where(among(PaperLink.other_id), *_CONFIRMED_NOTICE),
)
_NAMED = union_all(
    select(PaperIdentifier.paper_id)
    .join(
        PaperStatement,
        (PaperIdentifier.scheme == PaperStatement.scheme)
        & (PaperIdentifier.value == PaperStatement.value),
    )
    .where(among(PaperStatement.paper_id)),
    select(PaperLink.other_id).where(among(PaperLink.paper_id), *_CONFIRMED_NOTICE),
)
_record, _of_paper = Record.__table__.c, PaperRecord.__table__.c
_CITATIONS = (
    select(_record.source, _record["key"], cast(_record.citation, Text).label("citation"))
    .join(PaperRecord.__table__, _of_paper.record_id == _record.id)
    .where(_of_paper.paper_id == bindparam("paper_id"))
    .order_by(_record.id)
)
NO_IDENTIFIER = "paper"  # how a notice is named that has none: by our own number


_MOST = 1_000  # citations of some three kilobytes, whose statements are remembered
_Told = tuple[LinkKind | None, Identifier | None]
_remembered: Remembered[tuple[_Told, ...]] = Remembered(_MOST)


@dataclass(frozen=True, slots=True)
class SourceStatement:
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


@dataclass(frozen=True, slots=True)
class StandingWord:
    """One thing that is said now of a paper's standing.

    ``kind`` as of ``PaperStatement``. ``names`` are the notice's identifiers, all of them where it
    is held here (``notice_id``); none: no notice is named.
    """

    kind: str
    names: tuple[Identifier, ...]
    notice_id: int | None = None


def words_on(session: Session, paper_id: int) -> list[StandingWord]:
    """List what is said of a paper's standing: by its records, by notices, by people's links."""
    words: dict[StandingWord, None] = {}
    for kind, other in _own_words(session, paper_id):
        words[_named(session, kind, other, without=paper_id)] = None
    for kind, notice_id in (*_of_notices(session, paper_id), *_of_links(session, paper_id)):
        words[StandingWord(kind, _names_of(session, notice_id), notice_id)] = None
    return sorted(words, key=lambda word: (_PASSIVE.index(word.kind), str(word.names)))


def perhaps_spoken_of(session: Session, paper_ids: Collection[int]) -> set[int]:
    """Find those of some papers of whose standing anything may be said, in one statement.

    Few papers are spoken of: what exactly is said, ``words_on`` tells of each.
    """
    if not paper_ids:
        return set()
    return set(ask(session, _PERHAPS, {"some": list(paper_ids)}).scalars())


def is_perhaps_spoken_of(paper_id: BindParameter[Any]) -> ColumnElement[bool]:
    """Tell the same of one paper, as a part of a larger statement."""
    said, others = aliased(PaperStatement), aliased(PaperStatement)
    return or_(
        select(said.paper_id).where(said.paper_id == paper_id, said.kind.in_(_PASSIVE)).exists(),
        select(others.paper_id)
        .join(
            PaperIdentifier,
            (PaperIdentifier.scheme == others.scheme) & (PaperIdentifier.value == others.value),
        )
        .where(PaperIdentifier.paper_id == paper_id, others.kind.in_(list(_ACTIVE)))
        .exists(),
        select(PaperLink.id).where(PaperLink.other_id == paper_id, *_CONFIRMED_NOTICE).exists(),
    )


def who_says(session: Session, paper_id: int, word: StandingWord) -> tuple[str, ...]:
    """Name the sources that say something of a paper, themselves or by the notice they sent."""
    kind = None if word.kind == notices.RETRACTED else word.kind
    said = [
        statement
        for statement in said_of(session, paper_id)
        if statement.kind == kind and (statement.other is None or statement.other in word.names)
    ]
    if word.notice_id is not None:
        said += [
            statement
            for statement in said_of(session, word.notice_id)
            if statement.paper_id == paper_id
        ]
    return tuple(dict.fromkeys(source for statement in said for source in statement.sources))


def names(session: Session, notice_id: int, paper_id: int) -> bool:
    """Tell whether the sources say of one paper what it is to the other, in either direction."""
    pair = {notice_id, paper_id}
    rows = session.execute(
        select(PaperStatement.paper_id, PaperIdentifier.paper_id)
        .join(
            PaperIdentifier,
            (PaperIdentifier.scheme == PaperStatement.scheme)
            & (PaperIdentifier.value == PaperStatement.value),
        )
        .where(PaperStatement.paper_id.in_(pair), PaperIdentifier.paper_id.in_(pair))
    )
    return any(speaker != named for speaker, named in rows)


def named_by(session: Session, paper_ids: Collection[int]) -> set[int]:
    """Find the papers that some papers speak of, and those that a person said they are about."""
    return set(session.connection().scalars(_NAMED, {"some": list(paper_ids)}))


def _own_words(session: Session, paper_id: int) -> list[tuple[str, Identifier | None]]:
    table = PaperStatement
    rows = session.execute(
        select(table.kind, table.scheme, table.value).where(
            table.paper_id == paper_id, table.kind.in_(_PASSIVE)
        )
    )
    return [(r.kind, Identifier(r.scheme, r.value) if r.scheme else None) for r in rows]


def _named(session: Session, kind: str, other: Identifier | None, *, without: int) -> StandingWord:
    if other is None:
        return StandingWord(kind, ())
    held = _held(session, [other], without=without).get(other)
    return StandingWord(kind, _names_of(session, held) if held else (other,), held)


def _of_notices(session: Session, paper_id: int) -> list[tuple[str, int]]:
    """Find the papers held here that are notices of a paper by their own word."""
    own = [(i.scheme, i.value) for i in resolve.identifiers(session, paper_id)]
    if not own:
        return []
    table = PaperStatement
    rows = session.execute(
        select(table.kind, table.paper_id)
        .join(Paper, Paper.id == table.paper_id)
        .where(
            tuple_(table.scheme, table.value).in_(own),
            table.kind.in_(list(_ACTIVE)),
            table.paper_id != paper_id,
            Paper.merged_into_id.is_(None),
        )
    )
    return [(_ACTIVE[LinkKind(row.kind)].value, row.paper_id) for row in rows]


def _of_links(session: Session, paper_id: int) -> list[tuple[str, int]]:
    """Find the notices that a person said are about a paper; of which kind, their titles tell."""
    rows = session.execute(
        select(Paper.id, Paper.title, Paper.publication_types)
        .join(PaperLink, PaperLink.paper_id == Paper.id)
        .where(PaperLink.other_id == paper_id, *_CONFIRMED_NOTICE)
    )
    notice_kinds = []
    for row in rows:
        if names(session, row.id, paper_id):
            continue  # said by the sources already
        said = Citation(title=row.title, publication_types=tuple(row.publication_types))
        kind = notices.notice_kind(said) or notices.NoticeKind.CORRECTION
        notice_kinds.append((notices.SAID_OF[kind].value, row.id))
    return notice_kinds


def _names_of(session: Session, paper_id: int) -> tuple[Identifier, ...]:
    known = strongest_first(resolve.identifiers(session, paper_id))
    return tuple(known) or (Identifier(NO_IDENTIFIER, str(paper_id)),)


def said_of(session: Session, paper_id: int) -> list[SourceStatement]:
    """List what is said of a paper, what is grave first."""
    said: dict[_Told, list[str]] = {}
    for source, citation in _newest(session, paper_id):
        for told in _remembered.get(citation, (), partial(_told, citation)):
            said.setdefault(told, []).append(source)
    held = _held(session, [other for _, other in said if other], without=paper_id)
    statements = (
        SourceStatement(
            kind, other, tuple(dict.fromkeys(sources)), held.get(other) if other else None
        )
        for (kind, other), sources in said.items()
    )
    return sorted(statements, key=_order)


def _newest(session: Session, paper_id: int) -> Iterable[tuple[str, str]]:
    """List the newest versions of a paper's records: source → citation, as the text it is kept as."""
    rows = session.execute(_CITATIONS, {"paper_id": paper_id})
    newest = {(row.source, row.key): row.citation for row in rows}
    return ((source, said) for (source, _), said in newest.items())


def _told(said: str) -> tuple[_Told, ...]:
    citation = cleaned(from_json(json.loads(said)))
    return tuple(
        (None, None) if kind == notices.RETRACTED else (LinkKind(kind), Identifier(scheme, value))
        for kind, scheme, value in notices.statements(citation)
    )


def _held(
    session: Session, identifiers: Iterable[Identifier], *, without: int
) -> dict[Identifier, int]:
    """Find the papers held here that have these identifiers."""
    wanted = [(identifier.scheme, identifier.value) for identifier in identifiers]
    if not wanted:
        return {}
    rows = session.execute(
        select(PaperIdentifier.scheme, PaperIdentifier.value, PaperIdentifier.paper_id).where(
            tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(wanted),
            PaperIdentifier.paper_id != without,
        )
    )
    return {Identifier(scheme, value): paper_id for scheme, value, paper_id in rows}


def _order(statement: SourceStatement) -> tuple[bool, int, str]:
    kinds = list(LinkKind)
    place = kinds.index(statement.kind) if statement.kind else -1
    return not statement.grave, place, statement.other.value if statement.other else ""
