"""A study as reviewers see it, and the studies that wait for one. Changes nothing.

Never shows one reviewer's appraisal to another who has not given theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.catalogue.shapes.tools import Tool
from monitor.literature.tables import Paper, StudyPaper
from monitor.review import locking, rules
from monitor.review.appraisal import given, rounds
from monitor.review.appraisal.appraising import is_open as is_open_now
from monitor.review.appraisal.deciding import require_study
from monitor.review.reading.differences import DifferenceRow, differences
from monitor.review.reading.model import Reading, from_json
from monitor.review.rules import Judgement
from monitor.review.tables import (
    Appraisal,
    Consensus,
    Decision,
    Round,
    Screening,
)
from monitor.review.words import DecisionVerdict, ScreeningVerdict, Settling, Stage

_WAITING = (Stage.TO_APPRAISE, Stage.DISAGREEMENT, Stage.AGREED)


@dataclass(frozen=True, slots=True)
class ReportView:
    """A paper that reports a study, and how."""

    paper_id: int
    title: str
    year: int | None
    role: str


@dataclass(frozen=True, slots=True)
class AppraisalView:
    """One reviewer's appraisal, its newest edition."""

    id: int
    reviewer_id: int
    reviewer: str
    settles: bool
    edition: int
    changed_because: str
    reading: Reading
    judgement: Judgement
    at: datetime


@dataclass(frozen=True, slots=True)
class EarlierRound:
    """A round that was decided, and its appraisals, those who settled it last."""

    number: int
    appraisals: tuple[AppraisalView, ...]


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round of a study. The first one has no opener, and no reason."""

    number: int
    reason: str
    opened_by: str
    opened_at: datetime | None
    is_open: bool
    tool: str = ""  # that a lead chose for it, by its file's name; empty: the one in force


@dataclass(frozen=True, slots=True)
class ConsensusView:
    """What a round came to, before it is decided. ``settled_by``: None where the two agree."""

    id: int
    how: Settling
    reading: Reading
    people: tuple[str, ...]
    settled_by: str | None
    differences: tuple[str, ...]
    reason: str
    at: datetime
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision; ``facts`` as ``review.rules.as_facts`` gives them, with who said what."""

    id: int
    verdict: DecisionVerdict
    reason: str
    interventions: tuple[str, ...]
    facts: dict[str, Any]
    decided_by: tuple[str, ...]
    at: datetime


class StudyTurn(StrEnum):
    """What one person can do for a study now."""

    APPRAISE = "appraise"
    SETTLE = "settle"  # as a third person
    SETTLE_AS_ONE_OF_TWO = "settle between the two"
    CONFIRM = "confirm"  # what the other of the two has settled
    COUNT = "see what it would do"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class StudyView:
    """A study for one reader.

    ``given`` counts the people who have appraised it in the present round, ``appraisals`` holds
    those of that round that this reader may see. ``differences``: what the two have to settle,
    once both may be seen. ``interventions`` are those its papers were screened for.
    ``consensus`` is of the present round, while it is not decided. ``decisions``: newest last.
    """

    study_id: int
    label: str
    stage: Stage
    counts: bool  # by what was decided, whatever round is open
    papers: tuple[ReportView, ...]
    interventions: tuple[str, ...]
    round: RoundView
    given: int
    appraisals: tuple[AppraisalView, ...]
    differences: tuple[DifferenceRow, ...]
    consensus: ConsensusView | None
    decisions: tuple[DecisionView, ...]
    turn: StudyTurn

    @property
    def can_appraise(self) -> bool:
        """Whether this reader's reading is asked for: a first, a second, or one that settles."""
        return self.turn in {StudyTurn.APPRAISE, StudyTurn.SETTLE, StudyTurn.SETTLE_AS_ONE_OF_TWO}


def earlier_rounds(session: Session, study_id: int) -> tuple[EarlierRound, ...]:
    """List the rounds before the present one, the newest first, with what was handed in in each."""
    named = _names(session)
    return tuple(
        EarlierRound(number, _newest(given.all_of(session, study_id, number), named))
        for number in range(rounds.current(session, study_id) - 1, 0, -1)
    )


def _newest(appraisals: Sequence[Appraisal], named: dict[int, str]) -> tuple[AppraisalView, ...]:
    newest = {(appraisal.reviewer_id, appraisal.settles): appraisal for appraisal in appraisals}
    return tuple(_appraisal(appraisal, named) for appraisal in newest.values())


def study(
    session: Session,
    study_id: int,
    viewer_id: int | None = None,
    *,
    tools: Mapping[str, Tool],
    compared: bool = False,
) -> StudyView:
    """Give a study as one reader may see it; without ``viewer_id``, as a stranger may.

    ``compared``: tell what two saw differently although it is settled.

    Raises:
        NotFound: there is no such study.
    """
    row = require_study(session, study_id)
    number, is_open = locking.round_of(session, study_id)
    handed_in = given.all_of(session, study_id, number)
    two = given.newest_of(handed_in)
    settling = [appraisal for appraisal in handed_in if appraisal.settles]
    visible = [a for a in two if rules.may_see(len(two), own=a.reviewer_id == viewer_id)]
    shown = [*visible, *settling[-1:]] if len(visible) == given.PAIR else visible
    named, reports = _names(session), _reports(session, study_id)
    settled = given.consensus(session, study_id, number)
    waiting = settled if is_open else None
    differs = len(two) == given.PAIR and settled is None
    able = bool(reports) and is_open
    return StudyView(
        study_id=study_id,
        label=row.label,
        stage=locking.stage_of(session, study_id),
        counts=locking.standing_of(session, study_id) is Stage.ACCEPTED,
        papers=reports,
        interventions=_screened_for(session, [study_id]).get(study_id, ()),
        round=_round(session, study_id, named),
        given=len(two),
        appraisals=tuple(_appraisal(a, named) for a in shown),
        differences=_differences(visible, tools) if compared or differs else (),
        consensus=_consensus(waiting, settling, named) if waiting else None,
        decisions=_decisions(session, study_id, named),
        turn=_turn(viewer_id, [a.reviewer_id for a in two], waiting) if able else StudyTurn.NOTHING,
    )


def _turn(viewer_id: int | None, people: Sequence[int], waiting: Consensus | None) -> StudyTurn:
    """Tell what somebody can do for a study in an open round; ``people`` have appraised it."""
    if viewer_id is None:
        return StudyTurn.NOTHING
    if waiting is not None and waiting.confirmed_at is not None:
        return StudyTurn.COUNT
    if waiting is not None:
        other = waiting.how is Settling.PAIR and viewer_id == _asked_to_confirm(waiting)
        return StudyTurn.CONFIRM if other else StudyTurn.NOTHING
    if len(people) == given.PAIR:
        return StudyTurn.SETTLE_AS_ONE_OF_TWO if viewer_id in people else StudyTurn.SETTLE
    return StudyTurn.NOTHING if viewer_id in people else StudyTurn.APPRAISE


def _asked_to_confirm(waiting: Consensus) -> int:
    """Give whichever of the two has not settled it."""
    return next(who for who in waiting.people if who != waiting.settled_by)


def _round(session: Session, study_id: int, named: dict[int, str]) -> RoundView:
    later = rounds.rounds(session, study_id)
    if not later:
        return RoundView(1, "", "", None, is_open_now(session, study_id))
    last = later[-1]
    by = named[last.opened_by]
    is_asked = last.closed_at is None
    return RoundView(last.number, last.reason, by, last.opened_at, is_asked, last.tool)


def _consensus(
    row: Consensus, settling: Sequence[Appraisal], named: dict[int, str]
) -> ConsensusView:
    settled_by = None if row.how is Settling.AGREED else named[settling[-1].reviewer_id]
    return ConsensusView(
        id=row.id,
        how=row.how,
        reading=from_json(row.reading),
        people=tuple(named[who] for who in row.people),
        settled_by=settled_by,
        differences=tuple(row.differences),
        reason=row.reason,
        at=row.at,
        is_confirmed=row.confirmed_at is not None,
    )


def screened_for(session: Session, study_id: int) -> tuple[str, ...]:
    """Give the interventions that the including reviewers said a study concerns."""
    return _screened_for(session, [study_id]).get(study_id, ())


def waiting_for(session: Session, user_id: int, study_ids: Sequence[int]) -> dict[int, StudyTurn]:
    """Tell of some studies in an open round what they wait for from this reviewer.

    Those that wait for somebody else are left out. Three statements, however many studies.
    """
    rounds_of = dict(
        session.execute(
            select(Round.study_id, func.max(Round.number))
            .where(Round.study_id.in_(study_ids))
            .group_by(Round.study_id)
        ).all()
    )
    people: dict[int, dict[int, None]] = {study_id: {} for study_id in study_ids}
    handed_in = select(Appraisal).where(
        Appraisal.study_id.in_(study_ids), Appraisal.settles.is_(False)
    )
    for appraisal in session.scalars(handed_in.order_by(Appraisal.id)):
        if appraisal.round == rounds_of.get(appraisal.study_id, 1):
            people[appraisal.study_id][appraisal.reviewer_id] = None
    live = select(Consensus).where(Consensus.study_id.in_(study_ids), Consensus.voided_at.is_(None))
    settled = {
        consensus.study_id: consensus
        for consensus in session.scalars(live.order_by(Consensus.id))
        if consensus.round == rounds_of.get(consensus.study_id, 1)
    }
    turns = {
        study_id: _turn(user_id, list(people[study_id]), settled.get(study_id))
        for study_id in study_ids
    }
    return {study_id: turn for study_id, turn in turns.items() if turn is not StudyTurn.NOTHING}


def _reports(session: Session, study_id: int) -> tuple[ReportView, ...]:
    rows = session.execute(
        select(Paper.id, Paper.title, Paper.year, StudyPaper.role)
        .join(StudyPaper, StudyPaper.paper_id == Paper.id)
        .where(StudyPaper.study_id == study_id)
        .order_by(StudyPaper.linked_at, Paper.id)
    )
    return tuple(ReportView(row.id, row.title, row.year, row.role) for row in rows)


def _differences(
    visible: Sequence[Appraisal], tools: Mapping[str, Tool]
) -> tuple[DifferenceRow, ...]:
    if len(visible) < given.PAIR:
        return ()
    first, second = (given.reading_of(appraisal) for appraisal in visible)
    return differences(first, second, tools)


def _appraisal(appraisal: Appraisal, named: dict[int, str]) -> AppraisalView:
    return AppraisalView(
        id=appraisal.id,
        reviewer_id=appraisal.reviewer_id,
        reviewer=named[appraisal.reviewer_id],
        settles=appraisal.settles,
        edition=appraisal.edition,
        changed_because=appraisal.changed_because,
        reading=given.reading_of(appraisal),
        judgement=given.judgement_of(appraisal),
        at=appraisal.at,
    )


def _decisions(session: Session, study_id: int, named: dict[int, str]) -> tuple[DecisionView, ...]:
    rows = session.scalars(
        select(Decision).where(Decision.study_id == study_id).order_by(Decision.id)
    )
    return tuple(
        DecisionView(
            id=row.id,
            verdict=row.verdict,
            reason=row.reason,
            interventions=tuple(row.interventions),
            facts=row.facts,
            decided_by=tuple(named[who] for who in row.decided_by),
            at=row.at,
        )
        for row in rows
    )


def _names(session: Session) -> dict[int, str]:
    return dict(session.execute(select(User.id, User.name)).all())


def _screened_for(session: Session, ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Give what the including reviewers said each study concerns."""
    rows = session.execute(
        select(StudyPaper.study_id, Screening.interventions)
        .join(Screening, Screening.paper_id == StudyPaper.paper_id)
        .where(StudyPaper.study_id.in_(ids), Screening.verdict == ScreeningVerdict.INCLUDE)
        .order_by(Screening.id)
    )
    by_study: dict[int, dict[str, None]] = {}
    for study_id, slugs in rows:
        by_study.setdefault(study_id, {}).update(dict.fromkeys(slugs))
    return {study_id: tuple(slugs) for study_id, slugs in by_study.items()}
