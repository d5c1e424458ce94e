"""Every table of the review; papers in the queue, how many, and alerts are declared beside.

Who asks only how things stand takes ``queue_tables`` or ``alert_tables``: to declare a table takes
longer than to ask one. Screenings, appraisals and decisions are append-only.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.catalogue.words import Design, FindingDirection, OutcomeClass, RiskOfBias
from monitor.kernel.persistence.database import Base, by_key_alone, enum_column
from monitor.review.alert_tables import StudyAlert
from monitor.review.queue_tables import QueueItem, QueueTally
from monitor.review.words import (
    DecisionVerdict,
    ExclusionReason,
    ScreeningVerdict,
    Settling,
)

__all__ = [
    "Appraisal",
    "Consensus",
    "Decision",
    "QueueItem",
    "QueueOrder",
    "QueuePlace",
    "QueueTally",
    "ReadingDraft",
    "Round",
    "Screening",
    "StudyAlert",
]


class QueuePlace(Base):
    """Where a paper stands in the queue as narrowed to an intervention; see ``queue.places``.

    Written by triggers alone, from the paper, its reading, its matches and its ``QueueItem``.
    """

    __tablename__ = "queue_place"

    paper_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(primary_key=True)  # empty: the place in the whole queue
    stage: Mapped[str]
    lane: Mapped[str]
    design: Mapped[str]  # empty: nothing tells it
    rank: Mapped[float]  # the score, negated: least first, as the numbers of papers are
    queued_at: Mapped[datetime]

    __table_args__ = (
        # The two orders of a lane. What a filter leaves out is one lane or design less to merge.
        Index("ix_queue_place_rank", "stage", "slug", "lane", "design", "rank", "paper_id"),
        Index(
            "ix_queue_place_queued_at", "stage", "slug", "lane", "design", "queued_at", "paper_id"
        ),
        by_key_alone(),
    )


class QueueOrder(Base):
    """What the queue was last ordered by. One row, rewritten by each ordering."""

    __tablename__ = "queue_order"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mark: Mapped[str]  # as ``queue.order.due`` gives it: another one asks for another order
    included: Mapped[int]  # papers that taught what is wanted, by people's verdicts
    excluded: Mapped[int]  # papers that taught what is not
    at: Mapped[datetime]


class Screening(Base):
    """One reviewer's verdict on one paper."""

    __tablename__ = "screening"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)  # a form sent twice is one verdict
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), index=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    verdict: Mapped[ScreeningVerdict] = mapped_column(enum_column(ScreeningVerdict, name="verdict"))
    reason: Mapped[ExclusionReason | None] = mapped_column(enum_column(ExclusionReason))
    interventions: Mapped[list[str]]  # slugs
    note: Mapped[str]
    at: Mapped[datetime]


class Round(Base):
    """A study taken up again, after its first round: a correction, a new report, a new tool.

    The first round needs no row. At most one is open; what was settled before counts until it is
    closed, by the decision it leads to.
    """

    __tablename__ = "appraisal_round"

    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 2
    reason: Mapped[str]
    opened_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    # the appraisal tool that a lead chose for it, by its file's name; empty: the one in force
    tool: Mapped[str] = mapped_column(default="")


class ReadingDraft(Base):
    """What somebody has answered so far of a study, and not handed in. Only they see it."""

    __tablename__ = "reading_draft"

    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    round: Mapped[int]
    reading: Mapped[dict[str, Any]]
    version: Mapped[int]  # rises with every save: a form of another tab is told
    saved_at: Mapped[datetime]


class Appraisal(Base):
    """One reviewer's reading of one study in one round, made without seeing the other's.

    Handed in again with a reason, it is another ``edition``; the newest one speaks. Beside the
    reading stand the few words of it that grading rests on. Rows of before readings have these
    alone; None: the reading leaves it open.
    """

    __tablename__ = "appraisal"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    settles: Mapped[bool]  # settles what two see differently
    count_it: Mapped[bool]  # false: appraised, and should not count; then ``reason`` says why
    reason: Mapped[str]
    interventions: Mapped[list[str]]
    design: Mapped[Design | None] = mapped_column(enum_column(Design))
    risk_of_bias: Mapped[RiskOfBias | None] = mapped_column(enum_column(RiskOfBias))
    risk_reason: Mapped[str]
    outcome_class: Mapped[OutcomeClass] = mapped_column(enum_column(OutcomeClass))
    outcome: Mapped[str]  # the outcome and its measure, in the reviewer's words
    direction: Mapped[FindingDirection | None] = mapped_column(enum_column(FindingDirection))
    participants: Mapped[int | None]  # number analysed; None: not known
    uk: Mapped[bool | None]  # None: not known
    developer_led: Mapped[bool | None]
    quote: Mapped[str]  # the sentence the judgement rests on
    at: Mapped[datetime]
    round: Mapped[int] = mapped_column(default=1)
    edition: Mapped[int] = mapped_column(default=1)
    changed_because: Mapped[str] = mapped_column(default="")  # of a later edition
    reading: Mapped[dict[str, Any] | None]  # as review.reading.model gives it

    __table_args__ = (UniqueConstraint("study_id", "reviewer_id", "round", "edition"),)


class Consensus(Base):
    """What the appraisals of one round came to. Nothing counts by it until it is decided on.

    ``voided_at``: one of its appraisals was changed before that, with a reason.
    """

    __tablename__ = "consensus"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    round: Mapped[int]
    how: Mapped[Settling] = mapped_column(enum_column(Settling, name="how"))
    reading: Mapped[dict[str, Any]]
    appraisals: Mapped[list[int]]  # ids, in the order given
    people: Mapped[list[int]]  # user ids, in the order they spoke
    settled_by: Mapped[int | None]  # a user's id; None: the two agree
    differences: Mapped[list[str]]  # what the first two saw differently
    reason: Mapped[str]  # of whoever settled
    at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]  # None: settled by one of the two, and the other is asked
    voided_at: Mapped[datetime | None]


class Decision(Base):
    """What was decided on a study, and on which facts. The newest row is the current state."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    verdict: Mapped[DecisionVerdict] = mapped_column(enum_column(DecisionVerdict))
    reason: Mapped[str]
    interventions: Mapped[list[str]]  # slugs the verdict concerns
    facts: Mapped[dict[str, Any]]  # the agreed judgement, as review.rules.as_facts gives it
    decided_by: Mapped[list[Any]]  # user ids, in the order they spoke
    at: Mapped[datetime]
