"""Reads what papers are compared by: anew, or remembered by all that it was made of.

The papers of studies are looked at again for every paper that somebody opens, and most of the time
of that goes into their texts. What a paper says is read each time: a memory can then be no other than
what would be worked out again.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, Text, cast, literal, select, union_all
from sqlalchemy.orm import Session

from monitor.feeds.records import Citation, Identifier, Trial
from monitor.kernel.persistence.bulk import among, chunks
from monitor.kernel.persistence.columnar import ask
from monitor.kernel.remembering import Remembered
from monitor.literature.linkage.facts import PaperFacts
from monitor.literature.papers.queries import PaperView
from monitor.literature.papers.reconcile import as_hit, in_order
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperRegistration,
    PaperStatement,
    PaperTrial,
)

_MOST = 1_000  # papers, of some four kilobytes each
_OWN, _NAMED, _SAID = "own", "named", "said"

# Built once: putting a statement together costs more than running it. Lists stay the text that they
# are stored as, which is compared and not read.
_lists = [
    cast(column, Text).label(column.key)
    for column in (Paper.authors, Paper.publication_types, Paper.keywords)
]
_PAPERS = (
    select(
        Paper.id, Paper.title, Paper.abstract, *_lists, Paper.journal, Paper.year, Paper.published,
        Paper.volume, Paper.issue, Paper.pages, PaperTrial.paper_id.label("trial"),
        PaperTrial.status, PaperTrial.started, PaperTrial.completed, PaperTrial.completed_expected,
        PaperTrial.participants, PaperTrial.has_results,
    )
    .outerjoin(PaperTrial, PaperTrial.paper_id == Paper.id)
    .where(among(Paper.id), Paper.merged_into_id.is_(None))
)  # fmt: skip
_WORDS = union_all(
    *(
        select(table.paper_id, literal(what).label("what"), kind, table.scheme, table.value).where(
            among(table.paper_id)
        )
        for what, table, kind in (
            (_OWN, PaperIdentifier, literal("").label("kind")),
            (_NAMED, PaperRegistration, literal("").label("kind")),
            (_SAID, PaperStatement, PaperStatement.kind),
        )
    )
)
_MATCHES = select(
    Match.paper_id, Match.slug, Match.variant, Match.words, Match.field, Match.start, Match.rule
).where(among(Match.paper_id))


@dataclass(slots=True)
class _Kept:
    """All that is kept of one paper that its facts are made of."""

    row: Row[*tuple[Any, ...]]
    words: list[Row[*tuple[Any, ...]]] = field(default_factory=list)
    matches: list[Row[*tuple[Any, ...]]] = field(default_factory=list)

    def key(self) -> tuple[object, ...]:
        return tuple(self.row), tuple(map(tuple, self.words)), tuple(map(tuple, self.matches))


_remembered: Remembered[PaperFacts] = Remembered(_MOST)
# those whose links are proposed: what is brought in, or read again, is compared with the same again
# and again, and those of studies stay remembered beside it
PROPOSED: Remembered[PaperFacts] = Remembered(_MOST)
_shown: Remembered[PaperFacts] = Remembered(_MOST)


def facts_of(session: Session, papers: Collection[int]) -> dict[int, PaperFacts]:
    """Read what some papers are compared by; those merged into others are left out."""
    return {kept.row.id: _facts(kept) for kept in _kept(session, papers)}


def remembered_facts_of(
    session: Session, papers: Collection[int], memory: Remembered[PaperFacts] = _remembered
) -> dict[int, PaperFacts]:
    """Give the same: what was read from a text before is not read from it again."""
    return {
        kept.row.id: memory.get(kept.key(), (), lambda kept=kept: _facts(kept))  # type: ignore[misc]  # of this one
        for kept in _kept(session, papers)
    }


def shown_facts(paper: PaperView) -> PaperFacts:
    """Give the same of a paper that is shown, where no record of it speaks of others or registers.

    Of any other, ``facts_of`` reads what is said and what is registered too.
    """
    citation = Citation(
        title=paper.title,
        identifiers=paper.identifiers,
        registrations=paper.registrations,
        abstract=paper.abstract,
        authors=paper.authors,
        journal=paper.journal,
        year=paper.year,
        published=paper.published,
        volume=paper.volume,
        issue=paper.issue,
        pages=paper.pages,
        publication_types=paper.publication_types,
        keywords=paper.keywords,
    )
    return _shown.get(
        (citation, paper.hits), (), lambda: PaperFacts(citation, frozenset(), paper.hits)
    )


def _kept(session: Session, papers: Collection[int]) -> Iterator[_Kept]:
    for some in chunks(sorted(papers)):
        asked = {"some": some}
        kept = {row.id: _Kept(row) for row in ask(session, _PAPERS, asked)}
        for row in ask(session, _WORDS, asked):
            if row.paper_id in kept:
                kept[row.paper_id].words.append(row)
        for match in ask(session, _MATCHES, asked):
            if match.paper_id in kept:
                kept[match.paper_id].matches.append(match)
        yield from kept.values()


def _facts(kept: _Kept) -> PaperFacts:
    row = kept.row
    numbers: dict[str, list[Identifier]] = defaultdict(list)
    for word in kept.words:
        numbers[word.what].append(Identifier(word.scheme, word.value))
    citation = Citation(
        title=row.title,
        identifiers=tuple(numbers[_OWN]),
        registrations=tuple(numbers[_NAMED]),
        abstract=row.abstract,
        authors=tuple(json.loads(row.authors)),
        journal=row.journal,
        year=row.year,
        published=row.published,
        volume=row.volume,
        issue=row.issue,
        pages=row.pages,
        publication_types=tuple(json.loads(row.publication_types)),
        keywords=tuple(json.loads(row.keywords)),
        trial=trial_of(row) if row.trial is not None else None,
    )
    said = frozenset(
        (word.kind, word.scheme, word.value) for word in kept.words if word.what == _SAID
    )
    return PaperFacts(citation, said, in_order(as_hit(row) for row in kept.matches))


def trial_of(row: PaperTrial | Row[*tuple[Any, ...]]) -> Trial:
    """Give a kept trial in the registries' own shape."""
    return Trial(
        status=row.status,
        started=row.started,
        completed=row.completed,
        completed_expected=row.completed_expected,
        participants=row.participants,
        has_results=row.has_results,
    )
