"""Decisions on studies: counted by what their appraisals came to, left out, withdrawn, told of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import FindingDirection, InReview
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, NotFound
from monitor.kernel.language import english
from monitor.literature.papers import regrouping
from monitor.literature.tables import Study
from monitor.review import locking, rules
from monitor.review.alerts import opening
from monitor.review.alerts import rules as alert_rules
from monitor.review.appraisal import given, rounds
from monitor.review.reading import summary
from monitor.review.reading.model import Reading, from_json, interventions, to_json
from monitor.review.tables import Appraisal, Consensus, Decision
from monitor.review.words import DecisionVerdict, found

# A decision's token is made of the form's that led to it: one form, one decision.
_BY_WITHDRAWAL = "withdrawal:"
_BY_COUNTING = "counting:"
RETRACTED = "Retracted: "  # what the reason begins with where sources said so
_DECIDED = {
    DecisionVerdict.ACCEPT: "accepted",
    DecisionVerdict.EXCLUDE: "excluded",
    DecisionVerdict.WITHDRAW: "withdrawn",
}


@dataclass(frozen=True, slots=True)
class SentDecision:
    """A form that somebody sent about a study; ``token``: one form, one effect."""

    study_id: int
    token: str
    by: User
    at: datetime


def count(
    session: Session,
    catalogue: Catalogue,
    sent: SentDecision,
    *,
    consensus: Consensus,
    direction: FindingDirection | None,
) -> Decision:
    """Decide a study as its appraisals came to; a study that counted and should not is withdrawn.

    ``direction`` is what the main result says. The study is held, and the form is one that was
    not sent before.

    Raises:
        Conflict: nobody has answered what is said of a paper of it.
    """
    reading = from_json(consensus.reading)
    if reading.count_it:
        require_unbarred(session, consensus.study_id)
    standing = locking.newest_decision(session, consensus.study_id)
    facts = _facts(session, catalogue, consensus, reading, direction)
    decision = Decision(
        token=_BY_COUNTING + sent.token,
        study_id=consensus.study_id,
        verdict=_verdict(reading, standing),
        reason=rules.grounds(facts, counted=bool(reading.count_it), how=consensus.how),
        interventions=_concerned(session, consensus, reading, standing),
        facts=facts | ({"supersedes": standing.id} if standing else {}),
        decided_by=list(dict.fromkeys([*consensus.people, sent.by.id])),
        at=sent.at,
    )
    record_decision(session, decision)
    rounds.close(session, consensus.study_id, sent.at)
    stage = locking.stage_of(session, consensus.study_id)
    locking.move_study(session, consensus.study_id, stage, sent.at)
    return decision


def counted_before(session: Session, token: str, study_id: int) -> Decision | None:
    """Give the decision that a form has led to already; None: it was not sent before.

    Raises:
        Conflict: it was sent for another study.
    """
    earlier = _by_token(session, _BY_COUNTING + token)
    if earlier and earlier.study_id != study_id:
        raise Conflict("This form was sent before for another study. Open it again")
    return earlier


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
    locking.move_study(session, accepted.study_id, locking.stage_of(session, accepted.study_id), at)
    return decision


def count_again(
    session: Session, withdrawn: Decision, *, token: str, reason: str, by: User, at: datetime
) -> Decision:
    """Count a withdrawn study again, by the judgement that had made it count."""
    accepted = session.get_one(Decision, withdrawn.facts["withdraws"])
    decision = Decision(
        token=token,
        study_id=withdrawn.study_id,
        verdict=DecisionVerdict.ACCEPT,
        reason=reason,
        interventions=accepted.interventions,
        facts={**accepted.facts, "reinstates": withdrawn.id},
        decided_by=[by.id],
        at=at,
    )
    record_decision(session, decision)
    stage = locking.stage_of(session, decision.study_id)
    locking.move_study(session, decision.study_id, stage, at)
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
        raise Conflict(was_decided(session, newest))
    return newest


def accepting(session: Session, study_ids: Sequence[int]) -> list[Decision]:
    """Give the decisions by which some studies count now; those that do not count are left out."""
    newest = [locking.newest_decision(session, study_id) for study_id in study_ids]
    return [one for one in newest if one and one.verdict is DecisionVerdict.ACCEPT]


def counted_for(session: Session, study_id: int) -> list[str]:
    """List the interventions that a study counts for now; none where it does not count."""
    newest = locking.newest_decision(session, study_id)
    counts = newest is not None and newest.verdict is DecisionVerdict.ACCEPT
    return list(newest.interventions) if newest and counts else []


def concerned(session: Session, decision: Decision) -> list[str]:
    """List the interventions that a decision moves: its own, and those of the one it takes over."""
    before = decision.facts.get("supersedes")
    earlier = session.get(Decision, before) if before else None
    return list(
        dict.fromkeys([*decision.interventions, *(earlier.interventions if earlier else ())])
    )


def why(session: Session, decision: Decision) -> tuple[str, str]:
    """Say to readers why something changes with a decision: its kind, and in words."""
    label, reason = study_label(session, decision.study_id), decision.reason
    leaves = decision.verdict is not DecisionVerdict.ACCEPT
    if decision.verdict is DecisionVerdict.WITHDRAW and not decision.facts.get("retraction"):
        return "withdrawal", f"{label} is no longer counted: {reason}"
    if leaves and decision.facts.get("retraction"):
        return "retraction", f"{label} was retracted: {reason.removeprefix(RETRACTED)}"
    if "reinstates" in decision.facts:
        return "reinstatement", f"{label} is counted again: {reason}"
    people = len(decision.decided_by)
    reviewers = f"{english.number(people)} reviewer{'s' if people > 1 else ''}"
    if leaves:
        return "decision", f"{label} was not counted by {reviewers}"
    # what it found comes before what was done with it
    finding = found(rules.direction_of(decision.facts))
    return "decision", f"{label} {finding}; {reviewers} accepted it{_unsure(decision)}"


def _unsure(decision: Decision) -> str:
    """Say of a study of unknown standing that it is so: it may be no news."""
    said = (decision.facts.get("reading") or {}).get("in_review")
    if said != InReview.UNKNOWN:
        return ""
    return "; whether it is among the 2023 review’s own studies is not known"


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


def was_decided(session: Session, decision: Decision) -> str:
    """Say what was decided on a study, by whom and when."""
    people = locking.names(session, decision.decided_by) or ["the service, for a retraction,"]
    by = english.listed(people)
    verdict, at = _DECIDED[decision.verdict], locking.when(decision.at)
    return f"This study was {verdict} by {by} on {at}. Nothing was recorded"


def no_paper(session: Session, study_id: int) -> str:
    """Say why no paper reports a study any more: its include was taken back, or it is part of another."""
    now = regrouping.current_study(session, study_id)
    if now == study_id:
        return "No paper reports this study any more: its include was taken back"
    own, label = (study_label(session, number) for number in (study_id, now))
    return f"“{own}” is one study with “{label}” now: open that one. Nothing was recorded"


def _verdict(reading: Reading, standing: Decision | None) -> DecisionVerdict:
    if reading.count_it:
        return DecisionVerdict.ACCEPT
    counts = standing is not None and standing.verdict is DecisionVerdict.ACCEPT
    return DecisionVerdict.WITHDRAW if counts else DecisionVerdict.EXCLUDE


def _facts(
    session: Session,
    catalogue: Catalogue,
    consensus: Consensus,
    reading: Reading,
    direction: FindingDirection | None,
) -> dict[str, Any]:
    judgement = summary.judgement(reading, catalogue.tool_by_reference, direction)
    said = given.pair(session, consensus.study_id, consensus.round)
    return {
        **rules.versioned(rules.as_facts(judgement)),
        "reading": to_json(reading),
        "round": consensus.round,
        "consensus": consensus.id,
        "how": consensus.how.value,
        "because": consensus.reason,
        "differences": consensus.differences,
        "label": study_label(session, consensus.study_id),
        "papers": locking.papers_of(session, consensus.study_id),
        "said": [_said(appraisal) for appraisal in said],
    }


def _concerned(
    session: Session, consensus: Consensus, reading: Reading, standing: Decision | None
) -> list[str]:
    """Give the interventions of a study; of one left out, all that anybody named."""
    named = interventions(reading)
    if not named:
        pair = given.pair(session, consensus.study_id, consensus.round)
        named = tuple(
            slug for appraisal in pair for slug in interventions(given.reading_of(appraisal))
        )
    if not named and standing is not None:
        named = tuple(standing.interventions)
    return locking.known_interventions(session, named)


def _said(appraisal: Appraisal) -> dict[str, Any]:
    return {
        "appraisal": appraisal.id,
        "reviewer": appraisal.reviewer_id,
        "settles": appraisal.settles,
        "at": appraisal.at.isoformat(),
        "judgement": rules.as_facts(given.judgement_of(appraisal)),
    }


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
