"""Records on their way in, many at once: what nothing here knows yet needs no looking up alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.orm import Session, aliased

from monitor.feeds.records import Citation, Identifier
from monitor.feeds.service import StoredRecord
from monitor.feeds.tables import Record
from monitor.kernel.persistence.bulk import SOME, LookUp, add_all, add_numbered, among
from monitor.literature.dedup.fingerprint import Fingerprint, fingerprint
from monitor.literature.dedup.identity import own_and_all_named
from monitor.literature.dedup.verdict import compare
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers import reconcile, resolve
from monitor.literature.papers.precedence import cleaned
from monitor.literature.papers.reading import CitationReading
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
_KNOWN_RECORDS = LookUp(
    select(_this.id)
    .join(_version, (_version.source == _this.source) & (_version.key == _this.key))
    .join(PaperRecord, PaperRecord.record_id == _version.id)
    .where(among(_this.id))
)
_KNOWN_IDENTIFIERS = LookUp(
    select(PaperIdentifier.scheme, PaperIdentifier.value).where(
        tuple_(PaperIdentifier.scheme, PaperIdentifier.value).in_(SOME)
    ),
    width=2,
)
_KNOWN_KEYS = LookUp(select(PaperKey.value, PaperKey.paper_id).where(among(PaperKey.value)))
_KEYS = select(PaperKey.value).where(PaperKey.paper_id == bindparam("paper_id"))
# Of records that came at once, those that are another version of one before them.
_AGAIN = LookUp(
    select(_this.id)
    .join(
        _version,
        (_version.source == _this.source) & (_version.key == _this.key) & (_version.id < _this.id),
    )
    .where(among(_this.id), among(_version.id))
)
_MOST_BEARERS = 2_000  # papers that share a key with some hundred arrivals, and are read for it


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record on its way in: what is read from it, its own identifiers, registrations it names."""

    record_id: int
    reading: CitationReading
    own: list[Identifier]
    named: list[Identifier]

    @classmethod
    def of(cls, stored: StoredRecord, matcher: Matcher) -> "Arrival":
        """Read a stored record."""
        said = cleaned(stored.citation)
        return cls(stored.record_id, CitationReading(said, matcher), *own_and_all_named(said))


@dataclass(slots=True)
class SharedWithArrivals:
    """What the papers held here could share with some arrivals: versions, identifiers, keys.

    ``bearers`` are the papers that bear each key, by number: those that arrived themselves count
    down from -1. ``said`` is what is compared of the others; one without cannot be told from here.
    """

    records: set[int] = field(default_factory=set)
    again: set[int] = field(default_factory=set)
    identifiers: set[tuple[str, str]] = field(default_factory=set)
    bearers: dict[int, set[int]] = field(default_factory=dict)
    said: dict[int, Citation] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    _fingerprints: dict[int, Fingerprint] = field(default_factory=dict)
    _arrived: int = 0

    @classmethod
    def of(cls, session: Session, arrivals: Sequence[Arrival]) -> "SharedWithArrivals":
        """Look up all arrivals at once."""
        own = {
            (identifier.scheme, identifier.value)
            for arrival in arrivals
            for identifier in arrival.own
        }
        keys = {key for arrival in arrivals for key in arrival.reading.keys}
        known = cls()
        for (record_id,) in _KNOWN_RECORDS.rows(
            session, [arrival.record_id for arrival in arrivals]
        ):
            known.records.add(record_id)
        for scheme, value in _KNOWN_IDENTIFIERS.rows(session, own):
            known.identifiers.add((scheme, value))
        for value, paper_id in _KNOWN_KEYS.rows(session, keys):
            known.bearers.setdefault(value, set()).add(paper_id)
        known._read_bearers(session, arrivals)
        return known

    def _read_bearers(self, session: Session, arrivals: Sequence[Arrival]) -> None:
        """Read what is compared of the papers that share no more than a key with an arrival."""
        keys = {
            key for arrival in arrivals if not self.knows(arrival) for key in arrival.reading.keys
        }
        papers = {paper for key in keys & self.bearers.keys() for paper in self.bearers[key]}
        if papers and len(papers) <= _MOST_BEARERS:
            self.said |= resolve.compared_of(session, papers)
        if keys and len(arrivals) > 1:
            again = _AGAIN.rows(session, [arrival.record_id for arrival in arrivals])
            self.again.update(record_id for (record_id,) in again)

    def touches(self, arrival: Arrival) -> bool:
        """Tell whether an arrival may belong to a paper held here, or resemble one."""
        return self.knows(arrival) or self._resembles(arrival)

    def knows(self, arrival: Arrival) -> bool:
        """Tell whether a paper held here has an arrival's record or one of its identifiers."""
        return arrival.record_id in self.records or any(
            (i.scheme, i.value) in self.identifiers for i in arrival.own
        )

    def _resembles(self, arrival: Arrival) -> bool:
        """Tell whether one that bears a key of it may be the same: many titles only begin alike."""
        keys = arrival.reading.keys
        if not self.moved.isdisjoint(keys):
            return True
        shared = self.bearers.keys() & keys
        if not shared or arrival.record_id in self.again:
            return bool(shared)
        own = arrival.reading.fingerprint
        others = {bearer for key in shared for bearer in self.bearers[key]}
        return any(self._may_be(own, bearer) for bearer in others)

    def _may_be(self, own: Fingerprint, bearer: int) -> bool:
        if bearer not in self._fingerprints:
            if bearer not in self.said:
                return True
            self._fingerprints[bearer] = fingerprint(self.said[bearer])
        return compare(own, self._fingerprints[bearer]).verdict != "different"

    def join(self, session: Session, one: Arrival, paper_id: int) -> None:
        """Take note of an arrival that a paper held here has now: the paper may say something else."""
        self.moved.update(session.scalars(_KEYS, {"paper_id": paper_id}))
        self.moved.update(one.reading.keys)
        self.identifiers.update((i.scheme, i.value) for i in one.own)

    def add(self, arrival: Arrival) -> None:
        """Take note of an arrival that is a paper of its own now."""
        if self.knows(arrival):  # it shares an identifier, which stays with the other
            self.moved.update(arrival.reading.keys)
        self.identifiers.update((i.scheme, i.value) for i in arrival.own)
        self._arrived += 1
        number = -self._arrived
        self._fingerprints[number] = arrival.reading.fingerprint
        for key in arrival.reading.keys:
            self.bearers.setdefault(key, set()).add(number)


def add_papers(session: Session, arrivals: Sequence[Arrival], at: datetime) -> list[int]:
    """Make a paper of each arrival, none of which touches what is held; gives their ids."""
    if not arrivals:
        return []
    # paper by paper: the rules remember what they folded of the one at hand
    for arrival in arrivals:
        arrival.reading.in_full()
    ids = add_numbered(session, Paper, [_paper(arrival.reading, at) for arrival in arrivals])
    owned = list(zip(ids, arrivals, strict=True))
    joined = {"joined_by": resolve.NEW, "at": at}
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


def _paper(reading: CitationReading, at: datetime) -> dict[str, Any]:
    return reconcile.written(reading.citation) | {
        "lane": reading.lane,
        "version": 1,
        "first_seen_at": at,
        "changed_at": at,
        "read_by": reading.edition,
    }


def _pair(paper_id: int, one: Identifier) -> dict[str, Any]:
    return {"paper_id": paper_id, "scheme": one.scheme, "value": one.value}
