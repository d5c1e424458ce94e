"""What commissioners tell of their own services. Nobody else's to see; erased as rows, not marked."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base


class Buyer(Base):
    """Somebody who opened a mailed link to say what their services offer.

    ``key`` is random and never used again: the ledger names it, and once the row is gone it
    leads to nobody. ``looked_at`` is when the view was last opened, ``looked_before`` when it was
    the time before.
    """

    __tablename__ = "buyer"

    key: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(unique=True)  # lower case
    began_at: Mapped[datetime]
    looked_at: Mapped[datetime]
    looked_before: Mapped[datetime | None]


class Sitting(Base):
    """A private view opened on one device. The token itself is only in its cookie."""

    __tablename__ = "buyer_sitting"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    buyer_key: Mapped[str] = mapped_column(ForeignKey("buyer.key"), index=True)
    began_at: Mapped[datetime]


class OwnService(Base):
    """One service that a buyer pays for; ``group`` is the buyer's own word, or empty."""

    __tablename__ = "own_service"

    id: Mapped[int] = mapped_column(primary_key=True)
    buyer_key: Mapped[str] = mapped_column(ForeignKey("buyer.key"))
    name: Mapped[str]
    folded: Mapped[str]  # the name as it is compared: no two of one buyer are alike
    group: Mapped[str]
    changed_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("buyer_key", "folded"),)


class OwnOffer(Base):
    """A service offers an intervention, to so many families a year; None: not known."""

    __tablename__ = "own_offer"

    service_id: Mapped[int] = mapped_column(ForeignKey("own_service.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(ForeignKey("intervention.slug"), primary_key=True)
    families: Mapped[int | None]
