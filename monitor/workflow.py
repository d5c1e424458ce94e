"""The story: from a record to a reader. The only orchestrator; opens no transaction.

Every function here runs inside one transaction of its caller: what it says happens whole, or
not at all. The network is never reached from here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.catalogue.loader import Catalogue
from monitor.evidence import service as evidence
from monitor.evidence.words import Cause
from monitor.feeds import incidents
from monitor.feeds.records import Query
from monitor.feeds.replaying import Changed
from monitor.feeds.service import StoredRecord
from monitor.gap import queries as gap_queries
from monitor.gap import service as gaps
from monitor.gap.rules import State
from monitor.gap.tables import Change
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.settings import Settings
from monitor.literature import rereading
from monitor.literature import service as literature
from monitor.literature.matching import Matcher
from monitor.literature.words import TO_SCREEN, Lane
from monitor.notify import service as notify
from monitor.review import service as review
from monitor.review.rules import Judgement
from monitor.review.tables import Decision, Screening, StudyAlert
from monitor.review.words import DecisionVerdict, ExclusionReason, Verdict
from monitor.usage import service as usage


@dataclass(frozen=True, slots=True)
class Preview:
    """What accepting, or withdrawing, a study would do to one intervention."""

    slug: str
    name: str
    before: State
    after: State


def publish_baseline(session: Session, catalogue: Catalogue, *, at: datetime) -> None:
    """Grade the ten from the published review alone; changes nothing when already done."""
    usage.sync_baseline(session, catalogue, at=at)
    cause = Cause("baseline", f"Published: {catalogue.review.citation}")
    for slug in catalogue.slugs:
        _reassess(session, catalogue, slug, cause=cause, at=at)


def ingest(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    matcher: Matcher,
    stored: Iterable[StoredRecord],
    *,
    at: datetime,
) -> int:
    """Turn records into papers and queue each relevant paper once; count the newly queued.

    What they say of a study's papers opens alerts; a retraction of all its results withdraws it
    at once, with everything that follows from that.
    """
    taken = literature.ingest(session, list(stored), matcher, at)
    queued = _queue(session, taken, at=at)
    heed(session, catalogue, settings, [one.paper_id for one in taken if one.told], at=at)
    return queued


def _queue(
    session: Session, taken: Iterable[literature.Ingested | rereading.Reread], *, at: datetime
) -> int:
    """Give papers their place in the queue; counts those that had none."""
    to_screen: dict[int, None] = {}
    notices: dict[int, None] = {}
    for paper in taken:
        if paper.merged:
            kept, gone = paper.merged
            review.follow_merge(session, kept=kept, gone=gone, at=at)
            review.move_alerts(session, kept=kept, gone=gone, at=at)
            to_screen.pop(gone, None)
        if paper.lane in TO_SCREEN:
            to_screen[paper.paper_id] = None
        elif paper.lane is Lane.NOTICE:
            to_screen.pop(paper.paper_id, None)
            notices[paper.paper_id] = None
    review.set_aside(session, list(notices), at=at)
    return review.enqueue(session, list(to_screen), at=at)


def heed(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    paper_ids: Sequence[int],
    *,
    at: datetime,
) -> None:
    """Open the alerts that papers give rise to, and follow what the sources have retracted.

    Safe to repeat: each thing said opens one alert, and withdraws and tells once.
    """
    for alert in review.look_for_alerts(session, paper_ids, at):
        if decision := review.withdraw_retracted(session, alert, at):
            _follow(session, catalogue, settings, decision, at=at)


def replay(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    matcher: Matcher,
    changed: Iterable[Changed],
    *,
    at: datetime,
) -> tuple[int, int]:
    """Bring papers in line with records that were read again; count those changed, and queued.

    What people decided stands as it was, save where a mended reader finds that a study that
    counts was retracted: then it is withdrawn and readers are told, as when a source says it.
    """
    found = [
        one
        for record in changed
        if (
            one := rereading.reread(
                session, record_id=record.record_id, before=record.before, matcher=matcher, at=at
            )
        )
    ]
    queued = _queue(session, found, at=at)
    heed(session, catalogue, settings, [one.paper_id for one in found if one.told], at=at)
    return sum(one.changed for one in found), queued


def read_by_new_rules(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    matcher: Matcher,
    *,
    limit: int,
    at: datetime,
) -> int:
    """Read some papers again that older rules have read, and queue what these left out.

    Counts the papers read: 0 says that none is left. Of retractions as ``replay``.
    """
    found = rereading.read_by_new_rules(session, matcher, limit=limit, at=at)
    _queue(session, found, at=at)
    heed(session, catalogue, settings, [one.paper_id for one in found if one.told], at=at)
    return len(found)


def source_failed(
    session: Session, settings: Settings, source: str, error: SourceError, at: datetime
) -> None:
    """Open an incident and tell the admins, or count one more failure of the open one."""
    noted = incidents.open_or_update(session, source, incidents.POLL, error.kind, str(error), at)
    _tell_if_new(session, settings, noted, at)


def source_recovered(
    session: Session, settings: Settings, source: str, at: datetime, topic: str = incidents.POLL
) -> None:
    """End the open incident of a topic, if there is one, and tell the admins."""
    ended = incidents.close(session, source, topic, incidents.ACTOR, at)
    _tell_of_end(session, settings, ended, at)


def query_rewritten(
    session: Session, settings: Settings, source: str, query: Query, at: datetime
) -> None:
    """Open an incident, since a source reads a query in another way than before."""
    words = f"it reads {_named(query)} in another way than before"
    topic = incidents.query_topic(query.key)
    noted = incidents.open_or_update(session, source, topic, SourceFault.QUERY_CHANGED, words, at)
    _tell_if_new(session, settings, noted, at)


def fewer_ids(
    session: Session, settings: Settings, source: str, query: Query, at: datetime
) -> None:
    """Open an incident, since a source lists too few records to be believed."""
    words = f"it lists far fewer records than before for {_named(query)}"
    noted = incidents.open_or_update(
        session, source, incidents.COMPARISON, SourceFault.FEWER_IDS, words, at
    )
    _tell_if_new(session, settings, noted, at)


def settle_incident(
    session: Session, settings: Settings, incident_id: int, *, by: User, at: datetime
) -> None:
    """End an incident on an admin's word, and tell the admins. Safe to repeat.

    Raises:
        NotFound: there is no such incident.
        Conflict: only the source can end it.
    """
    ended = incidents.acknowledge(session, incident_id, f"user:{by.id}", at)
    _tell_of_end(session, settings, ended, at)


def remind_admins(session: Session, settings: Settings, at: datetime) -> int:
    """Tell the admins of every incident they have not heard of for a day; counts the incidents."""
    due = incidents.due_reminders(session, at)
    for incident in due:
        phase = notify.Phase.REMINDER if incident.told_at else notify.Phase.OPENED
        _tell(session, settings, incident, phase, at)
    return len(due)


def _tell_if_new(
    session: Session, settings: Settings, noted: incidents.Noted, at: datetime
) -> None:
    if noted.opened:
        _tell(session, settings, noted.incident, notify.Phase.OPENED, at)


def _tell_of_end(
    session: Session, settings: Settings, ended: incidents.IncidentView | None, at: datetime
) -> None:
    """Tell of an end whoever may have been told of the beginning."""
    if ended and ended.told_at:
        notify.alert(session, settings, ended, notify.Phase.RECOVERED, at)


def _tell(
    session: Session,
    settings: Settings,
    incident: incidents.IncidentView,
    phase: notify.Phase,
    at: datetime,
) -> None:
    """Tell the admins; where there is none, the next reminder tries again."""
    if notify.alert(session, settings, incident, phase, at):
        incidents.note_told(session, incident.id, at)


def _named(query: Query) -> str:
    """Name a query in a message; never by its key, which may be an address."""
    return f"the query for {query.intervention}" if query.intervention else "one of its queries"


def screen(  # noqa: PLR0913 - the form's fields
    session: Session,
    *,
    paper_id: int,
    token: str,
    by: User,
    verdict: Verdict,
    reason: ExclusionReason | None,
    interventions: Sequence[str],
    note: str,
    version: int,
    study_id: int | None,
    at: datetime,
) -> Screening:
    """Record a screening verdict; an included paper becomes a study to appraise.

    What is said of an included paper already opens its alerts.
    """
    screening = review.screen(
        session,
        paper_id=paper_id,
        token=token,
        by=by,
        verdict=verdict,
        reason=reason,
        interventions=interventions,
        note=note,
        version=version,
        study_id=study_id,
        at=at,
    )
    if verdict is Verdict.INCLUDE:
        review.look_for_alerts(session, [paper_id], at)
    return screening


def preview(
    session: Session, catalogue: Catalogue, *, study_id: int, judgement: Judgement
) -> list[Preview]:
    """Tell what accepting the study with this judgement would do. Changes nothing."""
    if not judgement.count_it:
        return []
    facts = evidence.study_facts(session, study_id, judgement)
    return [
        _preview(session, catalogue, slug, evidence.preview(session, catalogue, slug, adding=facts))
        for slug in judgement.interventions
    ]


def preview_withdrawal(session: Session, catalogue: Catalogue, *, study_id: int) -> list[Preview]:
    """Tell what withdrawing an accepted study would do. Changes nothing."""
    decision = review.accepting_decision(session, study_id)
    return [
        _preview(
            session, catalogue, slug, evidence.preview(session, catalogue, slug, without=study_id)
        )
        for slug in decision.interventions
    ]


def appraise(  # noqa: PLR0913 - who, on what, how
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    *,
    study_id: int,
    token: str,
    by: User,
    judgement: Judgement,
    at: datetime,
) -> review.AppraisalOutcome:
    """Record an appraisal; when it decides the study, everything that follows from it too."""
    outcome = review.appraise(
        session, study_id=study_id, token=token, by=by, judgement=judgement, at=at
    )
    if outcome.decision:
        _follow(session, catalogue, settings, outcome.decision, at=at)
    return outcome


def withdraw(  # noqa: PLR0913 - who, what, why
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    *,
    study_id: int,
    token: str,
    reason: str,
    by: User,
    at: datetime,
) -> Decision:
    """Stop counting an accepted study, with everything that follows from it."""
    decision = review.withdraw(session, study_id=study_id, token=token, reason=reason, by=by, at=at)
    _follow(session, catalogue, settings, decision, at=at)
    return decision


def settle_alert(  # noqa: PLR0913 - who, what, why
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    *,
    alert_id: int,
    outcome: review.AlertOutcome,
    token: str,
    reason: str,
    by: User,
    at: datetime,
) -> StudyAlert:
    """Record what a person makes of an alert, with everything that follows from it."""
    alert, decision = review.settle_alert(
        session, alert_id=alert_id, outcome=outcome, token=token, reason=reason, by=by, at=at
    )
    if decision:
        _follow(session, catalogue, settings, decision, at=at)
    return alert


def preview_counting_again(
    session: Session, catalogue: Catalogue, *, study_id: int
) -> list[Preview]:
    """Tell what counting a withdrawn study again would do. Changes nothing."""
    judgement = review.withdrawn_judgement(session, study_id)
    return preview(session, catalogue, study_id=study_id, judgement=judgement)


def _follow(
    session: Session, catalogue: Catalogue, settings: Settings, decision: Decision, *, at: datetime
) -> None:
    """Re-grade and reassess what a decision concerns, and tell the readers. Safe to repeat."""
    cause = _cause(session, decision)
    changes = [
        change
        for slug in decision.interventions
        if (change := _reassess(session, catalogue, slug, cause=cause, at=at))
    ]
    if changes:
        notify.announce(session, catalogue, settings, changes, at=at)


def _reassess(
    session: Session, catalogue: Catalogue, slug: str, *, cause: Cause, at: datetime
) -> Change | None:
    grade = evidence.regrade(session, catalogue, slug, cause=cause, at=at)
    return gaps.reassess(session, catalogue, slug, grade=grade, cause=cause, at=at)


def _cause(session: Session, decision: Decision) -> Cause:
    label, reason = review.study_label(session, decision.study_id), decision.reason
    if decision.verdict is DecisionVerdict.WITHDRAW and decision.facts.get("retraction"):
        said = reason if reason.startswith("Retracted: ") else f"Retracted: {reason}"
        return Cause("retraction", f"{label} was {said[0].lower()}{said[1:]}", decision.id)
    if decision.verdict is DecisionVerdict.WITHDRAW:
        return Cause("withdrawal", f"{label} is no longer counted: {reason}", decision.id)
    if "reinstates" in decision.facts:
        return Cause("reinstatement", f"{label} is counted again: {reason}", decision.id)
    people = {2: "two", 3: "three"}.get(len(decision.decided_by), str(len(decision.decided_by)))
    verb = "accepted" if decision.verdict is DecisionVerdict.ACCEPT else "not counted"
    return Cause("decision", f"{label} was {verb} by {people} reviewers", decision.id)


def _preview(session: Session, catalogue: Catalogue, slug: str, grade: evidence.Grade) -> Preview:
    return Preview(
        slug=slug,
        name=catalogue.intervention(slug).name,
        before=gap_queries.state(session, slug),
        after=gaps.preview(session, catalogue, slug, grade),
    )
