"""The table of alerts: what was said about a study's papers."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, partial_index


class StudyAlert(Base):
    """Something was said about a paper of a study (retracted, in doubt, corrected): look again.

    One for each thing that is said. Closed by a person, or when the sources take it back.
    """

    __tablename__ = "study_alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    kind: Mapped[str]  # as PaperStatement.kind, of the paper: "retracted by", "retracted" …
    scheme: Mapped[str]  # the notice's identifier; empty: none is named
    value: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]  # an audit actor
    outcome: Mapped[str | None]  # what was done, in words

    __table_args__ = (
        partial_index(
            "uq_study_alert_open",
            "study_id",
            "paper_id",
            "kind",
            "scheme",
            "value",
            unique=True,
            where="closed_at IS NULL",
        ),
        Index("ix_study_alert_closed_at", "closed_at"),
    )
