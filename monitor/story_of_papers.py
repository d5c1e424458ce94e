"""The story of papers that belong together: one paper or two, one study or two, and what follows.

A paper that is screened belongs to a study where it joins one, and no longer where that is taken back.

Beside ``workflow``, whose ends it shares: every function here runs inside one transaction of its
caller, and what it says happens whole, or not at all.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from monitor import workflow
from monitor.accounts.tables import User
from monitor.evidence.words import Cause
from monitor.literature.papers.settling import one_at_a_time
from monitor.review import service as review
from monitor.review.tables import QueueItem, Screening
from monitor.review.words import ScreeningVerdict
from monitor.service import Service

_JOINED = "another paper was found to report it"
_TAKEN_BACK = "a paper turned out not to report it"


def screen(  # noqa: PLR0913 - what, by whom
    session: Session,
    service: Service,
    *,
    paper_id: int,
    token: str,
    by: User,
    answer: review.ScreeningAnswer,
    at: datetime,
) -> Screening:
    """Record a screening verdict; where a paper joins a study by it, with all that follows there."""
    screening = workflow.screen(
        session, paper_id=paper_id, token=token, by=by, answer=answer, at=at
    )
    if answer.verdict is ScreeningVerdict.INCLUDE and answer.study_id is not None:
        _follow(session, service, [answer.study_id], [paper_id], _JOINED, at=at)
    return screening


def take_back(  # noqa: PLR0913 - what, why, by whom
    session: Session,
    service: Service,
    *,
    paper_id: int,
    reason: str,
    by: User,
    version: int,
    at: datetime,
) -> QueueItem:
    """Take an include back, with everything that follows for the study that the paper leaves."""
    one_at_a_time(session)
    taken = review.take_back(
        session, paper_id=paper_id, reason=reason, by=by, version=version, at=at
    )
    _follow(session, service, [taken.study_id], [], _TAKEN_BACK, at=at)
    return taken.item


def settle_link(  # noqa: PLR0913 - what, by whom
    session: Session,
    service: Service,
    *,
    link_id: int,
    confirm: bool,
    version: str,
    by: User,
    at: datetime,
) -> review.Settled:
    """Say whether two papers belong together as proposed, with everything that follows."""
    settled = review.settle_link(
        session,
        link_id=link_id,
        confirm=confirm,
        version=version,
        matcher=service.matcher,
        by=by,
        at=at,
    )
    return _follow_papers(session, service, settled, at=at)


def merge_papers(
    session: Session,
    service: Service,
    *,
    papers: tuple[int, int],
    version: str,
    by: User,
    at: datetime,
) -> review.Settled:
    """Make two papers one because a person says so, with everything that follows."""
    settled = review.merge_papers(
        session, papers=papers, version=version, matcher=service.matcher, by=by, at=at
    )
    return _follow_papers(session, service, settled, at=at)


def undo_merge(
    session: Session,
    service: Service,
    *,
    merge_id: int,
    by: User,
    at: datetime,
) -> review.Settled:
    """Make two papers of one again, with everything that follows."""
    settled = review.undo_merge(session, merge_id=merge_id, matcher=service.matcher, by=by, at=at)
    return _follow_papers(session, service, settled, at=at)


def regroup(
    session: Session, service: Service, change: review.Change, form: review.Form
) -> review.Moved:
    """Attach a paper to a study, take one out, split a study or merge two, with all that follows."""
    return _follow_studies(session, service, review.regroup(session, change, form), at=form.at)


def undo_regrouping(
    session: Session, service: Service, *, regrouping_id: int, by: User, at: datetime
) -> review.Moved:
    """Put papers back to the studies that they were of, with everything that follows."""
    moved = review.undo_regrouping(session, regrouping_id=regrouping_id, by=by, at=at)
    return _follow_studies(session, service, moved, at=at)


def _follow_studies(
    session: Session, service: Service, moved: review.Moved, *, at: datetime
) -> review.Moved:
    """Tell first of a study whose own counting ended or began again, then of those left."""
    for decision in moved.decisions:
        workflow.follow(session, service, decision, workflow.because(session, decision), at=at)
    _follow(session, service, moved.studies, moved.papers, moved.why, at=at)
    return moved


def _follow_papers(
    session: Session, service: Service, settled: review.Settled, *, at: datetime
) -> review.Settled:
    _follow(session, service, settled.studies, settled.papers, settled.why, at=at)
    return settled


def _follow(
    session: Session,
    service: Service,
    studies: Sequence[int],
    papers: Sequence[int],
    why: str,
    *,
    at: datetime,
) -> None:
    """Re-grade what counts and has other papers now, heed what is said of these, tell readers."""
    for decision in review.accepting(session, studies):
        words = f"{review.study_label(session, decision.study_id)}: {why}"
        cause = Cause("papers", words, decision.study_id)
        workflow.follow(session, service, decision, cause, at=at)
    workflow.heed(session, service, papers, at=at)
