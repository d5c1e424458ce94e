"""Read a buyer's own services, and nobody else's. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.kernel.errors import NotFound
from monitor.mine.rules import ServiceEntry
from monitor.mine.tables import Buyer, OwnOffer, OwnService, Sitting


@dataclass(frozen=True, slots=True)
class HeldService:
    """One service as it is kept."""

    id: int
    entry: ServiceEntry
    changed_at: datetime


def buyer(session: Session, key: str) -> Buyer:
    """Give a buyer.

    Raises:
        NotFound: their view was erased.
    """
    buyer = session.get(Buyer, key)
    if buyer is None:
        raise NotFound("This view was erased.")
    return buyer


def services(session: Session, key: str) -> list[HeldService]:
    """Give a buyer's services, in the order they were entered; three statements, however many."""
    rows = session.scalars(
        select(OwnService).where(OwnService.buyer_key == key).order_by(OwnService.id)
    ).all()
    offers: dict[int, dict[str, int | None]] = {}
    told = select(OwnOffer).join(OwnService).where(OwnService.buyer_key == key)
    for offer in session.scalars(told.order_by(OwnOffer.service_id, OwnOffer.slug)):
        offers.setdefault(offer.service_id, {})[offer.slug] = offer.families
    return [
        HeldService(
            row.id, ServiceEntry(row.name, row.group, offers.get(row.id, {})), row.changed_at
        )
        for row in rows
    ]


def service(session: Session, key: str, service_id: int) -> HeldService:
    """Give one service of a buyer.

    Raises:
        NotFound: this buyer has no such service, whoever else may.
    """
    for held in services(session, key):
        if held.id == service_id:
            return held
    raise NotFound("There is no such service.")


def sittings(session: Session, key: str) -> list[datetime]:
    """Tell when the view was opened on devices on which it may still be open."""
    began = select(Sitting.began_at).where(Sitting.buyer_key == key).order_by(Sitting.began_at)
    return list(session.scalars(began))


def has_services(session: Session, address: str) -> bool:
    """Tell whether anything is entered for an address."""
    entered = select(OwnService.id).join(Buyer).where(Buyer.address == address)
    return session.scalar(entered.limit(1)) is not None


def slugs_of(session: Session, address: str) -> frozenset[str]:
    """Name the interventions that the services entered for an address offer."""
    offered = select(OwnOffer.slug).join(OwnService).join(Buyer).where(Buyer.address == address)
    return frozenset(session.scalars(offered.distinct()))


def views(session: Session) -> int:
    """Count the private views in which something is entered: all that admins see of them."""
    counted = select(func.count(func.distinct(OwnService.buyer_key)))
    return session.scalar(counted) or 0
