"""Assess the gap and keep the ledgers of gaps and changes. Appends; never edits, never commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue, GapPolicy
from monitor.catalogue.words import Certainty, UsageBand
from monitor.evidence import queries as evidence_queries
from monitor.evidence.certainty import views as certainty_views
from monitor.evidence.rules import Grade
from monitor.evidence.tables import GradeRow
from monitor.evidence.words import Cause
from monitor.gap import queries, use_changes
from monitor.gap.rules import State, assess, band, changed, sentence
from monitor.gap.tables import Change, GapRow
from monitor.kernel import audit
from monitor.kernel.language.uk import uk_day_of
from monitor.usage import service as usage
from monitor.usage.bands import band_of_share
from monitor.usage.standing import Observation


def preview(session: Session, catalogue: Catalogue, slug: str, grade: Grade) -> State:
    """Give the state that a grade would bring about. Changes nothing."""
    newest = queries.newest(session, slug)
    stands = State.from_dict(newest.after).certainty if newest else {}
    return state_of(catalogue.gap, grade, usage.latest(session, slug), stands)


def preview_use(
    catalogue: Catalogue, grade: Grade, observation: Observation | None, before: State
) -> State:
    """Give the state that a grade and a statement of use would bring about together."""
    return state_of(catalogue.gap, grade, observation, before.certainty)


def reassess(
    session: Session,
    catalogue: Catalogue,
    slug: str,
    *,
    grade: GradeRow,
    cause: Cause,
    at: datetime,
) -> Change | None:
    """Assess the gap of a grade; record the gap and the change where anything differs.

    The first change of an intervention is its baseline: it has no ``before`` and no kinds.

    Raises:
        NotFound: no such intervention.
    """
    name = catalogue.intervention(slug).name
    observation = usage.latest(session, slug)
    sure = certainty_views.confirmed(session, catalogue, slug, uk_day_of(at).date)
    after = state_of(catalogue.gap, evidence_queries.as_grade(grade), observation, sure)
    why = {"cause_kind": cause.kind, "cause_id": cause.id, "cause": cause.words, "at": at}
    verdict = {
        "policy": catalogue.gap.version,
        "kind": after.kind,
        "sentence": after.sentence,
        "band": after.band,
        "grade_id": grade.id,
        "usage_id": observation.id if observation else None,
    }
    _append_gap(session, slug, verdict, why)
    newest = queries.newest(session, slug)
    before = State.from_dict(newest.after) if newest else None
    if before == after:
        return None
    change = Change(
        slug=slug,
        kinds=[kind.value for kind in changed(before, after)],
        before=before.to_dict() if before else None,
        after=after.to_dict(),
        sentence=_sentence(name, before, after, cause),
        **why,
    )
    session.add(change)
    session.flush()
    _audit(session, change)
    return change


def state_of(
    policy: GapPolicy,
    grade: Grade,
    observation: Observation | None,
    sure: Mapping[str, Certainty],
) -> State:
    """Put a state together from a grade, what is known of use, and what people confirmed. Pure."""
    used = _band(policy, observation)
    verdict = assess(policy, grade.tier, grade.direction, used)
    studies = grade.facts["studies"]
    return State(
        tier=grade.tier,
        tier_low=grade.low,
        tier_high=grade.high,
        settled=grade.settled,
        direction=grade.direction,
        studies=(studies.lo, studies.hi),
        band=used,
        ranks=tuple(observation.ranks) if observation else (),
        out_of=observation.out_of if observation else None,
        usage_words=observation.words if observation else None,
        kind=verdict.kind,
        sentence=verdict.sentence,
        said=grade.said,
        shows=grade.shows,
        certainty=dict(sure),
        use=observation.figure if observation else None,
    )


def _sentence(name: str, before: State | None, after: State, cause: Cause) -> str:
    if cause.kind in use_changes.OF_WAVES:
        return use_changes.sentence(name, before, after, cause.words, cause.kind)
    return sentence(name, before, after, cause.words)


def _band(policy: GapPolicy, observation: Observation | None) -> UsageBand:
    if observation is None:
        return UsageBand.UNKNOWN
    if observation.share is not None:
        used = band_of_share(policy, observation.share)
        # a policy of before intervals has no band for one that lies in two
        return used if used in policy.bands else UsageBand.UNKNOWN
    # ranks among another number of interventions say nothing to this policy
    ranks = observation.ranks if observation.out_of == policy.out_of else ()
    return band(policy, ranks, observation.words)


def _append_gap(session: Session, slug: str, verdict: dict[str, Any], why: dict[str, Any]) -> None:
    newest = queries.newest_gap(session, slug)
    if newest and all(getattr(newest, name) == value for name, value in verdict.items()):
        return
    session.add(GapRow(slug=slug, **verdict, **why))
    session.flush()


def _audit(session: Session, change: Change) -> None:
    audit.record(
        session,
        at=change.at,
        actor="job:gap",
        action="change.recorded",
        subject=f"intervention:{change.slug}",
        change=change.id,
        kinds=change.kinds,
        cause_kind=change.cause_kind,
        cause_id=change.cause_id,
    )
