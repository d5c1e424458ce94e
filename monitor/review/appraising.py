"""Double appraisal and what it decides. Never shows one reviewer's answers to the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.kernel import audit, english
from monitor.kernel.errors import Conflict, NotFound
from monitor.literature.tables import Study
from monitor.review import locking, rules
from monitor.review.alerts import opening
from monitor.review.alerts import rules as alert_rules
from monitor.review.rules import Judgement
from monitor.review.tables import Appraisal, Decision
from monitor.review.words import DecisionVerdict, Stage, found

# A decision's token is made of the form's that led to it: one form, one decision.
_BY_APPRAISAL = "appraisal:"
_BY_WITHDRAWAL = "withdrawal:"
RETRACTED = "Retracted: "  # what the reason begins with where sources said so
_ANSWERS = tuple(field.name for field in fields(Judgement))
_TO_SETTLE = 2  # appraisals; the next one settles
_DECIDED = {
    DecisionVerdict.ACCEPT: "accepted",
    DecisionVerdict.EXCLUDE: "excluded",
    DecisionVerdict.WITHDRAW: "withdrawn",
}


@dataclass(frozen=True, slots=True)
class AppraisalOutcome:
    """What an appraisal led to; ``decision`` is None while the study waits for another person."""

    appraisal: Appraisal
    stage: Stage
    decision: Decision | None


def appraise(
    session: Session,
    *,
    study_id: int,
    token: str,
    by: User,
    judgement: Judgement,
    at: datetime,
) -> AppraisalOutcome:
    """Record one reviewer's judgement, and the decision when it settles the study.

    The first waits for a second person; two who agree decide; two who differ wait for a third
    person, whose judgement decides. A form sent twice is one appraisal, with the outcome it had.

    Raises:
        NotFound: there is no such study.
        InvalidInput: the judgement is not whole; ``field`` names the answer to mend.
        Conflict: the study is decided, and by whom; ``by`` has already appraised it, or may not;
            or it is judged to count although nobody has answered what is said of a paper of it.
    """
    locking.check_token(token)
    study = locking.hold_study(session, study_id)
    judgement = rules.tidy(judgement)
    if earlier := _sent_before(session, token, study_id, by, judgement):
        return earlier
    locking.require_reviewer(session, by)
    judgement = _checked(session, judgement)
    given = appraisals(session, study_id)
    _require_open(session, study_id, given, by)
    if judgement.count_it:
        require_unbarred(session, study_id)
    appraisal = _add(
        session, study_id, token, by, judgement, settles=len(given) == _TO_SETTLE, at=at
    )
    decision = _decide(session, study, [*given, appraisal], at)
    stage = locking.stage_of(session, study_id)
    locking.move_study(session, study_id, stage, at)
    _record_appraisal(session, appraisal, stage, at)
    return AppraisalOutcome(appraisal, stage, decision)


def withdraw(  # noqa: PLR0913 - who, what, why
    session: Session,
    *,
    study_id: int,
    token: str,
    reason: str,
    by: User,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
) -> Decision:
    """Stop counting an accepted study. Its appraisals and the earlier decision are kept.

    ``facts`` are kept with the decision: the alert that led to it.

    Raises:
        NotFound: there is no such study.
        InvalidInput: no reason is given.
        Conflict: the study is not accepted (any more), or ``by`` may not.
    """
    locking.check_token(token)
    locking.hold_study(session, study_id)
    reason = rules.plain(reason)
    if earlier := _withdrawn_before(session, token, study_id, by):
        return earlier
    locking.require_reviewer(session, by)
    rules.check_text(reason, field="reason", missing="Say why it should no longer count")
    return no_longer_counted(
        session,
        accepting_decision(session, study_id),
        token=_BY_WITHDRAWAL + token,
        reason=reason,
        decided_by=[by.id],
        facts=facts or {},
        at=at,
    )


def no_longer_counted(  # noqa: PLR0913 - what, why, by whom
    session: Session,
    accepted: Decision,
    *,
    token: str,
    reason: str,
    decided_by: list[int],
    facts: Mapping[str, Any],
    at: datetime,
) -> Decision:
    """Write the decision that ends an acceptance; ``decided_by`` nobody: on the sources' word."""
    decision = Decision(
        token=token,
        study_id=accepted.study_id,
        verdict=DecisionVerdict.WITHDRAW,
        reason=reason,
        interventions=accepted.interventions,
        facts={**accepted.facts, "withdraws": accepted.id, **facts},
        decided_by=decided_by,
        at=at,
    )
    record_decision(session, decision)
    locking.move_study(session, accepted.study_id, Stage.WITHDRAWN, at)
    return decision


def accepting_decision(session: Session, study_id: int) -> Decision:
    """Give the decision by which a study counts now.

    Raises:
        Conflict: the study does not count; says what was decided, by whom and when.
    """
    newest = locking.newest_decision(session, study_id)
    if newest is None:
        raise Conflict("This study is not accepted: it is still being appraised")
    if newest.verdict is not DecisionVerdict.ACCEPT:
        raise Conflict(_was_decided(session, newest))
    return newest


def accepting(session: Session, study_ids: Sequence[int]) -> list[Decision]:
    """Give the decisions by which some studies count now; those that do not count are left out."""
    newest = [locking.newest_decision(session, study_id) for study_id in study_ids]
    return [one for one in newest if one and one.verdict is DecisionVerdict.ACCEPT]


def why(session: Session, decision: Decision) -> tuple[str, str]:
    """Say to readers why something changes with a decision: its kind, and in words."""
    label, reason = study_label(session, decision.study_id), decision.reason
    if decision.verdict is DecisionVerdict.WITHDRAW:
        if not decision.facts.get("retraction"):
            return "withdrawal", f"{label} is no longer counted: {reason}"
        return "retraction", f"{label} was retracted: {reason.removeprefix(RETRACTED)}"
    if "reinstates" in decision.facts:
        return "reinstatement", f"{label} is counted again: {reason}"
    people = len(decision.decided_by)
    reviewers = f"{english.number(people)} reviewer{'s' if people > 1 else ''}"
    if decision.verdict is not DecisionVerdict.ACCEPT:
        return "decision", f"{label} was not counted by {reviewers}"
    # what it found comes before what was done with it
    finding = found(rules.direction_of(decision.facts))
    return "decision", f"{label} {finding}; {reviewers} accepted it"


def study_label(session: Session, study_id: int) -> str:
    """Give what people call a study.

    Raises:
        NotFound: there is no such study.
    """
    return require_study(session, study_id).label


def require_study(session: Session, study_id: int) -> Study:
    """Read a study, without holding it.

    Raises:
        NotFound: there is no such study.
    """
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound(f"There is no study {study_id}")
    return study


def appraisals(session: Session, study_id: int) -> list[Appraisal]:
    """List a study's appraisals in the order they were given."""
    given = select(Appraisal).where(Appraisal.study_id == study_id).order_by(Appraisal.id)
    return list(session.scalars(given))


def judgement_of(appraisal: Appraisal) -> Judgement:
    """Read the judgement out of its row."""
    row = {name: getattr(appraisal, name) for name in _ANSWERS}
    return Judgement(**{**row, "interventions": tuple(appraisal.interventions)})


def _checked(session: Session, judgement: Judgement) -> Judgement:
    known = locking.known_interventions(session, judgement.interventions)
    rules.check(judgement)
    return replace(judgement, interventions=tuple(known))


def _sent_before(
    session: Session, token: str, study_id: int, by: User, judgement: Judgement
) -> AppraisalOutcome | None:
    earlier = session.scalar(select(Appraisal).where(Appraisal.token == token))
    if earlier is None:
        return None
    same = (earlier.study_id, earlier.reviewer_id) == (study_id, by.id)
    before = judgement_of(earlier)
    if not same or not _equal(before, judgement):
        raise Conflict("This form was sent before with other answers, which stand. Open it again")
    decision = _by_token(session, _BY_APPRAISAL + token)
    return AppraisalOutcome(earlier, locking.stage_of(session, study_id), decision)


def _equal(before: Judgement, judgement: Judgement) -> bool:
    """Tell whether two judgements say the same; the order of interventions says nothing."""
    same_set = set(before.interventions) == set(judgement.interventions)
    return same_set and replace(before, interventions=()) == replace(judgement, interventions=())


def _withdrawn_before(session: Session, token: str, study_id: int, by: User) -> Decision | None:
    earlier = _by_token(session, _BY_WITHDRAWAL + token)
    if earlier and (earlier.study_id, earlier.decided_by) != (study_id, [by.id]):
        raise Conflict("This form was sent before for another study. Open it again")
    return earlier


def require_unbarred(session: Session, study_id: int) -> None:
    """Refuse to judge that a study counts while nobody has answered what puts its paper in doubt.

    Raises:
        Conflict: what is said, and what can be done.
    """
    if barred := opening.bar(session, study_id):
        raise Conflict(
            f"A paper of this study is said to be {alert_rules.concern(barred.kind)}. Before it "
            f"can be judged to count, somebody answers alert {barred.id}, under “Retractions and "
            "corrections”: exclude the study, wait, or go on with a reason. Nothing was recorded"
        )


def _by_token(session: Session, token: str) -> Decision | None:
    return session.scalar(select(Decision).where(Decision.token == token))


def _require_open(session: Session, study_id: int, given: Sequence[Appraisal], by: User) -> None:
    newest = locking.newest_decision(session, study_id)
    if newest is not None:
        raise Conflict(_was_decided(session, newest))
    if not locking.papers_of(session, study_id):
        raise Conflict("The include of this study was taken back: no paper reports it any more")
    if by.id not in {appraisal.reviewer_id for appraisal in given}:
        return
    if len(given) < _TO_SETTLE:
        raise Conflict("You have appraised this study. Now a second person has to")
    raise Conflict("You are one of the two who differ. A third person has to settle it")


def _was_decided(session: Session, decision: Decision) -> str:
    people = locking.names(session, decision.decided_by) or ["the service, for a retraction,"]
    by = english.listed(people)
    verdict, at = _DECIDED[decision.verdict], locking.when(decision.at)
    return f"This study was {verdict} by {by} on {at}. Nothing was recorded"


def _add(  # noqa: PLR0913 - who, on what, how
    session: Session,
    study_id: int,
    token: str,
    by: User,
    judgement: Judgement,
    *,
    settles: bool,
    at: datetime,
) -> Appraisal:
    answers = {name: getattr(judgement, name) for name in _ANSWERS}
    appraisal = Appraisal(
        **{**answers, "interventions": list(judgement.interventions)},
        token=token,
        study_id=study_id,
        reviewer_id=by.id,
        settles=settles,
        at=at,
    )
    session.add(appraisal)
    session.flush()
    return appraisal


def _decide(
    session: Session, study: Study, given: Sequence[Appraisal], at: datetime
) -> Decision | None:
    """Write the decision that the appraisals lead to, if they lead to one."""
    judgements = [judgement_of(appraisal) for appraisal in given]
    if len(given) < _TO_SETTLE:
        return None
    if len(given) == _TO_SETTLE and not rules.agree(*judgements):
        return None
    last, counted = given[-1], judgements[-1].count_it
    facts = rules.agreed(*judgements)
    decision = Decision(
        token=_BY_APPRAISAL + last.token,
        study_id=study.id,
        verdict=DecisionVerdict.ACCEPT if counted else DecisionVerdict.EXCLUDE,
        reason=rules.grounds(facts, counted=counted, people=len(given)),
        interventions=_concerned(session, facts, judgements),
        facts={
            **rules.versioned(facts),
            "label": study.label,
            "papers": locking.papers_of(session, study.id),
            "said": [_said(appraisal) for appraisal in given],
        },
        decided_by=[appraisal.reviewer_id for appraisal in given],
        at=at,
    )
    record_decision(session, decision)
    return decision


def _concerned(
    session: Session, facts: dict[str, Any], judgements: Sequence[Judgement]
) -> list[str]:
    """Give the agreed interventions; of a study two people leave out, all that either named."""
    if facts["interventions"] is not None:
        return list(facts["interventions"])
    named = [slug for judgement in judgements for slug in judgement.interventions]
    return locking.known_interventions(session, named)


def _said(appraisal: Appraisal) -> dict[str, Any]:
    return {
        "appraisal": appraisal.id,
        "reviewer": appraisal.reviewer_id,
        "settles": appraisal.settles,
        "at": appraisal.at.isoformat(),
        "judgement": rules.as_facts(judgement_of(appraisal)),
    }


def _record_appraisal(session: Session, appraisal: Appraisal, stage: Stage, at: datetime) -> None:
    audit.record(
        session,
        at=at,
        actor=actors.of_user(appraisal.reviewer_id),
        action="study.appraised",
        subject=f"study:{appraisal.study_id}",
        appraisal=appraisal.id,
        settles=appraisal.settles,
        stage=stage.value,
    )


def record_decision(session: Session, decision: Decision) -> None:
    """Add a decision to the ledger, with its line in the audit ledger."""
    session.add(decision)
    session.flush()
    people = decision.decided_by
    audit.record(
        session,
        at=decision.at,
        actor=actors.of_user(people[-1]) if people else opening.ACTOR,
        action=f"study.{_DECIDED[decision.verdict]}",
        subject=f"study:{decision.study_id}",
        decision=decision.id,
        decided_by=decision.decided_by,
        interventions=decision.interventions,
        reason=decision.reason,
    )
