"""Papers, their identifiers, records and matches; studies and the papers that report them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.kernel.persistence.database import Base, by_key_alone, enum_column, partial_index
from monitor.literature.words import Lane as Lane  # noqa: PLC0414 - offered from here too
from monitor.literature.words import LinkState, Regrouped, Relation


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
    lane: Mapped[Lane] = mapped_column(enum_column(Lane))
    first_seen_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)  # rises with every change of what it says
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("paper.id"))  # the one that stays
    read_by: Mapped[int] = mapped_column(index=True)  # see reading.edition; 0: not read
    title_words: Mapped[str] = mapped_column(
        default="", server_default=""
    )  # see title_index.words_of

    __table_args__ = (
        # what became one with a paper: asked on its page, and of each verdict; few ever did
        partial_index(
            "ix_paper_merged_into_id", "merged_into_id", where="merged_into_id IS NOT NULL"
        ),
        # papers of a lane, newest first: the list of what is kept and not queued, read off it
        Index("ix_paper_lane_id", "lane", "id"),
    )


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


class PaperQuery(Base):
    """A query that brought a paper which is kept and not queued; written by triggers: ``brought``."""

    __tablename__ = "paper_query"

    # in this order the newest of a query and a lane are read off the key
    query_key: Mapped[str] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)

    __table_args__ = by_key_alone()


class PaperKey(Base):
    """A key under which papers that may be the same one are found; see ``grouping.stored_keys``."""

    __tablename__ = "paper_key"

    value: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    paper_id: Mapped[int] = mapped_column(
        ForeignKey("paper.id"), primary_key=True, index=True, autoincrement=False
    )

    __table_args__ = by_key_alone()


class PaperReading(Base):
    """What the rules read from a paper's words, kept with it: what the queue is ordered by.

    Papers that are not to be screened have none.
    """

    __tablename__ = "paper_reading"

    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    design: Mapped[str | None]  # as ``detection.detect`` says it; None: nothing tells
    named: Mapped[str | None]  # see ``prior.PriorFeatures``
    attachment: Mapped[bool]  # tells of attachment
    features: Mapped[bytes] = mapped_column(LargeBinary)  # see ``features.features``


class PaperStatement(Base):
    """What a paper's records say of another paper: "this paper is (kind) that one".

    ``kind`` is a ``LinkKind``, or "retracted" where they mark it so and name no notice: then
    scheme and value are empty.
    """

    __tablename__ = "paper_statement"

    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (Index("ix_paper_statement_scheme_value", "scheme", "value"),)


class PaperLink(Base):
    """Two papers that belong together, or may: proposed with a reason, settled once.

    Certain ones are confirmed by the job that found them, all others by a person. Of two papers
    that are the same or report one study, ``paper_id`` is the older.
    """

    __tablename__ = "paper_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), index=True)
    relation: Mapped[Relation] = mapped_column(enum_column(Relation))
    state: Mapped[LinkState] = mapped_column(enum_column(LinkState))
    reason: Mapped[str]
    proposed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]  # an audit actor: "user:3", "job:ingest"

    __table_args__ = (
        UniqueConstraint("paper_id", "other_id", "relation"),
        Index("ix_paper_link_state", "state", "id"),
    )


class PaperMerge(Base):
    """Two papers that became one, with all that moved, so that it can be undone."""

    __tablename__ = "paper_merge"

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), index=True)
    gone_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), index=True)
    reason: Mapped[str]
    moved: Mapped[dict[str, Any]]  # identifiers, records, registrations, study, place in the queue
    at: Mapped[datetime]
    by: Mapped[str]  # an audit actor
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]


class PaperTrial(Base):
    """What a registration says of its trial; a field that it does not say is None."""

    __tablename__ = "paper_trial"

    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    status: Mapped[str | None]  # in the registry's own words
    started: Mapped[date | None]
    completed: Mapped[date | None] = mapped_column(
        index=True
    )  # where only a month is said: its last day
    completed_expected: Mapped[bool]  # the registry calls the date an expectation
    participants: Mapped[int | None]
    has_results: Mapped[bool | None]  # the registry itself shows results
    # slugs of the interventions it evaluates, as the rules of ``read_by`` said; None: not told yet
    evaluates: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


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

    # an open paper lists the first by label, of an intervention's: found without looking at the rest
    __table_args__ = (Index("ix_study_label_id", "label", "id"),)


class StudyPaper(Base):
    """A paper reports one study (its role: main report, protocol, follow-up …)."""

    __tablename__ = "study_paper"

    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    role: Mapped[str]
    linked_at: Mapped[datetime]
    linked_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Regrouping(Base):
    """A person put the papers of studies together otherwise; all that moved, so that it can be undone.

    ``study_id`` is the study it was said of: the one that a paper came to or left, that was split,
    or that stays; ``other_id`` the one that a paper came from, that is new, or that is part of the
    first since. What was judged of a study stays with it.
    """

    __tablename__ = "regrouping"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)  # a form sent twice is one
    kind: Mapped[Regrouped] = mapped_column(enum_column(Regrouped))
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    other_id: Mapped[int | None] = mapped_column(ForeignKey("study.id"), index=True)
    reason: Mapped[str]
    # for each paper what it was and is a report of; the decision that ended the other's counting
    moved: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    by: Mapped[str]  # an audit actor
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
