"""The ledgers of grades, of certainty and of the review's own tables. Append-only; the newest row stands."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from monitor.catalogue.words import Certainty, Direction, Tier
from monitor.kernel.persistence.database import Base, enum_column
from monitor.review.words import Settling


class GradeRow(Base):
    """One grading of one intervention, with the facts and the rule that gave it."""

    __tablename__ = "grade"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(ForeignKey("intervention.slug"))
    policy: Mapped[str]  # version of the grading policy
    tier: Mapped[Tier] = mapped_column(enum_column(Tier))  # the tier that stands
    tier_low: Mapped[Tier] = mapped_column(
        enum_column(Tier, name="tier_low")
    )  # at the lower ends of the facts
    tier_high: Mapped[Tier] = mapped_column(
        enum_column(Tier, name="tier_high")
    )  # at the upper ends
    direction: Mapped[Direction] = mapped_column(enum_column(Direction))
    facts: Mapped[dict[str, Any]]  # name -> [lower, upper]
    counted: Mapped[list[Any]]  # ids of the accepted studies
    reasons: Mapped[list[str]]  # the sentences that decided, as printed
    cause_kind: Mapped[str]
    cause_id: Mapped[int | None]
    cause: Mapped[str]  # in words
    at: Mapped[datetime]
    # what the review said, what trials since show (lines of ``shown.ShownFinding``), and the version
    # of the policy that pooled them; None of what was graded by votes, to policy 2023-1
    statements: Mapped[dict[str, Any] | None]

    __table_args__ = (Index("ix_grade_slug_id", "slug", "id"),)


class CertaintyOpinion(Base):
    """What one person says of how sure a label is, given the facts they were shown."""

    __tablename__ = "certainty_opinion"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)  # a form sent twice is one opinion
    slug: Mapped[str] = mapped_column(ForeignKey("intervention.slug"))
    outcome_class: Mapped[str]
    fingerprint: Mapped[str]  # of the facts: other facts ask for other opinions
    policy: Mapped[str]  # version of the certainty policy that suggested
    start: Mapped[Certainty] = mapped_column(enum_column(Certainty, name="start"))
    level: Mapped[Certainty] = mapped_column(enum_column(Certainty, name="level"))
    downgrades: Mapped[dict[str, Any]]  # domain -> levels, 0 to 2
    reasons: Mapped[dict[str, Any]]  # domain -> sentence
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_certainty_opinion_slug_id", "slug", "id"),)


class CertaintyRow(Base):
    """How sure a label is, as two people or a third confirmed it, with the facts they did it on."""

    __tablename__ = "certainty"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(ForeignKey("intervention.slug"))
    outcome_class: Mapped[str]
    fingerprint: Mapped[str]
    policy: Mapped[str]
    facts: Mapped[dict[str, Any]]  # as ``certainty.rules.as_json`` gives them
    suggested: Mapped[dict[str, Any]]  # domain -> least, most, and its numbers as printed
    start: Mapped[Certainty] = mapped_column(enum_column(Certainty, name="start"))
    level: Mapped[Certainty] = mapped_column(enum_column(Certainty, name="level"))
    downgrades: Mapped[dict[str, Any]]  # domain -> levels, 0 to 2
    reasons: Mapped[dict[str, Any]]  # domain -> sentences, of whoever gave one
    how: Mapped[Settling] = mapped_column(enum_column(Settling, name="how"))
    opinions: Mapped[list[int]]  # ids, in the order given
    people: Mapped[list[int]]  # user ids, in the order they spoke
    differences: Mapped[list[str]]  # domains that the first two judged differently
    at: Mapped[datetime]

    __table_args__ = (Index("ix_certainty_slug_id", "slug", "id"),)


class BaselineVersion(Base):
    """The review's own table of studies as somebody brought it, or its withdrawal. Append-only."""

    __tablename__ = "baseline_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]  # as ``baseline.table.ReviewTable.digest``; empty: withdrawn
    name: Mapped[str]  # of the file, as it was called
    content: Mapped[dict[str, Any]]  # as ``baseline.table.ReviewTable.to_json``; empty: withdrawn
    kept: Mapped[list[str]]  # where it contradicts what was published, a sentence each
    reason: Mapped[str]  # why it was kept all the same, or withdrawn
    by: Mapped[str]  # an audit actor
    at: Mapped[datetime]
