"""Entering own services, taking them out, and erasing them. Flushes, never commits.

The ledger says that something was entered or erased, never what: it is nobody else's to see. Mail
that is narrowed to own services follows them in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.kernel.persistence.database import affected
from monitor.mine import queries, rules
from monitor.mine.rules import ServiceEntry
from monitor.mine.tables import Buyer, OwnOffer, OwnService, Sitting
from monitor.notify import holding
from monitor.notify.messages.forgetting import forget
from monitor.notify.readers import narrowing
from monitor.notify.tables import Message, MessageKind

CHANGED = (
    "this service was changed since you opened the page, in another window perhaps. What is kept now "
    "stands under Your services"
)


@dataclass(frozen=True, slots=True)
class BroughtServices:
    """What a table brought in: services that are new, that it replaced, and that it left as they were."""

    new: int
    replaced: int
    same: int


def add(session: Session, key: str, entry: ServiceEntry, at: datetime) -> int:
    """Enter a service; gives its id.

    Raises:
        NotFound: the view was erased.
        InvalidInput: there are too many, or one has this name already.
    """
    buyer = hold_view(session, key)
    _refuse_alike(session, key, entry.name)
    if len(queries.services(session, key)) >= rules.MOST_SERVICES:
        raise InvalidInput(f"At most {rules.MOST_SERVICES} services can be entered", field="name")
    service_id = _insert(session, key, entry, at)
    _follow(session, buyer, at)
    return service_id


def change(
    session: Session, key: str, service_id: int, entry: ServiceEntry, *, seen: str, at: datetime
) -> None:
    """Say anew what a service is and offers. ``seen``: when it had been changed, as the form showed.

    Raises:
        NotFound: the buyer has no such service.
        Conflict: it was changed since.
        InvalidInput: another one has this name.
    """
    buyer = hold_view(session, key)
    row = _own(session, key, service_id)
    if row.changed_at.isoformat() != seen:
        raise Conflict(CHANGED)
    _refuse_alike(session, key, entry.name, beside=service_id)
    if _write(session, row, entry, at):
        _follow(session, buyer, at)


def remove(session: Session, key: str, service_id: int, at: datetime) -> None:
    """Take a service out, with all it offers.

    Raises:
        NotFound: the buyer has no such service.
    """
    buyer = hold_view(session, key)
    row = _own(session, key, service_id)
    _without_offers(session, [row.id])
    session.delete(row)
    session.flush()
    _follow(session, buyer, at)


def bring(
    session: Session, key: str, entries: Sequence[ServiceEntry], at: datetime
) -> BroughtServices:
    """Enter the services of a table: those it names are as it says, all others stay as they are.

    Raises:
        NotFound: the view was erased.
        InvalidInput: there would be too many.
    """
    buyer = hold_view(session, key)
    here = {
        row.folded: row
        for row in session.scalars(select(OwnService).where(OwnService.buyer_key == key))
    }
    wanted = {rules.folded(entry.name): entry for entry in entries}
    if len(here.keys() | wanted.keys()) > rules.MOST_SERVICES:
        raise InvalidInput(f"At most {rules.MOST_SERVICES} services can be entered", field="table")
    new = replaced = 0
    for name, entry in wanted.items():
        if name not in here:
            _insert(session, key, entry, at)
            new += 1
        elif _write(session, here[name], entry, at):
            replaced += 1
    if new or replaced:
        _follow(session, buyer, at)
    return BroughtServices(new, replaced, len(wanted) - new - replaced)


def erase(session: Session, key: str, at: datetime) -> None:
    """Let go of everything entered, of the view, its links and wherever it is open.

    A subscription stays, and is narrowed no more: it holds nothing of the services either.

    Raises:
        NotFound: it was erased already.
    """
    buyer = hold_view(session, key)
    holding.reader(session, buyer.address)
    forget(session, Message.kind == MessageKind.MY_SERVICES, Message.address == buyer.address)
    narrowing.widen(session, buyer.address, at=at)
    ids = list(session.scalars(select(OwnService.id).where(OwnService.buyer_key == key)))
    _without_offers(session, ids)
    for gone in (
        delete(OwnService).where(OwnService.buyer_key == key),
        delete(Sitting).where(Sitting.buyer_key == key),
    ):
        affected(session.execute(gone.execution_options(synchronize_session="fetch")))
    session.delete(buyer)
    session.flush()
    _record(session, key, "erased", at)


def hold_view_of(session: Session, address: str) -> Buyer | None:
    """Hold the view of an address; None: there is none."""
    return session.scalars(_holding(Buyer.address == address)).first()


def hold_view(session: Session, key: str) -> Buyer:
    """Hold a view while what is in it moves: of two windows one waits for the other.

    Raises:
        NotFound: it was erased.
    """
    buyer = session.scalars(_holding(Buyer.key == key)).first()
    if buyer is None:
        raise NotFound("This view was erased.")
    return buyer


def _holding(whose: ColumnElement[bool]) -> Select[Buyer]:
    return select(Buyer).where(whose).with_for_update().execution_options(populate_existing=True)


def _own(session: Session, key: str, service_id: int) -> OwnService:
    """Give a buyer's service; somebody else's is as unknown as none."""
    whose = OwnService.buyer_key == key
    row = session.scalars(select(OwnService).where(OwnService.id == service_id, whose)).first()
    if row is None:
        raise NotFound("There is no such service.")
    return row


def _refuse_alike(session: Session, key: str, name: str, *, beside: int | None = None) -> None:
    alike = select(OwnService.id).where(
        OwnService.buyer_key == key, OwnService.folded == rules.folded(name)
    )
    if any(service_id != beside for service_id in session.scalars(alike)):
        raise InvalidInput("Another of your services has this name", field="name")


def _insert(session: Session, key: str, entry: ServiceEntry, at: datetime) -> int:
    row = OwnService(
        buyer_key=key,
        name=entry.name,
        folded=rules.folded(entry.name),
        group=entry.group,
        changed_at=at,
    )
    session.add(row)
    session.flush()
    _offer(session, row.id, entry)
    return row.id


def _write(session: Session, row: OwnService, entry: ServiceEntry, at: datetime) -> bool:
    """Make a service what is said of it; tells whether anything was another before."""
    theirs = select(OwnOffer.slug, OwnOffer.families).where(OwnOffer.service_id == row.id)
    offers: dict[str, int | None] = dict(session.execute(theirs).all())
    if (row.name, row.group, offers) == (entry.name, entry.group, dict(entry.offers)):
        return False
    row.name, row.folded, row.group = entry.name, rules.folded(entry.name), entry.group
    row.changed_at = at
    _without_offers(session, [row.id])
    _offer(session, row.id, entry)
    return True


def _offer(session: Session, service_id: int, entry: ServiceEntry) -> None:
    session.add_all(
        OwnOffer(service_id=service_id, slug=slug, families=families)
        for slug, families in entry.offers.items()
    )
    session.flush()


def _without_offers(session: Session, service_ids: Sequence[int]) -> None:
    gone = delete(OwnOffer).where(OwnOffer.service_id.in_(service_ids))
    affected(session.execute(gone.execution_options(synchronize_session="fetch")))


def _follow(session: Session, buyer: Buyer, at: datetime) -> None:
    """Let mail that is narrowed to these services follow them; note that they moved, not how."""
    slugs = queries.slugs_of(session, buyer.address)
    narrowing.follow(session, buyer.address, slugs, at=at)
    _record(session, buyer.key, "entered", at)


def _record(session: Session, key: str, what: str, at: datetime) -> None:
    subject = f"buyer:{key}"
    audit.record(session, at=at, actor=subject, action=f"own_services.{what}", subject=subject)
