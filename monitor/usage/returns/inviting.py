"""Whom to write to next: services not invited yet, and those who have not answered. Sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from monitor.accounts.passwords import token_hash
from monitor.kernel import audit
from monitor.kernel.errors import Conflict
from monitor.usage.returns import rules
from monitor.usage.returns.service import held, is_open
from monitor.usage.returns.tables import Collection, ListedService, Return, ReturnLink


@dataclass(frozen=True, slots=True)
class ToWrite:
    """One service that is to be written to, and its return."""

    return_id: int
    service: str
    address: str
    reminder: int  # which: 0 is the invitation


def invite(
    session: Session, collection_id: int, *, by: str, at: datetime, limit: int
) -> list[ToWrite]:
    """Make the returns of the next services that were not invited yet, and say whom to write to.

    A service that was put on the list meanwhile is one of them. Empty: nobody is left.

    Raises:
        NotFound: there is no such collection.
        Conflict: it is closed.
    """
    collection = _held_open(session, collection_id, at)
    services = session.scalars(
        _uninvited(collection.id).order_by(ListedService.id).limit(limit)
    ).all()
    returns = [
        Return(collection_id=collection.id, service_id=service.id, asked_at=at, last_asked_at=at)
        for service in services
    ]
    session.add_all(returns)
    session.flush()
    _audit(session, collection, "invited", len(returns), by, at)
    return [
        ToWrite(made.id, service.name, service.address, 0)
        for made, service in zip(returns, services, strict=True)
    ]


def remind(
    session: Session, collection_id: int, *, by: str, at: datetime, limit: int
) -> list[ToWrite]:
    """Note a reminder of the next services that have not answered, and say whom to write to.

    Each is reminded twice at most, a week apart, and never once it asked not to be. Empty: nobody
    is left.

    Raises:
        NotFound: there is no such collection.
        Conflict: it is closed.
    """
    collection = _held_open(session, collection_id, at)
    silent = (
        select(Return, ListedService)
        .join(ListedService, ListedService.id == Return.service_id)
        .where(*_to_remind(collection.id, at))
        .order_by(Return.id)
        .limit(limit)
        .with_for_update(of=Return)
    )
    written = []
    for service_return, service in session.execute(silent).all():
        service_return.reminders += 1
        service_return.last_asked_at = at
        written.append(
            ToWrite(service_return.id, service.name, service.address, service_return.reminders)
        )
    session.flush()
    _audit(session, collection, "reminded", len(written), by, at)
    return written


def uninvited(session: Session, collection_id: int) -> int:
    """Count the services that an invitation would go to."""
    return (
        session.scalar(select(func.count()).select_from(_uninvited(collection_id).subquery())) or 0
    )


def to_remind(session: Session, collection_id: int, at: datetime) -> int:
    """Count the services that a reminder would go to now."""
    silent = (
        select(func.count(Return.id))
        .join(ListedService, ListedService.id == Return.service_id)
        .where(*_to_remind(collection_id, at))
    )
    return session.scalar(silent) or 0


def note_links(
    session: Session, mailed: Sequence[tuple[ToWrite, str, str]], *, at: datetime
) -> None:
    """Keep the links that mails carry: for each whom it is for, its token, and the mail's uuid."""
    session.add_all(
        ReturnLink(
            token_hash=token_hash(token),
            return_id=addressee.return_id,
            message_uuid=uuid,
            is_reminder=addressee.reminder > 0,
            made_at=at,
        )
        for addressee, token, uuid in mailed
    )
    session.flush()


def _audit(
    session: Session, collection: Collection, what: str, services: int, by: str, at: datetime
) -> None:
    if services:
        subject = f"collection:{collection.id}"
        audit.record(
            session,
            at=at,
            actor=by,
            action=f"collection.{what}",
            subject=subject,
            services=services,
        )


def _held_open(session: Session, collection_id: int, at: datetime) -> Collection:
    collection = held(session, collection_id)
    if not is_open(collection, at):
        raise Conflict(f"“{collection.name}” is closed: nobody is asked any more")
    return collection


def _uninvited(collection_id: int) -> Select[ListedService]:
    invited = select(Return.id).where(
        Return.service_id == ListedService.id, Return.collection_id == collection_id
    )
    return select(ListedService).where(*_may_be_written_to(), ~invited.exists())


def _to_remind(collection_id: int, at: datetime) -> list[ColumnElement[bool]]:
    return [
        Return.collection_id == collection_id,
        Return.answers.is_(None),
        Return.reminders < rules.MOST_REMINDERS,
        Return.last_asked_at <= at - rules.REMIND_AFTER,
        *_may_be_written_to(),
    ]


def _may_be_written_to() -> list[ColumnElement[bool]]:
    return [ListedService.left_at.is_(None), ListedService.dead_at.is_(None)]
