"""The story: from a record to a reader. The only orchestrator; opens no transaction.

Every function here runs inside one transaction of its caller: what it says happens whole, or
not at all. The network is never reached from here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.catalogue.words import CertaintyDomain
from monitor.collecting import (  # offered from here: part of the story
    close_collection,
    close_due,
    invite_services,
    move_last_day,
    remind_services,
)
from monitor.evidence import service as evidence
from monitor.evidence.baseline import papers as baseline_papers
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.table import ReviewTable
from monitor.evidence.certainty import certifying
from monitor.evidence.words import Cause
from monitor.feeds.service import StoredRecord
from monitor.feeds.storage.replaying import ChangedRecord
from monitor.gap.previews.steps import (  # offered from here: what a step would do
    Preview,
    preview,
    preview_counting,
    preview_counting_again,
    preview_withdrawal,
)
from monitor.gap.tables import Change
from monitor.literature import service as literature
from monitor.literature.ingest import reading_ahead, rereading
from monitor.literature.papers.settling import one_at_a_time
from monitor.literature.words import TO_SCREEN, Lane
from monitor.notify import news
from monitor.notify import service as notify
from monitor.notify.export_mail import remind_of_exports  # offered from here, as the incidents
from monitor.notify.incidents.source_trouble import (  # offered from here: part of the story
    comparison_failed,
    fewer_ids,
    query_rewritten,
    remind_admins,
    settle_incident,
    source_failed,
    source_recovered,
)
from monitor.notify.queries import anything_told, readers_told
from monitor.review import service as review
from monitor.review.reading.model import Reading
from monitor.review.tables import Decision, Screening, StudyAlert
from monitor.review.words import ScreeningVerdict
from monitor.service import Service
from monitor.usage import service as usage
from monitor.waves import (  # offered from here: they are part of the story
    draft_from_feed,
    follow_all,
    publish_wave,
    reassess,
    withdraw_wave,
)

__all__ = [  # of others, offered from here beside the functions below
    "Preview",
    "close_collection",
    "close_due",
    "comparison_failed",
    "draft_from_feed",
    "fewer_ids",
    "invite_services",
    "move_last_day",
    "preview",
    "preview_counting",
    "preview_counting_again",
    "preview_withdrawal",
    "publish_wave",
    "query_rewritten",
    "readers_mailed",
    "readers_told",
    "remind_admins",
    "remind_of_exports",
    "remind_services",
    "settle_incident",
    "source_failed",
    "source_recovered",
    "withdraw_wave",
]


def publish_baseline(session: Session, service: Service, *, at: datetime) -> None:
    """Grade the ten from the published review alone, or anew where other policies are in force now.

    Changes nothing when already done. What other policies move is told like any other change, and
    to each reader in one message.
    """
    usage.sync_baseline(session, service.catalogue, at=at)
    causes = {
        slug: evidence.standing_cause(session, service.catalogue, slug)
        for slug in service.catalogue.slugs
    }
    changes = [
        change
        for slug, cause in causes.items()
        if (change := reassess(session, service, slug, cause=cause, at=at))
    ]
    if changes:
        notify.announce(session, service.catalogue, service.settings, changes, at=at)


def change_baseline(
    session: Session, service: Service, table: ReviewTable | None, step: baselines.TableStep
) -> list[Change] | None:
    """Let the review's own table hold, or withdraw it (None), with everything that follows.

    Gives what changed by it; None where the table that is in says the same: nothing happens.
    """
    one_at_a_time(session)
    changed = baseline_papers.change(session, service.catalogue, service.matcher, table, step)
    if changed is None:
        return None
    slugs = service.catalogue.slugs
    changes = follow_all(session, service, slugs, changed.cause, at=step.at)
    heed(session, service, changed.papers, at=step.at)
    return changes


def ingest(
    session: Session, service: Service, stored: Iterable[StoredRecord], *, at: datetime
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
    return review.enqueue(session, baselines.to_screen(session, to_screen), at=at)


def heed(session: Session, service: Service, paper_ids: Sequence[int], *, at: datetime) -> None:
    """Open the alerts that papers give rise to, and follow what the sources have retracted.

    Safe to repeat: each thing said opens one alert, and withdraws and tells once.
    """
    if paper_ids:
        one_at_a_time(session)
    for alert in review.look_for_alerts(session, paper_ids, at):
        if decision := review.withdraw_retracted(session, alert, at):
            follow(session, service, decision, because(session, decision), at=at)


def replay(
    session: Session, service: Service, changed: Iterable[ChangedRecord], *, at: datetime
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
    ahead: reading_ahead.ReadAhead | None = None,
) -> int:
    """Read some papers again that other rules have read, and queue what these left out.

    Studies that an older rule named are named by the present one. Counts the papers read: 0 says
    that none is left. ``ahead``: what was read of them before the transaction began. Of retractions
    as ``replay``.
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

    What is said of an included paper already opens its alerts. What follows for a study that it joins
    is ``story_of_papers.screen``'s.
    """
    included = answer.verdict is ScreeningVerdict.INCLUDE
    if included:
        one_at_a_time(session)  # what comes in meanwhile sees the study, or is seen
    screening = review.screen(session, paper_id=paper_id, token=token, by=by, answer=answer, at=at)
    if included:
        review.look_for_alerts(session, [paper_id], at)
    return screening


def hand_in(
    session: Session,
    service: Service,
    sent: review.SentDecision,
    *,
    reading: Reading,
    because: str = "",
) -> review.Outcome:
    """Record a reading of a study. Nothing counts by it before it is decided (``count``).

    Figures that are hard to believe are asked about first.
    """
    catalogue = service.catalogue
    return review.hand_in(
        session,
        catalogue,
        sent,
        reading=reading,
        direction=evidence.told_direction(reading, catalogue.synthesis),
        because=because,
        asked=evidence.to_confirm(reading, catalogue.synthesis, catalogue.plausible),
    )


def count(
    session: Session, service: Service, sent: review.SentDecision, *, consensus_id: int
) -> Decision:
    """Decide a study by what its appraisals came to, with everything that follows from it."""
    reading = review.consensus_reading(session, sent.study_id)
    shown = preview_counting(session, service.catalogue, sent.study_id)
    decision = review.count(
        session,
        service.catalogue,
        sent,
        consensus_id=consensus_id,
        direction=evidence.told_direction(reading, service.catalogue.synthesis),
        by_a_lead=needs_a_lead(session, service, shown, study_id=sent.study_id),
    )
    follow(session, service, decision, because(session, decision), at=sent.at)
    return decision


def needs_a_lead(
    session: Session, service: Service, previews: Sequence[Preview], *, study_id: int
) -> bool:
    """Tell whether counting a study would mail so many readers that a lead reviewer has to do it."""
    mailed = readers_mailed(session, service, previews, study_id=study_id)
    return mailed > service.settings.review.lead_above_readers


def readers_mailed(
    session: Session, service: Service, previews: Sequence[Preview], *, study_id: int
) -> int:
    """Count the readers whom deciding a study by what its appraisals came to would mail."""
    reading = review.consensus_reading(session, study_id)
    said = reading.in_review if reading else None
    cause = news.CausingStudy(
        in_review=evidence.may_be_in_review(session, service.catalogue, study_id, said),
        leaves=reading is not None and not reading.count_it,
        told=anything_told(session, study_id),
    )
    return readers_told(session, previews, cause)


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
    follow(session, service, decision, because(session, decision), at=at)
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
        follow(session, service, decision, because(session, decision), at=at)
    elif outcome is review.AlertOutcome.COUNT_AGAIN:  # one of the review's own, not judged here
        slugs, cause = baselines.counted_again(session, alert.study_id, reason)
        follow_all(session, service, slugs, cause, at=at)
    return alert


def certify(
    session: Session,
    service: Service,
    sent: certifying.SentCertainty,
    *,
    downgrades: Mapping[CertaintyDomain, int],
    reasons: Mapping[CertaintyDomain, str],
) -> certifying.Certified:
    """Record what a person says of how sure a label is, with everything that follows from it."""
    said = certifying.certify(
        session, service.catalogue, sent, downgrades=downgrades, reasons=reasons
    )
    if said.confirmed:
        cause = Cause("certainty", certifying.why(service.catalogue, said), said.confirmed.id)
        follow_all(session, service, [sent.slug], cause, at=sent.at)
    return said


def follow(
    session: Session, service: Service, decision: Decision, cause: Cause, *, at: datetime
) -> None:
    """Re-grade and reassess what a decision concerns, and tell the readers. Safe to repeat."""
    follow_all(session, service, baselines.concerned(session, decision), cause, at=at)


def because(session: Session, decision: Decision) -> Cause:
    """Say why something changes with a decision, as ledgers keep it and readers read it."""
    kind, words = review.why(session, decision)
    return Cause(kind, words, decision.id)
