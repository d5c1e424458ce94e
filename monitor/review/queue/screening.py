"""The queue: a paper comes in once and is screened by a person. Never appraises or decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, select, union_all
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.kernel import audit
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.kernel.persistence.bulk import among, chunks
from monitor.kernel.persistence.columnar import ask
from monitor.kernel.persistence.inserting import insert
from monitor.literature import service as literature
from monitor.literature.papers.study_names import study_name
from monitor.literature.tables import Paper, PaperTrial
from monitor.literature.words import Lane, PaperRole
from monitor.review import locking, rules
from monitor.review.queue import order as ordering
from monitor.review.tables import QueueItem, Screening
from monitor.review.words import (
    NO_LONGER_GIVEN,
    OPEN,
    ExclusionReason,
    ScreeningVerdict,
    Stage,
)

_SAID = {
    ScreeningVerdict.INCLUDE: "included",
    ScreeningVerdict.EXCLUDE: "excluded",
    ScreeningVerdict.UNSURE: "was unsure about",
}
_NEVER_A_STUDY = (
    "A notice is never a study: it is about one. Exclude it as a notice; what it says of a study "
    "that is here stands under “Retractions and corrections”"
)
_FURTHER_REPORT = (
    "Another report of a study that is here is not excluded: nobody would know of which. Choose "
    "Include, and its study under “Another report of a study already here”; where the list lacks "
    "it, attach the paper under the papers of that study"
)
# built once: putting a statement together costs more than running it
_QUEUED = select(QueueItem.paper_id).where(among(QueueItem.paper_id))
_JOB = "job:ingest"
SCREENED = "paper.screened"
SET_ASIDE = "paper.set-aside"  # a notice left the queue by itself


def enqueue(session: Session, paper_ids: Sequence[int], *, at: datetime) -> int:
    """Queue papers to be screened; counts those that are not, and never were, in the queue."""
    queued = [
        paper_id
        for some in chunks(dict.fromkeys(paper_ids))
        for paper_id in _queue_new(session, some, at)
    ]
    if queued:
        audit.record(
            session, at=at, actor=_JOB, action="papers.queued", subject="queue", papers=queued
        )
    return len(queued)


def _queue_new(session: Session, paper_ids: Sequence[int], at: datetime) -> list[int]:
    known = set(ask(session, _QUEUED, {"some": paper_ids}).scalars())
    fresh = [paper_id for paper_id in paper_ids if paper_id not in known]
    if not fresh:
        return []
    parts = ordering.prior_parts(session, fresh, at)
    rows = [
        {
            "paper_id": paper_id,
            "stage": Stage.TO_SCREEN,
            "queued_at": at,
            "moved_at": at,
            "version": 1,
            "parts": parts[paper_id],
            "score": ordering.total(parts[paper_id]),
        }
        for paper_id in fresh
    ]
    # another process may have queued one between our look and our row
    places = QueueItem.__table__
    adding = insert(session, places).on_conflict_do_nothing().returning(places.c.paper_id)
    return sorted(session.connection().scalars(adding, rows))


def set_aside(session: Session, paper_ids: Sequence[int], *, at: datetime) -> list[int]:
    """Take papers that turned out to be notices out of the open queue; gives those taken out.

    Once for each paper: one that a person put back stays. What was included stays too: then an
    alert tells of it.
    """
    items = locking.hold_items(session, paper_ids) if paper_ids else {}
    gone = [
        item
        for item in items.values()
        if item.stage in {Stage.TO_SCREEN, Stage.UNSURE}
        and set_aside_at(session, item.paper_id) is None
    ]
    for item in gone:
        locking.move(item, Stage.EXCLUDED, at)
        audit.record(
            session,
            at=at,
            actor=_JOB,
            action=SET_ASIDE,
            subject=f"paper:{item.paper_id}",
            reason=ExclusionReason.NOTICE.value,
        )
    return [item.paper_id for item in gone]


def set_aside_at(session: Session, paper_id: int) -> datetime | None:
    """Tell when a paper was taken out of the queue since it is a notice, if it was."""
    return session.scalar(
        select(AuditEntry.at)
        .where(AuditEntry.subject == f"paper:{paper_id}", AuditEntry.action == SET_ASIDE)
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    )


def set_aside_times(session: Session, paper_ids: Sequence[int]) -> dict[int, datetime]:
    """Tell of some papers, where that was done, when they were last taken out as notices."""
    rows = session.execute(
        select(AuditEntry.subject, AuditEntry.at)
        .where(
            AuditEntry.subject.in_([f"paper:{paper_id}" for paper_id in paper_ids]),
            AuditEntry.action == SET_ASIDE,
        )
        .order_by(AuditEntry.seq)
    )
    return {int(subject.removeprefix("paper:")): at for subject, at in rows}


@dataclass(frozen=True, slots=True)
class ScreeningAnswer:
    """What a person says of a paper, which they saw in ``version``.

    ``study_id`` is the study that an included paper reports; None: one of its own.
    """

    verdict: ScreeningVerdict
    version: int
    reason: ExclusionReason | None = None
    interventions: Sequence[str] = ()
    note: str = ""
    study_id: int | None = None


def screen(
    session: Session, *, paper_id: int, token: str, by: User, answer: ScreeningAnswer, at: datetime
) -> Screening:
    """Record a verdict on a paper. One included becomes a study, or a report of the study that the
    answer names.

    A form sent twice is one verdict: the same ``token`` gives the same row and has no second
    effect. Of a verdict other than exclude no ``reason`` is kept, of one other than include no
    ``study_id``.

    Raises:
        NotFound: the paper is not in the queue, or there is no such study.
        InvalidInput: the form is not whole, a notice is included, or a further report of a study is
            excluded as such; ``field`` names the answer.
        Conflict: the paper has moved on since the answer's version, and who moved it; or ``by`` may not.
    """
    locking.check_token(token)
    item = locking.hold_item(session, paper_id)
    verdict = answer.verdict
    if earlier := _sent_before(session, token, paper_id, by, verdict):
        return earlier
    locking.require_reviewer(session, by)
    slugs = locking.known_interventions(session, answer.interventions)
    answer = _checked(replace(answer, interventions=slugs, note=rules.plain(answer.note)))
    _require_open(session, item, answer.version)
    if verdict is ScreeningVerdict.INCLUDE and session.get_one(Paper, paper_id).lane is Lane.NOTICE:
        raise InvalidInput(_NEVER_A_STUDY, field="verdict")
    study = _include(session, item, answer, by, at) if verdict is ScreeningVerdict.INCLUDE else None
    if verdict is not ScreeningVerdict.INCLUDE:
        locking.move(
            item, Stage.EXCLUDED if verdict is ScreeningVerdict.EXCLUDE else Stage.UNSURE, at
        )
    return _record(session, item, token=token, by=by, answer=answer, study_id=study, at=at)


def reopen(
    session: Session, *, paper_id: int, reason: str, by: User, version: int, at: datetime
) -> QueueItem:
    """Put an excluded paper back to be screened again; the verdict it had is kept.

    Raises:
        NotFound: the paper is not in the queue.
        InvalidInput: no reason is given.
        Conflict: the paper is not excluded, has moved on since ``version``, or ``by`` may not.
    """
    item = locking.hold_item(session, paper_id)
    locking.require_reviewer(session, by)
    reason = rules.plain(reason)
    rules.check_text(reason, field="reason", missing="Say why it should be looked at again")
    if item.stage is not Stage.EXCLUDED:
        raise Conflict(f"Only an excluded paper is opened again; this one is “{item.stage}”")
    if item.version != version:
        raise Conflict(_moved_on(session, item))
    locking.move(item, Stage.TO_SCREEN, at)
    audit.record(
        session,
        at=at,
        actor=actors.of_user(by.id),
        action="paper.reopened",
        subject=f"paper:{paper_id}",
        reason=reason,
    )
    return item


def last_screening(session: Session, paper_id: int) -> Screening | None:
    """Give the newest verdict on a paper, or on one that was merged into it."""
    on = Screening.paper_id.in_(with_merged(paper_id))
    return session.scalar(select(Screening).where(on).order_by(Screening.id.desc()).limit(1))


def with_merged(paper_id: int | BindParameter[Any]) -> CompoundSelect[int]:
    """Select a paper and those that became one with it: one number after another, by index."""
    return union_all(
        select(Paper.id).where(Paper.id == paper_id),
        select(Paper.id).where(Paper.merged_into_id == paper_id),
    )


def _checked(answer: ScreeningAnswer) -> ScreeningAnswer:
    rules.check_text(answer.note, field="note")
    match answer.verdict:
        case ScreeningVerdict.INCLUDE:
            if not answer.interventions:
                raise InvalidInput("Choose the interventions it concerns", field="interventions")
            return replace(answer, reason=None)
        case ScreeningVerdict.EXCLUDE:
            if answer.reason is None:
                raise InvalidInput("Choose why you exclude it", field="reason")
            if answer.reason in NO_LONGER_GIVEN:
                raise InvalidInput(_FURTHER_REPORT, field="reason")
            return replace(answer, study_id=None)
        case ScreeningVerdict.UNSURE:
            return replace(answer, reason=None, study_id=None)


def _sent_before(
    session: Session, token: str, paper_id: int, by: User, verdict: ScreeningVerdict
) -> Screening | None:
    earlier = session.scalar(select(Screening).where(Screening.token == token))
    if earlier is None:
        return None
    if (earlier.paper_id, earlier.reviewer_id, earlier.verdict) != (paper_id, by.id, verdict):
        raise Conflict("This form was sent before with another answer, which stands. Open it again")
    return earlier


def _require_open(session: Session, item: QueueItem, version: int) -> None:
    if item.stage not in OPEN or item.version != version:
        raise Conflict(_moved_on(session, item))


def _moved_on(session: Session, item: QueueItem) -> str:
    """Say who moved a paper since a form was opened, and when."""
    last = last_screening(session, item.paper_id)
    if last is None or item.stage is Stage.TO_SCREEN:
        return "This paper has changed since you opened it. Open it again: nothing was recorded"
    (who,) = locking.names(session, [last.reviewer_id])
    return (
        f"{who} {_SAID[last.verdict]} this paper on {locking.when(last.at)}. Nothing was recorded"
    )


def _include(
    session: Session, item: QueueItem, answer: ScreeningAnswer, by: User, at: datetime
) -> int:
    study_id = _study_for(session, item.paper_id, answer.study_id, by, at)
    locking.move(item, locking.stage_of(session, study_id), at)
    return study_id


def _study_for(session: Session, paper_id: int, wanted: int | None, by: User, at: datetime) -> int:
    """Find or make the study a paper reports, and hold it."""
    linked = locking.study_of(session, paper_id)
    if linked is not None and wanted in {None, linked}:
        return locking.hold_study(session, linked).id
    if linked is not None:
        raise Conflict(f"This paper already reports study {linked}")
    if wanted is None:
        label = _label(session, paper_id)
        return literature.create_study(session, paper_id=paper_id, label=label, by=by, at=at).id
    locking.hold_study(session, wanted)
    role = _role(session, paper_id)
    literature.link_paper(session, paper_id=paper_id, study_id=wanted, role=role, by=by, at=at)
    return wanted


def _role(session: Session, paper_id: int) -> PaperRole:
    """Tell what a paper that joins a study is to it: the form does not ask what kind of report.

    A trial's registration has no results of its own, and must not date the study's first ones.
    """
    is_registration = session.get(PaperTrial, paper_id) is not None
    return PaperRole.REGISTRATION if is_registration else PaperRole.OTHER


def _label(session: Session, paper_id: int) -> str:
    paper = session.get_one(Paper, paper_id)
    return study_name(paper.authors, paper.year, paper.title)


def _record(  # noqa: PLR0913 - a row's columns
    session: Session,
    item: QueueItem,
    *,
    token: str,
    by: User,
    answer: ScreeningAnswer,
    study_id: int | None,
    at: datetime,
) -> Screening:
    screening = Screening(
        token=token,
        paper_id=item.paper_id,
        reviewer_id=by.id,
        verdict=answer.verdict,
        reason=answer.reason,
        interventions=answer.interventions,
        note=answer.note,
        at=at,
    )
    session.add(screening)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=actors.of_user(by.id),
        action=SCREENED,
        subject=f"paper:{item.paper_id}",
        screening=screening.id,
        verdict=answer.verdict.value,
        reason=answer.reason.value if answer.reason else None,
        interventions=answer.interventions,
        stage=item.stage.value,
        study=study_id,
    )
    return screening
