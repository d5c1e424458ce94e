"""Papers, their identifiers, records and matches; studies and the papers that report them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.database import Base, enum_column
from monitor.literature.words import Lane as Lane  # noqa: PLC0414 - offered from here too


class Paper(Base):
    """One published or registered item, however many sources carry it."""

    __tablename__ = "paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    abstract: Mapped[str | None]
    authors: Mapped[list[str]]
    journal: Mapped[str | None]
    year: Mapped[int | None]
    published: Mapped[date | None]
    volume: Mapped[str | None]
    issue: Mapped[str | None]
    pages: Mapped[str | None]
    language: Mapped[str | None]
    publication_types: Mapped[list[str]]
    keywords: Mapped[list[str]]
    url: Mapped[str | None]
    title_key: Mapped[str] = mapped_column(index=True)  # see rules.title_key
    lane: Mapped[Lane] = mapped_column(enum_column(Lane), index=True)
    first_seen_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)  # rises with every change of what it says
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("paper.id"))  # the one that stays


class PaperIdentifier(Base):
    """An identifier belongs to one paper: a second copy is impossible."""

    __tablename__ = "paper_identifier"

    scheme: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), index=True)


class PaperRegistration(Base):
    """A trial registration that a paper names. It points at a study, so papers share it."""

    __tablename__ = "paper_registration"

    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    scheme: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (Index("ix_paper_registration_scheme_value", "scheme", "value"),)


class PaperRecord(Base):
    """Which record says what of which paper: the provenance of every word."""

    __tablename__ = "paper_record"

    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    joined_by: Mapped[str]  # the rule: "new paper", "same doi", …
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("record_id"),)


class Match(Base):
    """Why a paper was linked to an intervention: the exact words, where, and the rule."""

    __tablename__ = "match"

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    slug: Mapped[str] = mapped_column(ForeignKey("intervention.slug"))
    variant: Mapped[str | None]
    words: Mapped[str]  # as they stand in the text
    field: Mapped[str]  # "title", "abstract" or "keywords"
    start: Mapped[int]  # offset in the field, in characters
    rule: Mapped[str]  # "full name", "abbreviation in context"

    __table_args__ = (
        UniqueConstraint("paper_id", "slug", "field", "start"),
        Index("ix_match_slug", "slug"),
    )


class Study(Base):
    """One investigation on one sample; has one or more papers. Tiers count studies."""

    __tablename__ = "study"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]  # how people call it: an acronym, or first author and year
    created_at: Mapped[datetime]


class StudyPaper(Base):
    """A paper reports one study (its role: main report, protocol, follow-up …)."""

    __tablename__ = "study_paper"

    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    role: Mapped[str]
    linked_at: Mapped[datetime]
    linked_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
