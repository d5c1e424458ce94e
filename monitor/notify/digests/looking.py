"""Where we looked in a period: the proof that stands in a digest, frozen as JSON. Reads only."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.feeds import incidents
from monitor.feeds import queries as feeds
from monitor.feeds.completeness import days
from monitor.feeds.tables import Incident
from monitor.kernel.language.uk import uk_day_of
from monitor.kernel.settings import Settings
from monitor.notify.announcements.content import reinstates
from monitor.review.tables import Decision, Screening
from monitor.review.words import DecisionVerdict, ScreeningVerdict

# a source that is silent for less was asked again the same day
_SILENT = timedelta(days=1)


def proof(
    session: Session, settings: Settings, catalogue: Catalogue, at: datetime
) -> dict[str, Any]:
    """Give the last day that had ended (``through``), and the proof's answer for it (``verdict``)."""
    through = uk_day_of(at).date - timedelta(days=1)
    report = days.report(session, settings, catalogue, through, at)
    return {"through": through.isoformat(), "verdict": report.verdict.sentence}


def looked(session: Session, settings: Settings, since: datetime, at: datetime) -> dict[str, Any]:
    """Gather what was asked and read from ``since`` to ``at``; the ``proof`` stands beside it."""
    return {
        "sources": _sources(session, settings, since, at),
        "papers": _papers(session, since, at),
        "studies": _studies(session, since, at),
    }


def _sources(
    session: Session, settings: Settings, since: datetime, at: datetime
) -> list[dict[str, Any]]:
    silent: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    outages = select(Incident).where(
        Incident.topic == incidents.POLL,
        Incident.opened_at < at,
        or_(Incident.closed_at.is_(None), Incident.closed_at > since),
    )
    for incident in session.scalars(outages.order_by(Incident.opened_at)):
        start, end = max(incident.opened_at, since), min(incident.closed_at or at, at)
        if end - start >= _SILENT or incident.closed_at is None:
            ended = end.isoformat() if incident.closed_at and incident.closed_at <= at else None
            silent[incident.source].append({"from": start.isoformat(), "to": ended})
    return [
        {
            "title": source.title,
            "state": str(source.state),
            "last_success": source.last_success.isoformat() if source.last_success else None,
            "silent": silent[source.name],
        }
        for source in feeds.last_heard(session, settings, at)
    ]


def _papers(session: Session, since: datetime, at: datetime) -> dict[str, int]:
    """Count the papers screened, each by its last verdict of the period."""
    within = (Screening.at > since, Screening.at <= at)
    last = select(func.max(Screening.id)).where(*within).group_by(Screening.paper_id)
    rows = session.execute(
        select(Screening.verdict, func.count())
        .where(Screening.id.in_(last))
        .group_by(Screening.verdict)
    )
    counted = dict(rows.all())
    return {verdict.value: counted.get(verdict, 0) for verdict in ScreeningVerdict}


def _studies(session: Session, since: datetime, at: datetime) -> dict[str, int]:
    """Count the studies of the period: accepted, not counted any more at its end, and of these retracted.

    One that was appraised again is no other study, and one left out before it counted is not withdrawn.
    """
    decided = select(Decision).where(Decision.at > since, Decision.at <= at).order_by(Decision.id)
    accepted, last = set(), {}
    for decision in session.scalars(decided):
        last[decision.study_id] = decision
        again = decision.facts.get("round", 1) > 1 and not reinstates(decision)
        if decision.verdict is DecisionVerdict.ACCEPT and not again:
            accepted.add(decision.study_id)
    gone = [newest for newest in last.values() if newest.verdict is DecisionVerdict.WITHDRAW]
    retracted = [withdrawal for withdrawal in gone if withdrawal.facts.get("retraction")]
    return {"accepted": len(accepted), "withdrawn": len(gone), "retracted": len(retracted)}
