"""The interventions as the database knows them: a key for others to point at."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base


class InterventionRow(Base):
    """One of the ten, synced from the catalogue's files at every start."""

    __tablename__ = "intervention"

    slug: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    position: Mapped[int]
    content_hash: Mapped[str]  # SHA-256 of the file it came from
    synced_at: Mapped[datetime]
