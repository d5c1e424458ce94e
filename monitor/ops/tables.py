"""Jobs and their heartbeats."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base


class JobRow(Base):
    """One scheduled job: when it last ran, how it ended, when it is due."""

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(primary_key=True)
    every_seconds: Mapped[int]
    last_finished_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    took_seconds: Mapped[float | None]
    error: Mapped[str | None]
    next_due_at: Mapped[datetime]
