"""What a link may do: open one service's return, save it, send it, ask not to be asked again.

A link gives no session and reaches nothing else. Whoever has it, has the same return: of two people
at once the second is told. Flushes, never commits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.accounts.passwords import token_hash
from monitor.catalogue.loader import Catalogue
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, LinkOver
from monitor.kernel.persistence.database import affected
from monitor.usage.returns import rules
from monitor.usage.returns.rules import ServiceAnswers
from monitor.usage.returns.service import is_open
from monitor.usage.returns.tables import Collection, ListedService, Return, ReturnLink

Change = Callable[[ServiceAnswers], ServiceAnswers]  # what a page makes of the answers before

_NOWHERE = "This link is not whole, or not ours. Copy it from the e-mail in full."
MEANWHILE = (
    "Somebody with the same link saved other answers since you opened this page. Yours are below and "
    "were not saved: look them over, and press the button again to put them in place of theirs"
)


@dataclass(frozen=True, slots=True)
class OpenedReturn:
    """A return as its link opens it, on either side of closing.

    ``now`` are the answers to show and change: the draft, else what was sent, else nothing.
    """

    return_id: int
    service: ListedService
    collection: Collection
    is_open: bool
    version: int
    now: ServiceAnswers
    has_draft: bool
    drafted_at: datetime | None
    sent: ServiceAnswers | None
    returned_at: datetime | None


@dataclass(frozen=True, slots=True)
class LastTime:
    """What the same service sent in the wave before, with that wave's name."""

    answers: ServiceAnswers
    wave: str


def opened(session: Session, token: str, at: datetime) -> OpenedReturn:
    """Open a return by its link. Changes nothing: whoever opens every link does no harm.

    Raises:
        LinkOver: nobody was sent this link.
    """
    service_return, collection, service = _of(session, token)
    return OpenedReturn(
        return_id=service_return.id,
        service=service,
        collection=collection,
        is_open=is_open(collection, at),
        version=service_return.version,
        now=ServiceAnswers.from_dict(service_return.draft or service_return.answers),
        has_draft=service_return.draft is not None,
        drafted_at=service_return.drafted_at,
        sent=ServiceAnswers.from_dict(service_return.answers) if service_return.answers else None,
        returned_at=service_return.returned_at,
    )


def last_time(session: Session, of: OpenedReturn) -> LastTime | None:
    """Give what the same service sent in the wave before; None: nothing."""
    earlier = (
        select(Return.answers, Collection.name)
        .join(Collection, Collection.id == Return.collection_id)
        .where(
            Return.service_id == of.service.id,
            Return.collection_id < of.collection.id,
            Return.answers.is_not(None),
        )
        .order_by(Return.collection_id.desc())
        .limit(1)
    )
    row = session.execute(earlier).first()
    return LastTime(ServiceAnswers.from_dict(row.answers), row.name) if row else None


def save(session: Session, token: str, change: Change, *, version: int, at: datetime) -> bool:
    """Save what was typed as the draft; nothing counts by it. Tells whether the wave is still open.

    After closing it is kept too, for whoever comes back to see; it counts nowhere.

    Raises:
        LinkOver: nobody was sent this link.
        Conflict: somebody saved since the page of this ``version`` was opened.
    """
    service_return, collection, _ = _held(session, token, version)
    _draft(service_return, change, at)
    session.flush()
    return is_open(collection, at)


def send(
    session: Session,
    catalogue: Catalogue,
    token: str,
    change: Change,
    *,
    version: int,
    at: datetime,
) -> ServiceAnswers | None:
    """Let what was typed and saved count, in place of what was sent before; None: the wave has closed.

    After closing it is kept as ``save`` keeps it.

    Raises:
        LinkOver: nobody was sent this link.
        Conflict: somebody saved since the page of this ``version`` was opened.
        InvalidInput: something is missing; names the field.
    """
    service_return, collection, service = _held(session, token, version)
    answers = _draft(service_return, change, at)
    if not is_open(collection, at):
        session.flush()
        return None
    lacking = rules.unfinished(
        answers, catalogue.slugs, asked_measures(catalogue), has_area=bool(service.area)
    )
    for name, told in lacking.items():
        raise InvalidInput(told, field=name)
    what = "returned" if service_return.answers is None else "changed"
    service_return.answers, service_return.returned_at = answers.to_dict(), at
    service_return.draft, service_return.drafted_at = None, None
    _audit(session, service_return, f"return.{what}", at)
    return answers


def leave(session: Session, token: str, at: datetime) -> bool:
    """Never ask this service again; again changes nothing. Tells whether this did it.

    What it answered stands until the wave closes, and counts.

    Raises:
        LinkOver: nobody was sent this link.
    """
    service_return, _, service = _of(session, token)
    left = (
        update(ListedService)
        .where(ListedService.id == service.id, ListedService.left_at.is_(None))
        .values(left_at=at)
    )
    if not affected(session.execute(left)):
        return False
    _audit(session, service_return, "service.left", at)
    return True


def address_is_dead(session: Session, address: str, *, actor: str, at: datetime) -> int:
    """Note that an address does not exist: its services are written to no more; counts them.

    A list that is brought with another address mends it.
    """
    services = session.scalars(
        select(ListedService)
        .where(ListedService.address == address, ListedService.dead_at.is_(None))
        .with_for_update()
    ).all()
    for service in services:
        service.dead_at = at
        subject = f"listed:{service.id}"
        audit.record(session, at=at, actor=actor, action="service.unreachable", subject=subject)
    return len(services)


def asked_measures(catalogue: Catalogue) -> tuple[str, ...]:
    """Name the measures of attachment that a return asks for: the gold standards of the registry."""
    return tuple(measure.name for measure in catalogue.measures.measures if measure.gold)


def _of(session: Session, token: str) -> tuple[Return, Collection, ListedService]:
    """Find what a link opens."""
    statement = (
        select(Return, Collection, ListedService)
        .join(ReturnLink, ReturnLink.return_id == Return.id)
        .join(Collection, Collection.id == Return.collection_id)
        .join(ListedService, ListedService.id == Return.service_id)
        .where(ReturnLink.token_hash == token_hash(token))
    )
    row = session.execute(statement).first()
    if row is None:
        raise LinkOver(_NOWHERE)
    return row[0], row[1], row[2]


def _held(session: Session, token: str, version: int) -> tuple[Return, Collection, ListedService]:
    """Find what a link opens, and hold it: nobody changes it, and it is not closed, meanwhile.

    The collection before the return, as everywhere: whoever closes it waits for this, or this for it.
    """
    of = select(ReturnLink.return_id).where(ReturnLink.token_hash == token_hash(token))
    collection = (
        select(Collection)
        .where(Collection.id.in_(select(Return.collection_id).where(Return.id.in_(of))))
        .with_for_update(read=True)
    )
    held = session.scalars(collection).first()
    if held is None:
        raise LinkOver(_NOWHERE)
    both = (
        select(Return, ListedService)
        .join(ListedService, ListedService.id == Return.service_id)
        .where(Return.id.in_(of))
        .with_for_update(of=Return)
    )
    service_return, service = session.execute(both.execution_options(populate_existing=True)).one()
    if service_return.version != version:
        raise Conflict(MEANWHILE)
    return service_return, held, service


def _draft(service_return: Return, change: Change, at: datetime) -> ServiceAnswers:
    answers = change(ServiceAnswers.from_dict(service_return.draft or service_return.answers))
    service_return.draft, service_return.drafted_at = answers.to_dict(), at
    service_return.version += 1
    return answers


def _audit(session: Session, service_return: Return, action: str, at: datetime) -> None:
    subject = f"return:{service_return.id}"
    audit.record(session, at=at, actor=subject, action=action, subject=subject)
