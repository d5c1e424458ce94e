"""Announcing: what a change tells, frozen in the transaction of the decision that caused it.

Nobody is told what is known to be wrong, and who may have been told is corrected. One message for
each reader it concerns follows (``announcements.fan_out``): at once to few, in pieces to many.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence import service as evidence
from monitor.gap.tables import Change
from monitor.kernel.settings import Settings
from monitor.notify import news
from monitor.notify.announcements import content as contents
from monitor.notify.announcements import fan_out, wave_news
from monitor.notify.queries import anything_told
from monitor.notify.tables import Announcement
from monitor.review.words import DecisionVerdict


def announce(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    changes: Sequence[Change],
    *,
    at: datetime,
) -> Announcement | None:
    """Freeze what readers are told of these changes, and begin to tell those who follow them.

    A study no longer counted, or a wave withdrawn, is a correction: it also goes to everybody who
    may have been told of it, whatever they follow now, and takes the place of mails not handed over yet. So
    does one that counts again.
    What only adds to a count is no news (``notify.news``): it is announced for the lists of digests
    alone. What may be among the review's own is left to the page of changes.
    The same changes again give the announcement already made; no news gives None.
    """
    news_, added = _news(session, catalogue, changes)
    if added:
        _announce(session, catalogue, settings, added, at=at)
    return _announce(session, catalogue, settings, news_, at=at) if news_ else None


def _announce(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    told: Sequence[Change],
    *,
    at: datetime,
) -> Announcement:
    if made := _already_made(session, told):
        return made
    content = contents.build(session, catalogue, settings, told, at=at)
    announcement = Announcement(
        change_ids=[change.id for change in told],
        slugs=[change.slug for change in told],
        content=content,
        at=at,
        study_id=content["study"]["id"] if content["study"] else None,
        wave_id=content["wave"]["id"] if content["wave"] else None,
        sender=settings.mail.from_address,
        reached=0,
        readers=0,
    )
    session.add(announcement)
    session.flush()
    fan_out.start(session, announcement, at=at)
    return announcement


def _news(
    session: Session, catalogue: Catalogue, changes: Sequence[Change]
) -> tuple[list[Change], list[Change]]:
    """Part the changes, of one cause: those that are news, and those that only add to a count."""
    if not changes:
        return [], []
    if wave_news.is_of_wave(changes[0]):
        return wave_news.news(session, changes), []
    cause = _cause(session, catalogue, changes[0])
    told = [change for change in changes if news.is_news(change.kinds, cause)]
    added = [
        change
        for change in changes
        if change not in told and news.is_added(change.kinds, cause, change.cause_kind)
    ]
    return told, added


def _cause(session: Session, catalogue: Catalogue, change: Change) -> news.CausingStudy:
    decision = contents.decision_of(session, change)
    if decision is None:
        return news.NO_STUDY
    return news.CausingStudy(
        in_review=evidence.may_be_in_review(session, catalogue, decision.study_id),
        leaves=decision.verdict is not DecisionVerdict.ACCEPT,
        returns=contents.reinstates(decision),
        retracted=bool(decision.facts.get("retraction")),
        told=anything_told(session, decision.study_id),
    )


def _already_made(session: Session, changes: Sequence[Change]) -> Announcement | None:
    ids = {change.id for change in changes}
    since = min(change.at for change in changes)
    made = session.scalars(select(Announcement).where(Announcement.at >= since))
    return next((each for each in made if set(each.change_ids) & ids), None)
