"""What follows from an alert: a study withdrawn on its sources' word, or what a person says of it.

The service acts alone in one case: a retraction of all the results of a study that counts, of
which no person has spoken. Everything else waits for somebody.
"""

from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.feeds.records import Identifier
from monitor.feeds.sources import databases, is_acted_on
from monitor.kernel import audit
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import Conflict, NotFound
from monitor.kernel.language import english
from monitor.literature.papers import statements
from monitor.literature.papers.statements import StandingWord
from monitor.literature.tables import Paper, StudyPaper
from monitor.literature.words import WITHOUT_RESULTS
from monitor.review import locking, rules, studies
from monitor.review.alerts import opening
from monitor.review.alerts import rules as alert_rules
from monitor.review.alerts.rules import Concern
from monitor.review.appraisal import deciding
from monitor.review.reading.model import Reading
from monitor.review.reading.summary import reading_of_facts
from monitor.review.rules import Judgement
from monitor.review.tables import Decision, StudyAlert
from monitor.review.words import DecisionVerdict

_BY_ALERT = "alert:"
_BY_COUNTING_AGAIN = "counted-again:"
_BY_ALERT_OF_A_PERSON = "excluded-for-alert:"


class AlertOutcome(StrEnum):
    """What a person makes of an alert."""

    SEEN = "seen"
    WITHDRAW = "withdraw"
    COUNT_AGAIN = "count again"
    # of a study that does not count yet
    EXCLUDE = "exclude"
    WAIT = "wait"
    GO_ON = "go on"


_SAID = {
    AlertOutcome.SEEN: "Seen, nothing to change",
    AlertOutcome.WITHDRAW: "Withdrawn",
    AlertOutcome.COUNT_AGAIN: "Counted again",
    AlertOutcome.EXCLUDE: "Excluded",
    AlertOutcome.WAIT: "Waiting",
    AlertOutcome.GO_ON: "Going on",
}
COUNTED_AGAIN = f"{_SAID[AlertOutcome.COUNT_AGAIN]}: "
_LOOKED_AT = "A reviewer has looked at this."
WAITS = "alert.waits"  # in the audit ledger: a person has looked, and leaves the alert open


def withdraw_retracted(session: Session, alert: StudyAlert, at: datetime) -> Decision | None:
    """Stop counting a study whose results are retracted, on the sources' word; once for an alert.

    None where that is not for the service to do: the study does not count, other reports of it
    stand, no bibliographic database says so, or a person has spoken of a retraction of this
    paper before.
    """
    if alert_rules.concern(alert.kind) is not Concern.RETRACTED:
        return None
    locking.hold_study(session, alert.study_id)
    accepted = locking.newest_decision(session, alert.study_id)
    if accepted is None or accepted.verdict is not DecisionVerdict.ACCEPT:
        return None
    earlier = opening.retractions(session, alert.paper_id)
    if any(actors.is_user(retraction.closed_by) for retraction in earlier):
        return None
    if not (_is_acted_on(session, alert) and _all_retracted(session, alert)):
        return None
    return deciding.no_longer_counted(
        session,
        accepted,
        token=f"{_BY_ALERT}{alert.id}",
        reason=_reason(session, alert, at),
        decided_by=[],
        facts={"alert": alert.id, "retraction": True},
        at=at,
    )


def settle(  # noqa: PLR0913 - the form's fields
    session: Session,
    *,
    alert_id: int,
    outcome: AlertOutcome,
    token: str,
    reason: str,
    by: User,
    at: datetime,
) -> tuple[StudyAlert, Decision | None]:
    """Record what a person makes of an alert, with the decision that it is; once for a form.

    Who waits leaves the alert open, and their reason in its history.

    Raises:
        NotFound: there is no such alert.
        InvalidInput: no reason is given.
        Conflict: somebody settled it, or the study has moved on; or ``by`` may not.
    """
    locking.check_token(token)
    alert = require(session, alert_id)
    locking.hold_study(session, alert.study_id)
    session.refresh(alert)
    reason = rules.plain(reason)
    actor, words = actors.of_user(by.id), f"{_SAID[outcome]}: {reason}"
    if alert.closed_at and (alert.closed_by, alert.outcome) == (actor, words):
        return alert, None
    locking.require_reviewer(session, by)
    rules.check_text(reason, field="reason", missing="Say why: colleagues read it later")
    if alert.closed_at:
        raise Conflict(_settled(session, alert))
    if outcome is AlertOutcome.WAIT:
        _wait(session, alert, actor, reason, at)
        return alert, None
    decision = _decide(session, alert, outcome, token=token, reason=reason, by=by, at=at)
    opening.close(session, alert, actor, words, at)
    return alert, decision


def require(session: Session, alert_id: int) -> StudyAlert:
    """Read an alert.

    Raises:
        NotFound: there is no such alert.
    """
    alert = session.get(StudyAlert, alert_id)
    if alert is None:
        raise NotFound(f"There is no alert {alert_id}")
    return alert


def word_of(session: Session, alert: StudyAlert) -> StandingWord | None:
    """Find what is said now that an alert tells of; None: nothing any more."""
    named = (alert.kind, alert.scheme, alert.value)
    words = opening.words_on(session, alert.paper_id)
    return next((one for one in words if alert_rules.answers(named, one, is_open=True)), None)


def who_says(session: Session, paper_id: int, word: StandingWord) -> list[str]:
    """Name the sources that say something of a paper, for readers."""
    names = statements.who_says(session, paper_id, word)
    return [databases.in_words(name) for name in names]


def _decide(  # noqa: PLR0913 - the form's fields
    session: Session,
    alert: StudyAlert,
    outcome: AlertOutcome,
    *,
    token: str,
    reason: str,
    by: User,
    at: datetime,
) -> Decision | None:
    match outcome:
        case AlertOutcome.SEEN | AlertOutcome.WAIT:
            return None
        case AlertOutcome.GO_ON:
            _require_undecided(session, alert.study_id)
            return None
        case AlertOutcome.EXCLUDE:
            return _exclude(session, alert, token=token, reason=reason, by=by, at=at)
        case AlertOutcome.WITHDRAW:
            retracted = alert_rules.concern(alert.kind) is Concern.RETRACTED
            return deciding.withdraw(
                session,
                study_id=alert.study_id,
                token=token,
                reason=reason,
                by=by,
                at=at,
                facts={"alert": alert.id, "retraction": retracted},
            )
        case AlertOutcome.COUNT_AGAIN:
            if _was_never_judged(session, alert):
                return None
            return _count_again(session, alert.study_id, token=token, reason=reason, by=by, at=at)


def answer_for_readers(alert: StudyAlert) -> str:
    """Say what a person made of an alert, as everybody may read it: why they went on, if they did."""
    went_on = f"{_SAID[AlertOutcome.GO_ON]}: "
    if (alert.outcome or "").startswith(went_on):
        return f"Our reviewers know, and went on: {(alert.outcome or '').removeprefix(went_on)}"
    return _LOOKED_AT if alert.closed_at else ""


def waits(session: Session, alert_id: int) -> list[tuple[str, str, datetime]]:
    """List who decided to wait with an alert, why and when, oldest first."""
    alert = require(session, alert_id)
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == f"study:{alert.study_id}", AuditEntry.action == WAITS)
        .order_by(AuditEntry.seq)
    )
    own = [entry for entry in entries if entry.details["alert"] == alert_id]
    people = [int(entry.actor.removeprefix("user:")) for entry in own]
    named = locking.names(session, people)
    return [
        (name, entry.details["reason"], entry.at) for name, entry in zip(named, own, strict=True)
    ]


def _wait(session: Session, alert: StudyAlert, actor: str, reason: str, at: datetime) -> None:
    _require_undecided(session, alert.study_id)
    audit.record(
        session,
        at=at,
        actor=actor,
        action=WAITS,
        subject=f"study:{alert.study_id}",
        alert=alert.id,
        reason=reason,
    )


def _require_undecided(session: Session, study_id: int) -> None:
    if locking.newest_decision(session, study_id) is not None:
        raise Conflict("This study has been decided on since. Open the alert again")


def _exclude(
    session: Session, alert: StudyAlert, *, token: str, reason: str, by: User, at: datetime
) -> Decision:
    """Leave out a study that does not count yet, for what is said of its paper."""
    _require_undecided(session, alert.study_id)
    unknown: dict[str, Any] = dict.fromkeys(field.name for field in fields(Judgement))
    concerned = list(studies.screened_for(session, alert.study_id))
    decision = Decision(
        token=_BY_ALERT_OF_A_PERSON + token,
        study_id=alert.study_id,
        verdict=DecisionVerdict.EXCLUDE,
        reason=reason,
        interventions=concerned,
        facts={
            **rules.versioned(unknown),
            "count_it": False,
            "reason": reason,
            "interventions": concerned,
            "differences": [],
            "alert": alert.id,
            "retraction": alert_rules.concern(alert.kind) is Concern.RETRACTED,
            "label": deciding.study_label(session, alert.study_id),
            "papers": locking.papers_of(session, alert.study_id),
        },
        decided_by=[by.id],
        at=at,
    )
    deciding.record_decision(session, decision)
    stage = locking.stage_of(session, alert.study_id)
    locking.move_study(session, alert.study_id, stage, at)
    return decision


def withdrawn(session: Session, study_id: int) -> tuple[Judgement, Reading]:
    """Give the judgement and the reading that counting a withdrawn study again would rest on.

    Raises:
        Conflict: the study is not withdrawn.
    """
    newest = locking.newest_decision(session, study_id)
    if newest is None or newest.verdict is not DecisionVerdict.WITHDRAW:
        raise Conflict("Only a study that was withdrawn can be counted again")
    facts = session.get_one(Decision, newest.facts["withdraws"]).facts
    return rules.from_facts(facts), reading_of_facts(facts)


def _was_never_judged(session: Session, alert: StudyAlert) -> bool:
    """Tell a study that was left out for a retraction before anybody appraised it, and that is over.

    Nothing here counts it: what comes back is its place among the review's own.
    """
    decision = locking.newest_decision(session, alert.study_id)
    left_out = decision is not None and decision.verdict is DecisionVerdict.EXCLUDE
    return left_out and alert_rules.concern(alert.kind) is Concern.REINSTATED


def _count_again(
    session: Session, study_id: int, *, token: str, reason: str, by: User, at: datetime
) -> Decision:
    """Count a withdrawn study again, by the judgement that had made it count."""
    withdrawn = locking.newest_decision(session, study_id)
    if withdrawn is None or withdrawn.verdict is not DecisionVerdict.WITHDRAW:
        raise Conflict("Only a study that was withdrawn can be counted again")
    return deciding.count_again(
        session, withdrawn, token=_BY_COUNTING_AGAIN + token, reason=reason, by=by, at=at
    )


def _is_acted_on(session: Session, alert: StudyAlert) -> bool:
    word = word_of(session, alert)
    said_by = statements.who_says(session, alert.paper_id, word) if word else ()
    return any(is_acted_on(name) for name in said_by)


def _all_retracted(session: Session, alert: StudyAlert) -> bool:
    """Tell whether the paper reports results, and no other report with results stands."""
    rows = session.execute(
        select(StudyPaper.paper_id, StudyPaper.role).where(StudyPaper.study_id == alert.study_id)
    )
    reports = {row.paper_id for row in rows if row.role not in WITHOUT_RESULTS}
    retracted = {
        paper
        for paper in reports
        for word in opening.words_on(session, paper)
        if alert_rules.concern(word.kind) is Concern.RETRACTED
    }
    return alert.paper_id in reports and alert_rules.all_retracted(reports, retracted)


def _reason(session: Session, alert: StudyAlert, at: datetime) -> str:
    """Say by whom, where and since when a paper is called retracted, in readers' words."""
    word = word_of(session, alert)
    sources = who_says(session, alert.paper_id, word) if word else []
    said = english.listed(sources) or "Its source"
    verb = "say" if len(sources) > 1 else "says"
    where = _notice(session, word) if word else ""
    return f"{deciding.RETRACTED}{said} {verb} so{where}. We read that on {english.day(at)}"


def _notice(session: Session, word: StandingWord) -> str:
    """Name the notice, and its day where it is known."""
    named = [identifier for identifier in word.names if identifier.scheme != "paper"]
    if not named and word.notice_id is None:
        return ", without naming a notice"
    name = f" {_written(named[0])}" if named else ""
    day = session.scalar(select(Paper.published).where(Paper.id == word.notice_id))
    return f", in the notice{name}{f' of {english.day(day)}' if day else ''}"


def _written(one: Identifier) -> str:
    return f"{one.scheme.upper()} {one.value}"


def _settled(session: Session, alert: StudyAlert) -> str:
    who = str(alert.closed_by)
    person = actors.user_id(who)
    if person is None:
        return f"The sources took it back before you: “{alert.outcome}”. Nothing was recorded"
    (name,) = locking.names(session, [person])
    at = locking.when(alert.closed_at) if alert.closed_at else ""
    return f"{name} settled this on {at}: “{alert.outcome}”. Nothing was recorded"
