"""Records on their way in, many at once: what nothing here knows yet needs no looking up alone."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import Table, bindparam, insert, select, tuple_
from sqlalchemy.orm import Session, aliased

from monitor.feeds.identifiers import registrations_in
from monitor.feeds.records import Citation, Identifier
from monitor.feeds.service import StoredRecord
from monitor.feeds.tables import Record
from monitor.kernel.database import Base
from monitor.literature import keeping
from monitor.literature.identity import own_and_named
from monitor.literature.joining import NEW
from monitor.literature.matching import Matcher
from monitor.literature.reading import EDITION, Reading
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperKey,
    PaperReading,
    PaperRecord,
    PaperRegistration,
    PaperStatement,
)
from monitor.literature.wording import cleaned

_Value = TypeVar("_Value")
_CHUNK = 400  # well under the number of parameters that SQLite takes in one statement
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
        return cls(stored.record_id, Reading(said, matcher), *numbers(said))


def numbers(said: Citation) -> tuple[list[Identifier], list[Identifier]]:
    """Give a citation's own identifiers and the registrations that it names, in its text too."""
    found = registrations_in(said.abstract)
    naming = replace(said, registrations=(*said.registrations, *found)) if found else said
    return own_and_named(naming)


@dataclass(slots=True)
class Known:
    """What the papers held here could share with some arrivals: versions, identifiers, keys."""

    records: set[int] = field(default_factory=set)
    identifiers: set[tuple[str, str]] = field(default_factory=set)
    keys: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, session: Session, arrivals: Sequence[Arrival]) -> "Known":
        """Look up all arrivals at once."""
        own = {(one.scheme, one.value) for arrival in arrivals for one in arrival.own}
        keys = {key for arrival in arrivals for key in arrival.reading.keys}
        known = cls()
        for some in chunks([one.record_id for one in arrivals]):
            known.records.update(session.scalars(_KNOWN_RECORDS, {"some": some}))
        for pairs in chunks(own):
            found = session.execute(_KNOWN_IDENTIFIERS, {"some": pairs})
            known.identifiers.update((row.scheme, row.value) for row in found)
        for values in chunks(keys):
            known.keys.update(session.scalars(_KNOWN_KEYS, {"some": values}))
        return known

    def touches(self, one: Arrival) -> bool:
        """Tell whether an arrival may belong to a paper held here."""
        return (
            one.record_id in self.records
            or any((i.scheme, i.value) in self.identifiers for i in one.own)
            or not self.keys.isdisjoint(one.reading.keys)
        )

    def add(self, one: Arrival) -> None:
        """Take note of an arrival that is held now."""
        self.identifiers.update((i.scheme, i.value) for i in one.own)
        self.keys.update(one.reading.keys)


def add_papers(session: Session, arrivals: Sequence[Arrival], at: datetime) -> list[int]:
    """Make a paper of each arrival, none of which touches what is held; gives their ids."""
    if not arrivals:
        return []
    paper = _table(Paper)
    rows = [_paper(one.reading, at) for one in arrivals]
    made = insert(paper).returning(paper.c.id, sort_by_parameter_order=True)
    ids = list(session.scalars(made, rows))
    owned = list(zip(ids, arrivals, strict=True))
    _insert(
        session,
        PaperRecord,
        (
            {"paper_id": i, "record_id": one.record_id, "joined_by": NEW, "at": at}
            for i, one in owned
        ),
    )
    _insert(session, PaperIdentifier, (_pair(i, n) for i, one in owned for n in one.own))
    _insert(session, PaperRegistration, (_pair(i, n) for i, one in owned for n in one.named))
    for table, read in (
        (PaperKey, lambda r: [{"value": key} for key in r.keys]),
        (Match, lambda r: keeping.match_rows(r.hits)),
        (PaperReading, keeping.reading_rows),
        (PaperStatement, keeping.statement_rows),
    ):
        _insert(
            session, table, ({"paper_id": i} | row for i, one in owned for row in read(one.reading))
        )
    return ids


def _paper(reading: Reading, at: datetime) -> dict[str, Any]:
    return keeping.written(reading.citation) | {
        "lane": reading.lane,
        "version": 1,
        "first_seen_at": at,
        "changed_at": at,
        "read_by": EDITION,
    }


def _pair(paper_id: int, one: Identifier) -> dict[str, Any]:
    return {"paper_id": paper_id, "scheme": one.scheme, "value": one.value}


def _insert(session: Session, table: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    if found := list(rows):
        session.execute(insert(_table(table)), found)


def _table(entity: type[Base]) -> Table:
    return cast(Table, entity.__table__)


def chunks(values: Collection[_Value]) -> Iterator[list[_Value]]:
    """Part values into lists short enough for one statement."""
    left = iter(values)
    while some := list(islice(left, _CHUNK)):
        yield some
