"""Records on their way in, many at once: what nothing here knows yet needs no looking up alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.orm import Session, aliased

from monitor.feeds.records import Identifier
from monitor.feeds.service import StoredRecord
from monitor.feeds.tables import Record
from monitor.kernel.bulk import add_all, add_numbered, chunks
from monitor.literature.dedup.identity import own_and_all_named
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers import reconcile
from monitor.literature.papers.precedence import cleaned
from monitor.literature.papers.reading import Reading
from monitor.literature.papers.resolve import NEW
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperKey,
    PaperReading,
    PaperRecord,
    PaperRegistration,
    PaperStatement,
    PaperTrial,
)

_version, _this = aliased(Record), aliased(Record)
# Built once: putting a statement together costs more than running it.
_KNOWN_RECORDS = (
    select(_this.id)
    .join(_version, (_version.source == _this.source) & (_version.key == _this.key))
    .join(PaperRecord, PaperRecord.record_id == _version.id)
    .where(_this.id.in_(bindparam("some", expanding=True)))
)
_KNOWN_IDENTIFIERS = select(PaperIdentifier.scheme, PaperIdentifier.value).where(
    tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(bindparam("some", expanding=True))
)
_KNOWN_KEYS = select(PaperKey.value).where(PaperKey.value.in_(bindparam("some", expanding=True)))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record on its way in: what is read from it, its own identifiers, registrations it names."""

    record_id: int
    reading: Reading
    own: list[Identifier]
    named: list[Identifier]

    @classmethod
    def of(cls, stored: StoredRecord, matcher: Matcher) -> "Arrival":
        """Read a stored record."""
        said = cleaned(stored.citation)
        return cls(stored.record_id, Reading(said, matcher), *own_and_all_named(said))


@dataclass(slots=True)
class Known:
    """What the papers held here could share with some arrivals: versions, identifiers, keys."""

    records: set[int] = field(default_factory=set)
    identifiers: set[tuple[str, str]] = field(default_factory=set)
    keys: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, session: Session, arrivals: Sequence[Arrival]) -> "Known":
        """Look up all arrivals at once."""
        own = {
            (identifier.scheme, identifier.value)
            for arrival in arrivals
            for identifier in arrival.own
        }
        keys = {key for arrival in arrivals for key in arrival.reading.keys}
        known = cls()
        for some in chunks([arrival.record_id for arrival in arrivals]):
            known.records.update(session.scalars(_KNOWN_RECORDS, {"some": some}))
        for pairs in chunks(own):
            rows = session.execute(_KNOWN_IDENTIFIERS, {"some": pairs})
            known.identifiers.update((row.scheme, row.value) for row in rows)
        for values in chunks(keys):
            known.keys.update(session.scalars(_KNOWN_KEYS, {"some": values}))
        return known

    def touches(self, arrival: Arrival) -> bool:
        """Tell whether an arrival may belong to a paper held here."""
        return (
            arrival.record_id in self.records
            or any((i.scheme, i.value) in self.identifiers for i in arrival.own)
            or not self.keys.isdisjoint(arrival.reading.keys)
        )

    def add(self, one: Arrival) -> None:
        """Take note of an arrival that is held now."""
        self.identifiers.update((i.scheme, i.value) for i in one.own)
        self.keys.update(one.reading.keys)


def add_papers(session: Session, arrivals: Sequence[Arrival], at: datetime) -> list[int]:
    """Make a paper of each arrival, none of which touches what is held; gives their ids."""
    if not arrivals:
        return []
    ids = add_numbered(session, Paper, [_paper(arrival.reading, at) for arrival in arrivals])
    owned = list(zip(ids, arrivals, strict=True))
    joined = {"joined_by": NEW, "at": at}
    add_all(
        session,
        PaperRecord,
        [{"paper_id": i, "record_id": arrival.record_id} | joined for i, arrival in owned],
    )
    add_all(session, PaperIdentifier, [_pair(i, n) for i, arrival in owned for n in arrival.own])
    add_all(
        session, PaperRegistration, [_pair(i, n) for i, arrival in owned for n in arrival.named]
    )
    for table, read in (
        (PaperKey, lambda r: [{"value": key} for key in r.keys]),
        (Match, lambda r: reconcile.match_rows(r.hits)),
        (PaperReading, reconcile.reading_rows),
        (PaperStatement, reconcile.statement_rows),
        (PaperTrial, reconcile.trial_rows),
    ):
        add_all(
            session,
            table,
            [{"paper_id": i} | row for i, arrival in owned for row in read(arrival.reading)],
        )
    return ids


def _paper(reading: Reading, at: datetime) -> dict[str, Any]:
    return reconcile.written(reading.citation) | {
        "lane": reading.lane,
        "version": 1,
        "first_seen_at": at,
        "changed_at": at,
        "read_by": reading.edition,
    }


def _pair(paper_id: int, one: Identifier) -> dict[str, Any]:
    return {"paper_id": paper_id, "scheme": one.scheme, "value": one.value}
