"""The story: from a record to a reader. The only orchestrator; opens no transaction.

Every function here runs inside one transaction of its caller: what it says happens whole, or
not at all. The network is never reached from here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.evidence import service as evidence
from monitor.evidence.words import Cause
from monitor.feeds.service import StoredRecord
from monitor.feeds.storage.replaying import Changed
from monitor.gap import service as gaps
from monitor.gap.previews import (  # offered from here: what a step would do
    Preview,
    preview,
    preview_counting,
    preview_counting_again,
    preview_withdrawal,
)
from monitor.gap.tables import Change
from monitor.literature import service as literature
from monitor.literature.ingest import rereading
from monitor.literature.papers.settling import one_at_a_time
from monitor.literature.words import TO_SCREEN, Lane
from monitor.notify import service as notify
from monitor.notify.export_mail import remind_of_exports  # offered from here, as the incidents
from monitor.notify.incidents import (  # offered from here: they are part of the story
    comparison_failed,
    fewer_ids,
    query_rewritten,
    remind_admins,
    settle_incident,
    source_failed,
    source_recovered,
)
from monitor.notify.queries import readers_told
from monitor.review import service as review
from monitor.review.reading.model import Reading
from monitor.review.tables import Decision, Screening, StudyAlert
from monitor.review.words import ScreeningVerdict
from monitor.service import Service
from monitor.usage import service as usage

__all__ = [
    "Preview",
    "comparison_failed",
    "count",
    "fewer_ids",
    "hand_in",
    "heed",
    "ingest",
    "merge_papers",
    "needs_a_lead",
    "preview",
    "preview_counting",
    "preview_counting_again",
    "preview_withdrawal",
    "publish_baseline",
    "query_rewritten",
    "read_by_new_rules",
    "readers_told",
    "remind_admins",
    "remind_of_exports",
    "replay",
    "screen",
    "settle_alert",
    "settle_incident",
    "settle_link",
    "source_failed",
    "source_recovered",
    "undo_merge",
    "withdraw",
]


def publish_baseline(session: Session, service: Service, *, at: datetime) -> None:
    """Grade the ten from the published review alone; changes nothing when already done."""
    usage.sync_baseline(session, service.catalogue, at=at)
    cause = Cause("baseline", f"Published: {service.catalogue.review.citation}")
    for slug in service.catalogue.slugs:
        _reassess(session, service, slug, cause=cause, at=at)


def ingest(
    session: Session,
    service: Service,
    stored: Iterable[StoredRecord],
    *,
    at: datetime,
) -> int:
    """Turn records into papers and queue each relevant paper once; count the newly queued.

    What they say of a study's papers opens alerts; a retraction of all its results withdraws it
    at once, with everything that follows from that.
    """
    taken = literature.ingest(session, list(stored), service.matcher, at)
    return _receive(session, service, taken, at)


def _receive(
    session: Session,
    service: Service,
    taken: Sequence[literature.Ingested | rereading.Reread],
    at: datetime,
) -> int:
    """Queue papers and heed what is said of studies; counts the papers that had no place."""
    queued = _queue(session, taken, at)
    heed(session, service, [result.paper_id for result in taken if result.told], at=at)
    return queued


def _queue(
    session: Session, taken: Sequence[literature.Ingested | rereading.Reread], at: datetime
) -> int:
    """Give papers their place in the queue; counts those that had none."""
    to_screen: dict[int, None] = {}
    notices: dict[int, None] = {}
    for paper in taken:
        if paper.merged:
            kept, gone = paper.merged
            review.follow_merge(session, kept=kept, gone=gone, at=at)
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
    service: Service,
    paper_ids: Sequence[int],
    *,
    at: datetime,
) -> None:
    """Open the alerts that papers give rise to, and follow what the sources have retracted.

    Safe to repeat: each thing said opens one alert, and withdraws and tells once.
    """
    if paper_ids:
        one_at_a_time(session)
    for alert in review.look_for_alerts(session, paper_ids, at):
        if decision := review.withdraw_retracted(session, alert, at):
            _follow(session, service, decision, _because(session, decision), at=at)


def replay(
    session: Session,
    service: Service,
    changed: Iterable[Changed],
    *,
    at: datetime,
) -> tuple[int, int]:
    """Bring papers in line with records that were read again; count those changed, and queued.

    What people decided stands as it was, save where a mended reader finds that a study that
    counts was retracted: then it is withdrawn and readers are told, as when a source says it.
    """
    rereads = [
        reread
        for record in changed
        if (
            reread := rereading.reread(
                session,
                record_id=record.record_id,
                before=record.before,
                matcher=service.matcher,
                at=at,
            )
        )
    ]
    queued = _receive(session, service, rereads, at)
    return sum(reread.changed for reread in rereads), queued


def read_by_new_rules(
    session: Session,
    service: Service,
    *,
    limit: int,
    at: datetime,
    ahead: rereading.ReadAhead | None = None,
) -> int:
    """Read some papers again that other rules have read, and queue what these left out.

    Studies that an older rule named are named by the present one.

    Counts the papers read: 0 says that none is left. ``ahead``: what was read of them before the
    transaction began. Of retractions as ``replay``.
    """
    rereads = rereading.read_by_new_rules(session, service.matcher, limit=limit, at=at, ahead=ahead)
    _receive(session, service, rereads, at)
    papers = [reread.paper_id for reread in rereads]
    literature.rename_by_rule(session, papers, by="job:renew", at=at)
    return len(rereads)


def screen(
    session: Session,
    *,
    paper_id: int,
    token: str,
    by: User,
    answer: review.ScreeningAnswer,
    at: datetime,
) -> Screening:
    """Record a screening verdict; an included paper becomes a study to appraise.

    What is said of an included paper already opens its alerts.
    """
    included = answer.verdict is ScreeningVerdict.INCLUDE
    if included:
        one_at_a_time(session)  # what comes in meanwhile sees the study, or is seen
    screening = review.screen(session, paper_id=paper_id, token=token, by=by, answer=answer, at=at)
    if included:
        review.look_for_alerts(session, [paper_id], at)
    return screening


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


def _follow_papers(
    session: Session,
    service: Service,
    settled: review.Settled,
    *,
    at: datetime,
) -> review.Settled:
    """Re-grade what counts and has other papers now, heed what is said of these, tell readers."""
    for decision in review.accepting(session, settled.studies):
        words = f"{review.study_label(session, decision.study_id)}: {settled.why}"
        cause = Cause("papers", words, decision.study_id)
        _follow(session, service, decision, cause, at=at)
    heed(session, service, settled.papers, at=at)
    return settled


def hand_in(
    session: Session,
    service: Service,
    sent: review.Sent,
    *,
    reading: Reading,
    because: str = "",
) -> review.Outcome:
    """Record a reading of a study. Nothing counts by it before it is decided (``count``)."""
    return review.hand_in(
        session,
        service.catalogue,
        sent,
        reading=reading,
        direction=evidence.told_direction(reading, service.catalogue.synthesis),
        because=because,
    )


def count(session: Session, service: Service, sent: review.Sent, *, consensus_id: int) -> Decision:
    """Decide a study by what its appraisals came to, with everything that follows from it."""
    reading = review.consensus_reading(session, sent.study_id)
    shown = preview_counting(session, service.catalogue, sent.study_id)
    decision = review.count(
        session,
        service.catalogue,
        sent,
        consensus_id=consensus_id,
        direction=evidence.told_direction(reading, service.catalogue.synthesis),
        by_a_lead=needs_a_lead(session, service, shown),
    )
    _follow(session, service, decision, _because(session, decision), at=sent.at)
    return decision


def needs_a_lead(session: Session, service: Service, previews: Sequence[Preview]) -> bool:
    """Tell whether a decision would tell so many readers that a lead reviewer has to take it."""
    return readers_told(session, previews) > service.settings.review.lead_above_readers


def withdraw(  # noqa: PLR0913 - who, what, why
    session: Session,
    service: Service,
    *,
    study_id: int,
    token: str,
    reason: str,
    by: User,
    at: datetime,
) -> Decision:
    """Stop counting an accepted study, with everything that follows from it."""
    decision = review.withdraw(session, study_id=study_id, token=token, reason=reason, by=by, at=at)
    _follow(session, service, decision, _because(session, decision), at=at)
    return decision


def settle_alert(  # noqa: PLR0913 - who, what, why
    session: Session,
    service: Service,
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
        _follow(session, service, decision, _because(session, decision), at=at)
    return alert


def _follow(
    session: Session,
    service: Service,
    decision: Decision,
    cause: Cause,
    *,
    at: datetime,
) -> None:
    """Re-grade and reassess what a decision concerns, and tell the readers. Safe to repeat."""
    changes = [
        change
        for slug in review.concerned(session, decision)
        if (change := _reassess(session, service, slug, cause=cause, at=at))
    ]
    if changes:
        notify.announce(session, service.catalogue, service.settings, changes, at=at)


def _because(session: Session, decision: Decision) -> Cause:
    kind, words = review.why(session, decision)
    return Cause(kind, words, decision.id)


def _reassess(
    session: Session, service: Service, slug: str, *, cause: Cause, at: datetime
) -> Change | None:
    grade = evidence.regrade(session, service.catalogue, slug, cause=cause, at=at)
    return gaps.reassess(session, service.catalogue, slug, grade=grade, cause=cause, at=at)
