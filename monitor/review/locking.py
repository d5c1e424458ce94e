"""Holding a paper or a study while it moves, and who may move it. Decides nothing.

On PostgreSQL the row is locked; on SQLite the write transaction already keeps others out. What
is read after holding it stays true until the transaction ends.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from monitor.accounts.tables import Role, User
from monitor.catalogue.tables import InterventionRow
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.kernel.language import english
from monitor.kernel.persistence.once import once
from monitor.literature.tables import Paper, Study, StudyPaper
from monitor.review import rules
from monitor.review.tables import Appraisal, Consensus, Decision, QueueItem, Round
from monitor.review.words import Stage

_MAX_TOKEN = 100
# Asked several times for each page and each step of a form: made once.
_LAST_ROUND = (
    select(Round)
    .where(Round.study_id == bindparam("study_id"))
    .order_by(Round.number.desc())
    .limit(1)
)
_NEWEST_DECISION = (
    select(Decision)
    .where(Decision.study_id == bindparam("study_id"))
    .order_by(Decision.id.desc())
    .limit(1)
)
_MAX_SLUGS = 50


def hold_item(session: Session, paper_id: int) -> QueueItem:
    """Read a paper's place in the queue and keep others from moving it.

    Raises:
        NotFound: the paper is not in the queue.
    """
    item = hold_items(session, [paper_id]).get(paper_id)
    if item is None:
        raise NotFound(_not_queued(session, paper_id))
    return item


def _not_queued(session: Session, paper_id: int) -> str:
    paper = session.get(Paper, paper_id)
    if paper and paper.merged_into_id:
        return f"Paper {paper_id} is now one with paper {paper.merged_into_id}: open that one"
    return f"Paper {paper_id} is not in the queue"


def hold_items(session: Session, paper_ids: Sequence[int]) -> dict[int, QueueItem]:
    """Hold the places of several papers, always in the same order; those queued only."""
    items = session.scalars(
        select(QueueItem)
        .where(QueueItem.paper_id.in_(paper_ids))
        .order_by(QueueItem.paper_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {item.paper_id: item for item in items}


def hold_study(session: Session, study_id: int) -> Study:
    """Read a study and keep others from appraising, deciding or linking to it.

    Raises:
        NotFound: there is no such study.
    """
    study = session.scalar(select(Study).where(Study.id == study_id).with_for_update())
    if study is None:
        raise NotFound(f"There is no study {study_id}")
    return study


def hold_together(
    session: Session, paper_ids: Sequence[int], study_ids: Sequence[int] = ()
) -> None:
    """Keep others from moving some papers, or deciding on their studies and on ``study_ids``.

    A paper that is to be screened is held before a study, a study before the papers that report
    it: as those who screen and those who appraise hold them, so that nobody waits in a circle.
    """
    reporting = {i: study for i in paper_ids if (study := study_of(session, i))}
    hold_items(session, [i for i in paper_ids if i not in reporting])
    studies = sorted({*reporting.values(), *study_ids})
    for study in studies:
        hold_study(session, study)
    hold_items(session, [paper for study in studies for paper in papers_of(session, study)])


@once
def newest_decision(session: Session, study_id: int) -> Decision | None:
    """Give the decision that stands: the last one written, whatever the clock said."""
    return session.scalar(_NEWEST_DECISION, {"study_id": study_id})


@once
def round_of(session: Session, study_id: int) -> tuple[int, bool]:
    """Give the number of a study's present round, and whether it is open: not decided yet."""
    last = session.scalar(_LAST_ROUND, {"study_id": study_id})
    if last is None:
        return 1, newest_decision(session, study_id) is None
    return last.number, last.closed_at is None


def stage_of(session: Session, study_id: int) -> Stage:
    """Tell what work a study waits for, or, where no round is open, what was decided."""
    number, is_open = round_of(session, study_id)
    if not is_open:
        return standing_of(session, study_id)
    of_round = (Appraisal.study_id == study_id, Appraisal.round == number)
    people = select(func.count(Appraisal.reviewer_id.distinct())).where(
        *of_round, Appraisal.settles.is_(False)
    )
    settled = select(Consensus.id).where(
        Consensus.study_id == study_id,
        Consensus.round == number,
        Consensus.voided_at.is_(None),
        Consensus.confirmed_at.is_not(None),
    )
    has_consensus = session.scalar(settled.limit(1)) is not None
    return rules.work_stage(session.scalar(people) or 0, settled=has_consensus)


def standing_of(session: Session, study_id: int) -> Stage:
    """Tell what was decided on a study, whatever round is open; before that, what it waits for."""
    decision = newest_decision(session, study_id)
    return rules.decided_stage(decision.verdict) if decision else stage_of(session, study_id)


def study_of(session: Session, paper_id: int) -> int | None:
    """Tell which study a paper reports, if any."""
    return session.scalar(select(StudyPaper.study_id).where(StudyPaper.paper_id == paper_id))


def papers_of(session: Session, study_id: int) -> list[int]:
    """List the papers that report a study."""
    linked = select(StudyPaper.paper_id).where(StudyPaper.study_id == study_id)
    return list(session.scalars(linked.order_by(StudyPaper.paper_id)))


def move(item: QueueItem, stage: Stage, at: datetime) -> None:
    """Put a paper held into a stage; forms opened before are then out of date."""
    item.stage, item.moved_at, item.version = stage, at, item.version + 1


def move_study(session: Session, study_id: int, stage: Stage, at: datetime) -> None:
    """Put every paper of a study into its stage."""
    for item in hold_items(session, papers_of(session, study_id)).values():
        if item.stage is not stage:
            move(item, stage, at)


def require_reviewer(session: Session, by: User) -> User:
    """Read the person again, as they are now, and refuse one who may not review.

    Raises:
        Conflict: the account is disabled, or is not a reviewer's or admin's.
    """
    user = session.scalar(
        select(User).where(User.id == by.id).execution_options(populate_existing=True)
    )
    if user is None or user.disabled_at:
        raise Conflict("This account is disabled: nothing was recorded")
    if user.role not in {Role.REVIEWER, Role.LEAD, Role.ADMIN}:
        raise Conflict(f"{user.name} is not a reviewer: nothing was recorded")
    return user


def require_lead(session: Session, by: User) -> User:
    """Read the person again, and refuse one who is no lead reviewer.

    Raises:
        Conflict: the account is disabled, or is not a lead reviewer's or admin's.
    """
    user = require_reviewer(session, by)
    if user.role is Role.REVIEWER:
        raise Conflict(f"{user.name} is not a lead reviewer: ask one. Nothing was recorded")
    return user


def known_interventions(session: Session, slugs: Sequence[str]) -> list[str]:
    """Give the slugs once each, in the catalogue's order.

    Raises:
        InvalidInput: one of them is not monitored.
    """
    wanted = set(slugs)
    if len(wanted) > _MAX_SLUGS:
        raise InvalidInput("Choose interventions from the list", field="interventions")
    order = select(InterventionRow.slug).order_by(InterventionRow.position)
    known_slugs = [slug for slug in session.scalars(order) if slug in wanted]
    if unknown := wanted - set(known_slugs):
        raise InvalidInput(
            f"Choose interventions from the list; unknown: {', '.join(sorted(unknown))[:200]}",
            field="interventions",
        )
    return known_slugs


def check_token(token: str) -> None:
    """Refuse a form without its token, by which a form sent twice counts once.

    Raises:
        InvalidInput: the token is missing or not plain.
    """
    if not token or len(token) > _MAX_TOKEN or not (token.isascii() and token.isprintable()):
        raise InvalidInput("This form is not whole: open it again", field="token")


def when(at: datetime) -> str:
    """Write a time for a sentence, in UK time: 3 March 2026, 06:10."""
    return english.moment(at)


def names(session: Session, user_ids: Sequence[int]) -> list[str]:
    """Name people, in the order given."""
    name_of = {
        user.id: user.name for user in session.scalars(select(User).where(User.id.in_(user_ids)))
    }
    return [name_of.get(user_id, f"person {user_id}") for user_id in user_ids]
