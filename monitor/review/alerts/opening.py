"""Alerts: what is said of the papers of studies, held beside what people were told. Decides nothing.

Each thing said opens one alert, which waits for a person. What the sources take back closes it
again; where the study was withdrawn for it, another alert asks to look again.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.kernel.persistence.bulk import LookUp, among, chunks
from monitor.literature.papers import statements
from monitor.literature.papers.statements import StandingWord
from monitor.literature.tables import Paper, PaperIdentifier, Study, StudyPaper
from monitor.literature.words import Lane, PaperRole
from monitor.review import locking
from monitor.review.alerts import rules as alert_rules
from monitor.review.alerts.rules import BARS_COUNTING, NOTICE, REINSTATED, Concern
from monitor.review.tables import StudyAlert
from monitor.review.words import DecisionVerdict

ACTOR = "job:ingest"
_TAKEN_BACK = "The sources no longer say so"
_SAID_AGAIN = "The sources say again that it is retracted"
_ONE_PAPER = "Told of the paper that it became one with"
_ANSWERED = "Told of the study that the paper reports now"
_NO_STUDY = "The paper reports no study now"
# Closed so, an alert is no answer: what is said is told anew.
_NO_ANSWER = frozenset({_TAKEN_BACK, _NO_STUDY, _ANSWERED})


# Built once: putting a statement together costs more than running it.
_REPORTS = LookUp(
    select(StudyPaper.study_id, StudyPaper.paper_id)
    .join(Study, Study.id == StudyPaper.study_id)  # an import is rehearsed without studies
    .where(among(StudyPaper.paper_id))
)
# Alerts that call a paper by one of its identifiers, or by our own number.
_TOLD = union_all(
    select(StudyAlert.paper_id)
    .join(
        PaperIdentifier,
        (PaperIdentifier.scheme == StudyAlert.scheme) & (PaperIdentifier.value == StudyAlert.value),
    )
    .where(among(PaperIdentifier.paper_id)),
    select(StudyAlert.paper_id).where(
        StudyAlert.scheme == statements.NO_IDENTIFIER,
        among(StudyAlert.value, "numbers"),
    ),
)


def look(session: Session, paper_ids: Collection[int], at: datetime) -> list[StudyAlert]:
    """Hold what is said now of the papers concerned against their alerts.

    Gives those opened, and those of retractions that still wait: another source may say so now.

    ``paper_ids`` are papers of which something may have changed: reports or notices.
    """
    concerned = {report for some in chunks(paper_ids) for report in _reports(session, some)}
    opened = []
    for study_id, paper_id in sorted(concerned):
        opened += _look_at(session, study_id, paper_id, at)
    return opened


def follow_merge(session: Session, *, kept: int, gone: int, at: datetime) -> None:
    """Give the alerts of a paper to the one that it became one with."""
    held = {
        (alert.study_id, *_named(alert))
        for alert in _of_paper(session, kept)
        if not alert.closed_at
    }
    for alert in _of_paper(session, gone):
        if alert.closed_at is None and (alert.study_id, *_named(alert)) in held:
            close(session, alert, ACTOR, _ONE_PAPER, at)
        alert.paper_id = kept
    session.flush()


def follow_paper(
    session: Session, paper_id: int, *, left: int, came_to: int | None, at: datetime
) -> None:
    """Give the open alerts of a paper that left one study to the one that it reports now.

    What somebody answered for one study is no answer for another: that is told anew there, once
    (``look``).
    """
    own = _of_paper(session, paper_id)
    held = {
        _named(answered)
        for answered in own
        if answered.study_id == came_to and answered.outcome not in _NO_ANSWER
    }
    for alert in own:
        if alert.study_id != left or alert.closed_at is not None:
            continue
        if came_to is None:
            close(session, alert, ACTOR, _NO_STUDY, at)
        elif _named(alert) in held:
            close(session, alert, ACTOR, _ANSWERED, at)
        else:
            alert.study_id = came_to
            session.flush()
            _record(session, alert, "alert.moved", ACTOR, at)


def bar(session: Session, study_id: int) -> StudyAlert | None:
    """Find an open alert that keeps the study from being judged to count."""
    return session.scalar(
        select(StudyAlert)
        .where(
            StudyAlert.study_id == study_id,
            StudyAlert.closed_at.is_(None),
            StudyAlert.kind.in_(alert_rules.kinds(BARS_COUNTING)),
        )
        .order_by(StudyAlert.id)
        .limit(1)
    )


def close(session: Session, alert: StudyAlert, by: str, outcome: str, at: datetime) -> None:
    """End an alert; ``by`` is an audit actor."""
    alert.closed_at, alert.closed_by, alert.outcome = at, by, outcome
    session.flush()
    _record(session, alert, "alert.closed", by, at, outcome=outcome)


def retractions(session: Session, paper_id: int) -> list[StudyAlert]:
    """List the alerts of a paper's retraction and of its end, the oldest first."""
    asked = {Concern.RETRACTED, Concern.REINSTATED}
    return [
        alert for alert in _of_paper(session, paper_id) if alert_rules.concern(alert.kind) in asked
    ]


def _reports(session: Session, paper_ids: Collection[int]) -> list[tuple[int, int]]:
    """Find the reports concerned, each behind its study: papers may be reports, or notices."""
    told = {"some": list(paper_ids), "numbers": [str(paper_id) for paper_id in paper_ids]}
    about = statements.named_by(session, paper_ids)
    ids = {*paper_ids, *about, *session.connection().scalars(_TOLD, told)}
    return [(study_id, paper_id) for study_id, paper_id in _REPORTS.rows(session, ids)]


def _look_at(session: Session, study_id: int, paper_id: int, at: datetime) -> list[StudyAlert]:
    locking.hold_study(session, study_id)
    words = words_on(session, paper_id)
    known = [alert for alert in _of_paper(session, paper_id) if alert.study_id == study_id]
    opened, standing = [], set()
    for word in words:
        told = _answering(known, word)
        if told is None:
            told = _open(session, study_id, paper_id, word, at)
            _end_reinstatement(session, known, word, at)
            known.append(told)
            opened.append(told)
        standing.add(told.id)
    for alert in [alert for alert in known if alert.closed_at is None and alert.id not in standing]:
        if alert.kind != REINSTATED:
            close(session, alert, ACTOR, _TAKEN_BACK, at)
    if not any(alert_rules.concern(word.kind) is Concern.RETRACTED for word in words):
        opened += _reinstated(session, study_id, paper_id, known, at)
    waiting = [alert for alert in known if _is_open_retraction(alert) and alert not in opened]
    return opened + waiting


def _is_open_retraction(alert: StudyAlert) -> bool:
    return alert.closed_at is None and alert_rules.concern(alert.kind) is Concern.RETRACTED


def words_on(session: Session, paper_id: int) -> list[StandingWord]:
    """List what is said of a report now; that it is a notice itself is one such thing.

    Of one that a person attached as a correction that is no news.
    """
    lane = session.scalar(select(Paper.lane).where(Paper.id == paper_id))
    role = session.scalar(select(StudyPaper.role).where(StudyPaper.paper_id == paper_id))
    is_mistaken = lane is Lane.NOTICE and role != PaperRole.CORRECTION
    own = [StandingWord(NOTICE, ())] if is_mistaken else []
    return [*own, *statements.words_on(session, paper_id)]


def _answering(known: Iterable[StudyAlert], word: StandingWord) -> StudyAlert | None:
    """Find the alert that tells this already; one that its source took back tells no more."""
    answer = None
    for alert in known:  # the newest word counts
        if alert.kind == REINSTATED:
            ended = alert_rules.concern(word.kind) is Concern.RETRACTED
            answer = None if ended else answer
        elif alert_rules.answers(_named(alert), word, is_open=alert.closed_at is None):
            answer = None if alert.outcome in _NO_ANSWER else alert
    return answer


def _open(
    session: Session, study_id: int, paper_id: int, word: StandingWord, at: datetime
) -> StudyAlert:
    scheme, value = alert_rules.first_name(word)
    return _add(session, study_id, paper_id, (word.kind, scheme, value), at)


def _reinstated(
    session: Session, study_id: int, paper_id: int, known: list[StudyAlert], at: datetime
) -> list[StudyAlert]:
    """Ask to look again where a study was left out for a retraction that nobody speaks of now."""
    asked = {Concern.RETRACTED, Concern.REINSTATED}
    about = [alert for alert in known if alert_rules.concern(alert.kind) in asked]
    if not about or about[-1].kind == REINSTATED:
        return []
    decision = locking.newest_decision(session, study_id)
    if decision is None or decision.verdict is DecisionVerdict.ACCEPT:
        return []
    if decision.facts.get("alert") not in [alert.id for alert in about]:
        return []
    last = about[-1]
    return [_add(session, study_id, paper_id, (REINSTATED, last.scheme, last.value), at)]


def _end_reinstatement(
    session: Session, known: Iterable[StudyAlert], word: StandingWord, at: datetime
) -> None:
    if alert_rules.concern(word.kind) is Concern.RETRACTED:
        for alert in known:
            if alert.kind == REINSTATED and alert.closed_at is None:
                close(session, alert, ACTOR, _SAID_AGAIN, at)


def _add(
    session: Session, study_id: int, paper_id: int, named: alert_rules.Named, at: datetime
) -> StudyAlert:
    kind, scheme, value = named
    alert = StudyAlert(
        study_id=study_id, paper_id=paper_id, kind=kind, scheme=scheme, value=value, opened_at=at
    )
    session.add(alert)
    session.flush()
    _record(session, alert, "alert.opened", ACTOR, at)
    return alert


def _of_paper(session: Session, paper_id: int) -> list[StudyAlert]:
    own = select(StudyAlert).where(StudyAlert.paper_id == paper_id)
    return list(session.scalars(own.order_by(StudyAlert.id)))


def _named(alert: StudyAlert) -> alert_rules.Named:
    return alert.kind, alert.scheme, alert.value


def _record(
    session: Session, alert: StudyAlert, action: str, by: str, at: datetime, **more: str
) -> None:
    audit.record(
        session,
        at=at,
        actor=by,
        action=action,
        subject=f"study:{alert.study_id}",
        alert=alert.id,
        paper=alert.paper_id,
        kind=alert.kind,
        notice=f"{alert.scheme}:{alert.value}" if alert.scheme else None,
        **more,
    )
