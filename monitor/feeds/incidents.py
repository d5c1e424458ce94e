"""Incidents: what is wrong with a source, or our own mail, from the first sign to the recovery.

At most one is open per source and topic, however many processes notice at once, and it stays open
until the source recovers or an admin says that it is right. Tells nobody: whoever opens or ends
one writes to the admins in the same transaction.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, null, or_, select, update
from sqlalchemy.orm import Session

from monitor.feeds import incident_wording, rules
from monitor.feeds.asking_tables import Incident, SourceRow, UseFeed
from monitor.feeds.sources import SOURCES
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, MailFault, NotFound, SourceFault
from monitor.kernel.persistence.columnar import all_of, ask, columns_of, rows
from monitor.kernel.persistence.database import affected
from monitor.kernel.persistence.inserting import insert

ACTOR = "job:poll"
POLL = "poll"
COMPARISON = "comparison"
COMPARING = "comparing"
USE = "use:"  # before the name of a feed of use
MAIL = "mail"  # stands for a source where it is about our own mail
DELIVERY = "delivery"
WAITING = "waiting"
RETURNED = "returned"
APPROVAL = "approval"
BOUNCES = "bounces"

_TITLES = {MAIL: "Mail"}
_incident, _source, _use_feed = columns_of(Incident), columns_of(SourceRow), columns_of(UseFeed)
# what tells of a source, or of a feed of use, when it was heard from and is asked again
_TURN = select(
    _source.last_success_at, _source.enabled, _source.next_due_at, _source.next_comparison_at
)
_TURN_OF_USE = select(
    _use_feed.last_success_at,
    _use_feed.enabled,
    _use_feed.next_due_at,
    null().label("next_comparison_at"),
)
# what ends by itself, and never on anybody's word
_BY_ITSELF = frozenset({POLL, COMPARING, DELIVERY, WAITING, RETURNED, APPROVAL, BOUNCES})


class IncidentView(NamedTuple):
    """One incident, and how its source stands. ``kind`` is a fault's word: the latest.

    ``told_at``: when admins were last written to, None where nobody was. ``next_try`` is set
    where the next try may end it.
    """

    id: int
    source: str
    title: str
    topic: str
    kind: str
    message: str
    opened_at: datetime
    last_seen_at: datetime
    times: int
    told_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    last_heard: datetime | None
    next_try: datetime | None

    @property
    def needs_person(self) -> bool:
        """Whether an admin must say that it is right; a poll's ends with the next full answer."""
        return self.topic not in _BY_ITSELF

    @property
    def of_mail(self) -> bool:
        """Whether it is about our own mail, and no source."""
        return self.source == MAIL

    @property
    def of_use(self) -> bool:
        """Whether it is about a feed of use, and no source of papers."""
        return self.source.startswith(USE)

    @property
    def headline(self) -> str:
        """What is wrong, with the source's name."""
        return _headline(self.title, self.topic, self.kind)

    @property
    def remedy(self) -> str:
        """What an admin can do."""
        if self.topic == COMPARING:
            return incident_wording.remedy_uncompared()
        return incident_wording.remedy(self.kind, settled_by_hand=self.needs_person)

    @property
    def urgent(self) -> bool:
        """Whether it hardly ends by itself: an admin should look at once."""
        lasting = self.topic in {COMPARING, WAITING}  # it lasted before it was told
        return self.needs_person or lasting or incident_wording.urgent(self.kind)

    def next_reminder(self, at: datetime) -> datetime:
        """When admins are written to again if it lasts."""
        return rules.next_reminder(self.told_at, at)


class Noted(NamedTuple):
    """What noting a fault did: ``opened`` tells that it is new, and nobody was told yet."""

    incident: IncidentView
    opened: bool


def query_topic(key: str) -> str:
    """Name the topic of one query that a source reads in another way."""
    return f"query:{key}"


def open_or_update(
    session: Session,
    source: str,
    topic: str,
    kind: SourceFault | MailFault,
    message: str,
    at: datetime,
) -> Noted:
    """Open an incident; where one is open already, count it and note the latest kind.

    One statement, so that two processes at once open one. ``message`` is in our own words.
    """
    latest = {"kind": kind.value, "message": message, "last_seen_at": at}
    new = insert(session, Incident).values(
        source=source, topic=topic, opened_at=at, times=1, **latest
    )
    either = new.on_conflict_do_update(
        index_elements=[Incident.source, Incident.topic],
        index_where=Incident.closed_at.is_(None),
        set_={**latest, "times": Incident.times + 1},
    ).returning(Incident)
    row = session.scalars(either, execution_options={"populate_existing": True}).one()
    opened = row.times == 1
    if opened:
        _record(session, row, "opened", ACTOR, at)
    return Noted(_view(session, row), opened)


def close(session: Session, source: str, topic: str, by: str, at: datetime) -> IncidentView | None:
    """End the open incident of a topic, if there is one. ``by`` is an actor, such as "job:poll"."""
    ended = _close(session, by, at, Incident.source == source, Incident.topic == topic)
    return ended[0] if ended else None


def close_all(session: Session, source: str, by: str, at: datetime) -> list[IncidentView]:
    """End every open incident of a source that is no longer asked."""
    return _close(session, by, at, Incident.source == source)


def acknowledge(session: Session, incident_id: int, by: str, at: datetime) -> IncidentView | None:
    """End an incident on an admin's word: the new number, or the new reading, is right.

    None where it had ended already.

    Raises:
        NotFound: there is no such incident.
        Conflict: it ends by itself, as one about polls does.
    """
    _hold_sources(session, Incident.id == incident_id)
    row = session.get(Incident, incident_id, populate_existing=True)
    if row is None:
        raise NotFound("There is no such incident.")
    if row.topic in _BY_ITSELF:
        raise Conflict("This incident ends by itself, as soon as all is well again.")
    ended = _close(session, by, at, Incident.id == incident_id)
    return ended[0] if ended else None


def due_reminders(session: Session, at: datetime) -> list[IncidentView]:
    """List the open incidents of which nobody was told for a day, or ever; hold their sources.

    A time of telling that lies in the future was written by a clock that ran ahead: it is set to
    now. So no day brings two reminders, and none stays out for years.
    """
    _hold_sources(session, Incident.closed_at.is_(None))
    _forget_the_future(session, at)
    due = _open().where(
        or_(Incident.reminded_at.is_(None), Incident.reminded_at <= at - rules.REMIND_EVERY)
    )
    return [_view(session, row) for row in session.scalars(due.order_by(Incident.id))]


def note_told(session: Session, incident_id: int, at: datetime) -> None:
    """Note that the admins were written to."""
    told = update(Incident).where(Incident.id == incident_id).values(reminded_at=at)
    affected(session.execute(told), expected=1, what="incident")


def open_one(session: Session, source: str, topic: str) -> IncidentView | None:
    """Give the open incident of a topic, if there is one."""
    found = _open().where(Incident.source == source, Incident.topic == topic)
    row = session.scalars(found).first()
    return _view(session, row) if row else None


def open_incidents(session: Session) -> list[IncidentView]:
    """List what is wrong now, the longest first."""
    wrong = all_of(Incident).where(_incident.closed_at.is_(None))
    longest = wrong.order_by(_incident.opened_at, _incident.id)
    return [_view(session, row) for row in rows(session, longest)]


def closed_since(session: Session, since: datetime) -> list[IncidentView]:
    """List what ended since then, the latest first."""
    ended = all_of(Incident).where(_incident.closed_at >= since)
    latest = ended.order_by(_incident.closed_at.desc(), _incident.id.desc())
    return [_view(session, row) for row in rows(session, latest)]


def _open() -> Select[Incident]:
    return select(Incident).where(Incident.closed_at.is_(None))


def _close(
    session: Session, by: str, at: datetime, *which: ColumnElement[bool]
) -> list[IncidentView]:
    ended = (
        update(Incident)
        .where(Incident.closed_at.is_(None), *which)
        .values(closed_at=at, closed_by=by)
        .returning(Incident)
    )
    rows = session.scalars(ended, execution_options={"populate_existing": True}).all()
    for row in rows:
        _record(session, row, "closed", by, at)
    return [_view(session, row) for row in rows]


def _hold_sources(session: Session, which: ColumnElement[bool]) -> None:
    """Lock the sources of some incidents before anything else, as every attempt does.

    An attempt locks its source, then the ledger, then an incident; whoever locked an incident
    first, and then the ledger, could wait for it for ever.
    """
    sources = select(Incident.source).where(which)
    held = select(SourceRow.name).where(SourceRow.name.in_(sources)).order_by(SourceRow.name)
    session.execute(held.with_for_update())


def _forget_the_future(session: Session, at: datetime) -> None:
    ahead = update(Incident).where(Incident.closed_at.is_(None), Incident.reminded_at > at)
    affected(session.execute(ahead.values(reminded_at=at)))


def _record(session: Session, row: Incident, what: str, by: str, at: datetime) -> None:
    audit.record(
        session,
        at=at,
        actor=by,
        action=f"incident.{what}",
        subject=f"incident:{row.id}",
        source=row.source,
        topic=row.topic,
        kind=row.kind,
        times=row.times,
    )


def headline(row: Incident) -> str:
    """Say what an incident's row is about, as its view does."""
    return _headline(_title(row.source), row.topic, row.kind)


def _headline(title: str, topic: str, kind: str) -> str:
    if topic == COMPARING:
        return incident_wording.uncompared(title, kind)
    return incident_wording.headline(title, kind)


def _title(source: str) -> str:
    if source.startswith(USE):
        return f"The feed of use “{source.removeprefix(USE)}”"
    definition = SOURCES.get(source)
    return definition.title if definition else _TITLES.get(source, source)


def _view(session: Session, row: Incident) -> IncidentView:
    turn = _turn(session, row.source)
    return IncidentView(
        id=row.id,
        source=row.source,
        title=_title(row.source),
        topic=row.topic,
        kind=row.kind,
        message=row.message,
        opened_at=row.opened_at,
        last_seen_at=row.last_seen_at,
        times=row.times,
        told_at=row.reminded_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        last_heard=turn.last_success_at if turn else None,
        next_try=_next_try(row, turn),
    )


def _turn(session: Session, name: str) -> Row[*tuple[Any, ...]] | None:
    if name.startswith(USE):
        of_use = _TURN_OF_USE.where(_use_feed.name == name.removeprefix(USE))
        return ask(session, of_use).one_or_none()
    return ask(session, _TURN.where(_source.name == name)).one_or_none()


def _next_try(row: Incident, turn: Row[*tuple[Any, ...]] | None) -> datetime | None:
    if row.source == MAIL and row.topic == DELIVERY:
        return row.last_seen_at + rules.probe_after(row.times)
    if turn is None or not turn.enabled:
        return None
    due: dict[str, datetime | None] = {POLL: turn.next_due_at, COMPARING: turn.next_comparison_at}
    return due.get(row.topic)
